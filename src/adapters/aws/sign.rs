//! Signature Version 4, for the one kind of request that goes out here: a POST to `/` without a query.
//!
//! What does not change within a day is made once: the scope, and the key that is derived from the secret. Tests compare every byte with
//! AWS's own signer.

use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_dynamodb::config::Credentials;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::HttpError;
use ring::digest::{SHA256, digest};
use ring::hmac::{self, HMAC_SHA256};
use time::OffsetDateTime;

use crate::domain::time::Time;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: &str = "x-amz-date";
const TOKEN: &str = "x-amz-security-token";

/// The headers that are signed, in the order of the alphabet. The length of the body follows from its hash.
const SIGNED: [&str; 5] = ["content-type", "host", DATE, TOKEN, "x-amz-target"];

/// Credentials that end sooner are not used any more: a call takes its time, and clocks differ.
const MARGIN: Duration = Duration::from_mins(1);

/// Signs with certain credentials, on a certain day, in one region.
pub struct Signer {
    credentials: Credentials,
    /// Counted from 1970.
    day: i64,
    /// Day, as `20261122`, region, service.
    scope: String,
    key: hmac::Key,
}

impl Signer {
    pub fn new(credentials: Credentials, service: &str, region: &str, at: Time) -> Self {
        let date = &moment(at)[..8];
        let first = hmac::Key::new(HMAC_SHA256, format!("AWS4{}", credentials.secret_access_key()).as_bytes());
        let derive = |key, part: &str| hmac::Key::new(HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref());
        let key = [date, region, service, "aws4_request"].into_iter().fold(first, derive);
        Self { scope: format!("{date}/{region}/{service}/aws4_request"), credentials, day: day(at), key }
    }

    /// Whether it still signs rightly then.
    pub fn serves(&self, at: Time) -> bool {
        let ends = self.credentials.expiry().and_then(|ends| ends.duration_since(UNIX_EPOCH).ok());
        let lasts = ends.is_none_or(|ends| i64::try_from(ends.saturating_sub(MARGIN).as_secs()).is_ok_and(|ends| at.unix() < ends));
        lasts && day(at) == self.day
    }

    /// Adds the date, the session's token and the signature.
    ///
    /// # Errors
    /// [`HttpError`] when the credentials hold what no header can.
    pub fn sign(&self, request: &mut HttpRequest, at: Time) -> Result<(), HttpError> {
        let moment = moment(at);
        request.headers_mut().try_insert(DATE, moment.clone())?;
        if let Some(token) = self.credentials.session_token() {
            request.headers_mut().try_insert(TOKEN, token.to_owned())?;
        }
        let (mut fields, mut names) = (String::with_capacity(2_048), String::with_capacity(80));
        for (name, value) in SIGNED.into_iter().filter_map(|name| Some((name, request.headers().get(name)?))) {
            fields.extend([name, ":", value, "\n"]);
            names.extend([if names.is_empty() { "" } else { ";" }, name]);
        }
        let body = hex(digest(&SHA256, request.body().bytes().unwrap_or_default()).as_ref());
        let canonical = format!("POST\n/\n\n{fields}\n{names}\n{body}");
        let hash = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
        let signature = hmac::sign(&self.key, format!("{ALGORITHM}\n{moment}\n{}\n{hash}", self.scope).as_bytes());
        let (id, scope, signature) = (self.credentials.access_key_id(), &self.scope, hex(signature.as_ref()));
        let authorization = format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
        request.headers_mut().try_insert("authorization", authorization)?;
        Ok(())
    }
}

fn day(at: Time) -> i64 {
    at.unix().div_euclid(Time::DAY)
}

/// A moment as `20261122T094500Z`.
fn moment(at: Time) -> String {
    // A clock beyond the calendar is wrong anyhow, and the service will say so.
    let at = OffsetDateTime::from_unix_timestamp(at.unix()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (month, (hour, minute, second)) = (u8::from(at.month()), at.to_hms());
    format!("{:04}{month:02}{:02}T{hour:02}{minute:02}{second:02}Z", at.year(), at.day())
}

/// In small hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4::SigningParams;
    use aws_smithy_types::body::SdkBody;
    use proptest::prelude::*;

    use super::*;

    fn request(host: &str, target: &str, body: &str) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("POST").unwrap();
        for (name, value) in [("content-type", "application/x-amz-json-1.0"), ("host", host), ("x-amz-target", target)] {
            request.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        request
    }

    fn instant(at: i64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(at.unsigned_abs())
    }

    /// What AWS's own signer adds to the same request.
    fn theirs(request: &HttpRequest, credentials: &Credentials, service: &str, region: &str, at: i64) -> Vec<(String, String)> {
        let identity = credentials.clone().into();
        let params = SigningParams::builder().identity(&identity).region(region).name(service).time(instant(at));
        let params = params.settings(SigningSettings::default()).build().unwrap().into();
        let url = format!("https://{}/", request.headers().get("host").unwrap());
        let body = SignableBody::Bytes(request.body().bytes().unwrap());
        let signable = SignableRequest::new("POST", url, request.headers().iter(), body).unwrap();
        let (added, _) = sign(signable, &params).unwrap().into_parts();
        added.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    proptest! {
        #[test]
        fn a_signature_is_the_one_that_aws_makes(
            (id, secret, token) in ("[A-Z0-9]{16,20}", "[!-~]{20,60}", proptest::option::of("[!-~]{1,1200}")),
            (service, region, host, operation) in ("dynamodb|secretsmanager", "[a-z]{2}-[a-z]{4,9}-[1-9]", "[a-z]{1,20}(\\.[a-z]{2,9}){0,3}(:[1-9][0-9]{3})?", "[A-Za-z]{3,20}"),
            body in ".{0,300}",
            at in 0_i64..4_000_000_000,
            later in 0_i64..100_000,
        ) {
            let credentials = Credentials::new(id, secret, token, None, "test");
            let signer = Signer::new(credentials.clone(), &service, &region, Time::from_unix(at));
            // The next request may be of the same day or not.
            for at in [at, at + later].into_iter().filter(|at| signer.serves(Time::from_unix(*at))) {
                let mut signed = request(&host, &format!("DynamoDB_20120810.{operation}"), &body);
                let theirs = theirs(&signed, &credentials, &service, &region, at);
                signer.sign(&mut signed, Time::from_unix(at)).unwrap();
                prop_assert_eq!(theirs.len(), if credentials.session_token().is_some() { 3 } else { 2 });
                for (name, value) in theirs {
                    prop_assert_eq!(signed.headers().get(&name), Some(value.as_str()), "{}", name);
                }
            }
        }
    }

    #[test]
    fn a_signer_serves_for_its_day_and_as_long_as_its_credentials() {
        let noon = 1_795_348_800;
        let signer = |ends: Option<i64>| {
            Signer::new(Credentials::new("id", "secret", None, ends.map(instant), "test"), "dynamodb", "us-east-1", Time::from_unix(noon))
        };
        let serves = |ends, at| signer(ends).serves(Time::from_unix(at));
        assert!(serves(None, noon) && serves(None, noon - 12 * Time::HOUR) && serves(None, noon + 12 * Time::HOUR - 1));
        assert!(!serves(None, noon - 12 * Time::HOUR - 1) && !serves(None, noon + 12 * Time::HOUR));
        assert!(serves(Some(noon + 61), noon) && !serves(Some(noon + 60), noon) && !serves(Some(noon - 1), noon));
    }

    #[test]
    fn a_token_that_no_header_can_hold_is_an_error() {
        let signer =
            Signer::new(Credentials::new("id", "secret", Some("a\nb".to_owned()), None, "test"), "local", "local", Time::from_unix(0));
        signer.sign(&mut request("h", "t", ""), Time::from_unix(0)).unwrap_err();
    }
}
