//! What somebody should do about an order whose money has not come to rest. Whether the buyer ever comes back nobody knows, so nothing
//! here relies on it.

use super::take::not_held;
use crate::adapters::system::rfc3339;
use crate::domain::order::{Attention, Event, Order, Paid, Parts, RefundStanding, Standing, State};
use crate::domain::time::Time;

/// How long the buyer's sessions send a charge again that has no final answer (ARCHITECTURE.md, invariant 5).
const SENT_FOR: i64 = Time::DAY;

/// Amazon ends an authorization so long after it was made (`reference/order-management.md`, rule 11).
const AUTHORIZED_FOR: i64 = 30 * Time::DAY;

/// A capture may fail from so long after it on (the same rule).
const CAPTURE_SURE_FOR: i64 = 7 * Time::DAY;

/// How long an order that will not be paid after all stands out.
const SHOWN_FOR: i64 = 7 * Time::DAY;

/// One plain instruction; `None` while there is nothing to do.
pub(super) fn action(order: &Order, now: Time) -> Option<String> {
    // What has only just begun mostly ends by itself.
    let due = order.state.due(order.changed()).is_some_and(|due| due <= now);
    match &order.state {
        State::Charging { cancel: true, .. } if due => Some(format!(
            "Look for {} in Seller Central: the order is to be cancelled, and the charge is not sent again. If it is there, {}.",
            last(order),
            given_back(order)
        )),
        State::Charging { cancel: false, standing: Standing::Pending(_), .. } if due => Some(format!(
            "{} When last asked about {}, Amazon Pay had not decided. Do not ship before it is paid.",
            look(order),
            last(order)
        )),
        State::Charging { cancel: false, standing: Standing::Unknown { .. }, .. } => Some(in_doubt(order, now)),
        State::Charging { cancel: false, standing: Standing::Sent, .. } if due => Some(in_doubt(order, now)),
        State::Charging { .. } => None,
        // The shop may have learned of the hold long after it was made.
        State::Authorized(hold) => expiring(order, order.attempted().unwrap_or(hold.since), now),
        State::Capturing(_) if due => Some(format!("{} The answer to the capture of {} is missing.", look(order), last(order))),
        State::Voiding(_) if due => {
            Some(format!("{} The order is to be cancelled, and the authorization {} still stands.", look(order), last(order)))
        }
        State::Capturing(_) | State::Voiding(_) => None,
        State::Paid(paid) => refund(order, paid, due),
        State::InParts(parts) => in_parts(order, parts, due, now),
        State::Disputed(_) => Some(format!(
            "Answer the dispute about {} in Seller Central. Do not refund it as well: the buyer would get it twice.",
            last(order)
        )),
        State::NeedsAttention { reason, was } => Some(attention(order, *reason, was)),
        State::Expired(_) => expired(order, now),
        State::Draft | State::SettingUp | State::Ready | State::Declined { .. } | State::Cancelled { .. } => None,
    }
}

/// The command that goes on with what is owed, and looks at what is in doubt.
fn look(order: &Order) -> String {
    format!("Run `voicetill orders reconcile {}`.", order.id)
}

/// How a charge that a person finds is given back. What is refunded in Seller Central the shop does not know of, and it would refund it again.
fn given_back(order: &Order) -> String {
    format!(
        "do not refund it there: `voicetill orders reconcile {} --charge ID`, with Amazon's id of the authorization, takes it in and gives it \
         back",
        order.id
    )
}

/// The id under which Amazon knows the last attempt.
fn last(order: &Order) -> String {
    order.state.attempt().map_or_else(|| order.id.to_string(), |attempt| attempt.id(&order.id).to_string())
}

fn in_doubt(order: &Order, now: Time) -> String {
    let reference = last(order);
    let since = if let State::Charging { standing: Standing::Unknown { since }, .. } = &order.state {
        *since
    } else {
        order.attempted().unwrap_or_else(|| order.changed())
    };
    let until = since.plus(SENT_FOR);
    if until <= now {
        return format!(
            "Look for {reference} in Seller Central: the outcome has been unknown for over a day. Do not ship before it is paid."
        );
    }
    let until = rfc3339(until);
    format!(
        "Look for {reference} in Seller Central. Do not ship before it is paid. If it is not there, do not tell the buyer before {until} that \
         nothing was charged: should the buyer come back until then, the charge is sent again under the same id, which takes the money if it \
         was not taken."
    )
}

/// What is to be done about the rest of a payment that was taken in part, or else about what was taken.
fn in_parts(order: &Order, parts: &Parts, due: bool, now: Time) -> Option<String> {
    let (reference, fresh) = (last(order), now.since(order.changed()) < SHOWN_FOR);
    if parts.is_renewal() {
        return due.then(|| format!("{} Do not ship before it is held again, by {reference} or the one after it.", look(order)));
    }
    let rest = match parts.rest.as_ref() {
        State::Charging { .. } if due => Some(format!("{} Whether {reference}, which holds the rest, was made is not known.", look(order))),
        State::Authorized(hold) => expiring(order, hold.since, now),
        State::Capturing(_) if due => Some(format!("{} The answer to the capture of {reference} is missing.", look(order))),
        State::Voiding(_) if due => Some(format!("{} The authorization {reference} of the rest still stands.", look(order))),
        State::Declined { decline, .. } if fresh => {
            Some(format!("Do not ship the rest: {reference} holds nothing, because {}. Tell the buyer.", not_held(*decline)))
        }
        State::Expired(_) if fresh => Some(format!(
            "Do not ship the rest: its authorization {reference} ended. `voicetill orders capture {} --reauthorize` holds it anew.",
            order.id
        )),
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Charging { .. }
        | State::Declined { .. }
        | State::Capturing(_)
        | State::Voiding(_)
        | State::Paid(_)
        | State::InParts(_)
        | State::Disputed(_)
        | State::Cancelled { .. }
        | State::Expired(_)
        | State::NeedsAttention { .. } => None,
    };
    rest.or_else(|| parts.taken.iter().find_map(|paid| refund(order, paid, due)))
}

fn expiring(order: &Order, made: Time, now: Time) -> Option<String> {
    let (reference, end) = (last(order), made.plus(AUTHORIZED_FOR));
    if now.since(made) < CAPTURE_SURE_FOR {
        None
    } else if now < end {
        let end = rfc3339(end);
        Some(format!(
            "Ship with `voicetill orders ship {}` before {end}, when the authorization {reference} ends; a capture this late may fail.",
            order.id
        ))
    } else {
        Some(format!("Look for {reference} in Seller Central before you ship: its authorization must have ended on {}.", rfc3339(end)))
    }
}

/// Somebody who was promised the goods should not wait for them.
fn expired(order: &Order, now: Time) -> Option<String> {
    let promised = order.history.iter().any(|entry| entry.to == "Authorized");
    (promised && now.since(order.changed()) < SHOWN_FOR).then(|| {
        let reference = last(order);
        format!(
            "Do not ship: the authorization {reference} ended, as each does after 30 days, and nothing was taken. Tell the buyer, who heard that \
             the order is complete, and would have to order again."
        )
    })
}

fn refund(order: &Order, paid: &Paid, due: bool) -> Option<String> {
    if let (Some(parcel), true) = (paid.parcels.first(), due) {
        return Some(format!(
            "{} Amazon has not been told of parcel {}; the goods and the money are as they should be.",
            look(order),
            parcel.number()
        ));
    }
    let reference = paid.attempt.id(&order.id);
    if let Some(open) = paid.open_refund() {
        return due.then(|| format!("{} The refund of {} of {reference} is not known to be done.", look(order), open.amount));
    }
    let failed = paid.refunds.last().filter(|refund| refund.standing == RefundStanding::Failed)?;
    Some(format!("The refund of {} of {reference} failed: run `voicetill orders refund {}` once more.", failed.amount, order.id))
}

fn attention(order: &Order, reason: Attention, was: &State) -> String {
    let (told, id) = (to_see_to(order, reason, was), &order.id);
    match reason {
        // Accepting says that there was no charge.
        Attention::OutcomeUnknown => {
            let there = if let State::Charging { cancel: true, .. } = was {
                given_back(order)
            } else {
                format!(
                    "`voicetill orders reconcile {id} --charge ID` takes it in, with Amazon's id of the authorization; ship the order then, or \
                     refund it with `voicetill orders refund {id}`"
                )
            };
            format!(
                "{told} If it is there, {there}. If it is not there, `voicetill orders reconcile {id} --accept REASON` ends the order, and the \
                 shop will not look for the charge again by itself; should you find it later, take it in the same way, and it is given back."
            )
        }
        Attention::AmountDiffers if matches!(was, State::Paid(paid) if !paid.gives_too_much()) => format!(
            "{told} First `voicetill orders reconcile {id} --accept REASON`; what is to be given back then goes with `voicetill orders refund \
             {id}`, and not in Seller Central, because the shop would not know of it."
        ),
        Attention::AmountDiffers | Attention::UnexpectedCharge | Attention::ClosedUnexpectedly => {
            format!("{told} Once you have seen to it: `voicetill orders reconcile {id} --accept REASON`.")
        }
        Attention::CaptureFailed => told,
    }
}

fn to_see_to(order: &Order, reason: Attention, was: &State) -> String {
    let reference = last(order);
    match reason {
        Attention::OutcomeUnknown if matches!(was, State::Charging { cancel: true, .. }) => {
            format!("Look for {reference} in Seller Central: the order was to be cancelled, and the charge is not sent again.")
        }
        Attention::OutcomeUnknown => format!(
            "Look for {reference} in Seller Central; if it is not there, tell the buyer that nothing was charged. The charge is not sent again."
        ),
        Attention::AmountDiffers => amount_differs(order, was),
        Attention::UnexpectedCharge if matches!(was, State::InParts(_)) && disputed(order) => format!(
            "Answer the dispute in Seller Central, which is about one of {}. Do not refund what is disputed: the buyer would get it twice.",
            all(order)
        ),
        Attention::UnexpectedCharge if disputed(order) => format!(
            "Answer the dispute in Seller Central, about {} that had ended here without money. Do not refund what is disputed: the buyer \
             would get it twice.",
            all(order)
        ),
        Attention::UnexpectedCharge => unexpected(order, was),
        Attention::ClosedUnexpectedly => {
            format!(
                "Look up in Seller Central why {reference} was closed. Do not ship unless it was captured; tell the buyer how it stands."
            )
        }
        Attention::CaptureFailed => format!(
            "The capture of {reference} failed: do not ship. `voicetill orders reconcile {}` finds out whether the money is still held; then \
             capture it again or cancel the order, and tell the buyer, who heard that it is complete. Where Amazon has answered \
             InvalidChargePermissionStatus, the consent has ended: cancel, and let the buyer order again.",
            order.id
        ),
    }
}

/// What the order knows as taken, the desk gives back itself: it would give it back once more after somebody else did.
fn unexpected(order: &Order, was: &State) -> String {
    let look = format!("Look for {} in Seller Central, and keep one payment at most.", all(order));
    let known: Vec<_> = was.payments().iter().map(|paid| paid.attempt.id(&order.id).to_string()).collect();
    if known.is_empty() {
        return format!("{look} Refund every other there.");
    }
    format!(
        "{look} If it is not to be {}, accept first, and then `voicetill orders refund {} --all` gives that back, and not Seller Central, \
         because the shop would not know of it; every other is refunded there.",
        known.join(" and "),
        order.id
    )
}

fn disputed(order: &Order) -> bool {
    order.history.iter().any(|entry| entry.what == Event::Disputed)
}

/// The ids of all attempts.
fn all(order: &Order) -> String {
    let count = order.state.attempt().map_or(1, |attempt| attempt.number);
    (1..=count).map(|number| order.id.attempt(number).to_string()).collect::<Vec<_>>().join(" and ")
}

fn amount_differs(order: &Order, was: &State) -> String {
    let reference = last(order);
    let cancelled = order.history.iter().any(|entry| entry.what == Event::AskedToCancel);
    let agreed = was.attempt().map(|attempt| attempt.amount);
    let asked = agreed.map_or_else(String::new, |amount| format!(" than the {amount} that the buyer agreed to"));
    match was {
        State::Paid(paid) if paid.gives_too_much() => format!(
            "Compare the refunds of {reference} in Seller Central: they come to more than the {} that was taken. Refund nothing more.",
            paid.captured
        ),
        State::Paid(paid) if cancelled => {
            format!("{} of {reference} is to be given back: the order was to be cancelled.", paid.refundable())
        }
        State::Paid(paid) if paid.captured.minor() > paid.attempt.amount.minor() => {
            let more = paid.captured.minus(paid.attempt.amount).unwrap_or(paid.captured);
            format!("{more} of {reference} is to be given back: {} was taken, which is more{asked}.", paid.captured)
        }
        State::Paid(paid) if paid.captured.minor() < paid.attempt.amount.minor() => format!(
            "Only {} was taken for {reference}, which is less{asked}. Ship for that or give it back; the rest cannot be charged.",
            paid.captured
        ),
        State::Paid(paid) => format!(
            "Compare {reference} in Seller Central with the {} that the buyer agreed to, because Amazon Pay had named another amount before; \
             ship if it fits.",
            paid.captured
        ),
        State::Disputed(_) => format!(
            "Answer the dispute about {reference} in Seller Central; Amazon Pay named another amount{asked}. Do not refund it as well: the \
             buyer would get it twice."
        ),
        State::Charging { .. } | State::Authorized(_) | State::Capturing(_) | State::Voiding(_) => format!(
            "Look for {reference} in Seller Central: Amazon Pay holds another amount{asked}, and as far as is known nothing was taken. Do not \
             ship; close the authorization, or refund what was taken."
        ),
        State::InParts(_) => format!(
            "Compare {} in Seller Central with what was taken here, and with what was given back. Refund and ship nothing more before that.",
            all(order)
        ),
        State::Draft
        | State::SettingUp
        | State::Ready
        | State::Declined { .. }
        | State::Cancelled { .. }
        | State::Expired(_)
        | State::NeedsAttention { .. } => format!(
            "Look for {reference} in Seller Central: Amazon Pay named another amount{asked}, and then that nothing was taken. Do not ship."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::orders::testing::{self, NOW, attempt, held as hold, order};
    use crate::domain::money::{Currency, Money};
    use crate::domain::order::{Capture, Entry, Event, Refund};
    use crate::domain::payment::{Decline, Names};

    fn paid(refund: Option<RefundStanding>) -> Paid {
        let amount = Money::new(500, Currency::Usd);
        let refunds = refund.map(|standing| Refund { number: 1, amount, standing }).into_iter().collect();
        Paid { refunds, ..testing::paid() }
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
        let reasons = [
            Attention::OutcomeUnknown,
            Attention::AmountDiffers,
            Attention::UnexpectedCharge,
            Attention::ClosedUnexpectedly,
            Attention::CaptureFailed,
        ];
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
            State::Capturing(Capture { hold: hold(), amount: attempt(1).amount }),
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

    /// The order with this history before its last change.
    fn after_events(events: &[(i64, Event, &'static str)], state: State) -> Order {
        let mut order = order(state);
        let entry = order.history[0].clone();
        let earlier = events.iter().map(|(ago, what, to)| Entry { at: NOW.plus(-ago), what: *what, to, ..entry.clone() });
        order.history.splice(0..0, earlier);
        order
    }

    #[test]
    fn a_charge_in_doubt_may_still_take_the_money_until_a_day_after_it_was_sent() {
        let unknown = charging(Standing::Unknown { since: NOW.plus(-Time::HOUR) }, false);
        let sent = charging(Standing::Sent, false);
        for state in [unknown, sent] {
            // Changed now, and sent an hour ago.
            let order = after_events(&[(Time::HOUR, Event::SaidYes, "Charging")], state);
            let end = NOW.plus(Time::DAY - Time::HOUR);
            let before = action(&order, end.plus(-1)).unwrap();
            assert!(before.contains(&rfc3339(end)) && before.contains("takes the money if it was not taken"), "{before}");
            assert!(before.contains("do not tell the buyer") && !before.contains("next session"), "{before}");
            let over = action(&order, end).unwrap();
            assert!(!over.contains("sent again") && over.contains("Do not ship"), "{over}");
        }
    }

    #[test]
    fn whoever_gives_a_charge_up_is_told_that_nobody_looks_for_it_again() {
        let told = after(0, State::NeedsAttention { reason: Attention::OutcomeUnknown, was: Box::new(charging(Standing::Sent, false)) });
        let told = told.unwrap();
        assert!(told.contains("--accept") && told.contains("will not look for the charge again by itself"), "{told}");
    }

    #[test]
    fn what_is_to_be_cancelled_is_not_sent_again() {
        let cancelling = charging(Standing::Unknown { since: NOW }, true);
        let given_up = State::NeedsAttention { reason: Attention::OutcomeUnknown, was: Box::new(cancelling.clone()) };
        for state in [cancelling, given_up] {
            let told = after(Time::HOUR, state).unwrap();
            assert!(told.contains("not sent again") && told.contains("do not refund it there") && !told.contains("ship"), "{told}");
            assert!(told.contains("--charge ID"), "{told}");
        }
    }

    #[test]
    fn an_authorization_ends_counted_from_the_yes_and_not_from_when_the_shop_learned_of_it() {
        let order = after_events(&[(10 * Time::DAY, Event::SaidYes, "Charging")], State::Authorized(hold()));
        let told = action(&order, NOW).unwrap();
        assert!(told.contains(&rfc3339(NOW.plus(20 * Time::DAY))), "{told}");
        assert!(action(&order, NOW.plus(20 * Time::DAY)).unwrap().contains("must have ended"));
    }

    #[test]
    fn an_order_that_was_promised_and_expired_is_not_shipped_and_the_buyer_is_told() {
        let promised = after_events(&[(Time::DAY, Event::ChargeAnswered, "Authorized")], State::Expired(hold()));
        let told = action(&promised, NOW.plus(7 * Time::DAY - 1)).unwrap();
        assert!(told.contains("Do not ship") && told.contains("Tell the buyer") && told.contains("a1"), "{told}");
        assert_eq!(action(&promised, NOW.plus(7 * Time::DAY)), None);
    }

    #[test]
    fn another_amount_is_refunded_only_where_more_was_taken() {
        let took = |cents| Paid { captured: Money::new(cents, Currency::Usd), ..paid(None) };
        let differs = |was| after(0, State::NeedsAttention { reason: Attention::AmountDiffers, was: Box::new(was) }).unwrap();
        let more = differs(State::Paid(took(6_000)));
        assert!(more.starts_with("0.39 USD"), "{more}");
        // What is refunded at Amazon itself would be refunded again.
        let (accepts, refunds) = (more.find("--accept").unwrap(), more.find("orders refund").unwrap());
        assert!(accepts < refunds && more.contains("not in Seller Central"), "{more}");
        let failed = after(0, State::Paid(paid(Some(RefundStanding::Failed)))).unwrap();
        assert!(failed.contains("orders refund") && !failed.contains("Seller Central"), "{failed}");
        assert!(differs(State::Paid(took(5_000))).starts_with("Only"));
        let twice = Refund { number: 1, amount: attempt(1).amount, standing: RefundStanding::Done };
        let twice = Paid { refunds: vec![twice.clone(), Refund { number: 2, ..twice }], ..paid(None) };
        assert!(differs(State::Paid(twice)).contains("Refund nothing more"));
        for nothing in [State::Authorized(hold()), charging(Standing::Pending(Names::default()), false)] {
            assert!(differs(nothing).contains("nothing was taken"));
        }
        assert!(differs(State::Disputed(took(6_000))).contains("Do not refund"));
    }

    #[test]
    fn a_payment_that_the_order_knows_is_given_back_by_the_desk_itself() {
        let told = |was| after(0, State::NeedsAttention { reason: Attention::UnexpectedCharge, was: Box::new(was) }).unwrap();
        let known = told(State::Paid(paid(None)));
        assert!(known.contains("orders refund") && known.contains("a1, accept first") && known.contains("--accept"), "{known}");
        let none = told(State::Declined { attempt: attempt(2), decline: Decline::AmazonRejected });
        assert!(!none.contains("orders refund") && none.contains("Refund every other there"), "{none}");
    }

    #[test]
    fn a_dispute_about_an_attempt_that_was_over_is_not_refunded_as_well() {
        let state = needs(Attention::UnexpectedCharge, 1);
        let told = action(&after_events(&[(0, Event::Disputed, "NeedsAttention")], state), NOW).unwrap();
        assert!(told.contains("dispute") && told.contains("Do not refund"), "{told}");
    }
}
