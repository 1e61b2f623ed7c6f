//! From a verified request to what the domain works with.

use super::intents::intent;
use super::verify::Verified;
use super::wire::{Ended, Kind, Payment, Request};
use crate::adapters::fingerprint;
use crate::domain::dialog::{Input, Intent};

/// The event by which devices tell of orders.
const ORDER_STATUS: &str = "AMAZON.OrderStatus.Updated";

/// What a request is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn<'a> {
    /// A step of the conversation.
    Dialog(Input),
    /// Amazon Pay's answer; `amazon_pay::answers` reads it.
    Payment(&'a Payment),
    /// Whether the shop could serve an intent; nothing may change.
    CanFulfill(&'a super::wire::Intent),
    /// An event of the skill, such as `SkillDisabled`.
    Event(&'a str),
    /// Whether the buyer's devices are to tell of orders from now on.
    Subscribed { orders: bool },
    /// Nothing for this shop.
    Nothing,
}

/// What a request is about.
#[must_use]
pub fn turn(request: &Verified<Request>) -> Turn<'_> {
    match &request.kind {
        // The session that another skill's task interrupted is over, so the conversation begins again.
        Kind::Launch | Kind::OtherConnection | Kind::Resumed => Turn::Dialog(Input::Launch),
        Kind::Intent(spoke) => Turn::Dialog(Input::Intent(intent(spoke))),
        // The shop shows no documents, so no touch means anything.
        Kind::AplUserEvent => Turn::Dialog(Input::Intent(Intent::Unclear)),
        Kind::SessionEnded { reason, error } => {
            // An error can come with any reason (fixture session-ended-with-error-bom.json).
            Turn::Dialog(Input::Ended { failed: *reason == Ended::Error || error.is_some() })
        }
        Kind::Exception { cause_request_id, .. } => {
            let cause = cause_request_id.as_deref().and_then(|id| fingerprint::write(id).ok());
            Turn::Dialog(Input::Exception { cause })
        }
        Kind::Payment(payment) => Turn::Payment(payment),
        Kind::CanFulfill(spoke) => Turn::CanFulfill(spoke),
        Kind::SkillEvent(name) => Turn::Event(name),
        Kind::Subscribed(events) => Turn::Subscribed { orders: events.iter().any(|event| event == ORDER_STATUS) },
        Kind::Message | Kind::Unknown(_) => Turn::Nothing,
    }
}
