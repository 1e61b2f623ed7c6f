//! What somebody should do about an order whose money has not come to rest.

use crate::adapters::system::rfc3339;
use crate::domain::order::{Attention, Hold, Order, Paid, RefundStanding, Standing, State};
use crate::domain::time::Time;

/// How long the buyer's sessions ask again what became of a charge (ARCHITECTURE.md, invariant 5).
const ASKED_FOR: i64 = Time::DAY;

/// Amazon ends an authorization so long after it was made (`reference/order-management.md`, rule 11).
const AUTHORIZED_FOR: i64 = 30 * Time::DAY;

/// One plain instruction; `None` while there is nothing to do.
pub(super) fn action(order: &Order, now: Time) -> Option<String> {
    // What has only just begun mostly ends by itself.
    let due = order.state.due(order.changed()).is_some_and(|due| due <= now);
    match &order.state {
        State::Charging { cancel: true, .. } if due => {
            Some(format!("Look for {} in Seller Central. The order is to be cancelled: refund or close what you find there.", last(order)))
        }
        State::Charging { cancel: false, standing: Standing::Pending(_), .. } if due => Some(format!(
            "Look for {} in Seller Central: when last asked, Amazon Pay had not decided. Do not ship before it is paid.",
            last(order)
        )),
        State::Charging { cancel: false, standing: Standing::Unknown { .. }, .. } => Some(in_doubt(order, now)),
        State::Charging { cancel: false, standing: Standing::Sent, .. } if due => Some(in_doubt(order, now)),
        State::Charging { .. } => None,
        State::Authorized(hold) if due => Some(expiring(order, hold)),
        State::Authorized(_) => None,
        State::Capturing(_) if due => {
            Some(format!("Capture {} in Seller Central: the answer to the capture that was asked for is missing.", last(order)))
        }
        State::Voiding(_) if due => {
            Some(format!("Close the authorization {} in Seller Central: the order is to be cancelled.", last(order)))
        }
        State::Capturing(_) | State::Voiding(_) => None,
        State::Paid(paid) => refund(order, paid, due),
        State::Disputed(_) => Some(format!(
            "Answer the dispute about {} in Seller Central. Do not refund it as well: the buyer would get it twice.",
            last(order)
        )),
        State::NeedsAttention { reason, .. } => Some(attention(order, *reason)),
        State::Draft | State::SettingUp | State::Ready | State::Declined { .. } | State::Cancelled { .. } | State::Expired(_) => None,
    }
}

/// The id under which Amazon knows the last attempt.
fn last(order: &Order) -> String {
    order.state.attempt().map_or_else(|| order.id.to_string(), |attempt| attempt.id(&order.id).to_string())
}

fn in_doubt(order: &Order, now: Time) -> String {
    let reference = last(order);
    let until = order.changed().plus(ASKED_FOR);
    if until <= now {
        return format!(
            "Look for {reference} in Seller Central: the outcome has been unknown for over a day. Do not ship before it is paid."
        );
    }
    let until = rfc3339(until);
    format!(
        "Look for {reference} in Seller Central, or wait: until {until} the buyer's next session asks Amazon again under the same id. Do not \
         ship before it is paid."
    )
}

fn expiring(order: &Order, hold: &Hold) -> String {
    let end = rfc3339(hold.since.plus(AUTHORIZED_FOR));
    format!("Ship and capture {} in Seller Central before {end}, when the authorization ends; a capture this late may fail.", last(order))
}

fn refund(order: &Order, paid: &Paid, due: bool) -> Option<String> {
    if let Some(open) = paid.open_refund() {
        return due.then(|| format!("Refund {} of {} in Seller Central, unless that has been done.", open.amount, last(order)));
    }
    let failed = paid.refunds.last().filter(|refund| refund.standing == RefundStanding::Failed)?;
    Some(format!("The refund of {} failed: look for {} in Seller Central and refund it there.", failed.amount, last(order)))
}

fn attention(order: &Order, reason: Attention) -> String {
    let reference = last(order);
    match reason {
        Attention::OutcomeUnknown => format!(
            "Look for {reference} in Seller Central. If it was paid, ship the order or refund it there; if it is not there, tell the buyer \
             that nothing was charged."
        ),
        Attention::AmountDiffers => {
            let asked = order.state.attempt().map_or_else(String::new, |attempt| format!(" with {}", attempt.amount));
            format!("Compare {reference} in Seller Central{asked}, which the buyer agreed to, and refund the difference there.")
        }
        Attention::UnexpectedCharge => {
            let count = order.state.attempt().map_or(1, |attempt| attempt.number);
            let all: Vec<_> = (1..=count).map(|number| order.id.attempt(number).to_string()).collect();
            format!("Look for {} in Seller Central. Keep one payment at most and refund every other there.", all.join(" and "))
        }
        Attention::ClosedUnexpectedly => {
            format!(
                "Look up in Seller Central why {reference} was closed. Do not ship unless it was captured; tell the buyer how it stands."
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{BuyerId, Locale, OrderId, OrderPrefix, WriteId};
    use crate::domain::money::{Currency, Money};
    use crate::domain::order::{Actor, Entry, Event, Goods, Rail, Refund};
    use crate::domain::payment::{Attempt, CaptureMode, Decline, Names, Timing};
    use crate::domain::shop::World;

    const NOW: Time = Time::from_unix(1_795_000_000);

    fn order(state: State) -> Order {
        let (buyer, write) = (BuyerId::parse("0123456789ABCDEF").unwrap(), WriteId::parse("ZZ23456789ABCDEF").unwrap());
        Order {
            id: OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &buyer, NOW, &write),
            rail: Rail::Directive,
            world: World::Simulated,
            locale: Locale::parse("en-US").unwrap(),
            goods: Goods::Cart(crate::domain::cart::Cart::default()),
            agreement: None,
            address: None,
            history: vec![Entry { at: NOW, who: Actor::Amazon, what: Event::ChargeAnswered, to: state.name(), write }],
            state,
        }
    }

    fn attempt(number: u8) -> Attempt {
        let amount = Money::new(5_961, Currency::Usd);
        Attempt { number, amount, capture: CaptureMode::Immediate, timing: Timing::Synchronous }
    }

    fn hold() -> Hold {
        Hold { attempt: attempt(1), names: Names::default(), since: NOW }
    }

    fn paid(refund: Option<RefundStanding>) -> Paid {
        let amount = Money::new(500, Currency::Usd);
        let refunds = refund.map(|standing| Refund { number: 1, amount, standing }).into_iter().collect();
        Paid { attempt: attempt(1), names: Names::default(), captured: attempt(1).amount, refunds }
    }

    fn charging(standing: Standing, cancel: bool) -> State {
        State::Charging { attempt: attempt(1), standing, cancel }
    }

    fn needs(reason: Attention, number: u8) -> State {
        let was = State::Declined { attempt: attempt(number), decline: Decline::AmazonRejected };
        State::NeedsAttention { reason, was: Box::new(was) }
    }

    /// What to do when, counted from the last change.
    fn after(seconds: i64, state: State) -> Option<String> {
        action(&order(state), NOW.plus(seconds))
    }

    #[test]
    fn what_is_in_doubt_or_wrong_has_an_action_at_once_that_names_the_attempt() {
        let unknown = charging(Standing::Unknown { since: NOW }, false);
        let reasons = [Attention::OutcomeUnknown, Attention::AmountDiffers, Attention::UnexpectedCharge, Attention::ClosedUnexpectedly];
        let states = reasons.map(|reason| needs(reason, 1)).into_iter().chain([unknown, State::Disputed(paid(None))]);
        for state in states {
            let order = order(state);
            let action = action(&order, NOW).unwrap_or_else(|| panic!("{order:?}"));
            assert!(action.contains(order.id.attempt(1).as_str()), "{action}");
        }
        let both = after(0, needs(Attention::UnexpectedCharge, 2)).unwrap();
        assert!(both.contains("a1 and ") && both.contains("a2"), "{both}");
    }

    #[test]
    fn what_usually_ends_by_itself_has_an_action_once_it_is_late() {
        let late = 10 * Time::MINUTE;
        let states = [
            charging(Standing::Sent, false),
            charging(Standing::Sent, true),
            charging(Standing::Pending(Names::default()), false),
            State::Capturing(hold()),
            State::Voiding(hold()),
            State::Paid(paid(Some(RefundStanding::Open))),
        ];
        for state in states {
            assert_eq!(after(late - 1, state.clone()), None, "{state:?}");
            assert!(after(late, state.clone()).is_some_and(|action| action.contains("a1")), "{state:?}");
        }
        assert_eq!(after(7 * Time::DAY - 1, State::Authorized(hold())), None);
        assert!(after(7 * Time::DAY, State::Authorized(hold())).unwrap().contains("2026-12-18"));
        assert!(after(0, State::Paid(paid(Some(RefundStanding::Failed)))).unwrap().contains("5.00"));
    }

    #[test]
    fn what_has_come_to_rest_needs_nobody() {
        let states = [
            State::Draft,
            State::SettingUp,
            State::Ready,
            State::Declined { attempt: attempt(1), decline: Decline::AmazonRejected },
            State::Paid(paid(None)),
            State::Paid(paid(Some(RefundStanding::Done))),
            State::Cancelled { last: Some(attempt(1)) },
            State::Expired(hold()),
        ];
        for state in states {
            assert_eq!(after(300 * Time::DAY, state.clone()), None, "{state:?}");
        }
    }
}
