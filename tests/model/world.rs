//! Everything there is at one moment: the stored order, devices, turns under way, messages, Amazon's truth.
//!
//! Two worlds that differ only in the names of write marks, or in history that nothing refers to any more, behave alike. So a world is
//! brought into one form after each step; without that there would be no end of them.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::mem::discriminant;
use std::sync::{Arc, LazyLock};

use voicetill::app::Request;
use voicetill::domain::dialog::{Answer, Input, Session};
use voicetill::domain::ids::WriteId;
use voicetill::domain::money::Money;
use voicetill::domain::order::{Actor, Capture, Entry, Event, Order, State};
use voicetill::domain::time::Time;
use voicetill::ports::Written;

use crate::amazon::{Amazon, News, Terms, Truth};
use crate::steps::Bounds;
use crate::turn::{Heard, Turn};

pub const DEVICES: usize = 2;
pub const START: Time = Time::from_unix(1_795_000_000);

#[derive(Clone, Debug, PartialEq)]
pub struct World {
    pub terms: Terms,
    pub now: Time,
    pub order: Option<Arc<Order>>,
    pub devices: [Device; DEVICES],
    /// Those that have read and not yet written.
    pub turns: Vec<Turn>,
    pub mail: Vec<Mail>,
    pub amazon: Amazon,
    /// How many more faults there may be, wishes of the merchant, and sessions of the buyer.
    pub faults: u8,
    pub wishes: u8,
    pub sessions: u8,
    /// The merchant's last wish was to cancel, and it was granted.
    pub cancelled: bool,
    /// A step broke a rule that no later state shows.
    pub wrong: Option<Wrong>,
    /// The name of the next mark.
    fresh: usize,
}

/// A device of the buyer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Device {
    pub session: Option<Arc<Session>>,
    /// Its newest wish and the newest answer to it that wanted a write; each may be delivered once more.
    pub last: [Option<Turn>; 2],
}

impl Device {
    fn repeatable(&self) -> impl Iterator<Item = &Turn> {
        self.last.iter().flatten()
    }
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mail {
    Setup {
        device: usize,
        sent_by: WriteId,
    },
    SetupAnswer {
        device: usize,
        sent_by: WriteId,
        open: bool,
    },
    /// `again` when the shop asks once more for what it may have asked before.
    Charge {
        device: usize,
        sent_by: WriteId,
        number: u8,
        again: bool,
    },
    ChargeAnswer {
        device: usize,
        sent_by: WriteId,
        number: u8,
        news: News,
    },
    Notice {
        number: u8,
        truth: Truth,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrong {
    SentUnstored,
    SentWhileOpen,
    ToldUntruth,
    WrittenTwice,
    AgreedToAnother,
}

impl World {
    pub fn new(terms: Terms, amazon: Amazon, bounds: Bounds) -> Self {
        Self {
            terms,
            now: START,
            order: None,
            devices: Default::default(),
            turns: Vec::new(),
            mail: Vec::new(),
            amazon,
            faults: bounds.faults,
            wishes: bounds.wishes,
            sessions: bounds.sessions,
            cancelled: false,
            wrong: None,
            fresh: 0,
        }
    }

    pub fn state(&self) -> &State {
        self.order.as_ref().map_or(&State::Draft, |order| &order.state)
    }

    /// What the buyer has agreed to pay.
    pub fn asked(&self) -> Money {
        self.order.as_ref().and_then(|order| order.total()).expect("the order was placed")
    }

    /// A mark that no write has left.
    pub fn fresh_mark(&mut self) -> WriteId {
        self.fresh += 1;
        mark(self.fresh - 1)
    }

    /// Changes the order as the shop's own programs do: if it still is what it was read as.
    pub fn write(&mut self, state: State, who: Actor, what: Event) {
        let entry = Entry { at: self.now, who, what, to: state.name(), write: self.fresh_mark(), note: None };
        if let Some(order) = &mut self.order
            && order.state != state
        {
            let order = Arc::make_mut(order);
            order.state = state;
            order.history.push(entry);
        }
    }

    /// The form that all worlds share which behave alike.
    pub fn canonical(mut self) -> Self {
        let sets_up = self.sets_up();
        if let Some(order) = &mut self.order {
            let current = order.version().cloned();
            let held: BTreeSet<_> = self.turns.iter().flat_map(|turn| snapshots(turn).filter_map(Order::version)).cloned().collect();
            let live = |mark: &WriteId| Some(mark) == current.as_ref() || held.contains(mark);
            for device in &mut self.devices {
                let last = device.last.iter_mut().flatten().filter_map(|turn| session_of(&mut turn.request));
                for session in device.session.as_mut().map(Arc::make_mut).into_iter().chain(last) {
                    forget(session, live);
                }
            }
            let mut kept: BTreeSet<_> = current.iter().cloned().chain(held).collect();
            let under_way = self.turns.iter().chain(self.devices.iter().flat_map(Device::repeatable));
            for turn in under_way {
                kept.insert(turn.mark.clone());
                if let Request::Answer { token: Some(token), .. } = &*turn.request {
                    kept.insert(token.sent_by.clone());
                }
                if let Request::Input { input: Input::Exception { cause: Some(cause) }, .. } = &*turn.request {
                    kept.insert(cause.clone());
                }
            }
            kept.extend(self.mail.iter().filter_map(Mail::sent_by).cloned());
            // An answer to Setup is asked whether it was followed by another; the newest one tells.
            let newest = order.history.iter().rev().find(|entry| entry.what == Event::CheckedOut);
            kept.extend(newest.filter(|_| sets_up).map(|entry| entry.write.clone()));
            compact(Arc::make_mut(order), &kept);
            for turn in &mut self.turns {
                snapshots_mut(turn).for_each(|order| compact(order, &kept));
            }
        }
        if self.faults == 0 {
            self.devices.iter_mut().for_each(|device| device.last = [None, None]);
        }
        self.rest();
        self.rename();
        if self.holds(1) < self.holds(0) {
            self.swap_devices();
            self.rename();
        }
        self.mail.sort();
        self
    }

    /// What tells a device from the other, in an order of its own.
    fn holds(&self, device: usize) -> impl Ord + use<> {
        let Device { session, last } = &self.devices[device];
        let seen = session.as_ref().map(|session| {
            let begun = session.order.as_ref().map(|begun| (begun.version.clone(), begun.declined));
            (begun, session.wallet.is_some(), session.unsettled)
        });
        let mut mail: Vec<_> = self.mail.iter().filter(|mail| mail.device() == Some(device)).cloned().collect();
        mail.iter_mut().filter_map(Mail::device_mut).for_each(|device| *device = 0);
        mail.sort();
        let turns = self.turns.iter().position(|turn| turn.device == Some(device));
        (seen, mail, turns, last.each_ref().map(|last| last.as_ref().map(|turn| (turn.at, turn.mark.clone()))))
    }

    /// The devices are alike: which is which does not matter.
    fn swap_devices(&mut self) {
        self.devices.swap(0, 1);
        let last = self.devices.iter_mut().flat_map(|device| device.last.iter_mut().flatten());
        let turns = last.chain(&mut self.turns).filter_map(|turn| turn.device.as_mut());
        turns.chain(self.mail.iter_mut().filter_map(Mail::device_mut)).for_each(|device| *device = 1 - *device);
    }

    /// Time only matters while a charge is open: it begins anew when none is.
    fn rest(&mut self) {
        if self.state().is_unsettled() || self.turns.iter().any(|turn| !turn.heard.is_empty()) {
            return;
        }
        self.now = START;
        for turn in self.devices.iter_mut().flat_map(|device| device.last.iter_mut().flatten()) {
            turn.at = START;
        }
        if let Some(order) = &mut self.order {
            let order = Arc::make_mut(order);
            order.history.last_mut().unwrap().at = START;
            age(&mut order.state);
        }
    }

    /// Whether an answer to Setup may still be taken in.
    fn sets_up(&self) -> bool {
        let mut turns = self.turns.iter().chain(self.devices.iter().flat_map(Device::repeatable));
        let answers = turns.any(|turn| matches!(&*turn.request, Request::Answer { answer: Answer::SetUp { .. }, .. }));
        answers || self.mail.iter().any(Mail::is_setup)
    }

    /// Names marks by where they are first met.
    fn rename(&mut self) {
        let mut names = BTreeMap::new();
        let mut rename = |old: &mut WriteId| {
            if old.as_str() != STALE {
                let next = names.len();
                *old = names.entry(old.clone()).or_insert_with(|| mark(next)).clone();
            }
        };
        if let Some(order) = &mut self.order {
            Arc::make_mut(order).history.iter_mut().for_each(|entry| rename(&mut entry.write));
        }
        for turn in &mut self.turns {
            snapshots_mut(turn).flat_map(|order| &mut order.history).for_each(|entry| rename(&mut entry.write));
        }
        for device in &mut self.devices {
            if let Some(version) = device.session.as_mut().map(Arc::make_mut).and_then(version) {
                rename(version);
            }
        }
        let last = self.devices.iter_mut().flat_map(|device| device.last.iter_mut().flatten());
        for turn in last.chain(&mut self.turns) {
            rename(&mut turn.mark);
            match Arc::make_mut(&mut turn.request) {
                Request::Input { session, input, .. } => {
                    version(session).map(&mut rename);
                    if let Input::Exception { cause: Some(cause) } = input {
                        rename(cause);
                    }
                }
                Request::Answer { token, .. } => {
                    if let Some(token) = token {
                        rename(&mut token.sent_by);
                    }
                }
            }
        }
        for mail in &mut self.mail {
            mail.sent_by_mut().map(&mut rename);
        }
        self.fresh = names.len();
    }
}

impl Hash for World {
    fn hash<H: Hasher>(&self, to: &mut H) {
        (self.terms, self.now, self.faults, self.wishes, self.sessions, self.cancelled, self.wrong).hash(to);
        (&self.amazon, &self.mail).hash(to);
        self.order.is_some().hash(to);
        if let Some(order) = &self.order {
            hash_order(order, to);
        }
        for device in &self.devices {
            device.session.is_some().hash(to);
            if let Some(session) = &device.session {
                hash_session(session, to);
            }
            device.last.each_ref().map(Option::is_some).hash(to);
        }
        for turn in self.devices.iter().flat_map(Device::repeatable).chain(&self.turns) {
            hash_turn(turn, to);
        }
    }
}

fn hash_order<H: Hasher>(order: &Order, to: &mut H) {
    (&order.state, discriminant(&order.goods), order.agreement.is_some(), order.history.len()).hash(to);
    for entry in &order.history {
        (entry.at, entry.who, entry.what, &entry.write).hash(to);
    }
}

fn hash_session<H: Hasher>(session: &Session, to: &mut H) {
    let begun = session.order.as_ref().map(|begun| (&begun.version, begun.declined));
    (begun, session.question.as_ref().map(discriminant), session.wallet.is_some(), session.unsettled).hash(to);
}

fn hash_turn<H: Hasher>(turn: &Turn, to: &mut H) {
    (turn.device, turn.at, &turn.mark, turn.heard.len(), turn.patience).hash(to);
    match &*turn.request {
        Request::Input { session, input, new } => {
            new.hash(to);
            hash_session(session, to);
            discriminant(input).hash(to);
        }
        Request::Answer { token, answer } => {
            token.as_ref().map(|token| &token.sent_by).hash(to);
            match answer {
                Answer::Charge { attempt, outcome, .. } => (attempt, outcome).hash(to),
                Answer::SetUp { status, .. } => discriminant(status).hash(to),
                Answer::SetupFailed(_) => 0.hash(to),
                Answer::ChargeFailed { outcome, .. } => outcome.hash(to),
            }
        }
    }
    for heard in &turn.heard {
        discriminant(heard).hash(to);
    }
    snapshots(turn).for_each(|order| hash_order(order, to));
}

impl Mail {
    pub fn sent_by(&self) -> Option<&WriteId> {
        match self {
            Self::Setup { sent_by, .. } | Self::SetupAnswer { sent_by, .. } => Some(sent_by),
            Self::Charge { sent_by, .. } | Self::ChargeAnswer { sent_by, .. } => Some(sent_by),
            Self::Notice { .. } => None,
        }
    }

    fn device(&self) -> Option<usize> {
        self.clone().device_mut().copied()
    }

    fn device_mut(&mut self) -> Option<&mut usize> {
        match self {
            Self::Setup { device, .. } | Self::SetupAnswer { device, .. } => Some(device),
            Self::Charge { device, .. } | Self::ChargeAnswer { device, .. } => Some(device),
            Self::Notice { .. } => None,
        }
    }

    fn is_setup(&self) -> bool {
        matches!(self, Self::Setup { .. } | Self::SetupAnswer { .. })
    }

    fn sent_by_mut(&mut self) -> Option<&mut WriteId> {
        match self {
            Self::Setup { sent_by, .. } | Self::SetupAnswer { sent_by, .. } => Some(sent_by),
            Self::Charge { sent_by, .. } | Self::ChargeAnswer { sent_by, .. } => Some(sent_by),
            Self::Notice { .. } => None,
        }
    }
}

/// The name of every version that is not the newest any more: no session can do anything with one but find that out.
const STALE: &str = "ZZZZZZZZZZZZZZZZ";

fn mark(number: usize) -> WriteId {
    static MARKS: LazyLock<Vec<WriteId>> =
        LazyLock::new(|| (0..100).map(|number| WriteId::parse(&format!("{number:016}")).unwrap()).collect());
    MARKS[number].clone()
}

fn version(session: &mut Session) -> Option<&mut WriteId> {
    session.order.as_mut().and_then(|begun| begun.version.as_mut())
}

fn session_of(request: &mut Arc<Request>) -> Option<&mut Session> {
    match Arc::make_mut(request) {
        Request::Input { session, .. } => Some(session),
        Request::Answer { .. } => None,
    }
}

fn forget(session: &mut Session, live: impl Fn(&WriteId) -> bool) {
    if let Some(version) = version(session)
        && !live(version)
    {
        *version = WriteId::parse(STALE).unwrap();
    }
}

/// When money was held only tells when it is due.
fn age(state: &mut State) {
    match state {
        State::Authorized(hold) | State::Capturing(Capture { hold, .. }) | State::Voiding(hold) | State::Expired(hold) => {
            hold.since = START;
        }
        State::InParts(parts) => age(&mut parts.rest),
        State::NeedsAttention { was, .. } => age(was),
        _ => {}
    }
}

/// Drops what nothing refers to. Attempts are counted, and the newest entry is the version.
fn compact(order: &mut Order, kept: &BTreeSet<WriteId>) {
    let last = order.history.len() - 1;
    let mut place = 0;
    order.history.retain_mut(|entry| {
        place += 1;
        if place <= last {
            // Only when it was last changed is ever asked for.
            entry.at = Time::from_unix(0);
        }
        place > last || entry.what.begins_attempt() || kept.contains(&entry.write)
    });
}

/// The orders that a turn has read.
fn snapshots(turn: &Turn) -> impl Iterator<Item = &Order> {
    turn.heard.iter().flat_map(|heard| match heard {
        Heard::Opening(opening) => opening.orders.iter().collect(),
        Heard::Order(order) => order.iter().map(|order| &**order).collect(),
        Heard::Written(Written::Done(order) | Written::Before(order) | Written::Overtaken(order)) => vec![&**order],
        Heard::Written(Written::Missing) | Heard::Kept => Vec::new(),
    })
}

fn snapshots_mut(turn: &mut Turn) -> impl Iterator<Item = &mut Order> {
    turn.heard.iter_mut().flat_map(|heard| match heard {
        Heard::Opening(opening) => opening.orders.iter_mut().collect(),
        Heard::Order(order) => order.iter_mut().map(|order| &mut **order).collect(),
        Heard::Written(Written::Done(order) | Written::Before(order) | Written::Overtaken(order)) => vec![&mut **order],
        Heard::Written(Written::Missing) | Heard::Kept => Vec::new(),
    })
}
