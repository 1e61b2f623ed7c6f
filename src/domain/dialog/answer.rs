//! Amazon Pay's answers to Setup and Charge, which open a session of their own without attributes.

use super::{Amend, Moment, Question, Reply, Say, Session, purchase};
use crate::domain::ids::{BillingAgreementId, Token};
use crate::domain::order::{Actor, Event, Order, Outcome, Report, Standing, State, apply};
use crate::domain::payment::{AgreementStatus, Attempt, Decline};
use crate::domain::place::Address;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    SetUp {
        status: AgreementStatus,
        agreement: Option<BillingAgreementId>,
        address: Option<Address>,
    },
    SetupFailed(Trouble),
    /// `amount` as Amazon repeats it.
    Charge {
        attempt: Option<u8>,
        amount: Option<crate::domain::money::Money>,
        outcome: Outcome,
    },
    ChargeFailed {
        outcome: Outcome,
        trouble: Trouble,
    },
}

/// What a buyer has to be told about an error (`reference/alexa-amazon-pay.md`, section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The buyer has not allowed the skill to use Amazon Pay.
    Permission,
    /// Voice purchasing is switched off in the Alexa app.
    VoicePurchaseOff,
    /// Amazon Pay has spoken to the buyer itself.
    Spoken,
    /// The shop is set up wrongly, or the error is not known: staff must look.
    Shop,
    /// Amazon Pay cannot answer just now.
    Later,
    /// The agreement cannot be charged; Setup has to be run again.
    Agreement,
    /// Over the agreement's monthly limit.
    MonthlyLimit,
}

impl Answer {
    /// The fact in it.
    fn report(&self) -> Report {
        match self {
            // An agreement without its id cannot be charged, whatever its status.
            Self::SetUp { agreement: None, .. } => Report::SetUp(AgreementStatus::Unknown),
            Self::SetUp { status, .. } => Report::SetUp(*status),
            Self::SetupFailed(_) => Report::SetupFailed,
            Self::Charge { attempt, outcome, .. } => Report::Charge { attempt: *attempt, outcome: outcome.clone() },
            Self::ChargeFailed { outcome, .. } => Report::Charge { attempt: None, outcome: outcome.clone() },
        }
    }

    /// The state in which the order most likely waits for this answer. Only a guess: the write that relies on it checks it.
    fn guess(&self, moment: &Moment) -> Option<State> {
        match self {
            Self::SetUp { .. } | Self::SetupFailed(_) => Some(State::SettingUp),
            Self::Charge { attempt, amount: Some(amount), .. } => Some(State::Charging {
                attempt: Attempt {
                    number: attempt.unwrap_or(1),
                    amount: *amount,
                    capture: moment.shop.capture,
                    timing: moment.shop.timing,
                },
                standing: Standing::Sent,
                cancel: false,
            }),
            Self::Charge { .. } | Self::ChargeFailed { .. } => None,
        }
    }

    fn amend(&self, moment: &Moment, token: &Token, version: crate::domain::ids::WriteId, state: State, guess: Option<State>) -> Amend {
        let event = match self {
            Self::SetUp { .. } => Event::SetupAnswered,
            Self::SetupFailed(_) => Event::SetupFailed,
            Self::Charge { .. } | Self::ChargeFailed { .. } => Event::ChargeAnswered,
        };
        let (agreement, address) = match self {
            Self::SetUp { agreement, address, .. } if state == State::Ready => (agreement.clone(), address.clone()),
            _ => (None, None),
        };
        let entry = moment.entry(Actor::Amazon, event, &state);
        Amend { order: token.order.clone(), version, guess, entry, state, goods: None, agreement, address }
    }
}

/// The change that an answer makes if the order is as expected; `None` when nothing can be expected and it has to be read.
#[must_use]
pub fn answered(moment: &Moment, token: &Token, answer: &Answer) -> Option<Amend> {
    let guess = answer.guess(moment)?;
    let state = apply(&guess, &answer.report(), moment.now);
    Some(answer.amend(moment, token, token.sent_by.clone(), state, Some(guess)))
}

/// The change that an answer makes to the order as it really is; `None` when it is no news.
#[must_use]
pub fn correct(moment: &Moment, token: &Token, answer: &Answer, order: &Order) -> Option<Amend> {
    let state = apply(&order.state, &answer.report(), moment.now);
    let version = order.version()?.clone();
    (state != order.state).then(|| answer.amend(moment, token, version, state, None))
}

/// An answer for an order that is not there, or was never asked: nothing changes.
#[must_use]
pub fn unknown_order() -> Reply {
    Reply::end(vec![Say::OutcomeUnknown])
}

/// What the buyer hears after an answer has been taken in.
#[must_use]
pub fn reply(moment: &Moment, answer: &Answer, order: Order) -> Reply {
    match answer {
        Answer::SetUp { status, .. } => match (&order.state, status) {
            (State::Ready, _) => purchase::read_back(moment, Session::about(&order), Vec::new()),
            (State::Draft, AgreementStatus::Suspended) => Reply::end(vec![Say::AgreementSuspended]),
            (State::Draft, _) => Reply::end(vec![Say::AgreementNotOpen]),
            _ => tell(order),
        },
        Answer::SetupFailed(trouble) => match &order.state {
            State::Draft => Reply::end(vec![trouble.say()]),
            _ => tell(order),
        },
        Answer::ChargeFailed { trouble, .. } => match &order.state {
            State::Declined { .. } | State::Charging { standing: Standing::Sent, .. } => Reply::end(vec![trouble.say()]),
            _ => tell(order),
        },
        Answer::Charge { .. } => tell(order),
    }
}

/// The truth about an order, as it stands.
#[must_use]
pub(super) fn tell(order: Order) -> Reply {
    match &order.state {
        State::Paid(_) => Reply::end(vec![Say::Ordered { order: Box::new(order), captured: true }]),
        State::Authorized(_) | State::Capturing(_) => Reply::end(vec![Say::Ordered { order: Box::new(order), captured: false }]),
        State::Charging { standing: Standing::Pending(_), .. } => Reply::end(vec![Say::Pending]),
        State::Charging { .. } => Reply::end(vec![Say::OutcomeUnknown]),
        State::NeedsAttention { .. } => Reply::end(vec![Say::PaymentNeedsAttention]),
        State::Declined { attempt, decline } if decline.may_follow(attempt.number) => {
            let say = Say::Declined(*decline);
            Reply::ask(vec![say], Session::about(&order).asking(Some(Question::CheckOut)))
        }
        State::Declined { decline, .. } => Reply::end(vec![Say::Declined(*decline)]),
        state if state.is_cart() => Reply::ask(vec![Say::OrderNotPlaced], Session::about(&order).asking(Some(Question::CheckOut))),
        state => Reply::end(vec![Say::AlreadyOrdered { status: state.status() }]),
    }
}

impl Trouble {
    fn say(self) -> Say {
        match self {
            Self::Permission => Say::ConsentNeeded,
            Self::VoicePurchaseOff => Say::VoicePurchaseOff,
            Self::Spoken => Say::CartKept,
            Self::Shop => Say::ShopTrouble,
            Self::Later => Say::TryLater,
            Self::Agreement => Say::AgreementNotOpen,
            Self::MonthlyLimit => Say::MonthlyLimit,
        }
    }
}

impl Decline {
    /// Whether Amazon Pay tells the buyer about it, so that the shop must not (`reference/alexa-amazon-pay.md`, section 9).
    #[must_use]
    pub const fn spoken_by_amazon(self) -> bool {
        matches!(self, Self::InvalidPaymentMethodSoft | Self::InvalidPaymentMethodHard)
    }
}
