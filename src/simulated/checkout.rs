//! Purchases that are finished on a page, in the simulated world: the pages ask the local Amazon Pay over HTTP, and what they have begun is
//! looked at, and gone on with, from here.

use crate::domain::ids::{BillingAgreementId, CheckoutId, OrderId};
use crate::domain::order::{Outcome, Report};
use crate::domain::payment::{Attempt, Decline, Names};
use crate::domain::time::Time;
use crate::ports::Answered;
use crate::simulator::amazon_pay::AmazonPay;
use crate::simulator::amazon_pay::account::{Session, SessionState};

/// What the local Amazon Pay calls the charge of an attempt: the attempt's own id, unless a checkout has made it.
#[must_use]
pub fn reference(pay: &AmazonPay, order: &OrderId, attempt: &Attempt) -> String {
    let session = attempt.checkout.as_ref().and_then(|checkout| find(pay, checkout));
    session.and_then(|session| session.charge.clone()).unwrap_or_else(|| attempt.id(order).to_string())
}

/// Completes the checkout of an attempt, if it is still open, and tells what has come of it.
pub fn complete(pay: &mut AmazonPay, attempt: &Attempt, checkout: &CheckoutId, now: Time) -> Answered {
    pay.account.settle(now);
    // One that is completed already is refused, and told of below.
    let _ = pay.account.complete_session(checkout.as_str(), Some(attempt.amount), None, now);
    look(pay, attempt, checkout, now)
}

/// What has come of the checkout of an attempt; no report while it is open.
pub fn look(pay: &mut AmazonPay, attempt: &Attempt, checkout: &CheckoutId, now: Time) -> Answered {
    pay.account.settle(now);
    let outcome = find(pay, checkout).and_then(|session| match &session.state {
        SessionState::Open => None,
        SessionState::Canceled(reason) => {
            let decline = if reason == "Declined" { Decline::InvalidPaymentMethodHard } else { Decline::NotTried };
            Some(Outcome::Declined { decline })
        }
        SessionState::Completed => Some(charged(pay, session, now)),
    });
    super::answered(outcome.map(|outcome| Report::Charge { attempt: Some(attempt.number), outcome }))
}

fn charged(pay: &AmazonPay, session: &Session, now: Time) -> Outcome {
    let Some(lies) = session.charge.as_ref().and_then(|charge| pay.lies(charge, now)) else { return Outcome::Unclear };
    let consent = session.permission.as_deref().and_then(|id| BillingAgreementId::parse(id).ok());
    super::outcome_named(&lies, Names { consent, ..Names::default() })
}

fn find<'p>(pay: &'p AmazonPay, checkout: &CheckoutId) -> Option<&'p Session> {
    pay.account.sessions.iter().find(|session| session.id == checkout.as_str())
}
