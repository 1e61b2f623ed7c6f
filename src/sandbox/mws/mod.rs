//! The older interface on the same account: `OffAmazonPayments` 2013-01-01 (`reference/amazon-pay-mws.md`; its sections are cited by
//! number): billing agreements, the order references under them, and their money.
//!
//! Agreements begin with a Setup directive, or as a draft where a page's widgets would be, for which a tester's control stands in.

mod actions;
mod agreements;
mod orders;
mod quota;
mod signature;
mod view;

pub use quota::Quotas;
pub use signature::MwsKey;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::Call;
use super::{Sandbox, held};
use crate::simulator::amazon_pay::PayError;
use crate::simulator::amazon_pay::account::Refusal;
use crate::simulator::ids::Ids;
use crate::telemetry::chain;

/// The paths of the live and the sandbox section (section 1).
pub const PATHS: [&str; 2] = ["/OffAmazonPayments/2013-01-01", "/OffAmazonPayments_Sandbox/2013-01-01"];

const NAMESPACE: &str = "http://mws.amazonservices.com/schema/OffAmazonPayments/2013-01-01";

/// The parameters of a request.
type Parameters = BTreeMap<String, String>;

/// A refusal in the older interface's words (section 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MwsError {
    status: u16,
    code: &'static str,
    message: String,
}

impl MwsError {
    /// The status of some codes is unconfirmed; 400 stands in for it.
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        let status = match code {
            "InvalidAuthorizationStatus" | "CaptureNotRefundable" | "BillingAgreementNotModifiable" => 405,
            "InvalidAddressConsentToken" => 404,
            "RequestThrottled" => 503,
            "InvalidAccountStatus" | "UnauthorizedAccess" | "SignatureDoesNotMatch" => 403,
            "InternalServerError" => 500,
            _ => 400,
        };
        Self { status, code, message: message.into() }
    }
}

impl From<PayError> for MwsError {
    fn from(error: PayError) -> Self {
        let code = match error.code {
            "InvalidBillingAgreementId" => "InvalidParameterValue",
            "UnsupportedCurrency" => "CurrencyMismatch",
            // A decline is a 200; what is refused here is a charge on an agreement that is suspended.
            "InvalidPaymentMethod" => "InvalidBillingAgreementStatus",
            other => other,
        };
        Self::new(code, error.message)
    }
}

impl From<Refusal> for MwsError {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal.code {
            "ResourceNotFound" => "InvalidTransactionId",
            "InvalidChargeStatus" => "InvalidAuthorizationStatus",
            "InvalidChargePermissionStatus" => "InvalidBillingAgreementStatus",
            other => other,
        };
        Self::new(code, refusal.message)
    }
}

impl Sandbox {
    /// Answers a request of the older interface with a status and XML.
    pub fn mws(&self, call: &Call) -> (u16, String) {
        let answered = self.mws_result(call);
        let request_id = Ids::random().uuid();
        match answered {
            Ok((action, result)) => {
                let result = xml(&format!("{action}Result"), &result);
                let metadata = xml("ResponseMetadata", &json!({ "RequestId": request_id }));
                (200, format!("{PROLOGUE}<{action}Response xmlns=\"{NAMESPACE}\">{result}{metadata}</{action}Response>"))
            }
            Err(MwsError { status, code, message }) => {
                let error =
                    xml("Error", &json!({ "Type": if status < 500 { "Sender" } else { "Receiver" }, "Code": code, "Message": message }));
                (
                    status,
                    format!(
                        "{PROLOGUE}<ErrorResponse xmlns=\"{NAMESPACE}\">{error}{}</ErrorResponse>",
                        xml("RequestId", &request_id.into())
                    ),
                )
            }
        }
    }

    fn mws_result(&self, call: &Call) -> Result<(String, Value), MwsError> {
        let key = self.settings.mws.as_ref();
        let key = key.ok_or_else(|| {
            MwsError::new("UnauthorizedAccess", "the sandbox was started without --mws-access-key and --mws-secret-key-file")
        })?;
        let parameters = signature::check(call, key)?;
        let action = actions::parameter(&parameters, "Action")?.to_owned();
        if parameters.get("Version").map(String::as_str) != Some("2013-01-01") {
            return Err(MwsError::new("InvalidAddress", "Version must be 2013-01-01"));
        }
        let (now, sandbox) = (self.now(), call.path == PATHS[1]);
        if self.settings.throttled {
            held(&self.quotas).take(&action, sandbox, now)?;
        }
        let done = self.settings.books.with(|pay| {
            pay.account.settle(now);
            actions::once(pay, &action, &parameters, sandbox, now)
        });
        match done {
            Ok(result) => Ok((action, result?)),
            Err(error) => {
                tracing::warn!(error = chain(&error), "the books cannot be used");
                Err(MwsError::new("InternalServerError", "the books cannot be used"))
            }
        }
    }
}

const PROLOGUE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// An element with this content. What is serialised here is text under text, which always can be.
fn xml(name: &str, content: &Value) -> String {
    quick_xml::se::to_string_with_root(name, content).unwrap_or_default()
}
