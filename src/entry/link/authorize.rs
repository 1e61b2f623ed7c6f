//! From Alexa's request to the code: the page with Amazon's buttons, and the ways back from Amazon.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Link;
use super::browser::{Begun, Errand, Trouble, Visitor, page_of, redirect, with};
use crate::adapters::fingerprint;
use crate::adapters::link::oauth::authorize::{Asked, Error, NotAsked};
use crate::adapters::link::oauth::params::Params;
use crate::adapters::link::token::Linked;
use crate::adapters::link::{pages, random};
use crate::app::link;
use crate::domain::link::Code;
use crate::domain::wallet::WalletState;
use crate::ports::{ConsentError, Consents, Grants, Wallets};

type Shared<S, C> = State<Arc<Link<S, C>>>;

/// GET `/authorize`.
pub(super) async fn authorize<S: Send + Sync, C: Send + Sync>(
    State(link): Shared<S, C>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let visitor = Visitor::new(&link.settings, &headers);
    match Asked::read(&Params::parse(query.unwrap_or_default().as_bytes()), &link.settings.client) {
        Ok(asked) => visitor.answer(begin(&visitor, asked, StatusCode::OK, None)),
        Err(NotAsked::Tell(address)) => redirect(&address, []),
        Err(NotAsked::Untrusted(why)) => {
            tracing::warn!(error = %why, "an authorization request is not answered");
            visitor.answer(Err(Trouble::NotAsked))
        }
    }
}

/// The page with the buttons; what was begun before in this browser counts no more.
fn begin(visitor: &Visitor<'_>, asked: Asked, status: StatusCode, note: Option<&'static str>) -> Result<Response, Trouble> {
    let (begun, cookie) = visitor.begin(Errand::Link(asked))?;
    let buttons = &visitor.settings.buttons;
    let locale = visitor.language.locale();
    let set_up = buttons.set_up(locale, visitor.ways("return", &begun), None)?;
    let sign_in = buttons.sign_in(locale, visitor.ways("signed-in", &begun))?;
    let decline = format!("/decline/{}", begun.id);
    let page = pages::Link {
        w: visitor.language,
        note,
        set_up: &set_up,
        // Whoever has no wallet here need not sign in to see that once more.
        sign_in: (note != Some(NO_WALLET)).then_some(&sign_in),
        decline: &decline,
        script: &buttons.script,
    };
    Ok((with([cookie]), page_of(status, &page)?).into_response())
}

const NO_WALLET: &str = "link-no-wallet";

/// GET `/return/{id}`: the buyer has agreed at Amazon.
pub(super) async fn returned<S, C>(
    State(link): Shared<S, C>,
    Path(id): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response
where
    S: Grants + Wallets + Send,
    C: Consents + Send,
{
    let visitor = Visitor::new(&link.settings, &headers);
    visitor.answer(link.returned(&visitor, &id, query.as_deref()).await)
}

/// GET `/signed-in/{id}`: Amazon vouches for a buyer.
pub(super) async fn signed_in<S, C>(
    State(link): Shared<S, C>,
    Path(id): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response
where
    S: Grants + Wallets + Send,
    C: Consents + Send,
{
    let visitor = Visitor::new(&link.settings, &headers);
    visitor.answer(link.signed_in(&visitor, &id, query.as_deref()).await)
}

/// GET `/cancelled/{id}`: the buyer has turned back at Amazon, and may think again.
pub(super) async fn cancelled<S: Send + Sync, C: Send + Sync>(
    State(link): Shared<S, C>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let visitor = Visitor::new(&link.settings, &headers);
    visitor.answer(visitor.begun(&id).and_then(|begun| turned_back(&visitor, begun)))
}

/// GET `/decline/{id}`: back to Alexa without a code.
pub(super) async fn declined<S: Send + Sync, C: Send + Sync>(
    State(link): Shared<S, C>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let visitor = Visitor::new(&link.settings, &headers);
    let answer = visitor.begun(&id).map(|begun| match begun.errand {
        Errand::Link(asked) => redirect(&asked.with_error(Error::AccessDenied), [visitor.forget(Errand::LINK)]),
        errand @ (Errand::Payment | Errand::Cart(_)) => redirect(errand.page(), []),
    });
    visitor.answer(answer)
}

impl<S: Grants + Wallets, C: Consents> Link<S, C> {
    async fn returned(&self, visitor: &Visitor<'_>, id: &str, query: Option<&str>) -> Result<Response, Trouble> {
        let begun = visitor.begun(id)?;
        let params = Params::parse(query.unwrap_or_default().as_bytes());
        let session = params.once("amazonCheckoutSessionId").ok_or(Trouble::Foreign)?;
        let way = visitor.ways("return", &begun).done;
        let (buyer, wallet) = match link::set_up(&self.store, &self.consents, session, &way, &visitor.moment()?).await {
            Ok(set_up) => set_up,
            Err(link::LinkError::Consent(ConsentError::Declined)) => return turned_back(visitor, begun),
            Err(error) => return Err(error.into()),
        };
        let linked = Linked { buyer, generation: wallet.generation };
        match &begun.errand {
            Errand::Link(asked) => self.send_code(visitor, asked, linked).await,
            Errand::Payment | Errand::Cart(_) => {
                Ok(redirect("/payment?note=updated", [visitor.sign_in(&linked), visitor.forget(begun.errand.cookie())]))
            }
        }
    }

    /// A buyer without a wallet is asked to set one up with the other button: two steps. Amazon has one for both (section 10, flow 4), but
    /// no collected page says what the sign-in button's payload asks for it by, so it is not asked for.
    async fn signed_in(&self, visitor: &Visitor<'_>, id: &str, query: Option<&str>) -> Result<Response, Trouble> {
        let begun = visitor.begun(id)?;
        let params = Params::parse(query.unwrap_or_default().as_bytes());
        let token = params.once("buyerToken").ok_or(Trouble::Foreign)?;
        let buyer = self.consents.signed_in(token).await?;
        let wallet = link::look(&self.store, &self.consents, &buyer, &visitor.moment()?).await?;
        let generation = wallet.as_ref().map_or(0, |wallet| wallet.generation);
        let linked = Linked { buyer, generation };
        let asked = match begun.errand {
            Errand::Link(asked) => asked,
            errand @ (Errand::Payment | Errand::Cart(_)) => {
                return Ok(redirect(errand.page(), [visitor.sign_in(&linked), visitor.forget(errand.cookie())]));
            }
        };
        match wallet {
            Some(wallet) if wallet.world == self.settings.shop.world && wallet.state != WalletState::Closed => {
                self.send_code(visitor, &asked, linked).await
            }
            Some(_) | None => begin(visitor, asked, StatusCode::OK, Some(NO_WALLET)),
        }
    }

    /// Back to Alexa, with a code that only Alexa can use.
    async fn send_code(&self, visitor: &Visitor<'_>, asked: &Asked, linked: Linked) -> Result<Response, Trouble> {
        let code = URL_SAFE_NO_PAD.encode(random::bytes::<32>()?);
        let granted = Code {
            id: fingerprint::code(&code).map_err(|_| Trouble::Unavailable)?,
            buyer: linked.buyer,
            generation: linked.generation,
            client: self.settings.client.id().to_owned(),
            redirect: asked.redirect.clone(),
            challenge: asked.challenge.clone(),
            expires: visitor.now.plus(Code::LIFE),
        };
        self.store.put_code(&granted).await?;
        Ok(redirect(&asked.with_code(&code), [visitor.forget(Errand::LINK)]))
    }
}

/// The buyer has not agreed, for all that Amazon sent the browser here.
fn turned_back(visitor: &Visitor<'_>, begun: Begun) -> Result<Response, Trouble> {
    match begun.errand {
        Errand::Link(asked) => begin(visitor, asked, StatusCode::OK, Some("link-declined")),
        errand @ (Errand::Payment | Errand::Cart(_)) => Ok(redirect(&format!("{}?note=cancelled", errand.page()), [])),
    }
}
