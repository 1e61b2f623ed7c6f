//! The pages over HTTP.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::{Consent, Decided, Pressed};
use crate::sandbox::Sandbox;
use crate::simulator::amazon_pay::account::Refusal;
use crate::simulator::amazon_pay::books::BooksError;
use crate::telemetry::chain;

type Shared = State<Arc<Sandbox>>;

/// Everything that a buyer's browser is answered.
pub fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/checkout.js", get(script))
        .route("/wallet", post(begin))
        .route("/wallet/{id}", get(page).post(decided))
        .route("/sign-in", post(sign_in))
        .route("/sign-in/done", post(signed_in))
}

async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../../../pages/sandbox/checkout.js")).into_response()
}

async fn begin(State(sandbox): Shared, Form(pressed): Form<Pressed>) -> Response {
    answered(sandbox.begin_wallet(&pressed), |id| Redirect::to(&format!("/wallet/{id}")).into_response())
}

async fn page(State(sandbox): Shared, Path(id): Path<String>) -> Response {
    answered(sandbox.wallet_page(&id), |page| shown(&page))
}

async fn decided(State(sandbox): Shared, Path(id): Path<String>, Form(decided): Form<Decided>) -> Response {
    answered(sandbox.wallet_decided(id, decided), |address| Redirect::to(&address).into_response())
}

async fn sign_in(State(sandbox): Shared, Form(pressed): Form<Pressed>) -> Response {
    answered(Ok(sandbox.sign_in_page(&pressed)), |page| shown(&page))
}

async fn signed_in(State(sandbox): Shared, Form(SignedIn { pressed, decided }): Form<SignedIn>) -> Response {
    answered(Ok(sandbox.signed_in(&pressed, &decided)), |address| Redirect::to(&address).into_response())
}

/// The sign-in page keeps nothing, so its form brings along what the button had.
#[derive(Deserialize)]
struct SignedIn {
    #[serde(flatten)]
    pressed: Pressed,
    #[serde(flatten)]
    decided: Decided,
}

fn shown(page: &Consent) -> Response {
    page.render().map_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response(), |markup| Html(markup).into_response())
}

fn answered<T>(answer: Result<Result<T, Refusal>, BooksError>, fine: impl FnOnce(T) -> Response) -> Response {
    match answer {
        Ok(Ok(value)) => fine(value),
        Ok(Err(refusal)) => {
            let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
            (status, Json(json!({ "reasonCode": refusal.code, "message": refusal.message }))).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "message": chain(&error) }))).into_response(),
    }
}
