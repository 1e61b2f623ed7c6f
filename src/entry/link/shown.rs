//! What the pages about a cart show.

use axum::http::StatusCode;
use axum::response::Response;

use super::browser::{Trouble, Visitor, page_of};
use crate::adapters::link::pages::{self, ButtonView, Goods, Sums};
use crate::domain::dialog::{Ending, Waiting};
use crate::domain::order::{self, Order};
use crate::domain::place::Address;
use crate::domain::quote::Quote;

/// What the page of the cart shows.
#[derive(Default)]
pub(super) struct Shown<'a> {
    pub note: Option<&'static str>,
    pub lead: &'static str,
    pub goods: Option<Goods>,
    pub check_out: Option<ButtonView>,
    pub express: Option<ButtonView>,
    pub sign_in: Option<ButtonView>,
    pub buy: Option<pages::Buy<'a>>,
}

pub(super) fn shown(visitor: &Visitor<'_>, shown: Shown<'_>) -> Result<Response, Trouble> {
    let Shown { note, lead, goods, check_out, express, sign_in, buy } = shown;
    let page = pages::Cart {
        w: visitor.language,
        note,
        lead,
        goods,
        check_out: check_out.as_ref(),
        express: express.as_ref(),
        sign_in: sign_in.as_ref(),
        buy,
        script: &visitor.settings.buttons.script,
    };
    page_of(StatusCode::OK, &page)
}

pub(super) fn goods(visitor: &Visitor<'_>, waiting: &Waiting) -> Goods {
    match &waiting.price {
        Ok(quote) => priced(visitor, quote, waiting.address.as_ref()),
        Err(_) => Goods {
            lines: waiting
                .cart
                .lines()
                .iter()
                .filter_map(|line| {
                    let product = visitor.settings.shop.catalog.get(line.sku.as_str())?;
                    Some((line.quantity, product.name(visitor.language.locale(), line.quantity).to_owned(), None))
                })
                .collect(),
            sums: None,
            address: waiting.address.as_ref().map(written),
        },
    }
}

fn priced(visitor: &Visitor<'_>, quote: &Quote, address: Option<&Address>) -> Goods {
    let delivers = visitor.settings.shop.undelivered.is_none();
    Goods {
        lines: quote.lines.iter().map(|line| (line.quantity, line.name.clone(), line.amount().ok())).collect(),
        sums: Some(Sums { items: quote.items, shipping: delivers.then_some(quote.shipping), tax: quote.tax, total: quote.total }),
        address: address.map(written),
    }
}

/// An address as it stands on a parcel.
fn written(address: &Address) -> Vec<String> {
    let Address { name, company, lines, city, district, region, postal_code, country, phone: _ } = address;
    let place = [city, district, region, postal_code].into_iter().flatten().cloned().collect::<Vec<_>>().join(", ");
    let parts = [name.clone(), company.clone()].into_iter().flatten().chain(lines.iter().cloned());
    parts.chain([place]).chain(country.clone()).filter(|part| !part.is_empty()).collect()
}

/// What has become of the order.
pub(super) fn told(visitor: &Visitor<'_>, order: &Order) -> Result<Response, Trouble> {
    let (title, text, again) = match Ending::from(&order.state) {
        Ending::Paid => ("cart-thanks", "cart-paid", false),
        Ending::Held => ("cart-thanks", "cart-held", false),
        Ending::Pending => ("cart-pending-title", "cart-pending", false),
        Ending::Doubt => ("cart-doubt-title", "cart-doubt", false),
        Ending::Attention => ("cart-doubt-title", "cart-attention", false),
        Ending::Declined => ("cart-declined-title", "cart-declined", true),
        Ending::Changed => ("cart-changed-title", "cart-changed", true),
    };
    let goods = match &order.goods {
        order::Goods::Quoted(quote) => priced(visitor, quote, order.address.as_ref()),
        order::Goods::Cart(_) => Goods { lines: Vec::new(), sums: None, address: None },
    };
    let page = pages::Done { w: visitor.language, title, text, goods, number: order.id.as_str(), again };
    page_of(StatusCode::OK, &page)
}
