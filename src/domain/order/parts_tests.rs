//! A payment in parts: what becomes of the rest, and that what was taken stays.

use super::tests::{NOW, authorized, captured, charge_as, declined, dollars, hears, names};
use super::*;
use crate::domain::ids::{BuyerId, OrderPrefix};
use crate::domain::payment::Timing;

/// 40.00 of 54.98 is taken, by the first attempt.
fn in_part() -> State {
    let held = hears(&decide(&State::Ready, &charge_as(CaptureMode::OnShip, Timing::Synchronous)).unwrap(), authorized());
    let capturing = decide(&held, &Command::Capture { amount: Some(dollars(4_000)) }).unwrap();
    hears(&capturing, Outcome::Captured { amount: Some(dollars(4_000)), names: names("C1") })
}

fn news(number: u8, outcome: Outcome) -> Report {
    Report::Charge { attempt: Some(number), outcome }
}

/// The rest is held by the second attempt.
fn rest_held() -> State {
    let asked = decide(&in_part(), &Command::HoldRest).unwrap();
    apply(&asked, &news(2, Outcome::Authorized { amount: Some(dollars(1_498)), names: names("A2") }), NOW)
}

fn rest_taken() -> State {
    let capturing = decide(&rest_held(), &Command::Capture { amount: None }).unwrap();
    apply(&capturing, &news(2, Outcome::Captured { amount: Some(dollars(1_498)), names: names("C2") }), NOW)
}

fn sums(state: &State) -> Vec<(i64, i64)> {
    state.payments().iter().map(|paid| (paid.captured.minor(), paid.given().minor())).collect()
}

fn order() -> OrderId {
    let (buyer, write) = (BuyerId::parse("0123456789ABCDEF").unwrap(), WriteId::parse("ZZ23456789ABCDEF").unwrap());
    OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &buyer, NOW, &write)
}

#[test]
fn the_rest_is_held_by_an_attempt_of_its_own_and_taken_under_an_id_of_its_own() {
    let asked = decide(&in_part(), &Command::HoldRest).unwrap();
    let Some(Effect::HoldRest(attempt)) = asked.owed() else { panic!("{asked:?}") };
    assert_eq!((attempt.number, attempt.amount), (2, dollars(1_498)));
    assert_eq!((asked.status(), sums(&asked)), (Some(Status::Queued), vec![(4_000, 0)]));
    assert_eq!(decide(&asked, &Command::HoldRest).as_ref(), Ok(&asked), "the same wish once more");

    let held = rest_held();
    assert_eq!((held.status(), held.owed()), (Some(Status::Authorized), None));
    let capturing = decide(&held, &Command::Capture { amount: None }).unwrap();
    let Some(Effect::Capture(capture)) = capturing.owed() else { panic!("{capturing:?}") };
    assert_eq!((capture.amount, capture.id(&order())), (dollars(1_498), order().capture(2)));

    let all = rest_taken();
    assert_eq!((all.status(), sums(&all)), (Some(Status::Processed), vec![(4_000, 0), (1_498, 0)]));
    assert_eq!(decide(&all, &Command::HoldRest), Err(Refused::NothingLeft));
    assert!(decide(&all, &Command::CloseAgreement).is_ok() && decide(&held, &Command::CloseAgreement) == Err(Refused::MoneyMoving));
}

#[test]
fn no_more_is_ever_held_than_the_buyer_agreed_to() {
    let immediate = decide(&State::Ready, &charge_as(CaptureMode::Immediate, Timing::Synchronous)).unwrap();
    assert_eq!(decide(&hears(&immediate, captured()), &Command::HoldRest), Err(Refused::NothingLeft));
    // A part of the rest, and then the rest of that.
    let part = decide(&rest_held(), &Command::Capture { amount: Some(dollars(1_000)) }).unwrap();
    let part = apply(&part, &news(2, Outcome::Captured { amount: Some(dollars(1_000)), names: names("C2") }), NOW);
    let Some(Effect::HoldRest(third)) = decide(&part, &Command::HoldRest).unwrap().owed() else { panic!("{part:?}") };
    assert_eq!((third.number, third.amount), (3, dollars(498)));

    let refund = |state: &State, minor| decide(state, &Command::Refund { amount: dollars(minor) }).unwrap();
    assert_eq!(decide(&refund(&in_part(), 4_000), &Command::HoldRest), Err(Refused::RefundOpen));
    let back = apply(&refund(&in_part(), 4_000), &Report::RefundDone { number: 1 }, NOW);
    assert_eq!(decide(&back, &Command::HoldRest), Err(Refused::Over), "what was given back is not wanted any more");
    // What was given back in part has been charged all the same.
    let some = apply(&refund(&in_part(), 500), &Report::RefundDone { number: 1 }, NOW);
    assert!(matches!(decide(&some, &Command::HoldRest).unwrap().owed(), Some(Effect::HoldRest(rest)) if rest.amount == dollars(1_498)));
}

#[test]
fn what_a_directive_brings_and_what_is_known_changes_nothing() {
    let asked = decide(&in_part(), &Command::HoldRest).unwrap();
    for state in [asked, rest_held(), rest_taken()] {
        let held = || Outcome::Authorized { amount: None, names: names("A1") };
        for report in [
            Report::DirectiveLost,
            Report::SetupFailed,
            Report::Charge { attempt: None, outcome: Outcome::Unclear },
            news(1, held()),
            news(1, Outcome::Captured { amount: Some(dollars(4_000)), names: names("C1") }),
            news(9, held()),
            Report::CaptureRefused { number: 1 },
        ] {
            assert_eq!(apply(&state, &report, NOW), state, "{report:?}");
        }
        assert!(!state.is_unsettled() && !state.is_cart(), "no conversation goes on with it");
    }
}

#[test]
fn what_was_taken_stays_whatever_becomes_of_the_rest() {
    let asked = decide(&in_part(), &Command::HoldRest).unwrap();
    for (outcome, again) in [
        (declined(Decline::InvalidPaymentMethodSoft), Ok(3)),
        (declined(Decline::AmazonRejected), Err(Refused::DeclinedForGood)),
        (Outcome::NotTried { because: Hindrance::Agreement }, Err(Refused::DeclinedForGood)),
        (Outcome::NotTried { because: Hindrance::Request }, Ok(3)),
    ] {
        let over = apply(&asked, &news(2, outcome), NOW);
        assert_eq!((over.status(), sums(&over)), (Some(Status::Processed), vec![(4_000, 0)]), "{over:?}");
        let next = decide(&over, &Command::HoldRest).map(|state| state.attempt().unwrap().number);
        assert_eq!(next, again, "{over:?}");
    }
    let given_up = decide(&rest_held(), &Command::Cancel).unwrap();
    assert!(matches!(given_up.owed(), Some(Effect::Void(hold)) if hold.attempt.number == 2), "{given_up:?}");
    let over = apply(&given_up, &news(2, Outcome::Closed { why: Closed::SellerClosed, names: names("A2") }), NOW);
    assert_eq!((over.status(), sums(&over), over.due(NOW)), (Some(Status::Processed), vec![(4_000, 0)], None));
    assert_eq!(decide(&over, &Command::Cancel), Err(Refused::CapturedRefundInstead));
    assert_eq!(decide(&asked, &Command::Cancel), Err(Refused::ChargeOpen));
}

#[test]
fn a_refund_goes_to_one_payment_and_its_number_to_no_other() {
    let refund = |state: &State, minor| decide(state, &Command::Refund { amount: dollars(minor) });
    let newest = refund(&rest_taken(), 1_000).unwrap();
    assert_eq!(sums(&newest), [(4_000, 0), (1_498, 1_000)]);
    assert_eq!(refund(&newest, 1), Err(Refused::RefundOpen));
    let done = apply(&newest, &Report::RefundDone { number: 1 }, NOW);
    let older = refund(&done, 3_000).unwrap();
    assert_eq!(sums(&older), [(4_000, 3_000), (1_498, 1_000)]);
    assert!(matches!(older.owed(), Some(Effect::Refund { paid, refund }) if paid.attempt.number == 1 && refund.number == 2));
    let done = apply(&older, &Report::RefundDone { number: 2 }, NOW);
    assert_eq!((done.status(), done.owed()), (Some(Status::PartiallyRefunded), None));
    assert_eq!(refund(&done, 1_001), Err(Refused::RefundAmount), "no payment has so much left");
    let asked = decide(&in_part(), &Command::HoldRest).unwrap();
    assert_eq!(refund(&asked, 1), Err(Refused::ChargeOpen));
    assert_eq!(sums(&refund(&rest_held(), 1_000).unwrap()), [(4_000, 1_000)], "what is held is not asked back");
}

#[test]
fn a_person_is_needed_for_the_order_and_goes_on_with_the_rest() {
    let of = |state: &State| if let State::NeedsAttention { reason, was } = state { (*reason, was.name()) } else { panic!("{state:?}") };
    let capturing = decide(&rest_held(), &Command::Capture { amount: None }).unwrap();
    let refused = apply(&capturing, &Report::CaptureRefused { number: 2 }, NOW);
    assert_eq!(of(&refused), (Attention::CaptureFailed, "RestAuthorized"));
    let open = decide(&refused, &Command::Resolve { found: authorized() }).unwrap();
    let again = decide(&open, &Command::Capture { amount: None }).unwrap();
    assert!(matches!(again.owed(), Some(Effect::Capture(capture)) if capture.number() == 3));

    let asked = decide(&in_part(), &Command::HoldRest).unwrap();
    let silent = apply(&asked, &Report::Silence { since: NOW }, NOW.plus(Time::DAY));
    assert_eq!(of(&silent), (Attention::OutcomeUnknown, "RestCharging"));
    let aside = decide(&silent, &Command::PutAside).unwrap();
    assert_eq!((aside.status(), aside.owed(), sums(&aside)), (Some(Status::Processed), None, vec![(4_000, 0)]));
    // It turns up after all, and nobody wants it any more.
    let found = apply(&aside, &news(2, Outcome::Authorized { amount: Some(dollars(1_498)), names: names("A2") }), NOW);
    assert!(matches!(found.owed(), Some(Effect::Void(_))), "{found:?}");

    let disputed = apply(&rest_held(), &Report::Chargeback, NOW);
    assert_eq!(of(&disputed), (Attention::UnexpectedCharge, "RestAuthorized"));
    assert_eq!(apply(&disputed, &Report::Chargeback, NOW), disputed);
    let other = apply(&rest_held(), &news(2, Outcome::Captured { amount: Some(dollars(9_999)), names: names("C2") }), NOW);
    assert_eq!(of(&other), (Attention::AmountDiffers, "RestPaid"));
    assert_eq!(sums(&other)[0], (4_000, 0));
}
