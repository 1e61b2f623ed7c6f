//! The line to DynamoDB tries again when the SDK's own client does: both are given the same answers. Time is virtual.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Builder, Credentials, Region, StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::{DateTime, Format};
use aws_smithy_types::retry::ErrorKind;
use tokio::time::Instant;
use voicetill::adapters::aws::{ATTEMPT_MAX, Access, BACKOFF_FIRST, CALL_MAX, Line, TRIES};
use voicetill::adapters::dynamodb::DynamoStore;
use voicetill::domain::ids::OrderId;
use voicetill::ports::{Store, StoreError};

/// What a try comes to.
#[derive(Clone, Debug)]
enum Answer {
    Said {
        status: u16,
        code: &'static str,
        headers: Vec<(&'static str, String)>,
    },
    Nothing,
    /// No JSON, and no error.
    Noise,
    Io,
    TooLate,
    User,
    Other(Option<ErrorKind>),
    Never,
}

use Answer::{Io, Never, Noise, Nothing, Other, Said, TooLate, User};

fn said(status: u16, code: &'static str) -> Answer {
    Said { status, code, headers: Vec::new() }
}

/// A service that gives these answers, the last one for ever, and notes when each request was dated, and what headers it had.
#[derive(Clone, Debug)]
struct Service {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    dates: Arc<Mutex<Vec<String>>>,
    headers: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn new(answers: &[Answer]) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.iter().cloned().collect())), dates: Arc::default(), headers: Arc::default() }
    }

    fn tries(&self) -> usize {
        self.dates.lock().unwrap().len()
    }
}

impl HttpConnector for Service {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.dates.lock().unwrap().push(request.headers().get("x-amz-date").unwrap().to_owned());
        *self.headers.lock().unwrap() = request.headers().iter().map(|(name, _)| name.to_owned()).collect();
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() };
        let respond = |status: u16, body: String| HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        HttpConnectorFuture::ready(match answer {
            Said { status, code, headers } => {
                let mut response = respond(status, format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"no"}}"#));
                for (name, value) in headers {
                    response.headers_mut().insert(name, value);
                }
                Ok(response)
            }
            Nothing => Ok(respond(200, "{}".to_owned())),
            Noise => Ok(respond(200, "{".to_owned())),
            Io => Err(ConnectorError::io("broken".into())),
            TooLate => Err(ConnectorError::timeout("too late".into())),
            User => Err(ConnectorError::user("a mistake".into())),
            Other(kind) => Err(ConnectorError::other("odd".into(), kind)),
            Never => return HttpConnectorFuture::new(std::future::pending()),
        })
    }
}

fn credentials() -> Credentials {
    Credentials::new("id", "secret", None, None, "test")
}

fn line(service: &Service, region: &str) -> DynamoStore {
    let access = Access::aws(Some(region.to_owned()), None).unwrap();
    DynamoStore::new(Line::with(&access, credentials(), service.clone()), "voicetill".to_owned())
}

/// The SDK's own client with the same limits. What it may spend on tries is counted by region.
fn sdk(service: &Service, region: &str) -> Client {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_MAX).operation_timeout(CALL_MAX).build();
    let service = service.clone();
    let settings = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(credentials())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(BACKOFF_FIRST))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(service.clone())));
    Client::from_conf(settings.build())
}

/// One call each. The number of tries, and how long they took.
async fn both(answers: &[Answer], region: &str) -> [(usize, Duration, bool); 2] {
    let (ours, theirs) = (Service::new(answers), Service::new(answers));
    let began = Instant::now();
    let fine = read(&line(&ours, region)).await.is_ok();
    let ours = (ours.tries(), began.elapsed(), fine);
    let began = Instant::now();
    let read = sdk(&theirs, region).get_item().table_name("voicetill").set_key(Some([].into())).send().await;
    [ours, (theirs.tries(), began.elapsed(), read.is_ok())]
}

#[tokio::test]
async fn a_call_has_the_headers_that_it_needs_and_no_others() {
    let service = Service::new(&[Nothing]);
    read(&line(&service, "headers")).await.unwrap();
    let mut names = service.headers.lock().unwrap().clone();
    names.sort();
    assert_eq!(names, ["authorization", "content-length", "content-type", "host", "x-amz-date", "x-amz-target"]);
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_tried_again_as_the_sdk_does() {
    let mut cases: Vec<Answer> = vec![Nothing, Noise, Io, TooLate, User, Other(None), Never];
    cases.extend([ErrorKind::TransientError, ErrorKind::ThrottlingError, ErrorKind::ServerError].map(|kind| Other(Some(kind))));
    for code in [
        "AccessDeniedException",
        "ConditionalCheckFailedException",
        "ExpiredTokenException",
        "InternalServerError",
        "ItemCollectionSizeLimitExceededException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeTooSkewed",
        "RequestTimeout",
        "ResourceNotFoundException",
        "SlowDown",
        "ThrottlingException",
        "ValidationException",
        "",
    ] {
        cases.push(said(400, code));
    }
    cases.extend([403, 404, 408, 413, 429, 500, 501, 502, 503, 504, 505].map(|status| said(status, "InternalServerError")));
    let mut tried_again = 0;
    for (number, case) in cases.into_iter().enumerate() {
        let [(ours, took, _), (theirs, _, _)] = both(std::slice::from_ref(&case), &format!("case-{number}")).await;
        assert_eq!(ours, theirs, "{case:?}");
        let tries = u32::try_from(ours).unwrap();
        tried_again += u32::from(tries == TRIES);
        let waits = if matches!(case, Never) { ATTEMPT_MAX * TRIES } else { Duration::ZERO };
        assert!(took <= CALL_MAX.min(waits + 3 * BACKOFF_FIRST) + Duration::from_millis(5), "{case:?} took {took:?}");
        // A try that fails only now and then costs no call.
        let [(_, _, fine), (_, _, theirs)] = both(&[case.clone(), Nothing], &format!("then-{number}")).await;
        assert_eq!((fine, fine), (theirs, tries != 1 || matches!(case, Nothing)), "{case:?}");
    }
    assert_eq!(tried_again, 16);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_met_another_one_is_tried_again() {
    let [(ours, _, fine), (theirs, ..)] = both(&[said(400, "TransactionConflictException"), Nothing], "conflict").await;
    // The SDK's client does so when it is told to.
    assert!((ours, fine) == (2, true) && theirs == 1);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_the_service_asks_for_is_made() {
    let headers = vec![("x-amz-retry-after", "700".to_owned())];
    for (number, status) in [400, 500].into_iter().enumerate() {
        let busy = Said { status, code: "ThrottlingException", headers: headers.clone() };
        for (tries, took, fine) in both(&[busy, Nothing], &format!("pause-{number}")).await {
            assert!(tries == 2 && fine && took >= Duration::from_millis(700), "{took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_every_call_fails_tries_come_to_an_end() {
    for (answer, region) in [(said(500, "InternalServerError"), "trouble"), (said(400, "ThrottlingException"), "throttled")] {
        let (ours, theirs) = (Service::new(std::slice::from_ref(&answer)), Service::new(std::slice::from_ref(&answer)));
        let (line, sdk) = (line(&ours, region), sdk(&theirs, region));
        for _ in 0..70 {
            assert!(matches!(read(&line).await, Err(StoreError::Unavailable { .. })));
            sdk.get_item().table_name("voicetill").set_key(Some([].into())).send().await.unwrap_err();
        }
        assert_eq!(ours.tries(), theirs.tries(), "{answer:?}");
        assert!(ours.tries() < 70 * 3);
    }
}

fn now() -> i64 {
    voicetill::adapters::system::now().unix()
}

/// How the service refuses a date when its own clock is that far ahead.
fn skewed(code: &'static str, ahead: i64) -> Answer {
    let date = DateTime::from_secs(now() + ahead).fmt(Format::HttpDate).unwrap();
    Said { status: 400, code, headers: vec![("date", date)] }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_wrong_is_corrected_by_the_services() {
    for (number, code) in ["RequestTimeTooSkewed", "InvalidSignatureException", "AccessDeniedException"].into_iter().enumerate() {
        for (ahead, tries) in [(-3_600, 2), (-200, 1), (200, 1), (300, 2), (86_400, 2)] {
            let [(ours, ..), (theirs, ..)] = both(&[skewed(code, ahead), Nothing], &format!("skew-{number}{ahead}")).await;
            assert_eq!((ours, theirs), (tries, tries), "{code} {ahead}");
        }
    }
    assert_eq!(both(&[skewed("ValidationException", 3_600), Nothing], "skew").await.map(|(tries, ..)| tries), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn the_next_call_is_dated_right_at_once_also_when_the_clock_has_been_set_meanwhile() {
    let hour = 3_600;
    // An hour behind; corrected; then somebody sets the clock, so that the correction is what is wrong.
    let service = Service::new(&[skewed("RequestTimeTooSkewed", hour), Nothing, Nothing, skewed("RequestTimeTooSkewed", 0), Nothing]);
    let store = line(&service, "set");
    for _ in 0..3 {
        read(&store).await.unwrap();
    }
    let dates = service.dates.lock().unwrap().clone();
    assert_eq!(dates.len(), 5);
    for (date, ahead) in dates.iter().zip([0, hour, hour, hour, 0]) {
        let [year, month, day, time] = [&date[..4], &date[4..6], &date[6..8], &date[9..15]];
        let written = format!("{year}-{month}-{day}T{}:{}:{}Z", &time[..2], &time[2..4], &time[4..]);
        let off = DateTime::from_str(&written, Format::DateTime).unwrap().secs() - now() - ahead;
        assert!(off.abs() < 600, "{dates:?}");
    }
}

/// One call: a read of an order that there is none of.
pub async fn read(store: &DynamoStore) -> Result<(), StoreError> {
    store.order(&OrderId::parse("PSZZZZZZZZZ0123456789ABCDEF").unwrap()).await.map(drop)
}
