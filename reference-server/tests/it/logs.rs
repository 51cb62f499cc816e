//! The log tells what happened to requests, and nothing about anybody.

use std::io::Write;
use std::sync::{Arc, Mutex};

use passes::wire::IssuedPass;
use passes::{Purpose, SchemeKind};
use reference_server::{Config, Faults};
use reqwest::{RequestBuilder, Response};
use serde_json::json;
use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::described::Document;
use crate::support::{Asking, START_S, Server, config, embedded, staffed, token_of};

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

/// What was asked, by the names of requests, and what nobody but who asked may know.
#[derive(Default)]
struct Asked {
    ids: Vec<String>,
    secrets: Vec<String>,
}

impl Asked {
    /// Sends a request with marks in its headers.
    async fn send(&mut self, request: RequestBuilder) -> Response {
        let marked = request.header("X-Request-Id", "MARKED").header("User-Agent", "MARKED").header("Cookie", "MARKED");
        let answer = marked.send().await.unwrap();
        self.ids.extend(answer.headers().get("x-request-id").map(|id| id.to_str().unwrap().to_owned()));
        answer
    }
}

/// Asks whatever can be asked: what is right, what is wrong, and every route there is with every role.
async fn ask_everything(ask: &Asking, scheme: SchemeKind, asked: &mut Asked) {
    let officer = || ask.post("/v1/verifications").bearer_auth(token_of("officer"));
    let operator = || ask.post("/v1/residents/batch").bearer_auth(token_of("operator"));
    let administrator = || ask.post("/v1/admin/revocations").bearer_auth(token_of("administrator"));
    let token = ask.register("MARKED-document").await;
    let phone = scheme.ask(&ask.keys().await, Purpose::Pet, START_S, [7; 32]).unwrap();
    let mut body = json!({"purpose": "pet"});
    body.as_object_mut().unwrap().extend(phone.blinded().map(|blinded| ("blinded".to_owned(), blinded.into())));
    let issued = asked.send(ask.pass(&token, "MARKED-key", &body)).await;
    assert_eq!(issued.status(), 201);
    let pass: IssuedPass = issued.json().await.unwrap();
    let code = phone.code(&pass).unwrap();
    let spoken = pass.spoken.clone().unwrap_or_else(|| "4K7Q-90ZD-MT3A-XW5E".into());
    let what = json!({"passes": [pass.pass]});
    for request in [
        officer().json(&json!({"code": code})),
        officer().json(&json!({"code": code})),
        officer().json(&json!({"code": spoken})),
        officer().json(&json!({"code": "MARKED-code"})),
        officer().json(&json!({"code": "LG1:MARKED"})),
        ask.post("/v1/residents").json(&json!({"document": "MARKED-document", "channel": "web"})),
        operator().json(&json!({"residents": [{"document": "MARKED-2", "channel": "phone"}]})),
        operator().json(&json!({"residents": [["MARKED", "phone"]]})),
        ask.post("/v1/residents").body("{\"document\": MARKED"),
        ask.post("/v1/residents").json(&json!({"name": "MARKED", "address": "MARKED"})),
        ask.pass(&token, "MARKED-key", &json!({"purpose": "MARKED"})),
        ask.pass(&token, "MARKED-key", &json!({"purpose": "groceries"})),
        ask.pass(&token, "MARKED-blinded", &json!({"purpose": "pet", "blinded": "MARKED"})),
        ask.post("/v1/passes").bearer_auth("MARKED").json(&body),
        ask.post("/v1/check-ins").bearer_auth(&token).json(&json!({})),
        administrator().json(&json!({"what": what, "reason": "MARKED"})),
        administrator().json(&json!({"what": {"passes": ["MARKED"]}, "reason": "MARKED"})),
        ask.get("/v1/admin/audit?after=MARKED").bearer_auth(token_of("administrator")),
        ask.get("/v1/revocations/0"),
        ask.get("/pages/MARKED.js"),
        ask.get("/MARKED?q=MARKED"),
    ] {
        asked.send(request).await;
    }
    let document = Document::of(ask).await;
    for operation in &document.operations {
        for (named, bearer) in [("MARKED", "MARKED"), (&pass.pass, &token), (&pass.pass, &token_of("administrator"))] {
            asked.send(operation.request(ask, named).bearer_auth(bearer)).await;
        }
    }
    asked.secrets.extend([token, pass.pass, code, spoken]);
    asked.secrets.extend(pass.salt);
}

#[tokio::test]
async fn nothing_in_it_is_about_anybody() {
    let _alone = LISTENING.lock().await;
    // The server's threads log where the thread that starts them does: here, at every level there is.
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().json().with_max_level(LevelFilter::TRACE).with_writer(log.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let _second = second_listener();

    let mut asked = Asked::default();
    for scheme in SchemeKind::ALL {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start(staffed(Config { scheme, ..config(embedded(dir.path())) })).await;
        ask_everything(&server.asking(), scheme, &mut asked).await;
        server.stop().await;
    }

    // What the test's own client says is no affair of the server.
    let of_client =
        |line: &&str| line.contains("\"target\":\"reqwest") || line.contains("\"target\":\"hyper_util::client");
    let text: String = log.text().lines().filter(|line| !of_client(line)).map(|line| format!("{line}\n")).collect();
    assert!(asked.ids.len() > 100, "requests have names: {:?}", asked.ids);
    for id in &asked.ids {
        assert!(text.contains(id), "the log does not know the request {id}");
    }
    for secret in asked.secrets.iter().map(String::as_str).chain(["MARKED", "token-of-", "127.0.0.1"]) {
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
