//! "My payment": what a buyer sees and changes after signing in with Amazon.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::Link;
use super::browser::{Errand, Trouble, Visitor, page_of, redirect, with};
use crate::adapters::amazon_pay::api::wire::ObjectId;
use crate::adapters::link::oauth::params::Params;
use crate::adapters::link::pages::{self, ButtonView, CodeView};
use crate::adapters::link::{code, token};
use crate::app::link::{self, Now, Owner};
use crate::domain::wallet::{Digits, SavedWallet, UpdateReason, VoiceCode, WalletState};
use crate::ports::{Consents, Store, Wallets};

/// What may be told at the top of the page: the word in its address, and the text. Nothing else of the address is shown.
const NOTES: [(&str, &str); 11] = [
    ("code-saved", "note-code-saved"),
    ("code-removed", "note-code-removed"),
    ("code-not-four", "note-code-not-four"),
    ("code-differs", "note-code-differs"),
    ("code-simple", "note-code-simple"),
    ("asked-always", "note-asked-always"),
    ("asked-seldom", "note-asked-seldom"),
    ("updated", "note-updated"),
    ("cancelled", "note-cancelled"),
    ("closed", "note-closed"),
    ("signed-out", "note-signed-out"),
];

/// GET `/`.
pub(super) async fn home() -> Response {
    redirect("/payment", [])
}

/// GET `/payment`.
pub(super) async fn payment<S, C>(State(link): State<Arc<Link<S, C>>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response
where
    S: Store + Wallets + Send,
    C: Consents + Send,
{
    let visitor = Visitor::new(&link.settings, &headers);
    visitor.answer(link.payment(&visitor, query.as_deref()).await)
}

/// POST `/payment/{wish}`.
pub(super) async fn wish<S, C>(State(link): State<Arc<Link<S, C>>>, Path(wish): Path<String>, headers: HeaderMap, body: Bytes) -> Response
where
    S: Store + Wallets + Send,
    C: Consents + Send,
{
    let visitor = Visitor::new(&link.settings, &headers);
    visitor.answer_to_form(link.wish(&visitor, &wish, &Params::parse(&body)).await, || "/payment".to_owned())
}

impl<S: Store + Wallets, C: Consents> Link<S, C> {
    async fn payment(&self, visitor: &Visitor<'_>, query: Option<&str>) -> Result<Response, Trouble> {
        let params = Params::parse(query.unwrap_or_default().as_bytes());
        let note = params.once("note").and_then(|word| NOTES.iter().find(|(own, _)| *own == word)).map(|(_, text)| *text);
        let Some((linked, form)) = visitor.signed_in() else { return signed_out(visitor, note) };
        let wallet = link::look(&self.store, &self.consents, &linked.buyer, &visitor.moment()?).await?;
        let wallet = wallet.filter(|wallet| wallet.world == self.settings.shop.world);
        if wallet.as_ref().is_some_and(|wallet| wallet.generation != linked.generation) {
            return signed_out(visitor, note);
        }
        let standing = match &wallet {
            None => "payment-none",
            Some(wallet) if wallet.state == WalletState::Chargeable => {
                let orders = self.store.opening(&linked.buyer).await?.orders;
                if link::was_declined(wallet, &orders) { "payment-declined" } else { standing(wallet.state) }
            }
            Some(wallet) => standing(wallet.state),
        };
        shown(visitor, wallet.as_ref(), standing, note, &form)
    }

    async fn wish(&self, visitor: &Visitor<'_>, wish: &str, form: &Params) -> Result<Response, Trouble> {
        let (token::Linked { buyer, generation }, _) = visitor.signed_in().ok_or(Trouble::SignInAgain)?;
        if !form.once("form").is_some_and(|mark| visitor.is_own_form(mark)) {
            return Err(Trouble::SignInAgain);
        }
        let now = visitor.moment()?;
        let store = &self.store;
        let owner = Owner { buyer: &buyer, generation };
        let done = match wish {
            "code" => self.set_code(owner, form, &now).await?,
            "remove-code" => {
                link::amend(store, owner, &now, |wallet| SavedWallet { code: None, always_ask: false, ..wallet }).await?;
                "code-removed"
            }
            "ask-always" => {
                link::amend(store, owner, &now, |wallet| SavedWallet { always_ask: true, ..wallet }).await?;
                "asked-always"
            }
            "ask-seldom" => {
                link::amend(store, owner, &now, |wallet| SavedWallet { always_ask: false, ..wallet }).await?;
                "asked-seldom"
            }
            "close" => {
                link::close(store, &self.consents, owner, &now).await?;
                "closed"
            }
            "sign-out" => {
                let raised = |wallet: SavedWallet| SavedWallet { generation: wallet.generation.wrapping_add(1), ..wallet };
                link::amend(store, owner, &now, raised).await?;
                return Ok(redirect("/payment?note=signed-out", [visitor.forget("visit")]));
            }
            _ => return Err(Trouble::Unknown),
        };
        Ok(redirect(&format!("/payment?note={done}"), []))
    }

    /// A new code, if it is one; this also unlocks.
    async fn set_code(&self, owner: Owner<'_>, form: &Params, now: &Now) -> Result<&'static str, Trouble> {
        let (Some(digits), again) = (form.once("code").and_then(Digits::parse), form.once("again")) else { return Ok("code-not-four") };
        if again.and_then(Digits::parse) != Some(digits) {
            return Ok("code-differs");
        }
        if digits.is_too_simple() {
            return Ok("code-simple");
        }
        let kept = code::keep(&self.settings.codes, owner.buyer, digits)?;
        link::amend(&self.store, owner, now, |wallet| SavedWallet { code: Some(kept.clone()), ..wallet }).await?;
        Ok("code-saved")
    }
}

/// The page for somebody whom we do not know yet.
fn signed_out(visitor: &Visitor<'_>, note: Option<&'static str>) -> Result<Response, Trouble> {
    let (begun, cookie) = visitor.begin(Errand::Payment)?;
    let buttons = &visitor.settings.buttons;
    let sign_in = buttons.sign_in(visitor.language.locale(), visitor.ways("signed-in", &begun))?;
    let page = pages::SignIn { w: visitor.language, note, sign_in: &sign_in, script: &buttons.script };
    Ok((with([cookie]), page_of(StatusCode::OK, &page)?).into_response())
}

/// The page for a buyer.
fn shown(
    visitor: &Visitor<'_>,
    wallet: Option<&SavedWallet>,
    standing: &'static str,
    note: Option<&'static str>,
    form: &str,
) -> Result<Response, Trouble> {
    let (begun, cookie) = visitor.begin(Errand::Payment)?;
    let button = |permission: Option<ObjectId>| -> Result<ButtonView, Trouble> {
        Ok(visitor.settings.buttons.set_up(visitor.language.locale(), visitor.ways("return", &begun), permission)?)
    };
    let change = match wallet {
        None => None,
        Some(wallet) if wallet.state == WalletState::Closed => Some(button(None)?),
        Some(wallet) => Some(button(ObjectId::parse(wallet.permission.as_str()).ok())?),
    };
    let closed = wallet.is_some_and(|wallet| wallet.state == WalletState::Closed);
    let page = pages::Payment {
        w: visitor.language,
        note,
        standing,
        change: change.as_ref(),
        change_title: if closed { "payment-set-up" } else { "payment-change" },
        code: wallet.map(code_view),
        can_close: wallet.is_some_and(|wallet| !closed || !wallet.earlier.is_empty()),
        form,
        script: &visitor.settings.buttons.script,
    };
    Ok((with([cookie]), page_of(StatusCode::OK, &page)?).into_response())
}

const fn standing(state: WalletState) -> &'static str {
    match state {
        WalletState::Chargeable => "payment-chargeable",
        WalletState::Closed => "payment-closed",
        WalletState::NeedsUpdate(reason) => match reason {
            UpdateReason::MethodInvalid => "payment-method-invalid",
            UpdateReason::MethodDeleted => "payment-method-deleted",
            UpdateReason::MethodExpired => "payment-method-expired",
            UpdateReason::MethodNotAllowed => "payment-method-not-allowed",
            UpdateReason::MethodNotSet => "payment-method-not-set",
            UpdateReason::BillingAddressDeleted => "payment-billing-address",
            UpdateReason::ChallengeFailed => "payment-challenge",
        },
    }
}

fn code_view(wallet: &SavedWallet) -> CodeView {
    let standing = match &wallet.code {
        None => "code-none",
        Some(code) if code.is_locked() => "code-locked",
        Some(VoiceCode { .. }) => "code-set",
    };
    CodeView { standing, is_set: wallet.code.is_some(), always: wallet.always_ask }
}
