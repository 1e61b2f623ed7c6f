//! Amazon Pay as the shop's own server reaches it: the same account that directives reach, by a way on which calls get lost, take
//! effect when nobody waits for them any more, or find it unwilling.

use std::time::Duration;

use tokio::task::spawn_local;
use tokio::time::sleep;

use super::bank::{Bank, SELLER};
use super::chance::{Fault, Shared};
use super::post::effect;
use super::town::now;
use crate::domain::ids::{BillingAgreementId, CheckoutId};
use crate::domain::order::{Hindrance, Order, Outcome, Report, Standing, State};
use crate::domain::payment::Attempt;
use crate::domain::wallet::Email;
use crate::ports::{Agreed, Answered, Buyers, Charges, Checkout, Checkouts, ConsentError, PaymentsError, Terms};
use crate::simulated::{self, checkout};
use crate::simulator::amazon_pay::{Charge as Request, Effect, Step};

/// Whoever charges saved wallets, and asks about checkouts.
#[derive(Clone, Debug)]
pub struct Teller {
    pub bank: Bank,
    pub chance: Shared,
}

impl Teller {
    #[must_use]
    pub fn new(chance: Shared) -> Self {
        Self { bank: Bank::new(), chance }
    }

    /// A call whose answer is needed at once: it arrives or not, and so does its answer.
    async fn asked<T>(&self, work: impl FnOnce(&Bank) -> T + Send) -> Result<T, ConsentError> {
        let (lost, unheard, pause) = {
            let mut chance = self.chance.draw();
            let [lost, unheard] = [Fault::DirectiveLost, Fault::AnswerLost].map(|fault| chance.strikes(fault));
            (lost, unheard, chance.millis(20..=1_500))
        };
        let gone = || ConsentError::Unavailable(Box::new(NoAnswer));
        sleep(pause).await;
        if lost {
            return Err(gone());
        }
        let answer = work(&self.bank);
        if unheard { Err(gone()) } else { Ok(answer) }
    }

    /// Completes a checkout, once, however often it is asked for. Where a call is refused, the session tells what has come of earlier ones.
    async fn complete(&self, order: &Order, attempt: &Attempt, id: &CheckoutId, within: Duration) -> Result<Answered, PaymentsError> {
        let (fate, lost, late, unheard, pause, delay) = {
            let mut chance = self.chance.draw();
            let fates = [Fate::TurnedDown, Fate::Canceled("BuyerCanceled"), Fate::Canceled("AmazonCanceled"), Fate::Canceled("Declined")];
            let fate = if chance.strikes(Fault::AmazonUnwilling) { *chance.pick(&fates) } else { Fate::Done };
            let [lost, late, unheard] = [Fault::DirectiveLost, Fault::DirectiveLate, Fault::AnswerLost].map(|fault| chance.strikes(fault));
            (fate, lost, late, unheard, chance.millis(20..=3_000), chance.lull())
        };
        let not_done = || PaymentsError::NotDone { request: None, source: Box::new(NoAnswer) };
        let unknown = || PaymentsError::Unknown { request: None, source: Box::new(NoAnswer) };
        if late {
            let (bank, attempt, id) = (self.bank.clone(), attempt.clone(), id.clone());
            spawn_local(async move {
                sleep(delay).await;
                bank.with(|pay| checkout::complete(pay, &attempt, &id, now()));
            });
            sleep(within).await;
            return Err(unknown());
        }
        sleep(pause).await;
        if lost {
            return Err(not_done());
        }
        let answered = self.bank.with(|pay| {
            pay.account.settle(now());
            match fate {
                Fate::Done => drop(pay.account.complete_session(id.as_str(), Some(attempt.amount), None, now())),
                Fate::Canceled(how) => drop(pay.account.complete_session(id.as_str(), Some(attempt.amount), Some(how), now())),
                Fate::TurnedDown => {}
            }
            checkout::look(pay, attempt, id, now())
        });
        if unheard {
            sleep(within.saturating_sub(pause)).await;
            return Err(unknown());
        }
        let first = matches!(order.state, State::Charging { standing: Standing::Sent, .. });
        match answered {
            Answered { report: Some(_), .. } => Ok(answered),
            Answered { report: None, .. } if first => {
                let outcome = Outcome::NotTried { because: Hindrance::Request };
                Ok(Answered { report: Some(Report::Charge { attempt: Some(attempt.number), outcome }), request: None })
            }
            Answered { report: None, .. } => Err(not_done()),
        }
    }
}

/// What Amazon Pay makes of a call that is to complete a session.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Done,
    /// Refused, and nothing has happened.
    TurnedDown,
    /// The session ends without a charge.
    Canceled(&'static str),
}

impl Checkouts for Teller {
    async fn checkout(&self, id: &CheckoutId) -> Result<Checkout, ConsentError> {
        self.asked(|bank| bank.checkout(id)).await?.ok_or(ConsentError::Foreign)
    }

    async fn put_terms(&self, id: &CheckoutId, terms: &Terms) -> Result<String, ConsentError> {
        self.asked(|bank| bank.put_terms(id, terms)).await?.map(|()| String::new()).map_err(|_| ConsentError::Declined)
    }
}

impl Buyers for Teller {
    async fn email(&self, _: &BillingAgreementId) -> Result<Option<Email>, PaymentsError> {
        Ok(None)
    }

    async fn wallet(&self, agreement: &BillingAgreementId) -> Result<Option<Agreed>, PaymentsError> {
        let asked = self.asked(|bank| bank.consent(agreement)).await;
        asked.map_err(|error| PaymentsError::NotDone { request: None, source: Box::new(error) })
    }
}

/// Why a call had no answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no answer in time")]
struct NoAnswer;

impl Charges for Teller {
    async fn charge(&self, order: &Order, attempt: &Attempt, within: Duration) -> Result<Answered, PaymentsError> {
        if let Some(checkout) = &attempt.checkout {
            return self.complete(order, attempt, checkout, within).await;
        }
        let request = simulated::request(SELLER, order, attempt);
        // Each call has its own, and so has one that is made twice: what is refused now may have been taken a moment before.
        let (effect, lost, late, unheard, pause, delay) = {
            let mut chance = self.chance.draw();
            let effect = effect(&mut chance, Step::Charge);
            let [lost, late, unheard] = [Fault::DirectiveLost, Fault::DirectiveLate, Fault::AnswerLost].map(|fault| chance.strikes(fault));
            (effect, lost, late, unheard, chance.millis(20..=1_500), chance.lull())
        };
        if lost {
            // Refused before it has done anything, or lost without a word.
            sleep(pause).await;
            return Err(PaymentsError::NotDone { request: None, source: Box::new(NoAnswer) });
        }
        if late {
            let bank = self.bank.clone();
            spawn_local(async move {
                sleep(delay).await;
                drop(carry_out(&bank, &request, effect));
            });
            sleep(within).await;
            return Err(PaymentsError::Unknown { request: None, source: Box::new(NoAnswer) });
        }
        sleep(pause).await;
        let answer = carry_out(&self.bank, &request, effect);
        if unheard {
            sleep(within.saturating_sub(pause)).await;
            return Err(PaymentsError::Unknown { request: None, source: Box::new(NoAnswer) });
        }
        match answer {
            Some(outcome) => Ok(Answered { report: Some(Report::Charge { attempt: Some(attempt.number), outcome }), request: None }),
            None => Err(PaymentsError::Unknown { request: None, source: Box::new(NoAnswer) }),
        }
    }
}

/// What Amazon Pay makes of a call, as its server's answer says it; `None` where that cannot be read.
fn carry_out(bank: &Bank, request: &Request, effect: Effect) -> Option<Outcome> {
    if let Effect::Error(_) = effect {
        return Some(Outcome::NotTried { because: Hindrance::Request });
    }
    let (made, lies) = bank.with(|pay| {
        let made = pay.authorize(request, None, now(), effect);
        (made, pay.lies(&request.reference, now()))
    });
    if let Effect::Odd(_) = effect {
        return None;
    }
    Some(simulated::outcome_of(&made, lies.as_ref()))
}
