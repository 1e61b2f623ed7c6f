//! What the buyer hears when a turn fails. Nothing about a payment is claimed that has not been stored.

use super::{Request, TurnError};
use crate::domain::dialog::{Question, Reply, Say, Session, places};

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
            let far = |question: &Question| matches!(question, Question::PlaceOrder { .. } | Question::Code { .. });
            let question = session.question.clone().filter(|question| !far(question));
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
