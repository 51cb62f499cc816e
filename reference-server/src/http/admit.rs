//! What stands in front of every route: a name, the gate, limits of time and size, the faults of a rehearsal, and a count.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use passes::wire::PROBLEM_JSON;
use tokio::time::{Instant, timeout};

use super::App;
use super::door::Door;
use super::gate::Gate;
use super::problem::Problem;
use super::rehearsal::mixed;
use super::request_id;
use super::route::Route;

/// When to ask again, in seconds: drawn, so that those who were sent away together do not come back together.
const RETRY_AFTER_S: [HeaderValue; 4] = [
    HeaderValue::from_static("1"),
    HeaderValue::from_static("2"),
    HeaderValue::from_static("3"),
    HeaderValue::from_static("4"),
];
/// On every answer of a server that fails on purpose.
const REHEARSAL: HeaderName = HeaderName::from_static("lockgate-rehearsal");
/// [`Problem::Overloaded`], ready to be sent: saying no must cost little, or saying no becomes the overload.
const OVERLOADED: &[u8] =
    br#"{"type":"/problems/overloaded","title":"Too many ask at once; ask again in a moment.","status":503}"#;
/// On the answer to a request that was turned away by a busy processor: its connection should not be read again for so long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause(pub(crate) Duration);

/// On a request that was there already when its connection's pause ended: nobody knows for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stale;

/// With every connection asking once a second, saying no to ten thousand takes a sixth of a core; and who was sent away was
/// asked to come back in a second at the earliest.
const PAUSE: Pause = Pause(Duration::from_secs(1));

/// The whole answer to a connection for which there is no place.
pub(crate) const OVERLOADED_CONNECTION: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/problem+json\r\nretry-after: 2\r\nconnection: close\r\ncontent-length: 99\r\n\r\n\
    {\"type\":\"/problems/overloaded\",\"title\":\"Too many ask at once; ask again in a moment.\",\"status\":503}";

/// Answers a request when there is room for it, and counts the answer.
pub(super) async fn admit(
    State((app, door, route)): State<(Arc<App>, Arc<Door>, Route)>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let id = app.request_ids.next();
    let mut response = id.name(app.answer(&door.gate, route, request, next)).await;
    let took = began.elapsed();
    let status = response.status();
    app.metrics.answered(route, status, took);
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(request = %id, route = route.name(), status = status.as_u16(), "a request failed");
    } else {
        let took_us = took.as_micros() as u64;
        tracing::debug!(request = %id, route = route.name(), status = status.as_u16(), took_us, "answered");
    }
    let headers = response.headers_mut();
    headers.insert(request_id::HEADER, id.header());
    if app.rehearsal.is_some() {
        headers.insert(REHEARSAL, HeaderValue::from_static("faults are injected"));
    }
    response
}

impl App {
    async fn answer(&self, gate: &Gate, route: Route, request: Request, next: Next) -> Response {
        // Who would be turned away is so before the body is read.
        let stale = request.extensions().get::<Stale>().is_some();
        if gate.look(route, stale).is_err() {
            return self.overloaded(gate);
        }
        let answered = timeout(self.limits.request_timeout, self.work(gate, route, request, next)).await;
        match answered.unwrap_or(Err(Problem::RequestTimeout)) {
            Ok(response) if response.status() == StatusCode::SERVICE_UNAVAILABLE => self.overloaded(gate),
            Ok(response) => response,
            Err(Problem::Overloaded) => self.overloaded(gate),
            Err(problem) => problem.into_response(),
        }
    }

    async fn work(&self, gate: &Gate, route: Route, request: Request, next: Next) -> Result<Response, Problem> {
        // A place is taken by whole requests only: who sends slowly keeps nobody out, and does not make the store look slow.
        let request = whole(route, request).await?;
        let place = gate.enter(route).map_err(|_| Problem::Overloaded)?;
        if let Some(rehearsal) = self.rehearsal.as_ref().filter(|_| route.weight() > 0) {
            rehearsal.befall().await?;
        }
        let response = next.run(request).await;
        place.answered(response.status().is_client_error());
        Ok(response)
    }

    fn overloaded(&self, gate: &Gate) -> Response {
        let draw = mixed(self.turned_away.fetch_add(1, Ordering::Relaxed)) as usize % RETRY_AFTER_S.len();
        let mut response = Response::new(Body::from(Bytes::from_static(OVERLOADED)));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_S[draw].clone());
        if gate.is_busy() {
            response.extensions_mut().insert(PAUSE);
        }
        response
    }
}

/// The request with its body in memory.
async fn whole(route: Route, request: Request) -> Result<Request, Problem> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let most = route.body_bytes();
    if request.body().size_hint().lower() > most as u64 {
        return Err(Problem::BodyTooLarge);
    }
    let (head, body) = request.into_parts();
    // A client that goes away in the middle gets no answer, so what it would be matters to nobody.
    let body = to_bytes(body, most).await.map_err(|_| Problem::BodyTooLarge)?;
    Ok(Request::from_parts(head, Body::from(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_ready_to_be_sent_is_what_would_be_made() {
        let made = Problem::Overloaded.into_response();
        assert_eq!(made.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(to_bytes(made.into_body(), usize::MAX).await.unwrap(), OVERLOADED);
        let (head, body) = std::str::from_utf8(OVERLOADED_CONNECTION).unwrap().split_once("\r\n\r\n").unwrap();
        assert_eq!(body.as_bytes(), OVERLOADED);
        assert!(head.ends_with(&format!("content-length: {}", OVERLOADED.len())), "{head}");
    }
}
