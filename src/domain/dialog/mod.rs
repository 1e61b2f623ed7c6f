//! The conversation: what the buyer said, what the shop says back, and what has to be stored in between.
//!
//! One turn is [`reads`] (what must be known first), [`decide`] (a reply, or a write and then a reply), and after a write [`stored`]
//! or [`overtaken`]. Amazon Pay's answers go through [`answered`]. Words are not made here: a [`Say`] names what is said.

mod answer;
mod code;
mod decide;
mod finish;
mod news;
mod opening;
mod purchase;
#[cfg(test)]
mod tests;
mod told;

pub use answer::{Answer, Trouble, answered, correct, no_news, reply, unknown_order};
pub use code::{Counted, places, said as code_said};
pub use decide::{after_charge, decide};
pub use finish::{Agreed, Ending, Finish, Look, NotFinished, To, Waiting, finish, look};
pub use opening::{left_behind, reads, seen_by};
pub use told::{overtaken, stored, tell};

use super::cart::Cart;
use super::catalog::Spoken;
use super::ids::{BillingAgreementId, BuyerId, Locale, OrderId, Sku, WriteId};
use super::money::Money;
use super::order::{Actor, Entry, Event, Goods, Order, Rail, Report, State, Status, apply};
use super::payment::Decline;
use super::place::Address;
use super::quote::Quote;
use super::shop::{Contact, Shop};
use super::time::Time;
use super::wallet::{Digits, SavedWallet};

/// How long an answer may be on its way before it counts as lost. Amazon answers within seconds.
const ANSWER_MAX: i64 = Time::MINUTE;

/// The circumstances of one turn. Everything in it comes from the request, so that a repeated request decides the same on the same
/// order. (Only a request without a time gets that of the clock.)
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    pub shop: &'a Shop,
    pub buyer: &'a BuyerId,
    pub locale: &'a Locale,
    pub now: Time,
    /// The mark that a write of this turn leaves.
    pub write: &'a WriteId,
    /// Whether the buyer lets the skill use Amazon Pay's directives.
    pub consent: bool,
    /// The link of the buyer's account, where there is one.
    pub link: Option<Link>,
}

/// A linked account: `buyer` of the [`Moment`] is then whom Amazon Pay knows, and not the user of one Alexa account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// A wallet of a later generation has revoked this link.
    pub generation: u32,
}

/// What the buyer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Launch,
    Intent(Intent),
    /// The session is over; nothing can be said any more.
    Ended {
        /// Alexa could not use the skill's last response.
        failed: bool,
    },
    /// Alexa could not use the response that the turn with this mark gave.
    Exception {
        cause: Option<WriteId>,
    },
}

/// What the buyer wants, in this shop's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    Browse,
    /// What is it, and what does it cost?
    Describe {
        product: Option<Spoken>,
    },
    Buy {
        product: Option<Spoken>,
        quantity: Quantity,
    },
    /// "Make it three", "change the roses to three".
    Change {
        product: Option<Spoken>,
        quantity: Quantity,
    },
    Remove {
        product: Option<Spoken>,
    },
    /// Only a product, as an answer to a question.
    Product {
        product: Option<Spoken>,
    },
    /// Only a number, as an answer to a question.
    Number {
        quantity: Quantity,
    },
    EmptyCart,
    ReadCart,
    CheckOut,
    OrderStatus,
    CancelOrder,
    Refund,
    Contact,
    /// Set up, or change, how to pay.
    SetUpPayment,
    /// The voice code, or something like it that could not be understood.
    Code {
        digits: Option<Digits>,
    },
    Yes,
    No,
    Repeat,
    Help,
    Stop,
    /// "Cancel", "never mind": ends the question or the conversation, never an order.
    NeverMind,
    Home,
    /// Nothing that this shop understands.
    Unclear,
}

/// How many, as far as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    Unsaid,
    Said(u32),
    /// Something was said that is no usable number.
    Unclear,
}

/// What the conversation remembers between turns. Lives in Alexa's session attributes, and only until the session ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    pub cart: Cart,
    /// The order that the cart will become; fixed when the first product goes in.
    pub order: Option<Begun>,
    pub question: Option<Question>,
    /// What pays and where it goes, if the shop knows from before.
    pub wallet: Option<Wallet>,
    /// Why the buyer cannot pay, where that is known.
    pub blocked: Option<Blocked>,
    /// The outcome of an earlier charge is still open, so nothing else may be charged.
    pub unsettled: bool,
    /// A cart that the buyer threw away in this session; the store shall forget it, too.
    pub thrown: Option<OrderId>,
    /// What was said last, for "repeat".
    pub said: Option<Said>,
}

/// Words that were spoken. They may hold an address, so their Debug form does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct Said(pub String);

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Said([redacted])")
    }
}

/// The order that a cart will become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    pub id: OrderId,
    /// The version that is stored; `None` while the cart lives in the session only.
    pub version: Option<WriteId>,
    /// The stored order has been declined once and may be tried again.
    pub declined: bool,
}

/// What pays: an open agreement, and the address that Amazon gave with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    pub rail: Rail,
    pub agreement: BillingAgreementId,
    /// None in a shop that delivers nowhere.
    pub address: Option<Address>,
}

/// Why a saved wallet, which this shop wants, does not pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// There is none, or the link to it was revoked.
    NotLinked,
    /// Amazon wants another payment method from the buyer.
    Update,
    /// The consent is over.
    Closed,
}

/// What the shop has asked, which decides what "yes" means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Check out?
    CheckOut,
    /// The read-back: place the order for this total? The only question whose yes charges, where no code is asked for.
    PlaceOrder { total: Money },
    /// The voice code, for the order of this total that the buyer has said yes to.
    Code { total: Money },
    /// Go on with the cart that was left behind?
    KeepCart,
    /// Which of these?
    Which { skus: Vec<Sku>, wish: Wish },
    /// How many of it, or how many instead?
    HowMany { sku: Sku, change: bool },
}

/// What to do with a product once it is known which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Describe,
    Buy(Quantity),
    Change(Quantity),
    Remove,
}

/// The buyer's recent past: what the first turn of a session reads, and the one that charges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// The newest first, a few at most.
    pub orders: Vec<Order>,
    pub left: Option<LeftCart>,
    /// Only a buyer who has linked an account has one.
    pub wallet: Option<Box<SavedWallet>>,
    /// The order whose charge Amazon was asked about in this turn already.
    pub asked: Option<OrderId>,
    /// Whether the digits that [`code_said`] has found are the wallet's; `None` where none were said, or there is no code.
    pub code_fits: Option<bool>,
}

/// A cart that was in nobody's order when its session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftCart {
    pub order: OrderId,
    pub cart: Cart,
    pub at: Time,
}

/// What [`reads`] asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    Nothing,
    Opening(Opening),
}

/// What a turn has to know before it can decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reads {
    Nothing,
    Opening,
}

/// What a turn comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing to store.
    Reply(Reply),
    /// Something to store; once it is, [`stored`].
    Store { write: Write, then: Then },
    /// A cart to be kept for the next session; the reply stands whatever becomes of it.
    Keep { cart: LeftCart, reply: Reply },
    /// A wallet to store, and only then the rest.
    Count { counted: Counted, then: Box<Step> },
}

/// A write that is carried out on a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// A new order, if there is none of its id.
    Create(Box<Order>),
    /// A change of a stored order, if it still is what was expected.
    Amend(Box<Amend>),
}

/// The reply that follows a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// After this news, what the order as stored owes and tells.
    Tell { news: Vec<Say> },
    /// This; the write has only put on record what it goes by.
    Reply(Box<Reply>),
}

/// A change of a stored order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amend {
    pub order: OrderId,
    /// The version it is decided on.
    pub version: WriteId,
    /// The state it is decided on, where that is a guess and not what was read.
    pub guess: Option<State>,
    pub state: State,
    pub entry: Entry,
    pub goods: Option<Goods>,
    pub agreement: Option<BillingAgreementId>,
    /// The address from now on, or that there is none any more; `None` leaves it as it is.
    pub address: Option<Option<Address>>,
}

impl Step {
    fn create(order: Order) -> Self {
        Self::Store { write: Write::Create(Box::new(order)), then: Then::Tell { news: Vec::new() } }
    }

    fn amend(amend: Amend) -> Self {
        Self::Store { write: Write::Amend(Box::new(amend)), then: Then::Tell { news: Vec::new() } }
    }
}

impl Amend {
    /// A change of nothing but the state, and of the consent that has come with it.
    #[must_use]
    pub fn new(order: OrderId, version: WriteId, state: State, entry: Entry) -> Self {
        let agreement = state.names().and_then(|names| names.consent.clone());
        Self { order, version, guess: None, state, entry, goods: None, agreement, address: None }
    }

    /// What a fact that came to light makes of an order; `None` when it is no news.
    fn by(moment: &Moment, order: &Order, report: &Report, who: Actor, what: Event) -> Option<Self> {
        let state = apply(&order.state, report, moment.now);
        let version = order.version()?.clone();
        let entry = moment.entry(who, what, &state);
        (state != order.state).then(|| Self::new(order.id.clone(), version, state, entry))
    }

    /// The order that this change of nothing but the state makes of `order`.
    fn of(&self, order: &Order) -> Order {
        let mut after = order.clone();
        after.state = self.state.clone();
        after.history.push(self.entry.clone());
        after
    }
}

/// What goes back to the buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub says: Vec<Say>,
    /// What to remember; `None` ends the session.
    pub session: Option<Session>,
    /// The payment step that leaves with the reply and ends the session.
    pub send: Option<Send>,
}

/// A directive to Amazon Pay, made from an order that has been stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Send {
    Setup(Box<Order>),
    Charge(Box<Order>),
}

/// One thing to say. `adapters::alexa::speech` gives it words; the question that is open is asked after all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    Welcome,
    Help,
    Goodbye,
    Unclear,
    /// The words that were said last.
    Again(Said),
    NothingToRepeat,
    NothingAsked,
    Offer {
        names: Vec<String>,
        more: bool,
    },
    Product {
        name: String,
        price: Money,
        description: String,
    },
    WhichProduct,
    /// So many products fit.
    Several {
        count: usize,
    },
    /// None fits what was said.
    Nearest {
        said: String,
    },
    QuantityUnclear,
    QuantityMax {
        max: u32,
    },
    LinesMax {
        max: usize,
    },
    Added {
        line: Named,
        earlier: Vec<Named>,
    },
    Changed {
        line: Named,
    },
    Removed {
        name: String,
    },
    NotInCart {
        name: String,
    },
    CartEmptied,
    CartEmpty,
    CartHolds {
        lines: Vec<Named>,
    },
    LeftCart {
        lines: Vec<Named>,
    },
    WhatElse,
    OrderNotPlaced,
    /// Another conversation has changed the cart.
    CartOvertaken,
    ReadBack {
        quote: Box<Quote>,
        address: Option<Box<Address>>,
    },
    PriceChanged,
    ProductGone,
    Undelivered,
    TotalMax {
        max: Money,
    },
    NoAddress,
    ConsentNeeded,
    VoicePurchaseOff,
    /// What the buyer has to do at Amazon or in the app before anything can be bought.
    Blocked(Blocked),
    /// Something was said that is no four digits.
    CodeUnclear,
    CodeWrong {
        left: u8,
    },
    /// After three wrong tries only a new code helps, which is set on the page.
    CodeLocked,
    OfferCode,
    /// There is a wallet that pays.
    Linked,
    /// Nothing has to be set up before the first purchase.
    PayAtCheckOut,
    /// Paid, or ordered and paid on shipment.
    Ordered {
        order: Box<Order>,
    },
    Pending,
    OutcomeUnknown,
    Declined(Decline),
    /// The payment did not go through, and may at a second try.
    NotTaken,
    AlreadyOrdered {
        status: Option<Status>,
    },
    CheckingPayment,
    PaymentUnderWay,
    PaymentNeedsAttention,
    /// What became of an order of before.
    Earlier {
        order: Box<Order>,
    },
    /// Why people look at an order.
    Attention {
        order: Box<Order>,
    },
    /// What the buyer has to allow before Amazon can be asked about an open payment.
    ConsentToCheck,
    /// What the buyer has to switch on before Amazon can be asked about an open payment.
    VoicePurchaseToCheck,
    AgreementSuspended,
    AgreementNotOpen,
    /// Amazon has told the buyer what is wrong; this only says that the cart is kept.
    CartKept,
    TryLater,
    /// It did not work, and the buyer may try at once.
    TryAgain,
    /// The yes may have been stored or not.
    OrderInDoubt,
    /// Nothing came of the yes.
    NotCharged,
    /// What is in the cart is not what the status is about.
    CartNotOrdered {
        lines: Vec<Named>,
    },
    MonthlyLimit,
    ShopTrouble,
    OrderIs {
        order: Box<Order>,
    },
    NoOrders,
    CancelByContact {
        contact: Contact,
    },
    RefundByContact {
        contact: Contact,
    },
    Contact {
        contact: Contact,
    },
}

/// So many of something, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub quantity: u32,
    pub name: String,
}

impl Reply {
    /// Says something and listens.
    #[must_use]
    pub fn ask(says: Vec<Say>, session: Session) -> Self {
        Self { says, session: Some(session), send: None }
    }

    /// Says something and ends the session.
    #[must_use]
    pub fn end(says: Vec<Say>) -> Self {
        Self { says, session: None, send: None }
    }

    /// The same reply, with news first.
    #[must_use]
    fn after(mut self, news: Vec<Say>) -> Self {
        self.says.splice(0..0, news);
        self
    }

    /// The end of a session that cannot be spoken to.
    #[must_use]
    pub fn nothing() -> Self {
        Self::end(Vec::new())
    }
}

impl Session {
    /// The same conversation with another question open.
    #[must_use]
    fn asking(mut self, question: Option<Question>) -> Self {
        self.question = question;
        self
    }

    /// The conversation about a stored order.
    #[must_use]
    fn about(order: &Order) -> Self {
        let wallet = wallet_of(order);
        // What a declined order was to be paid with has to be put right on the page first.
        let blocked = (order.rail == Rail::SavedWallet && wallet.is_none()).then_some(Blocked::Update);
        Self { cart: order.cart(), order: Some(Begun::of(order)), wallet, blocked, ..Self::default() }
    }
}

impl Begun {
    fn of(order: &Order) -> Self {
        let declined = matches!(order.state, State::Declined { .. });
        Self { id: order.id.clone(), version: order.version().cloned(), declined }
    }
}

/// The agreement and address of an order, if both are there and the payment method was not refused.
fn wallet_of(order: &Order) -> Option<Wallet> {
    let refused = matches!(&order.state, State::Declined { attempt, decline } if !decline.may_follow(attempt.number));
    let agreement = order.agreement.clone().filter(|_| !refused)?;
    Some(Wallet { rail: order.rail, agreement, address: order.address.clone() })
}

impl Moment<'_> {
    fn entry(&self, who: Actor, what: Event, state: &State) -> Entry {
        Entry { at: self.now, who, what, to: state.name(), write: self.write.clone(), note: None }
    }

    fn named(&self, cart: &Cart) -> Vec<Named> {
        cart.lines().iter().filter_map(|line| self.name(&line.sku, line.quantity)).collect()
    }

    fn name(&self, sku: &Sku, quantity: u32) -> Option<Named> {
        let product = self.shop.catalog.get(sku.as_str())?;
        Some(Named { quantity, name: product.name(self.locale, quantity).to_owned() })
    }
}
