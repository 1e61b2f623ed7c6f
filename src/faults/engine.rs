//! The real adapter and the real client, on the embedded engine, with nothing between them but what can go wrong on a network.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::Credentials;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use dynoxide::Database;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::chance::{Chance, Shared};
use super::wire::{Broken, carry};
use crate::adapters::aws::{Access, Line};
use crate::adapters::dynamodb::{DynamoStore, connect_over, table};

/// What the table is called.
pub(super) const TABLE: &str = "voicetill";

/// An engine in this process, reached without a network. Clones share it.
#[derive(Clone)]
pub struct Engine {
    database: Arc<Mutex<Option<Database>>>,
    /// How many writes were carried out, so that whoever looks at everything does so only when there may be something new.
    writes: Arc<AtomicU64>,
    chance: Shared,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// Why the engine cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the embedded engine does not work")]
pub struct EngineError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl Engine {
    /// An engine that is empty until [`Engine::clear`] has made its table.
    #[must_use]
    pub fn new(chance: Shared) -> Self {
        Self { database: Arc::default(), writes: Arc::default(), chance }
    }

    /// The store as the skill has it.
    #[must_use]
    pub fn store(&self) -> DynamoStore {
        store(self.clone())
    }

    /// The same store, seen past all faults.
    #[must_use]
    pub fn window(&self) -> DynamoStore {
        store(Self { chance: Shared::new(Chance::calm()), ..self.clone() })
    }

    /// A number that changes whenever an order may have.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// A new engine with an empty table.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn clear(&self) -> Result<(), EngineError> {
        let database = Database::memory().map_err(|error| EngineError(Box::new(error)))?;
        *self.database.lock().unwrap_or_else(PoisonError::into_inner) = Some(database);
        self.writes.fetch_add(1, Ordering::Relaxed);
        let calm = Self { chance: Shared::new(Chance::calm()), ..self.clone() };
        table::ensure(&connect_over(&nowhere(), calm), TABLE).await.map_err(|error| EngineError(Box::new(error)))
    }
}

/// The line is the skill's: its patience, its repetitions. Only the way to the service is another.
fn store(engine: Engine) -> DynamoStore {
    DynamoStore::new(Line::with(&nowhere(), Credentials::new("local", "local", None, None, "local"), engine), TABLE.to_owned())
}

fn nowhere() -> Access {
    Access::Local { endpoint: "http://engine.invalid".to_owned() }
}

impl HttpConnector for Engine {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let engine = self.clone();
        HttpConnectorFuture::new(async move {
            let operation = request.headers().get("x-amz-target").unwrap_or_default().rsplit('.').next().unwrap_or_default().to_owned();
            let body = request.body().bytes().unwrap_or_default().to_vec();
            let write = matches!(operation.as_str(), "PutItem" | "UpdateItem");
            let (database, writes) = (engine.database.clone(), engine.writes.clone());
            let work = move || {
                writes.fetch_add(u64::from(write), Ordering::Relaxed);
                let database = database.lock().unwrap_or_else(PoisonError::into_inner).clone();
                database.map_or_else(|| Answer::error("InternalServerError", 500), |database| serve(&database, &operation, &body))
            };
            match carry(&engine.chance, write, work).await {
                Ok(answer) => answer.response(),
                Err(Broken::Throttled) => Answer::error("ThrottlingException", 400).response(),
                Err(Broken::Conflict) => Answer::error("TransactionConflictException", 400).response(),
                Err(Broken::Failed) => Answer::error("InternalServerError", 500).response(),
                Err(gone @ Broken::Gone) => Err(ConnectorError::io(gone.into())),
            }
        })
    }
}

/// What the service says.
struct Answer {
    status: u16,
    body: String,
}

impl Answer {
    /// An error in the service's own shape.
    fn error(code: &str, status: u16) -> Self {
        let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"asked for by a test"}}"#);
        Self { status, body }
    }

    fn response(self) -> Result<HttpResponse, ConnectorError> {
        let status = self.status.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))?;
        let mut response = HttpResponse::new(status, SdkBody::from(self.body));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        Ok(response)
    }
}

fn serve(database: &Database, operation: &str, body: &[u8]) -> Answer {
    match operation {
        "PutItem" => run(body, |request| database.put_item(request)),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        "GetItem" => run(body, |request| database.get_item(request)),
        "Query" => run(body, |request| database.query(request)),
        "Scan" => run(body, |request| database.scan(request)),
        "ListTables" => run(body, |request| database.list_tables(request)),
        "CreateTable" => run(body, |request| database.create_table(request)),
        "DescribeTable" => run(body, |request| database.describe_table(request)),
        "UpdateTimeToLive" => run(body, |request| database.update_time_to_live(request)),
        _ => Answer::error("UnknownOperationException", 400),
    }
}

fn run<Q, A>(body: &[u8], work: impl FnOnce(Q) -> dynoxide::Result<A>) -> Answer
where
    Q: DeserializeOwned,
    A: Serialize,
{
    let Ok(request) = serde_json::from_slice(body) else { return Answer::error("SerializationException", 400) };
    match work(request) {
        Ok(answer) => match serde_json::to_string(&answer) {
            Ok(body) => Answer { status: 200, body },
            Err(_) => Answer::error("InternalServerError", 500),
        },
        Err(error) => Answer { status: error.status_code(), body: error.to_json() },
    }
}
