//! What the buyer hears when a turn fails. Nothing about a payment is claimed that has not been stored.

use super::{Request, TurnError};
use crate::domain::dialog::{Reply, Say};

/// The reply to a request that could not be carried out.
#[must_use]
pub fn apology(request: &Request, error: &TurnError) -> Reply {
    let say = match (request, error) {
        // Whatever Amazon said, it is not in the books: the buyer must not go by it.
        (Request::Answer { .. }, _) => Say::OutcomeUnknown,
        (Request::Input { .. }, TurnError::Store(error)) if error.retryable() => Say::TryLater,
        (Request::Input { .. }, TurnError::Store(_) | TurnError::Contended) => Say::ShopTrouble,
    };
    Reply::end(vec![say])
}
