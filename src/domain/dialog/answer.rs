//! Amazon Pay's answers to Setup and Charge, which open a session of their own without attributes.

use super::{ANSWER_MAX, Amend, Moment, Reply, Say, Session, purchase, told};
use crate::domain::ids::{BillingAgreementId, Token, WriteId};
use crate::domain::money::Money;
use crate::domain::order::{Actor, Event, Order, Outcome, Report, Standing, State, apply};
use crate::domain::payment::{AgreementStatus, Attempt};
use crate::domain::place::Address;
use crate::domain::time::Time;

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
        amount: Option<Money>,
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
    /// What the buyer hears when the answer could not be written down: nothing that it claims may be relied on.
    #[must_use]
    pub const fn unstored(&self) -> Say {
        match self {
            Self::SetUp { .. } | Self::SetupFailed(_) => Say::TryLater,
            Self::Charge { .. } | Self::ChargeFailed { .. } => Say::OutcomeUnknown,
        }
    }

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
                    checkout: None,
                },
                standing: Standing::Sent,
                cancel: false,
            }),
            Self::Charge { .. } | Self::ChargeFailed { .. } => None,
        }
    }

    fn amend(&self, moment: &Moment, token: &Token, version: WriteId, state: State, guess: Option<State>) -> Amend {
        let event = match self {
            Self::SetUp { .. } => Event::SetupAnswered,
            Self::SetupFailed(_) => Event::SetupFailed,
            Self::Charge { .. } | Self::ChargeFailed { .. } => Event::ChargeAnswered,
        };
        let (agreement, address) = match self {
            // The address, too, is what Amazon says now, even if that is none.
            Self::SetUp { agreement, address, .. } if state == State::Ready => (agreement.clone(), Some(address.clone())),
            Self::SetUp { .. } | Self::SetupFailed(_) | Self::Charge { .. } | Self::ChargeFailed { .. } => (None, None),
        };
        let entry = moment.entry(Actor::Amazon, event, &state);
        Amend { guess, agreement, address, ..Amend::new(token.order.clone(), version, state, entry) }
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
///
/// The token tells what is answered: an answer that names no attempt is about the one that the token's write has sent, and not about a
/// later one, and the same goes for set-ups.
#[must_use]
pub fn correct(moment: &Moment, token: &Token, answer: &Answer, order: &Order) -> Option<Amend> {
    if order.knows(moment.write) {
        return None;
    }
    let mut report = answer.report();
    if let Report::Charge { attempt, .. } = &mut report {
        if attempt.is_none() {
            *attempt = Some(order.attempt_sent_by(&token.sent_by)?);
        }
    } else if order.checked_out_after(&token.sent_by) {
        return None;
    }
    let state = apply(&order.state, &report, moment.now);
    let version = order.version()?.clone();
    (state != order.state).then(|| answer.amend(moment, token, version, state, None))
}

/// An answer for an order that is not there, or was never asked: nothing changes.
#[must_use]
pub fn unknown_order(answer: &Answer) -> Reply {
    Reply::end(vec![answer.unstored()])
}

/// What the buyer hears after an answer has been taken in.
#[must_use]
pub fn reply(moment: &Moment, answer: &Answer, order: Order) -> Reply {
    if order.world != moment.shop.world {
        // It is stored; but nothing of another world goes on here.
        return Reply::end(vec![answer.unstored()]);
    }
    let late = checked_out(&order).is_some_and(|at| moment.now.since(at) >= ANSWER_MAX);
    let another = order.id.buyer() != *moment.buyer;
    let status = order.state.status();
    let reply = told(moment, answer, order);
    match (reply.session.is_some(), status) {
        // Whoever has enabled the skill anew is somebody else to Alexa. What would be charged now, no later session of theirs would find.
        (true, None) if another => Reply::end(vec![answer.unstored()]),
        (true, status) if another => Reply::end(vec![Say::AlreadyOrdered { status }]),
        // So long after the question nobody waits for a conversation to go on; the next session offers what is in the cart.
        (true, None) if late => Reply::nothing(),
        _ => reply,
    }
}

/// When the buyer last asked to check out.
fn checked_out(order: &Order) -> Option<Time> {
    order.history.iter().rev().find(|entry| entry.what == Event::CheckedOut).map(|entry| entry.at)
}

/// What there is to tell of an order after an answer, whoever hears it.
fn told(moment: &Moment, answer: &Answer, order: Order) -> Reply {
    let state = &order.state;
    let failed = matches!(state, State::Declined { .. });
    let unknown = matches!(state, State::Charging { standing: Standing::Unknown { .. }, .. });
    match answer {
        Answer::SetUp { .. } if *state == State::Ready => purchase::read_back(moment, Session::about(&order), Vec::new()),
        Answer::SetUp { status: AgreementStatus::Suspended, .. } if *state == State::Draft => Reply::end(vec![Say::AgreementSuspended]),
        Answer::SetUp { .. } if *state == State::Draft => Reply::end(vec![Say::AgreementNotOpen]),
        Answer::SetupFailed(trouble) if *state == State::Draft => Reply::end(vec![trouble.say()]),
        Answer::ChargeFailed { trouble: trouble @ (Trouble::Shop | Trouble::Later), .. } if failed => {
            Reply::end(vec![Say::NotCharged, trouble.say()])
        }
        Answer::ChargeFailed { trouble, .. } if failed => Reply::end(vec![trouble.say()]),
        // What keeps the question from being asked is what the buyer can change.
        Answer::ChargeFailed { trouble: Trouble::Permission, .. } if unknown => Reply::end(vec![Say::OutcomeUnknown, Say::ConsentToCheck]),
        Answer::ChargeFailed { trouble: Trouble::VoicePurchaseOff, .. } if unknown => {
            Reply::end(vec![Say::OutcomeUnknown, Say::VoicePurchaseToCheck])
        }
        Answer::SetUp { .. } | Answer::SetupFailed(_) | Answer::Charge { .. } | Answer::ChargeFailed { .. } => told::tell(order),
    }
}

/// What the buyer hears when an answer is no news. The same again while it may be the same answer delivered twice; a late one does not
/// confirm an old order anew.
#[must_use]
pub fn no_news(moment: &Moment, answer: &Answer, order: Order) -> Reply {
    let late = moment.now.since(order.changed()) >= ANSWER_MAX;
    let confirmed = matches!(order.state, State::Paid(_) | State::Authorized(_));
    if late && confirmed { told::overtaken(&order) } else { reply(moment, answer, order) }
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
