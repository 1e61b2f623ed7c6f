//! The connection to a service: HTTP/1.1 over TLS, with ring as its only cryptography.
//!
//! A function has one turn at a time and so one connection. Whoever makes a call takes an idle connection for themselves, or opens one, and
//! puts it back after a whole answer; what is dropped in the middle of an exchange is closed. Nothing runs in the background.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fmt, io};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::access::Access;
use crate::adapters::roots;

/// An older connection may be gone without a word: what lies between forgets it.
const IDLE_MAX: Duration = Duration::from_secs(90);
/// Desks and tests make several calls at once; more connections than these are not kept.
const KEPT_MAX: usize = 4;

/// Connections to one place. Clones share them.
#[derive(Clone)]
pub struct Connections(Arc<Inner>);

struct Inner {
    endpoint: String,
    tls: Option<Result<Arc<ClientConfig>, rustls::Error>>,
    idle: Mutex<Vec<Idle>>,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("endpoint", &self.0.endpoint).finish_non_exhaustive()
    }
}

struct Idle {
    live: Live,
    since: Instant,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// One connection, at rest or in the middle of one exchange.
struct Live {
    sender: SendRequest<Full<Bytes>>,
    connection: http1::Connection<TokioIo<Box<dyn Stream>>, Full<Bytes>>,
}

/// An address that nothing can be sent to.
#[derive(Debug, thiserror::Error)]
#[error("{endpoint} is no address of a service: write https://, a host, and a port where it is not the usual one")]
struct NoAddress {
    endpoint: String,
}

/// The connections for an access. Nothing is opened before the first call.
#[must_use]
pub fn open(access: &Access) -> Connections {
    match access {
        Access::Aws { endpoint: None, .. } => Connections::trusting(access, amazon()),
        // Whatever stands in for AWS has a certificate of its own, which the system may know.
        Access::Aws { endpoint: Some(_), .. } => Connections::trusting(access, system()),
        // Loopback speaks plain HTTP: no certificates are read for it.
        Access::Local { .. } => Connections::new(access, None),
    }
}

fn amazon() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(roots::AMAZON.as_bytes()).filter_map(Result::ok));
    roots
}

fn system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

impl Connections {
    /// Over TLS, if the endpoint says so, to whoever has a certificate from one of these roots.
    #[must_use]
    pub fn trusting(access: &Access, roots: RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map(|config| Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
        Self::new(access, Some(config))
    }

    fn new(access: &Access, tls: Option<Result<Arc<ClientConfig>, rustls::Error>>) -> Self {
        Self(Arc::new(Inner { endpoint: access.endpoint(), tls, idle: Mutex::default() }))
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let mut request = request.try_into_http1x().map_err(|cause| ConnectorError::user(cause.into()))?;
        // The SDK's own client leaves the name of the host in the address.
        if let Some(host) = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok()) {
            request.headers_mut().entry(HOST).or_insert(host);
        }
        *request.uri_mut() = Uri::from_static("/");
        let request = request.map(|body| Full::new(Bytes::copy_from_slice(body.bytes().unwrap_or_default())));
        let mut live = self.take().await?;
        let response = live.exchange(request).await.map_err(broken)?;
        // Who has trouble answering is better asked over another connection, which may lead to another machine.
        if !response.status().is_server_error() {
            self.put_back(live);
        }
        HttpResponse::try_from(response.map(SdkBody::from)).map_err(|cause| ConnectorError::other(cause.into(), None))
    }

    /// A connection that is open, as far as this side knows.
    async fn take(&self) -> Result<Live, ConnectorError> {
        loop {
            let Some(mut idle) = self.idle().pop() else { return self.connect().await };
            if idle.since.elapsed() < IDLE_MAX && idle.live.ready().await {
                return Ok(idle.live);
            }
        }
    }

    fn put_back(&self, live: Live) {
        let mut idle = self.idle();
        if idle.len() < KEPT_MAX {
            idle.push(Idle { live, since: Instant::now() });
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self) -> Result<Live, ConnectorError> {
        let no_address = || ConnectorError::user(NoAddress { endpoint: self.0.endpoint.clone() }.into());
        let address: Uri = self.0.endpoint.parse().map_err(|_| no_address())?;
        let tls = match (address.scheme_str(), &self.0.tls) {
            (Some("http"), _) => None,
            (Some("https"), Some(tls)) => Some(tls.clone().map_err(|cause| ConnectorError::user(cause.into()))?),
            _ => return Err(no_address()),
        };
        let host = address.host().ok_or_else(no_address)?.trim_matches(['[', ']']).to_owned();
        let port = address.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 });
        let io = |cause: io::Error| ConnectorError::io(cause.into());
        let stream = TcpStream::connect((host.as_str(), port)).await.map_err(io)?;
        stream.set_nodelay(true).map_err(io)?;
        let stream: Box<dyn Stream> = match tls {
            Some(tls) => {
                let name = ServerName::try_from(host).map_err(|_| no_address())?;
                Box::new(TlsConnector::from(tls).connect(name, stream).await.map_err(io)?)
            }
            None => Box::new(stream),
        };
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        Ok(Live { sender, connection })
    }
}

impl HttpConnector for Connections {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connections = self.clone();
        HttpConnectorFuture::new(async move { connections.exchange(request).await })
    }
}

impl Live {
    /// Looks whether the other side has closed the connection meanwhile; nothing is lost then.
    async fn ready(&mut self) -> bool {
        tokio::select! {
            biased;
            _ = &mut self.connection => false,
            ready = self.sender.ready() => ready.is_ok(),
        }
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, hyper::Error> {
        let sent = self.sender.send_request(request);
        let mut answer = pin!(async {
            let (head, body) = sent.await?.into_parts();
            Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
        });
        tokio::select! {
            biased;
            // It ends after an answer that is its last, or without one: either way the answer says so.
            _ = &mut self.connection => answer.await,
            answer = &mut answer => answer,
        }
    }
}

fn broken(cause: hyper::Error) -> ConnectorError {
    if cause.is_user() {
        ConnectorError::user(cause.into())
    } else if cause.is_parse() {
        // It does not speak HTTP.
        ConnectorError::other(cause.into(), None)
    } else {
        ConnectorError::io(cause.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amazons_five_roots_are_certificates_that_can_be_trusted() {
        assert_eq!(amazon().len(), 5);
    }
}
