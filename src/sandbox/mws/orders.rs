//! Order references under an agreement (section 3). Those that a page with Amazon's widgets begins are not played.

use serde_json::{Value, json};

use super::actions::{amount, at_most, authorization, flag, optional, parameter};
use super::{MwsError, Parameters, agreements, view};
use crate::domain::time::Time;
use crate::simulator::amazon_pay::account::{OrderReference, OrderState, Standing};
use crate::simulator::amazon_pay::{AmazonPay, NotAuthorized};
use crate::simulator::ids::Ids;

const ID: &str = "AmazonOrderReferenceId";

impl From<NotAuthorized> for MwsError {
    fn from(refused: NotAuthorized) -> Self {
        match refused {
            NotAuthorized::Order(refusal) => refusal.into(),
            NotAuthorized::Agreement(error) => error.into(),
        }
    }
}

pub fn create(pay: &mut AmazonPay, all: &Parameters, sandbox: bool, now: Time) -> Result<Value, MwsError> {
    if parameter(all, "IdType")? != "BillingAgreement" {
        return Err(MwsError::new("InvalidParameterValue", "IdType must be BillingAgreement"));
    }
    let (inherits, confirm) = (flag(all, "InheritShippingAddress", true)?, flag(all, "ConfirmNow", false)?);
    let id = parameter(all, "Id")?;
    let found = pay.account.permissions.iter().find(|held| held.id == id && held.sandbox == sandbox);
    let found =
        found.ok_or_else(|| MwsError::new("InvalidParameterValue", format!("there is no billing agreement {id} in this section")))?;
    if found.standing != Standing::Chargeable {
        return Err(MwsError::new("InvalidBillingAgreementStatus", format!("the billing agreement is not open: {}", found.state())));
    }
    let digits = Ids::random().uuid().bytes().map(|byte| char::from(b'0' + byte % 10)).collect::<String>();
    let order = OrderReference {
        id: format!("{}{}-{}-{}", if sandbox { 'S' } else { 'P' }, &id[1..3], &digits[..7], &digits[9..16]),
        agreement: id.to_owned(),
        sandbox,
        created: now,
        updated: now,
        state: OrderState::Draft,
        total: None,
        inherits_address: inherits,
        method_not_allowed: false,
        told: Value::Null,
    };
    let order = said(order, all)?;
    // All of it or nothing.
    let before = pay.account.orders.clone();
    let made = pay.account.begin_order(order.clone()).and_then(|()| pay.account.set_order(order.clone(), now));
    let made = made.and_then(|()| if confirm { pay.account.confirm_order(&order.id, sandbox, now) } else { Ok(()) });
    if let Err(refusal) = made {
        pay.account.orders = before;
        return Err(refusal.into());
    }
    shown(pay, &order.id, sandbox, false)
}

/// An order with what the merchant says of it.
fn said(order: OrderReference, all: &Parameters) -> Result<OrderReference, MwsError> {
    let name = |name: &str| format!("OrderReferenceAttributes.{name}");
    let total = optional(all, &name("OrderTotal.Amount")).map(|_| amount(all, &name("OrderTotal"))).transpose()?;
    let note = at_most(all, &name("SellerNote"), 1024)?;
    let told = json!({
        "SellerOrderId": at_most(all, &name("SellerOrderAttributes.SellerOrderId"), 255)?,
        "StoreName": at_most(all, &name("SellerOrderAttributes.StoreName"), 50)?,
        "CustomInformation": at_most(all, &name("SellerOrderAttributes.CustomInformation"), 1024)?,
        "SellerNote": note,
    });
    let method_not_allowed = order.sandbox && constraint(note.unwrap_or_default())?;
    Ok(OrderReference { total: total.or(order.total), told, method_not_allowed, ..order })
}

/// Whether a note asks for the one constraint that can be simulated (section 10).
fn constraint(note: &str) -> Result<bool, MwsError> {
    let note = serde_json::from_str::<Value>(note).unwrap_or_default();
    match note.pointer("/SandboxSimulation/Constraint").map(Value::as_str) {
        None => Ok(false),
        Some(Some("PaymentMethodNotAllowed")) => Ok(true),
        Some(_) => Err(MwsError::new("InvalidSandboxSimulationSpecified", "the constraint must be PaymentMethodNotAllowed")),
    }
}

fn shown(pay: &mut AmazonPay, id: &str, sandbox: bool, opened: bool) -> Result<Value, MwsError> {
    let order = pay.account.order(id, sandbox)?.clone();
    let buyer = pay.account.permission(&order.agreement)?.buyer.clone();
    Ok(view::order(&pay.account, &order, &buyer, opened))
}

pub fn get(pay: &mut AmazonPay, all: &Parameters, sandbox: bool) -> Result<Value, MwsError> {
    let order = pay.account.order(parameter(all, ID)?, sandbox)?.clone();
    let buyer = pay.account.permission(&order.agreement)?.buyer.clone();
    let opened = agreements::is_shown(all, &buyer)?;
    Ok(view::order(&pay.account, &order, &buyer, opened))
}

pub fn set(pay: &mut AmazonPay, all: &Parameters, sandbox: bool, now: Time) -> Result<Value, MwsError> {
    let id = parameter(all, ID)?;
    let order = pay.account.order(id, sandbox)?.clone();
    amount(all, "OrderReferenceAttributes.OrderTotal")?;
    flag(all, "OrderReferenceAttributes.RequestPaymentAuthorization", false)?;
    pay.account.set_order(said(order, all)?, now)?;
    shown(pay, id, sandbox, false)
}

pub fn confirm(pay: &mut AmazonPay, all: &Parameters, sandbox: bool, now: Time) -> Result<Value, MwsError> {
    agreements::pages(all)?;
    pay.account.confirm_order(parameter(all, ID)?, sandbox, now)?;
    Ok(Value::Null)
}

pub fn cancel(pay: &mut AmazonPay, all: &Parameters, sandbox: bool, now: Time) -> Result<Value, MwsError> {
    at_most(all, "CancelationReason", 1024)?;
    pay.account.cancel_order(parameter(all, ID)?, sandbox, now)?;
    Ok(Value::Null)
}

pub fn close(pay: &mut AmazonPay, all: &Parameters, sandbox: bool, now: Time) -> Result<Value, MwsError> {
    at_most(all, "ClosureReason", 1024)?;
    pay.account.close_order(parameter(all, ID)?, sandbox, now)?;
    Ok(Value::Null)
}

pub fn authorize(pay: &mut AmazonPay, all: &Parameters, sandbox: bool, now: Time) -> Result<Value, MwsError> {
    let id = parameter(all, ID)?;
    let request = authorization(all, pay.account.order(id, sandbox)?.agreement.clone())?;
    let done = pay.authorize_order(id, sandbox, &request, now)?;
    Ok(json!({ "AuthorizationDetails": view::authorization(&done.charge) }))
}
