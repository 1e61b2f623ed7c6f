//! The shop, one buyer with two devices, and what comes of each step.

use std::sync::Arc;

use voicetill::app::Request;
use voicetill::domain::catalog::Spoken;
use voicetill::domain::dialog::{Answer, Input, Intent, Moment, Quantity, Question, Reply, Send, Session, Trouble};
use voicetill::domain::ids::{BillingAgreementId, BuyerId, Locale, Token, WriteId};
use voicetill::domain::money::Money;
use voicetill::domain::order::{Actor, Command, Effect, Event, Report, Standing, State, apply, decide};
use voicetill::domain::payment::AgreementStatus;
use voicetill::domain::place::Address;
use voicetill::domain::shop::Shop;
use voicetill::domain::time::Time;

use crate::amazon::{Amazon, News, Terms};
use crate::rules;
use crate::steps::{Ask, Bounds, Coming, Read, Step, Wish};
use crate::turn::{Call, Progress, Turn, carry_out};
use crate::world::{Mail, World, Wrong};

pub struct Till {
    pub bounds: Bounds,
    pub shops: Vec<(Terms, Shop)>,
    pub buyer: BuyerId,
    pub locale: Locale,
}

impl Till {
    /// A device has a cart; nothing is stored yet. Where charges are explored, Setup is behind it, and it has heard the read-back.
    pub fn start(&self, terms: Terms) -> World {
        let mut world = World::new(terms, Amazon::new(self.bounds.attempts), self.bounds);
        let roses = Spoken { text: "roses".to_owned(), resolved: vec!["roses".to_owned()] };
        let buys = Input::Intent(Intent::Buy { product: Some(roses), quantity: Quantity::Said(1) });
        let turn = turn(&mut world, 0, Request::Input { new: true, session: Session::default(), input: buys });
        self.run(&mut world, turn, false).expect("the cart is filled");
        let mut world = world.canonical();
        if self.bounds.attempts > 0 {
            let device = world.devices.iter().position(|device| device.session.is_some()).expect("it was asked to check out");
            let comes = |what| Step::Comes { mail: 0, what, stays: false };
            let answer = Coming::Answer { read: Read::Whole, lost: false };
            for step in [Step::Asks { device, what: Ask::Agrees, lost: false }, comes(Coming::Setup { open: true }), comes(answer)] {
                world = self.after(&world, step).expect("Setup takes its ordinary way");
            }
        }
        world
    }

    /// The world after a step; `None` where the step changes nothing or leads out of bounds.
    pub fn after(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        if !matches!(step, Step::GoesOn { .. } | Step::Crashes { .. }) {
            for turn in &mut next.turns {
                turn.patience = turn.patience.checked_sub(1)?;
            }
        }
        self.take(&mut next, step)?;
        (next.mail.len() <= self.bounds.mail).then(|| next.canonical())
    }

    fn take(&self, world: &mut World, step: Step) -> Option<()> {
        match step {
            Step::Asks { device, what, lost } => self.ask(world, device, what, lost),
            Step::GoesOn { turn, lost } => {
                let turn = world.turns.remove(turn);
                self.run(world, turn, lost)
            }
            Step::Crashes { turn } => {
                world.turns.remove(turn);
                spend(world)
            }
            Step::Comes { mail, what, stays } => self.bring(world, mail, what, stays),
            Step::Develops { number, truth } => {
                let odd = world.amazon.developments(number, world.terms).contains(&(truth, true));
                world.amazon.develops(number, truth);
                if odd { spend(world) } else { Some(()) }
            }
            Step::Notifies { number, late: true } => {
                world.mail.push(Mail::Notice { number, truth: world.amazon.get(number).truth });
                spend(world)
            }
            Step::Notifies { number, late: false } => {
                let (report, before) = (world.amazon.report(number, world.asked()), world.state().clone());
                learn(world, &report, Event::ChargeAnswered);
                (*world.state() != before).then_some(())
            }
            Step::Wishes(wish) => grant(world, wish),
            Step::Performs { well, lost } => {
                let (effect, asked) = (world.state().owed()?, world.asked());
                if let Effect::HoldRest(attempt) = &effect {
                    world.wrong = rules::wrong_to_hold(world, attempt).or(world.wrong);
                }
                let report = world.amazon.performs(&effect, asked, well);
                if lost {
                    return spend(world);
                }
                learn(world, &report, Event::RefundAnswered);
                Some(())
            }
            Step::Begins => {
                let state = decide(world.state(), &Command::HoldRest).ok()?;
                if state.attempt()?.number > self.bounds.attempts {
                    return None;
                }
                world.write(state, Actor::Shop, Event::AskedToHoldRest);
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

    fn ask(&self, world: &mut World, device: usize, what: Ask, lost: bool) -> Option<()> {
        let turn = match what {
            Ask::Opens => {
                world.sessions -= 1;
                turn(world, device, Request::Input { new: true, session: Session::default(), input: Input::Launch })
            }
            Ask::Agrees => {
                let session = Arc::unwrap_or_clone(world.devices[device].session.take()?);
                turn(world, device, Request::Input { new: false, session, input: Input::Intent(Intent::Yes) })
            }
            Ask::Again(which) => {
                spend(world)?;
                world.devices[device].last[which].take()?
            }
            Ask::Fails => {
                spend(world)?;
                let session = Arc::unwrap_or_clone(world.devices[device].session.take()?);
                let request = Request::Input { new: false, session, input: Input::Ended { failed: true } };
                Turn { device: None, ..turn(world, device, request) }
            }
        };
        self.run(world, turn, lost)
    }

    fn bring(&self, world: &mut World, mail: usize, what: Coming, stays: bool) -> Option<()> {
        let message = world.mail[mail].clone();
        if !stays {
            world.mail.remove(mail);
        }
        if stays || matches!(what, Coming::Never) {
            spend(world)?;
        }
        match (what, message) {
            (Coming::Setup { open }, Mail::Setup { device, sent_by }) => world.mail.push(Mail::SetupAnswer { device, sent_by, open }),
            (Coming::Charge(choice), Mail::Charge { device, sent_by, number, again }) => {
                if world.amazon.choices(number, world.terms).contains(&(choice, true)) {
                    spend(world)?;
                }
                let news = world.amazon.arrives(number, again, choice);
                world.mail.push(Mail::ChargeAnswer { device, sent_by, number, news });
            }
            (Coming::Answer { read, lost }, Mail::ChargeAnswer { device, sent_by, number, news }) => {
                if read != Read::Whole {
                    spend(world)?;
                }
                return self.answer(world, device, sent_by, charged(number, news, read, world.asked()), lost);
            }
            (Coming::Answer { lost, .. }, Mail::SetupAnswer { device, sent_by, open }) => {
                return self.answer(world, device, sent_by, set_up(open), lost);
            }
            (Coming::Notice, Mail::Notice { number, truth }) => {
                let outcome = News::Is(truth).outcome(number, world.asked());
                learn(world, &Report::Charge { attempt: Some(number), outcome }, Event::ChargeAnswered);
            }
            (Coming::Never, _) => {}
            (Coming::Excepted, message) => {
                if !stays {
                    spend(world)?;
                }
                let input = Input::Exception { cause: message.sent_by().cloned() };
                let turn = Turn { device: None, ..turn(world, 0, Request::Input { new: false, session: Session::default(), input }) };
                return self.run(world, turn, false);
            }
            (what, message) => unreachable!("{what:?} of {message:?}"),
        }
        Some(())
    }

    fn answer(&self, world: &mut World, device: usize, sent_by: WriteId, answer: Answer, lost: bool) -> Option<()> {
        let token = Some(Token { order: world.order.as_ref()?.id.clone(), sent_by });
        let turn = turn(world, device, Request::Answer { token, answer });
        self.run(world, turn, lost)
    }

    fn moment<'a>(&'a self, world: &World, at: Time, write: &'a WriteId) -> Moment<'a> {
        let shop = &self.shops.iter().find(|(terms, _)| *terms == world.terms).expect("one of the shops").1;
        Moment { shop, buyer: &self.buyer, locale: &self.locale, now: at, write, consent: true, link: None }
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
            if rules::yes_to_another_version(&turn.request, &call) {
                world.wrong = Some(Wrong::AgreedToAnother);
            }
            if let (Call::Create(_) | Call::Amend(_), Some(device)) = (&call, turn.device) {
                let which = usize::from(matches!(*turn.request, Request::Answer { .. }));
                world.devices[device].last[which] = (world.faults > 0).then(|| Turn { heard: Vec::new(), ..turn.clone() });
            }
            turn.heard.push(carry_out(&mut world.order, call));
            let written = world.order.iter().flat_map(|order| &order.history).filter(|entry| entry.write == turn.mark);
            if written.count() > 1 {
                world.wrong = Some(Wrong::WrittenTwice);
            }
        }
    }

    fn deliver(&self, world: &mut World, turn: &Turn, reply: &Reply, lost: bool) -> Option<()> {
        if !rules::told_the_truth(world, reply) {
            world.wrong = Some(Wrong::ToldUntruth);
        }
        if lost {
            // A reply that carries nothing is as good as lost.
            return if reply.send.is_none() && reply.session.is_none() { None } else { spend(world) };
        }
        let Some(device) = turn.device else { return Some(()) };
        if let Some(session) = &reply.session {
            world.devices[device].session = self.onward(world, session.clone()).map(Arc::new);
        }
        match &reply.send {
            None => {}
            Some(Send::Setup(order)) => world.mail.push(Mail::Setup { device, sent_by: order.version()?.clone() }),
            Some(Send::Charge(order)) => {
                world.wrong = rules::wrong_to_send(world, order).or(world.wrong);
                let (number, sent_by) = (order.state.attempt()?.number, order.version()?.clone());
                if number > self.bounds.attempts {
                    // Out of bounds; but what was wrong on the way there is seen.
                    return world.wrong.map(|_| ());
                }
                let again = !matches!(order.state, State::Charging { standing: Standing::Sent, .. });
                world.mail.push(Mail::Charge { device, sent_by, number, again });
            }
        }
        Some(())
    }

    /// The session after as many yeses as need no store: those of two devices cannot meet. `None` where it leads to another order, or
    /// nowhere.
    fn onward(&self, world: &World, mut session: Session) -> Option<Session> {
        let mark = WriteId::parse("YYYYYYYYYYYYYYYY").expect("a mark");
        while let Some(question) = &session.question {
            if session.order.as_ref().is_some_and(|begun| world.order.as_ref().is_some_and(|order| order.id != begun.id)) {
                return None;
            }
            if matches!(question, Question::PlaceOrder { .. }) {
                return Some(session);
            }
            let request = Request::Input { new: false, session: session.clone(), input: Input::Intent(Intent::Yes) };
            let turn = Turn::new(None, world.now, mark.clone(), request);
            match turn.progress(&self.moment(world, world.now, &mark)) {
                Progress::Wants(_) => return Some(session),
                Progress::Replies(reply) => session = reply.session?,
            }
        }
        None
    }
}

fn turn(world: &mut World, device: usize, request: Request) -> Turn {
    Turn::new(Some(device), world.now, world.fresh_mark(), request)
}

fn spend(world: &mut World) -> Option<()> {
    world.faults = world.faults.checked_sub(1)?;
    Some(())
}

fn set_up(open: bool) -> Answer {
    let home =
        Address { city: Some("Seattle".to_owned()), region: Some("WA".to_owned()), country: Some("US".to_owned()), ..Address::default() };
    Answer::SetUp {
        status: if open { AgreementStatus::Open } else { AgreementStatus::Suspended },
        agreement: BillingAgreementId::parse("B01").ok(),
        address: Some(home),
    }
}

fn charged(number: u8, news: News, read: Read, asked: Money) -> Answer {
    let news = if read == Read::Nothing { News::Unreadable } else { news };
    let outcome = news.outcome(number, asked);
    match news {
        News::Is(_) => Answer::Charge { attempt: (read == Read::Whole).then_some(number), amount: Some(asked), outcome },
        News::Unreadable => Answer::Charge { attempt: None, amount: None, outcome },
        News::Refused { .. } => Answer::ChargeFailed { outcome, trouble: Trouble::Shop },
    }
}

/// Takes in a fact that comes by the shop's server.
fn learn(world: &mut World, report: &Report, what: Event) {
    let state = apply(world.state(), report, world.now);
    world.write(state, Actor::Amazon, what);
}

fn grant(world: &mut World, wish: Wish) -> Option<()> {
    world.order.as_ref()?;
    let refund = |amount| (Command::Refund { amount }, Event::AskedToRefund);
    let (command, what) = match (wish, world.state()) {
        (Wish::Cancel, _) => (Command::Cancel, Event::AskedToCancel),
        (Wish::Capture, _) => (Command::Capture { amount: None }, Event::AskedToCapture),
        (Wish::Renew, State::Authorized(_)) => (Command::HoldRest, Event::AskedToRenew),
        (Wish::RefundAll, State::Paid(paid)) => refund(paid.captured),
        (Wish::RefundCent, State::Paid(paid)) => refund(Money::new(1, paid.captured.currency())),
        (Wish::Renew | Wish::RefundAll | Wish::RefundCent, _) => return None,
    };
    let state = decide(world.state(), &command).ok().filter(|state| state != world.state())?;
    world.wishes -= 1;
    // Who refunds part of a cancelled order has looked at it and settles it by hand.
    world.cancelled = wish == Wish::Cancel;
    world.write(state, Actor::Merchant, what);
    Some(())
}
