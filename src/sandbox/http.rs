//! From HTTP to a call and back.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use futures_core::Stream;
use serde_json::json;

use super::call::{Call, http_date};
use super::control::{Begin, Change, Confirmation, Move, Visit};
use super::forced::{self, Effect, Wish};
use super::mws::PATHS;
use super::notify::{CERTIFICATE_PATH, ROOT_PATH};
use super::perform::Answer;
use super::{Sandbox, held, wallet_pages};
use crate::simulator::amazon_pay::account::Refusal;
use crate::simulator::amazon_pay::books::BooksError;
use crate::simulator::ids::Ids;
use crate::telemetry::chain;

/// More than any request of Amazon Pay's has.
const BODY_BYTES_MAX: usize = 1 << 20;

type Shared = State<Arc<Sandbox>>;

/// Everything that is answered.
pub fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        // What SNS would serve.
        .route("/", get(confirm).fallback(api))
        .route(CERTIFICATE_PATH, get(certificate))
        .route(ROOT_PATH, get(root))
        .route("/_voicetill/notify", post(notify))
        .route("/checkout", get(checkout))
        .route(PATHS[0], post(mws))
        .route(PATHS[1], post(mws))
        .route("/auth/o2/tokeninfo", get(token_info))
        .route("/user/profile", get(profile))
        .route("/_voicetill/state", get(state))
        .route("/_voicetill/clock", post(clock))
        .route("/_voicetill/next", post(next).delete(forget))
        .route("/_voicetill/permission", post(permission))
        .route("/_voicetill/agreement", post(agreement))
        .merge(wallet_pages::router())
        .fallback(api)
        .with_state(sandbox)
}

async fn api(State(sandbox): Shared, request: Request) -> Response {
    let call = match call(request).await {
        Ok(call) => call,
        Err(refusal) => return answered(&sandbox, &refusal.into()),
    };
    let mut admitted = match sandbox.admit(&call) {
        Ok(admitted) => admitted,
        Err(refusal) => return answered(&sandbox, &refusal.into()),
    };
    let effect = forced::take(&mut held(&sandbox.forced), admitted.operation);
    let breaks = matches!(effect, Some(Effect::BrokenAfter));
    match effect {
        Some(Effect::Refused(refusal)) => return answered(&sandbox, &refusal.into()),
        Some(Effect::BrokenBefore) => return broken(),
        Some(Effect::Delayed(delay)) => tokio::time::sleep(delay).await,
        Some(Effect::Simulated(code)) => admitted.simulation = Some(code),
        Some(Effect::BrokenAfter) | None => {}
    }
    let answer = sandbox.carry_out(&call, &admitted);
    if breaks { broken() } else { answered(&sandbox, &answer) }
}

/// A request as it came.
async fn call(request: Request) -> Result<Call, Refusal> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await;
    let body = body.map_err(|_| Refusal::new("InvalidRequest", "the body is too long or broke off"))?;
    let query = Query::try_from_uri(&parts.uri).map_err(|_| Refusal::new("InvalidRequest", "the query cannot be read"))?;
    let headers = parts.headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    Ok(Call {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: query.0,
        headers: headers.collect(),
        body: body.to_vec(),
    })
}

async fn mws(State(sandbox): Shared, request: Request) -> Response {
    let (status, xml) = match call(request).await {
        Ok(call) => sandbox.mws(&call),
        Err(refusal) => return answered(&sandbox, &refusal.into()),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "text/xml")], xml).into_response()
}

async fn token_info(State(sandbox): Shared, request: Request) -> Response {
    let answer = call(request).await.map_or_else(Answer::from, |call| sandbox.token_info(&call));
    answered(&sandbox, &answer)
}

async fn profile(State(sandbox): Shared, request: Request) -> Response {
    let answer = call(request).await.map_or_else(Answer::from, |call| sandbox.profile(&call));
    answered(&sandbox, &answer)
}

fn answered(sandbox: &Sandbox, answer: &Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(&answer.body)).into_response();
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&Ids::random().uuid()) {
        headers.insert("x-amz-pay-request-id", id);
    }
    // The clock that requests are dated by, which is not the one that can be moved.
    if let Some(date) = http_date((sandbox.settings.wall)()).and_then(|date| HeaderValue::from_str(&date).ok()) {
        headers.insert(header::DATE, date);
    }
    response
}

/// An answer that breaks off before its first byte of content.
fn broken() -> Response {
    Response::new(Body::from_stream(Cut))
}

/// A stream whose first piece is an error, on which the connection is dropped.
struct Cut;

impl Stream for Cut {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
    }
}

async fn state(State(sandbox): Shared) -> Response {
    match sandbox.state() {
        Ok(state) => Json(state).into_response(),
        Err(error) => failed(&error),
    }
}

async fn clock(State(sandbox): Shared, Json(ahead): Json<Move>) -> Response {
    Json(sandbox.move_clock(&ahead)).into_response()
}

async fn next(State(sandbox): Shared, Json(wish): Json<Wish>) -> Response {
    match sandbox.plan(wish) {
        Ok(planned) => Json(planned).into_response(),
        Err(wrong) => (StatusCode::BAD_REQUEST, Json(json!({ "message": wrong }))).into_response(),
    }
}

async fn forget(State(sandbox): Shared) -> Response {
    Json(sandbox.forget()).into_response()
}

async fn permission(State(sandbox): Shared, Json(change): Json<Change>) -> Response {
    match sandbox.change(&change) {
        Ok(Ok(changed)) => Json(changed).into_response(),
        Ok(Err(refusal)) => answered(&sandbox, &refusal.into()),
        Err(error) => failed(&error),
    }
}

async fn agreement(State(sandbox): Shared, Json(begin): Json<Begin>) -> Response {
    match sandbox.begin(&begin) {
        Ok(Ok(draft)) => Json(draft).into_response(),
        Ok(Err(refusal)) => answered(&sandbox, &refusal.into()),
        Err(error) => failed(&error),
    }
}

async fn notify(State(sandbox): Shared) -> Response {
    match sandbox.notify().await {
        Ok(posted) => Json(posted).into_response(),
        Err(error) => failed(&error),
    }
}

async fn confirm(State(sandbox): Shared, Query(asked): Query<Confirmation>) -> StatusCode {
    let right = sandbox.notifier.as_ref().is_some_and(|notifier| notifier.confirm(&asked.action, &asked.topic_arn, &asked.token));
    if right { StatusCode::OK } else { StatusCode::BAD_REQUEST }
}

async fn certificate(State(sandbox): Shared) -> Response {
    pem(sandbox.notifier.as_ref().map(|notifier| notifier.certificate.clone()))
}

async fn root(State(sandbox): Shared) -> Response {
    pem(sandbox.notifier.as_ref().map(|notifier| notifier.root.clone()))
}

fn pem(text: Option<String>) -> Response {
    text.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |text| ([(header::CONTENT_TYPE, "application/x-pem-file")], text).into_response(),
    )
}

async fn checkout(State(sandbox): Shared, Query(visit): Query<Visit>) -> Response {
    match sandbox.visit(visit) {
        Ok(Ok(address)) => Redirect::to(&address).into_response(),
        Ok(Err(refusal)) => answered(&sandbox, &refusal.into()),
        Err(error) => failed(&error),
    }
}

fn failed(error: &BooksError) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "message": chain(error) }))).into_response()
}
