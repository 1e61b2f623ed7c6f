//! What the order desk asks for: given a state, when a wish or a fact, then a state.

use super::tests::{NOW, authorized, captured, charge_as, closed, declined, dollars, hears, names, pending};
use super::*;
use crate::domain::ids::{BuyerId, OrderPrefix};
use crate::domain::money::Currency;
use crate::domain::payment::Timing;

fn held() -> State {
    hears(&decide(&State::Ready, &charge_as(CaptureMode::OnShip, Timing::Synchronous)).unwrap(), authorized())
}

fn capture(minor: i64) -> Command {
    Command::Capture { amount: Some(dollars(minor)) }
}

fn took(minor: i64) -> Outcome {
    Outcome::Captured { amount: Some(dollars(minor)), names: names("C1") }
}

const CAPTURE_1_REFUSED: Report = Report::CaptureRefused { number: 1 };

fn order() -> OrderId {
    let (buyer, write) = (BuyerId::parse("0123456789ABCDEF").unwrap(), WriteId::parse("ZZ23456789ABCDEF").unwrap());
    OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &buyer, NOW, &write)
}

fn attention(reason: Attention, was: State) -> State {
    State::NeedsAttention { reason, was: Box::new(was) }
}

#[test]
fn a_part_is_taken_and_the_rest_is_given_up() {
    let capturing = decide(&held(), &capture(4_000)).unwrap();
    let Some(Effect::Capture(owed)) = capturing.owed() else { panic!("{capturing:?}") };
    assert_eq!((owed.amount, owed.rest()), (dollars(4_000), dollars(1_498)));
    for news in [took(4_000), Outcome::Captured { amount: None, names: names("C1") }] {
        let State::Paid(paid) = hears(&capturing, news) else { panic!("{capturing:?}") };
        assert_eq!((paid.captured, paid.refundable()), (dollars(4_000), dollars(4_000)));
    }
    assert!(matches!(hears(&capturing, took(5_498)), State::NeedsAttention { reason: Attention::AmountDiffers, .. }));
    assert!(matches!(apply(&capturing, &Report::Chargeback, NOW), State::Disputed(paid) if paid.captured == dollars(4_000)));
}

#[test]
fn a_capture_of_what_is_no_longer_held_comes_to_its_end() {
    let capturing = decide(&held(), &capture(4_000)).unwrap();
    // Somebody has given it back at Amazon itself.
    assert!(matches!(hears(&capturing, closed(Closed::SellerClosed)), State::Cancelled { last: Some(_) }));
    assert!(matches!(hears(&capturing, closed(Closed::ExpiredUnused)), State::Expired(_)));
    let unexpected = hears(&capturing, closed(Closed::Otherwise));
    assert!(matches!(unexpected, State::NeedsAttention { reason: Attention::ClosedUnexpectedly, .. }), "{unexpected:?}");
}

#[test]
fn no_more_is_taken_than_is_held_and_it_is_taken_once() {
    for minor in [0, -1, 5_499] {
        assert_eq!(decide(&held(), &capture(minor)), Err(Refused::CaptureAmount));
    }
    let capturing = decide(&held(), &capture(4_000)).unwrap();
    assert_eq!(decide(&capturing, &capture(4_000)).as_ref(), Ok(&capturing), "the same wish once more");
    assert_eq!(decide(&capturing, &capture(1_498)), Err(Refused::CaptureOpen));
    assert_eq!(decide(&capturing, &Command::Cancel), Err(Refused::CaptureOpen));
}

#[test]
fn a_capture_that_was_refused_is_asked_for_again_under_another_id() {
    let id = |state: &State| match state.owed() {
        Some(Effect::Capture(capture)) => capture.id(&order()),
        owed => panic!("{owed:?}"),
    };
    let first = decide(&held(), &capture(4_000)).unwrap();
    assert_eq!(id(&first), order().capture(1));
    let refused = apply(&first, &CAPTURE_1_REFUSED, NOW);
    assert!(matches!(refused, State::NeedsAttention { reason: Attention::CaptureFailed, .. }), "{refused:?}");
    let open = decide(&refused, &Command::Resolve { found: authorized() }).unwrap();
    let second = decide(&open, &Command::Capture { amount: None }).unwrap();
    assert_eq!(id(&second), order().capture(2));
    // Whoever else had asked for the first one hears of it late, and it counts once.
    let taken = hears(&second, took(5_498));
    let given_back = decide(&open, &Command::Cancel).unwrap();
    for later in [held(), refused, open, second, taken, given_back] {
        assert_eq!(apply(&later, &CAPTURE_1_REFUSED, NOW), later);
    }
}

#[test]
fn ids_have_room_for_what_a_number_can_count() {
    let mut hold = held();
    if let State::Authorized(hold) = &mut hold {
        hold.refused = 99;
    }
    assert_eq!(decide(&hold, &capture(1)), Err(Refused::TooMany));
    let mut paid = hears(&decide(&State::Ready, &charge_as(CaptureMode::Immediate, Timing::Synchronous)).unwrap(), captured());
    for number in 1..=99 {
        paid = decide(&paid, &Command::Refund { amount: dollars(1) }).unwrap();
        paid = apply(&paid, &Report::RefundDone { number }, NOW);
    }
    assert_eq!(decide(&paid, &Command::Refund { amount: dollars(1) }), Err(Refused::TooMany));
}

#[test]
fn amazons_word_ends_doubt_about_a_charge() {
    let hold = held();
    let State::Authorized(inner) = &hold else { panic!("{hold:?}") };
    let expired = State::Expired(inner.clone());
    let cases = [
        (Attention::CaptureFailed, hold.clone(), authorized(), hold.clone()),
        (Attention::CaptureFailed, hold.clone(), declined(Decline::AmazonRejected), expired.clone()),
        (Attention::ClosedUnexpectedly, expired.clone(), closed(Closed::Otherwise), expired.clone()),
        (Attention::ClosedUnexpectedly, expired.clone(), declined(Decline::AmazonRejected), expired.clone()),
    ];
    for (reason, was, found, then) in cases {
        assert_eq!(decide(&attention(reason, was), &Command::Resolve { found }), Ok(then));
    }
    assert_eq!(decide(&hold, &Command::Resolve { found: authorized() }), Err(Refused::NothingToResolve));
}

#[test]
fn money_that_moved_wrongly_is_a_persons_to_put_aside() {
    let paid = hears(&decide(&held(), &capture(4_000)).unwrap(), took(4_000));
    for reason in [Attention::AmountDiffers, Attention::UnexpectedCharge] {
        let state = attention(reason, paid.clone());
        for found in [took(4_000), authorized(), pending()] {
            assert_eq!(decide(&state, &Command::Resolve { found }), Err(Refused::NotForAmazonToTell));
        }
        assert_eq!(decide(&state, &Command::PutAside).as_ref(), Ok(&paid));
    }
    assert_eq!(decide(&paid, &Command::PutAside), Err(Refused::NothingToResolve));
}

#[test]
fn a_charge_that_was_given_up_and_turns_up_is_refunded() {
    let charging = decide(&State::Ready, &charge_as(CaptureMode::Immediate, Timing::Synchronous)).unwrap();
    let stuck = apply(&charging, &Report::Silence { since: NOW }, NOW.plus(Time::DAY));
    let given_up = decide(&stuck, &Command::PutAside).unwrap();
    assert_eq!(given_up.status(), Some(Status::Cancelled));
    assert_eq!(given_up.owed(), None, "it is never sent again");
    let back = hears(&given_up, captured());
    assert!(matches!(back.owed(), Some(Effect::Refund { refund, .. }) if refund.amount == dollars(5_498)), "{back:?}");
}

#[test]
fn too_much_given_back_is_raised_once() {
    let paid = hears(&decide(&State::Ready, &charge_as(CaptureMode::Immediate, Timing::Synchronous)).unwrap(), captured());
    let all = Command::Refund { amount: dollars(5_498) };
    let failed = apply(&decide(&paid, &all).unwrap(), &Report::RefundFailed { number: 1 }, NOW);
    let twice = apply(&decide(&failed, &all).unwrap(), &Report::RefundDone { number: 1 }, NOW);
    assert!(matches!(twice, State::NeedsAttention { reason: Attention::AmountDiffers, .. }));
    let aside = decide(&twice, &Command::PutAside).unwrap();
    assert_eq!(apply(&aside, &Report::RefundDone { number: 1 }, NOW), aside);
}

#[test]
fn goods_leave_when_their_money_is_here_and_stays() {
    let paid = hears(&decide(&held(), &capture(4_000)).unwrap(), took(4_000));
    assert_eq!(decide(&paid, &Command::Ship { parcel: None }).as_ref(), Ok(&paid));
    assert_eq!(decide(&held(), &Command::Ship { parcel: None }), Err(Refused::NotPaid));
    let back = decide(&paid, &Command::Refund { amount: dollars(4_000) }).unwrap();
    assert_eq!(decide(&back, &Command::Ship { parcel: None }), Err(Refused::Over));
}

#[test]
fn a_parcel_is_owed_to_amazon_until_it_has_heard_and_settles_nothing_else() {
    let paid = hears(&decide(&held(), &capture(4_000)).unwrap(), took(4_000));
    let [one, other] = ["1Z1", "1Z2"].map(|number| Parcel::parse("UPS", number).unwrap());
    let ship = |state: &State, parcel: &Parcel| decide(state, &Command::Ship { parcel: Some(parcel.clone()) });
    let shipped = ship(&paid, &one).unwrap();
    assert_eq!((shipped.owed(), ship(&shipped, &one).as_ref()), (Some(Effect::Track(one.clone())), Ok(&shipped)));
    let both = ship(&shipped, &other).unwrap();
    let told = |state: &State, parcel: &Parcel| apply(state, &Report::Parcel(parcel.clone()), NOW);
    assert_eq!(told(&both, &one).owed(), Some(Effect::Track(other.clone())));
    assert_eq!((told(&told(&both, &one), &other), told(&paid, &one)), (paid.clone(), paid.clone()));
    // Money comes first, and the parcel stays.
    let back = decide(&shipped, &Command::Refund { amount: dollars(1) }).unwrap();
    assert!(matches!(back.owed(), Some(Effect::Refund { .. })));
    assert_eq!(apply(&back, &Report::RefundDone { number: 1 }, NOW).owed(), Some(Effect::Track(one.clone())));
    // In parts, too, whatever becomes of the rest.
    let parts = decide(&shipped, &Command::HoldRest).unwrap();
    let held = apply(&parts, &Report::Charge { attempt: Some(2), outcome: Outcome::Authorized { amount: None, names: names("A2") } }, NOW);
    assert!(held.owed() == Some(Effect::Track(one.clone())) && told(&held, &one).owed().is_none(), "{held:?}");
    // What a person has to see to is not settled by it.
    let needs = State::NeedsAttention { reason: Attention::AmountDiffers, was: Box::new(shipped) };
    let heard = told(&needs, &one);
    assert!(matches!(&heard, State::NeedsAttention { was, .. } if **was == paid), "{heard:?}");
    assert_eq!(ship(&decide(&State::Ready, &charge_as(CaptureMode::OnShip, Timing::Synchronous)).unwrap(), &one), Err(Refused::NotPaid));
}

#[test]
fn consent_ends_when_money_has_come_to_rest() {
    let paid = hears(&decide(&held(), &capture(4_000)).unwrap(), took(4_000));
    assert_eq!(decide(&paid, &Command::CloseAgreement).as_ref(), Ok(&paid));
    let back = decide(&paid, &Command::Refund { amount: dollars(1) }).unwrap();
    for moving in [held(), back, decide(&held(), &capture(1)).unwrap(), decide(&held(), &Command::Cancel).unwrap()] {
        assert_eq!(decide(&moving, &Command::CloseAgreement), Err(Refused::MoneyMoving));
    }
}

#[test]
fn more_goes_back_than_was_taken_only_by_wish_and_as_far_as_amazon_lets_it() {
    let paid_of = |minor, currency| {
        let State::Paid(paid) = hears(&decide(&held(), &capture(4_000)).unwrap(), took(4_000)) else { panic!("not paid") };
        Paid { captured: Money::new(minor, currency), ..paid }
    };
    // 15 %, to the cent that is not too much; 75 at most; and no refunds beyond 150,000.
    for (captured, most) in
        [(8_038, 9_243), (50_000, 57_500), (50_001, 57_501), (100_000, 107_500), (14_999_900, 15_000_000), (15_000_100, 15_000_100)]
    {
        assert_eq!(paid_of(captured, Currency::Usd).refund_max().minor(), most);
    }
    assert_eq!(paid_of(8_000, Currency::Jpy).refund_max().minor(), 8_000, "what more is allowed in yen is unconfirmed");

    let paid = State::Paid(paid_of(8_038, Currency::Usd));
    let (refund, goodwill) = (|minor| Command::Refund { amount: dollars(minor) }, |minor| Command::Goodwill { amount: dollars(minor) });
    let part = apply(&decide(&paid, &refund(2_000)).unwrap(), &Report::RefundDone { number: 1 }, NOW);
    assert_eq!(decide(&part, &refund(6_039)), Err(Refused::RefundAmount));
    assert_eq!(decide(&part, &goodwill(7_244)), Err(Refused::OverAllowance));
    let asked = decide(&part, &goodwill(7_243)).unwrap();
    let all = apply(&asked, &Report::RefundDone { number: 2 }, NOW);
    // It was wished, so nobody has to look; and nothing is left.
    assert_eq!(all.status(), Some(Status::Refunded));
    assert_eq!(decide(&all, &goodwill(1)), Err(Refused::OverAllowance));
    assert_eq!(decide(&all, &refund(1)), Err(Refused::RefundAmount));
}

#[test]
fn a_name_that_was_never_told_is_kept_and_settles_nothing() {
    let nameless = |state: &State| {
        let mut state = state.clone();
        if let State::Authorized(hold) | State::Voiding(hold) = &mut state {
            hold.names = Names::default();
        }
        if let State::Paid(paid) = &mut state {
            paid.names = Names::default();
        }
        state
    };
    let paid = hears(&decide(&held(), &capture(4_000)).unwrap(), took(4_000));
    let voiding = decide(&held(), &Command::Cancel).unwrap();
    for (state, news) in [(held(), authorized()), (voiding, authorized()), (paid, took(4_000))] {
        let told = hears(&nameless(&state), news.clone());
        assert!(told.names().is_some_and(|names| names.authorization.is_some() || names.capture.is_some()), "{told:?}");
        assert_eq!(told.name(), state.name());
        assert_eq!(hears(&told, news.clone()), told, "it is told once");
        // Another name is no better than the first.
        let mut other = news.clone();
        if let Outcome::Authorized { names: named, .. } | Outcome::Captured { names: named, .. } = &mut other {
            *named = names("other");
        }
        assert_eq!(hears(&told, other), told);
        let matter = attention(Attention::CaptureFailed, nameless(&state));
        let heard = hears(&matter, news);
        assert!(
            matches!(heard, State::NeedsAttention { reason: Attention::CaptureFailed, .. }) && heard.names() == told.names(),
            "{heard:?}"
        );
    }
}
