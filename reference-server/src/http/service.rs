//! What the public and those who run the server fetch.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use passes::Key;
use passes::wire::{KeySet, ServiceTime};

use super::App;
use super::problem::Problem;
use super::request_id::RequestId;
use crate::store::StoreError;

/// `GET /v1/keys`
pub(super) async fn keys(State(app): State<Arc<App>>) -> Json<KeySet> {
    let keys = app.scheme.issuer.keys(app.clock.now_s());
    Json(KeySet { keys: keys.iter().map(Key::to_wire).collect() })
}

/// `GET /v1/time`: phones whose clock is off, and pages in a rehearsal on another day, go by it.
pub(super) async fn time(State(app): State<Arc<App>>) -> Json<ServiceTime> {
    Json(ServiceTime { now_s: app.clock.now_s() })
}

/// `GET /health`: the process answers.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// `GET /ready`: the store's writer answers, too.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    app.kept(app.store.register(Vec::new()).await)?;
    Ok("ready\n")
}

/// `GET /metrics`
pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics_text().await)
}

impl App {
    /// The store's answer, or the problem that stands for its failure.
    pub(super) fn kept<T>(&self, answer: Result<T, StoreError>) -> Result<T, Problem> {
        answer.map_err(|error| match error {
            StoreError::Busy | StoreError::Closed | StoreError::Unavailable => Problem::Overloaded,
            StoreError::Database(cause) => {
                let request = RequestId::current().map(tracing::field::display);
                tracing::error!(request, %cause, "the store failed");
                Problem::Internal
            }
        })
    }
}
