//! The table's stream: a list of stored changes in, and a list of those that have to come again out.

use std::time::Duration;

use serde_json::{Value, json};

use crate::adapters::dynamodb::stream::{Record, Seen, StreamError, records};
use crate::adapters::fingerprint;
use crate::app::{Done, Teller, Telling, Untold};
use crate::domain::shop::World;
use crate::domain::time::Time;
use crate::ports::{Addressees, Buyers, Devices, Ended, Mail, Told, Wallets};
use crate::telemetry::chain;

/// What one more record may take: three messages, each with its way's own limit.
const RECORD_SECONDS: i64 = 60;

/// Everything that tells of stored changes, put together once at start.
#[derive(Debug)]
pub struct Notify<S, B, M, D> {
    pub store: S,
    pub buyers: B,
    pub mail: M,
    pub devices: D,
    /// Orders of another world are none of ours.
    pub world: World,
    /// The name of this process, for its claims.
    pub run: String,
}

/// What has become of a list of records.
#[derive(Debug, Default)]
pub struct Report {
    pub done: Vec<Done>,
    /// The places in the stream of those that have to come again.
    pub again: Vec<String>,
}

impl Report {
    /// As Lambda wants it: the rest counts as done.
    #[must_use]
    pub fn response(&self) -> Value {
        let failed: Vec<_> = self.again.iter().map(|sequence| json!({ "itemIdentifier": sequence })).collect();
        json!({ "batchItemFailures": failed })
    }
}

impl<S: Told + Wallets + Addressees, B: Buyers, M: Mail, D: Devices> Notify<S, B, M, D> {
    /// Tells of everything in an event. One record that fails keeps no other from being told of, and no record is begun that may not end
    /// in time.
    ///
    /// # Errors
    /// [`StreamError`] when the event is none of a stream.
    pub async fn tell(&self, event: &Value, now: impl Fn() -> Time, ends: Time) -> Result<Report, StreamError> {
        let mut report = Report::default();
        for record in records(event)? {
            let told = if ends.since(now()) < RECORD_SECONDS { None } else { self.record(&record, &now, ends).await };
            match told {
                Some(telling) => {
                    if !telling.untold.is_empty() {
                        report.again.push(record.sequence);
                    }
                    report.done.extend(telling.done);
                }
                None => report.again.push(record.sequence),
            }
        }
        Ok(report)
    }

    /// `None` for a record that cannot be read.
    async fn record(&self, record: &Record, now: &impl Fn() -> Time, ends: Time) -> Option<Telling> {
        let seen = match &record.seen {
            Ok(seen) => seen,
            Err(error) => {
                tracing::error!(record = record.sequence, error = chain(error), "a stored change cannot be read, so nobody is told of it");
                return None;
            }
        };
        let mut telling = self.seen(seen, now()).await;
        // What another run has claimed is free soon, and that run is most likely dead.
        if let Some(free) = telling.free_at().filter(|free| ends.since(*free) > RECORD_SECONDS) {
            tokio::time::sleep(Duration::from_secs(u64::try_from(free.since(now())).unwrap_or(0))).await;
            let again = self.seen(seen, free.max(now())).await;
            telling = Telling { done: telling.done.into_iter().chain(again.done).collect(), untold: again.untold };
        }
        report(&telling);
        Some(telling)
    }

    async fn seen(&self, seen: &Seen, now: Time) -> Telling {
        let mark = |text: &str| fingerprint::mark(&format!("{} {text}", self.run));
        let Self { store, buyers, mail, devices, world, run: _ } = self;
        let teller = Teller { store, buyers, mail, devices, world: *world, now, mark: &mark };
        // What everything behind it remembers is too much for a stack.
        match seen {
            Seen::Order(change) => Box::pin(teller.tell(change)).await,
            Seen::Chargeback(chargeback) => Box::pin(teller.tell_chargeback(chargeback)).await,
            Seen::Nothing => Telling::default(),
        }
    }
}

/// Who was told of what. Where a message went is personal.
fn report(telling: &Telling) {
    for Done { id, how } in &telling.done {
        let (subject, write, channel) = (id.subject.as_str(), id.write.as_str(), id.channel.name());
        match how {
            Ended::Sent => tracing::info!(subject, write, channel, "told"),
            Ended::NoAddress => tracing::info!(subject, write, channel, "there is no address to tell"),
            Ended::Refused(why) => tracing::error!(subject, write, channel, why = why.as_str(), "a message is refused for good"),
        }
    }
    for untold in &telling.untold {
        match untold {
            Untold::Claimed { .. } => tracing::info!(error = chain(untold), "a message has to come again"),
            Untold::Store(_) | Untold::Unstored(_) | Untold::NoAnswer(_) | Untold::Unkept(_) | Untold::Unsent { .. } => {
                tracing::warn!(error = chain(untold), "a message has to come again");
            }
        }
    }
}
