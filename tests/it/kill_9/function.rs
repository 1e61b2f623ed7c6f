//! The skill's function as a process, and the Lambda Runtime API that it gets its turns from.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::gate::Gate;
use super::processes;

/// How long the slowest machine may take for one turn, the start included.
const TURN_MAX: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(2);

#[derive(Default)]
struct Desk {
    event: Option<Value>,
    response: Option<Value>,
}

struct Runtime {
    desk: Mutex<Desk>,
    gate: Arc<Gate>,
}

/// One instance of the function. It is the gate's caller as long as it lives.
pub struct Function {
    runtime: Arc<Runtime>,
    server: JoinHandle<()>,
}

impl Drop for Function {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Function {
    pub async fn start(folder: &Path, gate: &Arc<Gate>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let runtime = Arc::new(Runtime { desk: Mutex::default(), gate: Arc::clone(gate) });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .with_state(Arc::clone(&runtime));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        gate.admits(processes::skill(folder, address, gate.store));
        Self { runtime, server }
    }

    /// One turn; `None` when the function has died of it.
    pub async fn invoke(&self, envelope: &Value) -> Option<Value> {
        self.runtime.desk.lock().unwrap().event = Some(envelope.clone());
        let until = Instant::now() + TURN_MAX;
        loop {
            if let Some(response) = self.runtime.desk.lock().unwrap().response.take() {
                return Some(response);
            }
            if self.runtime.gate.caller(|function| function.ended().is_some()) {
                return None;
            }
            assert!(Instant::now() < until, "no answer to {envelope}");
            tokio::time::sleep(POLL).await;
        }
    }
}

async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    loop {
        let event = runtime.desk.lock().unwrap().event.take();
        if let Some(event) = event {
            let headers = [
                ("Lambda-Runtime-Aws-Request-Id", "1"),
                ("Lambda-Runtime-Deadline-Ms", "9999999999999"),
                ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:skill"),
            ];
            return (headers, event.to_string()).into_response();
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn response(State(runtime): State<Arc<Runtime>>, body: String) -> StatusCode {
    runtime.gate.moment("response", "before").await;
    runtime.desk.lock().unwrap().response = Some(serde_json::from_str(&body).unwrap());
    StatusCode::ACCEPTED
}
