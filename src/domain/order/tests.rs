//! Given a state, when a wish or a fact, then a state.

use super::*;
use crate::domain::ids::AmazonId;
use crate::domain::money::{Currency, Money};
use crate::domain::payment::{AgreementStatus, CaptureMode, Timing};

pub(super) const NOW: Time = Time::from_unix(1_795_000_000);

pub(super) fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}

pub(super) fn names(id: &str) -> Names {
    Names { authorization: Some(AmazonId::parse(id).unwrap()), ..Names::default() }
}

pub(super) fn charge_as(capture: CaptureMode, timing: Timing) -> Command {
    Command::Charge { amount: dollars(5_498), capture, timing, checkout: None }
}

fn charge() -> Command {
    charge_as(CaptureMode::Immediate, Timing::Synchronous)
}

fn charging() -> State {
    decide(&State::Ready, &charge()).unwrap()
}

pub(super) fn hears(state: &State, outcome: Outcome) -> State {
    apply(state, &Report::Charge { attempt: None, outcome }, NOW)
}

pub(super) fn captured() -> Outcome {
    Outcome::Captured { amount: Some(dollars(5_498)), names: names("A1") }
}

pub(super) fn authorized() -> Outcome {
    Outcome::Authorized { amount: Some(dollars(5_498)), names: names("A1") }
}

pub(super) fn pending() -> Outcome {
    Outcome::Pending { names: names("A1") }
}

pub(super) fn declined(decline: Decline) -> Outcome {
    Outcome::Declined { decline }
}

pub(super) fn closed(why: Closed) -> Outcome {
    Outcome::Closed { why, names: names("A1") }
}

/// What was held is given back, to be held anew.
fn renewing(authorized: &State) -> State {
    let given_back = Report::Charge { attempt: Some(1), outcome: closed(Closed::SellerClosed) };
    apply(&decide(authorized, &Command::HoldRest).unwrap(), &given_back, NOW)
}

/// Every state that a purchase can be in, reached by wishes and facts.
fn states() -> Vec<State> {
    let charging = charging();
    let cancelling = decide(&charging, &Command::Cancel).unwrap();
    let on_ship = decide(&State::Ready, &charge_as(CaptureMode::OnShip, Timing::Synchronous)).unwrap();
    let authorized = hears(&on_ship, authorized());
    let paid = hears(&charging, captured());
    let refunding = decide(&paid, &Command::Refund { amount: dollars(1_000) }).unwrap();
    vec![
        State::Draft,
        State::SettingUp,
        State::Ready,
        charging.clone(),
        cancelling,
        hears(&charging, pending()),
        hears(&charging, Outcome::Unclear),
        hears(&charging, declined(Decline::InvalidPaymentMethodSoft)),
        hears(&charging, declined(Decline::AmazonRejected)),
        hears(&charging, closed(Closed::ExpiredUnused)),
        hears(&charging, closed(Closed::Otherwise)),
        decide(&authorized, &Command::HoldRest).unwrap(),
        renewing(&authorized),
        decide(&renewing(&authorized), &Command::HoldRest).unwrap(),
        decide(&authorized, &Command::Capture { amount: None }).unwrap(),
        hears(&decide(&authorized, &Command::Capture { amount: None }).unwrap(), declined(Decline::AmazonRejected)),
        decide(&authorized, &Command::Cancel).unwrap(),
        authorized,
        apply(&refunding, &Report::RefundDone { number: 1 }, NOW),
        apply(&paid, &Report::Chargeback, NOW),
        refunding,
        paid,
        State::Cancelled { last: None },
        decide(&hears(&charging, declined(Decline::AmazonRejected)), &Command::Cancel).unwrap(),
    ]
}

fn outcomes() -> Vec<Outcome> {
    vec![
        captured(),
        authorized(),
        pending(),
        declined(Decline::InvalidPaymentMethodSoft),
        declined(Decline::AmazonRejected),
        closed(Closed::ExpiredUnused),
        closed(Closed::SellerClosed),
        closed(Closed::Otherwise),
        Outcome::NotTried { because: Hindrance::Request },
        Outcome::NotTried { because: Hindrance::PaymentMethod },
        Outcome::NotTried { because: Hindrance::Agreement },
        Outcome::Unclear,
    ]
}

fn reports() -> Vec<Report> {
    let charges =
        outcomes().into_iter().flat_map(|outcome| [None, Some(1)].map(|attempt| Report::Charge { attempt, outcome: outcome.clone() }));
    charges
        .chain([
            Report::SetUp(AgreementStatus::Open),
            Report::SetUp(AgreementStatus::Suspended),
            Report::SetupFailed,
            Report::DirectiveLost,
            Report::CaptureRefused { number: 1 },
            Report::RefundDone { number: 1 },
            Report::RefundFailed { number: 1 },
            Report::Chargeback,
            Report::Silence { since: NOW },
        ])
        .collect()
}

/// `reference/order-management.md`, section 1.1: what the merchant sees right after placing and after the later news.
#[test]
fn the_status_table_holds() {
    use CaptureMode::{Immediate, OnShip};
    use Timing::{Asynchronous, Synchronous};
    let decline = declined(Decline::AmazonRejected);
    let rows = [
        (Synchronous, OnShip, authorized(), Status::Authorized, Some((captured(), Status::Processed))),
        (Synchronous, OnShip, authorized(), Status::Authorized, Some((closed(Closed::SellerClosed), Status::Cancelled))),
        (Synchronous, OnShip, decline.clone(), Status::Declined, None),
        (Synchronous, Immediate, captured(), Status::Processed, None),
        (Synchronous, Immediate, decline.clone(), Status::Declined, None),
        (Asynchronous, OnShip, pending(), Status::Queued, Some((authorized(), Status::Authorized))),
        (Asynchronous, OnShip, pending(), Status::Queued, Some((decline.clone(), Status::Declined))),
        (Asynchronous, Immediate, pending(), Status::Queued, Some((captured(), Status::Processed))),
        (Asynchronous, Immediate, pending(), Status::Queued, Some((decline, Status::Declined))),
    ];
    for (timing, capture, answer, placed, later) in rows {
        let state = hears(&decide(&State::Ready, &charge_as(capture, timing)).unwrap(), answer.clone());
        assert_eq!(state.status(), Some(placed), "{timing:?} {capture:?} {answer:?}");
        if let Some((news, status)) = later {
            assert_eq!(hears(&state, news.clone()).status(), Some(status), "{timing:?} {capture:?} {answer:?} then {news:?}");
        }
    }
}

#[test]
fn invariant_facts_are_taken_once() {
    for state in states() {
        for report in reports() {
            let once = apply(&state, &report, NOW);
            assert_eq!(apply(&once, &report, NOW), once, "{report:?} twice on {state:?}");
        }
    }
}

#[test]
fn invariant_money_that_was_taken_stays_visible() {
    for state in states() {
        for report in reports() {
            let after = apply(&state, &report, NOW);
            if let State::Paid(before) | State::Disputed(before) = &state {
                let (State::Paid(paid) | State::Disputed(paid)) = &after else {
                    panic!("{report:?} on {state:?} hides a payment: {after:?}");
                };
                assert_eq!(paid.captured, before.captured);
                assert!(paid.refunded().minor() >= before.refunded().minor(), "{report:?} takes a refund back");
            }
        }
    }
}

#[test]
fn invariant_a_capture_is_never_lost() {
    for state in states().into_iter().filter(|state| state.attempt().is_some()) {
        let after = hears(&state, captured());
        let paid = matches!(&after, State::Paid(paid) | State::Disputed(paid) if paid.captured == dollars(5_498));
        let kept = paid || matches!(after, State::NeedsAttention { .. });
        assert!(kept, "captured on {state:?} became {after:?}");
    }
}

#[test]
fn invariant_no_new_attempt_while_one_is_open_or_has_taken_money() {
    for state in states() {
        let open = matches!(
            state,
            State::Charging { .. }
                | State::Authorized(_)
                | State::Capturing(_)
                | State::Voiding(_)
                | State::Paid(_)
                | State::Disputed(_)
                | State::NeedsAttention { .. }
        );
        if open {
            assert!(decide(&state, &charge()).is_err(), "a new attempt on {state:?}");
        }
    }
}

#[test]
fn invariant_a_repeated_effect_keeps_its_ids() {
    for state in states() {
        assert_eq!(state.owed(), state.clone().owed());
        if let (Some(Effect::Charge(owed)), Some(attempt)) = (state.owed(), state.attempt()) {
            assert_eq!(owed.number, attempt.number);
        }
    }
}

#[test]
fn invariant_open_money_is_looked_at_again() {
    for state in states() {
        if state.owed().is_some() && !state.is_cart() {
            assert!(state.due(NOW).is_some(), "nobody looks at {state:?}");
        }
    }
}

#[test]
fn a_new_attempt_follows_a_soft_decline_once() {
    let first = hears(&charging(), declined(Decline::InvalidPaymentMethodSoft));
    let second = decide(&first, &charge()).unwrap();
    assert_eq!(second.attempt().unwrap().number, 2);
    let again = hears(&second, declined(Decline::InvalidPaymentMethodSoft));
    assert_eq!(decide(&again, &charge()), Err(Refused::DeclinedForGood));
}

#[test]
fn nothing_follows_a_hard_decline() {
    for decline in [Decline::InvalidPaymentMethodHard, Decline::AmazonRejected, Decline::TransactionTimedOut, Decline::AgreementNotOpen] {
        assert_eq!(decide(&hears(&charging(), declined(decline)), &charge()), Err(Refused::DeclinedForGood));
    }
}

#[test]
fn money_from_an_attempt_that_was_over_needs_attention() {
    let second = decide(&hears(&charging(), declined(Decline::InvalidPaymentMethodSoft)), &charge()).unwrap();
    let surprise = apply(&second, &Report::Charge { attempt: Some(1), outcome: captured() }, NOW);
    assert!(matches!(&surprise, State::NeedsAttention { reason: Attention::UnexpectedCharge, .. }));
    // The second attempt's own answer is still taken in, and a person still has to give one of the two payments back.
    let both = apply(&surprise, &Report::Charge { attempt: Some(2), outcome: captured() }, NOW);
    let State::NeedsAttention { reason: Attention::UnexpectedCharge, was } = both else { panic!("{both:?}") };
    assert!(matches!(*was, State::Paid(_)));
}

#[test]
fn an_error_about_a_repetition_says_nothing_about_the_attempt() {
    let unknown = hears(&charging(), Outcome::Unclear);
    for (because, first) in [
        (Hindrance::Request, Decline::NotTried),
        (Hindrance::PaymentMethod, Decline::InvalidPaymentMethodHard),
        (Hindrance::Agreement, Decline::AgreementNotOpen),
    ] {
        assert_eq!(hears(&unknown, Outcome::NotTried { because }), unknown);
        let told = hears(&charging(), Outcome::NotTried { because });
        assert!(matches!(told, State::Declined { decline, .. } if decline == first), "{told:?}");
    }
    assert!(matches!(hears(&unknown, captured()), State::Paid(_)));
    // The charge itself was declined, and its id brings this answer whenever it arrives again.
    assert!(matches!(hears(&unknown, declined(Decline::InvalidPaymentMethodHard)), State::Declined { .. }));
}

#[test]
fn what_stays_unknown_for_a_day_needs_attention() {
    let silence = Report::Silence { since: NOW };
    let sent = charging();
    let unknown = apply(&sent, &silence, NOW.plus(Time::MINUTE));
    assert!(matches!(unknown, State::Charging { standing: Standing::Unknown { since: NOW }, .. }));
    assert_eq!(apply(&unknown, &silence, NOW.plus(Time::DAY - 1)), unknown);
    let pending = hears(&sent, pending());
    for open in [sent, unknown, pending] {
        let stuck = apply(&open, &silence, NOW.plus(Time::DAY));
        assert!(matches!(&stuck, State::NeedsAttention { reason: Attention::OutcomeUnknown, .. }), "{open:?}");
        assert!(matches!(hears(&stuck, captured()), State::Paid(_)), "late news settles it");
    }
}

#[test]
fn money_that_is_only_held_was_not_taken() {
    let held = hears(&charging(), authorized());
    assert!(held.is_unsettled() && held.status() == Some(Status::Queued), "it was to be taken at once: {held:?}");
    assert_eq!(hears(&held, captured()).status(), Some(Status::Processed));
    let other = Outcome::Authorized { amount: Some(dollars(1)), names: Names::default() };
    assert!(matches!(hears(&charging(), other), State::NeedsAttention { reason: Attention::AmountDiffers, .. }));
}

#[test]
fn an_order_that_is_to_be_cancelled_is_not_charged_again() {
    let cancelling = decide(&hears(&charging(), Outcome::Unclear), &Command::Cancel).unwrap();
    assert_eq!(cancelling.owed(), None);
    assert!(cancelling.due(NOW).is_some(), "but somebody looks after it");
}

#[test]
fn cancelling_mid_charge_remembers_the_attempt() {
    let cancelling = decide(&charging(), &Command::Cancel).unwrap();
    let refunding = hears(&cancelling, captured());
    assert!(matches!(refunding.owed(), Some(Effect::Refund { refund: Refund { amount, .. }, .. }) if amount == dollars(5_498)));
    assert!(matches!(hears(&cancelling, authorized()).owed(), Some(Effect::Void(_))));
    assert_eq!(hears(&cancelling, declined(Decline::AmazonRejected)).status(), Some(Status::Cancelled));
}

#[test]
fn a_capture_on_a_cancelled_order_is_given_back() {
    let cancelled = decide(&hears(&charging(), declined(Decline::InvalidPaymentMethodSoft)), &Command::Cancel).unwrap();
    assert!(matches!(hears(&cancelled, captured()).owed(), Some(Effect::Refund { .. })));
    let held = hears(&cancelled, authorized());
    assert!(matches!(hears(&held, captured()).owed(), Some(Effect::Refund { .. })), "also when it is taken later: {held:?}");
}

fn held() -> State {
    let on_ship = decide(&State::Ready, &charge_as(CaptureMode::OnShip, Timing::Synchronous)).unwrap();
    hears(&on_ship, authorized())
}

#[test]
fn a_capture_that_failed_is_for_a_person_and_begins_no_new_attempt() {
    let capturing = decide(&held(), &Command::Capture { amount: None }).unwrap();
    for decline in [Decline::InvalidPaymentMethodSoft, Decline::AmazonRejected, Decline::ProcessingFailure] {
        let failed = hears(&capturing, declined(decline));
        let State::Authorized(hold) = held() else { panic!("{failed:?}") };
        let was = Box::new(State::Authorized(Hold { refused: 1, ..hold }));
        assert_eq!(failed, State::NeedsAttention { reason: Attention::CaptureFailed, was });
        assert_eq!(decide(&failed, &charge()), Err(Refused::NeedsAttention), "two holds");
        for no_news in [declined(decline), authorized(), Outcome::Unclear] {
            assert_eq!(hears(&failed, no_news), failed);
        }
        // What a person does at Amazon settles it.
        assert!(matches!(hears(&failed, captured()), State::Paid(_)));
        assert!(matches!(hears(&failed, closed(Closed::SellerClosed)), State::Cancelled { .. }));
        assert!(matches!(hears(&failed, closed(Closed::ExpiredUnused)), State::Expired(_)));
    }
}

#[test]
fn a_hold_that_is_gone_although_nobody_captured_it_is_for_a_person() {
    let told = hears(&held(), declined(Decline::AmazonRejected));
    assert!(matches!(told, State::NeedsAttention { reason: Attention::ClosedUnexpectedly, .. }), "{told:?}");
    assert_eq!(hears(&told, authorized()), told);
}

#[test]
fn a_chargeback_proves_that_money_was_taken() {
    let disputed = |state: &State| apply(state, &Report::Chargeback, NOW);
    let cancelling = decide(&charging(), &Command::Cancel).unwrap();
    let stuck = apply(&charging(), &Report::Silence { since: NOW }, NOW.plus(Time::DAY));
    let without_names = [charging(), cancelling, hears(&charging(), Outcome::Unclear), stuck];
    let capturing = decide(&held(), &Command::Capture { amount: None }).unwrap();
    let voiding = decide(&held(), &Command::Cancel).unwrap();
    let failed = hears(&capturing, declined(Decline::AmazonRejected));
    let with_names = [hears(&charging(), pending()), held(), capturing, voiding, failed];
    let cases = without_names.map(|state| (state, Names::default())).into_iter().chain(with_names.map(|state| (state, names("A1"))));
    for (state, names) in cases {
        let State::Disputed(paid) = disputed(&state) else { panic!("{state:?}") };
        assert_eq!((paid.captured, paid.names, paid.refunds.len()), (dollars(5_498), names, 0), "{state:?}");
    }
}

#[test]
fn a_chargeback_about_an_attempt_that_was_over_is_for_a_person() {
    let over = hears(&charging(), declined(Decline::AmazonRejected));
    let cancelled = decide(&over, &Command::Cancel).unwrap();
    for state in [over, cancelled, hears(&charging(), closed(Closed::ExpiredUnused))] {
        let disputed = apply(&state, &Report::Chargeback, NOW);
        assert_eq!(disputed, State::NeedsAttention { reason: Attention::UnexpectedCharge, was: Box::new(state) });
        assert_eq!(apply(&disputed, &Report::Chargeback, NOW), disputed);
    }
    for state in [State::Draft, State::SettingUp, State::Ready, State::Cancelled { last: None }] {
        assert_eq!(apply(&state, &Report::Chargeback, NOW), state, "nothing was ever charged");
    }
}

#[test]
fn a_refund_that_is_done_after_all_beside_another_is_for_a_person() {
    let all = Command::Refund { amount: dollars(5_498) };
    let failed = apply(&decide(&hears(&charging(), captured()), &all).unwrap(), &Report::RefundFailed { number: 1 }, NOW);
    let open = decide(&failed, &all).unwrap();
    let done = apply(&open, &Report::RefundDone { number: 2 }, NOW);
    for state in [open, done] {
        let State::Paid(before) = &state else { panic!("{state:?}") };
        assert!(!before.gives_too_much());
        let twice = apply(&state, &Report::RefundDone { number: 1 }, NOW);
        let State::NeedsAttention { reason: Attention::AmountDiffers, was } = &twice else { panic!("{twice:?}") };
        assert!(matches!(&**was, State::Paid(paid) if paid.gives_too_much() && paid.refunds[0].standing == RefundStanding::Done));
        assert_eq!(twice.owed(), None, "no program adds to it");
        assert_eq!(apply(&twice, &Report::RefundDone { number: 1 }, NOW), twice);
    }
}

#[test]
fn an_open_agreement_counts_although_an_error_came_before_it() {
    let lost = apply(&State::SettingUp, &Report::DirectiveLost, NOW);
    assert_eq!(apply(&lost, &Report::SetUp(AgreementStatus::Open), NOW), State::Ready);
    let cancelled = State::Cancelled { last: None };
    assert_eq!(apply(&cancelled, &Report::SetUp(AgreementStatus::Open), NOW), cancelled);
    assert_eq!(apply(&State::Ready, &Report::SetUp(AgreementStatus::Suspended), NOW), State::Ready);
}

#[test]
fn a_hold_that_is_gone_need_not_be_given_back() {
    let on_ship = decide(&State::Ready, &charge_as(CaptureMode::OnShip, Timing::Synchronous)).unwrap();
    let voiding = decide(&hears(&on_ship, authorized()), &Command::Cancel).unwrap();
    for gone in [declined(Decline::AmazonRejected), closed(Closed::ExpiredUnused)] {
        assert_eq!(hears(&voiding, gone.clone()).status(), Some(Status::Cancelled), "{gone:?}");
    }
}

#[test]
fn captured_money_is_refunded_not_cancelled() {
    let paid = hears(&charging(), captured());
    assert_eq!(decide(&paid, &Command::Cancel), Err(Refused::CapturedRefundInstead));
}

#[test]
fn refunds_stay_within_the_capture_and_come_one_at_a_time() {
    let paid = hears(&charging(), captured());
    assert_eq!(decide(&paid, &Command::Refund { amount: dollars(5_499) }), Err(Refused::RefundAmount));
    assert_eq!(decide(&paid, &Command::Refund { amount: dollars(0) }), Err(Refused::RefundAmount));
    let part = decide(&paid, &Command::Refund { amount: dollars(1_000) }).unwrap();
    assert_eq!(decide(&part, &Command::Refund { amount: dollars(1) }), Err(Refused::RefundOpen));
    let part = apply(&part, &Report::RefundDone { number: 1 }, NOW);
    assert_eq!(part.status(), Some(Status::PartiallyRefunded));
    assert_eq!(decide(&part, &Command::Refund { amount: dollars(4_499) }), Err(Refused::RefundAmount));
    let all = decide(&part, &Command::Refund { amount: dollars(4_498) }).unwrap();
    assert_eq!(apply(&all, &Report::RefundDone { number: 2 }, NOW).status(), Some(Status::Refunded));
    assert_eq!(apply(&all, &Report::RefundFailed { number: 2 }, NOW).status(), Some(Status::PartiallyRefunded));
}

#[test]
fn a_refund_that_failed_is_looked_at_until_another_is_done() {
    let cancelling = decide(&charging(), &Command::Cancel).unwrap();
    let failed = apply(&hears(&cancelling, captured()), &Report::RefundFailed { number: 1 }, NOW);
    assert!(failed.due(NOW).is_some(), "the money of a cancelled order is still here: {failed:?}");
    let again = decide(&failed, &Command::Refund { amount: dollars(5_498) }).unwrap();
    assert_eq!(apply(&again, &Report::RefundDone { number: 2 }, NOW).due(NOW), None);
}

#[test]
fn a_refund_that_is_open_while_the_bank_takes_the_money_back_is_looked_at() {
    let refunding = decide(&hears(&charging(), captured()), &Command::Refund { amount: dollars(5_498) }).unwrap();
    let disputed = apply(&refunding, &Report::Chargeback, NOW);
    assert_eq!(disputed.owed(), None, "whether to pay the money out a second time is not for a program to decide");
    assert!(disputed.due(NOW).is_some());
    assert_eq!(apply(&disputed, &Report::RefundDone { number: 1 }, NOW).due(NOW), None);
}

#[test]
fn another_amount_than_asked_for_needs_attention() {
    let state = hears(&charging(), Outcome::Captured { amount: Some(dollars(1)), names: Names::default() });
    assert!(matches!(state, State::NeedsAttention { reason: Attention::AmountDiffers, .. }));
}

#[test]
fn only_an_open_agreement_makes_an_order_ready() {
    for status in
        [AgreementStatus::Draft, AgreementStatus::Suspended, AgreementStatus::Canceled, AgreementStatus::Closed, AgreementStatus::Unknown]
    {
        assert_eq!(apply(&State::SettingUp, &Report::SetUp(status), NOW), State::Draft);
    }
    assert_eq!(apply(&State::SettingUp, &Report::SetUp(AgreementStatus::Open), NOW), State::Ready);
}

#[test]
fn a_lost_directive_makes_a_charge_unknown_and_a_setup_failed() {
    assert_eq!(apply(&State::SettingUp, &Report::DirectiveLost, NOW), State::Draft);
    assert!(matches!(apply(&charging(), &Report::DirectiveLost, NOW), State::Charging { standing: Standing::Unknown { .. }, .. }));
    let paid = hears(&charging(), captured());
    assert_eq!(apply(&paid, &Report::DirectiveLost, NOW), paid);
}
