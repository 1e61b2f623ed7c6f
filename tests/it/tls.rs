//! Whether the connection to DynamoDB can do what AWS asks for: HTTPS with ring as the only cryptography.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use aws_sdk_dynamodb::config::Credentials;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::{ProtocolVersion, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use voicetill::adapters::aws::{Access, Connections, Line};
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::domain::ids::OrderId;
use voicetill::ports::{Store, StoreError};
use voicetill::telemetry::chain;

/// An HTTPS server that says of everything that there is nothing.
struct Server {
    port: u16,
    certificate: String,
    /// What each connection came to.
    seen: Receiver<io::Result<Exchange>>,
}

/// The version of TLS, and the first line of the request.
type Exchange = (ProtocolVersion, String);

impl Server {
    fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::new(config);
        let (sender, seen) = mpsc::channel();
        // Ends with the test: nobody takes what it sends then.
        thread::spawn(move || while sender.send(answer(&listener, Arc::clone(&config))).is_ok() {});
        Self { port, certificate: made.cert.pem(), seen }
    }

    /// The store there, for a client that trusts one certificate and nothing else.
    fn store(&self, trusted: &str) -> DynamoStore {
        let access = Access::aws(Some("us-east-1".to_owned()), Some(format!("https://localhost:{}", self.port))).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
        let line = Line::with(&access, Credentials::new("id", "secret", None, None, "test"), Connections::trusting(&access, roots));
        DynamoStore::new(line, "voicetill".to_owned())
    }
}

/// That there is no such item.
pub const NOTHING: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}";

fn answer(listener: &TcpListener, config: Arc<ServerConfig>) -> io::Result<Exchange> {
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, listener.accept()?.0));
    let first = request(&mut stream)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    stream.get_mut().write_all(NOTHING.as_bytes())?;
    let version = stream.get_ref().conn.protocol_version().ok_or_else(|| io::Error::other("no handshake"))?;
    Ok((version, first))
}

/// The first line of the next request, once all of it is there; `None` when there is none.
pub fn request(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut first = String::new();
    if from.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut body_bytes = 0;
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let line = line.trim_end().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            body_bytes = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    from.read_exact(&mut vec![0; body_bytes])?;
    Ok(Some(first.trim_end().to_owned()))
}

fn order() -> OrderId {
    OrderId::parse("PS0123456789ABCDEF1NFV1A0ZZ").unwrap()
}

#[tokio::test]
async fn a_trusted_endpoint_is_spoken_to() {
    let server = Server::start();
    let answer = server.store(&server.certificate).order(&order()).await;
    assert!(matches!(answer, Ok(None)), "{answer:?}");
    assert_eq!(server.seen.recv().unwrap().unwrap(), (ProtocolVersion::TLSv1_3, "POST / HTTP/1.1".to_owned()));
}

#[tokio::test]
async fn an_endpoint_that_nobody_vouches_for_gets_nothing() {
    let (server, other) = (Server::start(), Server::start());
    let refused = server.store(&other.certificate).order(&order()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused}");
    assert!(chain(&refused).contains("invalid peer certificate"), "{}", chain(&refused));
    assert!(server.seen.recv().unwrap().is_err(), "the request must not leave");
    assert!(server.seen.try_iter().all(|seen| seen.is_err()), "nor on a second try");
}
