//! The queues in which AWS keeps what functions could not do, for a person to look at.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Builder, Credentials, Region, SharedCredentialsProvider};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use serde_json::Value;

use super::json;
use super::profile::identity;
use super::redrive::{NotSent, Place, Redrive};
use crate::domain::time::Time;

/// A person waits.
const CALL_MAX: Duration = Duration::from_secs(10);

/// What is looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// To be shown.
    Briefly,
    /// To be worked on, which may take the function a while.
    WorkedOn,
}

impl Hidden {
    const fn seconds(self) -> i32 {
        match self {
            Self::Briefly => 5,
            Self::WorkedOn => 900,
        }
    }
}

/// The region of a program on this machine that plays SQS, which takes any credentials.
const HERE: &str = "local";

/// More than this nobody reads.
const SHOWN_MAX: usize = 100;

/// Why a queue cannot be looked into.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error("\"{0}\" is no queue: copy MessageFailures or RoundFailures of the stack's outputs, https://sqs.REGION.amazonaws.com/…")]
    NoQueue(String),
    #[error("AWS cannot be asked from this machine")]
    NoWay(#[source] NotSent),
    #[error("the queue {url} could not be asked: check the address, the profile, and that it may use SQS")]
    Unavailable {
        url: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What a function could not do, as AWS tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub id: String,
    /// When AWS gave up.
    pub at: Option<Time>,
    /// The function's name.
    pub function: String,
    /// Why AWS gave up, as `RetryAttemptsExhausted`.
    pub condition: String,
    /// Of a stream: when the changes were stored, and how many.
    pub changes: Option<Changes>,
    /// And where they lie.
    place: Option<Place>,
    receipt: Option<String>,
}

/// Stored changes that nobody was told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    pub count: i64,
    /// As AWS writes it.
    pub first: String,
    pub last: String,
}

impl DeadLetter {
    /// Reads a message. What cannot be read is shown as what there is of it.
    fn read(message: &Message) -> Self {
        let body: Value = serde_json::from_str(message.body().unwrap_or_default()).unwrap_or_default();
        let word = |value: &Value| json::printable(json::text(value).unwrap_or("?"), 80);
        let sent = message.attributes().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
        let context = &body["requestContext"];
        // arn:aws:lambda:REGION:ACCOUNT:function:NAME, and maybe a version behind it.
        let function = word(&context["functionArn"]);
        let batch = &body["DDBStreamBatchInfo"];
        Self {
            id: message.message_id().unwrap_or_default().to_owned(),
            at: sent.and_then(|at| at.parse::<i64>().ok()).map(|at| Time::from_unix(at / 1_000)),
            function: function.split(':').nth(6).unwrap_or(&function).to_owned(),
            condition: word(&context["condition"]),
            changes: batch.is_object().then(|| Changes {
                count: json::whole(&batch["batchSize"]).unwrap_or(0),
                first: word(&batch["approximateArrivalOfFirstRecord"]),
                last: word(&batch["approximateArrivalOfLastRecord"]),
            }),
            place: place(batch),
            receipt: message.receipt_handle().map(str::to_owned),
        }
    }
}

fn place(batch: &Value) -> Option<Place> {
    let text = |name: &str| json::text(&batch[name]).map(str::to_owned);
    Some(Place {
        stream: text("streamArn")?,
        shard: text("shardId")?,
        first: text("startSequenceNumber")?,
        last: text("endSequenceNumber")?,
    })
}

/// A queue of failures.
#[derive(Debug)]
pub struct Failures {
    client: Client,
    url: String,
    redrive: Redrive,
}

impl Failures {
    /// The queue at an address. Nothing is asked yet.
    ///
    /// # Errors
    /// [`QueueError::NoQueue`].
    pub async fn at(url: &str, profile: Option<&str>) -> Result<Self, QueueError> {
        let wrong = || QueueError::NoQueue(url.to_owned());
        let host = url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default()).ok_or_else(wrong)?;
        let region = match host.strip_prefix("sqs.").and_then(|rest| rest.split_once(".amazonaws.com")) {
            Some((region, _)) => region.to_owned(),
            // A program on this machine.
            None if url.starts_with("http://127.0.0.1:") => HERE.to_owned(),
            None => return Err(wrong()),
        };
        let here = Some(format!("http://{host}")).filter(|_| region == HERE);
        let identity = identity(profile, Some(region.clone())).await;
        let anybody = || SharedCredentialsProvider::new(Credentials::new(HERE, HERE, None, None, HERE));
        let credentials = if here.is_some() { anybody() } else { identity.credentials };
        let redrive = Redrive::new(credentials.clone(), region.clone(), here.clone()).map_err(QueueError::NoWay)?;
        let mut settings = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(credentials)
            .timeout_config(TimeoutConfig::builder().operation_timeout(CALL_MAX).build())
            .http_client(identity.http);
        if let Some(here) = here {
            settings = settings.endpoint_url(here);
        }
        Ok(Self { client: Client::from_conf(settings.build()), url: url.to_owned(), redrive })
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many lie there, about.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`].
    pub async fn count(&self) -> Result<u64, QueueError> {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let answer = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(name.clone()).send().await;
        let answer = answer.map_err(|cause| self.unavailable(cause))?;
        Ok(answer.attributes().and_then(|all| all.get(&name)).and_then(|count| count.parse().ok()).unwrap_or(0))
    }

    /// Those that lie there; they stay, and nobody else sees them for so long.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`].
    pub async fn look(&self, hidden: Hidden) -> Result<Vec<DeadLetter>, QueueError> {
        let mut found: Vec<DeadLetter> = Vec::new();
        while found.len() < SHOWN_MAX {
            let ask = self.client.receive_message().queue_url(&self.url).max_number_of_messages(10).visibility_timeout(hidden.seconds());
            let ask = ask.message_system_attribute_names(MessageSystemAttributeName::SentTimestamp).wait_time_seconds(1);
            let answer = ask.send().await.map_err(|cause| self.unavailable(cause))?;
            let fresh: Vec<_> = answer.messages().iter().map(DeadLetter::read).collect();
            let fresh: Vec<_> = fresh.into_iter().filter(|one| !found.iter().any(|known| known.id == one.id)).collect();
            if fresh.is_empty() {
                break;
            }
            found.extend(fresh);
        }
        found.sort_by_key(|one| one.at);
        Ok(found)
    }

    /// Has the function do what it could not.
    ///
    /// # Errors
    /// [`NotSent`].
    pub async fn send_again(&self, letter: &DeadLetter) -> Result<(), NotSent> {
        let place = letter.place.as_ref().ok_or(NotSent::NoChanges)?;
        self.redrive.send_again(&letter.function, place).await
    }

    /// Shows one again that was taken to be worked on.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`].
    pub async fn put_back(&self, letter: &DeadLetter) -> Result<(), QueueError> {
        let ask = self.client.change_message_visibility().queue_url(&self.url).set_receipt_handle(letter.receipt.clone());
        ask.visibility_timeout(0).send().await.map(|_| ()).map_err(|cause| self.unavailable(cause))
    }

    /// Throws one away that somebody has seen to.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`].
    pub async fn throw_away(&self, letter: &DeadLetter) -> Result<(), QueueError> {
        let sent = self.client.delete_message().queue_url(&self.url).set_receipt_handle(letter.receipt.clone()).send().await;
        sent.map(|_| ()).map_err(|cause| self.unavailable(cause))
    }

    fn unavailable(&self, cause: impl std::error::Error + Send + Sync + 'static) -> QueueError {
        QueueError::Unavailable { url: self.url.clone(), source: Box::new(cause) }
    }
}
