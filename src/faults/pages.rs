//! The auditor's book of pages: what was shown, what the buyer has agreed to on Amazon's page, and what was told of it.

use std::collections::BTreeMap;

use super::auditor::{Auditor, Given, Heard, Invariant, View, Violation, Yes, broken};
use crate::domain::dialog::Ending;
use crate::domain::ids::{BuyerId, CheckoutId, WriteId};
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::place::Address;
use crate::domain::time::Time;
use crate::simulator::amazon_pay::{End, Lies, Moved};

/// A purchase that a buyer has agreed to at Amazon, as the shop's page had shown it.
#[derive(Clone, Debug)]
pub struct Pledge {
    pub buyer: BuyerId,
    pub total: Money,
    /// The lines, as they would be read back.
    pub words: String,
    pub address: Option<Address>,
}

/// What is known of pages.
#[derive(Debug, Default)]
pub struct Pages {
    pledges: BTreeMap<CheckoutId, Pledge>,
    /// The marks that coming back with a checkout leaves.
    marks: BTreeMap<String, WriteId>,
    counts: BTreeMap<&'static str, u64>,
}

impl Pages {
    /// Something has happened on a page.
    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Somebody agrees at Amazon.
    pub fn agreed(&mut self, checkout: CheckoutId, pledge: Pledge) {
        self.count("agreed to");
        self.pledges.insert(checkout, pledge);
    }

    /// What has happened, and how often.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.counts.clone()
    }

    /// The mark of the write that charges by this session; `None` where nobody has come back with it.
    pub fn mark(&self, session: &str) -> Option<&WriteId> {
        self.marks.get(session)
    }
}

impl Auditor {
    /// A buyer comes back from Amazon; `write` is the mark that this leaves, however often it happens. Whoever has agreed to nothing has
    /// said yes to nothing.
    pub fn came_back(&mut self, checkout: &CheckoutId, write: &WriteId, at: Time) {
        let Some(Pledge { buyer, total, words, address }) = self.pages.pledges.get(checkout).cloned() else { return };
        self.pages.marks.insert(checkout.to_string(), write.clone());
        self.yeses.entry(write.clone()).or_insert(Yes { buyer, total, words, at, given: Given::OnPage(address.map(Box::new)) });
    }

    /// A page tells what has become of an order; `lies` is how its charge lies at Amazon Pay.
    ///
    /// # Errors
    /// [`Violation`].
    pub fn page_told(&mut self, order: &Order, checkout: &CheckoutId, lies: Option<&Lies>, view: View) -> Result<(), Violation> {
        let ending = Ending::from(&order.state);
        let moved = lies.is_some_and(|lies| lies.captured || matches!(lies.end, End::AsAsked | End::Authorized | End::Closed { .. }));
        let fits = match ending {
            Ending::Paid => lies.is_some_and(|lies| lies.captured),
            Ending::Held => moved,
            Ending::Declined => return not_charged(checkout, view).map(|()| self.pages.count("declined")),
            Ending::Pending | Ending::Doubt | Ending::Attention | Ending::Changed => true,
        };
        if !fits {
            return broken(Invariant::NotToldPaid, format!("a page tells that {} is {ending:?}, and Amazon Pay has {lies:?}", order.id));
        }
        self.pages.count(match ending {
            Ending::Paid => "paid",
            Ending::Held => "held",
            Ending::Pending => "pending",
            Ending::Doubt => "in doubt",
            Ending::Attention => "for people",
            Ending::Declined => "declined",
            Ending::Changed => "changed since",
        });
        if let (Ending::Paid | Ending::Held, Some(total)) = (ending, order.total()) {
            let (buyer, world) = (order.id.buyer(), order.world);
            self.heard.push(Heard { buyer, world, at: view.now, asked: view.now, first: false, paid: Some(vec![total]) });
        }
        Ok(())
    }
}

/// A page tells that nothing was charged.
///
/// # Errors
/// [`Violation`].
pub fn not_charged(checkout: &CheckoutId, view: View) -> Result<(), Violation> {
    let charged = |moved: &&Moved| moved.session.as_deref() == Some(checkout.as_str());
    match view.moved.iter().filter(charged).find(|moved| moved.refunded != moved.amount) {
        Some(moved) => broken(Invariant::NotToldFree, format!("{checkout} has charged {}, and its page denies it", moved.amount)),
        None => Ok(()),
    }
}
