//! What may happen next, and what comes of it.

use std::sync::Arc;

use voicetill::app::Request;
use voicetill::domain::catalog::Spoken;
use voicetill::domain::dialog::{Answer, Input, Intent, Moment, Quantity, Question, Reply, Send, Session, Trouble};
use voicetill::domain::ids::{BillingAgreementId, BuyerId, Locale, Token, WriteId};
use voicetill::domain::money::Money;
use voicetill::domain::order::{Actor, Command, Event, Report, Standing, State, apply, decide};
use voicetill::domain::payment::AgreementStatus;
use voicetill::domain::place::Address;
use voicetill::domain::shop::Shop;
use voicetill::domain::time::Time;

use crate::amazon::{Amazon, Choice, News, Terms, Truth};
use crate::rules;
use crate::turn::{Call, Progress, Turn, carry_out};
use crate::world::{DEVICES, Mail, START, World, Wrong};

const MINUTES: i64 = 5 * Time::MINUTE;
pub const A_DAY: i64 = Time::DAY;

/// How far a model goes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Attempts to charge.
    pub attempts: u8,
    /// Faults of any kind in one history.
    pub faults: u8,
    /// Wishes of the merchant, and disputes.
    pub wishes: u8,
    /// Sessions that the devices begin, besides the first.
    pub sessions: u8,
    /// Messages on their way at once.
    pub mail: usize,
    /// Turns that have read and not yet written at once, before one more is carried out as a whole.
    pub turns: usize,
    /// What else may happen before such a turn goes on.
    pub patience: u8,
}

/// The shop, one buyer with two devices, and everything that can go wrong between them and Amazon Pay.
pub struct Till {
    pub bounds: Bounds,
    pub shops: Vec<(Terms, Shop)>,
    pub buyer: BuyerId,
    pub locale: Locale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A device begins a session and goes on, where it can, to the read-back.
    Opens {
        device: usize,
        lost: bool,
    },
    /// It says yes to what it was asked.
    Agrees {
        device: usize,
        lost: bool,
    },
    /// Its newest request is delivered once more.
    ComesAgain {
        device: usize,
        lost: bool,
    },
    /// Alexa could not use the response that the device's session got.
    Fails {
        device: usize,
    },
    /// A turn that has read goes on to write.
    GoesOn {
        turn: usize,
        lost: bool,
    },
    /// It ends there.
    Crashes {
        turn: usize,
    },
    /// Setup comes to Amazon. `stays`: and the message will come once more.
    SetsUp {
        mail: usize,
        open: bool,
        stays: bool,
    },
    /// A charge comes to Amazon.
    Charges {
        mail: usize,
        choice: Choice,
        stays: bool,
    },
    /// An answer of Amazon's comes back.
    Answers {
        mail: usize,
        read: Read,
        stays: bool,
        lost: bool,
    },
    /// A late notification comes.
    Tells {
        mail: usize,
        stays: bool,
    },
    Vanishes {
        mail: usize,
    },
    /// Alexa says that it could not use the response with this directive, which went out all the same or did not.
    Excepts {
        mail: usize,
        stays: bool,
    },
    Develops {
        number: u8,
        truth: Truth,
    },
    /// A notification is sent and comes at once, or `late`.
    Notifies {
        number: u8,
        late: bool,
    },
    Wishes(Wish),
    /// The shop's server does what is owed; it may lose the answer.
    Performs {
        well: bool,
        lost: bool,
    },
    Disputes,
    Waits(i64),
}

/// How much of an answer can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    Whole,
    /// It does not name its attempt.
    Unnamed,
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Cancel,
    Capture,
    RefundAll,
    RefundCent,
}

impl Till {
    /// Device 0 has a cart; nothing is stored yet. Where charges are explored, Setup is behind it, and it has heard the read-back.
    pub fn start(&self, terms: Terms) -> World {
        let amazon = Amazon::new(self.bounds.attempts);
        let mut world = World::new(terms, amazon, self.bounds);
        let roses = Spoken { text: "roses".to_owned(), resolved: vec!["roses".to_owned()] };
        let buys = Input::Intent(Intent::Buy { product: Some(roses), quantity: Quantity::Said(1) });
        let turn = self.turn(&mut world, 0, Request::Input { new: true, session: Session::default(), input: buys });
        self.run(&mut world, turn, false).expect("the cart is filled");
        let mut world = world.canonical();
        if self.bounds.attempts > 0 {
            let answer = Step::Answers { mail: 0, read: Read::Whole, stays: false, lost: false };
            let device = world.devices.iter().position(|device| device.session.is_some()).expect("it was asked to check out");
            for step in [Step::Agrees { device, lost: false }, Step::SetsUp { mail: 0, open: true, stays: false }, answer] {
                world = self.after(&world, step).expect("Setup takes its ordinary way");
            }
        }
        world
    }

    pub fn steps(&self, world: &World) -> Vec<Step> {
        let fault = world.faults > 0;
        let either = |fault: bool| if fault { vec![false, true] } else { vec![false] };
        let mut steps = Vec::new();
        for turn in 0..world.turns.len() {
            steps.extend(either(fault).into_iter().map(|lost| Step::GoesOn { turn, lost }));
            if fault {
                steps.push(Step::Crashes { turn });
            }
        }
        if world.turns.iter().any(|turn| turn.patience == 0) {
            return steps;
        }
        for device in 0..DEVICES {
            if world.sessions > 0 && world.devices[device].session.is_none() {
                steps.extend(either(fault).into_iter().map(|lost| Step::Opens { device, lost }));
            }
            if world.devices[device].session.is_some() {
                steps.extend(either(fault).into_iter().map(|lost| Step::Agrees { device, lost }));
            }
            if fault && world.devices[device].session.is_some() {
                steps.push(Step::Fails { device });
            }
            if fault && world.devices[device].last.is_some() {
                steps.extend(either(world.faults > 1).into_iter().map(|lost| Step::ComesAgain { device, lost }));
            }
        }
        for mail in 0..world.mail.len() {
            if mail > 0 && world.mail[mail] == world.mail[mail - 1] {
                continue;
            }
            self.deliveries(world, mail, &mut steps);
        }
        for number in world.amazon.numbers() {
            let developments = world.amazon.developments(number, world.terms).into_iter();
            steps.extend(developments.filter(|(_, odd)| fault || !odd).map(|(truth, _)| Step::Develops { number, truth }));
            if world.amazon.get(number).truth != Truth::NotArrived {
                steps.extend(either(fault).into_iter().map(|late| Step::Notifies { number, late }));
            }
        }
        if world.wishes > 0 {
            steps.extend([Wish::Cancel, Wish::Capture, Wish::RefundAll, Wish::RefundCent].map(Step::Wishes));
            steps.push(Step::Disputes);
        }
        if world.state().owed().is_some() && !world.state().is_cart() && !world.state().is_unsettled() {
            for lost in either(fault) {
                steps.extend([true, false].map(|well| Step::Performs { well, lost }));
            }
        }
        if world.state().is_unsettled() {
            let passed = world.now.since(START);
            steps.extend((passed == 0).then_some(Step::Waits(MINUTES)));
            steps.extend((passed == MINUTES).then_some(Step::Waits(A_DAY)));
        }
        steps
    }

    fn deliveries(&self, world: &World, mail: usize, steps: &mut Vec<Step>) {
        let fault = world.faults > 0;
        for stays in if fault { vec![false, true] } else { vec![false] } {
            let more = world.faults > u8::from(stays);
            match &world.mail[mail] {
                Mail::Setup { .. } => steps.extend([true, false].map(|open| Step::SetsUp { mail, open, stays })),
                Mail::Charge { number, .. } => {
                    let choices = world.amazon.choices(*number, world.terms).into_iter().filter(|(_, odd)| more || !odd);
                    steps.extend(choices.map(|(choice, _)| Step::Charges { mail, choice, stays }));
                }
                Mail::SetupAnswer { .. } => {
                    steps.push(Step::Answers { mail, read: Read::Whole, stays, lost: false });
                    if more {
                        steps.push(Step::Answers { mail, read: Read::Whole, stays, lost: true });
                    }
                }
                Mail::ChargeAnswer { news, .. } => {
                    steps.push(Step::Answers { mail, read: Read::Whole, stays, lost: false });
                    if more {
                        steps.push(Step::Answers { mail, read: Read::Whole, stays, lost: true });
                        steps.extend(matches!(news, News::Is(_)).then_some(Step::Answers {
                            mail,
                            read: Read::Unnamed,
                            stays,
                            lost: false,
                        }));
                        steps.extend((*news != News::Unreadable).then_some(Step::Answers {
                            mail,
                            read: Read::Nothing,
                            stays,
                            lost: false,
                        }));
                    }
                }
                Mail::Notice { .. } => steps.push(Step::Tells { mail, stays }),
            }
            if fault && matches!(world.mail[mail], Mail::Setup { .. } | Mail::Charge { .. }) {
                steps.push(Step::Excepts { mail, stays });
            }
        }
        if fault {
            steps.push(Step::Vanishes { mail });
        }
    }

    /// The world after a step; `None` where the step changes nothing or leads out of bounds.
    pub fn after(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        if !matches!(step, Step::GoesOn { .. } | Step::Crashes { .. }) {
            for turn in &mut next.turns {
                turn.patience = turn.patience.checked_sub(1)?;
            }
        }
        let next = self.take(&mut next, step).map(|()| next)?;
        let within = next.mail.len() <= self.bounds.mail;
        within.then(|| next.canonical())
    }

    fn take(&self, world: &mut World, step: Step) -> Option<()> {
        match step {
            Step::Opens { device, lost } => {
                world.sessions -= 1;
                let request = Request::Input { new: true, session: Session::default(), input: Input::Launch };
                let turn = self.turn(world, device, request);
                self.run(world, turn, lost)
            }
            Step::Agrees { device, lost } => {
                let session = world.devices[device].session.take()?;
                let request = Request::Input { new: false, session: Session::clone(&session), input: Input::Intent(Intent::Yes) };
                let turn = self.turn(world, device, request);
                self.run(world, turn, lost)
            }
            Step::Fails { device } => {
                spend(world)?;
                let session = world.devices[device].session.take()?;
                let request = Request::Input { new: false, session: Session::clone(&session), input: Input::Ended { failed: true } };
                let turn = Turn { device: None, ..self.turn(world, device, request) };
                self.run(world, turn, false)
            }
            Step::ComesAgain { device, lost } => {
                spend(world)?;
                let turn = world.devices[device].last.take()?;
                self.run(world, turn, lost)
            }
            Step::GoesOn { turn, lost } => {
                let turn = world.turns.remove(turn);
                self.run(world, turn, lost)
            }
            Step::Crashes { turn } => {
                spend(world)?;
                world.turns.remove(turn);
                Some(())
            }
            Step::SetsUp { mail, open, stays } => {
                let Mail::Setup { device, sent_by } = taken(world, mail, stays)? else { return None };
                world.mail.push(Mail::SetupAnswer { device, sent_by, open });
                Some(())
            }
            Step::Charges { mail, choice, stays } => {
                let Mail::Charge { device, sent_by, number, again } = taken(world, mail, stays)? else { return None };
                let odd = world.amazon.choices(number, world.terms).into_iter().find(|(known, _)| *known == choice)?.1;
                if odd {
                    spend(world)?;
                }
                let news = world.amazon.arrives(number, again, choice);
                world.mail.push(Mail::ChargeAnswer { device, sent_by, number, news });
                Some(())
            }
            Step::Answers { mail, read, stays, lost } => {
                if read != Read::Whole {
                    spend(world)?;
                }
                let (device, sent_by, answer) = match taken(world, mail, stays)? {
                    Mail::SetupAnswer { device, sent_by, open } => (device, sent_by, set_up(open)),
                    Mail::ChargeAnswer { device, sent_by, number, news } => (device, sent_by, charge(number, news, read, asked(world))),
                    Mail::Setup { .. } | Mail::Charge { .. } | Mail::Notice { .. } => return None,
                };
                let token = Some(Token { order: world.order.as_ref()?.id.clone(), sent_by });
                let turn = self.turn(world, device, Request::Answer { token, answer });
                self.run(world, turn, lost)
            }
            Step::Tells { mail, stays } => {
                let Mail::Notice { number, truth } = taken(world, mail, stays)? else { return None };
                let outcome = News::Is(truth).outcome(number, asked(world));
                learn(world, &Report::Charge { attempt: Some(number), outcome }, Event::ChargeAnswered);
                Some(())
            }
            Step::Vanishes { mail } => {
                spend(world)?;
                world.mail.remove(mail);
                Some(())
            }
            Step::Excepts { mail, stays } => {
                spend(world)?;
                let cause = Some(world.mail[mail].sent_by()?.clone());
                if !stays {
                    world.mail.remove(mail);
                }
                let request = Request::Input { new: false, session: Session::default(), input: Input::Exception { cause } };
                let turn = Turn { device: None, ..self.turn(world, 0, request) };
                self.run(world, turn, false)
            }
            Step::Develops { number, truth } => {
                let odd = world.amazon.developments(number, world.terms).into_iter().find(|(known, _)| *known == truth)?.1;
                if odd {
                    spend(world)?;
                }
                world.amazon.develops(number, truth);
                Some(())
            }
            Step::Notifies { number, late: true } => {
                world.mail.push(Mail::Notice { number, truth: world.amazon.get(number).truth });
                spend(world)
            }
            Step::Notifies { number, late: false } => {
                let report = world.amazon.report(number, asked(world));
                learn(world, &report, Event::ChargeAnswered);
                Some(())
            }
            Step::Wishes(wish) => grant(world, wish),
            Step::Performs { well, lost } => {
                let effect = world.state().owed()?;
                let asked = asked(world);
                let report = world.amazon.performs(&effect, asked, well);
                if lost {
                    return spend(world);
                }
                learn(world, &report, Event::RefundAnswered);
                Some(())
            }
            Step::Disputes => {
                let State::Paid(_) = world.state() else { return None };
                world.wishes -= 1;
                learn(world, &Report::Chargeback, Event::Disputed);
                Some(())
            }
            Step::Waits(seconds) => {
                world.now = world.now.plus(seconds);
                Some(())
            }
        }
    }

    fn turn(&self, world: &mut World, device: usize, request: Request) -> Turn {
        Turn { device: Some(device), at: world.now, mark: world.fresh_mark(), request: Arc::new(request), heard: Vec::new(), patience: 0 }
    }

    fn moment<'a>(&'a self, world: &World, at: Time, write: &'a WriteId) -> Moment<'a> {
        let shop = &self.shops.iter().find(|(terms, _)| *terms == world.terms).unwrap().1;
        Moment { shop, buyer: &self.buyer, locale: &self.locale, now: at, write, consent: true }
    }

    /// Carries a turn on: one call of the store, and what follows without another. Where no more turns may be left under way, all of it.
    fn run(&self, world: &mut World, mut turn: Turn, lost: bool) -> Option<()> {
        let mut called = false;
        loop {
            let call = match turn.progress(&self.moment(world, turn.at, &turn.mark)) {
                Progress::Replies(reply) => return self.deliver(world, &turn, &reply, lost),
                Progress::Wants(call) => call,
            };
            if called && world.turns.len() < self.bounds.turns {
                turn.patience = self.bounds.patience;
                world.turns.push(turn);
                return (!lost).then_some(());
            }
            called = true;
            if let (Call::Create(_) | Call::Amend(_), Some(device)) = (&call, turn.device) {
                world.devices[device].last = (world.faults > 0).then(|| Turn { heard: Vec::new(), ..turn.clone() });
            }
            turn.heard.push(carry_out(&mut world.order, call));
            if let Some(order) = &world.order
                && order.history.iter().filter(|entry| entry.write == turn.mark).count() > 1
            {
                world.wrong = Some(Wrong::WrittenTwice);
            }
        }
    }

    fn deliver(&self, world: &mut World, turn: &Turn, reply: &Reply, lost: bool) -> Option<()> {
        if !rules::told_the_truth(world, reply) {
            world.wrong = Some(Wrong::ToldUntruth);
        }
        let nothing = reply.send.is_none() && reply.session.is_none();
        let Some(device) = turn.device.filter(|_| !lost && !nothing) else {
            return if lost && nothing {
                None
            } else if lost {
                spend(world)
            } else {
                Some(())
            };
        };
        if let Some(session) = &reply.session {
            world.devices[device].session = self.onward(world, session.clone()).map(Arc::new);
        }
        match &reply.send {
            None => {}
            Some(Send::Setup(order)) => world.mail.push(Mail::Setup { device, sent_by: order.version()?.clone() }),
            Some(Send::Charge(order)) => {
                if let Some(wrong) = rules::wrong_to_send(world, order) {
                    world.wrong = Some(wrong);
                }
                let (number, sent_by) = (order.state.attempt()?.number, order.version()?.clone());
                if number > self.bounds.attempts {
                    return None;
                }
                let again = matches!(order.state, State::Charging { standing: Standing::Unknown { .. } | Standing::Pending(_), .. });
                world.mail.push(Mail::Charge { device, sent_by, number, again });
            }
        }
        Some(())
    }

    /// The session after as many yeses as need no store: those of two devices cannot meet. `None` where it leads to another order, or
    /// nowhere.
    fn onward(&self, world: &World, mut session: Session) -> Option<Session> {
        let mark = WriteId::parse("YYYYYYYYYYYYYYYY").unwrap();
        while let Some(question) = &session.question {
            if session.order.as_ref().is_some_and(|begun| world.order.as_ref().is_some_and(|order| order.id != begun.id)) {
                return None;
            }
            if matches!(question, Question::PlaceOrder { .. }) {
                return Some(session);
            }
            let request = Request::Input { new: false, session: session.clone(), input: Input::Intent(Intent::Yes) };
            let turn = Turn { device: None, at: world.now, mark: mark.clone(), request: Arc::new(request), heard: Vec::new(), patience: 0 };
            match turn.progress(&self.moment(world, world.now, &mark)) {
                Progress::Wants(_) => return Some(session),
                Progress::Replies(reply) => session = reply.session?,
            }
        }
        None
    }
}

fn spend(world: &mut World) -> Option<()> {
    world.faults = world.faults.checked_sub(1)?;
    Some(())
}

/// Takes a message off the road; one that stays comes again.
fn taken(world: &mut World, mail: usize, stays: bool) -> Option<Mail> {
    if stays {
        spend(world)?;
        return Some(world.mail[mail].clone());
    }
    Some(world.mail.remove(mail))
}

/// What the buyer has agreed to pay.
pub fn asked(world: &World) -> Money {
    world.order.as_ref().and_then(|order| order.total()).expect("the order was placed")
}

fn set_up(open: bool) -> Answer {
    let home =
        Address { city: Some("Seattle".to_owned()), region: Some("WA".to_owned()), country: Some("US".to_owned()), ..Address::default() };
    Answer::SetUp {
        status: if open { AgreementStatus::Open } else { AgreementStatus::Suspended },
        agreement: Some(BillingAgreementId::parse("B01").unwrap()),
        address: Some(home),
    }
}

fn charge(number: u8, news: News, read: Read, asked: Money) -> Answer {
    let news = if read == Read::Nothing { News::Unreadable } else { news };
    let outcome = news.outcome(number, asked);
    match news {
        News::Is(_) => Answer::Charge { attempt: (read == Read::Whole).then_some(number), amount: Some(asked), outcome },
        News::Unreadable => Answer::Charge { attempt: None, amount: None, outcome },
        News::Refused { .. } => Answer::ChargeFailed { outcome, trouble: Trouble::Shop },
    }
}

/// A fact that comes by the shop's server.
fn learn(world: &mut World, report: &Report, what: Event) {
    let state = apply(world.state(), report, world.now);
    world.write(state, Actor::Amazon, what);
}

fn grant(world: &mut World, wish: Wish) -> Option<()> {
    world.order.as_ref()?;
    let (command, what) = match (wish, world.state()) {
        (Wish::Cancel, _) => (Command::Cancel, Event::AskedToCancel),
        (Wish::Capture, _) => (Command::Capture, Event::AskedToCapture),
        (Wish::RefundAll, State::Paid(paid)) => (Command::Refund { amount: paid.captured }, Event::AskedToRefund),
        (Wish::RefundCent, State::Paid(paid)) => {
            (Command::Refund { amount: Money::new(1, paid.captured.currency()) }, Event::AskedToRefund)
        }
        (Wish::RefundAll | Wish::RefundCent, _) => return None,
    };
    let state = decide(world.state(), &command).ok().filter(|state| state != world.state())?;
    world.wishes -= 1;
    // Who refunds part of a cancelled order has looked at it and settles it by hand.
    world.cancelled = wish == Wish::Cancel;
    world.write(state, Actor::Merchant, what);
    Some(())
}
