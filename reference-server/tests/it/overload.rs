//! Too much is refused at once, and what comes afterwards is served again.

use std::time::Duration;

use reference_server::{Config, Limits, StoreKind};
use reqwest::StatusCode;
use serde_json::json;
use tokio::net::TcpStream;

use crate::support::{Asking, Server, config, embedded, refused};

/// A request whose body does not come: it holds its place as long as we like.
struct Held {
    connection: TcpStream,
}

const BODY: &str = r#"{"code":"nonsense"}"#;

impl Held {
    async fn begin(server: &Server) -> Self {
        let connection = TcpStream::connect(server.address).await.unwrap();
        let head = format!(
            "POST /v1/verifications HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            BODY.len()
        );
        send(&connection, &head).await;
        Held { connection }
    }

    /// The status line of the answer that comes now.
    async fn answer(&self) -> String {
        let mut buffer = [0; 512];
        loop {
            self.connection.readable().await.unwrap();
            match self.connection.try_read(&mut buffer) {
                Ok(length) => {
                    let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                    return text.lines().next().unwrap_or_default().to_owned();
                }
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
            }
        }
    }
}

async fn send(connection: &TcpStream, text: &str) {
    connection.writable().await.unwrap();
    assert_eq!(connection.try_write(text.as_bytes()).unwrap(), text.len());
}

/// Waits until the server works on `count` requests.
async fn in_flight(ask: &Asking, count: usize) {
    let line = format!("lockgate_requests_in_flight{{bound=\"all\"}} {count}");
    for _ in 0..1_000 {
        let metrics = ask.get("/metrics").send().await.unwrap().text().await.unwrap();
        if metrics.lines().any(|found| found == line) {
            return;
        }
    }
    panic!("there were never {count} requests in flight");
}

#[tokio::test]
async fn beyond_the_bound_everyone_is_asked_to_come_again() {
    let limits = Limits { in_flight: 2, ..Limits::default() };
    let server = Server::start(Config { limits, ..config(StoreKind::Memory) }).await;
    let ask = server.asking();
    let held = [Held::begin(&server).await, Held::begin(&server).await];
    in_flight(&ask, 2).await;

    let request = || ask.post("/v1/verifications").json(&json!({"code": "nonsense"}));
    let headers = refused(request(), 503, "overloaded").await;
    assert_eq!(headers["retry-after"], "1");
    assert_eq!(ask.get("/health").send().await.unwrap().status(), StatusCode::OK);
    let metrics = ask.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("lockgate_requests_shed_total{bound=\"all\"} 1"), "{metrics}");

    for held in &held {
        send(&held.connection, BODY).await;
        assert_eq!(held.answer().await, "HTTP/1.1 200 OK");
    }
    in_flight(&ask, 0).await;
    assert_eq!(request().send().await.unwrap().status(), StatusCode::OK);
    server.stop().await;
}

#[tokio::test]
async fn who_is_too_slow_gives_up_the_place() {
    let limits = Limits { in_flight: 1, request_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = Server::start(Config { limits, ..config(StoreKind::Memory) }).await;
    let held = Held::begin(&server).await;
    assert_eq!(held.answer().await, "HTTP/1.1 408 Request Timeout");
    server.asking().verify("nonsense").await;
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

    let blocker = rusqlite::Connection::open(dir.path().join("passes.db")).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    // One write may be worked on: of four, three are turned away.
    let asked = |number: usize| {
        let request = ask.pass(&token, &number.to_string(), &json!({"purpose": "pet"}));
        tokio::spawn(async move { request.send().await.unwrap().status() })
    };
    let mut waiting: Vec<_> = (0..4).map(asked).collect();
    let mut refused_already = Vec::new();
    while refused_already.len() < 3 {
        let (finished, others): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|asked| asked.is_finished());
        waiting = others;
        for answer in finished {
            refused_already.push(answer.await.unwrap());
        }
        tokio::task::yield_now().await;
    }
    assert!(refused_already.iter().all(|status| *status == StatusCode::SERVICE_UNAVAILABLE));
    assert!(ask.verify(&pass.code).await.valid);
    blocker.execute_batch("ROLLBACK").unwrap();
    for answer in waiting {
        assert_eq!(answer.await.unwrap(), StatusCode::CREATED);
    }
    ask.pet_pass(&token, "last").await;
    server.stop().await;
}

#[tokio::test]
async fn a_stop_finishes_what_was_begun() {
    let server = Server::start(config(StoreKind::Memory)).await;
    let held = Held::begin(&server).await;
    in_flight(&server.asking(), 1).await;
    let address = server.address;
    let stopping = tokio::spawn(server.stop());
    // New connections are refused as soon as the listener is gone.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    send(&held.connection, BODY).await;
    assert_eq!(held.answer().await, "HTTP/1.1 200 OK");
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let limits = Limits { stop_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = Server::start(Config { limits, ..config(StoreKind::Memory) }).await;
    let _held = Held::begin(&server).await;
    in_flight(&server.asking(), 1).await;
    tokio::time::timeout(Duration::from_secs(5), server.stop()).await.unwrap();
}
