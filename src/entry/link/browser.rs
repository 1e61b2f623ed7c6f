//! A browser's visit: its language, its cookies, and the pages that it gets.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{Link, Settings};
use crate::adapters::amazon_pay::api::button::ButtonError;
use crate::adapters::link::buttons::Ways;
use crate::adapters::link::key::Purpose;
use crate::adapters::link::oauth::authorize::Asked;
use crate::adapters::link::pages::Message;
use crate::adapters::link::random::{self, NoRandom};
use crate::adapters::link::words::Language;
use crate::adapters::link::{seal, token};
use crate::app::TurnError;
use crate::app::finish::NotAgreed;
use crate::app::link::{LinkError, Now};
use crate::domain::time::Time;
use crate::ports::{ConsentError, StoreError};
use crate::telemetry::chain;

/// How long what was begun can be finished. Amazon keeps a session for a day; a page is not left open for so long.
const BEGUN_LIFE: i64 = Time::HOUR;

/// How long a buyer stays signed in.
const VISIT_LIFE: i64 = 15 * Time::MINUTE;

/// What a browser has begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    /// Part of the addresses that Amazon sends back to, so that nobody is sent into another's.
    pub id: String,
    pub errand: Errand,
    until: i64,
}

/// What a browser has come for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Errand {
    /// Alexa's request.
    Link(Asked),
    /// To see "my payment".
    Payment,
    /// To finish the cart; what the buyer was asked to agree to, once that is so far.
    Cart(Option<Offer>),
}

/// What a buyer was asked to agree to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Offer {
    /// A hash of everything that was shown.
    pub shown: String,
    /// Whether it goes to the address that the buyer has chosen at Amazon, and not to the wallet's.
    pub chosen: bool,
}

impl Errand {
    /// The names of their cookies. Each kind has its own, so that a look at "my payment" ends no purchase and no linking that is under way.
    pub const LINK: &'static str = "begun-link";
    pub const PAYMENT: &'static str = "begun-payment";
    pub const CART: &'static str = "begun-cart";
    const COOKIES: [&'static str; 3] = [Self::LINK, Self::PAYMENT, Self::CART];

    pub const fn cookie(&self) -> &'static str {
        match self {
            Self::Link(_) => Self::LINK,
            Self::Payment => Self::PAYMENT,
            Self::Cart(_) => Self::CART,
        }
    }

    /// Where the browser goes when there is nothing to be done.
    pub const fn page(&self) -> &'static str {
        match self {
            Self::Link(_) | Self::Payment => "/payment",
            Self::Cart(_) => "/cart",
        }
    }
}

/// What is told when a page cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    BeginAgain,
    SignInAgain,
    NotAsked,
    Foreign,
    /// At Amazon somebody else has signed in.
    OtherBuyer,
    Unavailable,
    /// Something was asked of Amazon Pay, and nobody knows what has come of it.
    InDoubt,
    Unknown,
}

impl Trouble {
    const fn page(self) -> (StatusCode, &'static str) {
        match self {
            Self::BeginAgain => (StatusCode::BAD_REQUEST, "trouble-begin-again"),
            Self::SignInAgain => (StatusCode::FORBIDDEN, "trouble-sign-in-again"),
            Self::NotAsked => (StatusCode::BAD_REQUEST, "trouble-not-asked"),
            Self::Foreign => (StatusCode::BAD_REQUEST, "trouble-foreign"),
            Self::OtherBuyer => (StatusCode::FORBIDDEN, "trouble-other-buyer"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "trouble-unavailable"),
            Self::InDoubt => (StatusCode::SERVICE_UNAVAILABLE, "trouble-in-doubt"),
            Self::Unknown => (StatusCode::NOT_FOUND, "trouble-unknown"),
        }
    }

    fn unavailable(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = chain(error), "a page could not be served");
        Self::Unavailable
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<ConsentError> for Trouble {
    fn from(error: ConsentError) -> Self {
        match error {
            ConsentError::Declined | ConsentError::Foreign => Self::Foreign,
            ConsentError::Unavailable(_) => Self::unavailable(&error),
        }
    }
}

impl From<LinkError> for Trouble {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Consent(error) => error.into(),
            LinkError::Payments(_) | LinkError::Store(_) | LinkError::Contended => Self::unavailable(&error),
            LinkError::Missing => Self::SignInAgain,
        }
    }
}

impl From<NotAgreed> for Trouble {
    fn from(why: NotAgreed) -> Self {
        match why {
            NotAgreed::Nothing => Self::Foreign,
            NotAgreed::OtherBuyer => Self::OtherBuyer,
        }
    }
}

impl From<TurnError> for Trouble {
    fn from(error: TurnError) -> Self {
        tracing::error!(error = chain(&error), "a purchase on a page has not come to an end");
        match error {
            TurnError::Unready(_) => Self::Unavailable,
            TurnError::Store(_) | TurnError::Late | TurnError::Contended => Self::InDoubt,
        }
    }
}

impl From<NoRandom> for Trouble {
    fn from(error: NoRandom) -> Self {
        Self::unavailable(&error)
    }
}

impl From<ButtonError> for Trouble {
    fn from(error: ButtonError) -> Self {
        Self::unavailable(&error)
    }
}

/// One request of a browser.
pub(super) struct Visitor<'a> {
    pub settings: &'a Settings,
    pub language: &'a Language,
    pub now: Time,
    /// What pages call their own address.
    pub origin: String,
    jar: CookieJar,
}

impl<'a> Visitor<'a> {
    /// Reads what the browser says of itself.
    pub fn new(settings: &'a Settings, headers: &HeaderMap) -> Self {
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let language = settings.words.accepted(text(header::ACCEPT_LANGUAGE));
        let origin = settings.origin.clone().unwrap_or_else(|| format!("https://{}", text(header::HOST).unwrap_or_default()));
        Self { settings, language, now: (settings.now)(), origin, jar: CookieJar::from_headers(headers) }
    }

    /// The page, or the one that says why there is none.
    pub fn answer(&self, result: Result<Response, Trouble>) -> Response {
        self.answer_to_form(result, String::new)
    }

    /// The same for a form, which cannot be loaded again: whoever wants to try again does so from the page that it was on.
    pub fn answer_to_form(&self, result: Result<Response, Trouble>, form_page: impl FnOnce() -> String) -> Response {
        result.unwrap_or_else(|trouble| {
            let (status, text) = trouble.page();
            let retry = matches!(trouble, Trouble::Unavailable | Trouble::InDoubt).then(form_page);
            let retry = retry.as_deref();
            let page = Message { w: self.language, text, retry };
            page_of(status, &page).unwrap_or_else(|_| status.into_response())
        })
    }

    /// What is done now, in this shop's world.
    pub fn moment(&self) -> Result<Now, Trouble> {
        Ok(Now { world: self.settings.shop.world, at: self.now, write: random::mark()? })
    }

    /// Begins something, and the cookie that the browser is to bring back.
    pub fn begin(&self, errand: Errand) -> Result<(Begun, Cookie<'static>), Trouble> {
        self.go_on(hex::encode(random::bytes::<16>()?), errand)
    }

    /// The same errand, a step further.
    pub fn go_on(&self, id: String, errand: Errand) -> Result<(Begun, Cookie<'static>), Trouble> {
        let begun = Begun { id, errand, until: self.now.plus(BEGUN_LIFE).unix() };
        let text = serde_json::to_vec(&begun).map_err(|error| Trouble::unavailable(&error))?;
        let sealed = seal::seal(&self.settings.key, Purpose::Request, &URL_SAFE_NO_PAD.encode(text));
        let name = begun.errand.cookie();
        Ok((begun, self.cookie(name, sealed, BEGUN_LIFE)))
    }

    /// What was begun under this id, in this browser.
    pub fn begun(&self, id: &str) -> Result<Begun, Trouble> {
        let read = |name| {
            let said = seal::open(&self.settings.key, Purpose::Request, self.jar.get(&self.name(name))?.value())?;
            serde_json::from_slice::<Begun>(&URL_SAFE_NO_PAD.decode(said).ok()?).ok()
        };
        let counts = |begun: &Begun| begun.id == id && self.now < Time::from_unix(begun.until);
        Errand::COOKIES.into_iter().filter_map(read).find(counts).ok_or(Trouble::BeginAgain)
    }

    /// Where Amazon sends the buyer back to, after what was begun.
    pub fn ways(&self, page: &str, begun: &Begun) -> Ways {
        let way = |page: &str| format!("{}/{page}/{}", self.origin, begun.id);
        Ways { done: way(page), cancelled: way("cancelled") }
    }

    /// Who is signed in, and the proof that a form of this visit brings.
    pub fn signed_in(&self) -> Option<(token::Linked, String)> {
        let visit = self.jar.get(&self.name("visit"))?.value();
        let linked = token::read_for(&self.settings.key, Purpose::Visit, visit, self.now).ok()?;
        Some((linked, seal::mark(&self.settings.key, Purpose::Form, visit)))
    }

    /// Whether a form is one of this visit's.
    pub fn is_own_form(&self, mark: &str) -> bool {
        let visit = self.jar.get(&self.name("visit"));
        visit.is_some_and(|visit| seal::is_mark(&self.settings.key, Purpose::Form, visit.value(), mark))
    }

    /// Signs a buyer in for a while.
    pub fn sign_in(&self, linked: &token::Linked) -> Cookie<'static> {
        let visit = token::issue_for(&self.settings.key, Purpose::Visit, linked, self.now.plus(VISIT_LIFE));
        self.cookie("visit", visit, VISIT_LIFE)
    }

    /// Takes a cookie back.
    pub fn forget(&self, name: &str) -> Cookie<'static> {
        self.cookie(name, String::new(), 0)
    }

    /// A cookie that only this host gets, over https, and not from requests that other sites' pages make. On this machine there is no
    /// https, and the prefix that demands it is left out.
    fn cookie(&self, name: &str, value: String, seconds: i64) -> Cookie<'static> {
        Cookie::build((self.name(name), value))
            .path("/")
            .http_only(true)
            .secure(self.is_secure())
            .same_site(SameSite::Lax)
            .max_age(time::Duration::seconds(seconds))
            .build()
    }

    fn name(&self, name: &str) -> String {
        if self.is_secure() { format!("__Host-{name}") } else { name.to_owned() }
    }

    fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

/// A page.
pub(super) fn page_of(status: StatusCode, page: &impl Template) -> Result<Response, Trouble> {
    let markup = page.render().map_err(|error| Trouble::unavailable(&error))?;
    Ok((status, Html(markup)).into_response())
}

/// Sends the browser elsewhere, with cookies.
pub(super) fn redirect<const N: usize>(address: &str, cookies: [Cookie<'static>; N]) -> Response {
    (StatusCode::FOUND, with(cookies), [(header::LOCATION, address)]).into_response()
}

/// Cookies to set.
pub(super) fn with<const N: usize>(cookies: [Cookie<'static>; N]) -> CookieJar {
    cookies.into_iter().fold(CookieJar::new(), CookieJar::add)
}

/// There is no such page.
pub(super) async fn unknown<S, C>(State(link): State<Arc<Link<S, C>>>, headers: HeaderMap) -> Response {
    Visitor::new(&link.settings, &headers).answer(Err(Trouble::Unknown))
}

/// There is, but not for this method: somebody goes back to where a form was sent.
pub(super) async fn other_method<S, C>(State(link): State<Arc<Link<S, C>>>, headers: HeaderMap) -> Response {
    let page = Visitor::new(&link.settings, &headers).answer(Err(Trouble::Unknown));
    (StatusCode::METHOD_NOT_ALLOWED, page).into_response()
}
