//! The account at Amazon Pay of a run, and Amazon's pages, where buyers sign in and agree to purchases. Here nothing gets lost; the ways to
//! it are the [`Teller`](super::teller::Teller)'s and the directives'.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::town::now;
use crate::domain::ids::{BillingAgreementId, BuyerId, CheckoutId, OrderId};
use crate::domain::money::Currency;
use crate::domain::payment::{CaptureMode, CheckoutStanding, Timing};
use crate::domain::place::Address;
use crate::ports::{Agreed, Checkout, Terms};
use crate::simulated::{LocalPay, wallet_state};
use crate::simulator::amazon_pay::AmazonPay;
use crate::simulator::amazon_pay::account::{self, Intent, Kind, Refusal, Session, SessionState};
use crate::simulator::amazon_pay::books::Books;

/// The seller whose shop the runs are about.
pub const SELLER: &str = "A1EXAMPLESELLER";

/// The account. Clones share it.
#[derive(Clone, Debug)]
pub struct Bank {
    books: Arc<Books>,
    /// Who has come to which session.
    visitors: Arc<Mutex<BTreeMap<CheckoutId, Visitor>>>,
}

/// Somebody on Amazon's page.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// As the local Amazon Pay calls them, and as the shop does.
    pub name: String,
    pub buyer: BuyerId,
    /// Where they want it sent.
    pub address: Option<Address>,
}

impl Bank {
    #[must_use]
    pub fn new() -> Self {
        Self { books: Arc::new(Books::in_memory()), visitors: Arc::default() }
    }

    /// What lies there.
    pub fn with<T>(&self, work: impl FnOnce(&mut AmazonPay) -> T) -> T {
        // Only a file can fail.
        self.books.with(work).unwrap_or_else(|error| resume_unwind(Box::new(error)))
    }

    /// The same, as the order desk asks for it.
    #[must_use]
    pub fn desk(&self) -> LocalPay<'_> {
        LocalPay { books: &self.books, now: now() }
    }

    /// A new run begins.
    pub fn clear(&self) {
        self.with(|pay| *pay = AmazonPay::default());
        self.visitors().clear();
    }

    /// A wallet that this buyer agrees to.
    #[must_use]
    pub fn save_wallet(&self, buyer: &str, sandbox: bool) -> String {
        self.with(|pay| pay.save_wallet(buyer, SELLER, Currency::Usd, sandbox, now()))
    }

    /// A button is pressed, and somebody signs in on the page behind it. Without terms the total comes later.
    #[must_use]
    pub fn begin(&self, visitor: Visitor, terms: Option<&Terms>) -> Option<CheckoutId> {
        let number = self.visitors().len();
        let id = CheckoutId::parse(&format!("checkout-{number}")).ok()?;
        let name = visitor.name.clone();
        self.visitors().insert(id.clone(), visitor);
        self.with(|pay| {
            let (body, asked) = (body(terms), asked(terms));
            pay.account.create_session(id.to_string(), true, body, asked, Currency::Usd, now());
            // Nobody has agreed to a total that is still to come.
            if terms.is_none() {
                pay.account.visit(id.as_str(), &name, None, now()).ok()?;
            }
            Some(())
        })?;
        Some(id)
    }

    /// The shop has shown the total.
    ///
    /// # Errors
    /// The documented refusal.
    pub fn put_terms(&self, id: &CheckoutId, terms: &Terms) -> Result<(), Refusal> {
        self.settled(|pay| pay.account.update_session(id.as_str(), body(Some(terms)), asked(Some(terms)), now()).map(|_| ()))
    }

    /// The visitor agrees to what the page says, with a test card or the usual one. Whether that has led back to the shop with a purchase
    /// to complete; `None` where the page has nothing to agree to any more.
    #[must_use]
    pub fn agree(&self, id: &CheckoutId, card: Option<&str>) -> Option<bool> {
        let name = self.visitors().get(id)?.name.clone();
        let visited = self.settled(|pay| pay.account.visit(id.as_str(), &name, card.map(str::to_owned), now()));
        visited.ok().map(|session| session.state == SessionState::Open && session.confirmed)
    }

    /// A session, as Amazon shows it.
    #[must_use]
    pub fn checkout(&self, id: &CheckoutId) -> Option<Checkout> {
        let session: Session = self.settled(|pay| pay.account.session(id.as_str()).cloned()).ok()?;
        let visitor = self.visitors().get(id).cloned()?;
        let reference = session.body.pointer("/merchantMetadata/merchantReferenceId").and_then(Value::as_str);
        Some(Checkout {
            id: id.clone(),
            standing: match session.state {
                SessionState::Open => CheckoutStanding::Open,
                SessionState::Completed => CheckoutStanding::Completed,
                SessionState::Canceled(_) => CheckoutStanding::Over,
            },
            buyer: session.buyer.map(|_| visitor.buyer),
            address: visitor.address,
            total: session.terms.amount,
            order: reference.and_then(|reference| OrderId::parse(reference).ok()),
            review: None,
            done: None,
        })
    }

    /// The consent that a purchase on a page has brought.
    #[must_use]
    pub fn consent(&self, permission: &BillingAgreementId) -> Option<Agreed> {
        let named = permission.as_str();
        let (session, status) = self.settled(|pay| {
            let brought = |session: &&Session| session.permission.as_deref() == Some(named);
            let session = pay.account.sessions.iter().find(brought)?.id.clone();
            Some((session, pay.consent(named)?))
        })?;
        let visitor = self.visitors().get(&CheckoutId::parse(&session).ok()?).cloned()?;
        let state = wallet_state(status);
        Some(Agreed { buyer: visitor.buyer, permission: permission.clone(), state, address: visitor.address, email: None })
    }

    /// The sessions that were completed.
    #[must_use]
    pub fn completed(&self) -> Vec<CheckoutId> {
        let ids: Vec<_> = self.with(|pay| {
            let completed = pay.account.sessions.iter().filter(|session| session.state == SessionState::Completed);
            completed.map(|session| session.id.clone()).collect()
        });
        ids.iter().filter_map(|id| CheckoutId::parse(id).ok()).collect()
    }

    fn settled<T>(&self, work: impl FnOnce(&mut AmazonPay) -> T) -> T {
        self.with(|pay| {
            pay.account.settle(now());
            work(pay)
        })
    }

    fn visitors(&self) -> MutexGuard<'_, BTreeMap<CheckoutId, Visitor>> {
        self.visitors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the shop says of a purchase that is only repeated.
fn body(terms: Option<&Terms>) -> Value {
    terms.map_or_else(|| json!({}), |terms| json!({ "merchantMetadata": { "merchantReferenceId": terms.order.as_str() } }))
}

/// What decides.
fn asked(terms: Option<&Terms>) -> account::Terms {
    account::Terms {
        kind: Kind::PaymentMethodOnFile,
        setup_only: false,
        intent: terms.map(|terms| match terms.capture {
            CaptureMode::Immediate => Intent::AuthorizeWithCapture,
            CaptureMode::OnShip => Intent::Authorize,
        }),
        can_handle_pending: terms.is_some_and(|terms| terms.timing == Timing::Asynchronous),
        amount: terms.map(|terms| terms.total),
        total: None,
        extend_expiration: false,
        has_result_url: terms.is_some(),
    }
}
