//! POST `/token`: Alexa's server, not a browser. It waits 4.5 seconds and no longer (`reference/alexa-skill.md`, section 11).

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::time::timeout;

use super::Link;
use crate::adapters::fingerprint;
use crate::adapters::link::oauth::params::Params;
use crate::adapters::link::oauth::pkce;
use crate::adapters::link::oauth::token::{Refused, Tokens, Wanted};
use crate::adapters::link::token::{self, Linked};
use crate::adapters::link::{random, refresh};
use crate::app::link::{self, GrantError, Redeemed, Refreshed};
use crate::domain::ids::FamilyId;
use crate::domain::link::Family;
use crate::domain::time::Time;
use crate::ports::{Grants, Wallets};
use crate::telemetry::chain;

/// Half a second is left for the way.
const WITHIN: Duration = Duration::from_secs(4);

/// How long an access token counts. Alexa gets the next one by itself.
pub const ACCESS_LIFE: i64 = Time::HOUR;

pub(super) async fn token<S, C>(State(link): State<Arc<Link<S, C>>>, headers: HeaderMap, body: Bytes) -> Response
where
    S: Grants + Wallets + Send,
    C: Send + Sync,
{
    let answer = timeout(WITHIN, link.tokens(&headers, &body)).await.unwrap_or(Err(Refused::Unavailable));
    let mut response = match answer {
        Ok(tokens) => Json(tokens).into_response(),
        Err(refused) => refusal(refused),
    };
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

fn refusal(refused: Refused) -> Response {
    tracing::warn!(error = refused.code(), about = refused.description(), "no tokens are given");
    let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = Json(json!({ "error": refused.code(), "error_description": refused.description() }));
    let mut response = (status, body).into_response();
    if refused == (Refused::InvalidClient { basic: true }) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"account linking\""));
    }
    response
}

impl<S: Grants + Wallets, C> Link<S, C> {
    async fn tokens(&self, headers: &HeaderMap, body: &[u8]) -> Result<Tokens, Refused> {
        let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let kind = text(header::CONTENT_TYPE).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
            return Err(Refused::InvalidRequest("the body has to be application/x-www-form-urlencoded"));
        }
        let client = &self.settings.client;
        let now = (self.settings.now)();
        let family = match Wanted::read(&Params::parse(body), text(header::AUTHORIZATION), client)? {
            Wanted::Redeem { code, redirect, verifier } => {
                let code = fingerprint::code(&code).map_err(|_| Refused::Unavailable)?;
                let mark = random::mark().map_err(|_| Refused::Unavailable)?;
                let family = FamilyId::parse(mark.as_str()).map_err(|_| Refused::Unavailable)?;
                let brought = Redeemed { code: &code, client: client.id(), redirect: &redirect };
                link::redeem(&self.store, brought, |challenge| pkce::verifies(&verifier, challenge), family, now).await
            }
            Wanted::Refresh { token } => {
                let unknown = Refused::InvalidGrant("the refresh token is none of this shop's");
                let read = refresh::read(&self.settings.key, &token).ok_or(unknown)?;
                let brought = Refreshed { buyer: &read.buyer, family: &read.family, number: read.number, client: client.id() };
                link::refresh(&self.store, brought, now).await
            }
        };
        family.map(|family| self.issue(&family, now)).map_err(|error| match error {
            GrantError::Denied(why) => Refused::InvalidGrant(why),
            GrantError::Store(error) => {
                tracing::error!(error = chain(&error), "the token endpoint cannot answer");
                Refused::Unavailable
            }
        })
    }

    fn issue(&self, family: &Family, now: Time) -> Tokens {
        let linked = Linked { buyer: family.buyer.clone(), generation: family.generation };
        Tokens {
            access_token: token::issue(&self.settings.key, &linked, now.plus(ACCESS_LIFE)),
            token_type: "Bearer",
            expires_in: ACCESS_LIFE,
            refresh_token: refresh::issue(&self.settings.key, family),
        }
    }
}
