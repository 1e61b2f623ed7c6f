//! The stream of the local engine's table, read as Lambda would read it: what comes out is the event that a function gets.

use reqwest::Client;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::adapters::json;

/// The engine wants to see a signature, and does not check it.
const CREDENTIALS: &str =
    "AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0";

/// As many records as a function would get at once.
const RECORDS_MAX: u32 = 100;

/// Why the stream cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    #[error("the local store's stream could not be read")]
    NotReached(#[source] reqwest::Error),
    #[error("the local store answered {operation} with {status}")]
    Refused { operation: &'static str, status: u16 },
    #[error("the local store's table has no stream")]
    NoStream,
}

/// Follows the stream of one table.
#[derive(Debug)]
pub struct Tail {
    http: Client,
    endpoint: String,
    table: String,
}

impl Tail {
    /// Nothing is read yet.
    ///
    /// # Errors
    /// [`TailError`].
    pub fn new(endpoint: &str, table: &str) -> Result<Self, TailError> {
        // An error only says that the program has chosen a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().no_proxy().build().map_err(TailError::NotReached)?;
        Ok(Self { http, endpoint: endpoint.to_owned(), table: table.to_owned() })
    }

    /// The records behind this one, or from the oldest on; none when there are none yet.
    ///
    /// # Errors
    /// [`TailError`].
    pub async fn after(&self, sequence: Option<&str>) -> Result<Value, TailError> {
        let streams = self.call("ListStreams", json!({ "TableName": self.table })).await?;
        let stream = json::text(&streams["Streams"][0]["StreamArn"]).ok_or(TailError::NoStream)?;
        let described = self.call("DescribeStream", json!({ "StreamArn": stream })).await?;
        let shard = json::text(&described["StreamDescription"]["Shards"][0]["ShardId"]).ok_or(TailError::NoStream)?;
        let mut place = json!({ "StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        if let Some(sequence) = sequence {
            place["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER".into();
            place["SequenceNumber"] = sequence.into();
        }
        let iterator = self.call("GetShardIterator", place).await?;
        self.call("GetRecords", json!({ "ShardIterator": iterator["ShardIterator"], "Limit": RECORDS_MAX })).await
    }

    async fn call(&self, operation: &'static str, body: Value) -> Result<Value, TailError> {
        let request = self.http.post(&self.endpoint).header(AUTHORIZATION, CREDENTIALS).header("x-amz-date", "20260101T000000Z");
        let request = request.header("x-amz-target", format!("DynamoDBStreams_20120810.{operation}"));
        let sent = request.header(CONTENT_TYPE, "application/x-amz-json-1.0").body(body.to_string()).send().await;
        let answer = sent.map_err(TailError::NotReached)?;
        if !answer.status().is_success() {
            return Err(TailError::Refused { operation, status: answer.status().as_u16() });
        }
        answer.json().await.map_err(TailError::NotReached)
    }
}
