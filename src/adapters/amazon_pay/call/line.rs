//! The line to a service: sends, waits for its turn, and tries again within a call's time.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::Seen;
use super::failure::{Again, CallError, Cause, Outcome, Refused, Unread};
use super::origin::Origin;
use super::percent;
use super::quota::{Buckets, Quota};

/// How often a call is tried at most.
pub const TRIES: u32 = 3;

/// More than ten times what any answer of Amazon Pay's has.
pub const BODY_MAX: usize = 512 * 1024;

/// A connection that takes longer will not come.
const CONNECT_MAX: Duration = Duration::from_millis(1_500);

/// The longest pause before the second try; it doubles with every further one.
const PAUSE_MS: u64 = 200;

/// The pause after a refusal for too many calls, where no quota is known.
const REFILL: Duration = Duration::from_secs(1);

/// What a call is, as far as its repetition goes.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// For people, and for the bucket.
    pub operation: &'static str,
    pub quota: Option<Quota>,
    pub again: Again,
}

/// A service's whole answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub seen: Seen,
    pub body: Vec<u8>,
}

impl Reply {
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

#[derive(Debug, Default)]
pub struct Line {
    /// Reading the system's certificates takes milliseconds, which a process that never pays does not spend.
    http: OnceLock<reqwest::Client>,
    buckets: Buckets,
}

impl Line {
    #[must_use]
    pub const fn new() -> Self {
        Self { http: OnceLock::new(), buckets: Buckets::new() }
    }

    /// Tries until there is an answer to keep, or no time for another try.
    ///
    /// # Errors
    /// [`CallError`] with the last try's cause.
    pub async fn call<T, R: Refused, F: Future<Output = Result<T, Cause<R>>>>(
        &self,
        plan: Plan,
        within: Duration,
        mut once: impl FnMut() -> F,
    ) -> Result<T, CallError<R>> {
        let Plan { operation, quota, again } = plan;
        let deadline = Instant::now() + within;
        let (mut doubt, mut tries) = (false, 0);
        loop {
            tries += 1;
            self.wait_for_turn(operation, quota, deadline).await;
            let cause = match timeout_at(deadline, once()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(cause)) => cause,
                Err(_) => Cause::TimedOut,
            };
            let throttled = cause.refusal().is_some_and(Refused::throttled);
            if let Some(quota) = quota.filter(|_| throttled) {
                self.buckets.emptied(operation, quota, Instant::now());
            }
            let refill = if throttled { quota.map_or(REFILL, |quota| quota.refill) } else { Duration::ZERO };
            let pause = pause(&cause, tries, refill);
            let doubles = again == Again::Doubles && cause.outcome() == Outcome::Unknown;
            if tries >= TRIES || !cause.retryable() || doubles || Instant::now() + pause >= deadline {
                return Err(CallError { operation, tries, cause, doubt, again });
            }
            doubt |= cause.outcome() == Outcome::Unknown;
            sleep(pause).await;
        }
    }

    /// Waits until the bucket has a call, if that leaves at least half of the time for the answer: a charge that is sent too late to be
    /// answered is worse than one that is refused.
    async fn wait_for_turn(&self, operation: &'static str, quota: Option<Quota>, deadline: Instant) {
        let Some(quota) = quota else { return };
        let now = Instant::now();
        let leave = self.buckets.admit(operation, quota, now, now + (deadline - now) / 2);
        if leave > now {
            sleep_until(leave).await;
        }
    }

    /// Sends once and takes in the answer, whatever it says. What is secret in the request is struck out of a refusal, because some
    /// repeat the whole request, and people read them.
    ///
    /// # Errors
    /// [`Cause`], never with an address in it: some hold what must not be logged.
    pub async fn send<R: Refused>(
        &self,
        operation: &'static str,
        origin: &Origin,
        secrets: &[&str],
        request: impl FnOnce(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Reply, Cause<R>> {
        let mut response = request(self.http(origin)?).send().await.map_err(|source| {
            let (connecting, source) = (source.is_connect(), source.without_url());
            if connecting { Cause::NoConnection { host: origin.host().to_owned(), source } } else { Cause::Interrupted(source) }
        })?;
        let (status, seen) = (response.status().as_u16(), Seen::read(response.headers()));
        tracing::info!(operation, status, request_id = seen.request_id.as_deref().unwrap_or_default(), "Amazon Pay answered");
        match body(&mut response).await.map_err(|source| Cause::Interrupted(source.without_url()))? {
            Some(body) => {
                let reply = Reply { status, seen, body };
                Ok(if reply.is_success() { reply } else { Reply { body: without(secrets, reply.body), ..reply } })
            }
            None => Err(Cause::Unreadable { status, seen, why: Unread::TooLong }),
        }
    }

    fn http<R: Refused>(&self, origin: &Origin) -> Result<&reqwest::Client, Cause<R>> {
        if let Some(client) = self.http.get() {
            return Ok(client);
        }
        // An error only says that the program has chosen a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("voicetill/", env!("CARGO_PKG_VERSION")));
        if origin.is_plain() {
            // On this machine, which is never behind a proxy.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(Cause::NoClient)?;
        Ok(self.http.get_or_init(|| client))
    }
}

/// The body; `None` when it is longer than any answer.
async fn body(response: &mut Response) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > BODY_MAX {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// The text without these words, also as addresses and signed texts have them. What is no text is no refusal of Amazon's.
fn without(secrets: &[&str], body: Vec<u8>) -> Vec<u8> {
    let Ok(mut text) = String::from_utf8(body) else { return Vec::new() };
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        let encoded = percent::value(secret);
        for spelling in [&percent::value(&encoded), &encoded, *secret] {
            text = text.replace(spelling, "[redacted]");
        }
    }
    text.into_bytes()
}

/// How long to wait before the next try: as long as the answer asks for, or else as the service's pages advise or its bucket needs. Random
/// on top, so that callers who were refused together do not come back together.
fn pause<R: Refused>(cause: &Cause<R>, tries: u32, refill: Duration) -> Duration {
    let asked = cause.refusal().and_then(|refusal| refusal.seen().retry_after);
    let advised = cause.refusal().map_or(Duration::ZERO, |refusal| refusal.advised_pause(tries));
    let most = PAUSE_MS << tries.saturating_sub(1).min(4);
    asked.unwrap_or(advised.max(refill)) + Duration::from_millis(fastrand::u64(0..=most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_struck_out_however_it_is_spelt() {
        let told = without(&["Atza|key", ""], b"/buyers/Atza|key /buyers/Atza%7Ckey t=Atza%257Ckey of Atza".to_vec());
        assert_eq!(told, b"/buyers/[redacted] /buyers/[redacted] t=[redacted] of Atza");
        assert_eq!(without(&["key"], vec![b'k', b'e', b'y', 0xff]), b"");
    }
}
