//! One call from beginning to end: who calls, how often, whether it was asked before, and what the account says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::call::Call;
use super::fields::price_at;
use super::operation::Operation;
use super::{Sandbox, held, requests, signature, view};
use crate::adapters::amazon_pay::api::place::Environment;
use crate::domain::money::{Currency, Money};
use crate::domain::time::Time;
use crate::simulator::amazon_pay::account::{Account, Decline, Kept, Refusal, Simulated, Standing};
use crate::simulator::amazon_pay::{BUYERS, Buyer};
use crate::simulator::ids::{Ids, letters};
use crate::telemetry::chain;

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self { status: refusal.status, body: json!({ "reasonCode": refusal.code, "message": refusal.message }) }
    }
}

/// A call that may be carried out.
pub struct Admitted<'c> {
    pub operation: Operation,
    pub id: &'c str,
    pub environment: Environment,
    /// What the sandbox is to play (section 11).
    pub simulation: Option<String>,
}

/// Refusals that were tried at the buyer's bank, or that moved an object: they are the answer to their key.
const DECIDED: [&str; 6] =
    ["SoftDeclined", "HardDeclined", "AmazonRejected", "TransactionTimedOut", "ProcessingFailure", "CheckoutSessionCanceled"];

impl Sandbox {
    /// Decides whether a call is taken at all.
    ///
    /// # Errors
    /// The documented refusal.
    pub fn admit<'c>(&self, call: &'c Call) -> Result<Admitted<'c>, Refusal> {
        let settings = &self.settings;
        let caller = signature::caller(call, settings.key_id.as_ref())?;
        call.check_headers((settings.wall)(), settings.strict)?;
        signature::check(call, &settings.key)?;
        let (environment, resource) = call.resource(&caller)?;
        let (operation, id) = Operation::of(&call.method, &resource)?;
        if settings.throttled {
            held(&self.buckets).take(operation, environment, self.now())?;
        }
        let simulation = call.header("x-amz-pay-simulation-code").map(str::to_owned);
        Ok(Admitted { operation, id, environment, simulation })
    }

    /// Carries out a call that was admitted.
    pub fn carry_out(&self, call: &Call, admitted: &Admitted<'_>) -> Answer {
        let now = self.now();
        let answered = self.settings.books.with(|pay| {
            pay.account.settle(now);
            self.once(&mut pay.account, call, admitted, now)
        });
        match answered {
            Ok(answered) => answered.unwrap_or_else(Answer::from),
            Err(error) => {
                tracing::warn!(error = chain(&error), "the books cannot be used");
                Refusal::new("InternalServerError", "the books cannot be used").into()
            }
        }
    }

    /// Section 4: the same key and request get the same answer again, and another request is refused.
    fn once(&self, account: &mut Account, call: &Call, admitted: &Admitted<'_>, now: Time) -> Result<Answer, Refusal> {
        let operation = admitted.operation;
        let key = call.idempotency_key()?.filter(|_| operation.is_post());
        let Some(key) = key else {
            if operation.needs_key() && self.settings.strict {
                return Err(Refusal::new("MissingHeader", "the header x-amz-pay-idempotency-key is missing (unconfirmed)"));
            }
            return self.decide(account, call, admitted, now);
        };
        // Each environment has keys of its own: nothing of the one is answered in the other.
        let key = if admitted.environment == Environment::Live { format!("live {key}") } else { key.to_owned() };
        let request = hashed(call);
        if let Some(kept) = account.answers.iter().find(|kept| kept.key == key) {
            return if kept.request == request {
                Ok(Answer { status: kept.status, body: kept.body.clone() })
            } else {
                Err(Refusal::new("DuplicateIdempotencyKey", "the idempotency key was used with another request"))
            };
        }
        let decided = self.decide(account, call, admitted, now);
        let keep = decided.as_ref().map_or_else(|refusal| DECIDED.contains(&refusal.code), |_| true);
        let answer = decided.unwrap_or_else(Answer::from);
        if keep {
            account.answers.push(Kept { key, request, status: answer.status, body: answer.body.clone() });
        }
        Ok(answer)
    }

    fn decide(&self, account: &mut Account, call: &Call, admitted: &Admitted<'_>, now: Time) -> Result<Answer, Refusal> {
        let (operation, id) = (admitted.operation, admitted.id);
        let sandbox = admitted.environment == Environment::Sandbox;
        let body = requests::body(operation, &call.body)?;
        let simulated = simulation(admitted)?;
        visible(account, operation, id, &body, sandbox)?;
        let amount = |pointer: &str| price_at(&body, pointer).unwrap_or(Money::zero(Currency::Usd));
        let ok = |body: Value| Ok(Answer { status: 200, body });
        match operation {
            Operation::CreateCheckoutSession => {
                let terms = requests::terms(&body)?;
                let ledger = call.ledger().unwrap_or(Currency::Usd);
                let session = account.create_session(Ids::random().uuid(), sandbox, body, terms, ledger, now);
                Ok(Answer { status: 201, body: view::session(&session, &self.origin) })
            }
            Operation::GetCheckoutSession => ok(view::session(account.session(id)?, &self.origin)),
            Operation::UpdateCheckoutSession => {
                let body = requests::changed(account.session(id)?.body.clone(), body);
                let terms = requests::terms(&body)?;
                ok(view::session(&account.update_session(id, body, terms, now)?, &self.origin))
            }
            Operation::CompleteCheckoutSession => {
                let completed = account.complete_session(id, price_at(&body, "/chargeAmount"), simulated, now)?;
                let status = if completed.pending { 202 } else { 200 };
                Ok(Answer { status, body: view::completed(&completed.session, &self.origin) })
            }
            Operation::FinalizeCheckoutSession => {
                let body = requests::finalized(account.session(id)?.body.clone(), &body);
                let terms = requests::terms(&body)?;
                ok(view::session(&account.finalize_session(id, body, terms, now)?, &self.origin))
            }
            Operation::GetChargePermission => permission(account, id, now),
            Operation::UpdateChargePermission => {
                let part = |name: &str| body.get(name).filter(|value| !value.is_null()).cloned();
                account.update_permission(id, part("merchantMetadata"), part("recurringMetadata"), now)?;
                permission(account, id, now)
            }
            Operation::CloseChargePermission => {
                let cancel_pending = body["cancelPendingCharges"].as_bool().unwrap_or(false);
                account.close_permission(id, simulated.is_some(), cancel_pending, now)?;
                permission(account, id, now)
            }
            Operation::CreateCharge => {
                let asked = requests::charge(&body, amount("/chargeAmount"))?;
                let charge = account.create_charge(&asked, simulated.and_then(as_simulated), now)?;
                Ok(Answer { status: 201, body: view::charge(account, &charge) })
            }
            Operation::GetCharge => {
                let charge = account.charge(id)?.clone();
                ok(view::charge(account, &charge))
            }
            Operation::CaptureCharge => {
                let descriptor = body["softDescriptor"].as_str().map(str::to_owned);
                let charge = account.capture(id, amount("/captureAmount"), descriptor, simulated.and_then(as_simulated), now)?;
                ok(view::charge(account, &charge))
            }
            Operation::CancelCharge => {
                let charge = account.cancel_charge(id, now)?;
                ok(view::charge(account, &charge))
            }
            Operation::CreateRefund => {
                let charge = body["chargeId"].as_str().unwrap_or_default();
                let descriptor = body["softDescriptor"].as_str().map(str::to_owned);
                let refund = account.create_refund(charge, amount("/refundAmount"), descriptor, now)?;
                Ok(Answer { status: 201, body: view::refund(&refund) })
            }
            Operation::GetRefund => ok(view::refund(account.refund(id)?)),
            Operation::GetBuyer => {
                let buyer = BUYERS.iter().find(|buyer| buyer_token(buyer) == id);
                let buyer = buyer.ok_or_else(|| Refusal::new("ResourceNotFound", "there is no buyer with this token"))?;
                ok(view::buyer_details(buyer.name))
            }
            Operation::CreateDeliveryTracker => {
                let told = requests::tracker(&body, self.settings.strict)?;
                account.track(requests::tracking_numbers(&body))?;
                ok(told)
            }
        }
    }
}

fn permission(account: &mut Account, id: &str, now: Time) -> Result<Answer, Refusal> {
    let permission = account.permission(id)?.clone();
    Ok(Answer { status: 200, body: view::permission(account, &permission, now) })
}

/// An object of the one environment does not exist in the other.
fn visible(account: &mut Account, operation: Operation, id: &str, body: &Value, sandbox: bool) -> Result<(), Refusal> {
    let named = |name: &str| body[name].as_str().unwrap_or_default();
    let found = match operation {
        Operation::GetCheckoutSession
        | Operation::UpdateCheckoutSession
        | Operation::CompleteCheckoutSession
        | Operation::FinalizeCheckoutSession => account.session(id)?.sandbox,
        Operation::GetChargePermission | Operation::UpdateChargePermission | Operation::CloseChargePermission => {
            account.permission(id)?.sandbox
        }
        Operation::CreateCharge => account.permission(named("chargePermissionId"))?.sandbox,
        Operation::GetCharge | Operation::CaptureCharge | Operation::CancelCharge => account.charge(id)?.sandbox,
        Operation::CreateRefund => account.charge(named("chargeId"))?.sandbox,
        Operation::GetRefund => account.refund(id)?.sandbox,
        Operation::CreateCheckoutSession | Operation::CreateDeliveryTracker if !named("chargePermissionId").is_empty() => {
            account.permission(named("chargePermissionId"))?.sandbox
        }
        Operation::CreateCheckoutSession | Operation::GetBuyer | Operation::CreateDeliveryTracker => sandbox,
    };
    if found == sandbox { Ok(()) } else { Err(Refusal::new("ResourceNotFound", "it belongs to the other environment")) }
}

/// The simulation that is asked for (section 11).
fn simulation(admitted: &Admitted<'_>) -> Result<Option<&'static str>, Refusal> {
    let operation = admitted.operation;
    let Some(code) = admitted.simulation.as_deref() else { return Ok(None) };
    let sandbox = admitted.environment == Environment::Sandbox;
    let found = operation.simulations().iter().find(|known| **known == code).filter(|_| sandbox);
    found.map(|code| Some(*code)).ok_or_else(|| {
        let message = format!("{} does not take the simulation code {code}", operation.name());
        Refusal::new("InvalidSandboxSimulationSpecified", message)
    })
}

fn as_simulated(code: &str) -> Option<Simulated> {
    match code {
        "SoftDeclined" => Some(Simulated::Declined(Decline::SoftDeclined)),
        "HardDeclined" => Some(Simulated::Declined(Decline::HardDeclined)),
        "AmazonRejected" => Some(Simulated::Declined(Decline::AmazonRejected)),
        "TransactionTimedOut" => Some(Simulated::Declined(Decline::TransactionTimedOut)),
        "CaptureInitiated" => Some(Simulated::CaptureInitiated),
        _ => None,
    }
}

/// The token that a buyer brings from the sign-in page.
pub fn buyer_token(buyer: &Buyer) -> String {
    letters(&format!("token {}", buyer.name), 32)
}

fn hashed(call: &Call) -> String {
    let text = [call.method.as_bytes(), b" ", call.path.as_bytes(), b"\n", &call.body].concat();
    STANDARD.encode(digest(&SHA256, &text))
}

/// What a person can make of a permission from outside: the buyer, or Amazon.
pub fn standing(name: &str, reason: &str) -> Option<Standing> {
    match name {
        "Chargeable" => Some(Standing::Chargeable),
        "NonChargeable" => Some(Standing::NonChargeable(reason.to_owned())),
        "Closed" => Some(Standing::Closed(reason.to_owned())),
        _ => None,
    }
}
