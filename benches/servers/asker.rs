//! A server asked in process, without sockets.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Registered at once.
const BATCH: u32 = 1_000;

/// What the server is asked, over and over.
pub(crate) struct Asker {
    router: Router,
    /// Who asks, in turn.
    tokens: Vec<String>,
    method: Method,
    body: Bytes,
    path: String,
    number: u64,
}

impl Asker {
    /// Posts `body`, with the tokens in turn.
    pub(crate) fn new(router: &Router, tokens: &[String], path: &str, body: &Value) -> Self {
        let body = body.to_string().into();
        Asker {
            router: router.clone(),
            tokens: tokens.to_vec(),
            method: Method::POST,
            body,
            path: path.into(),
            number: 0,
        }
    }

    /// Reads `path`, with one token.
    pub(crate) fn reading(router: &Router, token: &str, path: String) -> Self {
        let (tokens, body) = (vec![token.to_owned()], Bytes::new());
        Asker { router: router.clone(), tokens, method: Method::GET, body, path, number: 0 }
    }

    /// Asks, with an idempotency key of its own each time; the length of the answer.
    pub(crate) async fn ask(&mut self) -> (StatusCode, Bytes) {
        self.number += 1;
        let token = self.tokens.get(self.number as usize % self.tokens.len().max(1)).map_or("", String::as_str);
        let request = Request::builder()
            .method(self.method.clone())
            .uri(&self.path)
            .header("content-type", "application/json")
            .header("authorization", token)
            .header("idempotency-key", format!("{:016x}", self.number))
            .body(Body::from(self.body.clone()))
            .expect("a well-formed request");
        let Ok(response) = self.router.clone().oneshot(request).await;
        let status = response.status();
        (status, to_bytes(response.into_body(), 1 << 20).await.expect("a body in memory"))
    }

    /// Asks once; the answer, which must be a good one.
    pub(crate) async fn once(&mut self) -> Value {
        let (status, body) = self.ask().await;
        assert!(status.is_success(), "{}: {status} {}", self.path, String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).expect("an answer in JSON")
    }
}

/// The tokens of so many residents, in whole thousands.
pub(crate) async fn registered(router: &Router, residents: u32) -> Vec<String> {
    let mut tokens = Vec::new();
    for batch in 0..residents / BATCH {
        let resident = |number| json!({ "document": format!("22 04 {:06}", batch * BATCH + number), "channel": "web" });
        let batch = json!({ "residents": (0..BATCH).map(resident).collect::<Vec<_>>() });
        let answer = Asker::new(router, &[], "/v1/residents/batch", &batch).once().await;
        let registered = answer["residents"].as_array().expect("a list of residents").iter();
        tokens.extend(registered.map(|one| format!("Bearer {}", one["token"].as_str().expect("a token"))));
    }
    tokens
}
