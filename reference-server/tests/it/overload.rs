//! Too much is refused at once, and what comes afterwards is served again.

use std::path::Path;
use std::time::Duration;

use reference_server::{Config, Faults, Limits, StoreKind};
use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::support::{Asking, Server, config, embedded, refused, until};

/// Keeps the embedded store from writing, until dropped.
struct Blocker(rusqlite::Connection);

impl Blocker {
    fn of(dir: &Path) -> Self {
        let connection = rusqlite::Connection::open(dir.join("passes.db")).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Blocker(connection)
    }
}

impl Drop for Blocker {
    fn drop(&mut self) {
        self.0.execute_batch("ROLLBACK").unwrap();
    }
}

fn ask_for_passes(ask: &Asking, token: &str, count: usize) -> Vec<JoinHandle<StatusCode>> {
    let asked = |number: usize| {
        let request = ask.pass(token, &number.to_string(), &json!({"purpose": "pet"}));
        tokio::spawn(async move { request.send().await.unwrap().status() })
    };
    (0..count).map(asked).collect()
}

#[tokio::test]
async fn beyond_the_bound_everyone_is_asked_to_come_again() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { writes_in_flight: 2, ..Limits::default() };
    let server = Server::start(Config { limits, ..config(embedded(dir.path())) }).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let blocker = Blocker::of(dir.path());
    let waiting = ask_for_passes(&ask, &token, 2);
    until(&ask, "lockgate_requests_in_flight{lane=\"writes\"} 2").await;

    let request = || ask.pass(&token, "beyond", &json!({"purpose": "pet"}));
    for _ in 0..8 {
        let headers = refused(request(), 503, "overloaded").await;
        assert!(["1", "2", "3", "4"].contains(&headers["retry-after"].to_str().unwrap()));
    }
    assert_eq!(ask.get("/health").send().await.unwrap().status(), StatusCode::OK);
    until(&ask, "lockgate_requests_shed_total{lane=\"writes\",reason=\"queue\"} 8").await;

    drop(blocker);
    for answer in waiting {
        assert_eq!(answer.await.unwrap(), StatusCode::CREATED);
    }
    assert_eq!(request().send().await.unwrap().status(), StatusCode::CREATED);
    server.stop().await;
}

#[tokio::test]
async fn those_sent_away_together_do_not_come_back_together() {
    let faults = Faults::parse(["outage=1m@0s"]).unwrap();
    let server = Server::start(Config { faults, ..config(StoreKind::Memory) }).await;
    let ask = server.asking();
    let mut told = std::collections::BTreeSet::new();
    for _ in 0..32 {
        let headers = refused(ask.post("/v1/verifications").json(&json!({"code": "1"})), 503, "overloaded").await;
        assert_eq!(headers["lockgate-rehearsal"], "faults are injected");
        told.insert(headers["retry-after"].to_str().unwrap().to_owned());
    }
    assert!(told.len() > 1, "{told:?}");
    until(&ask, "lockgate_faults_injected_total{fault=\"outage\"} 32").await;
    server.stop().await;
}

#[tokio::test]
async fn officers_are_answered_while_the_store_cannot_write() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { writes_in_flight: 1, ..Limits::default() };
    let server = Server::start(Config { limits, ..config(embedded(dir.path())) }).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let pass = ask.pet_pass(&token, "first").await;

    let blocker = Blocker::of(dir.path());
    // One write may be worked on: of four, three are turned away.
    let waiting = ask_for_passes(&ask, &token, 4);
    until(&ask, "lockgate_requests_shed_total{lane=\"writes\",reason=\"queue\"} 3").await;
    assert!(ask.verify(&pass.code).await.valid);
    drop(blocker);
    let mut answers = Vec::new();
    for answer in waiting {
        answers.push(answer.await.unwrap().as_u16());
    }
    answers.sort_unstable();
    assert_eq!(answers, [201, 503, 503, 503]);
    ask.pet_pass(&token, "last").await;
    server.stop().await;
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let faults = Faults::parse(["latency=1m"]).unwrap();
    let limits = Limits { request_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = Server::start(Config { limits, faults, ..config(StoreKind::Memory) }).await;
    let ask = server.asking();
    refused(ask.post("/v1/verifications").json(&json!({"code": "1"})), 503, "overloaded").await;
    until(&ask, "lockgate_requests_in_flight{lane=\"officers\"} 0").await;
    server.stop().await;
}
