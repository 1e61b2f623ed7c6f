//! A hold that is renewed: every wish and every fact in each of its three stages.

use super::tests::{NOW, authorized, captured, charge_as, declined, dollars, hears, names};
use super::*;
use crate::domain::payment::Timing;

fn held() -> State {
    hears(&decide(&State::Ready, &charge_as(CaptureMode::OnShip, Timing::Synchronous)).unwrap(), authorized())
}

fn news(number: u8, outcome: Outcome) -> Report {
    Report::Charge { attempt: Some(number), outcome }
}

fn closed(why: Closed) -> Outcome {
    Outcome::Closed { why, names: names("A1") }
}

/// The old hold is to be given back.
fn giving_back() -> State {
    decide(&held(), &Command::HoldRest).unwrap()
}

/// It is.
fn between() -> State {
    apply(&giving_back(), &news(1, closed(Closed::SellerClosed)), NOW)
}

/// The new one is asked for.
fn holding() -> State {
    decide(&between(), &Command::HoldRest).unwrap()
}

fn stages() -> [State; 3] {
    [giving_back(), between(), holding()]
}

#[test]
fn the_old_hold_goes_and_then_the_same_is_held_by_an_attempt_of_its_own() {
    let Some(Effect::Void(old)) = giving_back().owed() else { panic!("{:?}", giving_back()) };
    assert_eq!(old.attempt.number, 1);
    assert!(between().owed().is_none() && between().awaits_new_hold() && !giving_back().awaits_new_hold() && !holding().awaits_new_hold());
    let Some(Effect::HoldRest(attempt)) = holding().owed() else { panic!("{:?}", holding()) };
    let State::Authorized(first) = held() else { panic!() };
    assert_eq!((attempt.number, attempt.amount, attempt.capture), (2, first.attempt.amount, CaptureMode::OnShip));
    let again = apply(&holding(), &news(2, authorized()), NOW);
    assert!(matches!(&again, State::Authorized(hold) if hold.attempt == attempt && hold.refused == 0), "{again:?}");
    // And so once more, when its time is up.
    assert!(
        decide(&again, &Command::HoldRest)
            .unwrap()
            .owed()
            .is_some_and(|owed| matches!(owed, Effect::Void(hold) if hold.attempt.number == 2))
    );
}

#[test]
fn it_is_open_and_nothing_counts_as_held_once_the_old_hold_is_gone() {
    let statuses = stages().map(|stage| stage.status());
    assert_eq!(statuses, [Some(Status::Authorized), Some(Status::Queued), Some(Status::Queued)]);
    for stage in stages() {
        assert!(stage.due(NOW).is_some_and(|due| due <= NOW.plus(Time::HOUR)), "{stage:?}");
        assert!(stage.payments().is_empty() && !stage.is_cart() && stage.name() == "Renewing", "{stage:?}");
    }
}

#[test]
fn nobody_ships_captures_or_refunds_what_is_not_held_and_the_same_wish_once_more_changes_nothing() {
    for stage in stages() {
        for (wish, no) in [
            (Command::Capture { amount: None }, Refused::ChargeOpen),
            (Command::Refund { amount: dollars(100) }, Refused::NothingCaptured),
            (Command::Goodwill { amount: dollars(100) }, Refused::NothingCaptured),
            (Command::Ship { parcel: None }, Refused::NotPaid),
            (Command::CloseAgreement, Refused::MoneyMoving),
            (charge_as(CaptureMode::OnShip, Timing::Synchronous), Refused::AlreadyPaid),
            (Command::SetUp, Refused::AlreadyPaid),
            (Command::PutAside, Refused::NothingToResolve),
        ] {
            assert_eq!(decide(&stage, &wish), Err(no), "{wish:?} of {stage:?}");
        }
    }
    for stage in [giving_back(), holding()] {
        assert_eq!(decide(&stage, &Command::HoldRest).as_ref(), Ok(&stage));
    }
}

#[test]
fn it_can_be_cancelled_as_long_as_no_new_hold_is_asked_for() {
    let cancelled = decide(&giving_back(), &Command::Cancel).unwrap();
    assert!(matches!(&cancelled, State::Voiding(hold) if hold.attempt.number == 1), "{cancelled:?}");
    assert!(matches!(decide(&between(), &Command::Cancel), Ok(State::Cancelled { last: Some(last) }) if last.number == 1));
    assert_eq!(decide(&holding(), &Command::Cancel), Err(Refused::ChargeOpen));
}

#[test]
fn a_hold_that_has_gone_by_itself_is_replaced_and_one_that_amazon_has_closed_is_a_persons() {
    for why in [Closed::SellerClosed, Closed::ExpiredUnused] {
        assert!(apply(&giving_back(), &news(1, closed(why)), NOW).awaits_new_hold(), "{why:?}");
    }
    for outcome in [closed(Closed::Otherwise), declined(Decline::AmazonRejected)] {
        let seen = apply(&giving_back(), &news(1, outcome), NOW);
        assert!(matches!(&seen, State::NeedsAttention { reason: Attention::ClosedUnexpectedly, .. }), "{seen:?}");
        let over = decide(&seen, &Command::PutAside).unwrap();
        assert!(matches!(over, State::Expired(_)) && !over.awaits_new_hold(), "{over:?}");
    }
}

#[test]
fn money_that_turns_out_to_be_taken_is_kept_because_the_goods_are_wanted() {
    for stage in [giving_back(), between()] {
        let taken = apply(&stage, &news(1, captured()), NOW);
        assert!(matches!(&taken, State::Paid(paid) if paid.attempt.number == 1 && paid.refunds.is_empty()), "{taken:?}");
        assert!(matches!(apply(&stage, &Report::Chargeback, NOW), State::Disputed(_)));
    }
    // Beside a new hold that may stand, it is too much.
    for report in [news(1, captured()), Report::Charge { attempt: None, outcome: captured() }] {
        let both = apply(&holding(), &report, NOW);
        assert!(matches!(both, State::NeedsAttention { reason: Attention::UnexpectedCharge, .. }), "{both:?}");
    }
}

#[test]
fn whatever_becomes_of_the_new_hold_the_order_is_like_any_other_again() {
    let after = |outcome| apply(&holding(), &news(2, outcome), NOW);
    for (outcome, decline) in [
        (declined(Decline::InvalidPaymentMethodHard), Decline::InvalidPaymentMethodHard),
        (Outcome::NotTried { because: Hindrance::Agreement }, Decline::AgreementNotOpen),
        (Outcome::NotTried { because: Hindrance::Request }, Decline::NotTried),
    ] {
        assert!(matches!(after(outcome), State::Declined { attempt, decline: found } if attempt.number == 2 && found == decline));
    }
    assert!(matches!(after(closed(Closed::ExpiredUnused)), State::Expired(hold) if hold.attempt.number == 2));
    assert!(matches!(after(captured()), State::Paid(paid) if paid.attempt.number == 2));
    let pending = after(Outcome::Pending { names: names("A2") });
    assert!(pending.owed().is_none() && pending.name() == "Renewing", "{pending:?}");
    assert!(matches!(apply(&pending, &news(2, authorized()), NOW), State::Authorized(_)));
}

#[test]
fn a_new_hold_that_nobody_has_heard_of_is_asked_for_under_its_id_for_a_day() {
    let doubted = apply(&holding(), &Report::Silence { since: NOW }, NOW.plus(Time::MINUTE));
    assert!(matches!(doubted.owed(), Some(Effect::HoldRest(attempt)) if attempt.number == 2), "{doubted:?}");
    // A refusal of the repetition says nothing of the first time.
    assert_eq!(apply(&doubted, &news(2, Outcome::NotTried { because: Hindrance::Agreement }), NOW), doubted);
    let stuck = apply(&doubted, &Report::Silence { since: NOW }, NOW.plus(Time::DAY));
    assert!(matches!(stuck, State::NeedsAttention { reason: Attention::OutcomeUnknown, .. }) && stuck.owed().is_none(), "{stuck:?}");
    assert!(matches!(decide(&stuck, &Command::PutAside), Ok(State::Cancelled { last: Some(last) }) if last.number == 2));
    assert!(matches!(apply(&stuck, &news(2, authorized()), NOW), State::Authorized(_)));
}

#[test]
fn late_and_directive_news_changes_nothing() {
    let late = [
        news(1, authorized()),
        news(1, Outcome::Pending { names: names("A1") }),
        news(9, captured()),
        Report::SetupFailed,
        Report::DirectiveLost,
        Report::CaptureRefused { number: 1 },
        Report::RefundDone { number: 1 },
        Report::RefundFailed { number: 1 },
    ];
    for (stage, report) in [giving_back(), between()].iter().flat_map(|stage| late.iter().map(move |report| (stage, report))) {
        assert_eq!(apply(stage, report, NOW), *stage, "{report:?}");
    }
    assert_eq!(apply(&between(), &news(1, closed(Closed::SellerClosed)), NOW), between());
    for report in [Report::DirectiveLost, Report::Charge { attempt: None, outcome: authorized() }, news(1, closed(Closed::SellerClosed))] {
        assert_eq!(apply(&holding(), &report, NOW), holding(), "{report:?}");
    }
}

#[test]
fn a_hold_whose_capture_was_refused_is_a_persons() {
    let capturing = decide(&held(), &Command::Capture { amount: None }).unwrap();
    let refused = apply(&capturing, &Report::CaptureRefused { number: 1 }, NOW);
    let held = decide(&refused, &Command::PutAside).unwrap();
    assert!(matches!(held, State::Authorized(_)), "{held:?}");
    assert_eq!(decide(&held, &Command::HoldRest), Err(Refused::CaptureWasRefused), "its capture's id is used up");
}
