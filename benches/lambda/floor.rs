//! The empty function with one signed HTTPS request in every turn, made by hand: hyper, rustls, ring, and nothing that could be left out. It
//! never tries again, has no time limit, and does not read what it gets. No function that asks `DynamoDB` once a turn costs less.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use ring::digest::{SHA256, digest};
use ring::hmac::{self, HMAC_SHA256};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;
use voicetill::config::Env;

/// The fastest that the skill has, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BODY: &str = r#"{"TableName":"voicetill","Key":{"p":{"S":"B#0"},"s":{"S":"W"}},"ConsistentRead":true}"#;
const DATE: &str = "20261122T120000Z";
const SCOPE: &str = "20261122/us-east-1/dynamodb/aws4_request";
const KIND: &str = "application/x-amz-json-1.0";
const TARGET: &str = "DynamoDB_20120810.GetItem";

#[tokio::main(flavor = "local")]
async fn main() -> Result<(), Error> {
    let address: Uri = Env::from_process().endpoint.ok_or("no endpoint")?.parse()?;
    let authority = address.authority().ok_or("no authority")?;
    let stream = TcpStream::connect((authority.host(), authority.port_u16().unwrap_or(443))).await?;
    stream.set_nodelay(true)?;
    let stream = tls()?.connect(ServerName::try_from(authority.host().to_owned())?, stream).await?;
    let connection = Mutex::new(http1::handshake(TokioIo::new(stream)).await?);
    // As long as Lambda's.
    let (key, token) = (hmac::Key::new(HMAC_SHA256, &[7; 32]), "t".repeat(900));
    let (connection, key, token, host) = (&connection, &key, token.as_str(), authority.as_str());
    Runtime::new(service_fn(async |_: LambdaEvent<Value>| {
        let mut connection = connection.lock().await;
        let (sender, driver) = &mut *connection;
        let sent = sender.send_request(signed(key, token, host)?);
        let mut answer = pin!(async { sent.await?.into_body().collect().await });
        let answer = tokio::select! {
            biased;
            ended = driver => return Err(ended.err().map_or_else(|| "the connection has ended".into(), Error::from)),
            answer = &mut answer => answer?.to_bytes(),
        };
        Ok::<_, Error>(json!({
            "version": "1.0",
            "response": {
                "shouldEndSession": answer.is_empty(),
                "outputSpeech": { "type": "SSML", "ssml": "<speak>Welcome. What would you like?</speak>" },
            },
        }))
    }))
    .run()
    .await
}

/// Trusts what the system trusts.
fn tls() -> Result<TlsConnector, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().map_err(io::Error::other)?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}

fn signed(key: &hmac::Key, token: &str, host: &str) -> Result<Request<Full<Bytes>>, Error> {
    let fields = format!("content-type:{KIND}\nhost:{host}\nx-amz-date:{DATE}\nx-amz-security-token:{token}\nx-amz-target:{TARGET}\n");
    let names = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
    let body = hex::encode(digest(&SHA256, BODY.as_bytes()));
    let hash = hex::encode(digest(&SHA256, format!("POST\n/\n\n{fields}\n{names}\n{body}").as_bytes()));
    let signature = hmac::sign(key, format!("AWS4-HMAC-SHA256\n{DATE}\n{SCOPE}\n{hash}").as_bytes());
    let signature = hex::encode(signature);
    Ok(Request::post("/")
        .header("content-type", KIND)
        .header("host", host)
        .header("x-amz-date", DATE)
        .header("x-amz-security-token", token)
        .header("x-amz-target", TARGET)
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential=ASIA/{SCOPE}, SignedHeaders={names}, Signature={signature}"))
        .body(Full::new(Bytes::from_static(BODY.as_bytes())))?)
}
