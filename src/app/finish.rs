//! A purchase that is finished on a page: what the buyer has agreed to there is stored, charged, and stored again, as a yes in the
//! conversation is.

use std::time::Duration;

use super::turn::{Stored, Till, TurnError};
use crate::domain::dialog::{self, Agreed, Finish, Moment, NotFinished, To, Waiting, Write};
use crate::domain::order::Order;
use crate::ports::{Charges, Checkout, Store, Wallets, Written};

/// How long Amazon may take to charge. Somebody looks at an empty page meanwhile, which takes longer than a silence does.
const CHARGE_MAX: Duration = Duration::from_secs(9);

/// What has come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finished {
    /// The order as it stands, charged or not, and whether it was this call that placed it.
    Order { order: Box<Order>, placed: bool },
    /// Nothing was stored, and nothing is charged.
    Not(NotFinished),
}

/// Why what comes back from Amazon's page is no purchase of anybody's here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAgreed {
    /// It is about no order, or about no sum.
    Nothing,
    /// At Amazon somebody else has signed in.
    OtherBuyer,
}

/// Where a checkout sends the goods: to where the wallet says, or to what was `chosen` at Amazon.
#[must_use]
pub const fn destination(checkout: &Checkout, chosen: bool) -> To<'_> {
    if chosen { To::Chosen(checkout.address.as_ref()) } else { To::Kept }
}

/// What the buyer has agreed to, in Amazon's words and no others.
///
/// # Errors
/// [`NotAgreed`].
pub fn agreed(checkout: &Checkout, chosen: bool) -> Result<Agreed<'_>, NotAgreed> {
    let (Some(order), Some(total)) = (&checkout.order, checkout.total) else { return Err(NotAgreed::Nothing) };
    if checkout.buyer.as_ref().is_some_and(|own| *own != order.buyer()) {
        return Err(NotAgreed::OtherBuyer);
    }
    Ok(Agreed { checkout: &checkout.id, order, total, standing: checkout.standing, to: destination(checkout, chosen) })
}

impl<S: Store + Wallets, C: Charges> Till<'_, S, C> {
    /// Places the order that a checkout is about, and completes the checkout, which is what charges. Whoever comes with the same checkout
    /// again finds the order, and what has become of it.
    ///
    /// # Errors
    /// [`TurnError`]; what was stored before it is found again.
    pub async fn finish(
        &self,
        moment: &Moment<'_>,
        agreed: &Agreed<'_>,
        shown: impl Fn(&Waiting) -> bool + Send,
    ) -> Result<Finished, TurnError> {
        let opening = self.store.opening(moment.buyer).await?;
        let (order, stored) = match dialog::finish(moment, &opening, agreed, shown) {
            Finish::Known(order) => (order, Stored::Before),
            Finish::Told(order) => return Ok(Finished::Order { order, placed: false }),
            Finish::Not(why) => return Ok(Finished::Not(why)),
            Finish::Store(write) => {
                self.charges.ready().await?;
                let written = match write {
                    Write::Create(order) => self.store.create(&order).await?,
                    Write::Amend(amend) => self.store.amend(&amend).await?,
                };
                match written {
                    Written::Done(order) => (order, Stored::Now),
                    // The same page is being answered twice.
                    Written::Before(order) | Written::Overtaken(order) if order.is_charged_by(agreed.checkout) => (order, Stored::Before),
                    Written::Before(_) | Written::Overtaken(_) | Written::Missing => return Ok(Finished::Not(NotFinished::Changed)),
                }
            }
        };
        let placed = stored == Stored::Now;
        let order = self.charge(moment, *order, stored, CHARGE_MAX).await?;
        Ok(Finished::Order { order: Box::new(order), placed })
    }
}
