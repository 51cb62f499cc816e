//! What stands in front of every route: a name, the gate, limits of time and size, the faults of a rehearsal, and a count.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::header::{self, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use passes::wire::PROBLEM_JSON;
use tokio::time::{Instant, timeout};

use super::App;
use super::door::Door;
use super::gate::{Gate, Rest};
use super::problem::Problem;
use super::rehearsal::mixed;
use super::request_id;
use super::route::Route;

macro_rules! overloaded_connection {
    ($retry_after_s:literal) => {
        concat!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: ",
            $retry_after_s,
            "\r\nconnection: close\r\ncontent-length: 99\r\n\r\n",
            r#"{"type":"/problems/overloaded","title":"Too many ask at once; ask again in a moment.","status":503}"#
        )
        .as_bytes()
    };
}

/// So many are drawn from.
const RETRIES: usize = 4;
/// When to ask again, in seconds: drawn, so that those who were sent away together do not come back together.
const RETRY_AFTER: [(u64, HeaderValue); RETRIES] = [
    (1, HeaderValue::from_static("1")),
    (2, HeaderValue::from_static("2")),
    (3, HeaderValue::from_static("3")),
    (4, HeaderValue::from_static("4")),
];
/// On every answer of a server that fails on purpose.
const REHEARSAL: HeaderName = HeaderName::from_static("lockgate-rehearsal");
/// [`Problem::Overloaded`], ready to be sent: saying no must cost little, or saying no becomes the overload.
const OVERLOADED: &[u8] =
    br#"{"type":"/problems/overloaded","title":"Too many ask at once; ask again in a moment.","status":503}"#;
/// On the answer to a request that was turned away while saying no has become too much: for how long its connection should not be read
/// again, if it is one of these.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause(pub(crate) Duration, pub(crate) Rest);

/// On a request that came while its connection rested: for how long it waited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waited(pub(crate) Duration);

/// A connection rests for as long as its client was asked to wait, but no longer than this, and less by up to [`DRAWN_MS`], so that those
/// who rest together do not all come back together. Ten thousand that ask again as soon as they may then cost some 13,000 refusals a second,
/// a sixth of a core.
const LONGEST_PAUSE_MS: u64 = 2_000;
const DRAWN_MS: u64 = 500;

/// The whole answer to a connection for which there is no place; one for each of [`RETRY_AFTER`].
const OVERLOADED_CONNECTION: [&[u8]; RETRIES] = [
    overloaded_connection!("1"),
    overloaded_connection!("2"),
    overloaded_connection!("3"),
    overloaded_connection!("4"),
];

/// A handler behind the gate of a door: it answers when there is room for the request, and what it answers is counted.
///
/// A handler itself and no layer of middleware around one: each layer would copy the services below it and keep their answer in a box of
/// its own, for every request.
#[derive(Clone)]
pub(super) struct Admitted<H> {
    pub(super) door: Arc<Door>,
    pub(super) route: Route,
    pub(super) handler: H,
}

/// Tells axum [`Admitted`] handlers from others.
pub(super) struct Gated;

impl<H: Handler<T, Arc<App>>, T: 'static> Handler<(Gated, T), Arc<App>> for Admitted<H> {
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, app: Arc<App>) -> Self::Future {
        Box::pin(self.admit(request, app))
    }
}

impl<H> Admitted<H> {
    async fn admit<T>(self, request: Request, app: Arc<App>) -> Response
    where
        H: Handler<T, Arc<App>>,
    {
        let route = self.route;
        let began = Instant::now();
        let id = app.request_ids.next();
        let mut response = id.name(self.answer(&app, request)).await;
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
        keep_to_yourself(response)
    }

    async fn answer<T>(self, app: &Arc<App>, request: Request) -> Response
    where
        H: Handler<T, Arc<App>>,
    {
        let Admitted { door, route, handler } = self;
        // Who would be turned away is so before the body is read.
        let waited = request.extensions().get().map_or(Duration::ZERO, |Waited(waited)| *waited);
        if door.gate.look(route, waited).is_err() {
            return app.overloaded(&door.gate, route, waited);
        }
        let work = async {
            // A place is taken by whole requests only: who sends slowly keeps nobody out, and does not make the store look slow.
            let sent = timeout(app.limits.request_timeout, whole(route, request)).await;
            let request = sent.unwrap_or(Err(Problem::RequestTimeout))?;
            let place = door.gate.enter(route).map_err(|_| Problem::Overloaded)?;
            let handled = async {
                if let Some(rehearsal) = app.rehearsal.as_ref().filter(|_| route.weight() > 0) {
                    rehearsal.befall().await?;
                }
                Ok(handler.call(request, Arc::clone(app)).await)
            };
            let response = timeout(app.limits.request_timeout, handled).await.unwrap_or(Err(Problem::Overloaded));
            // What was refused, or failed at once, tells nothing of how long others would wait.
            place.answered(!response.as_ref().is_ok_and(|response| response.status().is_success()));
            response
        };
        match work.await {
            Ok(response) if response.status() == StatusCode::SERVICE_UNAVAILABLE => {
                app.overloaded(&door.gate, route, waited)
            }
            Ok(response) => response,
            Err(Problem::Overloaded) => app.overloaded(&door.gate, route, waited),
            Err(problem) => problem.into_response(),
        }
    }
}

/// No cache keeps an answer that does not say so itself, and no browser takes it for what it is not.
pub(super) fn keep_to_yourself(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

impl App {
    fn lot(&self) -> u64 {
        mixed(self.turned_away.fetch_add(1, Ordering::Relaxed))
    }

    /// What is said, whole, on a connection for which there is no place.
    pub(crate) fn overloaded_connection(&self) -> &'static [u8] {
        OVERLOADED_CONNECTION[self.lot() as usize % RETRIES]
    }

    fn overloaded(&self, gate: &Gate, route: Route, waited: Duration) -> Response {
        let draw = self.lot();
        let mut response = Response::new(Body::from(Bytes::from_static(OVERLOADED)));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        let (retry_after_s, header) = &RETRY_AFTER[draw as usize % RETRIES];
        response.headers_mut().insert(header::RETRY_AFTER, header.clone());
        if let Some(rest) = gate.refuses(route, waited) {
            let pause_ms = (retry_after_s * 1_000).min(LONGEST_PAUSE_MS) - (draw >> 32) % DRAWN_MS;
            response.extensions_mut().insert(Pause(Duration::from_millis(pause_ms), rest));
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
    let body = in_one_piece(body, most).await?;
    Ok(Request::from_parts(head, Body::from(body)))
}

/// The bytes of a body of at most so many. Most bodies arrive in one piece and are not copied.
pub(super) async fn in_one_piece(mut body: Body, most: usize) -> Result<Bytes, Problem> {
    let (mut first, mut all) = (Bytes::new(), Vec::new());
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        // A client that goes away in the middle gets no answer, so what it would be matters to nobody.
        let Ok(piece) = frame.map_err(|_| Problem::BodyTooLarge)?.into_data() else { continue };
        if first.len() + all.len() + piece.len() > most {
            return Err(Problem::BodyTooLarge);
        }
        if first.is_empty() && all.is_empty() {
            first = piece;
            continue;
        }
        all.extend_from_slice(&std::mem::take(&mut first));
        all.extend_from_slice(&piece);
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::task::{Context, Poll};

    use axum::body::to_bytes;
    use hyper::body::Frame;

    use super::*;

    /// A body that arrives like this.
    struct Pieces(std::vec::IntoIter<&'static str>);

    impl HttpBody for Pieces {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(self.0.next().map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes())))))
        }
    }

    #[tokio::test]
    async fn a_body_is_the_same_in_one_piece_and_in_many() {
        let read = |pieces: Vec<&'static str>, most| in_one_piece(Body::new(Pieces(pieces.into_iter())), most);
        for pieces in [vec!["whole body"], vec!["whole", " body"], vec!["", "w", "", "hole ", "bod", "y", ""]] {
            assert_eq!(read(pieces.clone(), 10).await.unwrap(), "whole body");
            assert_eq!(read(pieces, 9).await, Err(Problem::BodyTooLarge), "one byte too many");
        }
        assert_eq!(read(Vec::new(), 10).await.unwrap(), "");
    }

    #[tokio::test]
    async fn what_is_ready_to_be_sent_is_what_would_be_made() {
        let made = Problem::Overloaded.into_response();
        assert_eq!(made.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(to_bytes(made.into_body(), usize::MAX).await.unwrap(), OVERLOADED);
        for (bytes, (retry_after_s, _)) in OVERLOADED_CONNECTION.into_iter().zip(RETRY_AFTER) {
            let (head, body) = std::str::from_utf8(bytes).unwrap().split_once("\r\n\r\n").unwrap();
            assert_eq!(body.as_bytes(), OVERLOADED);
            assert!(head.ends_with(&format!("content-length: {}", OVERLOADED.len())), "{head}");
            assert!(head.contains(&format!("\r\nretry-after: {retry_after_s}\r\n")), "{head}");
        }
    }
}
