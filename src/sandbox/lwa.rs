//! Who a buyer is, by the token of Login with Amazon (`reference/amazon-pay-mws.md` section 13).

use serde_json::{Value, json};

use super::Sandbox;
use super::call::Call;
use super::perform::{Answer, buyer_token};
use super::view::buyer_details;
use crate::simulator::amazon_pay::{BUYERS, Buyer};

/// How long a token is still good, in every answer.
const SECONDS_LEFT: i64 = 3600;

/// Real tokens begin like this.
const TOKEN_BEGINS: &str = "Atza|";

impl Sandbox {
    /// `/auth/o2/tokeninfo`: whom a token was made for.
    pub fn token_info(&self, call: &Call) -> Answer {
        answered(call, |person| {
            json!({
                "aud": self.settings.client_id, "user_id": person["buyerId"], "iss": "https://www.amazon.com", "exp": SECONDS_LEFT,
                "app_id": "amzn1.application.voicetill-sandbox", "iat": self.now().unix(),
            })
        })
    }

    /// `/user/profile`: who the buyer is.
    pub fn profile(&self, call: &Call) -> Answer {
        answered(call, |person| json!({ "user_id": person["buyerId"], "name": person["name"], "email": person["email"] }))
    }
}

/// The token that a buyer's browser would hand over.
pub fn access_token(buyer: &Buyer) -> String {
    format!("{TOKEN_BEGINS}{}", buyer_token(buyer))
}

fn answered(call: &Call, told: impl Fn(&Value) -> Value) -> Answer {
    // The header is what the SDKs send; older code puts the token into the query.
    let queried = call.query.iter().find(|(name, _)| name == "access_token").map(|(_, value)| value.as_str());
    let token = call.header("x-amz-access-token").or(queried).unwrap_or_default();
    match BUYERS.iter().find(|buyer| access_token(buyer) == token) {
        Some(buyer) => Answer { status: 200, body: told(&buyer_details(buyer.name)) },
        // The status is unconfirmed.
        None => Answer { status: 400, body: json!({ "error": "invalid_token", "error_description": "The token is not known here" }) },
    }
}
