//! A notification: find the order, ask Amazon Pay how the object stands, and take that in as a fact.
//!
//! An order is stored before anything of it reaches Amazon Pay, so a notification never comes before its order. It may come before the
//! answer that it overtakes, and then the answer is no news any more. Whatever cannot be found out now is answered so that Amazon sends
//! the notification again; nothing is put aside, because the index of open payments knows the order anyhow.

use super::desk::{Desk, DeskError};
use super::reconcile::Asks;
use crate::domain::ids::{AmazonId, BillingAgreementId, OrderId};
use crate::domain::message::LooseChargeback;
use crate::domain::notice::{Chargeback, Notice, Reference};
use crate::domain::order::{Event, Note, Order, Outcome, Report};
use crate::domain::payment::Names;
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::ports::{Chargebacks, FoundCharge, Objects, Payments, PaymentsError, Store, StoreError};

/// What has come of a notification. All of it is stored, and the notification need not come again.
#[derive(Debug)]
pub enum Heard {
    /// The order has changed.
    News(Box<Order>),
    /// The order said so already.
    Known(OrderId),
    /// It is about nothing that has a place in an order.
    Nothing,
    NotOurs(NotOurs),
    /// It is of ours, and nobody but a person can say of which order, or of which try.
    Unclear(Option<OrderId>),
}

/// Why a notification is not about an order of this shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOurs {
    /// The account has no such object: it is of another account, or of the other environment.
    NoObject,
    /// Nothing about it leads to an order: the merchant charges in other ways, too.
    NoReference,
    /// It leads to an order that is not here: of another shop with this account.
    NoOrder,
    /// The order is of another world.
    OtherWorld,
}

/// Why a notification has to come again.
#[derive(Debug, thiserror::Error)]
pub enum Unheard {
    #[error("Amazon Pay did not say how the object stands")]
    Unasked(#[source] PaymentsError),
    #[error("Amazon Pay does not have the object yet, and the order is ours")]
    NotThere,
    #[error("the store could not be used")]
    Store(#[source] StoreError),
    #[error("the order could not be changed")]
    Order(#[source] DeskError),
}

/// The order that an object belongs to.
enum Owner {
    Order(Box<Order>),
    Nobody(NotOurs),
    /// One of several.
    Unclear,
}

impl<S: Store + Chargebacks, P: Payments + Objects> Desk<'_, S, P> {
    /// Takes in a notification.
    ///
    /// # Errors
    /// [`Unheard`]; heard again, it is taken in once.
    pub async fn hear(&self, notice: &Notice, world: World) -> Result<Heard, Unheard> {
        match notice {
            Notice::Charge { id, ours } => self.hear_of_charge(id, ours.as_ref(), world).await,
            Notice::Refund { id, ours } => self.hear_of_refund(id, ours.as_ref(), world).await,
            Notice::Chargeback(chargeback) => self.hear_of_chargeback(chargeback, world).await,
            Notice::Consent { .. } | Notice::Sample | Notice::Other(_) => Ok(Heard::Nothing),
        }
    }

    async fn hear_of_charge(&self, id: &AmazonId, ours: Option<&Reference>, world: World) -> Result<Heard, Unheard> {
        let found = self.payments.named_charge(id).await.map_err(Unheard::Unasked)?;
        let told = found.as_ref().and_then(|found| Reference::parse(found.reference.as_deref()?));
        let reference = ours.or(told.as_ref());
        let consent = found.as_ref().and_then(|found| found.consent.as_ref());
        let order = match self.owner(id, reference, consent, found.as_ref(), world).await? {
            Owner::Order(order) => order,
            Owner::Nobody(_) if found.is_none() => return Ok(Heard::NotOurs(NotOurs::NoObject)),
            Owner::Nobody(why) => return Ok(Heard::NotOurs(why)),
            Owner::Unclear => return Ok(Heard::Unclear(None)),
        };
        let consent = consent.map(ToString::to_string);
        let Some(FoundCharge { outcome, created, request, .. }) = found else { return Err(Unheard::NotThere) };
        let named = ours.and_then(|ours| ours.attempt).or(told.as_ref().and_then(|told| told.attempt));
        let Some(attempt) = named.or_else(|| order.attempt_of(id, created)) else { return Ok(Heard::Unclear(Some(order.id))) };
        let mut known = order.state.names().cloned().unwrap_or_default();
        // A checkout has brought the consent that it is charged on, and the order may not have heard of it yet.
        if order.state.attempt().is_some_and(|attempt| attempt.checkout.is_some()) && known.consent.is_none() {
            known.consent = consent.and_then(|id| BillingAgreementId::parse(&id).ok());
        }
        let outcome = called_as_before(outcome, &known);
        self.told_of(*order, &Report::Charge { attempt: Some(attempt), outcome }, Event::Notified, request).await
    }

    /// A refund is known by its number, which Amazon does not repeat; the call that the order owes for it, made again, tells how it stands.
    async fn hear_of_refund(&self, id: &AmazonId, ours: Option<&Reference>, world: World) -> Result<Heard, Unheard> {
        let order = if let Some(ours) = ours {
            self.ours(&ours.order, world).await?
        } else {
            let Some(charge) = self.payments.charge_of_refund(id).await.map_err(Unheard::Unasked)? else {
                return Ok(Heard::NotOurs(NotOurs::NoObject));
            };
            let found = self.payments.named_charge(&charge).await.map_err(Unheard::Unasked)?;
            let told = found.as_ref().and_then(|found| Reference::parse(found.reference.as_deref()?));
            let consent = found.as_ref().and_then(|found| found.consent.as_ref());
            self.owner(&charge, told.as_ref(), consent, found.as_ref(), world).await?
        };
        let order = match order {
            Owner::Order(order) => *order,
            Owner::Nobody(why) => return Ok(Heard::NotOurs(why)),
            Owner::Unclear => return Ok(Heard::Unclear(None)),
        };
        let before = order.version().cloned();
        let after = self.brought_up(order, Asks::Nobody).await.map_err(Unheard::Order)?;
        Ok(if after.version().cloned() == before { Heard::Known(after.id) } else { Heard::News(Box::new(after)) })
    }

    async fn hear_of_chargeback(&self, chargeback: &Chargeback, world: World) -> Result<Heard, Unheard> {
        let Chargeback { id, consent, ours, said } = chargeback;
        match self.owner(id, ours.as_ref(), consent.as_ref(), None, world).await? {
            Owner::Order(order) => {
                let note = said.as_ref().map_or_else(|| id.to_string(), |said| format!("{id} {said}"));
                let note = Note::parse(&note).or_else(|_| Note::parse(id.as_str())).ok();
                self.told_of(*order, &Report::Chargeback, Event::Disputed, note).await
            }
            Owner::Nobody(why) => Ok(Heard::NotOurs(why)),
            // It is stored, so that the orders department is told of it.
            Owner::Unclear => {
                let write = (self.mark)(&format!("chargeback {id}"));
                let loose = LooseChargeback { id: id.clone(), consent: consent.clone(), said: said.clone(), write };
                self.store.keep_chargeback(&loose, self.now).await.map_err(Unheard::Store)?;
                Ok(Heard::Unclear(None))
            }
        }
    }

    async fn told_of(&self, order: Order, report: &Report, what: Event, note: Option<Note>) -> Result<Heard, Unheard> {
        let before = order.version().cloned();
        let after = self.learn(order, report, what, note).await.map_err(Unheard::Order)?;
        Ok(if after.version().cloned() == before { Heard::Known(after.id) } else { Heard::News(Box::new(after)) })
    }

    /// The order that an object belongs to: by an id of ours, or else through the consent, whose name leads to the buyer.
    async fn owner(
        &self,
        id: &AmazonId,
        ours: Option<&Reference>,
        consent: Option<&AmazonId>,
        found: Option<&FoundCharge>,
        world: World,
    ) -> Result<Owner, Unheard> {
        if let Some(ours) = ours {
            return self.ours(&ours.order, world).await;
        }
        let Some(consent) = consent else { return Ok(Owner::Nobody(NotOurs::NoReference)) };
        let name = self.payments.name_of_consent(consent).await.map_err(Unheard::Unasked)?;
        let Some(named) = name.as_deref().and_then(Reference::parse) else { return Ok(Owner::Nobody(NotOurs::NoReference)) };
        if is_order_reference(consent) {
            return self.ours(&named.order, world).await;
        }
        // The agreement is named after the order that it was made for, and may have paid for others since.
        let opening = self.store.opening(&named.order.buyer()).await.map_err(Unheard::Store)?;
        let mut orders = opening.orders;
        orders.retain(|order| order.world == world);
        if orders.iter().any(|order| bears(order, id)) {
            orders.retain(|order| bears(order, id));
        } else {
            orders.retain(|order| found.is_some_and(|found| could_bear(order, consent, found)));
        }
        Ok(if orders.len() == 1 { Owner::Order(Box::new(orders.swap_remove(0))) } else { Owner::Unclear })
    }

    async fn ours(&self, id: &OrderId, world: World) -> Result<Owner, Unheard> {
        let order = self.store.order(id).await.map_err(Unheard::Store)?.filter(|order| order.id == *id);
        Ok(match order {
            None => Owner::Nobody(NotOurs::NoOrder),
            Some(order) if order.world != world => Owner::Nobody(NotOurs::OtherWorld),
            Some(order) => Owner::Order(Box::new(order)),
        })
    }
}

/// The outcome with the names that the order knows already. A notification may spell them in the other of Amazon's two ways, which is no news.
fn called_as_before(outcome: Outcome, known: &Names) -> Outcome {
    let named = |names: Names| known.clone().or(&names);
    match outcome {
        Outcome::Captured { amount, names } => Outcome::Captured { amount, names: named(names) },
        Outcome::Authorized { amount, names } => Outcome::Authorized { amount, names: named(names) },
        Outcome::Pending { names } => Outcome::Pending { names: named(names) },
        Outcome::Closed { why, names } => Outcome::Closed { why, names: named(names) },
        Outcome::Declined { .. } | Outcome::NotTried { .. } | Outcome::Unclear => outcome,
    }
}

/// Ids of order references and of agreements begin with different letters (`reference/order-management.md`, section 1.2).
fn is_order_reference(consent: &AmazonId) -> bool {
    consent.as_str().starts_with(['P', 'S'])
}

/// Whether the order knows the charge by name.
fn bears(order: &Order, charge: &AmazonId) -> bool {
    order.state.names().and_then(|names| names.are_of(charge)) == Some(true)
}

/// Whether a charge on this agreement can be the latest try of this order, of which Amazon has named nothing: of its amount, and made soon
/// after the buyer's yes, or after the desk's wish.
fn could_bear(order: &Order, consent: &AmazonId, found: &FoundCharge) -> bool {
    let Some(attempt) = order.state.attempt() else { return false };
    let nameless = order.state.names().is_none_or(|names| names.authorization.is_none() && names.capture.is_none());
    let of_agreement = order.agreement.as_ref().is_some_and(|known| known.as_str() == consent.as_str());
    let in_time = order.attempted().zip(found.created).is_some_and(|(begun, created)| (0..Time::DAY).contains(&created.since(begun)));
    let amount = match &found.outcome {
        Outcome::Captured { amount, .. } | Outcome::Authorized { amount, .. } => *amount,
        Outcome::Pending { .. } | Outcome::Declined { .. } | Outcome::NotTried { .. } | Outcome::Closed { .. } | Outcome::Unclear => None,
    };
    nameless && of_agreement && in_time && amount.is_none_or(|amount| amount == attempt.amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_the_other_spelling_is_no_news_and_a_new_one_is() {
        let id = |text: &str| Some(AmazonId::parse(text).unwrap());
        let known = Names { authorization: id("S01-9821095-1837200-A041953"), ..Names::default() };
        let told =
            Names { authorization: id("S01-9821095-1837200-C041953"), capture: id("S01-9821095-1837200-C041953"), ..Names::default() };
        let Outcome::Captured { names, .. } = called_as_before(Outcome::Captured { amount: None, names: told.clone() }, &known) else {
            panic!()
        };
        assert_eq!(names, Names { capture: told.capture, ..known });
    }
}
