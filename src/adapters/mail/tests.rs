//! Given an order and a message, then a mail: in words that are there, escaped where that matters, and with nothing personal for the desk.

use super::*;
use crate::domain::ids::{AmazonId, BillingAgreementId, BuyerId, OrderId, OrderPrefix, Sku, WriteId};
use crate::domain::message::{self, LooseChargeback, News};
use crate::domain::money::{Currency, Money};
use crate::domain::order::{Actor, Attention, Entry, Hold, Note, Paid, Rail, State, Warning};
use crate::domain::payment::{Attempt, CaptureMode, Decline, Names, Timing};
use crate::domain::place::Address;
use crate::domain::quote::{Quote, QuotedLine};

const NOW: Time = Time::from_unix(1_795_000_000);

fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::Usd)
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn writer(world: World) -> Writer {
    Writer {
        languages: vec![FILES.read(&Locale::parse("en-US").unwrap()).unwrap()],
        shop: "Petal & Stem".to_owned(),
        world,
        contact: Contact { email: "hello@petal.example".to_owned(), phone: "206 555 0142".to_owned(), hours: "daily".to_owned() },
        page: AMAZON_PAY_PAGE.to_owned(),
        finishes: false,
        boxes: Mailboxes { from: email("orders@petal.example"), orders_department: email("desk@petal.example") },
    }
}

fn attempt() -> Attempt {
    Attempt { number: 1, amount: dollars(5_961), capture: CaptureMode::OnShip, timing: Timing::Synchronous, checkout: None }
}

fn held() -> State {
    State::Authorized(Hold { attempt: attempt(), names: Names::default(), since: NOW, refused: 0 })
}

fn order(state: State) -> Order {
    let (buyer, write) = (BuyerId::parse("0123456789ABCDEF").unwrap(), WriteId::of_bits(1));
    let entry = |what: Event, note: Option<&str>| Entry {
        at: NOW,
        who: Actor::Buyer,
        what,
        to: state.name(),
        write: write.clone(),
        note: note.map(|note| Note::parse(note).unwrap()),
    };
    let rose = QuotedLine { sku: Sku::parse("rose").unwrap(), name: "<b>roses</b>".to_owned(), quantity: 2, unit: dollars(2_499) };
    Order {
        id: OrderId::begin(&OrderPrefix::parse("PS").unwrap(), &buyer, NOW, &write),
        rail: Rail::SavedWallet,
        world: World::Simulated,
        locale: Locale::parse("en-US").unwrap(),
        goods: Goods::Quoted(Quote {
            lines: vec![rose],
            items: dollars(4_998),
            shipping: dollars(599),
            tax: dollars(364),
            total: dollars(5_961),
        }),
        agreement: Some(BillingAgreementId::parse("C01-0000000-0000000").unwrap()),
        address: Some(Address { name: Some("Ada Example".to_owned()), city: Some("Seattle".to_owned()), ..Address::default() }),
        history: vec![entry(Event::SaidYes, None), entry(Event::Shipped, Some("UPS 1Z999"))],
        state,
    }
}

fn every_letter() -> Vec<message::Letter> {
    use message::Letter::{Cancelled, Charged, Confirmed, Declined, Expired, Received, Refunded, Shipped};
    let declines = [
        Decline::InvalidPaymentMethodSoft,
        Decline::InvalidPaymentMethodHard,
        Decline::AmazonRejected,
        Decline::ProcessingFailure,
        Decline::TransactionTimedOut,
        Decline::NotTried,
        Decline::AgreementNotOpen,
    ];
    let others = [Received, Confirmed, Charged(dollars(2_000)), Shipped, Refunded(dollars(2_000)), Cancelled, Expired];
    others.into_iter().chain(declines.map(Declined)).collect()
}

fn every_news() -> Vec<News> {
    let amount = dollars(2_000);
    let attentions = [
        Attention::OutcomeUnknown,
        Attention::AmountDiffers,
        Attention::UnexpectedCharge,
        Attention::ClosedUnexpectedly,
        Attention::CaptureFailed,
    ];
    let plain = [
        News::Queued,
        News::Held,
        News::Paid,
        News::Declined(Decline::AmazonRejected),
        News::Captured(amount),
        News::GoingBack(amount),
        News::RestHeld(amount),
        News::RestDeclined(Decline::AmazonRejected),
        News::RestOver,
        News::Renewed(amount),
        News::NotRenewed(Decline::AmazonRejected),
        News::Shipped,
        News::Refunded(amount),
        News::RefundFailed(amount),
        News::Cancelled,
        News::Expired,
        News::Disputed,
    ];
    plain.into_iter().chain(attentions.map(News::NeedsAttention)).chain(Warning::ALL.map(News::Warned)).collect()
}

fn written(message: &Message, to: Option<&Email>) -> Letter {
    writer(World::Simulated).write(Matter::Order(&order(held()), message), to).unwrap().unwrap()
}

#[test]
fn every_message_has_its_words_and_the_markup_is_escaped() {
    let ada = email("ada@example.com");
    let messages = every_letter().into_iter().map(Message::Buyer).chain(every_news().into_iter().map(Message::Office));
    for message in messages {
        let letter = written(&message, Some(&ada).filter(|_| message.channel() == Channel::Buyer));
        for text in [&letter.subject, &letter.text, &letter.html] {
            assert!(!text.trim().is_empty() && !text.contains("{ ") && !text.contains(" ."), "{message:?}: {text}");
        }
        assert!(letter.text.contains("[Simulated: no money moves.]"), "{message:?}: {}", letter.text);
        assert!(letter.text.contains("2 × <b>roses</b>: $49.98") && letter.text.contains("Total: $59.61"), "{}", letter.text);
        assert!(letter.html.contains("2 × &#60;b&#62;roses&#60;/b&#62;") && !letter.html.contains("<b>roses"), "{}", letter.html);
        assert!(!letter.subject.contains('\n'), "{message:?}");
    }
}

#[test]
fn the_orders_department_reads_no_name_and_no_address() {
    for news in every_news() {
        let letter = written(&Message::Office(news), None);
        assert_eq!((letter.to.as_str(), &letter.reply_to), ("desk@petal.example", &None));
        assert!(!letter.text.contains("Ada") && !letter.text.contains("Seattle"), "{news:?}: {}", letter.text);
    }
}

#[test]
fn a_buyer_reads_what_was_ordered_where_it_goes_and_whom_to_ask() {
    let ada = email("ada@example.com");
    let shipped = written(&Message::Buyer(message::Letter::Shipped), Some(&ada));
    for part in ["Parcel: UPS 1Z999", "Delivered to: Ada Example, Seattle", "hello@petal.example", "206 555 0142"] {
        assert!(shipped.text.contains(part), "{part}: {}", shipped.text);
    }
    assert_eq!((shipped.to, shipped.reply_to), (ada.clone(), Some(email("hello@petal.example"))));
    let confirmed = written(&Message::Buyer(message::Letter::Confirmed), Some(&ada));
    assert!(confirmed.text.contains("is authorized. We charge it when your order leaves."), "{}", confirmed.text);
    let live = writer(World::Live).write(Matter::Order(&order(held()), &Message::Buyer(message::Letter::Received)), Some(&ada));
    let live = live.unwrap().unwrap();
    assert!(live.text.contains("not confirmed yet") && !live.text.contains("no money moves"), "{}", live.text);
}

#[test]
fn a_chargeback_comes_with_what_the_bank_will_want_to_see() {
    let paid = Paid {
        attempt: attempt(),
        names: Names::default(),
        captured: dollars(5_961),
        refunds: Vec::new(),
        captures: 1,
        parcels: Vec::new(),
    };
    let disputed = order(State::Disputed(paid));
    let letter = writer(World::Live).write(Matter::Order(&disputed, &Message::Office(News::Disputed)), None).unwrap().unwrap();
    for part in ["C01-0000000-0000000", "$59.61 − $0.00", "said yes to the total", "shipped (UPS 1Z999)"] {
        assert!(letter.text.contains(part), "{part}: {}", letter.text);
    }
    let loose = LooseChargeback {
        id: AmazonId::parse("CB1").unwrap(),
        consent: Some(AmazonId::parse("C01-1").unwrap()),
        said: Some(Note::parse("RECEIVED Fraud 59.61 USD").unwrap()),
        write: WriteId::of_bits(2),
    };
    let letter = writer(World::Live).write(Matter::Chargeback(&loose), None).unwrap().unwrap();
    assert!(
        letter.subject.contains("CB1")
            && letter.text.contains("C01-1")
            && letter.text.contains("RECEIVED Fraud")
            && letter.text.contains("Seller Central"),
        "{}",
        letter.text
    );
}

#[test]
fn a_mail_travels_as_text_and_markup_and_no_header_can_be_smuggled_in() {
    let letter = Letter {
        subject: "Roses\r\nBcc: eve@example.com".to_owned(),
        name: "Blüten \"&\" Co".to_owned(),
        ..written(&Message::Office(News::Paid), None)
    };
    let mime = String::from_utf8(letter.mime().unwrap()).unwrap();
    let (head, body) = mime.split_once("\r\n\r\n").unwrap();
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    assert!(
        head.contains("<orders@petal.example>") && head.contains("<desk@petal.example>") && head.contains("multipart/alternative"),
        "{head}"
    );
    assert!(body.contains("text/plain") && body.contains("text/html"), "{body}");
}

#[test]
fn whoever_can_be_talked_to_can_be_written_to() {
    let spoken: Vec<_> = crate::adapters::alexa::speech::languages().collect();
    assert_eq!(FILES.languages().collect::<Vec<_>>(), spoken);
    let german = Locale::parse("de-DE").unwrap();
    assert_eq!(FILES.read(&german).err(), Some(WordsError::NoFile { folder: "pages/mail", locale: german }));
}

#[test]
fn a_cart_that_can_be_paid_in_another_way_is_named_where_the_shop_has_a_page_for_it() {
    let own = Writer { page: "https://pay.petal.example".to_owned(), finishes: true, ..writer(World::Live) };
    let names = |writer: &Writer, rail, decline| {
        let message = Message::Buyer(message::Letter::Declined(decline));
        let order = Order { rail, ..order(State::Declined { attempt: attempt(), decline }) };
        let text = writer.write(Matter::Order(&order, &message), None).unwrap().unwrap().text;
        text.contains("https://pay.petal.example/cart")
    };
    for decline in [Decline::InvalidPaymentMethodHard, Decline::AgreementNotOpen] {
        assert!(names(&own, Rail::SavedWallet, decline), "{decline:?}");
        // Whoever is not linked has no cart there.
        assert!(!names(&own, Rail::Directive, decline), "{decline:?}");
        assert!(!names(&writer(World::Live), Rail::SavedWallet, decline), "{decline:?}");
    }
    assert!(!names(&own, Rail::SavedWallet, Decline::InvalidPaymentMethodSoft));
}
