//! The voice code: between the yes to a read-back and the charge, where the buyer has set one and this purchase asks for it.
//!
//! A try is counted before the buyer hears what came of it. Whether the digits fit is told by the shell, which has the key; here is what
//! follows from it.

use super::{Input, Intent, Moment, Opening, Quantity, Question, Reply, Say, Session, Step, purchase};
use crate::domain::ids::WriteId;
use crate::domain::money::Money;
use crate::domain::order::{Order, Rail, State};
use crate::domain::wallet::{Digits, SavedWallet, Tried, VoiceCode};

/// A wallet to be stored before anything else of a step is done, because a try has changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub wallet: Box<SavedWallet>,
    /// The version that the try was made on.
    pub expected: WriteId,
    /// What the buyer hears where another write was faster. It tells nothing of the digits.
    pub overtaken: Box<Reply>,
}

/// What the code makes of a purchase that is agreed to and quoted.
pub(super) enum Check {
    /// None is asked for, or the right one was said.
    Passed(Option<Counted>),
    /// Not now.
    Stop(Box<Step>),
}

/// The digits that were said, where the shop waits for some: a model may hear them as a plain number. A number of fewer digits may have
/// lost a zero at its front, and is no try.
#[must_use]
pub fn said(session: &Session, input: &Input) -> Option<Digits> {
    match (&session.question, input) {
        (Some(Question::Code { .. }), Input::Intent(Intent::Code { digits })) => *digits,
        (Some(Question::Code { .. }), Input::Intent(Intent::Number { quantity: Quantity::Said(number @ 1_000..=9_999) })) => {
            Digits::parse(&number.to_string())
        }
        _ => None,
    }
}

/// Whether this may place the order: the yes to a read-back, or the code that was asked for after it.
#[must_use]
pub fn places(session: &Session, input: &Input) -> bool {
    match (&session.question, input) {
        (Some(Question::PlaceOrder { .. }), Input::Intent(intent)) => *intent == Intent::Yes,
        (Some(Question::Code { .. }), Input::Intent(intent)) => matches!(intent, Intent::Code { .. } | Intent::Number { .. }),
        _ => false,
    }
}

/// Whether the purchase may go on to the charge.
pub(super) fn check(moment: &Moment, session: &Session, opening: &Opening, total: Money) -> Check {
    let wallet = opening.wallet.as_deref().filter(|_| purchase::rail(session) == Rail::SavedWallet);
    let asks = wallet.filter(|wallet| wallet.asks_for_code(total, moment.shop.voice_code_from));
    let Some((wallet, code)) = asks.and_then(|wallet| Some((wallet, wallet.code.as_ref()?))) else { return Check::Passed(None) };
    let waiting = || session.clone().asking(Some(Question::Code { total }));
    let ask = |says| Check::Stop(Box::new(Step::Reply(Reply::ask(says, waiting()))));
    let counted = |code: VoiceCode| Counted {
        wallet: Box::new(SavedWallet { code: Some(code), version: moment.write.clone(), ..wallet.clone() }),
        expected: wallet.version.clone(),
        overtaken: Box::new(Reply::ask(vec![Say::TryAgain], waiting())),
    };
    if wallet.version == *moment.write {
        // This very try has come before, and counts once.
        return if code.wrong_tries == 0 {
            Check::Passed(None)
        } else {
            Check::Stop(Box::new(missed(moment, waiting(), VoiceCode::TRIES_MAX.saturating_sub(code.wrong_tries))))
        };
    }
    if code.is_locked() {
        return Check::Stop(Box::new(locked(moment, waiting())));
    }
    match (&session.question, opening.code_fits) {
        (Some(Question::Code { .. }), Some(right)) => match code.try_code(right) {
            Tried::Right(None) => Check::Passed(None),
            Tried::Right(Some(code)) => Check::Passed(Some(counted(code))),
            Tried::Wrong { code, left } => Check::Stop(Box::new(missed(moment, waiting(), left).after(Some(counted(code))))),
            Tried::Locked => Check::Stop(Box::new(locked(moment, waiting()))),
        },
        (Some(Question::Code { .. }), None) => ask(vec![Say::CodeUnclear]),
        _ => ask(Vec::new()),
    }
}

fn missed(moment: &Moment, session: Session, left: u8) -> Step {
    if left == 0 { locked(moment, session) } else { Step::Reply(Reply::ask(vec![Say::CodeWrong { left }], session)) }
}

/// No digits are taken any more. The cart waits until a new code is set.
fn locked(moment: &Moment, session: Session) -> Step {
    purchase::leave(moment, session, vec![Say::CodeLocked, Say::CartKept])
}

/// A purchase that a code could have protected ends with the offer of one.
pub(super) fn with_offer(moment: &Moment, opening: &Opening, order: &Order, mut reply: Reply) -> Reply {
    let unprotected = opening.wallet.as_ref().is_some_and(|wallet| wallet.code.is_none());
    let placed = matches!(order.state, State::Paid(_) | State::Authorized(_)) && order.rail == Rail::SavedWallet;
    let told = reply.says.iter().any(|say| matches!(say, Say::Ordered { .. }));
    let large = order.total().zip(moment.shop.voice_code_from).is_some_and(|(total, from)| total.reaches(from));
    if placed && told && large && unprotected {
        reply.says.push(Say::OfferCode);
    }
    reply
}

impl Step {
    /// The same step, once what was counted is stored.
    pub(super) fn after(self, counted: Option<Counted>) -> Self {
        match counted {
            Some(counted) => Self::Count { counted, then: Box::new(self) },
            None => self,
        }
    }
}
