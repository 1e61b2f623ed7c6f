//! A stand-in for Amazon Pay on a loopback port: it checks signatures by the documented rules, in code of its own, and then answers as
//! the test has told it to.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{KeyPair, RSA_PSS_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::{PrivatePkcs1KeyDer, pem::PemObject};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The test key of RFC 9500.
pub const PRIVATE_KEY: &str = include_str!("../fixtures/amazon-pay/signing/rfc9500-rsa2048.pkcs8.pem");
const SAME_KEY: &str = include_str!("../fixtures/amazon-pay/signing/rfc9500-rsa2048.pkcs1.pem");
pub const KEY_ID: &str = "SANDBOX-AFTESTTESTTESTTESTTESTTE";

/// The moment that the stand-in believes it is: 2026-11-22T02:00:00Z.
pub const NOW: i64 = 1_795_312_800;
const NOW_HTTP: &str = "Sun, 22 Nov 2026 02:00:00 GMT";

/// What the stand-in does with a call whose signature is right.
#[derive(Clone, Debug)]
pub enum Reply {
    Json(u16, Value),
    /// An answer in other words than JSON.
    Text(u16, String),
    /// A refusal that says how many seconds to wait.
    Later(u16, Value, u32),
    /// Takes the request and never answers.
    Hang,
    /// Takes the request and hangs up.
    HangUp,
    /// Hangs up in the middle of the answer.
    Half,
}

impl Reply {
    pub fn refuse(status: u16, code: &str) -> Self {
        Self::Json(status, refusal(code))
    }
}

/// What API v2 says when it refuses.
pub fn refusal(code: &str) -> Value {
    json!({ "reasonCode": code, "message": format!("about {code}") })
}

/// A charge of which 20.00 is captured, if any of it is.
pub fn charge(state: &str) -> Reply {
    let captured = json!({ "amount": "20.00", "currencyCode": "USD" });
    Reply::Json(200, json!({ "chargeId": "S01-9821095-1837200-C041953", "captureAmount": captured, "statusDetails": { "state": state } }))
}

/// How a service judges a request before it answers; the text says what is wrong with it.
pub type Judge = fn(&Asked) -> Result<(), String>;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method and path.
    pub line: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

pub struct StandIn {
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: JoinHandle<()>,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl StandIn {
    /// API v2: answers with one reply after the other, and then with the last one for ever.
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::judging(verify, replies).await
    }

    /// The same for another service.
    pub async fn judging(judge: Judge, replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let replies = Arc::new(Mutex::new(replies.into_iter().collect::<VecDeque<_>>()));
        let log = Arc::clone(&asked);
        let server = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (log, replies) = (Arc::clone(&log), Arc::clone(&replies));
                // A connection that breaks off is what some tests are about.
                tokio::spawn(async move { serve(stream, judge, &log, &replies).await.ok() });
            }
        });
        Self { address, asked, server }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(stream: TcpStream, judge: Judge, log: &Mutex<Vec<Asked>>, replies: &Mutex<VecDeque<Reply>>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let asked = read(&mut stream).await?;
    let verdict = judge(&asked);
    log.lock().unwrap().push(asked);
    let reply = match verdict {
        Ok(()) => {
            let mut replies = replies.lock().unwrap();
            if replies.len() > 1 { replies.pop_front().unwrap() } else { replies.front().unwrap().clone() }
        }
        Err(wrong) => Reply::Json(403, json!({ "reasonCode": "InvalidRequestSignature", "message": wrong })),
    };
    let (status, body, wait) = match reply {
        Reply::Json(status, body) => (status, body.to_string(), String::new()),
        Reply::Text(status, body) => (status, body, String::new()),
        Reply::Later(status, body, seconds) => (status, body.to_string(), format!("retry-after: {seconds}\r\n")),
        Reply::Hang => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            return Ok(());
        }
        Reply::HangUp => return Ok(()),
        Reply::Half => (200, String::new(), String::new()),
    };
    let length = if body.is_empty() { 100 } else { body.len() };
    let head = format!(
        "HTTP/1.1 {status} Such\r\ndate: {NOW_HTTP}\r\nx-amz-pay-request-id: R-{status}\r\n{wait}connection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.get_mut().write_all(format!("{head}{body}").as_bytes()).await?;
    stream.get_mut().shutdown().await
}

async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Asked { line, headers, body: String::from_utf8(body).unwrap() })
}

pub fn hash(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// The documented check, from the request as it came.
fn verify(asked: &Asked) -> Result<(), String> {
    let part = |name: &str| {
        let (_, rest) = asked.header("authorization").split_once(name)?;
        Some(rest.split(", ").next().unwrap_or_default().to_owned())
    };
    let (Some(id), Some(names), Some(signature)) = (part("PublicKeyId="), part("SignedHeaders="), part("Signature=")) else {
        return Err("no authorization".to_owned());
    };
    let needed = ["accept", "content-type", "x-amz-pay-date", "x-amz-pay-host", "x-amz-pay-region"];
    if id != KEY_ID || !needed.iter().all(|name| names.split(';').any(|own| own == *name)) {
        return Err(format!("the key {id} or the headers {names} are wrong"));
    }
    if asked.header("host") != asked.header("x-amz-pay-host") {
        return Err("sent to another host".to_owned());
    }
    let canonical = canonical(asked, &names);
    if is_signed(&format!("AMZN-PAY-RSASSA-PSS-V2\n{}", hash(&canonical)), &signature) {
        Ok(())
    } else {
        Err(format!("expected {canonical}"))
    }
}

/// The canonical request, by the documented rules, of a request without a query.
pub fn canonical(asked: &Asked, names: &str) -> String {
    let (method, path) = asked.line.split_once(' ').unwrap();
    let block = names.split(';').map(|name| format!("{name}:{}\n", asked.header(name))).collect::<Vec<_>>().concat();
    format!("{method}\n{path}\n\n{block}\n{names}\n{}", hash(&asked.body))
}

/// Whether the test key has signed this text.
pub fn is_signed(message: &str, signature: &str) -> bool {
    let der = PrivatePkcs1KeyDer::from_pem_slice(SAME_KEY.as_bytes()).unwrap();
    let public = RsaKeyPair::from_der(der.secret_pkcs1_der()).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public.public_key());
    key.verify(message.as_bytes(), &STANDARD.decode(signature).unwrap_or_default()).is_ok()
}
