//! The cart that was left at the speaker, finished on a phone.
//!
//! Whoever is signed in here sees the total and agrees at Amazon, and comes back to [`done`]; whoever is not goes to Amazon first, comes
//! back to [`reviewed`] to see the total, agrees to it with [`buy`], and goes on at Amazon. Either way nothing is charged before [`done`]
//! has stored what was agreed to. A further way, to be sent to Amazon's sign-in page without pressing a button, is not offered: its
//! address is in no collected page (`reference/amazon-pay-v2.md`, section 10).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Link;
use super::browser::{Begun, Errand, Offer, Trouble, Visitor, redirect, with};
use super::shown::{Shown, goods, shown, told};
use crate::adapters::amazon_pay::api::wallet::Purchase;
use crate::adapters::fingerprint;
use crate::adapters::link::buttons::Destination;
use crate::adapters::link::key::Purpose;
use crate::adapters::link::oauth::params::Params;
use crate::adapters::link::token::Linked;
use crate::adapters::link::{offer, pages, seal};
use crate::app::finish::{agreed, destination};
use crate::app::{Finished, Till, link};
use crate::domain::dialog::{self, Look, Moment, NotFinished, Opening, To, Waiting};
use crate::domain::ids::{BuyerId, CheckoutId, WriteId};
use crate::domain::order::Order;
use crate::domain::payment::CheckoutStanding;
use crate::domain::quote::NoQuote;
use crate::ports::{Buyers, Charges, Checkout, Checkouts, Store, Terms, Wallets};
use crate::telemetry::chain;

type Shared<S, C> = State<Arc<Link<S, C>>>;

/// What may be told at the top of the page: the word in its address, and the text.
const NOTES: [(&str, &str); 4] =
    [("cancelled", "note-cart-cancelled"), ("changed", "note-cart-changed"), ("wait", "note-cart-wait"), ("over", "note-cart-over")];

/// GET `/cart`.
pub(super) async fn cart<S, C>(State(link): Shared<S, C>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response
where
    S: Store + Send,
    C: Send + Sync,
{
    let visitor = Visitor::new(&link.settings, &headers);
    visitor.answer(link.cart(&visitor, query.as_deref()).await)
}

/// GET `/cart/review/{id}`: the buyer has chosen address and payment at Amazon, and sees the total.
pub(super) async fn reviewed<S, C>(
    State(link): Shared<S, C>,
    Path(id): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response
where
    S: Store + Send,
    C: Checkouts + Send,
{
    let visitor = Visitor::new(&link.settings, &headers);
    visitor.answer(link.reviewed(&visitor, &id, &params(query.as_deref())).await)
}

/// POST `/cart/buy/{id}`: the buyer agrees to the total, and goes on at Amazon.
pub(super) async fn buy<S, C>(State(link): Shared<S, C>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response
where
    S: Store + Send,
    C: Checkouts + Send,
{
    let visitor = Visitor::new(&link.settings, &headers);
    let form = Params::parse(&body);
    let answer = link.buy(&visitor, &id, &form).await;
    visitor.answer_to_form(answer, || total_of(&visitor, &id, &form).unwrap_or_else(|| "/cart".to_owned()))
}

/// GET `/cart/done/{id}`: the buyer has agreed at Amazon.
pub(super) async fn done<S, C>(State(link): Shared<S, C>, Path(id): Path<String>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response
where
    S: Store + Wallets + Send,
    C: Checkouts + Charges + Buyers + Send,
{
    let visitor = Visitor::new(&link.settings, &headers);
    visitor.answer(link.done(&visitor, &id, &params(query.as_deref())).await)
}

fn params(query: Option<&str>) -> Params {
    Params::parse(query.unwrap_or_default().as_bytes())
}

/// The checkout that Amazon names on the buyer's way back.
fn named(params: &Params, name: &str) -> Result<CheckoutId, Trouble> {
    params.once(name).and_then(|id| CheckoutId::parse(id).ok()).ok_or(Trouble::Foreign)
}

impl<S: Store, C> Link<S, C> {
    async fn cart(&self, visitor: &Visitor<'_>, query: Option<&str>) -> Result<Response, Trouble> {
        let params = params(query);
        let note = params.once("note").and_then(|word| NOTES.iter().find(|(own, _)| *own == word)).map(|(_, text)| *text);
        let Some((Linked { buyer, generation }, _)) = visitor.signed_in() else { return signed_out(visitor, note) };
        let opening = self.store.opening(&buyer).await?;
        let world = self.settings.shop.world;
        let wallet = opening.wallet.as_ref().filter(|wallet| wallet.world == world);
        if wallet.is_some_and(|wallet| wallet.generation != generation) {
            return signed_out(visitor, note);
        }
        let (begun, cookie) = visitor.begin(Errand::Cart(None))?;
        let mark = offer::looking(&buyer);
        let waiting = match dialog::look(&self.moment(visitor, &buyer, &mark), &opening, To::Kept) {
            Look::Cart(waiting) => waiting,
            Look::Wait => return shown(visitor, Shown { note, lead: "cart-wait", ..Shown::default() }),
            Look::Nothing => return shown(visitor, Shown { note, lead: "cart-none", ..Shown::default() }),
        };
        let page = self.signed_in_page(visitor, &begun, &waiting, note)?;
        // What is agreed to at Amazon is compared with what was shown here.
        let cookie = match &waiting.price {
            Ok(_) => visitor.go_on(begun.id, Errand::Cart(Some(Offer { shown: fingerprint_of(&waiting)?, chosen: false })))?.1,
            Err(_) => cookie,
        };
        Ok((with([cookie]), shown(visitor, page)?).into_response())
    }

    /// What a signed-in buyer sees of the cart, with the buttons that there are for it.
    fn signed_in_page(
        &self,
        visitor: &Visitor<'_>,
        begun: &Begun,
        waiting: &Waiting,
        note: Option<&'static str>,
    ) -> Result<Shown<'static>, Trouble> {
        let (shop, buttons, locale) = (&self.settings.shop, &self.settings.buttons, visitor.language.locale());
        let delivers = shop.undelivered.is_none();
        let goods = Some(goods(visitor, waiting));
        let express = || buttons.express(locale, visitor.ways("cart/review", begun), delivers);
        let (lead, check_out, express) = match &waiting.price {
            Ok(_) => {
                let ways = visitor.ways("cart/done", begun);
                let purchase = Terms::of(waiting, ways.done.clone()).map(|terms| Purchase::from(&terms));
                let to = waiting.address.as_ref().filter(|_| delivers).map_or(Destination::Nowhere, Destination::Address);
                let check_out = purchase.map(|purchase| buttons.check_out(locale, ways, &purchase, to)).transpose()?;
                ("cart-left", check_out.flatten(), delivers.then(express).transpose()?)
            }
            Err(NoQuote::Undelivered(zone)) if zone.country.is_empty() => ("cart-no-address", None, Some(express()?)),
            Err(NoQuote::Undelivered(_)) => ("cart-undelivered", None, Some(express()?)),
            Err(NoQuote::TooMuch { .. }) => ("cart-too-much", None, None),
            Err(NoQuote::Empty | NoQuote::Gone(_)) => ("cart-none", None, None),
        };
        Ok(Shown { note, lead, goods, check_out, express, ..Shown::default() })
    }

    fn moment<'m>(&'m self, visitor: &Visitor<'m>, buyer: &'m BuyerId, write: &'m WriteId) -> Moment<'m> {
        Moment { shop: &self.settings.shop, buyer, locale: visitor.language.locale(), now: visitor.now, write, consent: false, link: None }
    }
}

impl<S: Store, C: Checkouts> Link<S, C> {
    async fn reviewed(&self, visitor: &Visitor<'_>, id: &str, params: &Params) -> Result<Response, Trouble> {
        let (begun, checkout, buyer) = self.chosen(visitor, id, &named(params, "amazonCheckoutSessionId")?).await?;
        if let Some(elsewhere) = settled(visitor, &begun, &checkout) {
            return Ok(elsewhere);
        }
        let (opening, mark) = (self.store.opening(&buyer).await?, offer::looking(&buyer));
        self.review(visitor, &begun, &checkout, &self.moment(visitor, &buyer, &mark), &opening, None)
    }

    /// A checkout that has come back for review to where this browser began it, and whose it is.
    async fn chosen(&self, visitor: &Visitor<'_>, id: &str, named: &CheckoutId) -> Result<(Begun, Checkout, BuyerId), Trouble> {
        let begun = visitor.begun(id)?;
        let Errand::Cart(_) = &begun.errand else { return Err(Trouble::Foreign) };
        let checkout = self.consents.checkout(named).await?;
        if checkout.review.as_deref() != Some(visitor.ways("cart/review", &begun).done.as_str()) {
            return Err(Trouble::Foreign);
        }
        let buyer = checkout.buyer.clone().ok_or(Trouble::Foreign)?;
        Ok((begun, checkout, buyer))
    }

    /// The total, and the form that buys.
    fn review(
        &self,
        visitor: &Visitor<'_>,
        begun: &Begun,
        checkout: &Checkout,
        moment: &Moment<'_>,
        opening: &Opening,
        note: Option<&'static str>,
    ) -> Result<Response, Trouble> {
        let waiting = match dialog::look(moment, opening, destination(checkout, true)) {
            Look::Cart(waiting) => waiting,
            Look::Wait => return shown(visitor, Shown { note, lead: "cart-wait", ..Shown::default() }),
            Look::Nothing => return shown(visitor, Shown { note, lead: "cart-none", ..Shown::default() }),
        };
        if waiting.price.is_err() {
            let page = self.signed_in_page(visitor, begun, &waiting, note)?;
            return shown(visitor, page);
        }
        let form = seal::mark(&self.settings.key, Purpose::Form, &proven_by(begun, &fingerprint_of(&waiting)?));
        let action = format!("/cart/buy/{}", begun.id);
        let buy = Some(pages::Buy { action: &action, form: &form, checkout: checkout.id.as_str() });
        shown(visitor, Shown { note, lead: "cart-review", goods: Some(goods(visitor, &waiting)), buy, ..Shown::default() })
    }

    async fn buy(&self, visitor: &Visitor<'_>, id: &str, form: &Params) -> Result<Response, Trouble> {
        let (begun, checkout, buyer) = self.chosen(visitor, id, &named(form, "checkout")?).await?;
        if let Some(elsewhere) = settled(visitor, &begun, &checkout) {
            return Ok(elsewhere);
        }
        let (opening, mark) = (self.store.opening(&buyer).await?, offer::looking(&buyer));
        let moment = self.moment(visitor, &buyer, &mark);
        let waiting = match dialog::look(&moment, &opening, destination(&checkout, true)) {
            Look::Cart(waiting) => Some(waiting),
            Look::Wait | Look::Nothing => None,
        };
        let seen = waiting.as_deref().map(fingerprint_of).transpose()?;
        let proven = |shown: &String| {
            let about = proven_by(&begun, shown);
            form.once("form").is_some_and(|mark| seal::is_mark(&self.settings.key, Purpose::Form, &about, mark))
        };
        let terms = waiting.and_then(|waiting| Terms::of(&waiting, visitor.ways("cart/done", &begun).done));
        let (Some(terms), Some(seen)) = (terms, seen.filter(proven)) else {
            return self.review(visitor, &begun, &checkout, &moment, &opening, Some("note-cart-changed"));
        };
        let way = self.consents.put_terms(&checkout.id, &terms).await?;
        let (_, cookie) = visitor.go_on(begun.id, Errand::Cart(Some(Offer { shown: seen, chosen: true })))?;
        Ok((StatusCode::SEE_OTHER, with([cookie]), [(header::LOCATION, way)]).into_response())
    }
}

impl<S: Store + Wallets, C: Checkouts + Charges + Buyers> Link<S, C> {
    async fn done(&self, visitor: &Visitor<'_>, id: &str, params: &Params) -> Result<Response, Trouble> {
        let begun = visitor.begun(id)?;
        let Errand::Cart(Some(offer)) = &begun.errand else { return Err(Trouble::Foreign) };
        let checkout = self.consents.checkout(&named(params, "amazonCheckoutSessionId")?).await?;
        // Nobody is sent here to finish what another browser has begun.
        if checkout.done.as_deref() != Some(visitor.ways("cart/done", &begun).done.as_str()) {
            return Err(Trouble::Foreign);
        }
        let agreed = agreed(&checkout, offer.chosen)?;
        let (order, buyer) = (agreed.order, agreed.order.buyer());
        let mark = offer::mark(&checkout.id, order);
        let moment = self.moment(visitor, &buyer, &mark);
        let till = Till { store: &self.store, charges: &self.consents, codes: None, mark: fingerprint::mark };
        let shown = |waiting: &Waiting| fingerprint_of(waiting).is_ok_and(|seen| seen == offer.shown);
        let (order, placed) = match till.finish(&moment, &agreed, shown).await? {
            Finished::Order { order, placed } => (order, placed),
            // What was begun is over: going back in the browser must not buy later.
            Finished::Not(why) => {
                let note = match why {
                    NotFinished::MustWait => "wait",
                    NotFinished::Changed => "changed",
                    NotFinished::Over => "over",
                    NotFinished::Lost => {
                        tracing::error!(checkout = checkout.id.as_str(), order = order.as_str(), "a completed checkout has no order");
                        return Err(Trouble::InDoubt);
                    }
                };
                return Ok(redirect(&format!("/cart?note={note}"), [visitor.forget(Errand::CART)]));
            }
        };
        let page = told(visitor, &order)?;
        // Loading the page again shows the same, but signs nobody in: whoever does so has not been at Amazon.
        Ok(match self.kept(visitor, &order).await.filter(|_| placed) {
            Some(linked) => (with([visitor.sign_in(&linked)]), page).into_response(),
            None => page,
        })
    }

    /// Keeps the consent that has come with the purchase as the buyer's wallet, and says who is signed in by that. The purchase is what it
    /// is without it.
    async fn kept(&self, visitor: &Visitor<'_>, order: &Order) -> Option<Linked> {
        let now = visitor.moment().ok()?;
        match link::keep(&self.store, &self.consents, order, &now).await {
            Ok(kept) => kept.map(|(buyer, wallet)| Linked { buyer, generation: wallet.generation }),
            Err(error) => {
                tracing::warn!(order = order.id.as_str(), error = chain(&error), "the consent of a purchase was not kept as a wallet");
                None
            }
        }
    }
}

/// The page with the total that a form was on.
fn total_of(visitor: &Visitor<'_>, id: &str, form: &Params) -> Option<String> {
    let (begun, checkout) = (visitor.begun(id).ok()?, named(form, "checkout").ok()?);
    Some(format!("/cart/review/{}?amazonCheckoutSessionId={checkout}", begun.id))
}

/// What a form of ours is a proof of: nobody else can make one, and it goes for nothing but what was shown.
fn proven_by(begun: &Begun, shown: &str) -> String {
    format!("{} {shown}", begun.id)
}

/// Where the buyer goes who comes back to the total of a checkout that has come to its end.
fn settled(visitor: &Visitor<'_>, begun: &Begun, checkout: &Checkout) -> Option<Response> {
    match checkout.standing {
        CheckoutStanding::Open => None,
        CheckoutStanding::Completed => Some(redirect(&format!("/cart/done/{}?amazonCheckoutSessionId={}", begun.id, checkout.id), [])),
        CheckoutStanding::Over => Some(redirect("/cart?note=over", [visitor.forget(Errand::CART)])),
    }
}

/// Tells what was shown from everything else that could have been.
fn fingerprint_of(waiting: &Waiting) -> Result<String, Trouble> {
    offer::shown(waiting).map_err(|error| {
        tracing::error!(error = chain(&error), "a cart cannot be written down");
        Trouble::Unavailable
    })
}

/// The page for somebody whom we do not know yet: to sign in, or to go to Amazon at once.
fn signed_out(visitor: &Visitor<'_>, note: Option<&'static str>) -> Result<Response, Trouble> {
    let (begun, cookie) = visitor.begin(Errand::Cart(None))?;
    let (buttons, locale) = (&visitor.settings.buttons, visitor.language.locale());
    let delivers = visitor.settings.shop.undelivered.is_none();
    let page = Shown {
        note,
        lead: "cart-lead",
        sign_in: Some(buttons.sign_in(locale, visitor.ways("signed-in", &begun))?),
        express: Some(buttons.express(locale, visitor.ways("cart/review", &begun), delivers)?),
        ..Shown::default()
    };
    Ok((with([cookie]), shown(visitor, page)?).into_response())
}
