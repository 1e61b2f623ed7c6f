//! Amazon Pay as the shop's own server reaches it: the same account that directives reach, by a way on which calls get lost, take
//! effect when nobody waits for them any more, or find it unwilling.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::spawn_local;
use tokio::time::sleep;

use super::chance::{Fault, Shared};
use super::post::effect;
use super::town::now;
use crate::domain::money::Currency;
use crate::domain::order::{Order, Outcome, Report};
use crate::domain::payment::Attempt;
use crate::ports::{Answered, Charges, PaymentsError};
use crate::simulated;
use crate::simulator::amazon_pay::{AmazonPay, Charge as Request, Effect, Step};

/// The seller whose shop the runs are about.
const SELLER: &str = "A1EXAMPLESELLER";

/// The account of a run. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Bank(Arc<Mutex<AmazonPay>>);

impl Bank {
    /// What lies there.
    pub fn open(&self) -> MutexGuard<'_, AmazonPay> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A wallet that this buyer agrees to.
    #[must_use]
    pub fn save_wallet(&self, buyer: &str, sandbox: bool) -> String {
        self.open().save_wallet(buyer, SELLER, Currency::Usd, sandbox, now())
    }
}

/// Whoever charges saved wallets.
#[derive(Clone, Debug)]
pub struct Teller {
    pub bank: Bank,
    pub chance: Shared,
}

impl Teller {
    #[must_use]
    pub fn new(chance: Shared) -> Self {
        Self { bank: Bank::default(), chance }
    }

    /// A new run begins.
    pub fn clear(&self) {
        *self.bank.open() = AmazonPay::default();
    }
}

/// Why a call had no answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no answer in time")]
struct NoAnswer;

impl Charges for Teller {
    async fn charge(&self, order: &Order, attempt: &Attempt, within: Duration) -> Result<Answered, PaymentsError> {
        let request = simulated::request(SELLER, order, attempt);
        // Each call has its own, and so has one that is made twice: what is refused now may have been taken a moment before.
        let (effect, lost, late, unheard, pause, lull) = {
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
                sleep(lull).await;
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
        return Some(Outcome::NotTried { agreement_open: true });
    }
    let mut amazon = bank.open();
    let made = amazon.authorize(request, None, now(), effect);
    let lies = amazon.lies(&request.reference, now());
    if let Effect::Odd(_) = effect {
        return None;
    }
    Some(simulated::outcome_of(&made, lies.as_ref()))
}
