//! A store on an engine of its own, whose calls and capacity units are counted.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::Credentials;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Value, json};
use voicetill::adapters::aws::{Access, Connections, Line, open};
use voicetill::adapters::dynamodb::{DynamoStore, connect, local::Local, table};

/// What a stretch of work cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Count {
    pub reads: u32,
    pub writes: u32,
    /// Capacity units on the table, and on its index.
    pub table_units: f64,
    pub index_units: f64,
}

impl Count {
    fn add_units(&mut self, capacity: &Value) {
        self.table_units += capacity["Table"]["CapacityUnits"].as_f64().unwrap_or(0.0);
        let indexes = capacity["GlobalSecondaryIndexes"].as_object();
        self.index_units += indexes.into_iter().flatten().filter_map(|(_, index)| index["CapacityUnits"].as_f64()).sum::<f64>();
    }
}

/// Asks for capacity numbers with every request, and adds up what comes back.
#[derive(Clone, Debug)]
pub struct Meter {
    count: Arc<Mutex<Count>>,
    way: Connections,
}

impl Meter {
    /// What has been counted since the last call.
    pub fn take(&self) -> Count {
        std::mem::take(&mut *self.count.lock().unwrap())
    }
}

impl HttpConnector for Meter {
    // The engine does not look at signatures, so a signed request can still be changed.
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let operation = request.headers().get("x-amz-target").unwrap_or_default().rsplit('.').next().unwrap_or_default().to_owned();
        match operation.as_str() {
            "Query" | "GetItem" => self.count.lock().unwrap().reads += 1,
            "PutItem" | "UpdateItem" => self.count.lock().unwrap().writes += 1,
            _ => return self.way.call(request),
        }
        let mut body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        body["ReturnConsumedCapacity"] = json!("INDEXES");
        let body = body.to_string();
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        let meter = self.clone();
        HttpConnectorFuture::new(async move {
            let mut response = meter.way.call(request).await?;
            let body = std::mem::replace(response.body_mut(), SdkBody::taken());
            let body = ByteStream::new(body).collect().await.map_err(|cause| ConnectorError::io(cause.into()))?.into_bytes();
            if let Ok(said) = serde_json::from_slice::<Value>(&body) {
                meter.count.lock().unwrap().add_units(&said["ConsumedCapacity"]);
            }
            *response.body_mut() = SdkBody::from(body);
            Ok(response)
        })
    }
}

/// A fresh store in memory. The engine lives as long as the first value.
pub async fn store() -> (Local, DynamoStore, Meter) {
    let engine = Local::in_memory().await.unwrap();
    let access = Access::Local { endpoint: engine.endpoint().to_owned() };
    table::ensure(&connect(&access), "voicetill").await.unwrap();
    let meter = Meter { count: Arc::default(), way: open(&access) };
    let line = Line::with(&access, Credentials::new("local", "local", None, None, "local"), meter.clone());
    (engine, DynamoStore::new(line, "voicetill".to_owned()), meter)
}
