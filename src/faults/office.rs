//! The merchant at the order desk, and news that comes by other ways than the voice: what the desk and the notifications will do, with
//! the machine's own rules and conditional writes.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use super::auditor::attempt_of;
use super::chance::Fault;
use super::town::{INTERFERENCES_MAX, Town};
use crate::adapters::fingerprint;
use crate::app::Desk;
use crate::domain::dialog::Amend;
use crate::domain::ids::{CheckoutId, OrderId};
use crate::domain::money::{Currency, Money};
use crate::domain::order::{Actor, Command, Effect, Entry, Event, Order, Rail, Report, State, apply, decide};
use crate::domain::payment::Attempt;
use crate::domain::time::Time;
use crate::ports::{Store, Written};
use crate::simulated::{self, checkout};

/// How often a change is tried on an order that others change, too.
const LAPS_MAX: u8 = 3;

/// So many of a thousand times the merchant makes a round.
const ROUNDS_PERMILLE: u32 = 150;

/// What Amazon Pay has news of.
#[derive(Clone, Debug)]
enum Name {
    /// What was asked for by a reference.
    Reference(String),
    /// A purchase on a page.
    Checkout(CheckoutId),
}

impl Town {
    /// Cancels, captures and refunds, whatever the order's state.
    pub(super) async fn merchant(self: Rc<Self>) {
        for _ in 0..INTERFERENCES_MAX {
            let pause = self.chance.draw().lull();
            sleep(pause).await;
            if !self.chance.draw().strikes(Fault::MerchantActs) {
                continue;
            }
            let Some(order) = self.any_order().await else { continue };
            let command = {
                let mut chance = self.chance.draw();
                let part = Money::new(i64::from(1 + chance.below(9_000)), Currency::Usd);
                let all = order.total().unwrap_or(part);
                chance
                    .pick(&[
                        Command::Cancel,
                        Command::Capture { amount: None },
                        Command::Refund { amount: part },
                        Command::Refund { amount: all },
                    ])
                    .clone()
            };
            let event = match command {
                Command::Cancel => Event::AskedToCancel,
                Command::Capture { .. } => Event::AskedToCapture,
                Command::Refund { .. } => Event::AskedToRefund,
                Command::SetUp
                | Command::Charge { .. }
                | Command::HoldRest
                | Command::Goodwill { .. }
                | Command::Ship { .. }
                | Command::CloseAgreement
                | Command::Resolve { .. }
                | Command::PutAside => continue,
            };
            self.note("merchant", &format!("{command:?} of {}", order.id));
            self.change(order, Actor::Merchant, event, |state, _| decide(state, &command).ok()).await;
            self.work_off().await;
        }
    }

    /// Carries out what is owed beyond the voice: captures, voids, refunds.
    pub(super) async fn work_off(&self) {
        for order in self.orders().await.unwrap_or_default().iter() {
            let Some(owed) = order.state.owed() else { continue };
            let now = self.now();
            let Some(attempt) = order.state.attempt() else { continue };
            let reference = self.amazon.with(|pay| checkout::reference(pay, &order.id, attempt));
            let fails = matches!(owed, Effect::Capture(_)) && self.chance.draw().strikes(Fault::CaptureFails);
            let done = self.amazon.with(|amazon| match &owed {
                Effect::Capture(_) if fails => Some(false),
                Effect::Capture(_) => Some(amazon.capture(&reference, now)),
                Effect::Void(_) => Some(amazon.give_up(&reference)),
                Effect::Refund { refund, .. } => Some(amazon.refund(&reference, refund.number, refund.amount, now)),
                Effect::Setup | Effect::Charge(_) | Effect::HoldRest(_) | Effect::Track(_) => None,
            });
            let Some(done) = done else { continue };
            self.note("amazon", &format!("{} of {reference}: {}", name(&owed), if done { "done" } else { "refused" }));
            self.look(|_, _| Ok(())).await;
            let report = match &owed {
                Effect::Refund { refund, .. } if done => Some(Report::RefundDone { number: refund.number }),
                Effect::Refund { refund, .. } => Some(Report::RefundFailed { number: refund.number }),
                Effect::Capture(capture) if fails => Some(Report::CaptureRefused { number: capture.number() }),
                Effect::Capture(_) | Effect::Void(_) => self.news_of(&order.id, attempt),
                Effect::Setup | Effect::Charge(_) | Effect::HoldRest(_) | Effect::Track(_) => None,
            };
            if let Some(report) = report {
                let event = if matches!(owed, Effect::Refund { .. }) { Event::RefundAnswered } else { Event::ChargeAnswered };
                self.change(order.clone(), Actor::Amazon, event, |state, now| Some(apply(state, &report, now))).await;
            }
        }
    }

    /// Brings news of some charge, as a notification would: the truth, at any time, and often what is known already.
    pub(super) async fn messenger(self: Rc<Self>) {
        let mut sent = Vec::new();
        for _ in 0..INTERFERENCES_MAX {
            let pause = self.chance.draw().lull();
            sleep(pause).await;
            let names: Vec<_> = {
                let references = self.amazon.with(|pay| pay.references()).into_iter().map(Name::Reference);
                references.chain(self.amazon.completed().into_iter().map(Name::Checkout)).collect()
            };
            if names.is_empty() || !self.chance.draw().strikes(Fault::Notice) {
                continue;
            }
            let name = self.chance.draw().pick(&names).clone();
            let orders = self.orders().await.unwrap_or_default();
            let Some((order, reference, report)) = orders.iter().find_map(|order| self.named(order, &name)) else { continue };
            sent.push((reference.clone(), report));
            // What was true when it was sent may arrive when it is so no more.
            let about: Vec<_> = sent.iter().filter(|(of, _)| *of == reference).map(|(_, report)| report.clone()).collect();
            let mut report = self.chance.draw().pick(&about).clone();
            let captured = self.amazon.with(|pay| pay.lies(&reference, self.now())).is_some_and(|lies| lies.captured);
            if captured && self.chance.draw().strikes(Fault::Chargeback) {
                report = Report::Chargeback;
            }
            self.note("notice", &format!("about {reference}: {report:?}"));
            self.change(order, Actor::Amazon, Event::ChargeAnswered, |state, now| Some(apply(state, &report, now))).await;
        }
    }

    /// Looks at open payments of wallets, as the rounds do that the merchant has made now and then.
    pub(super) async fn rounds(self: Rc<Self>) {
        for _ in 0..INTERFERENCES_MAX {
            let (pause, looks) = {
                let mut chance = self.chance.draw();
                (chance.lull(), chance.happens(ROUNDS_PERMILLE))
            };
            sleep(pause).await;
            if looks {
                self.round().await;
            }
        }
    }

    /// One such round, by the desk's own rules.
    pub(super) async fn round(&self) {
        let open = |order: &&Order| order.rail == Rail::SavedWallet && order.state.is_unsettled();
        for order in self.orders().await.unwrap_or_default().iter().filter(open) {
            self.under_way.set(self.under_way.get() + 1);
            let (number, payments) = (self.steps.get(), self.amazon.desk());
            let mark = |text: &str| fingerprint::mark(&format!("round {number} {text}"));
            let desk = Desk { store: &self.ground, payments: &payments, now: self.now(), mark: &mark };
            let said = desk.reconcile(&order.id).await.map_or_else(|error| error.to_string(), |order| order.state.name().to_owned());
            self.note("round", &format!("looks at {}: {said}", order.id));
            self.look(|_, _| Ok(())).await;
            self.under_way.set(self.under_way.get() - 1);
        }
    }

    /// What lies at Amazon Pay of a try, as a report.
    fn news_of(&self, order: &OrderId, attempt: &Attempt) -> Option<Report> {
        self.amazon.with(|pay| match &attempt.checkout {
            Some(checkout) => checkout::look(pay, attempt, checkout, self.now()).report,
            None => Some(simulated::charge(attempt.number, &pay.lies(attempt.id(order).as_str(), self.now())?)),
        })
    }

    /// The order that Amazon Pay has such news of, what it calls the charge, and the news; `None` for any other order.
    fn named(&self, order: &Order, name: &Name) -> Option<(Order, String, Report)> {
        let (reference, report) = match name {
            Name::Reference(reference) => {
                let (_, number) = attempt_of(reference).filter(|(id, _)| *id == order.id.as_str())?;
                let lies = self.amazon.with(|pay| pay.lies(reference, self.now()))?;
                (reference.clone(), simulated::charge(number, &lies))
            }
            Name::Checkout(checkout) => {
                let attempt = order.state.attempt().filter(|_| order.is_charged_by(checkout))?;
                let reference = self.amazon.with(|pay| checkout::reference(pay, &order.id, attempt));
                (reference, self.news_of(&order.id, attempt)?)
            }
        };
        Some((order.clone(), reference, report))
    }

    async fn any_order(&self) -> Option<Order> {
        let orders = self.orders().await?;
        if orders.is_empty() { None } else { Some(self.chance.draw().pick(&orders).clone()) }
    }

    /// Changes an order on condition that it is as it was seen; again on what it has become meanwhile.
    async fn change(&self, mut order: Order, who: Actor, what: Event, next: impl Fn(&State, Time) -> Option<State>) {
        self.under_way.set(self.under_way.get() + 1);
        self.change_on(&mut order, who, what, next).await;
        self.under_way.set(self.under_way.get() - 1);
    }

    async fn change_on(&self, order: &mut Order, who: Actor, what: Event, next: impl Fn(&State, Time) -> Option<State>) {
        let number = self.steps.get();
        for lap in 0..LAPS_MAX {
            let now = self.now();
            let Some(state) = next(&order.state, now).filter(|state| *state != order.state) else { return };
            let (Ok(write), Some(version)) =
                (fingerprint::write(&format!("office {number} {lap} {} {now:?}", order.id)), order.version().cloned())
            else {
                return;
            };
            let entry = Entry { at: now, who, what, to: state.name(), write, note: None };
            let amend = Amend { order: order.id.clone(), version, guess: None, state, entry, goods: None, agreement: None, address: None };
            let written = self.ground.amend(&amend).await;
            self.look(|_, _| Ok(())).await;
            match written {
                Ok(Written::Overtaken(found)) => *order = *found,
                Ok(Written::Done(_) | Written::Before(_) | Written::Missing) => return,
                Err(_) => return sleep(Duration::from_millis(1)).await,
            }
        }
    }
}

fn name(owed: &Effect) -> &'static str {
    match owed {
        Effect::Setup => "set-up",
        Effect::Charge(_) | Effect::HoldRest(_) => "charge",
        Effect::Capture(_) => "capture",
        Effect::Void(_) => "void",
        Effect::Refund { .. } => "refund",
        Effect::Track(_) => "delivery notice",
    }
}
