//! What the buyer hears when a turn fails. Nothing about a payment is claimed that has not been stored.

use super::{Request, TurnError};
use crate::domain::dialog::{Input, Intent, Question, Reply, Say};

/// The reply to a request that could not be carried out.
#[must_use]
pub fn apology(request: &Request, error: &TurnError) -> Reply {
    let say = match (request, error) {
        // Whatever Amazon said, it is not in the books: the buyer must not go by it.
        (Request::Answer { answer, .. }, _) => answer.unstored(),
        // The yes may have been stored although the answer was lost, and then the charge will still be sent.
        (Request::Input { .. }, _) if places(request) => Say::OutcomeUnknown,
        (Request::Input { .. }, TurnError::Store(error)) if !error.retryable() => Say::ShopTrouble,
        (Request::Input { .. }, TurnError::Store(_) | TurnError::Contended | TurnError::Late) => Say::TryLater,
    };
    Reply::end(vec![say])
}

/// Whether the request was the yes to a read-back.
fn places(request: &Request) -> bool {
    matches!(request, Request::Input { session, input: Input::Intent(Intent::Yes), .. }
        if matches!(session.question, Some(Question::PlaceOrder { .. })))
}
