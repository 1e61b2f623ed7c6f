//! What a buyer reads.

use super::view::View;
use super::{MONEY, Writer, parcel, placed, rows};
use crate::adapters::words::{Filling, Words};
use crate::domain::message::Letter;
use crate::domain::order::{Order, Rail, State};
use crate::domain::payment::Decline;
use crate::domain::place::Address;

impl Writer {
    pub(super) fn buyer(&self, words: &Words, order: &Order, letter: Letter) -> View {
        let total = order.total().map(|total| words.money(MONEY, total)).unwrap_or_default();
        let mut filling: Filling = vec![("shop", self.shop.clone()), ("total", total), ("page", self.page.clone())];
        if let Letter::Charged(amount) | Letter::Refunded(amount) = letter {
            filling.push(("amount", words.money(MONEY, amount)));
        }
        let say = |id: &str| words.say(id, &filling);
        let kind = kind(letter);
        View {
            subject: say(&format!("{kind}-subject")),
            heading: say(&format!("{kind}-heading")),
            texts: texts(order, letter).into_iter().chain(self.finish(order, letter)).map(say).collect(),
            rows: rows(words, order),
            facts: facts(words, order, letter),
            ending: self.reach(words),
            ..self.blank(words)
        }
    }

    /// Where a cart that was declined waits to be paid in another way, as the card says it that is shown while somebody listens.
    fn finish(&self, order: &Order, letter: Letter) -> Option<&'static str> {
        let other_way = matches!(letter, Letter::Declined(Decline::InvalidPaymentMethodHard | Decline::AgreementNotOpen));
        (self.finishes && other_way && order.rail == Rail::SavedWallet).then_some("declined-cart")
    }

    /// Where a person is reached.
    fn reach(&self, words: &Words) -> Vec<String> {
        let (email, phone) = (self.contact.email.clone(), self.contact.phone.clone());
        let reach = match (email.is_empty(), phone.is_empty()) {
            (false, false) => "both",
            (false, true) => "email",
            (true, _) => "phone",
        };
        let questions = words.say("questions", &vec![("reach", reach.to_owned()), ("email", email), ("phone", phone)]);
        let hours = Some(self.contact.hours.clone()).filter(|hours| !hours.is_empty());
        [questions].into_iter().chain(hours.map(|hours| words.say("hours", &vec![("hours", hours)]))).collect()
    }
}

const fn kind(letter: Letter) -> &'static str {
    match letter {
        Letter::Received => "received",
        Letter::Confirmed => "confirmed",
        Letter::Declined(_) => "declined",
        Letter::Charged(_) => "charged",
        Letter::Shipped => "shipped",
        Letter::Refunded(_) => "refunded",
        Letter::Cancelled => "cancelled",
        Letter::Expired => "expired",
        Letter::NotRenewed(_) => "not-renewed",
    }
}

fn texts(order: &Order, letter: Letter) -> Vec<&'static str> {
    match letter {
        Letter::Received => vec!["received-text"],
        Letter::Confirmed if matches!(order.state, State::Authorized(_)) => vec!["confirmed-held"],
        Letter::Confirmed => vec!["confirmed-taken"],
        Letter::Declined(decline) => vec!["declined-text", what_then(decline)],
        Letter::Charged(_) => vec!["charged-text"],
        Letter::Shipped => vec!["shipped-text"],
        Letter::Refunded(_) => vec!["refunded-text"],
        Letter::Cancelled => vec!["cancelled-text"],
        Letter::Expired => vec!["expired-text"],
        Letter::NotRenewed(decline) => vec!["not-renewed-text", what_then(decline)],
    }
}

/// What a buyer can do about a decline (`reference/order-management.md`, rule 13).
const fn what_then(decline: Decline) -> &'static str {
    match decline {
        Decline::InvalidPaymentMethodSoft | Decline::ProcessingFailure | Decline::NotTried => "declined-soft",
        Decline::InvalidPaymentMethodHard => "declined-hard",
        Decline::AmazonRejected | Decline::TransactionTimedOut => "declined-rejected",
        Decline::AgreementNotOpen => "declined-closed",
    }
}

fn facts(words: &Words, order: &Order, letter: Letter) -> Vec<(String, String)> {
    let parcel = parcel(order).filter(|_| letter == Letter::Shipped);
    let address = order.address.as_ref().map(Address::spoken).filter(|place| !place.is_empty());
    let address = address.filter(|_| matches!(letter, Letter::Confirmed | Letter::Shipped));
    let facts = [
        ("fact-order", Some(order.id.to_string())),
        ("fact-placed", Some(placed(order))),
        ("fact-parcel", parcel),
        ("fact-deliver", address),
    ];
    facts.into_iter().filter_map(|(name, fact)| Some((words.say(name, &Filling::new()), fact?))).collect()
}
