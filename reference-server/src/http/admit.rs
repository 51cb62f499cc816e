//! What stands in front of every route: the gate, a time limit and a count.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;
use super::problem::Problem;
use super::route::Route;

/// Lets a request in when there is room for it, and counts its answer. Too many are refused before anything of them is
/// looked at: saying no must cost little, or saying no becomes the overload.
pub(super) async fn admit(State((app, route)): State<(Arc<App>, Route)>, request: Request, next: Next) -> Response {
    let response = match app.gate.enter(route) {
        Some(_places) => tokio::time::timeout(app.limits.request_timeout, next.run(request))
            .await
            .unwrap_or_else(|_| Problem::RequestTimeout.into_response()),
        None => Problem::Overloaded.into_response(),
    };
    app.metrics.answered(route, response.status());
    response
}
