//! What can be asked (section 3).

use serde_json::{Value, json};

use super::{MwsError, Parameters, agreements, orders, view};
use crate::domain::money::Money;
use crate::domain::time::Time;
use crate::simulator::amazon_pay::account::{Account, Charge as Charged, ChargeState, Decline, Kept, RefundState, Simulated};
use crate::simulator::amazon_pay::{AmazonPay, Charge, Effect};

/// A capture takes so many refunds (section 7).
const REFUNDS_MAX: usize = 10;

/// A parameter that must be there.
pub fn parameter<'p>(all: &'p Parameters, name: &str) -> Result<&'p str, MwsError> {
    optional(all, name).ok_or_else(|| MwsError::new("InvalidParameterValue", format!("{name} is missing")))
}

pub(super) fn optional<'p>(all: &'p Parameters, name: &str) -> Option<&'p str> {
    all.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

pub(super) fn at_most<'p>(all: &'p Parameters, name: &str, most: usize) -> Result<Option<&'p str>, MwsError> {
    match optional(all, name) {
        Some(text) if text.chars().count() > most => {
            Err(MwsError::new("InvalidParameterValue", format!("{name} has more than {most} characters")))
        }
        text => Ok(text),
    }
}

pub(super) fn amount(all: &Parameters, name: &str) -> Result<Money, MwsError> {
    let invalid = |why: String| MwsError::new("InvalidParameterValue", format!("{name}: {why}"));
    let currency = parameter(all, &format!("{name}.CurrencyCode"))?;
    let currency = currency.parse().map_err(|_| MwsError::new("CurrencyUnsupported", format!("{currency} is not supported")))?;
    let money = Money::parse(parameter(all, &format!("{name}.Amount"))?, currency).map_err(|error| invalid(error.to_string()))?;
    if money.minor() > 0 { Ok(money) } else { Err(invalid("it must be more than nothing".to_owned())) }
}

/// A flag (section 2).
pub(super) fn flag(all: &Parameters, name: &str, otherwise: bool) -> Result<bool, MwsError> {
    match optional(all, name) {
        None => Ok(otherwise),
        Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(MwsError::new("InvalidParameterValue", format!("{name} must be true or false"))),
    }
}

/// A reference id that was used with the same parameters has its first answer, and with others none (section 6).
pub fn once(pay: &mut AmazonPay, action: &str, all: &Parameters, sandbox: bool, now: Time) -> Result<Value, MwsError> {
    let reference = match action {
        "Capture" => parameter(all, "CaptureReferenceId")?,
        "Refund" => parameter(all, "RefundReferenceId")?,
        // An authorization is known by its reference in the account itself.
        _ => return carry_out(pay, action, all, sandbox, now),
    };
    // Nothing of one section is answered in the other.
    let (key, request) = (format!("{action} {reference}{}", if sandbox { "" } else { " live" }), request(all));
    if let Some(kept) = pay.account.answers.iter().find(|kept| kept.key == key) {
        let same = kept.request == request;
        return if same {
            Ok(kept.body.clone())
        } else {
            Err(MwsError::new("DuplicateRequest", format!("{key} was used with other parameters")))
        };
    }
    let body = carry_out(pay, action, all, sandbox, now)?;
    pay.account.answers.push(Kept { key, request, status: 200, body: body.clone() });
    Ok(body)
}

/// What makes a request another one.
fn request(all: &Parameters) -> String {
    let said = all.iter().filter(|(name, _)| *name != "Timestamp");
    said.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn carry_out(pay: &mut AmazonPay, action: &str, all: &Parameters, sandbox: bool, now: Time) -> Result<Value, MwsError> {
    let id = |name: &str| parameter(all, name);
    match action {
        "GetServiceStatus" => Ok(json!({ "Status": "GREEN", "Timestamp": view::moment(now) })),
        "GetBillingAgreementDetails" => agreements::get(pay, all, sandbox),
        "SetBillingAgreementDetails" => agreements::set(pay, all, sandbox, now),
        "ConfirmBillingAgreement" => agreements::confirm(pay, all, sandbox, now),
        "ValidateBillingAgreement" => Ok(view::validation(agreement(&mut pay.account, all, sandbox)?)),
        "CloseBillingAgreement" => {
            at_most(all, "ClosureReason", 1024)?;
            let id = agreement(&mut pay.account, all, sandbox)?.id.clone();
            pay.account.close_permission(&id, false, false, now)?;
            Ok(Value::Null)
        }
        "AuthorizeOnBillingAgreement" => {
            let id = agreement(&mut pay.account, all, sandbox)?.id.clone();
            let request = authorization(all, id)?;
            let done = pay.authorize(&request, None, now, Effect::Ordinary)?;
            pay.keep_order_of(&done, now);
            let charge = done.charge;
            let order = charge.id.split("-C").next().unwrap_or_default().to_owned();
            Ok(json!({ "AuthorizationDetails": view::authorization(&charge), "AmazonOrderReferenceId": order }))
        }
        "CreateOrderReferenceForId" => orders::create(pay, all, sandbox, now),
        "GetOrderReferenceDetails" => orders::get(pay, all, sandbox),
        "SetOrderReferenceDetails" => orders::set(pay, all, sandbox, now),
        "ConfirmOrderReference" => orders::confirm(pay, all, sandbox, now),
        "CancelOrderReference" => orders::cancel(pay, all, sandbox, now),
        "CloseOrderReference" => orders::close(pay, all, sandbox, now),
        "Authorize" => orders::authorize(pay, all, sandbox, now),
        "GetAuthorizationDetails" => {
            let charge = held(pay, &charge_id(id("AmazonAuthorizationId")?), sandbox)?;
            Ok(json!({ "AuthorizationDetails": view::authorization(charge) }))
        }
        "CloseAuthorization" => {
            at_most(all, "ClosureReason", 255)?;
            let id = held(pay, &charge_id(id("AmazonAuthorizationId")?), sandbox)?.id.clone();
            pay.account.cancel_charge(&id, now)?;
            Ok(Value::Null)
        }
        "Capture" => {
            let amount = amount(all, "CaptureAmount")?;
            let descriptor = at_most(all, "SoftDescriptor", 16)?.map(str::to_owned);
            let simulated = capture_simulation(at_most(all, "SellerCaptureNote", 255)?.unwrap_or_default())?;
            let id = held(pay, &charge_id(id("AmazonAuthorizationId")?), sandbox)?.id.clone();
            let charge = pay.account.capture(&id, amount, descriptor, simulated, now)?;
            Ok(json!({ "CaptureDetails": view::capture(&pay.account, &charge, all.get("CaptureReferenceId")) }))
        }
        "GetCaptureDetails" => {
            let charge = held(pay, id("AmazonCaptureId")?, sandbox)?.clone();
            if charge.captured.is_none() {
                return Err(MwsError::new("InvalidTransactionId", "nothing was captured under this id"));
            }
            Ok(json!({ "CaptureDetails": view::capture(&pay.account, &charge, None) }))
        }
        "Refund" => {
            let amount = amount(all, "RefundAmount")?;
            let descriptor = at_most(all, "SoftDescriptor", 16)?.map(str::to_owned);
            let capture = id("AmazonCaptureId")?;
            if held(pay, capture, sandbox)?.state != ChargeState::Captured {
                return Err(MwsError::new("CaptureNotRefundable", "the capture is not Completed"));
            }
            if pay.account.refunds.iter().filter(|refund| refund.charge == capture).count() >= REFUNDS_MAX {
                return Err(MwsError::new("CaptureNotRefundable", format!("a capture takes {REFUNDS_MAX} refunds")));
            }
            let rejected = refund_simulation(at_most(all, "SellerRefundNote", 255)?.unwrap_or_default())?;
            let id = pay.account.create_refund(capture, amount, descriptor, now)?.id;
            let refund = pay.account.refund(&id)?;
            if rejected {
                refund.state = RefundState::Declined("AmazonRejected".to_owned());
            }
            Ok(json!({ "RefundDetails": view::refund(refund, all.get("RefundReferenceId")) }))
        }
        "GetRefundDetails" => {
            let refund = pay.account.refund(id("AmazonRefundId")?)?;
            if refund.sandbox != sandbox {
                return Err(other_section());
            }
            Ok(json!({ "RefundDetails": view::refund(refund, None) }))
        }
        other => Err(MwsError::new("InvalidParameterValue", format!("the action {other} is not played here"))),
    }
}

/// A charge of this section.
fn held<'a>(pay: &'a mut AmazonPay, id: &str, sandbox: bool) -> Result<&'a Charged, MwsError> {
    let charge = pay.account.charge(id)?;
    if charge.sandbox == sandbox { Ok(charge) } else { Err(other_section()) }
}

fn other_section() -> MwsError {
    MwsError::new("InvalidTransactionId", "it belongs to the other section")
}

pub(super) fn agreement<'a>(
    account: &'a mut Account,
    all: &Parameters,
    sandbox: bool,
) -> Result<&'a mut crate::simulator::amazon_pay::account::Permission, MwsError> {
    let id = parameter(all, "AmazonBillingAgreementId")?;
    let found = account.permissions.iter_mut().find(|held| held.id == id && held.sandbox == sandbox);
    found.ok_or_else(|| MwsError::new("InvalidParameterValue", format!("there is no billing agreement {id} in this section")))
}

/// The charge of an authorization: the letter at index 20 differs (`reference/amazon-pay-v2.md` section 13).
fn charge_id(authorization: &str) -> String {
    match authorization.split_at_checked(20) {
        Some((order, number)) if number.starts_with('A') => format!("{order}C{}", &number[1..]),
        Some(_) | None => String::new(),
    }
}

pub(super) fn authorization(all: &Parameters, agreement: String) -> Result<Charge, MwsError> {
    let invalid = |message: &str| MwsError::new("InvalidParameterValue", message);
    let minutes = optional(all, "TransactionTimeout").map_or(Ok(1440), str::parse::<u64>);
    Ok(Charge {
        seller: parameter(all, "SellerId")?.to_owned(),
        agreement,
        capture: flag(all, "CaptureNow", false)?,
        reference: {
            parameter(all, "AuthorizationReferenceId")?;
            at_most(all, "AuthorizationReferenceId", 32)?.unwrap_or_default().to_owned()
        },
        amount: amount(all, "AuthorizationAmount")?,
        timeout: minutes.ok().filter(|minutes| *minutes <= 1440).ok_or_else(|| invalid("TransactionTimeout is 0 to 1440 minutes"))?,
        note: at_most(all, "SellerAuthorizationNote", 255)?.unwrap_or_default().to_owned(),
        soft_descriptor: at_most(all, "SoftDescriptor", 16)?.map(str::to_owned),
        order: optional(all, "SellerOrderAttributes.SellerOrderId").map(str::to_owned),
    })
}

/// State and reason that a note asks for (section 10).
fn asked(note: &str) -> Option<(String, Option<String>)> {
    let note: Value = serde_json::from_str(note).ok()?;
    let asked = note.get("SandboxSimulation")?;
    let text = |name: &str| asked.get(name).and_then(Value::as_str).map(str::to_owned);
    Some((text("State").unwrap_or_default(), text("ReasonCode")))
}

fn capture_simulation(note: &str) -> Result<Option<Simulated>, MwsError> {
    match asked(note) {
        None => Ok(None),
        Some((state, None)) if state == "Pending" => Ok(Some(Simulated::CaptureInitiated)),
        Some((state, Some(reason))) if state == "Declined" && reason == "AmazonRejected" => {
            Ok(Some(Simulated::Declined(Decline::AmazonRejected)))
        }
        Some(_) => Err(wrong_simulation()),
    }
}

fn refund_simulation(note: &str) -> Result<bool, MwsError> {
    match asked(note) {
        None => Ok(false),
        Some((state, Some(reason))) if state == "Declined" && reason == "AmazonRejected" => Ok(true),
        Some(_) => Err(wrong_simulation()),
    }
}

fn wrong_simulation() -> MwsError {
    MwsError::new("InvalidSandboxSimulationSpecified", "State and ReasonCode do not go together here")
}
