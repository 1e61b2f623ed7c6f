//! What a merchant asks for: decide, store, and only then call Amazon Pay; store what it answers.
//!
//! A crash anywhere leaves an order whose state still owes the call ([`State::owed`](crate::domain::order::State::owed)), and whoever
//! carries it out next does so under the same id.

use crate::domain::dialog::Amend;
use crate::domain::ids::{AmazonId, BillingAgreementId, OrderId, WriteId};
use crate::domain::order::{Actor, Command, Effect, Entry, Event, Note, Order, Outcome, Parcel, Refused, Report, State, apply, decide};
use crate::domain::time::Time;
use crate::ports::{Answered, Consent, Payments, PaymentsError, Store, StoreError, Written};
use crate::telemetry::chain;

/// How often a change is decided again on an order that others have changed meanwhile.
const LAPS_MAX: u8 = 3;

/// How many calls one wish can bring about: a hold that was to be given back may have been taken, and is then refunded.
const CALLS_MAX: u8 = 3;

/// The order desk: what it works on, and when.
pub struct Desk<'d, S, P> {
    pub store: &'d S,
    pub payments: &'d P,
    pub now: Time,
    /// Makes the mark of a write from a text; no two desks may make the same ones.
    pub mark: &'d (dyn Fn(&str) -> WriteId + Sync),
}

/// Why the desk could not do what was asked. The order keeps what it owes.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The answer is no; nothing was changed.
    #[error("{refused}")]
    Refused { refused: Refused, order: Box<Order> },
    #[error("there is no order {0}")]
    Missing(OrderId),
    /// Nothing was changed here.
    #[error("order {0} has changed since it was shown, so nothing was put aside; look at it again: `orders show {0}`")]
    Changed(OrderId),
    #[error("the order was changed by others {LAPS_MAX} times in a row; nothing was changed here: try again")]
    Contended,
    #[error("the store could not be used, and Amazon Pay was asked for nothing; `orders show` tells whether the wish was stored")]
    Store(#[source] StoreError),
    #[error("Amazon Pay has answered, and the answer could not be stored; `orders reconcile` asks for it again")]
    Unstored(#[source] StoreError),
    #[error(
        "Amazon Pay has answered, and the answer was not taken in, because the order was changed by others {LAPS_MAX} times in a row; \
         `orders reconcile` asks for it again"
    )]
    Unheard,
    /// What was asked for is stored and still owed.
    #[error("{asked} {}", still_owed(source))]
    Owed {
        asked: &'static str,
        order: Box<Order>,
        #[source]
        source: PaymentsError,
    },
    /// It moves no money, and nothing is owed for it.
    #[error("{asked} {}: run the command once more, which does nothing twice", not_through(source))]
    Again {
        asked: &'static str,
        order: Box<Order>,
        #[source]
        source: PaymentsError,
    },
    /// Everything else is done.
    #[error("Amazon Pay does not take the delivery notice{}; the rest is done", why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default())]
    ParcelRefused {
        order: Box<Order>,
        /// Amazon's id of the call and its code; `None` where the account's API has no such call.
        why: Option<Note>,
    },
    /// Nothing was changed.
    #[error(
        "refused: money of order {0}, which has the same agreement, is still to move; the agreement must stay until it has come to rest"
    )]
    AgreementInUse(OrderId),
    /// Nothing was changed.
    #[error(
        "refused: the buyer's consent {agreement} cannot be charged any more ({why}), so nothing can be held anew; let the buyer order \
         again"
    )]
    ConsentEnded { agreement: BillingAgreementId, why: String },
    #[error("{0} is another charge: it is not of the order's amount, or the order knows its own by another name")]
    OtherCharge(AmazonId),
    #[error("Amazon Pay did not say how the charge stands")]
    Unseen {
        order: Box<Order>,
        #[source]
        source: PaymentsError,
    },
}

/// What a person should know of a call about money that has not come to an end.
const fn still_owed(source: &PaymentsError) -> &'static str {
    match source {
        PaymentsError::Unknown { .. } => {
            "may have been done or not: do not do it in Seller Central; `orders reconcile` finds out, and goes on with it under the same id"
        }
        PaymentsError::NotDone { .. } | PaymentsError::TurnedDown { .. } => {
            "was asked for, and is not known to be done: do not do it in Seller Central; `orders reconcile` goes on with it, under the same id"
        }
        PaymentsError::NotOffered | PaymentsError::Nameless(_) => "was asked for, and no server can ask Amazon Pay for it",
    }
}

const fn not_through(source: &PaymentsError) -> &'static str {
    match source {
        PaymentsError::Unknown { .. } => "may have got through to Amazon Pay or not",
        PaymentsError::NotDone { .. } | PaymentsError::TurnedDown { .. } | PaymentsError::NotOffered | PaymentsError::Nameless(_) => {
            "did not get through to Amazon Pay"
        }
    }
}

/// An order after a wish.
pub(super) struct Granted {
    pub order: Order,
    /// Whether the wish was stored just now, so that nobody can have made its call yet.
    pub anew: bool,
}

/// What comes of a write.
pub(super) enum Saved {
    Done(Order),
    /// The order as others have made it.
    Overtaken(Order),
}

impl<S: Store, P: Payments> Desk<'_, S, P> {
    /// Captures, cancels or refunds: whatever the command says, and the calls that it takes.
    ///
    /// # Errors
    /// [`DeskError`], as from all the wishes below.
    pub async fn wish(&self, id: &OrderId, command: &Command) -> Result<Order, DeskError> {
        if *command == Command::HoldRest {
            self.consent_lasts(&self.load(id).await?).await?;
        }
        let granted = self.decided(id, command, Actor::Merchant, None).await?;
        self.settle(granted).await
    }

    /// A charge on consent that has ended would only be turned down.
    pub(super) async fn consent_lasts(&self, order: &Order) -> Result<(), DeskError> {
        decide(&order.state, &Command::HoldRest).map_err(|refused| DeskError::Refused { refused, order: Box::new(order.clone()) })?;
        // What was asked for before is owed, whatever has become of the consent since.
        let (None, Some(agreement)) = (order.state.owed(), order.agreement.clone()) else { return Ok(()) };
        match self.payments.consent(&agreement).await {
            Ok(Consent::Chargeable) => Ok(()),
            Ok(Consent::Ended(why)) => Err(DeskError::ConsentEnded { agreement, why }),
            Err(source) => Err(DeskError::Unseen { order: Box::new(order.clone()), source }),
        }
    }

    /// Notes that the goods have left, and tells Amazon about the parcel. Until Amazon has heard of it the order owes that.
    ///
    /// # Errors
    /// [`DeskError`]. An order that is only authorized has to be captured first.
    pub async fn ship(&self, id: &OrderId, parcel: Option<&Parcel>) -> Result<Order, DeskError> {
        let (command, note) = (Command::Ship { parcel: parcel.cloned() }, parcel.and_then(Parcel::note));
        let granted = self.decided(id, &command, Actor::Merchant, note).await?;
        if parcel.is_none() {
            return Ok(granted.order);
        }
        let order = self.settle(granted).await?;
        let mut since = order.history.iter().rev().take_while(|entry| entry.what != Event::Shipped);
        match since.find(|entry| entry.what == Event::ParcelRefused).map(|entry| entry.note.clone()) {
            Some(why) => Err(DeskError::ParcelRefused { order: Box::new(order), why }),
            None => Ok(order),
        }
    }

    /// Ends the buyer's consent that the order was paid with. It moves no money, so the state owes nothing for it: who crashes, asks again.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn close(&self, id: &OrderId) -> Result<Order, DeskError> {
        if let Some(other) = self.needs_agreement_of(id).await? {
            return Err(DeskError::AgreementInUse(other));
        }
        let Granted { order, .. } = self.decided(id, &Command::CloseAgreement, Actor::Merchant, None).await?;
        let Some(agreement) = order.agreement.clone() else { return Ok(order) };
        let told = self.payments.close(&agreement).await;
        self.told(order, "the end of the agreement", told, Event::CloseAnswered).await
    }

    /// Another of the buyer's newest orders that the same consent has to last for.
    async fn needs_agreement_of(&self, id: &OrderId) -> Result<Option<OrderId>, DeskError> {
        let agreement = self.load(id).await?.agreement;
        let opening = self.store.opening(&id.buyer()).await.map_err(DeskError::Store)?;
        let mut others = opening.orders.into_iter().filter(|other| other.id != *id && other.agreement == agreement && agreement.is_some());
        // A cart only finds that it needs a new consent.
        Ok(others.find(|other| !other.state.is_cart() && decide(&other.state, &Command::CloseAgreement).is_err()).map(|other| other.id))
    }

    /// Puts aside what a person was needed for, for a reason. It is the order as the person was shown it that this is said of.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::Changed`] when the order has become another since.
    pub async fn put_aside(&self, shown: &Order, why: Note) -> Result<Order, DeskError> {
        let refused = |refused| DeskError::Refused { refused, order: Box::new(shown.clone()) };
        let state = decide(&shown.state, &Command::PutAside).map_err(refused)?;
        match self.save(shown, state, Actor::Merchant, Event::PutAside, Some(why)).await.map_err(DeskError::Store)? {
            Saved::Done(order) => self.settle(Granted { order, anew: false }).await,
            Saved::Overtaken(_) => Err(DeskError::Changed(shown.id.clone())),
        }
    }

    /// Stores what the wish makes of the order. A wish that was granted before changes nothing, and its call is made once more.
    pub(super) async fn decided(&self, id: &OrderId, command: &Command, who: Actor, note: Option<Note>) -> Result<Granted, DeskError> {
        let mut order = self.load(id).await?;
        let leaves_state = matches!(command, Command::Ship { parcel: None } | Command::CloseAgreement);
        for _ in 0..LAPS_MAX {
            let state = decide(&order.state, command).map_err(|refused| DeskError::Refused { refused, order: Box::new(order.clone()) })?;
            if state == order.state && !leaves_state {
                return Ok(Granted { order, anew: false });
            }
            let (note, what) = (note.clone().or_else(|| sum(&state)), event(command, &order.state));
            order = match self.save(&order, state, who, what, note).await.map_err(DeskError::Store)? {
                Saved::Done(order) => return Ok(Granted { order, anew: true }),
                Saved::Overtaken(order) => order,
            };
        }
        Err(DeskError::Contended)
    }

    /// Makes the calls that the order owes, until it owes none.
    pub(super) async fn settle(&self, granted: Granted) -> Result<Order, DeskError> {
        let Granted { mut order, mut anew } = granted;
        for _ in 0..CALLS_MAX {
            if order.state.awaits_new_hold() {
                match self.decided(&order.id, &Command::HoldRest, Actor::Shop, None).await {
                    Ok(begun) => Granted { order, anew } = begun,
                    // Somebody has cancelled it just now, or taken the money.
                    Err(DeskError::Refused { order, .. }) => return Ok(*order),
                    Err(error) => return Err(error),
                }
            }
            let Some(owed) = order.state.owed() else { return Ok(order) };
            if matches!(owed, Effect::HoldRest(_)) && !anew {
                order = self.doubted(order).await?;
                if !order.state.owed().is_some_and(|now| now.is_same_call(&owed)) {
                    continue;
                }
            }
            let (asked, what) = match &owed {
                Effect::HoldRest(_) => ("the new authorization", Event::ChargeAnswered),
                Effect::Capture(_) => ("the capture", Event::ChargeAnswered),
                Effect::Void(_) => ("the end of the authorization", Event::ChargeAnswered),
                Effect::Refund { .. } => ("the refund", Event::RefundAnswered),
                Effect::Track(_) => ("the delivery notice", Event::Accepted),
                // Directives leave in the buyer's own session; a saved wallet is charged again when the order is looked at.
                Effect::Setup | Effect::Charge(_) => return Ok(order),
            };
            let before = order.version().cloned();
            let (what, answer) = if let Effect::Track(parcel) = &owed {
                self.tracked(&order, parcel).await
            } else {
                (what, self.call(&order, &owed, anew).await)
            };
            anew = false;
            if let Ok(Answered { report: Some(report), request }) = &answer {
                order = self.learn(order, report, what, request.clone()).await?;
            }
            // No news yet: it is accepted, or open what became of it.
            if order.version().cloned() == before {
                order = self.noted(order, &answer, Event::Accepted).await;
                return match answer {
                    // Others may have heard meanwhile what became of it.
                    Err(source) if order.state.owed().is_some_and(|now| now.is_same_call(&owed)) => {
                        Err(DeskError::Owed { asked, order: Box::new(order), source })
                    }
                    Ok(_) | Err(_) => Ok(order),
                };
            }
        }
        Ok(order)
    }

    /// Tells Amazon of a parcel; how the history calls what comes of it. What is refused for good need not be told any more.
    async fn tracked(&self, order: &Order, parcel: &Parcel) -> (Event, Result<Answered, PaymentsError>) {
        let over = |request| Ok(Answered { report: Some(Report::Parcel(parcel.clone())), request });
        match self.payments.track(order, parcel).await {
            Ok(told) => (Event::Accepted, over(told.request)),
            Err(PaymentsError::TurnedDown { request, .. }) => (Event::ParcelRefused, over(request)),
            Err(PaymentsError::NotOffered) => (Event::ParcelRefused, over(None)),
            Err(error) => (Event::NotAnswered, Err(error)),
        }
    }

    /// Asks Amazon Pay for what is owed. `anew` when nobody can have asked for it before.
    async fn call(&self, order: &Order, owed: &Effect, anew: bool) -> Result<Answered, PaymentsError> {
        match owed {
            Effect::Capture(capture) => self.payments.capture(&order.id, capture).await,
            Effect::Void(hold) => self.payments.void(&order.id, hold).await,
            Effect::Refund { paid, refund } => self.payments.refund(&order.id, paid, refund).await,
            Effect::HoldRest(attempt) => match self.payments.hold_rest(order, attempt).await {
                // It was the first time of asking, so it settles the attempt.
                Err(PaymentsError::TurnedDown { request, because, .. }) if anew => {
                    let outcome = Outcome::NotTried { because };
                    Ok(Answered { report: Some(Report::Charge { attempt: Some(attempt.number), outcome }), request })
                }
                answer => answer,
            },
            Effect::Setup | Effect::Charge(_) | Effect::Track(_) => Ok(Answered::default()),
        }
    }

    /// A charge that may have been asked for before is in doubt, and that is stored before it is asked for once more: nothing later takes
    /// a refusal of the repetition for news of the charge itself. After a day a person has to look instead.
    pub(super) async fn doubted(&self, mut order: Order) -> Result<Order, DeskError> {
        for _ in 0..LAPS_MAX {
            let state = apply(&order.state, &Report::Silence { since: order.changed() }, self.now);
            if state == order.state {
                return Ok(order);
            }
            order = match self.save(&order, state, Actor::Shop, Event::TimePassed, None).await.map_err(DeskError::Store)? {
                Saved::Done(order) => return Ok(order),
                Saved::Overtaken(order) => order,
            };
        }
        Err(DeskError::Contended)
    }

    /// Takes in a fact.
    pub(super) async fn learn(&self, mut order: Order, report: &Report, what: Event, request: Option<Note>) -> Result<Order, DeskError> {
        for _ in 0..LAPS_MAX {
            let state = apply(&order.state, report, self.now);
            if state == order.state {
                return Ok(order);
            }
            order = match self.save(&order, state, Actor::Amazon, what, request.clone()).await.map_err(DeskError::Unstored)? {
                Saved::Done(order) => return Ok(order),
                Saved::Overtaken(order) => order,
            };
        }
        Err(DeskError::Unheard)
    }

    /// Ends a wish that moves no money, and for which the state owes nothing.
    async fn told(
        &self,
        order: Order,
        asked: &'static str,
        answer: Result<Answered, PaymentsError>,
        done: Event,
    ) -> Result<Order, DeskError> {
        let order = self.noted(order, &answer, done).await;
        match answer {
            Ok(_) => Ok(order),
            Err(source) => Err(DeskError::Again { asked, order: Box::new(order), source }),
        }
    }

    /// Keeps in the history how a call went that changes nothing here. Somebody who asks again and again adds one entry.
    pub(super) async fn noted(&self, order: Order, answer: &Result<Answered, PaymentsError>, done: Event) -> Order {
        let (what, request) = match answer {
            Ok(answered) => (done, answered.request.clone()),
            Err(error) => (Event::NotAnswered, error.request().cloned()),
        };
        if order.history.last().is_some_and(|entry| entry.what == what) {
            return order;
        }
        match self.save(&order, order.state.clone(), Actor::Amazon, what, request).await {
            Ok(Saved::Done(order) | Saved::Overtaken(order)) => order,
            // The order says already what it owes; that the call went wrong is worth a line, not more trouble.
            Err(error) => {
                tracing::warn!(error = chain(&error), "the history lacks an entry");
                order
            }
        }
    }

    /// One conditional write.
    pub(super) async fn save(&self, order: &Order, state: State, who: Actor, what: Event, note: Option<Note>) -> Result<Saved, StoreError> {
        // An order without a history is none; nothing is written for it.
        let Some(version) = order.version().cloned() else { return Ok(Saved::Overtaken(order.clone())) };
        let write = (self.mark)(&format!("{} {version} {}", order.id, what.letter()));
        let entry = Entry { at: self.now, who, what, to: state.name(), write, note };
        let amend = Amend::new(order.id.clone(), version, state, entry);
        Ok(match self.store.amend(&amend).await? {
            Written::Done(order) | Written::Before(order) => Saved::Done(*order),
            // The write took effect, its answer got lost, and others have gone on from it.
            Written::Overtaken(order) if order.knows(&amend.entry.write) => Saved::Done(*order),
            Written::Overtaken(order) => Saved::Overtaken(*order),
            Written::Missing => Saved::Overtaken(order.clone()),
        })
    }

    pub(super) async fn load(&self, id: &OrderId) -> Result<Order, DeskError> {
        self.store.order(id).await.map_err(DeskError::Store)?.ok_or_else(|| DeskError::Missing(id.clone()))
    }
}

/// What is asked of Amazon Pay, as the history keeps it: the end of the call's id, and the amount.
fn sum(state: &State) -> Option<Note> {
    let text = match state.owed()? {
        Effect::Capture(capture) => format!("c{} {}", capture.number(), capture.amount),
        Effect::Refund { refund, .. } => format!("r{} {}", refund.number, refund.amount),
        Effect::HoldRest(attempt) => format!("a{} {}", attempt.number, attempt.amount),
        Effect::Setup | Effect::Charge(_) | Effect::Void(_) | Effect::Track(_) => return None,
    };
    Note::parse(&text).ok()
}

/// How the history calls a wish about an order in this state.
const fn event(command: &Command, state: &State) -> Event {
    match command {
        Command::Capture { .. } => Event::AskedToCapture,
        // No attempt begins before what is held is given back.
        Command::HoldRest if matches!(state, State::Authorized(_)) => Event::AskedToRenew,
        Command::HoldRest => Event::AskedToHoldRest,
        Command::Refund { .. } | Command::Goodwill { .. } => Event::AskedToRefund,
        Command::Cancel => Event::AskedToCancel,
        Command::Ship { .. } => Event::Shipped,
        Command::CloseAgreement => Event::AskedToClose,
        Command::Resolve { .. } => Event::LookedUp,
        Command::PutAside => Event::PutAside,
        Command::SetUp => Event::CheckedOut,
        Command::Charge { .. } => Event::SaidYes,
    }
}
