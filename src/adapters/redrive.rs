//! Changes that nobody was told of, handed to the function once more: read from the table's stream at the place that AWS names, and sent as
//! Lambda would send them. Who has been told meanwhile is not told again, because the function claims each message.

use std::error::Error;
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::Client;
use serde_json::{Value, json};

use super::{json, system};

/// The function has two minutes; whoever waits for it a little more.
const CALL_MAX: Duration = Duration::from_mins(3);

/// As many records as the function gets at once.
const RECORDS_MAX: usize = 100;

/// Changes in a stream, by where they lie there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub stream: String,
    pub shard: String,
    /// The sequence numbers of the first and of the last.
    pub first: String,
    pub last: String,
}

/// Why changes were not told of.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    #[error(
        "the stream does not have these changes any more, which it keeps for a day: see to the orders that changed then, then --seen-to"
    )]
    Gone,
    #[error("these are no changes: rounds come again by themselves, so --seen-to")]
    NoChanges,
    #[error("there are no AWS credentials: check the profile")]
    NoCredentials(#[source] Box<dyn Error + Send + Sync>),
    #[error("the request could not be signed")]
    Unsigned(#[source] Box<dyn Error + Send + Sync>),
    #[error("{0} was not reached, or did not answer in time")]
    NotReached(&'static str, #[source] reqwest::Error),
    #[error("{what} answered {status} {code}: check that the profile may use it")]
    Refused { what: &'static str, status: u16, code: String },
    #[error("the function failed: its log says why")]
    Failed,
    #[error("{0} of the changes still could not be told of: the function's log says why")]
    Again(usize),
}

const STREAM: &str = "the table's stream";
const FUNCTION: &str = "the function";

/// A way to streams and functions of one region.
#[derive(Debug)]
pub struct Redrive {
    http: Client,
    credentials: SharedCredentialsProvider,
    region: String,
    /// A program on this machine that plays all of it.
    here: Option<String>,
}

/// One call.
struct Call<'c> {
    what: &'static str,
    service: &'static str,
    url: String,
    /// Besides those of a signature.
    header: (&'static str, String),
    body: &'c Value,
}

impl Redrive {
    /// # Errors
    /// [`NotSent::NotReached`] when this machine has no TLS to speak.
    pub fn new(credentials: SharedCredentialsProvider, region: String, here: Option<String>) -> Result<Self, NotSent> {
        // An error only says that the program has chosen a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(CALL_MAX).redirect(reqwest::redirect::Policy::none());
        let client = if here.is_some() { client.no_proxy() } else { client };
        let http = client.build().map_err(|cause| NotSent::NotReached("AWS", cause))?;
        Ok(Self { http, credentials, region, here })
    }

    /// Hands the changes to the function of this name.
    ///
    /// # Errors
    /// [`NotSent`]; some of them may have been told of.
    pub async fn send_again(&self, function: &str, place: &Place) -> Result<(), NotSent> {
        let records = self.records(place).await?;
        if records.is_empty() {
            return Err(NotSent::Gone);
        }
        let mut again = 0;
        for part in records.chunks(RECORDS_MAX) {
            again += self.invoke(function, &json!({ "Records": part })).await?;
        }
        if again == 0 { Ok(()) } else { Err(NotSent::Again(again)) }
    }

    async fn records(&self, place: &Place) -> Result<Vec<Value>, NotSent> {
        let asked = json!({
            "StreamArn": place.stream,
            "ShardId": place.shard,
            "ShardIteratorType": "AT_SEQUENCE_NUMBER",
            "SequenceNumber": place.first,
        });
        let mut iterator = self.stream("GetShardIterator", &asked).await?["ShardIterator"].take();
        let mut records: Vec<Value> = Vec::new();
        while iterator.is_string() {
            let mut page = self.stream("GetRecords", &json!({ "ShardIterator": iterator })).await?;
            let Value::Array(found) = page["Records"].take() else { return Ok(records) };
            if found.is_empty() {
                return Ok(records);
            }
            for mut record in found {
                if is_behind(&record, &place.last) {
                    return Ok(records);
                }
                record["eventSourceARN"] = place.stream.as_str().into();
                records.push(record);
            }
            iterator = page["NextShardIterator"].take();
        }
        Ok(records)
    }

    async fn stream(&self, operation: &str, body: &Value) -> Result<Value, NotSent> {
        let url = self.here.clone().unwrap_or_else(|| format!("https://streams.dynamodb.{}.amazonaws.com", self.region));
        let header = ("x-amz-target", format!("DynamoDBStreams_20120810.{operation}"));
        let call = Call { what: STREAM, service: "dynamodb", url: format!("{url}/"), header, body };
        match self.call(call).await {
            Err(NotSent::Refused { code, .. }) if code.contains("TrimmedDataAccess") || code.contains("ResourceNotFound") => {
                Err(NotSent::Gone)
            }
            answer => answer.map(|(answer, _)| answer),
        }
    }

    /// How many of the records have to come again.
    async fn invoke(&self, function: &str, event: &Value) -> Result<usize, NotSent> {
        let url = self.here.clone().unwrap_or_else(|| format!("https://lambda.{}.amazonaws.com", self.region));
        let url = format!("{url}/2015-03-31/functions/{function}/invocations");
        let header = ("x-amz-invocation-type", "RequestResponse".to_owned());
        match self.call(Call { what: FUNCTION, service: "lambda", url, header, body: event }).await? {
            (_, true) => Err(NotSent::Failed),
            (answer, false) => answer["batchItemFailures"].as_array().map(Vec::len).ok_or(NotSent::Failed),
        }
    }

    /// The answer, and whether a function has failed over it.
    async fn call(&self, call: Call<'_>) -> Result<(Value, bool), NotSent> {
        let credentials = self.credentials.provide_credentials().await.map_err(|cause| NotSent::NoCredentials(Box::new(cause)))?;
        let body = call.body.to_string();
        let headers = [("content-type", "application/x-amz-json-1.0".to_owned()), call.header];
        let mut request = self.http.post(&call.url);
        for (name, value) in headers.iter().chain(&self.signature(&credentials, &call.url, call.service, &headers, &body)?) {
            request = request.header(*name, value);
        }
        let answer = request.body(body).send().await.map_err(|cause| NotSent::NotReached(call.what, cause))?;
        let (status, failed) = (answer.status(), answer.headers().contains_key("x-amz-function-error"));
        let answer: Value = answer.json().await.map_err(|cause| NotSent::NotReached(call.what, cause))?;
        if status.is_success() {
            return Ok((answer, failed));
        }
        let code = json::text(&answer["__type"]).or(json::text(&answer["Type"])).unwrap_or("without a code");
        Err(NotSent::Refused { what: call.what, status: status.as_u16(), code: json::printable(code, 80) })
    }

    /// The headers of Signature Version 4.
    fn signature(
        &self,
        credentials: &Credentials,
        url: &str,
        service: &str,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> Result<Vec<(&'static str, String)>, NotSent> {
        let identity = credentials.clone().into();
        let moment = UNIX_EPOCH + Duration::from_secs(system::now().unix().unsigned_abs());
        let params = SigningParams::builder().identity(&identity).region(&self.region).name(service).time(moment);
        let params = params.settings(SigningSettings::default()).build().map_err(|cause| NotSent::Unsigned(Box::new(cause)))?;
        let named = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let signable = SignableRequest::new("POST", url, named, SignableBody::Bytes(body.as_bytes()));
        let signed = signable.and_then(|signable| sign(signable, &params.into())).map_err(|cause| NotSent::Unsigned(Box::new(cause)))?;
        let (instructions, _) = signed.into_parts();
        let (added, _) = instructions.into_parts();
        Ok(added.into_iter().map(|header| (header.name(), header.value().to_owned())).collect())
    }
}

/// Whether a record comes after this one. Sequence numbers are digits, and may be of different lengths.
fn is_behind(record: &Value, last: &str) -> bool {
    let number = json::text(&record["dynamodb"]["SequenceNumber"]).unwrap_or_default();
    let order = |digits: &str| (digits.trim_start_matches('0').len(), digits.trim_start_matches('0').to_owned());
    order(number) > order(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_are_compared_as_numbers() {
        let record = |number: &str| json!({ "dynamodb": { "SequenceNumber": number } });
        assert!(!is_behind(&record("800000000003126276362"), "800000000003126276362"));
        assert!(is_behind(&record("800000000003126276363"), "800000000003126276362"));
        assert!(!is_behind(&record("99"), "100") && is_behind(&record("100"), "099"));
    }
}
