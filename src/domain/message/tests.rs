//! Given the changes of an order, one after the other, then the messages that each owes.

use super::*;
use crate::domain::cart::Cart;
use crate::domain::ids::{AmazonId, BuyerId, Locale, OrderPrefix};
use crate::domain::money::Currency;
use crate::domain::order::{Actor, Attention, Closed, Command, Entry, Goods, Outcome, Rail, Report, State, Warning, apply, decide};
use crate::domain::payment::{CaptureMode, Names, Timing};
use crate::domain::shop::World;
use crate::domain::time::Time;

const NOW: Time = Time::from_unix(1_795_000_000);

fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}

fn names() -> Names {
    Names { authorization: Some(AmazonId::parse("A1").unwrap()), ..Names::default() }
}

/// An order that goes from state to state, and what was told on the way.
struct Story {
    order: Order,
    told: Vec<Message>,
}

impl Story {
    /// The buyer is about to say yes.
    fn new() -> Self {
        let (buyer, write) = (BuyerId::parse("0123456789ABCDEF").unwrap(), WriteId::of_bits(1));
        let entry = Entry { at: NOW, who: Actor::Buyer, what: Event::SetupAnswered, to: "Ready", write: write.clone(), note: None };
        let order = Order {
            id: OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &buyer, NOW, &write),
            rail: Rail::Directive,
            world: World::Simulated,
            locale: Locale::parse("en-US").unwrap(),
            goods: Goods::Cart(Cart::default()),
            agreement: None,
            address: None,
            state: State::Ready,
            history: vec![entry],
        };
        Self { order, told: Vec::new() }
    }

    fn becomes(mut self, state: State, what: Event) -> Self {
        let mut after = self.order.clone();
        let write = WriteId::of_bits(u128::try_from(after.history.len()).unwrap() + 1);
        after.history.push(Entry { at: NOW, who: Actor::Shop, what, to: state.name(), write, note: None });
        after.state = state;
        let change = Change { before: Some(self.order), after: after.clone() };
        let owed = owed(&change);
        assert_eq!(super::owed(&change), owed, "whoever sees it again finds the same");
        let mut channels: Vec<_> = owed.iter().map(Message::channel).collect();
        channels.dedup();
        assert_eq!(channels.len(), owed.len(), "one message to each at most: {owed:?}");
        self.told = owed;
        Self { order: after, ..self }
    }

    fn wishes(self, command: &Command, what: Event) -> Self {
        let state = decide(&self.order.state, command).unwrap();
        self.becomes(state, what)
    }

    fn hears(self, outcome: Outcome, what: Event) -> Self {
        self.reports(&Report::Charge { attempt: None, outcome }, what)
    }

    fn reports(self, report: &Report, what: Event) -> Self {
        let state = apply(&self.order.state, report, NOW);
        self.becomes(state, what)
    }

    fn says_yes(self, capture: CaptureMode) -> Self {
        self.wishes(&Command::Charge { amount: dollars(5_000), capture, timing: Timing::Asynchronous, checkout: None }, Event::SaidYes)
            .tells(&[])
    }

    /// Nobody has been told anything else since the last step.
    #[track_caller]
    fn tells(self, messages: &[Message]) -> Self {
        assert_eq!(self.told, messages, "{:?}", self.order.state);
        self
    }
}

fn captured() -> Outcome {
    Outcome::Captured { amount: None, names: names() }
}

fn authorized() -> Outcome {
    Outcome::Authorized { amount: None, names: names() }
}

fn declined() -> Outcome {
    Outcome::Declined { decline: Decline::AmazonRejected }
}

fn held() -> Story {
    let told = [Message::Buyer(Letter::Confirmed), Message::Office(News::Held)];
    Story::new().says_yes(CaptureMode::OnShip).hears(authorized(), Event::ChargeAnswered).tells(&told)
}

fn paid() -> Story {
    let told = [Message::Buyer(Letter::Confirmed), Message::Office(News::Paid)];
    Story::new().says_yes(CaptureMode::Immediate).hears(captured(), Event::ChargeAnswered).tells(&told)
}

#[test]
fn a_pending_order_is_received_and_confirmed_only_when_the_money_has_come() {
    let received = [Message::Buyer(Letter::Received), Message::Office(News::Queued)];
    let queued =
        || Story::new().says_yes(CaptureMode::Immediate).hears(Outcome::Pending { names: names() }, Event::ChargeAnswered).tells(&received);
    let confirmed = [Message::Buyer(Letter::Confirmed), Message::Office(News::Paid), Message::Device(Ring::OrderReceived)];
    queued().hears(captured(), Event::Notified).tells(&confirmed);
    // Held is not taken, where it was to be taken at once.
    queued().hears(authorized(), Event::Notified).tells(&[]).hears(captured(), Event::LookedUp).tells(&confirmed);
    let no = Decline::AmazonRejected;
    queued().hears(declined(), Event::Notified).tells(&[Message::Buyer(Letter::Declined(no)), Message::Office(News::Declined(no))]);
}

#[test]
fn what_the_buyer_hears_of_a_decline_is_not_written_too() {
    let story = Story::new().says_yes(CaptureMode::Immediate).hears(declined(), Event::ChargeAnswered);
    story.tells(&[Message::Office(News::Declined(Decline::AmazonRejected))]);
}

#[test]
fn a_page_that_a_wallet_waits_for_is_written_even_to_who_has_heard_of_it() {
    for decline in [Decline::InvalidPaymentMethodHard, Decline::AgreementNotOpen] {
        let heard = |rail| {
            let mut story = Story::new();
            story.order.rail = rail;
            story.says_yes(CaptureMode::Immediate).hears(Outcome::Declined { decline }, Event::ChargeAnswered)
        };
        let office = Message::Office(News::Declined(decline));
        heard(Rail::SavedWallet).tells(&[Message::Buyer(Letter::Declined(decline)), office]);
        heard(Rail::Directive).tells(&[office]);
    }
}

#[test]
fn held_money_that_is_taken_is_told_and_so_is_the_parcel() {
    let taken = dollars(5_000);
    held()
        .wishes(&Command::Capture { amount: None }, Event::AskedToCapture)
        .tells(&[])
        .hears(captured(), Event::ChargeAnswered)
        .tells(&[Message::Buyer(Letter::Charged(taken)), Message::Office(News::Captured(taken))])
        .wishes(&Command::Ship { parcel: None }, Event::Shipped)
        .tells(&[Message::Buyer(Letter::Shipped), Message::Office(News::Shipped), Message::Device(Ring::OrderShipped)]);
}

#[test]
fn a_refund_is_told_when_it_is_done_and_a_failed_one_to_the_department_alone() {
    let half = dollars(2_500);
    let refunding = |story: Story| story.wishes(&Command::Refund { amount: half }, Event::AskedToRefund).tells(&[]);
    let failed = refunding(paid()).reports(&Report::RefundFailed { number: 1 }, Event::RefundAnswered);
    let again = refunding(failed.tells(&[Message::Office(News::RefundFailed(half))]));
    let done = again.reports(&Report::RefundDone { number: 2 }, Event::Notified);
    let told = [Message::Buyer(Letter::Refunded(half)), Message::Office(News::Refunded(half))];
    refunding(done.tells(&told)).reports(&Report::RefundDone { number: 3 }, Event::RefundAnswered).tells(&told);
}

#[test]
fn an_order_that_was_cancelled_in_doubt_is_never_confirmed() {
    let unknown = Story::new().says_yes(CaptureMode::Immediate).hears(Outcome::Unclear, Event::ChargeAnswered).tells(&[]);
    let cancelling = unknown.wishes(&Command::Cancel, Event::AskedToCancel).tells(&[]);
    let cancelling = cancelling.hears(Outcome::Pending { names: names() }, Event::Notified).tells(&[]);
    let (all, back) = (dollars(5_000), Event::RefundAnswered);
    let taken = cancelling.hears(captured(), Event::Notified).tells(&[Message::Office(News::GoingBack(all))]);
    let told = [Message::Buyer(Letter::Refunded(all)), Message::Office(News::Refunded(all))];
    taken.reports(&Report::RefundDone { number: 1 }, back).tells(&told);
}

#[test]
fn an_order_that_comes_to_nothing_is_told_once() {
    let told = [Message::Buyer(Letter::Cancelled), Message::Office(News::Cancelled)];
    let voided = held().wishes(&Command::Cancel, Event::AskedToCancel).tells(&[]);
    let over = Outcome::Closed { why: Closed::SellerClosed, names: names() };
    voided.hears(over.clone(), Event::ChargeAnswered).tells(&told).hears(over, Event::Notified).tells(&[]);
    let expired = Outcome::Closed { why: Closed::ExpiredUnused, names: names() };
    held().hears(expired, Event::LookedUp).tells(&[Message::Buyer(Letter::Expired), Message::Office(News::Expired)]);
    // A cart was never an order.
    Story::new().wishes(&Command::Cancel, Event::AskedToCancel).tells(&[]);
}

#[test]
fn a_person_sees_to_it_first_and_the_buyer_is_told_what_comes_of_it() {
    let differs = Outcome::Captured { amount: Some(dollars(4_000)), names: names() };
    let matter = News::NeedsAttention(Attention::AmountDiffers);
    let seen_to = || {
        let story = Story::new().says_yes(CaptureMode::Immediate).hears(differs.clone(), Event::Notified);
        story.tells(&[Message::Office(matter)])
    };
    let confirmed = [Message::Buyer(Letter::Confirmed), Message::Office(News::Paid), Message::Device(Ring::OrderReceived)];
    seen_to().wishes(&Command::PutAside, Event::PutAside).tells(&confirmed);
    // One that was confirmed before is not confirmed anew.
    let disturbed = State::NeedsAttention { reason: Attention::UnexpectedCharge, was: Box::new(paid().order.state) };
    let put_aside = paid().becomes(disturbed, Event::Notified).tells(&[Message::Office(News::NeedsAttention(Attention::UnexpectedCharge))]);
    put_aside.wishes(&Command::PutAside, Event::PutAside).tells(&[]);
}

#[test]
fn a_refused_capture_and_a_chargeback_are_the_departments() {
    let refused = held().wishes(&Command::Capture { amount: None }, Event::AskedToCapture);
    let refused = refused.reports(&Report::CaptureRefused { number: 1 }, Event::ChargeAnswered);
    let refused = refused.tells(&[Message::Office(News::NeedsAttention(Attention::CaptureFailed))]);
    // It was taken after all: the order was confirmed when the money was held.
    let taken = [Message::Buyer(Letter::Charged(dollars(5_000))), Message::Office(News::Captured(dollars(5_000)))];
    refused.hears(captured(), Event::Notified).tells(&taken);
    paid().reports(&Report::Chargeback, Event::Disputed).tells(&[Message::Office(News::Disputed)]);
}

#[test]
fn the_rest_of_a_payment_in_parts_is_the_departments_too() {
    let part = dollars(2_000);
    let first = held().wishes(&Command::Capture { amount: Some(part) }, Event::AskedToCapture);
    let first = first.hears(Outcome::Captured { amount: Some(part), names: names() }, Event::ChargeAnswered);
    let first = first.tells(&[Message::Buyer(Letter::Charged(part)), Message::Office(News::Captured(part))]);
    let holding = first.wishes(&Command::HoldRest, Event::AskedToHoldRest).tells(&[]);
    let rest = |outcome| Report::Charge { attempt: Some(2), outcome };
    let held = holding.reports(&rest(authorized()), Event::ChargeAnswered).tells(&[Message::Office(News::RestHeld(dollars(3_000)))]);
    let capturing = held.wishes(&Command::Capture { amount: None }, Event::AskedToCapture).tells(&[]);
    let taken = [Message::Buyer(Letter::Charged(dollars(3_000))), Message::Office(News::Captured(dollars(3_000)))];
    capturing.reports(&rest(captured()), Event::ChargeAnswered).tells(&taken);
}

#[test]
fn a_renewed_hold_is_the_departments_and_of_one_that_is_not_the_buyer_hears_too() {
    let renewing = || {
        let begun = held().wishes(&Command::HoldRest, Event::AskedToRenew).tells(&[]);
        let gone = begun.hears(Outcome::Closed { why: Closed::SellerClosed, names: names() }, Event::ChargeAnswered).tells(&[]);
        gone.wishes(&Command::HoldRest, Event::AskedToHoldRest).tells(&[])
    };
    let second = |outcome| Report::Charge { attempt: Some(2), outcome };
    let again = renewing().reports(&second(authorized()), Event::ChargeAnswered);
    let again = again.tells(&[Message::Office(News::Renewed(dollars(5_000)))]);
    let capturing = again.wishes(&Command::Capture { amount: None }, Event::AskedToCapture).tells(&[]);
    let taken = [Message::Buyer(Letter::Charged(dollars(5_000))), Message::Office(News::Captured(dollars(5_000)))];
    capturing.reports(&second(captured()), Event::ChargeAnswered).tells(&taken);

    let why = Decline::AmazonRejected;
    let told = [Message::Buyer(Letter::NotRenewed(why)), Message::Office(News::NotRenewed(why))];
    renewing().reports(&second(declined()), Event::ChargeAnswered).tells(&told);
}

#[test]
fn a_warning_goes_to_the_department_and_a_later_look_at_the_order_tells_nobody() {
    let order = held();
    let state = order.order.state.clone();
    let warned = order.becomes(state, Event::HoldEnds).tells(&[Message::Office(News::Warned(Warning::HoldEnds))]);
    let again = Change { before: Some(warned.order.clone()), after: warned.order };
    assert_eq!(owed(&again), [], "it was put off, and nothing else");
}

#[test]
fn whatever_happens_nobody_reads_confirmed_of_money_that_is_neither_held_nor_taken() {
    let on_ship = held().order.state;
    let taken = paid().order.state;
    let states = [
        State::Draft,
        State::SettingUp,
        State::Ready,
        Story::new().says_yes(CaptureMode::Immediate).order.state,
        Story::new().says_yes(CaptureMode::Immediate).hears(Outcome::Pending { names: names() }, Event::Notified).order.state,
        Story::new().says_yes(CaptureMode::Immediate).hears(Outcome::Unclear, Event::Notified).order.state,
        Story::new().says_yes(CaptureMode::Immediate).hears(declined(), Event::Notified).order.state,
        decide(&on_ship, &Command::Capture { amount: None }).unwrap(),
        decide(&on_ship, &Command::Cancel).unwrap(),
        decide(&on_ship, &Command::HoldRest).unwrap(),
        apply(&taken, &Report::Chargeback, NOW),
        State::Cancelled { last: None },
        State::NeedsAttention { reason: Attention::OutcomeUnknown, was: Box::new(State::Ready) },
        on_ship.clone(),
        taken.clone(),
    ];
    for (before, after) in states.iter().flat_map(|before| states.iter().map(move |after| (before, after))) {
        for event in Event::ALL {
            let begun = Story::new().becomes(before.clone(), Event::SaidYes);
            let told = begun.becomes(after.clone(), *event).told;
            let confirmed = told.contains(&Message::Buyer(Letter::Confirmed)) || told.contains(&Message::Device(Ring::OrderReceived));
            assert!(!confirmed || [&on_ship, &taken].contains(&after), "{before:?} to {after:?} by {event:?}: {told:?}");
        }
    }
}
