//! The table: the embedded engine behind a TLS proxy that counts, takes times, delays, and breaks connections.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::AddAssign;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fs, thread};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::StreamSpecification;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use voicetill::adapters::aws::{Access, Line};
use voicetill::adapters::dynamodb::{DynamoStore, connect, local::Local, table};

use crate::http::Message;

pub const TABLE: &str = "voicetill";
/// The table that many others use.
pub const CROWDED: &str = "voicetill-crowded";

/// What a stretch of work cost in the store.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    pub reads: u32,
    pub writes: u32,
    /// Capacity units of table and index, as the engine reports them.
    pub units: f64,
    /// From the arrival of each request until its answer is ready to leave: the store's time, not the skill's.
    pub busy: Duration,
    /// Opened meanwhile.
    pub connections: u32,
}

impl AddAssign for Count {
    fn add_assign(&mut self, more: Self) {
        self.reads += more.reads;
        self.writes += more.writes;
        self.units += more.units;
        self.busy += more.busy;
        self.connections += more.connections;
    }
}

/// How a connection ends while the function is frozen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Break {
    /// The store closes it, and says so.
    Closed,
    /// It is gone without a word, as behind a gateway that has forgotten it: nothing that is sent gets an answer.
    Silent,
}

/// Engine and proxy; both run until the end.
pub struct Table {
    runtime: Runtime,
    /// Kept running.
    _engine: Local,
    /// Past the proxy, to prepare what is there before a measurement.
    pub direct: DynamoStore,
    /// The same, for what the store does not do.
    pub client: Client,
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    engine: String,
    tls: Arc<ServerConfig>,
    delay: Duration,
    count: Mutex<Count>,
    /// The connections that are open, and whether each still answers.
    open: Mutex<Vec<(TcpStream, Arc<Mutex<bool>>)>>,
}

impl Table {
    /// `trust` becomes a file with the certificate that a client has to trust.
    pub fn start(trust: &Path, delay: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let engine = runtime.block_on(Local::in_memory()).unwrap();
        let access = Access::Local { endpoint: engine.endpoint().to_owned() };
        let client = connect(&access);
        for name in [TABLE, CROWDED] {
            runtime.block_on(async {
                table::ensure(&client, name).await.unwrap();
                // No turn reads the stream, and the engine looks through all of it at each write.
                let off = StreamSpecification::builder().stream_enabled(false).build().unwrap();
                client.update_table().table_name(name).stream_specification(off).send().await.unwrap();
            });
        }
        let (tls, root) = certificates();
        fs::write(trust, root).unwrap();
        let shared = Arc::new(Shared {
            engine: engine.endpoint().trim_start_matches("http://").to_owned(),
            tls: Arc::new(tls),
            delay,
            count: Mutex::default(),
            open: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let proxy = Arc::clone(&proxy);
                // It breaks when the function is killed, or when it is asked to.
                thread::spawn(move || proxy.serve(&connection));
            }
        });
        Self { runtime, _engine: engine, direct: DynamoStore::new(Line::to(&access), TABLE.to_owned()), client, port, shared }
    }

    /// What a function needs in its environment to use this table.
    pub fn variables(&self, trust: &Path) -> Vec<(String, String)> {
        let fixed = [
            ("VOICETILL_TABLE", TABLE.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "ASIABENCHBENCHBENCH0".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "b".repeat(40)),
            // As long as Lambda's: it is signed and sent with every request.
            ("AWS_SESSION_TOKEN", "t".repeat(900)),
            ("AWS_ENDPOINT_URL_DYNAMODB", format!("https://localhost:{}", self.port)),
            ("SSL_CERT_FILE", trust.display().to_string()),
        ];
        fixed.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// What has been counted since the last call.
    pub fn take(&self) -> Count {
        std::mem::take(&mut self.shared.count.lock().unwrap())
    }

    /// Breaks every open connection.
    pub fn break_connections(&self, how: Break) {
        for (connection, answers) in self.shared.open.lock().unwrap().drain(..) {
            match how {
                // It may be closed already.
                Break::Closed => drop(connection.shutdown(Shutdown::Both)),
                Break::Silent => *answers.lock().unwrap() = false,
            }
        }
    }

    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

impl Shared {
    fn serve(&self, connection: &TcpStream) -> io::Result<()> {
        connection.set_nodelay(true)?;
        self.count.lock().unwrap().connections += 1;
        let answers = Arc::new(Mutex::new(true));
        self.open.lock().unwrap().push((connection.try_clone()?, Arc::clone(&answers)));
        let session = ServerConnection::new(Arc::clone(&self.tls)).map_err(io::Error::other)?;
        let mut requests = BufReader::new(StreamOwned::new(session, connection.try_clone()?));
        let mut engine = BufReader::new(TcpStream::connect(&self.engine)?);
        engine.get_ref().set_nodelay(true)?;
        while !requests.fill_buf()?.is_empty() {
            let began = Instant::now();
            let Some(request) = Message::read(&mut requests)? else { break };
            if !*answers.lock().unwrap() {
                continue;
            }
            thread::sleep(self.delay);
            let (answer, mut count) = ask(request, &mut engine)?;
            let bytes = answer.to_bytes();
            let tls = requests.get_mut();
            tls.conn.writer().write_all(&bytes)?;
            // Counted before it leaves: the turn may be over as soon as it is out, and this thread put aside.
            count.busy = began.elapsed();
            *self.count.lock().unwrap() += count;
            tls.flush()?;
        }
        Ok(())
    }
}

/// Passes a request on to the engine. The skill does not ask for capacity numbers, so they are asked for and taken out again on the way.
fn ask(mut request: Message, engine: &mut BufReader<TcpStream>) -> io::Result<(Message, Count)> {
    let mut count = Count::default();
    let operation = request.header("x-amz-target").and_then(|target| target.split('.').nth(1)).unwrap_or_default();
    match operation {
        "Query" | "GetItem" => count.reads = 1,
        "PutItem" | "UpdateItem" => count.writes = 1,
        other => panic!("{other:?} is nothing that a turn asks for"),
    }
    let mut body: Value = serde_json::from_slice(&request.body)?;
    body["ReturnConsumedCapacity"] = json!("INDEXES");
    request.body = body.to_string().into_bytes();
    request.send(engine.get_mut())?;
    let mut answer = Message::read(engine)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut body: Value = serde_json::from_slice(&answer.body)?;
    if let Some(capacity) = body.as_object_mut().and_then(|body| body.remove("ConsumedCapacity")) {
        count.units = capacity["CapacityUnits"].as_f64().unwrap();
        answer.body = body.to_string().into_bytes();
        answer.headers.retain(|(name, _)| name != "x-amz-crc32");
    }
    Ok((answer, count))
}

/// A server for `localhost`, and the root above it as PEM. Root, intermediate and leaf, as AWS sends them.
fn certificates() -> (ServerConfig, String) {
    let authority = |name: &str| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params
    };
    let root = CertifiedIssuer::self_signed(authority("Benchmark Root"), KeyPair::generate().unwrap()).unwrap();
    let middle = CertifiedIssuer::signed_by(authority("Benchmark Intermediate"), KeyPair::generate().unwrap(), &root).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &middle).unwrap();
    let chain = vec![leaf.der().clone(), middle.der().clone()];
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    (config, root.pem())
}
