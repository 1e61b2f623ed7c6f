//! One voice request: read what must be known, decide, store, charge where our server does that, and only then answer.

use std::time::Duration;

use crate::domain::dialog::{self, Amend, Answer, Input, Known, Moment, Opening, Reads, Reply, Say, Send, Session, Step, Write};
use crate::domain::ids::{BuyerId, Token, WriteId};
use crate::domain::order::{Actor, Effect, Entry, Event, Note, Order, Outcome, Rail, Report, Standing, State, apply};
use crate::ports::{Answered, Charges, Codes, Saved, Store, StoreError, Unready, Wallets, Written};
use crate::telemetry::chain;

/// What a turn is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The buyer did something, in a session that may be new.
    Input { new: bool, session: Session, input: Input },
    /// Amazon Pay answers; `None` for a token that is none of ours.
    Answer { token: Option<Token>, answer: Answer },
}

/// Why a turn has no reply. The order is as it was, or as a fact has made it; nothing was sent that has not been stored.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    #[error("the turn could not use the store")]
    Store(#[from] StoreError),
    #[error("the turn was not done within its time")]
    Late,
    /// Found out before anything was stored.
    #[error("the turn lacks what it needs")]
    Unready(#[from] Unready),
    #[error("the order was changed by others {LAPS_MAX} times in a row; this turn has not changed it")]
    Contended,
}

/// By whom the order was stored that a reply is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// By this delivery of the turn, for certain.
    Now,
    /// Perhaps by another one, which may still be at work.
    Before,
}

/// How often an answer is decided again on an order that has changed meanwhile.
const LAPS_MAX: u8 = 3;

/// How long Amazon may take to charge. With the store's calls before and after it, a turn stays within what a buyer waits for.
const CHARGE_MAX: Duration = Duration::from_secs(4);

/// How the history calls what a call has come to, and that nobody knows what an earlier one has.
const ANSWERED: (Actor, Event) = (Actor::Amazon, Event::ChargeAnswered);
const DOUBTED: (Actor, Event) = (Actor::Shop, Event::NotAnswered);

/// What a turn works with.
#[derive(Clone, Copy, Debug)]
pub struct Till<'a, S, C> {
    pub store: &'a S,
    pub charges: &'a C,
    /// Tells the right voice code from a wrong one; `None` where no wallet is ever charged.
    pub codes: Option<&'a dyn Codes>,
    /// The mark of a write that a text describes.
    pub mark: fn(&str) -> WriteId,
}

impl<S: Store + Wallets, C: Charges> Till<'_, S, C> {
    /// Carries out one request.
    ///
    /// # Errors
    /// [`TurnError`]; the reply is then an apology.
    pub async fn take(&self, moment: &Moment<'_>, request: Request) -> Result<Reply, TurnError> {
        match request {
            Request::Input { new, session, input } => self.converse(moment, new, session, &input).await,
            Request::Answer { token: None, answer } => Ok(dialog::unknown_order(&answer)),
            Request::Answer { token: Some(token), answer } => self.hear(moment, &token, &answer).await,
        }
    }

    /// Brings along the cart that was left before the account was linked: `before` is who has left it, the moment's buyer who goes on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bring_cart(&self, moment: &Moment<'_>, before: &BuyerId) -> Result<(), StoreError> {
        let opening = self.store.opening(before).await?;
        match dialog::left_behind(moment, &opening) {
            Some(cart) => self.store.keep(moment.buyer, &cart, moment.write).await,
            None => Ok(()),
        }
    }

    async fn converse(&self, moment: &Moment<'_>, new: bool, session: Session, input: &Input) -> Result<Reply, TurnError> {
        let known = match dialog::reads(new, &session, input) {
            Reads::Nothing => Known::Nothing,
            Reads::Opening => {
                let mut opening = dialog::seen_by(moment, self.store.opening(moment.buyer).await?);
                opening.code_fits = self.code_fits(moment, &session, input, &opening);
                Known::Opening(opening)
            }
        };
        let step = dialog::decide(moment, session.clone(), input, &known);
        if moment.link.is_some() && begins_charge(&step) {
            self.charges.ready().await?;
        }
        let (reply, stored) = self.perform(moment, step).await?;
        let Reply { send: Some(Send::Charge(order)), .. } = &reply else { return Ok(reply) };
        if order.rail != Rail::SavedWallet {
            return Ok(reply);
        }
        // On the heap: most turns charge nothing, and need no room for it.
        let order = Box::pin(self.charge(moment, Order::clone(order), stored, CHARGE_MAX)).await?;
        let step = dialog::after_charge(moment, session, input, known, order);
        let (after, _) = Box::pin(self.perform(moment, step)).await?;
        // What an order of before still owes is asked for once in a turn.
        Ok(match after.send {
            Some(Send::Charge(order)) if order.rail == Rail::SavedWallet => dialog::tell(*order),
            _ => after,
        })
    }

    /// Whether the digits that were said are those of the buyer's wallet.
    fn code_fits(&self, moment: &Moment<'_>, session: &Session, input: &Input, opening: &Opening) -> Option<bool> {
        let kept = opening.wallet.as_ref()?.code.as_ref()?;
        Some(self.codes?.fit(moment.buyer, kept, dialog::code_said(session, input)?))
    }

    /// Stores what a step has to store, and makes the reply; with it, by whom the order was stored that the reply is about.
    async fn perform(&self, moment: &Moment<'_>, step: Step) -> Result<(Reply, Stored), TurnError> {
        let (write, then) = match step {
            Step::Reply(reply) => return Ok((reply, Stored::Before)),
            Step::Keep { cart, reply } => {
                // The buyer is leaving: a cart that cannot be kept is no reason to keep the buyer.
                if let Err(error) = self.store.keep(moment.buyer, &cart, moment.write).await {
                    tracing::warn!(error = chain(&error), "the cart was not kept");
                }
                return Ok((reply, Stored::Before));
            }
            Step::Count { counted, then } => {
                return match self.store.save_wallet(moment.buyer, &counted.wallet, Some(&counted.expected)).await? {
                    Saved::Done => Box::pin(self.perform(moment, *then)).await,
                    Saved::Overtaken(_) => Ok((*counted.overtaken, Stored::Before)),
                };
            }
            Step::Store { write, then } => (write, then),
        };
        let written = match write {
            Write::Create(order) => self.store.create(&order).await?,
            Write::Amend(amend) => self.store.amend(&amend).await?,
        };
        Ok(match written {
            Written::Done(order) => (dialog::stored(*order, then), Stored::Now),
            Written::Before(order) => (dialog::stored(*order, then), Stored::Before),
            Written::Overtaken(order) => (dialog::overtaken(&order), Stored::Before),
            Written::Missing => (Reply::end(vec![Say::ShopTrouble]), Stored::Before),
        })
    }

    /// Charges the stored attempt, and stores what came of it.
    pub(super) async fn charge(&self, moment: &Moment<'_>, mut order: Order, stored: Stored, within: Duration) -> Result<Order, TurnError> {
        if let (Stored::Before, State::Charging { attempt, standing: Standing::Sent, .. }) = (stored, &order.state) {
            // Another delivery of this turn may be charging at this moment. With the doubt on record, neither takes a refusal of its own
            // call for news of the attempt.
            let doubt = unclear(attempt.number);
            order = self.learn(moment, order, &doubt, DOUBTED, None).await?;
        }
        let Some(Effect::Charge(attempt)) = order.state.owed() else { return Ok(order) };
        let (outcome, request) = match self.charges.charge(&order, &attempt, within).await {
            Ok(Answered { report: Some(report), request }) => (report, request),
            Ok(Answered { report: None, request }) => (unclear(attempt.number), request),
            // Even where this call has done nothing: the same turn may have been delivered twice.
            Err(error) => {
                tracing::error!(order = order.id.as_str(), error = chain(&error), "the charge has no clear answer");
                (unclear(attempt.number), error.request().cloned())
            }
        };
        self.learn(moment, order, &outcome, ANSWERED, request).await
    }

    /// Takes in what Amazon has answered, or has not. A fact is never refused: on an order that others have changed meanwhile, it is decided
    /// again.
    async fn learn(
        &self,
        moment: &Moment<'_>,
        mut order: Order,
        report: &Report,
        (who, what): (Actor, Event),
        note: Option<Note>,
    ) -> Result<Order, TurnError> {
        for _ in 0..LAPS_MAX {
            let state = apply(&order.state, report, moment.now);
            let Some(version) = order.version().filter(|_| state != order.state).cloned() else { return Ok(order) };
            // By all of the state: of two deliveries, one may know more than the other, and what it knows is another write.
            let write = (self.mark)(&format!("{} {} {version} {state:?}", moment.write, order.id));
            let entry = Entry { at: moment.now, who, what, to: state.name(), write, note: note.clone() };
            let amend = Amend::new(order.id.clone(), version, state, entry);
            order = match self.store.amend(&amend).await? {
                Written::Done(order) | Written::Before(order) => return Ok(*order),
                Written::Overtaken(order) if order.knows(&amend.entry.write) => return Ok(*order),
                Written::Overtaken(order) => *order,
                Written::Missing => return Err(TurnError::Contended),
            };
        }
        Err(TurnError::Contended)
    }

    /// Takes in an answer of Amazon Pay. The first write relies on a guess and needs no read; where the guess is wrong, the write returns
    /// the order as it is, and the answer is applied to that.
    async fn hear(&self, moment: &Moment<'_>, token: &Token, answer: &Answer) -> Result<Reply, TurnError> {
        let found = match dialog::answered(moment, token, answer) {
            Some(amend) => match self.store.amend(&amend).await? {
                Written::Done(order) | Written::Before(order) => return Ok(dialog::reply(moment, answer, *order)),
                Written::Overtaken(order) => Some(*order),
                Written::Missing => None,
            },
            None => self.store.order(&token.order).await?,
        };
        let Some(mut order) = found.filter(|order| order.knows(&token.sent_by)) else {
            return Ok(dialog::unknown_order(answer));
        };
        for _ in 0..LAPS_MAX {
            let Some(amend) = dialog::correct(moment, token, answer, &order) else {
                return Ok(dialog::no_news(moment, answer, order));
            };
            order = match self.store.amend(&amend).await? {
                Written::Done(order) | Written::Before(order) => return Ok(dialog::reply(moment, answer, *order)),
                Written::Overtaken(order) => *order,
                Written::Missing => return Ok(dialog::unknown_order(answer)),
            };
        }
        Err(TurnError::Contended)
    }
}

/// Whether the step stores an attempt to charge.
fn begins_charge(step: &Step) -> bool {
    let state = match step {
        Step::Store { write: Write::Create(order), .. } => &order.state,
        Step::Store { write: Write::Amend(amend), .. } => &amend.state,
        Step::Count { then, .. } => return begins_charge(then),
        Step::Reply(_) | Step::Keep { .. } => return false,
    };
    matches!(state.owed(), Some(Effect::Charge(_)))
}

const fn unclear(attempt: u8) -> Report {
    Report::Charge { attempt: Some(attempt), outcome: Outcome::Unclear }
}
