//! Stands between programs and what they call, on real connections, and kills at a chosen message: it knows when something has been sent
//! and is not there yet, and when it is done and nobody has heard of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::processes::Process;

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Store,
    Pay,
}

/// Who dies, and when.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// The program that calls, after so many moments: before and after each message that changes something.
    Caller { moments: u32 },
    /// Amazon Pay's server, around the next call that it gets. Somebody starts it again soon, or only when the caller has given up.
    Pay { when: When, back_soon: bool },
    /// The program that calls, whatever it is doing.
    Time { after: Duration },
}

/// When in a call Amazon Pay's server dies.
#[derive(Clone, Copy, Debug)]
pub enum When {
    Before,
    /// At work, so long after the request has left for it.
    During(Duration),
    After,
}

#[derive(Default)]
struct Fates {
    next: Option<Fate>,
    /// Where programs have died so far.
    deaths: BTreeMap<String, u32>,
}

struct Inner {
    http: reqwest::Client,
    fates: Mutex<Fates>,
    /// What is called, by address, and who may be killed.
    store: String,
    pay: Mutex<Option<(SocketAddr, Process)>>,
    caller: Mutex<Option<Process>>,
}

/// A proxy for both lines.
pub struct Gate {
    inner: Arc<Inner>,
    pub store: SocketAddr,
    pub pay: SocketAddr,
    servers: [JoinHandle<()>; 2],
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

impl Gate {
    /// A gate before this store.
    pub async fn before(store: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let store = store.to_owned();
        let inner = Inner { http, fates: Mutex::default(), store, pay: Mutex::default(), caller: Mutex::default() };
        let inner = Arc::new(inner);
        let (store, store_server) = serve(&inner, Line::Store).await;
        let (pay, pay_server) = serve(&inner, Line::Pay).await;
        Self { inner, store, pay, servers: [store_server, pay_server] }
    }

    /// Amazon Pay is at this address from now on.
    pub fn opens(&self, address: SocketAddr, pay: Process) {
        *self.inner.pay.lock().unwrap() = Some((address, pay));
    }

    /// Where Amazon Pay is, unless it has died.
    pub fn pay_at(&self) -> Option<SocketAddr> {
        self.inner.pay.lock().unwrap().as_ref().map(|(address, _)| *address)
    }

    /// The program that calls from now on.
    pub fn admits(&self, caller: Process) {
        *self.inner.caller.lock().unwrap() = Some(caller);
    }

    /// Looks at the program that calls.
    pub fn caller<T>(&self, look: impl FnOnce(&mut Process) -> T) -> T {
        look(self.inner.caller.lock().unwrap().as_mut().unwrap())
    }

    pub fn decree(&self, fate: Option<Fate>) {
        self.inner.fates.lock().unwrap().next = fate;
    }

    /// A death that came from elsewhere.
    pub fn count(&self, death: &str) {
        *self.inner.fates.lock().unwrap().deaths.entry(death.to_owned()).or_default() += 1;
    }

    pub fn deaths(&self) -> BTreeMap<String, u32> {
        self.inner.fates.lock().unwrap().deaths.clone()
    }

    /// A moment of the caller's; it does not come back from the one at which it dies.
    pub async fn moment(&self, name: &str, side: &str) {
        self.inner.moment(name, side).await;
    }
}

impl Inner {
    async fn moment(&self, name: &str, side: &str) {
        {
            let mut fates = self.fates.lock().unwrap();
            let Some(Fate::Caller { moments }) = &mut fates.next else { return };
            if *moments > 0 {
                *moments -= 1;
                return;
            }
            fates.next = None;
            *fates.deaths.entry(format!("{side} {name}")).or_default() += 1;
            self.caller.lock().unwrap().as_mut().unwrap().kill();
        }
        // Nothing of this message goes on: who would have sent it, or heard of it, is dead.
        std::future::pending::<()>().await;
    }

    /// Whether Amazon Pay's server dies around this call, and when.
    fn pays_with_its_life(&self) -> Option<When> {
        let mut fates = self.fates.lock().unwrap();
        let Some(Fate::Pay { when, .. }) = fates.next else { return None };
        fates.next = None;
        let side = match when {
            When::Before => "before",
            When::During(_) => "during",
            When::After => "after",
        };
        *fates.deaths.entry(format!("{side} Amazon Pay's work")).or_default() += 1;
        Some(when)
    }

    fn kill_pay(&self) {
        if let Some((_, mut pay)) = self.pay.lock().unwrap().take() {
            pay.kill();
        }
    }

    async fn pass(self: Arc<Self>, line: Line, request: Request) -> Response {
        let name = name(line, &request);
        if let Some(name) = &name {
            self.moment(name, "before").await;
        }
        let dies = if line == Line::Pay { self.pays_with_its_life() } else { None };
        let death = match dies {
            None => None,
            Some(When::Before) => {
                self.kill_pay();
                None
            }
            Some(When::During(delay)) => {
                let inner = Arc::clone(&self);
                Some(tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    inner.kill_pay();
                }))
            }
            Some(When::After) => None,
        };
        let answer = self.forward(line, request).await;
        if let Some(death) = death {
            death.await.unwrap();
        }
        if matches!(dies, Some(When::After)) {
            self.kill_pay();
            return gone();
        }
        if let Some(name) = &name {
            self.moment(name, "after").await;
        }
        answer.unwrap_or_else(gone)
    }

    async fn forward(&self, line: Line, request: Request) -> Option<Response> {
        let address = match line {
            Line::Store => self.store.clone(),
            Line::Pay => format!("http://{}", self.pay.lock().unwrap().as_ref()?.0),
        };
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.ok()?;
        let url = format!("{address}{}", parts.uri.path_and_query()?);
        let forwarded = self.http.request(parts.method, url).headers(end_to_end(&parts.headers)).body(body);
        let answer = forwarded.send().await.ok()?;
        let (status, headers) = (answer.status(), end_to_end(answer.headers()));
        Some((status, headers, Body::from(answer.bytes().await.ok()?)).into_response())
    }
}

async fn serve(inner: &Arc<Inner>, line: Line) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let pass = move |State(inner): State<Arc<Inner>>, request: Request| inner.pass(line, request);
    let router = Router::new().fallback(pass).with_state(Arc::clone(inner));
    (address, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

/// What stands in front of a server that has died says so.
fn gone() -> Response {
    (StatusCode::BAD_GATEWAY, "<html>Bad Gateway</html>").into_response()
}

/// A message that changes something has a name; a program that dies while it reads has done nothing.
fn name(line: Line, request: &Request) -> Option<String> {
    match line {
        Line::Store => {
            let target = request.headers().get("x-amz-target")?.to_str().ok()?.rsplit('.').next()?;
            matches!(target, "UpdateItem" | "PutItem").then(|| "write".to_owned())
        }
        Line::Pay => match (request.method().as_str(), request.uri().path().rsplit('/').next()?) {
            ("GET", _) => None,
            ("POST", "refunds") => Some("refund".to_owned()),
            (_, last) => Some(last.to_owned()),
        },
    }
}

/// Headers that are about the message, and not about one connection.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH] {
        headers.remove(name);
    }
    headers
}
