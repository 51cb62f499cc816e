//! The server's handlers in process, without sockets: what admission, JSON, rules, scheme and store cost, against a bare axum handler
//! that parses and answers the same JSON.

mod common;
mod servers;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Request, StatusCode};
use common::Criterion;
use criterion::{Throughput, criterion_group, criterion_main};
use reference_server::{Server, StoreKind};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;

use servers::{bare, config};

const RESIDENTS: u32 = 200_000;
/// Registered at once.
const BATCH: u32 = 1_000;

/// What the server is asked, over and over.
struct Asking {
    router: Router,
    /// Who asks, in turn.
    tokens: Vec<String>,
    body: Bytes,
    path: &'static str,
    number: u64,
}

impl Asking {
    fn new(router: &Router, tokens: &[String], path: &'static str, body: &Value) -> Self {
        Asking { router: router.clone(), tokens: tokens.to_vec(), body: body.to_string().into(), path, number: 0 }
    }

    /// Asks, with an idempotency key of its own each time; the length of the answer.
    async fn ask(&mut self) -> (StatusCode, Bytes) {
        self.number += 1;
        let token = self.tokens.get(self.number as usize % self.tokens.len().max(1)).map_or("", String::as_str);
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.path)
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
    async fn once(&mut self) -> Value {
        let (status, body) = self.ask().await;
        assert!(status.is_success(), "{}: {status} {}", self.path, String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).expect("an answer in JSON")
    }
}

/// The tokens of residents: as many as make it rare that one has several passes, as on a real day.
async fn registered(router: &Router) -> Vec<String> {
    let mut tokens = Vec::new();
    for batch in 0..RESIDENTS / BATCH {
        let resident = |number| json!({ "document": format!("22 04 {:06}", batch * BATCH + number), "channel": "web" });
        let batch = json!({ "residents": (0..BATCH).map(resident).collect::<Vec<_>>() });
        let answer = Asking::new(router, &[], "/v1/residents/batch", &batch).once().await;
        let registered = answer["residents"].as_array().expect("a list of residents").iter();
        tokens.extend(registered.map(|one| format!("Bearer {}", one["token"].as_str().expect("a token"))));
    }
    tokens
}

fn handlers(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("threads can be started");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let stores = [("memory", StoreKind::Memory), ("embedded", StoreKind::Embedded { dir: folder.path().to_owned() })];
    let servers = stores.map(|(name, store)| (name, Server::open(config(store)).expect("the store opens")));
    let routers = servers.iter().map(|(name, server)| (*name, server.in_process()));
    let mut group = criterion.benchmark_group("server");
    group.throughput(Throughput::Elements(1));
    for (name, router) in [("bare_axum", bare())].into_iter().chain(routers) {
        let tokens = if name == "bare_axum" { Vec::new() } else { runtime.block_on(registered(&router)) };
        let ask = json!({ "purpose": "pet" });
        let mut issue = Asking::new(&router, &tokens, "/v1/passes", &ask);
        let code = runtime.block_on(issue.once())["code"].clone();
        let mut verify = Asking::new(&router, &[], "/v1/verifications", &json!({ "code": code }));
        runtime.block_on(verify.once());
        group.bench_function(format!("verify/{name}"), |bench| bench.iter(|| runtime.block_on(verify.ask())));
        group.bench_function(format!("issue/{name}"), |bench| bench.iter(|| runtime.block_on(issue.ask())));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = common::quick("server/");
    targets = handlers
}
criterion_main!(benches);
