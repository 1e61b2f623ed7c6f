//! Account linking, "my payment" and the cart that is finished on a phone: requests of browsers and of Alexa in, pages, redirects and tokens out.
//!
//! A browser carries signed cookies: what was begun (an authorization request, a visit that wants to sign in, a cart that is finished), and
//! who is signed in. Nothing is stored before the buyer has agreed at Amazon.

mod authorize;
mod browser;
mod cart;
pub mod function;
mod payment;
mod settings;
mod shown;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::ports::{Buyers, Charges, Checkouts, Consents, Grants, Store, Wallets};
pub use settings::{Parts, Settings, SettingsError};

/// More than any form of ours or of Alexa's has.
const BODY_MAX: usize = 16 * 1024;

/// Account linking, on a store and an Amazon Pay.
#[derive(Debug)]
pub struct Link<S, C> {
    pub store: S,
    pub consents: C,
    pub settings: Settings,
}

/// Everything that is answered.
pub fn router<S, C>(link: Link<S, C>) -> Router
where
    S: Grants + Wallets + Store + Send + 'static,
    C: Consents + Checkouts + Charges + Buyers + Send + 'static,
{
    let policy = policy(&link.settings);
    Router::new()
        .route("/authorize", get(authorize::authorize))
        .route("/return/{id}", get(authorize::returned))
        .route("/signed-in/{id}", get(authorize::signed_in))
        .route("/cancelled/{id}", get(authorize::cancelled))
        .route("/decline/{id}", get(authorize::declined))
        .route("/token", post(token::token))
        .route("/", get(payment::home))
        .route("/payment", get(payment::payment))
        .route("/payment/{wish}", post(payment::wish))
        .route("/cart", get(cart::cart))
        .route("/cart/review/{id}", get(cart::reviewed))
        .route("/cart/buy/{id}", post(cart::buy))
        .route("/cart/done/{id}", get(cart::done))
        .route("/style.css", get(async || asset("text/css; charset=utf-8", include_str!("../../pages/style.css"))))
        .route("/button.js", get(async || asset("text/javascript; charset=utf-8", include_str!("../../pages/button.js"))))
        .fallback(browser::unknown)
        .method_not_allowed_fallback(browser::other_method)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(map_response(move |response: Response| std::future::ready(guarded(response, policy.as_ref()))))
        .with_state(Arc::new(link))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=3600")], text).into_response()
}

/// Nothing of others runs in our pages but Amazon's button, and no page of others shows ours.
///
/// Which hosts the button's script loads from, and which it sends the buyer to, no collected page lists; those of Amazon's are let in.
fn policy(settings: &Settings) -> Option<HeaderValue> {
    let origin = |address: &str| reqwest::Url::parse(address).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let script = origin(&settings.buttons.script);
    let amazon = "https://*.payments-amazon.com https://*.amazon.com https://*.amazon.co.uk https://*.amazon.de https://*.amazon.co.jp \
                  https://*.amazon.jp https://*.media-amazon.com https://*.ssl-images-amazon.com";
    let text = format!(
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; script-src 'self' {script}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: {script} {amazon}; connect-src {script} {amazon}; frame-src {amazon}; \
         form-action 'self' {script} {amazon}"
    );
    HeaderValue::from_str(&text).ok()
}

fn guarded(mut response: Response, policy: Option<&HeaderValue>) -> Response {
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Addresses of ours hold ids of Amazon's.
        (header::REFERRER_POLICY, "strict-origin"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(policy) = policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
