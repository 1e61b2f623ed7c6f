//! The line to a service: one call there is one call here, with tries, pauses and time limits.
//!
//! It does what the SDK's own client does for these operations, with the SDK's inputs, outputs and errors, and without the hundreds of
//! functions that are asked each time what a client for any service, any identity and any transport should do next.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::error::{BoxError, BuildError, SdkError};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use tokio::time::{sleep, timeout};

use super::access::{ATTEMPT_MAX, Access, CALL_MAX, TRIES};
use super::again::{Again, Quota, again, pause};
use super::connection;
use super::operation::{Failure, Operation, read, write};
use super::sign::Signer;
use super::skew::Skew;
use crate::adapters::system;
use crate::domain::time::Time;

/// Where to, by whose right, and over which connection. Clones share all of it.
#[derive(Clone)]
pub struct Line(Arc<Inner>);

struct Inner {
    host: String,
    service: &'static str,
    region: String,
    credentials: SharedCredentialsProvider,
    signer: Mutex<Option<Arc<Signer>>>,
    connector: SharedHttpConnector,
    quota: Quota,
    skew: Skew,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("host", &self.0.host).field("region", &self.0.region).finish_non_exhaustive()
    }
}

impl Line {
    /// A line as the function has it. It connects with the first call.
    #[must_use]
    pub fn to(access: &Access) -> Self {
        match access {
            // The environment of a process does not change, so it is read with the first call and once a day.
            Access::Aws { .. } => Self::with(access, EnvironmentVariableCredentialsProvider::new(), connection::open(access)),
            Access::Local { .. } => Self::with(access, Credentials::new("local", "local", None, None, "local"), connection::open(access)),
        }
    }

    /// A line with other credentials or another way to the service.
    #[must_use]
    pub fn with(access: &Access, credentials: impl ProvideCredentials + 'static, connector: impl HttpConnector + 'static) -> Self {
        Self(Arc::new(Inner {
            host: access.host(),
            service: access.service(),
            region: access.region().to_owned(),
            credentials: SharedCredentialsProvider::new(credentials),
            signer: Mutex::default(),
            connector: SharedHttpConnector::new(connector),
            quota: Quota::new(),
            skew: Skew::default(),
        }))
    }

    /// Makes a call, with as many tries as it may have.
    ///
    /// # Errors
    /// As the SDK's own client has them.
    pub async fn call<O: Operation>(&self, input: Result<O::Input, BuildError>) -> Result<O::Output, Failure<O>> {
        let request = input.map_err(BoxError::from).and_then(write::<O>).and_then(|request| self.addressed(request));
        let request = request.map_err(|cause| Box::new(SdkError::construction_failure(cause)))?;
        timeout(CALL_MAX, self.tries::<O>(&request)).await.unwrap_or_else(|late| Err(Box::new(SdkError::timeout_error(late))))
    }

    async fn tries<O: Operation>(&self, request: &HttpRequest) -> Result<O::Output, Failure<O>> {
        let (mut tries, mut cost) = (1, None);
        loop {
            let failure = match timeout(ATTEMPT_MAX, self.attempt::<O>(request)).await {
                Ok(Ok(output)) => {
                    self.0.quota.give_back(cost);
                    return Ok(output);
                }
                Ok(Err(failure)) => failure,
                Err(late) => Box::new(SdkError::timeout_error(late)),
            };
            let skewed = self.0.skew.learn(&failure, system::now()).then_some(Again::Skewed);
            cost = again(&failure).or(skewed).filter(|_| tries < TRIES).and_then(|reason| self.0.quota.take(reason));
            if cost.is_none() {
                return Err(failure);
            }
            sleep(pause(&failure, tries)).await;
            tries += 1;
        }
    }

    async fn attempt<O: Operation>(&self, request: &HttpRequest) -> Result<O::Output, Failure<O>> {
        let unsent = |cause| Box::new(SdkError::dispatch_failure(cause));
        let request = self.signed(request).await.map_err(|cause| unsent(ConnectorError::other(cause, None)))?;
        let mut response = self.0.connector.call(request).await.map_err(unsent)?;
        if let Err(cause) = arrive(&mut response).await {
            return Err(Box::new(SdkError::response_error(cause, response)));
        }
        read::<O>(response)
    }

    /// The request with the service's name on it, which is signed as well.
    fn addressed(&self, mut request: HttpRequest) -> Result<HttpRequest, BoxError> {
        request.headers_mut().try_insert("host", self.0.host.clone())?;
        Ok(request)
    }

    async fn signed(&self, request: &HttpRequest) -> Result<HttpRequest, BoxError> {
        let now = self.0.skew.correct(system::now());
        let signer = self.signer(now).await?;
        let mut request = request.try_clone().ok_or("the body can be sent only once")?;
        signer.sign(&mut request, now)?;
        Ok(request)
    }

    /// The signer for this moment. Two calls that find none make one each, which does no harm.
    async fn signer(&self, now: Time) -> Result<Arc<Signer>, BoxError> {
        let known = self.0.signer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(signer) = known.filter(|signer| signer.serves(now)) {
            return Ok(signer);
        }
        let credentials = self.0.credentials.provide_credentials().await?;
        let signer = Arc::new(Signer::new(credentials, self.0.service, &self.0.region, now));
        *self.0.signer.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&signer));
        Ok(signer)
    }
}

/// Waits for the whole body.
async fn arrive(response: &mut HttpResponse) -> Result<(), BoxError> {
    if response.body().bytes().is_none() {
        let body = std::mem::replace(response.body_mut(), SdkBody::taken());
        *response.body_mut() = SdkBody::from(ByteStream::new(body).collect().await?.into_bytes());
    }
    Ok(())
}
