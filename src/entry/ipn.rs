//! Notifications: one posted message in, one status out.
//!
//! 200 says that everything is stored, or that the message may be forgotten; 5xx that it has to come again; 4xx that it never helps.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::adapters::amazon_pay::notice;
use crate::adapters::fingerprint;
use crate::adapters::sns::{Envelope, EnvelopeError, Fetch, Forged, Kind, SubscribeUrl, Verified, Verifier};
use crate::app::{Asked, Desk, Heard, NotOurs, standing, subscription};
use crate::domain::ids::{TopicArn, WriteId};
use crate::domain::notice::Notice;
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::ports::{Chargebacks, Objects, Payments, Store, StoreError, Topic, Topics, Trust};
use crate::telemetry::chain;

/// SNS waits fifteen seconds for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(12);

/// How long a topic that was trusted is taken to be so still.
const TRUSTED_SECONDS: i64 = 5 * Time::MINUTE;

/// Everything that takes in notifications, put together once at start.
#[derive(Debug)]
pub struct Ipn<S, F> {
    store: S,
    verifier: Verifier<F>,
    /// Orders of another world are none of ours.
    world: World,
    /// The name of this process, for the marks of its writes.
    run: String,
    trusted: Mutex<BTreeMap<TopicArn, Time>>,
}

/// What is answered: a status, and a word for whoever tries it by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub word: &'static str,
}

const fn answer(status: u16, word: &'static str) -> Answer {
    Answer { status, word }
}

const DONE: Answer = answer(200, "done");
/// It was taken note of, and there was nothing to do.
const NOTED: Answer = answer(200, "noted");
const HELD: Answer = answer(200, "held until the topic is trusted");
const NOT_SNS: Answer = answer(403, "not sent by SNS");
const UNTRUSTED: Answer = answer(403, "the topic is not trusted");
const LATER: Answer = answer(503, "try again");

impl<S: Store + Topics + Chargebacks, F: Fetch> Ipn<S, F> {
    #[must_use]
    pub const fn new(store: S, verifier: Verifier<F>, world: World, run: String) -> Self {
        Self { store, verifier, world, run, trusted: Mutex::new(BTreeMap::new()) }
    }

    /// Answers one message. Its headers are asked for in small letters.
    pub async fn answer<'h>(
        &self,
        payments: &(impl Payments + Objects),
        now: Time,
        header: impl Fn(&str) -> Option<&'h str>,
        body: &[u8],
    ) -> Answer {
        let envelope = match Envelope::parse(body, header) {
            Ok(envelope) => envelope,
            Err(error) => {
                tracing::warn!(error = chain(&error), "a body that is no message of SNS");
                return answer(if matches!(error, EnvelopeError::TooLong(_)) { 413 } else { 400 }, "not a message of SNS");
            }
        };
        let (kind, message) = (envelope.kind.name(), envelope.shown_id());
        // What everything behind it remembers is too much for a stack.
        let taken = Box::pin(self.taken(payments, now, envelope));
        let answered = tokio::time::timeout(ANSWER_MAX, taken).await.unwrap_or_else(|_| {
            tracing::error!("a notification took too long");
            LATER
        });
        tracing::info!(kind, message, status = answered.status, answer = answered.word);
        answered
    }

    async fn taken(&self, payments: &(impl Payments + Objects), now: Time, envelope: Envelope) -> Answer {
        match envelope.kind {
            Kind::Notification => self.notification(payments, now, envelope).await,
            Kind::SubscriptionConfirmation => self.confirmation(now, envelope).await,
            Kind::UnsubscribeConfirmation => self.farewell(now, envelope).await,
        }
    }

    async fn notification(&self, payments: &(impl Payments + Objects), now: Time, envelope: Envelope) -> Answer {
        // Before anything is fetched for it: most of what is not meant for us ends here.
        if let Err(refused) = self.trusts(&envelope.topic, now).await {
            return refused;
        }
        let verified = match self.verified(envelope, now).await {
            Ok(verified) => verified,
            Err(refused) => return refused,
        };
        match notice::read(&verified.message) {
            Ok(notice) => self.heard(payments, now, &notice).await,
            Err(error) => {
                tracing::error!(message = verified.shown_id(), error = chain(&error), "a notification of a trusted topic cannot be read");
                answer(400, "not a notification")
            }
        }
    }

    async fn heard(&self, payments: &(impl Payments + Objects), now: Time, notice: &Notice) -> Answer {
        let (kind, object) = (notice.kind(), notice.object().map(ToString::to_string));
        let object = object.as_deref();
        let mark = |text: &str| self.mark(text);
        let desk = Desk { store: &self.store, payments, now, mark: &mark };
        match desk.hear(notice, self.world).await {
            Ok(Heard::News(order)) => {
                tracing::info!(kind, object, order = order.id.as_str(), state = order.state.name(), "news");
                if matches!(notice, Notice::Chargeback(_)) {
                    tracing::error!(order = order.id.as_str(), object, "a bank takes back the money of an order: see Seller Central");
                }
                DONE
            }
            Ok(Heard::Known(order)) => {
                tracing::info!(kind, object, order = order.as_str(), "no news");
                DONE
            }
            Ok(Heard::Nothing) => {
                tracing::info!(kind, object, "a notification that changes no order");
                NOTED
            }
            Ok(Heard::NotOurs(why)) => {
                tracing::info!(kind, object, not_ours = why_not(why), "a notification about no order of this shop");
                NOTED
            }
            Ok(Heard::Unclear(order)) => {
                let order = order.as_ref().map(crate::domain::ids::OrderId::as_str);
                tracing::error!(kind, object, order, "a notification that may be about an order of ours: look it up in Seller Central");
                NOTED
            }
            Err(error) => {
                tracing::warn!(kind, object, error = chain(&error), "a notification has to come again");
                LATER
            }
        }
    }

    async fn confirmation(&self, now: Time, envelope: Envelope) -> Answer {
        let verified = match self.verified(envelope, now).await {
            Ok(verified) => verified,
            Err(refused) => return refused,
        };
        let topic = verified.topic.as_str();
        let url =
            verified.confirmation.as_ref().map(|asked| SubscribeUrl::parse(&asked.subscribe_url, &verified.topic, Some(&asked.token)));
        let url = match url {
            Some(Ok(url)) => url,
            Some(Err(error)) => {
                tracing::warn!(topic, error = chain(&error), "a subscription that confirms something else");
                return NOT_SNS;
            }
            None => return NOT_SNS,
        };
        let known = match self.store.topics().await {
            Ok(known) => known,
            Err(error) => return unavailable(&error),
        };
        match subscription(&known, &verified.topic) {
            Asked::Confirm => match self.verifier.fetch().fetch(url.as_str()).await {
                Ok(_) => {
                    tracing::info!(topic, "the subscription of a trusted topic is confirmed");
                    DONE
                }
                Err(error) => {
                    tracing::error!(topic, error = chain(&error), "the subscription of a trusted topic could not be confirmed");
                    LATER
                }
            },
            Asked::Hold => {
                let trust = Trust::Held { subscribe_url: url.as_str().to_owned() };
                match self.store.keep_topic(&Topic { arn: verified.topic.clone(), trust, since: now }).await {
                    Ok(()) => {
                        tracing::warn!(
                            topic,
                            "a topic asks to be confirmed: `voicetill ipn list` shows it, `voicetill ipn trust` confirms it"
                        );
                        HELD
                    }
                    Err(error) => unavailable(&error),
                }
            }
            Asked::Refuse => {
                tracing::warn!(topic, "a topic that nobody trusts asks to be confirmed");
                UNTRUSTED
            }
        }
    }

    /// The subscription of a topic has ended. Whether that was meant, a person knows.
    async fn farewell(&self, now: Time, envelope: Envelope) -> Answer {
        if let Err(refused) = self.trusts(&envelope.topic, now).await {
            return refused;
        }
        match self.verified(envelope, now).await {
            Ok(verified) => {
                tracing::error!(
                    topic = verified.topic.as_str(),
                    "Amazon Pay will send no more notifications: enter the address anew in Seller Central"
                );
                NOTED
            }
            Err(refused) => refused,
        }
    }

    async fn verified(&self, envelope: Envelope, now: Time) -> Result<Verified, Answer> {
        let (message, topic) = (envelope.shown_id(), envelope.topic.clone());
        self.verifier.verify(envelope, now).await.map_err(|error: Forged| {
            let (again, topic) = (error.retryable(), topic.as_str());
            tracing::warn!(forged = !again, message, topic, error = chain(&error), "a message is not taken for one of SNS");
            if again { LATER } else { NOT_SNS }
        })
    }

    async fn trusts(&self, arn: &TopicArn, now: Time) -> Result<(), Answer> {
        let still = |since: &Time| (0..TRUSTED_SECONDS).contains(&now.since(*since));
        if self.trusted().get(arn).is_some_and(still) {
            return Ok(());
        }
        let known = self.store.topics().await.map_err(|error| unavailable(&error))?;
        match standing(&known, arn) {
            Some(Trust::Trusted) => {
                self.trusted().insert(arn.clone(), now);
                Ok(())
            }
            Some(Trust::Held { .. }) => {
                tracing::warn!(topic = arn.as_str(), "a notification of a topic that waits to be trusted: `voicetill ipn trust`");
                Err(LATER)
            }
            None => {
                tracing::warn!(topic = arn.as_str(), "a notification of a topic that nobody trusts");
                Err(UNTRUSTED)
            }
        }
    }

    fn mark(&self, text: &str) -> WriteId {
        fingerprint::mark(&format!("{} {text}", self.run))
    }

    fn trusted(&self) -> std::sync::MutexGuard<'_, BTreeMap<TopicArn, Time>> {
        self.trusted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unavailable(error: &StoreError) -> Answer {
    tracing::error!(error = chain(error), "the topics could not be read or kept");
    LATER
}

const fn why_not(why: NotOurs) -> &'static str {
    match why {
        NotOurs::NoObject => "Amazon Pay has no such object in this account",
        NotOurs::NoReference => "it bears no id of this shop",
        NotOurs::NoOrder => "there is no such order here",
        NotOurs::OtherWorld => "the order is of another world",
    }
}
