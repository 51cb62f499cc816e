//! The log tells what happened to requests, and nothing about anybody.

use std::io::Write;
use std::sync::{Arc, Mutex};

use reference_server::{Config, Faults};
use serde_json::json;
use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Server, config, embedded};

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Held by who listens to the log: listeners come and go one at a time.
static LISTENING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A second listener, which hears nothing. As long as there is just one in the process, `tracing` asks only the one of the thread on which
/// something is first told; that may be the thread of another test, which has none, and then nobody is told ever after.
fn second_listener() -> Dispatch {
    Dispatch::new(NoSubscriber::default())
}

#[tokio::test]
async fn nothing_in_it_is_about_anybody() {
    let _alone = LISTENING.lock().await;
    // All tasks of this test run on its thread, and so log here, at every level there is.
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().json().with_max_level(LevelFilter::TRACE).with_writer(log.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let _second = second_listener();

    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(config(embedded(dir.path()))).await;
    let ask = server.asking();
    let token = ask.register("MARKED-document").await;
    let pass = ask.pet_pass(&token, "MARKED-key").await;
    ask.verify(&pass.code).await;
    ask.verify("MARKED-code").await;
    let mut named = Vec::new();
    let requests = [
        ask.post("/v1/residents").json(&json!({"document": "MARKED-document", "channel": "web"})),
        ask.post("/v1/residents/batch").json(&json!({"residents": [{"document": "MARKED-2", "channel": "phone"}]})),
        ask.post("/v1/residents").body("{\"document\": MARKED"),
        ask.post("/v1/residents").json(&json!({"name": "MARKED", "address": "MARKED"})),
        ask.pass(&token, "MARKED-key", &json!({"purpose": "MARKED"})),
        ask.pass(&token, "MARKED-key", &json!({"purpose": "groceries"})),
        ask.post("/v1/passes").bearer_auth("MARKED").json(&json!({"purpose": "pet"})),
        ask.get(&format!("/v1/passes/{}", pass.pass)).bearer_auth(&token),
        ask.get("/v1/passes/MARKED").bearer_auth(&token),
        ask.get("/MARKED?q=MARKED"),
        ask.post("/v1/check-ins").bearer_auth(&token).json(&json!({})),
        ask.get("/v1/check-ins").bearer_auth(&token),
        ask.get("/v1/keys"),
        ask.get("/health"),
        ask.get("/ready"),
        ask.get("/metrics"),
        ask.delete(&format!("/v1/passes/{}", pass.pass)).bearer_auth(&token),
    ];
    for request in requests {
        let marked = request.header("X-Request-Id", "MARKED").header("User-Agent", "MARKED").header("Cookie", "MARKED");
        let answer = marked.send().await.unwrap();
        named.extend(answer.headers().get("x-request-id").map(|id| id.to_str().unwrap().to_owned()));
    }
    server.stop().await;

    // What the test's own client says is no affair of the server.
    let of_client =
        |line: &&str| line.contains("\"target\":\"reqwest") || line.contains("\"target\":\"hyper_util::client");
    let text: String = log.text().lines().filter(|line| !of_client(line)).map(|line| format!("{line}\n")).collect();
    assert!(named.len() > 10, "requests have names: {named:?}");
    for id in &named {
        assert!(text.contains(id), "the log does not know the request {id}");
    }
    for secret in ["MARKED", &token, &pass.pass, &pass.code, "127.0.0.1"] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "the log tells {secret}");
    }
}

#[tokio::test]
async fn a_failure_and_a_rehearsal_are_told() {
    let _alone = LISTENING.lock().await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let _second = second_listener();
    let dir = tempfile::tempdir().unwrap();
    let faults = Faults::parse(["errors=1"]).unwrap();
    let server = Server::start(Config { faults, ..config(embedded(dir.path())) }).await;
    let answer = server.asking().post("/v1/verifications").json(&json!({"code": "1"})).send().await.unwrap();
    assert_eq!(answer.status(), 500);
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    server.stop().await;
    let text = log.text();
    assert!(text.lines().any(|line| line.contains("ERROR") && line.contains(&id)), "{text}");
    assert!(text.contains("THIS IS A REHEARSAL") && text.contains("errors=1"), "{text}");
}
