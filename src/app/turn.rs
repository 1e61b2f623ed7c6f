//! One voice request: read what must be known, decide, store, and only then answer.

use crate::domain::dialog::{self, Answer, Input, Known, Moment, Reads, Reply, Say, Session, Step, Write};
use crate::domain::ids::Token;
use crate::ports::{Store, StoreError, Written};
use crate::telemetry::chain;

/// What a turn is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The buyer did something, in a session that may be new.
    Input { new: bool, session: Session, input: Input },
    /// Amazon Pay answers; `None` for a token that is none of ours.
    Answer { token: Option<Token>, answer: Answer },
}

/// Why a turn has no reply. The order is as it was, or as a fact has made it; nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    #[error("the turn could not use the store")]
    Store(#[from] StoreError),
    #[error("the turn was not done within its time")]
    Late,
    #[error("the order was changed by others {LAPS_MAX} times in a row; nothing was changed")]
    Contended,
}

/// How often an answer is decided again on an order that has changed meanwhile.
const LAPS_MAX: u8 = 3;

/// Carries out one request.
///
/// # Errors
/// [`TurnError`]; the reply is then an apology.
pub async fn take<S: Store>(store: &S, moment: &Moment<'_>, request: Request) -> Result<Reply, TurnError> {
    match request {
        Request::Input { new, session, input } => converse(store, moment, new, session, &input).await,
        Request::Answer { token: None, answer } => Ok(dialog::unknown_order(&answer)),
        Request::Answer { token: Some(token), answer } => hear(store, moment, &token, &answer).await,
    }
}

async fn converse<S: Store>(store: &S, moment: &Moment<'_>, new: bool, session: Session, input: &Input) -> Result<Reply, TurnError> {
    let known = match dialog::reads(new, &session, input) {
        Reads::Nothing => Known::Nothing,
        Reads::Opening => Known::Opening(store.opening(moment.buyer).await?),
    };
    let (write, then) = match dialog::decide(moment, session, input, known) {
        Step::Reply(reply) => return Ok(reply),
        Step::Keep { cart, reply } => {
            // The buyer is leaving: a cart that cannot be kept is no reason to keep the buyer.
            if let Err(error) = store.keep(moment.buyer, &cart, moment.write).await {
                tracing::warn!(error = chain(&error), "the cart was not kept");
            }
            return Ok(reply);
        }
        Step::Store { write, then } => (write, then),
    };
    let written = match write {
        Write::Create(order) => store.create(&order).await?,
        Write::Amend(amend) => store.amend(&amend).await?,
    };
    Ok(match written {
        Written::Done(order) => dialog::stored(*order, then),
        Written::Overtaken(order) => dialog::overtaken(&order),
        Written::Missing => Reply::end(vec![Say::ShopTrouble]),
    })
}

/// Takes in an answer of Amazon Pay. The first write relies on a guess and needs no read; where the guess is wrong, the write returns the
/// order as it is, and the answer is applied to that.
async fn hear<S: Store>(store: &S, moment: &Moment<'_>, token: &Token, answer: &Answer) -> Result<Reply, TurnError> {
    let found = match dialog::answered(moment, token, answer) {
        Some(amend) => match store.amend(&amend).await? {
            Written::Done(order) => return Ok(dialog::reply(moment, answer, *order)),
            Written::Overtaken(order) => Some(*order),
            Written::Missing => None,
        },
        None => store.order(&token.order).await?,
    };
    let Some(mut order) = found.filter(|order| order.knows(&token.sent_by)) else {
        return Ok(dialog::unknown_order(answer));
    };
    for _ in 0..LAPS_MAX {
        let Some(amend) = dialog::correct(moment, token, answer, &order) else {
            return Ok(dialog::no_news(moment, answer, order));
        };
        order = match store.amend(&amend).await? {
            Written::Done(order) => return Ok(dialog::reply(moment, answer, *order)),
            Written::Overtaken(order) => *order,
            Written::Missing => return Ok(dialog::unknown_order(answer)),
        };
    }
    Err(TurnError::Contended)
}
