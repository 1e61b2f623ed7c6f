//! What the buyer hears when a turn fails. Nothing about a payment is claimed that has not been stored.

use super::{Request, TurnError};
use crate::domain::dialog::{Input, Intent, Question, Reply, Say, Session};

/// The reply to a request that could not be carried out.
#[must_use]
pub fn apology(request: &Request, error: &TurnError) -> Reply {
    let passes = match error {
        TurnError::Store(error) => error.retryable(),
        TurnError::Contended | TurnError::Late | TurnError::Unready(_) => true,
    };
    match request {
        // Whatever Amazon said, it is not in the books: the buyer must not go by it.
        Request::Answer { answer, .. } => Reply::end(vec![answer.unstored()]),
        // The yes may have been stored although the answer was lost, and then the charge will still be sent. The conversation goes on
        // about the same order, so that another yes cannot become a second one, and leaving keeps the cart.
        Request::Input { session, input, .. } if may_have_stored(error) && places(session, input) => {
            Reply::ask(vec![Say::OrderInDoubt], Session { question: None, ..session.clone() })
        }
        Request::Input { .. } if !passes => Reply::end(vec![Say::ShopTrouble]),
        // A cart is not thrown away because the store hiccups. But the read-back is too long ago for a yes to it.
        Request::Input { new: false, session, .. } if !session.cart.is_empty() => {
            let question = session.question.clone().filter(|question| !matches!(question, Question::PlaceOrder { .. }));
            Reply::ask(vec![Say::TryAgain], Session { question, ..session.clone() })
        }
        Request::Input { .. } => Reply::end(vec![Say::TryLater]),
    }
}

/// Whether the turn may have got as far as a write.
const fn may_have_stored(error: &TurnError) -> bool {
    match error {
        TurnError::Store(_) | TurnError::Contended | TurnError::Late => true,
        TurnError::Unready(_) => false,
    }
}

/// Whether this was the yes to a read-back.
fn places(session: &Session, input: &Input) -> bool {
    matches!(input, Input::Intent(Intent::Yes)) && matches!(session.question, Some(Question::PlaceOrder { .. }))
}
