//! Keeps books of its own, simpler than the shop's, from what is said aloud, what leaves for Amazon Pay, what lies there, and what is
//! stored; and says which promise is broken as soon as one is.

use std::collections::{BTreeMap, BTreeSet};

use super::codes::Codes;
use super::ground::index_name;
use super::history;
use super::pages::Pages;
use super::speech::{apologises, claims_paid, sums};
use crate::domain::ids::{BuyerId, OrderId, WriteId};
use crate::domain::money::Money;
use crate::domain::order::{Capture, Entry, Event, Goods, Order, Paid, Rail, State};
use crate::domain::payment::{Attempt, CaptureMode};
use crate::domain::place::Address;
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::simulator::alexa::SendRequest;
use crate::simulator::amazon_pay::Moved;

macro_rules! invariants {
    ($($name:ident $words:literal;)*) => {
        /// What is promised, whatever goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Invariant { $($name),* }

        impl Invariant {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The promise in the words of a merchant.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words),* }
            }
        }
    };
}

invariants! {
    Accepted "every answer is one that Alexa accepts";
    InTime "every answer comes within four seconds";
    SameAnswer "a request that comes twice is answered the same";
    StoredFirst "stored before sent";
    Agreed "nothing is charged without a yes to that total, at the speaker or on Amazon's page";
    Coded "nothing is charged without the voice code, where one is asked for";
    NotInDoubt "nothing else is charged while a charge is in doubt";
    OnePayment "at most one payment is kept per order";
    NotToldPaid "never told paid when it is not";
    NotToldFree "never told that nothing was charged when it was";
    NeverNotTold "never not told";
    NotLost "no order is lost";
    History "the history tells how the state came to be";
    Totals "totals add up";
    Refunds "refunds stay within what was taken";
    Books "the books say what Amazon Pay says";
    Found "every open payment can be found";
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {what}", invariant.words())]
pub struct Violation {
    pub invariant: Invariant,
    pub what: String,
}

/// Breaks a promise.
pub fn broken<T>(invariant: Invariant, what: impl Into<String>) -> Result<T, Violation> {
    Err(Violation { invariant, what: what.into() })
}

/// A yes to a read-back, as it was said.
#[derive(Clone, Debug)]
pub struct Yes {
    pub buyer: BuyerId,
    pub total: Money,
    /// The read-back, word by word.
    pub words: String,
    pub at: Time,
    pub given: Given,
}

/// Where a yes was given.
#[derive(Clone, Debug)]
pub enum Given {
    Aloud,
    /// On Amazon's page, and where the goods were to go, as was shown before.
    OnPage(Option<Box<Address>>),
}

/// Something that a buyer heard, or read.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub buyer: BuyerId,
    pub world: World,
    pub at: Time,
    /// When that was said which this answers.
    pub asked: Time,
    /// The first words of a session that the shop could begin.
    pub first: bool,
    /// Sums that were said to be paid, or sure to be.
    pub paid: Option<Vec<Money>>,
}

/// The books.
#[derive(Debug, Default)]
pub struct Auditor {
    pub(super) yeses: BTreeMap<WriteId, Yes>,
    /// When each charge was first seen to be stored, and for which order.
    charged: BTreeMap<WriteId, (Time, OrderId)>,
    /// When each write was first seen to be stored. What a late delivery finds out goes into the history with the time of its request.
    seen: BTreeMap<WriteId, Time>,
    known: BTreeMap<String, Order>,
    /// The orders whose money was seen at Amazon Pay; with a time, those where it was first seen to be gone, given back or let go.
    paid: BTreeMap<OrderId, Option<Time>>,
    pub(super) codes: Codes,
    pub(super) pages: Pages,
    pub(super) heard: Vec<Heard>,
    looks: u64,
}

/// What the auditor sees at one moment.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub now: Time,
    pub orders: &'a [Order],
    pub moved: &'a [Moved],
}

/// What a buyer hears, and where.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    pub buyer: &'a BuyerId,
    pub world: World,
    pub speech: &'a str,
    /// The order that an answer of Amazon Pay was about.
    pub about: Option<&'a OrderId>,
    /// When that was said which this answers.
    pub asked: Time,
    /// That was a voice code.
    pub coded: bool,
    /// The session begins with these words.
    pub first: bool,
}

impl Auditor {
    /// A buyer says yes to a read-back; `write` is the mark that the request leaves.
    pub fn said_yes(&mut self, write: WriteId, yes: Yes) {
        self.yeses.insert(write, yes);
    }

    /// How often the books were compared.
    pub const fn looks(&self) -> u64 {
        self.looks
    }

    /// A directive leaves.
    ///
    /// # Errors
    /// [`Violation`].
    pub fn sent(send: &SendRequest, view: View) -> Result<(), Violation> {
        let (id, mark) = send.token.split_once('.').unwrap_or_default();
        let Some(order) = view.orders.iter().find(|order| order.id.as_str() == id) else {
            return broken(Invariant::StoredFirst, format!("{} leaves for {id}, which is not stored", send.name));
        };
        if !order.history.iter().any(|entry| entry.write.as_str() == mark) {
            return broken(Invariant::StoredFirst, format!("{} leaves for {id} from a write that is not stored", send.name));
        }
        if send.name != "Charge" {
            return Ok(());
        }
        let reference = send.payload["authorizeAttributes"]["authorizationReferenceId"].as_str().unwrap_or_default();
        let Some((of, number)) = attempt_of(reference) else {
            return broken(Invariant::StoredFirst, format!("{reference} is no attempt"));
        };
        if of != id || usize::from(number) > yeses_in(order) {
            return broken(Invariant::StoredFirst, format!("{reference} leaves, and {id} has {} attempts", yeses_in(order)));
        }
        Ok(())
    }

    /// A buyer hears something.
    ///
    /// # Errors
    /// [`Violation`].
    pub fn heard(&mut self, words: Words, view: View) -> Result<(), Violation> {
        let paid = claims_paid(words.speech).then(|| sums(words.speech));
        if let Some(sums) = &paid {
            // An answer may come after the buyer has enabled the skill anew, and then it speaks to another user of the same order.
            let of_buyer = |order: &&Order| words.about.map_or_else(|| order.id.buyer() == *words.buyer, |about| order.id == *about);
            // What the merchant gives back while the answer is on its way was there when the shop looked.
            let was_paid = |order: &&Order| self.paid.get(&order.id).is_some_and(|gone| gone.is_none_or(|gone| gone >= words.asked));
            let mut totals = view.orders.iter().filter(of_buyer).filter(was_paid).filter_map(Order::total);
            if !totals.any(|total| sums.is_empty() || sums.contains(&total)) {
                return broken(Invariant::NotToldPaid, format!("\"{}\"", words.speech));
            }
        }
        let Words { buyer, world, .. } = words;
        self.codes.heard(words, view.now)?;
        // Who meets a shop without a store is told nothing but to come back.
        let first = words.first && !apologises(words.speech);
        self.heard.push(Heard { buyer: buyer.clone(), world, at: view.now, asked: words.asked, first, paid });
        Ok(())
    }

    /// Compares all books; after every step.
    ///
    /// # Errors
    /// [`Violation`].
    pub fn look(&mut self, view: View) -> Result<(), Violation> {
        self.looks += 1;
        for id in self.known.keys() {
            if !view.orders.iter().any(|order| order.id.as_str() == id) {
                return broken(Invariant::NotLost, format!("{id} is gone"));
            }
        }
        for order in view.orders {
            let before = self.known.get(order.id.as_str());
            if before != Some(order) {
                self.order(order, before, view)?;
                for entry in &order.history[before.map_or(0, |before| before.history.len())..] {
                    self.seen.entry(entry.write.clone()).or_insert(view.now);
                }
                for entry in order.history.iter().filter(|entry| entry.what == Event::SaidYes) {
                    self.charged.entry(entry.write.clone()).or_insert_with(|| (view.now, order.id.clone()));
                }
                self.known.insert(order.id.as_str().to_owned(), order.clone());
            }
            if is_paid(order, view.moved) {
                self.paid.insert(order.id.clone(), None);
            } else if let Some(gone) = self.paid.get_mut(&order.id) {
                gone.get_or_insert(view.now);
            }
        }
        self.money(view)
    }

    /// One order that is new or has changed.
    fn order(&self, order: &Order, before: Option<&Order>, view: View) -> Result<(), Violation> {
        let id = &order.id;
        let known = before.map_or(&[][..], |before| &before.history);
        if !order.history.starts_with(known) {
            return broken(Invariant::NotLost, format!("the history of {id} was changed"));
        }
        history::check(order)?;
        totals(order)?;
        for (place, entry) in order.history.iter().enumerate().skip(known.len()) {
            if entry.what != Event::SaidYes {
                continue;
            }
            let Some(yes) = self.yeses.get(&entry.write) else {
                return broken(Invariant::Agreed, format!("{id} is charged, and nobody said yes to a read-back"));
            };
            if yes.buyer != id.buyer() {
                return broken(Invariant::Agreed, format!("{id} is charged for somebody else's yes"));
            }
            // Who is at Amazon has signed in there.
            if order.rail == Rail::SavedWallet && matches!(yes.given, Given::Aloud) {
                self.codes.charges(&yes.buyer, yes.total, &entry.write, yes.at)?;
            }
            let number = order.history[..=place].iter().filter(|entry| entry.what == Event::SaidYes).count();
            let newest = order.state.attempt().filter(|attempt| usize::from(attempt.number) == number);
            if newest.is_some_and(|attempt| attempt.amount != yes.total) {
                return broken(Invariant::Agreed, format!("{id} is charged another total than {}", yes.total));
            }
            if newest.is_some() && matches!(&yes.given, Given::OnPage(shown) if shown.as_deref() != order.address.as_ref()) {
                return broken(Invariant::Agreed, format!("{id} goes to another address than was shown"));
            }
            if let Some((_, other)) = self.charged.get(&entry.write).filter(|(_, other)| other != id) {
                return broken(Invariant::Agreed, format!("{id} and {other} are charged for the same yes"));
            }
            if let Some(line) = newest.and_then(|_| unread_line(order, &yes.words)) {
                return broken(Invariant::Agreed, format!("{id} has {line}, which was not read back"));
            }
            let in_doubt = |other: &&Order| {
                let asked = other.history.iter().rev().find(|entry| entry.what == Event::SaidYes);
                let stored = asked.and_then(|entry| self.charged.get(&entry.write)).map(|(at, _)| *at);
                let same = other.id.buyer() == id.buyer() && other.world == order.world && other.id != *id;
                same && other.state.is_unsettled() && stored.is_some_and(|stored| stored < yes.at)
            };
            // Only the newest orders are looked at; what lies deeper is the reconciler's.
            if let Some(other) = newest_of(view.orders, &id.buyer()).into_iter().find(in_doubt) {
                return broken(Invariant::NotInDoubt, format!("{id} is charged, and {} is in doubt", other.id));
            }
        }
        Ok(())
    }

    /// What lies at Amazon Pay, against the orders.
    fn money(&self, view: View) -> Result<(), Violation> {
        let mut kept: BTreeMap<&str, &Moved> = BTreeMap::new();
        for moved in view.moved {
            let Some(id) = order_of(moved) else {
                return broken(Invariant::StoredFirst, format!("{} was charged and is no attempt", moved.reference));
            };
            let Some(order) = view.orders.iter().find(|order| order.id.as_str() == id) else {
                return broken(Invariant::StoredFirst, format!("{id} was charged and is not stored"));
            };
            let mut yeses = order.history.iter().filter(|entry| entry.what == Event::SaidYes);
            let yes = match &moved.session {
                None => attempt_of(&moved.reference).and_then(|(_, number)| yeses.nth(usize::from(number).saturating_sub(1))),
                Some(session) => {
                    let mark = self.pages.mark(session);
                    let Some(stored) = yeses.find(|entry| Some(&entry.write) == mark) else {
                        return broken(Invariant::StoredFirst, format!("{session} has charged, and {id} does not know of it"));
                    };
                    Some(stored)
                }
            };
            let agreed = yes.and_then(|entry| self.yeses.get(&entry.write)).map(|yes| yes.total);
            if agreed != Some(moved.amount) {
                return broken(Invariant::Agreed, format!("{} was charged {}, agreed was {agreed:?}", moved.reference, moved.amount));
            }
            if moved.refunded.minor() > moved.amount.minor() {
                return broken(Invariant::Refunds, format!("{} of {} was given back", moved.refunded, moved.amount));
            }
            if moved.refunded != moved.amount
                && let Some(other) = kept.insert(id, moved)
            {
                return broken(Invariant::OnePayment, format!("{} and {} are both kept", other.reference, moved.reference));
            }
        }
        Ok(())
    }

    /// At the end, when every fault is over and every buyer has been back.
    ///
    /// # Errors
    /// [`Violation`].
    pub fn close(&self, view: View, open: Option<&BTreeSet<String>>, buyers: &[BuyerId]) -> Result<(), Violation> {
        for order in view.orders {
            let (id, state) = (&order.id, &order.state);
            let outstanding = history::outstanding(state);
            let found = open.map_or_else(|| state.due(view.now).is_some(), |open| open.contains(&index_name(id)));
            if outstanding && !found {
                return broken(Invariant::Found, format!("{id} is {} and in no list of open payments", state.name()));
            }
            let reachable = buyers.contains(&id.buyer()) && newest_of(view.orders, &id.buyer()).iter().any(|order| order.id == *id);
            let on_page = state.attempt().is_some_and(|attempt| attempt.checkout.is_some());
            // What was bought on a page is settled by the rounds, too.
            if state.is_unsettled() && (reachable || on_page) {
                return broken(Invariant::Books, format!("{id} is still in doubt after days without a fault"));
            }
            amounts(order, view.moved)?;
            self.told(order, view)?;
        }
        Ok(())
    }

    /// An order that went through has been told as that, if its buyer came back within a day.
    fn told(&self, order: &Order, view: View) -> Result<(), Violation> {
        let (true, Some(total)) = (is_paid(order, view.moved) && is_plainly_paid(order), order.total()) else { return Ok(()) };
        let Some(Entry { at: settled, write, .. }) = settled(order) else { return Ok(()) };
        let (buyer, settled, stored) = (order.id.buyer(), *settled, self.seen.get(write));
        let mine = || self.heard.iter().filter(|heard| heard.buyer == buyer && heard.world == order.world);
        // What is settled while the buyer is asking may not be stored yet when the session looks.
        let sees_it = |heard: &Heard| stored.is_some_and(|stored| heard.asked > *stored);
        let came_back = mine().any(|heard| heard.first && sees_it(heard) && heard.at.since(settled) < Time::DAY);
        let told = mine().any(|heard| heard.at >= settled && heard.paid.as_ref().is_some_and(|sums| sums.contains(&total)));
        let newer = view.orders.iter().filter(|other| other.id.buyer() == buyer && other.changed() > settled).count();
        // What so many newer orders hide, a session does not see.
        let hidden = !newest_of(view.orders, &buyer).iter().any(|newest| newest.id == order.id);
        if came_back && !told && newer < 2 && !hidden {
            return broken(Invariant::NeverNotTold, format!("{} went through, and its buyer never heard of it", order.id));
        }
        Ok(())
    }
}

/// The order and the number of an attempt id.
pub fn attempt_of(reference: &str) -> Option<(&str, u8)> {
    let (id, number) = reference.rsplit_once('a')?;
    Some((id, number.parse().ok()?))
}

/// The order that money moved for, as Amazon Pay was told of it.
fn order_of(moved: &Moved) -> Option<&str> {
    if moved.session.is_some() { moved.order.as_deref() } else { attempt_of(&moved.reference).map(|(id, _)| id) }
}

/// Whether money moved by this try.
fn is_by(moved: &Moved, order: &Order, attempt: &Attempt) -> bool {
    match &attempt.checkout {
        Some(checkout) => moved.session.as_deref() == Some(checkout.as_str()),
        None => moved.session.is_none() && moved.reference == attempt.id(&order.id).as_str(),
    }
}

fn yeses_in(order: &Order) -> usize {
    order.history.iter().filter(|entry| entry.what == Event::SaidYes).count()
}

/// The orders that a session of this buyer begins with.
fn newest_of<'a>(orders: &'a [Order], buyer: &BuyerId) -> Vec<&'a Order> {
    let mut mine: Vec<_> = orders.iter().filter(|order| order.id.buyer() == *buyer).collect();
    mine.sort_by(|one, other| other.id.stamp().cmp(one.id.stamp()));
    mine.truncate(crate::adapters::dynamodb::RECENT);
    mine
}

/// What made it sure that the order is paid for, or will be when it ships.
fn settled(order: &Order) -> Option<&Entry> {
    order.history.iter().rev().take_while(|entry| ["Authorized", "Capturing", "Paid"].contains(&entry.to)).last()
}

/// Whether Amazon Pay has what this order asked it for.
fn is_paid(order: &Order, moved: &[Moved]) -> bool {
    let Some(attempt) = order.state.attempt() else { return false };
    moved.iter().any(|moved| is_by(moved, order, attempt) && (moved.captured || attempt.capture == CaptureMode::OnShip))
}

fn is_plainly_paid(order: &Order) -> bool {
    matches!(&order.state, State::Authorized(_)) || matches!(&order.state, State::Paid(paid) if paid.refunds.is_empty())
}

/// What lies at Amazon Pay for an order that has come to rest, against what the order says.
fn amounts(order: &Order, moved: &[Moved]) -> Result<(), Violation> {
    let (id, state) = (&order.id, &order.state);
    match state {
        // Who does not know says so. What is charged in parts nobody asks for in these runs.
        State::Charging { .. } | State::NeedsAttention { .. } | State::InParts(_) => Ok(()),
        State::Paid(paid) | State::Disputed(paid) => {
            let refunded = paid.refunded().minor();
            let there = moved.iter().find(|moved| is_by(moved, order, &paid.attempt) && moved.captured);
            match there {
                None => broken(Invariant::Books, format!("{id} is paid here and not at Amazon Pay")),
                // A dispute ends the asking. Whether an open refund was done before is not known then, and the order says that it is open.
                Some(there) if matches!(state, State::Disputed(_)) && Some(there.refunded.minor()) == open_or_done(paid) => Ok(()),
                Some(there) if there.refunded.minor() != refunded => {
                    broken(Invariant::Books, format!("{} of {id} was refunded at Amazon Pay, {refunded} here", there.refunded))
                }
                Some(_) => Ok(()),
            }
        }
        State::Authorized(hold) | State::Capturing(Capture { hold, .. }) | State::Voiding(hold) => {
            let there = moved.iter().any(|moved| is_by(moved, order, &hold.attempt) && !moved.captured);
            if there { Ok(()) } else { broken(Invariant::Books, format!("{id} is {} here, and Amazon Pay holds nothing", state.name())) }
        }
        State::Draft | State::SettingUp | State::Ready | State::Declined { .. } | State::Cancelled { .. } | State::Expired(_) => {
            let of_order = |moved: &&Moved| order_of(moved) == Some(id.as_str());
            let what = |moved: &Moved| if moved.captured { "paid" } else { "held" };
            moved.iter().filter(of_order).find(|moved| moved.refunded != moved.amount).map_or(Ok(()), |moved| {
                broken(Invariant::Books, format!("{id} is {} at Amazon Pay and {} here", what(moved), state.name()))
            })
        }
    }
}

/// What is given back if an open refund was done.
fn open_or_done(paid: &Paid) -> Option<i64> {
    Some(paid.refunded().minor() + paid.open_refund()?.amount.minor())
}

/// A line of the order that its read-back did not have.
fn unread_line(order: &Order, words: &str) -> Option<String> {
    let Goods::Quoted(quote) = &order.goods else { return None };
    let said = |quantity: u32| if quantity == 1 { "one".to_owned() } else { quantity.to_string() };
    quote.lines.iter().map(|line| format!("{} {}", said(line.quantity), line.name)).find(|line| !words.contains(line))
}

fn totals(order: &Order) -> Result<(), Violation> {
    let Goods::Quoted(quote) = &order.goods else { return Ok(()) };
    let items: i64 = quote.lines.iter().map(|line| line.unit.minor() * i64::from(line.quantity)).sum();
    if items != quote.items.minor() || items + quote.shipping.minor() + quote.tax.minor() != quote.total.minor() {
        return broken(Invariant::Totals, format!("the sums of {} do not add up", order.id));
    }
    if let Some(attempt) = order.state.attempt().filter(|attempt| attempt.amount != quote.total) {
        return broken(Invariant::Totals, format!("{} is charged {}, and its total is {}", order.id, attempt.amount, quote.total));
    }
    if let State::Paid(paid) | State::Disputed(paid) = &order.state
        && paid.refunded().minor() > paid.captured.minor()
    {
        return broken(Invariant::Refunds, format!("more of {} is given back than was taken", order.id));
    }
    Ok(())
}
