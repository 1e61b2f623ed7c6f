//! A store on an engine of its own, whose calls and capacity units are counted.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::{AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use voicetill::adapters::dynamodb::{Access, DynamoStore, local::Local, settings, table};

/// What a stretch of work cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Count {
    pub reads: u32,
    pub writes: u32,
    /// Capacity units on the table, and on its index.
    pub table_units: f64,
    pub index_units: f64,
}

/// Asks for capacity numbers with every request, and adds up what comes back.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Count>>);

impl Meter {
    /// What has been counted since the last call.
    pub fn take(&self) -> Count {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let operation = request.headers().get("x-amz-target").unwrap_or_default().rsplit('.').next().unwrap_or_default().to_owned();
        let mut count = self.0.lock().unwrap();
        match operation.as_str() {
            "Query" | "GetItem" => count.reads += 1,
            "PutItem" | "UpdateItem" => count.writes += 1,
            _ => return Ok(()),
        }
        let mut body: Value = serde_json::from_slice(request.body().bytes().ok_or("a streaming body")?)?;
        body["ReturnConsumedCapacity"] = json!("INDEXES");
        let body = body.to_string();
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        Ok(())
    }

    // Only now has the whole body arrived.
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(body) = context.response().body().bytes() else { return Ok(()) };
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return Ok(()) };
        let capacity = &body["ConsumedCapacity"];
        let mut count = self.0.lock().unwrap();
        count.table_units += capacity["Table"]["CapacityUnits"].as_f64().unwrap_or(0.0);
        let indexes = capacity["GlobalSecondaryIndexes"].as_object();
        count.index_units += indexes.into_iter().flatten().filter_map(|(_, index)| index["CapacityUnits"].as_f64()).sum::<f64>();
        Ok(())
    }
}

/// A fresh store in memory. The engine lives as long as the first value.
pub async fn store() -> (Local, DynamoStore, Meter) {
    let engine = Local::in_memory().await.unwrap();
    let meter = Meter::default();
    let access = Access::Local { endpoint: engine.endpoint().to_owned() };
    let client = aws_sdk_dynamodb::Client::from_conf(settings(&access).interceptor(meter.clone()).build());
    // Making the table is no part of what is measured, and may take its time where much else runs.
    let patient = settings(&access).timeout_config(TimeoutConfig::disabled()).build();
    table::ensure(&aws_sdk_dynamodb::Client::from_conf(patient), "voicetill").await.unwrap();
    (engine, DynamoStore::new(client, "voicetill".to_owned()), meter)
}
