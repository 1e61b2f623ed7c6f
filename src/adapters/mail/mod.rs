//! Mail to buyers and to the orders department: put into words here, and carried by SES, or into a folder on a laptop.
//!
//! Owns every word of it. Who gets which is decided before ([`crate::domain::message`]); where a mail goes is never logged.

#[cfg(feature = "cli")]
pub mod folder;
mod letters;
mod office;
pub mod ses;
mod view;

use std::future::Future;
use std::io;

use mail_builder::MessageBuilder;
use mail_builder::headers::raw::Raw;

use self::view::View;
use crate::adapters::system::rfc3339;
use crate::adapters::words::{Files, Filling, Words, WordsError};
use crate::domain::ids::Locale;
use crate::domain::message::{Channel, Message};
use crate::domain::order::{Event, Goods, Order};
use crate::domain::shop::{Contact, Mailboxes, Shop, World};
use crate::domain::time::Time;
use crate::domain::wallet::Email;
use crate::ports::{self, Matter, SendError};

/// The languages of mail, with their files.
pub const FILES: Files = Files { folder: "pages/mail", files: &[("en-US", include_str!("../../../pages/mail/en-US.ftl"))] };
/// The text that puts a sum of money.
const MONEY: &str = "money";

/// One mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub channel: Channel,
    pub from: Email,
    /// The sender's name.
    pub name: String,
    pub to: Email,
    /// Where answers go.
    pub reply_to: Option<Email>,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Letter {
    /// The whole mail, as it travels: plain text and markup, for the reader to choose.
    ///
    /// # Errors
    /// Never in practice: text is written to memory.
    pub fn mime(&self) -> io::Result<Vec<u8>> {
        let mail = MessageBuilder::new().from((self.name.as_str(), self.from.as_str())).to(self.to.as_str()).subject(self.subject.as_str());
        let mail = match &self.reply_to {
            Some(reply_to) => mail.reply_to(reply_to.as_str()),
            None => mail,
        };
        // Nobody's absence answers it.
        mail.header("Auto-Submitted", Raw::new("auto-generated")).text_body(self.text.as_str()).html_body(self.html.as_str()).write_to_vec()
    }
}

/// A way for mail.
pub trait Carrier: Sync {
    fn carry(&self, letter: &Letter) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// Puts messages into words, for one shop.
pub struct Writer {
    languages: Vec<Words>,
    shop: String,
    world: World,
    contact: Contact,
    /// Where buyers look after what they pay with.
    page: String,
    /// Whether that is the shop's own, below which the left cart is finished.
    finishes: bool,
    boxes: Mailboxes,
}

/// Where Amazon shows buyers what they pay with, for a shop that has no page of its own.
const AMAZON_PAY_PAGE: &str = "https://pay.amazon.com";

impl Writer {
    /// # Errors
    /// [`WordsError`] when a language has no words.
    pub fn new(shop: &Shop, boxes: Mailboxes) -> Result<Self, WordsError> {
        if shop.locales.is_empty() {
            return Err(WordsError::NoLanguage);
        }
        Ok(Self {
            languages: shop.locales.iter().map(|locale| FILES.read(locale)).collect::<Result<_, _>>()?,
            shop: shop.name.clone(),
            world: shop.world,
            contact: shop.contact.clone(),
            finishes: shop.payment_page.is_some(),
            page: shop.payment_page.clone().unwrap_or_else(|| AMAZON_PAY_PAGE.to_owned()),
            boxes,
        })
    }

    /// A mail; to the orders department where no address is given. `None` for a message that is no mail.
    ///
    /// # Errors
    /// Never in practice: text is written to memory.
    pub fn write(&self, matter: Matter<'_>, to: Option<&Email>) -> askama::Result<Option<Letter>> {
        let view = match matter {
            Matter::Order(order, Message::Buyer(letter)) => self.buyer(self.language(Some(&order.locale)), order, *letter),
            Matter::Order(order, Message::Office(news)) => self.office(self.language(None), order, *news),
            Matter::Chargeback(chargeback) => self.loose_chargeback(self.language(None), chargeback),
            Matter::Order(_, Message::Device(_)) => return Ok(None),
        };
        let channel = if matches!(matter, Matter::Order(_, Message::Buyer(_))) { Channel::Buyer } else { Channel::Office };
        Ok(Some(Letter {
            channel,
            from: self.boxes.from.clone(),
            name: self.shop.clone(),
            to: to.unwrap_or(&self.boxes.orders_department).clone(),
            reply_to: Email::parse(&self.contact.email).filter(|_| channel == Channel::Buyer),
            subject: view.subject.clone(),
            text: view.text()?,
            html: view.html()?,
        }))
    }

    /// The order's language; the shop's first one speaks where there is none.
    fn language(&self, locale: Option<&Locale>) -> &Words {
        let own = self.languages.iter().find(|language| Some(language.locale()) == locale);
        own.unwrap_or(&self.languages[0])
    }

    /// Nothing said yet.
    fn blank(&self, words: &Words) -> View {
        let world = match self.world {
            World::Simulated => Some(words.say("world-simulated", &Filling::new())),
            World::Sandbox => Some(words.say("world-sandbox", &Filling::new())),
            World::Live => None,
        };
        View { locale: words.locale().to_string(), shop: self.shop.clone(), world, ..View::default() }
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("shop", &self.shop).field("world", &self.world).finish_non_exhaustive()
    }
}

/// What was bought, line by line, and what it costs.
fn rows(words: &Words, order: &Order) -> Vec<(String, String)> {
    let Goods::Quoted(quote) = &order.goods else { return Vec::new() };
    let none = Filling::new();
    let lines = quote.lines.iter().map(|line| {
        let named = words.say("line", &vec![("quantity", line.quantity.to_string()), ("name", line.name.clone())]);
        (named, line.amount().map(|amount| words.money(MONEY, amount)).unwrap_or_default())
    });
    let sums = [("row-shipping", quote.shipping), ("row-tax", quote.tax), ("row-total", quote.total)];
    lines.chain(sums.map(|(name, sum)| (words.say(name, &none), words.money(MONEY, sum)))).collect()
}

/// When the buyer said yes.
fn placed(order: &Order) -> String {
    let yes = order.history.iter().find(|entry| entry.what == Event::SaidYes).or(order.history.first());
    yes.map(|entry| when(entry.at)).unwrap_or_default()
}

/// A moment for people.
fn when(at: Time) -> String {
    rfc3339(at).replace('T', " ").replace('Z', " UTC")
}

/// The parcel that the history names last.
fn parcel(order: &Order) -> Option<String> {
    let shipped = order.history.iter().rev().find(|entry| entry.what == Event::Shipped)?;
    shipped.note.as_ref().map(ToString::to_string)
}

/// Mail by one way.
#[derive(Debug)]
pub struct Mailroom<C> {
    pub writer: Writer,
    pub carrier: C,
}

impl<C: Carrier> ports::Mail for Mailroom<C> {
    async fn send(&self, matter: Matter<'_>, to: Option<&Email>) -> Result<(), SendError> {
        match self.writer.write(matter, to) {
            Ok(Some(letter)) => self.carrier.carry(&letter).await,
            Ok(None) => Ok(()),
            Err(error) => Err(SendError::NotNow(Box::new(error))),
        }
    }
}

#[cfg(test)]
mod tests;
