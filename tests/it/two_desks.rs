//! Two desks at the same order, and answers that get lost between them: what one wish may move is moved once.

use std::sync::atomic::{AtomicBool, Ordering};

use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::adapters::fingerprint;
use voicetill::app::{Desk, DeskError};
use voicetill::cli::orders::{OrdersCommand, ReconcileArgs};
use voicetill::domain::dialog::{Amend, LeftCart, Opening};
use voicetill::domain::ids::{BillingAgreementId, BuyerId, OrderId, WriteId};
use voicetill::domain::money::{Currency, Money};
use voicetill::domain::order::{Actor, Attention, Capture, Command, Event, Hold, Note, Order, Paid, Parcel, Refund, State, Status};
use voicetill::domain::payment::{Attempt, Names};
use voicetill::domain::time::Time;
use voicetill::ports::{Answered, Consent, Payments, PaymentsError, Store, StoreError, Written};
use voicetill::simulated::LocalPay;

use crate::alexa::{Bank, Device};
use crate::desk::{account, authorized, run};
use crate::shop::Shop;
use crate::stand_in::{Reply, StandIn, charge};

/// The colleague at the other desk, who settles the order while this desk waits for an answer.
struct Colleague<'c> {
    store: &'c DynamoStore,
    pay: &'c LocalPay<'c>,
    order: &'c OrderId,
}

impl Colleague<'_> {
    async fn settles(&self) {
        let mark = |text: &str| fingerprint::mark(&format!("colleague {text}"));
        let desk = Desk { store: self.store, payments: self.pay, now: self.pay.now, mark: &mark };
        desk.reconcile(self.order).await.unwrap();
    }
}

/// Loses the answer to the first write of a wish; before the client tries once more, the colleague has settled it.
struct LosesAnAnswer<'c>(&'c Colleague<'c>, AtomicBool);

impl Store for LosesAnAnswer<'_> {
    async fn opening(&self, buyer: &BuyerId) -> Result<Opening, StoreError> {
        self.0.store.opening(buyer).await
    }

    async fn order(&self, id: &OrderId) -> Result<Option<Order>, StoreError> {
        self.0.store.order(id).await
    }

    async fn create(&self, order: &Order) -> Result<Written, StoreError> {
        self.0.store.create(order).await
    }

    async fn amend(&self, amend: &Amend) -> Result<Written, StoreError> {
        let written = self.0.store.amend(amend).await?;
        if self.1.swap(true, Ordering::Relaxed) {
            return Ok(written);
        }
        self.0.settles().await;
        self.0.store.amend(amend).await
    }

    async fn keep(&self, buyer: &BuyerId, cart: &LeftCart, write: &WriteId) -> Result<(), StoreError> {
        self.0.store.keep(buyer, cart, write).await
    }
}

/// What becomes of every call of this desk.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Line {
    /// It does not get through.
    Dead,
    /// It takes effect, and its answer is lost.
    Deaf,
}

/// A bad line to Amazon Pay, at which the desk waits so long that the colleague, if there is one, has settled everything.
struct BadLine<'c>(&'c LocalPay<'c>, Line, Option<&'c Colleague<'c>>);

impl BadLine<'_> {
    async fn call(&self, call: impl Future<Output = Result<Answered, PaymentsError>>) -> Result<Answered, PaymentsError> {
        let lost = match self.1 {
            Line::Dead => PaymentsError::NotDone { request: None, source: "no line".into() },
            Line::Deaf => {
                call.await?;
                PaymentsError::Unknown { request: None, source: "no answer".into() }
            }
        };
        if let Some(colleague) = self.2 {
            colleague.settles().await;
        }
        Err(lost)
    }
}

impl Payments for BadLine<'_> {
    async fn look(&self, order: &Order, names: &Names) -> Result<Answered, PaymentsError> {
        self.call(self.0.look(order, names)).await
    }

    async fn consent(&self, agreement: &BillingAgreementId) -> Result<Consent, PaymentsError> {
        self.0.consent(agreement).await
    }

    async fn charge_again(&self, order: &Order, attempt: &Attempt) -> Result<Answered, PaymentsError> {
        self.call(self.0.charge_again(order, attempt)).await
    }

    async fn hold_rest(&self, order: &Order, attempt: &Attempt) -> Result<Answered, PaymentsError> {
        self.call(self.0.hold_rest(order, attempt)).await
    }

    async fn capture(&self, order: &OrderId, capture: &Capture) -> Result<Answered, PaymentsError> {
        self.call(self.0.capture(order, capture)).await
    }

    async fn void(&self, order: &OrderId, hold: &Hold) -> Result<Answered, PaymentsError> {
        self.call(self.0.void(order, hold)).await
    }

    async fn refund(&self, order: &OrderId, paid: &Paid, refund: &Refund) -> Result<Answered, PaymentsError> {
        self.call(self.0.refund(order, paid, refund)).await
    }

    async fn refunded(&self, order: &OrderId, paid: &Paid) -> Result<Option<Money>, PaymentsError> {
        self.0.refunded(order, paid).await
    }

    async fn close(&self, agreement: &BillingAgreementId) -> Result<Answered, PaymentsError> {
        self.call(self.0.close(agreement)).await
    }

    async fn track(&self, order: &Order, parcel: &Parcel) -> Result<Answered, PaymentsError> {
        self.call(self.0.track(order, parcel)).await
    }
}

const CAPTURE: Command = Command::Capture { amount: None };
const REFUND: Command = Command::Refund { amount: Money::new(2_000, Currency::Usd) };

/// An authorized order, captured where the wish is about taken money.
async fn ready_for(wish: &Command) -> (Shop, Device, Bank, OrderId) {
    let (shop, device, bank, id) = authorized().await;
    if *wish == REFUND {
        let pay = LocalPay { books: &bank.books, now: device.clock().now() };
        let mark = |text: &str| fingerprint::mark(&format!("before {text}"));
        Desk { store: &shop.skill.store, payments: &pay, now: pay.now, mark: &mark }.wish(&id, &CAPTURE).await.unwrap();
    }
    (shop, device, bank, id)
}

fn is_done(order: &Order, wish: &Command) -> bool {
    match (&order.state, wish) {
        (State::Paid(paid), Command::Capture { .. }) => paid.refunds.is_empty(),
        (State::Paid(paid), Command::Refund { amount }) => paid.refunds.len() == 1 && paid.refunded() == *amount,
        (State::Cancelled { .. }, Command::Cancel) => true,
        _ => false,
    }
}

fn lies(bank: &Bank, id: &OrderId, now: Time) -> (i64, i64) {
    let lies = bank.books.with(|pay| pay.lies(id.attempt(1).as_str(), now)).unwrap().unwrap();
    (if lies.captured { lies.taken.minor() } else { 0 }, lies.refunded.minor())
}

#[tokio::test]
async fn a_wish_whose_write_was_settled_by_somebody_else_is_not_granted_twice() {
    for wish in [REFUND, CAPTURE, Command::Cancel] {
        let (shop, device, bank, id) = ready_for(&wish).await;
        let pay = LocalPay { books: &bank.books, now: device.clock().now() };
        let colleague = Colleague { store: &shop.skill.store, pay: &pay, order: &id };
        let store = LosesAnAnswer(&colleague, AtomicBool::new(false));
        let mark = |text: &str| fingerprint::mark(text);
        let desk = Desk { store: &store, payments: &pay, now: pay.now, mark: &mark };
        let order = desk.wish(&id, &wish).await.unwrap();
        assert!(is_done(&order, &wish), "{wish:?}: {order:#?}");
        assert_eq!(lies(&bank, &id, pay.now).1, if wish == REFUND { 2_000 } else { 0 });
    }
}

#[tokio::test]
async fn what_somebody_else_has_settled_meanwhile_is_done_and_not_to_be_asked_for_again() {
    for line in [Line::Dead, Line::Deaf] {
        for wish in [REFUND, CAPTURE, Command::Cancel] {
            let (shop, device, bank, id) = ready_for(&wish).await;
            let pay = LocalPay { books: &bank.books, now: device.clock().now() };
            let colleague = Colleague { store: &shop.skill.store, pay: &pay, order: &id };
            let payments = BadLine(&pay, line, Some(&colleague));
            let mark = |text: &str| fingerprint::mark(text);
            let desk = Desk { store: &shop.skill.store, payments: &payments, now: pay.now, mark: &mark };
            let order = desk.wish(&id, &wish).await.unwrap();
            assert!(is_done(&order, &wish), "{line:?} {wish:?}: {order:#?}");
            assert_eq!(lies(&bank, &id, pay.now).1, if wish == REFUND { 2_000 } else { 0 });
        }
    }
}

#[tokio::test]
async fn who_is_not_answered_is_told_whether_it_may_be_done() {
    for (line, words) in [(Line::Dead, "is not known to be done"), (Line::Deaf, "may have been done or not")] {
        let (shop, device, bank, id) = ready_for(&REFUND).await;
        let pay = LocalPay { books: &bank.books, now: device.clock().now() };
        let payments = BadLine(&pay, line, None);
        let mark = |text: &str| fingerprint::mark(text);
        let desk = Desk { store: &shop.skill.store, payments: &payments, now: pay.now, mark: &mark };
        let owed = desk.wish(&id, &REFUND).await.unwrap_err();
        assert!(matches!(owed, DeskError::Owed { .. }), "{owed:?}");
        let told = owed.to_string();
        assert!(told.contains(words) && told.contains("do not do it in Seller Central") && told.contains("orders reconcile"), "{told}");
        // Reconciled, it is done once.
        Colleague { store: &shop.skill.store, pay: &pay, order: &id }.settles().await;
        assert_eq!(lies(&bank, &id, pay.now).1, 2_000);
        // What moves no money is asked for once more.
        let again = desk.close(&id).await.unwrap_err();
        let words = if line == Line::Deaf { "may have got through to Amazon Pay or not" } else { "did not get through" };
        assert!(matches!(again, DeskError::Again { .. }) && again.to_string().contains(words), "{again}");
    }
}

#[tokio::test]
async fn what_needs_attention_waits_for_a_person_who_has_seen_it() {
    let (shop, device, bank, id) = authorized().await;
    let store = &shop.skill.store;
    let stand_in =
        StandIn::start([Reply::refuse(401, "UnauthorizedAccess"), Reply::refuse(422, "AmazonRejected"), charge("Authorized")]).await;
    let payments = account(&stand_in);
    let mark = |text: &str| fingerprint::mark(text);
    let desk = Desk { store, payments: &payments, now: device.clock().now(), mark: &mark };
    let needs_attention = |order: &Order| matches!(order.state, State::NeedsAttention { reason: Attention::CaptureFailed, .. });
    desk.wish(&id, &CAPTURE).await.unwrap_err();
    // Named or not: what comes to light in a run is not put aside by it.
    assert!(needs_attention(&desk.reconcile_named(&id).await.unwrap()));
    assert!(needs_attention(&desk.reconcile(&id).await.unwrap()));
    // Nor by a round over all orders, which nobody watches.
    let reconcile = |orders: &[String]| OrdersCommand::Reconcile(ReconcileArgs { orders: orders.to_vec(), ..ReconcileArgs::default() });
    let told = run(&shop, &device, &bank, reconcile(&[])).await.unwrap();
    assert!(told.contains("NeedsAttention (simulated), no news"), "{told}");
    assert!(needs_attention(&shop.order(&id).await));
    // The person who names it goes by Amazon's word.
    run(&shop, &device, &bank, reconcile(&[id.to_string()])).await.unwrap();
    let order = shop.order(&id).await;
    assert_eq!(order.state.status(), Some(Status::Authorized));
    let last = order.history.last().unwrap();
    assert_eq!((last.who, last.what), (Actor::Merchant, Event::LookedUp));
}

#[tokio::test]
async fn only_what_the_person_was_shown_is_put_aside() {
    let (shop, device, bank, id) = authorized().await;
    let store = &shop.skill.store;
    let stand_in = StandIn::start([Reply::refuse(422, "AmazonRejected"), charge("Authorized")]).await;
    let payments = account(&stand_in);
    let mark = |text: &str| fingerprint::mark(text);
    let desk = Desk { store, payments: &payments, now: device.clock().now(), mark: &mark };
    let shown = desk.wish(&id, &CAPTURE).await.unwrap();
    assert_eq!(shown.state.status(), Some(Status::NeedsAttention));
    // Meanwhile that is settled, and something else needs attention: somebody has captured another amount at Amazon itself.
    let pay = LocalPay { books: &bank.books, now: device.clock().now() };
    let mark = |text: &str| fingerprint::mark(&format!("beside {text}"));
    let beside = Desk { store, payments: &pay, now: pay.now, mark: &mark };
    beside.reconcile_named(&id).await.unwrap();
    bank.books.with(|pay| pay.capture_part(id.attempt(1).as_str(), Money::new(1_000, Currency::Usd), device.clock().now())).unwrap();
    let now = beside.reconcile(&id).await.unwrap();
    assert!(matches!(now.state, State::NeedsAttention { reason: Attention::AmountDiffers, .. }), "{now:#?}");
    let why = || Note::parse("it was only the card").unwrap();
    assert!(matches!(desk.put_aside(&shown, why()).await, Err(DeskError::Changed(_))));
    assert_eq!(shop.order(&id).await, now);
    assert_eq!(desk.put_aside(&now, why()).await.unwrap().state.status(), Some(Status::Processed));
}
