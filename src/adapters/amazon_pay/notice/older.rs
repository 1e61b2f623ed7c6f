//! The older form. Of the XML only the ids are read: amounts and states are asked for.

use serde_json::Value;

use super::{NoticeError, plain};
use crate::adapters::amazon_pay::mws::xml::{Element, parse};
use crate::adapters::json;
use crate::domain::ids::AmazonId;
use crate::domain::notice::{Chargeback, Notice, Reference};
use crate::domain::order::Note;

pub(super) fn read(message: &Value) -> Result<Notice, NoticeError> {
    let kind = json::text(&message["NotificationType"]).ok_or(NoticeError::Missing("NotificationType"))?;
    if json::truth(&message["IsSample"]) == Some(true) {
        return Ok(Notice::Sample);
    }
    let read: fn(Element<'_>) -> Result<Notice, NoticeError> = match plain(kind).as_str() {
        "paymentauthorize" => authorization,
        "paymentcapture" => capture,
        "paymentrefund" => refund,
        "chargebackdetailednotification" => chargeback,
        "orderreferencenotification" => order_reference,
        "billingagreementnotification" => agreement,
        // It may hold anything, and is not looked into.
        _ => return Ok(Notice::Other(json::printable(kind, 64))),
    };
    let xml = json::text(&message["NotificationData"]).ok_or(NoticeError::Missing("NotificationData"))?;
    let document = parse(xml.as_bytes()).map_err(NoticeError::Xml)?;
    read(Element::root(&document))
}

fn authorization(root: Element<'_>) -> Result<Notice, NoticeError> {
    let part = part(root, "AuthorizationDetails")?;
    Ok(Notice::Charge { id: id(part, "AmazonAuthorizationId")?, ours: ours(part, "AuthorizationReferenceId") })
}

fn capture(root: Element<'_>) -> Result<Notice, NoticeError> {
    let part = part(root, "CaptureDetails")?;
    Ok(Notice::Charge { id: id(part, "AmazonCaptureId")?, ours: ours(part, "CaptureReferenceId") })
}

fn refund(root: Element<'_>) -> Result<Notice, NoticeError> {
    let part = part(root, "RefundDetails")?;
    Ok(Notice::Refund { id: id(part, "AmazonRefundId")?, ours: ours(part, "RefundReferenceId") })
}

fn chargeback(root: Element<'_>) -> Result<Notice, NoticeError> {
    let part = part(root, "ChargebackDetails")?;
    Ok(Notice::Chargeback(Chargeback {
        id: id(part, "AmazonChargebackId")?,
        consent: id(part, "AmazonOrderReferenceId").ok(),
        ours: ours(part, "AmazonCaptureReferenceId"),
        said: said(part),
    }))
}

/// State, reason and amount in one line, for whoever answers the bank.
fn said(part: Element<'_>) -> Option<Note> {
    let amount = part.child("ChargebackAmount");
    let amount = [amount.and_then(|amount| amount.text("Amount")), amount.and_then(|amount| amount.text("CurrencyCode"))];
    let words = [part.text("ChargebackState"), part.text("ChargebackReason")];
    let line = words.into_iter().chain(amount).flatten().collect::<Vec<_>>().join(" ");
    Note::parse(&json::printable(&line, SAID_MAX)).ok()
}

/// As much of it as stands in a history, behind the chargeback's id.
const SAID_MAX: usize = 48;

fn order_reference(root: Element<'_>) -> Result<Notice, NoticeError> {
    Ok(Notice::Consent { id: id(part(root, "OrderReference")?, "AmazonOrderReferenceId")? })
}

fn agreement(root: Element<'_>) -> Result<Notice, NoticeError> {
    Ok(Notice::Consent { id: id(part(root, "BillingAgreement")?, "AmazonBillingAgreementId")? })
}

fn part<'d>(root: Element<'d>, name: &'static str) -> Result<Element<'d>, NoticeError> {
    root.child(name).ok_or(NoticeError::Missing(name))
}

fn id(part: Element<'_>, name: &'static str) -> Result<AmazonId, NoticeError> {
    part.text(name).and_then(|text| AmazonId::parse(text).ok()).ok_or(NoticeError::Missing(name))
}

fn ours(part: Element<'_>, name: &str) -> Option<Reference> {
    part.text(name).and_then(Reference::parse)
}
