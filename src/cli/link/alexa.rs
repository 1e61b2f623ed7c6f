//! The Alexa app and Alexa's server, as far as a simulated shop's account linking needs them: the app opens the shop's page, and the server
//! changes the code that comes back for tokens.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use super::tokens;
use crate::adapters::link::oauth::params::Params;
use crate::adapters::link::oauth::pkce;
use crate::adapters::link::random::{self, NoRandom};
use crate::telemetry::chain;

/// Where the app is, below the pages' own address, and where the shop sends buyers back to.
pub const APP: &str = "/alexa";
pub const BACK: &str = "/alexa/linked";

/// What the skill's account linking says, and what is under way.
pub struct Alexa {
    /// The pages' address.
    pub origin: String,
    pub client_id: String,
    pub client_secret: String,
    /// Where the tokens are kept, for `voicetill dialog`.
    pub dir: PathBuf,
    /// State and verifier of the request that is on its way. There is one buyer with one phone.
    pub asked: Mutex<Option<(String, String)>>,
}

/// The app's pages.
pub fn router(alexa: Alexa) -> Router {
    Router::new().route(APP, get(link)).route(BACK, get(linked)).with_state(Arc::new(alexa))
}

/// The buyer has tapped "link account".
async fn link(State(alexa): State<Arc<Alexa>>) -> Response {
    match alexa.ask() {
        Ok(address) => (StatusCode::FOUND, [(header::LOCATION, address)]).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}

/// The buyer is back.
async fn linked(State(alexa): State<Arc<Alexa>>, RawQuery(query): RawQuery) -> Response {
    match alexa.redeem(&Params::parse(query.unwrap_or_default().as_bytes())).await {
        Ok(()) => "Alexa, simulated: your account is linked. Go on where you talk to the skill.".into_response(),
        Err(why) => (StatusCode::BAD_REQUEST, format!("Alexa, simulated: your account is not linked: {why}.")).into_response(),
    }
}

impl Alexa {
    fn back(&self) -> String {
        format!("{}{BACK}", self.origin)
    }

    fn ask(&self) -> Result<String, NoRandom> {
        let (state, verifier) = (hex::encode(random::bytes::<16>()?), hex::encode(random::bytes::<32>()?));
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", &self.back())
            .append_pair("state", &state)
            .append_pair("code_challenge", &pkce::challenge(&verifier))
            .append_pair("code_challenge_method", "S256")
            .finish();
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some((state, verifier));
        Ok(format!("{}/authorize?{query}", self.origin))
    }

    async fn redeem(&self, brought: &Params) -> Result<(), String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (state, verifier) = asked.ok_or("nobody has asked")?;
        if brought.once("state") != Some(state.as_str()) {
            return Err("this is the answer to another request".to_owned());
        }
        let code = brought.once("code").ok_or_else(|| brought.once("error").unwrap_or("there is no code").to_owned())?;
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.back())
            .append_pair("code_verifier", &verifier)
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", &self.client_secret)
            .finish();
        // An error only says that the program has chosen a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let request = reqwest::Client::new().post(format!("{}/token", self.origin));
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        let answer: Value = async { request.send().await?.json().await }.await.map_err(|error| chain(&error))?;
        let token = answer["access_token"].as_str().ok_or_else(|| answer["error"].to_string())?;
        tokens::keep(&self.dir, token).map_err(|error| chain(&error))
    }
}
