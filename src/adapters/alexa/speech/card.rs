//! Cards: what the Alexa app shows, plain text. The order number is here and nowhere in speech.

use super::id::{self, Id};
use super::voice::Voice;
use crate::adapters::alexa::to_wire::Card;
use crate::domain::dialog::{Blocked, Reply, Say};
use crate::domain::order::{Goods, Order, State};
use crate::domain::place::Address;
use crate::domain::quote::QuotedLine;
use crate::domain::shop::{Contact, World};

/// The card that goes with one thing that is said.
#[allow(clippy::wildcard_enum_match_arm, reason = "most of what is said has no card")]
pub(super) fn of(voice: &Voice, reply: &Reply, say: &Say) -> Option<Card> {
    // A cart that is kept can be finished on the page, whatever keeps the wallet from paying for it.
    let finish =
        voice.shop.payment_page.as_ref().filter(|_| reply.says.contains(&Say::CartKept)).map(|page| at(voice, id::CARD_CART, page));
    match say {
        Say::ConsentNeeded | Say::ConsentToCheck => Some(Card::Consent),
        Say::Blocked(Blocked::NotLinked) => Some(Card::LinkAccount),
        Say::Blocked(Blocked::Closed) => Some(finish.map_or(Card::LinkAccount, |finish| payment(voice, [finish]))),
        // Links on cards cannot be tapped, so the address has to be short enough to type.
        Say::Blocked(Blocked::Update) => {
            let page = voice.shop.payment_page.as_ref()?;
            Some(payment(voice, [at(voice, id::CARD_PAYMENT, page)].into_iter().chain(finish)))
        }
        Say::CodeLocked => voice.shop.payment_page.as_ref().map(|page| payment(voice, [at(voice, id::CARD_CODE, page)])),
        Say::Ordered { order } => Some(ordered(voice, order)),
        Say::CancelByContact { contact } => Some(reach(voice, id::CARD_CANCEL_TITLE, id::CARD_CANCEL, contact)),
        Say::RefundByContact { contact } => Some(reach(voice, id::CARD_REFUND_TITLE, id::CARD_REFUND, contact)),
        Say::Contact { contact } => Some(reach(voice, id::CARD_CONTACT_TITLE, id::CARD_CONTACT, contact)),
        _ => None,
    }
}

/// A line that names an address below that of the buyer's page.
fn at(voice: &Voice, line: Id, page: &str) -> String {
    voice.say(line, [("page", page.into())])
}

fn payment(voice: &Voice, lines: impl IntoIterator<Item = String>) -> Card {
    let text = lines.into_iter().collect::<Vec<_>>().join("\n");
    Card::Simple { title: voice.shop(id::CARD_PAYMENT_TITLE), text }
}

/// Items, sums, where it goes, the order's number, thanks, and whom to ask.
fn ordered(voice: &Voice, order: &Order) -> Card {
    let captured = matches!(order.state, State::Paid(_));
    let mut lines = Vec::new();
    match order.world {
        World::Simulated => lines.extend([voice.plain(id::CARD_SIMULATED), String::new()]),
        World::Sandbox => lines.extend([voice.plain(id::CARD_SANDBOX), String::new()]),
        World::Live => {}
    }
    if let Goods::Quoted(quote) = &order.goods {
        lines.extend(quote.lines.iter().map(|line| item(voice, line)));
        lines.push(String::new());
        lines.push(voice.amount(id::CARD_ITEMS, quote.items));
        if voice.shop.undelivered.is_none() {
            lines.push(voice.amount(id::CARD_SHIPPING, quote.shipping));
        }
        if !voice.shop.rates.tax.is_empty() {
            lines.push(voice.amount(id::CARD_TAX, quote.tax));
        }
        lines.push(voice.amount(if captured { id::CARD_TOTAL_PAID } else { id::CARD_TOTAL_AUTHORIZED }, quote.total));
        lines.push(String::new());
    }
    if let Some(address) = order.address.as_ref().map(Address::spoken).filter(|address| !address.is_empty()) {
        lines.push(voice.say(id::CARD_ADDRESS, [("address", address.into())]));
    }
    lines.push(voice.say(id::CARD_NUMBER, [("number", order.id.as_str().into())]));
    lines.push(String::new());
    lines.push(voice.shop(id::CARD_THANKS));
    lines.extend(contact(voice, &voice.shop.contact));
    Card::Simple { title: voice.shop(id::CARD_ORDER_TITLE), text: lines.join("\n") }
}

fn item(voice: &Voice, line: &QuotedLine) -> String {
    // A quote that was made has amounts that fit.
    let amount = line.amount().unwrap_or(line.unit);
    let (name, amount) = (line.name.as_str(), voice.money(amount));
    voice.say(id::CARD_LINE, [("quantity", line.quantity.into()), ("name", name.into()), ("amount", amount.into())])
}

fn reach(voice: &Voice, title: Id, lead: Id, to: &Contact) -> Card {
    let lines: Vec<_> = [voice.plain(lead)].into_iter().chain(contact(voice, to)).collect();
    Card::Simple { title: voice.shop(title), text: lines.join("\n") }
}

fn contact(voice: &Voice, contact: &Contact) -> Vec<String> {
    let parts = [
        (id::CARD_PHONE, "phone", contact.phone.as_str()),
        (id::CARD_EMAIL, "email", contact.email.as_str()),
        (id::CARD_HOURS, "hours", contact.hours.as_str()),
    ];
    parts.into_iter().filter(|(_, _, text)| !text.is_empty()).map(|(id, name, text)| voice.say(id, [(name, text.into())])).collect()
}
