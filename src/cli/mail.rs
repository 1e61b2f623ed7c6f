//! `voicetill mail`: what buyers and the orders department read, to look at before anybody does.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Failure;
use crate::adapters::mail::{Letter as Mail, Writer};
use crate::config::Config;
use crate::domain::ids::{BuyerId, IdError, Locale, OrderId, WriteId};
use crate::domain::message::{Letter, Message, News};
use crate::domain::money::Money;
use crate::domain::order::{Actor, Attention, Entry, Event, Goods, Hold, Note, Order, Paid, Rail, State, Warning};
use crate::domain::payment::{Attempt, CaptureMode, Decline, Names, Timing};
use crate::domain::place::Address;
use crate::domain::quote::{Quote, QuotedLine};
use crate::domain::shop::{Mailboxes, Shop};
use crate::domain::time::Time;
use crate::domain::wallet::Email;
use crate::ports::Matter;

/// Mail about orders: see what it says.
#[derive(Clone, Debug, Args)]
pub struct MailArgs {
    #[command(subcommand)]
    pub command: MailCommand,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum MailCommand {
    Preview(PreviewArgs),
}

/// Show a mail as it would be sent, about an order of this shop's first products; without a name, list all of them.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = "Examples:\n  voicetill mail preview\n  voicetill mail preview buyer-confirmed --html > confirmed.html")]
pub struct PreviewArgs {
    /// The mail, as the list names it.
    pub name: Option<String>,
    /// The language; without it the shop's first.
    #[arg(long)]
    pub locale: Option<String>,
    /// The markup instead of the text.
    #[arg(long)]
    pub html: bool,
    /// JSON for programs: everything.
    #[arg(long, conflicts_with = "html")]
    pub json: bool,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("this shop writes no mail: add the section [mail] to shop.toml")]
    NoMail,
    #[error("there is no mail {0}: `voicetill mail preview` lists them")]
    Unknown(String),
    #[error("--locale: the shop does not speak {0}; it speaks {1}")]
    NotSpoken(String, String),
    #[error("the output could not be written")]
    Output(#[from] io::Error),
}

#[derive(Serialize)]
struct Shown<'m> {
    name: &'m str,
    to: &'m str,
    subject: &'m str,
    text: &'m str,
    html: &'m str,
}

/// Runs the command.
///
/// # Errors
/// [`MailError`], or what is wrong with the words.
pub fn run(args: &MailArgs, config: &Config, out: &mut impl Write) -> Result<(), Failure> {
    let MailCommand::Preview(args) = &args.command;
    let boxes = config.mail.clone().ok_or(MailError::NoMail)?;
    let order = example(&config.shop, locale(&config.shop, args.locale.as_deref())?)?;
    let all = all(&order);
    let wanted = match &args.name {
        Some(name) => {
            let found: Vec<_> = all.iter().filter(|(known, _)| known == name).collect();
            if found.is_empty() {
                return Err(MailError::Unknown(name.clone()).into());
            }
            found
        }
        None => all.iter().collect(),
    };
    let written = wanted.iter().map(|(name, message)| Ok((name.as_str(), write(&config.shop, &boxes, &order, message)?)));
    let written: Vec<(&str, Mail)> = written.collect::<Result<_, Failure>>()?;
    if args.json {
        let shown = |(name, mail): &'_ (&'_ str, Mail)| {
            serde_json::to_value(Shown { name, to: mail.to.as_str(), subject: &mail.subject, text: &mail.text, html: &mail.html })
        };
        let shown = written.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(&shown)?)?);
    }
    for (name, mail) in &written {
        match &args.name {
            Some(_) if args.html => write!(out, "{}", mail.html)?,
            Some(_) => write!(out, "To: {}\nSubject: {}\n\n{}", mail.to.as_str(), mail.subject, mail.text)?,
            None => writeln!(out, "{name:<34} {}", mail.subject)?,
        }
    }
    Ok(())
}

fn locale<'s>(shop: &'s Shop, wanted: Option<&str>) -> Result<&'s Locale, MailError> {
    let Some(wanted) = wanted else { return Ok(&shop.locales[0]) };
    let spoken = || shop.locales.iter().map(Locale::as_str).collect::<Vec<_>>().join(", ");
    shop.locales.iter().find(|own| own.as_str() == wanted).ok_or_else(|| MailError::NotSpoken(wanted.to_owned(), spoken()))
}

fn write(shop: &Shop, boxes: &Mailboxes, order: &Order, message: &Message) -> Result<Mail, Failure> {
    let order = Order { state: state(order, message), ..order.clone() };
    let buyer = Email::parse("buyer@example.com").filter(|_| matches!(message, Message::Buyer(_)));
    let mut shop = shop.clone();
    // The department's language is the shop's first.
    shop.locales.sort_by_key(|locale| *locale != order.locale);
    let mail = Writer::new(&shop, boxes.clone())?.write(Matter::Order(&order, message), buyer.as_ref())?;
    mail.ok_or_else(|| "a message that is no mail".into())
}

/// Every mail, under the name that it is asked for by.
fn all(order: &Order) -> Vec<(String, Message)> {
    let amount = order.total().unwrap_or(Money::zero(crate::domain::money::Currency::Usd));
    let letters = [
        ("received", Letter::Received),
        ("confirmed", Letter::Confirmed),
        ("declined-soft", Letter::Declined(Decline::InvalidPaymentMethodSoft)),
        ("declined-hard", Letter::Declined(Decline::InvalidPaymentMethodHard)),
        ("declined-rejected", Letter::Declined(Decline::AmazonRejected)),
        ("declined-closed", Letter::Declined(Decline::AgreementNotOpen)),
        ("charged", Letter::Charged(amount)),
        ("shipped", Letter::Shipped),
        ("refunded", Letter::Refunded(amount)),
        ("cancelled", Letter::Cancelled),
        ("expired", Letter::Expired),
        ("not-renewed", Letter::NotRenewed(Decline::InvalidPaymentMethodHard)),
    ];
    let news = [
        ("queued", News::Queued),
        ("held", News::Held),
        ("paid", News::Paid),
        ("declined", News::Declined(Decline::AmazonRejected)),
        ("captured", News::Captured(amount)),
        ("going-back", News::GoingBack(amount)),
        ("rest-held", News::RestHeld(amount)),
        ("rest-declined", News::RestDeclined(Decline::AmazonRejected)),
        ("rest-over", News::RestOver),
        ("renewed", News::Renewed(amount)),
        ("not-renewed", News::NotRenewed(Decline::InvalidPaymentMethodHard)),
        ("shipped", News::Shipped),
        ("refunded", News::Refunded(amount)),
        ("refund-failed", News::RefundFailed(amount)),
        ("cancelled", News::Cancelled),
        ("expired", News::Expired),
        ("disputed", News::Disputed),
        ("outcome-unknown", News::NeedsAttention(Attention::OutcomeUnknown)),
        ("amount-differs", News::NeedsAttention(Attention::AmountDiffers)),
        ("unexpected-charge", News::NeedsAttention(Attention::UnexpectedCharge)),
        ("closed-unexpectedly", News::NeedsAttention(Attention::ClosedUnexpectedly)),
        ("capture-failed", News::NeedsAttention(Attention::CaptureFailed)),
        ("held-a-week", News::Warned(Warning::HeldAWeek)),
        ("hold-ends", News::Warned(Warning::HoldEnds)),
        ("consent-ends", News::Warned(Warning::ConsentEnds)),
        ("stuck", News::Warned(Warning::Stuck)),
    ];
    let letters = letters.map(|(name, letter)| (format!("buyer-{name}"), Message::Buyer(letter)));
    letters.into_iter().chain(news.map(|(name, news)| (format!("office-{name}"), Message::Office(news)))).collect()
}

fn attempt(order: &Order) -> Attempt {
    let amount = order.total().unwrap_or(Money::zero(crate::domain::money::Currency::Usd));
    Attempt { number: 1, amount, capture: CaptureMode::Immediate, timing: Timing::Synchronous, checkout: None }
}

/// How the order stands when such a mail is sent, as far as the mail shows it.
fn state(order: &Order, message: &Message) -> State {
    let (attempt, names) = (attempt(order), Names::default());
    match message {
        Message::Office(News::Held | News::Renewed(_) | News::Warned(_)) => {
            State::Authorized(Hold { attempt, names, since: order.changed(), refused: 0 })
        }
        Message::Office(News::Disputed) => {
            State::Disputed(Paid { captured: attempt.amount, attempt, names, refunds: Vec::new(), captures: 0, parcels: Vec::new() })
        }
        Message::Buyer(_) | Message::Office(_) | Message::Device(_) => {
            State::Paid(Paid { captured: attempt.amount, attempt, names, refunds: Vec::new(), captures: 0, parcels: Vec::new() })
        }
    }
}

/// An order of the first two products.
fn example(shop: &Shop, locale: &Locale) -> Result<Order, IdError> {
    const NOW: Time = Time::from_unix(1_795_000_000);
    let (buyer, write) = (BuyerId::parse("0123456789ABCDEF")?, WriteId::of_bits(1));
    let zero = Money::zero(shop.rates.currency);
    let lines = shop.catalog.products().take(2).map(|product| {
        let name = product.name(locale, 1).to_owned();
        QuotedLine { sku: product.sku, name, quantity: 1, unit: product.price }
    });
    let lines: Vec<_> = lines.collect();
    let items = lines.iter().fold(zero, |sum, line| sum.plus(line.unit).unwrap_or(sum));
    let entry = |at: i64, who, what, note: Option<&str>| Entry {
        at: NOW.plus(at),
        who,
        what,
        to: "Paid",
        write: write.clone(),
        note: note.and_then(|note| Note::parse(note).ok()),
    };
    Ok(Order {
        id: OrderId::begin(&shop.order_prefix, &buyer, NOW, &write),
        rail: Rail::SavedWallet,
        world: shop.world,
        locale: locale.clone(),
        goods: Goods::Quoted(Quote { lines, items, shipping: zero, tax: zero, total: items }),
        agreement: None,
        address: Some(Address { name: Some("Ada Example".to_owned()), city: Some("Seattle".to_owned()), ..Address::default() }),
        state: State::Ready,
        history: vec![
            entry(0, Actor::Buyer, Event::SaidYes, None),
            entry(2, Actor::Amazon, Event::ChargeAnswered, None),
            entry(Time::DAY, Actor::Merchant, Event::Shipped, Some("UPS 1Z999AA10123456784")),
        ],
    })
}
