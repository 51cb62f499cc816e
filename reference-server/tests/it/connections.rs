//! Connections: who is slow is cut off and keeps nobody out; too many are told so; a stop finishes what was begun.

use std::time::Duration;

use reference_server::{Config, Faults, Limits, StoreKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Server, config, refused, until};

const BODY: &str = r#"{"code":"nonsense"}"#;

/// The head of a verification, and no body yet.
fn head() -> String {
    format!(
        "POST /v1/verifications HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        BODY.len()
    )
}

async fn server(limits: Limits) -> Server {
    Server::start(Config { limits, ..config(StoreKind::Memory) }).await
}

/// A connection on which `text` was sent.
async fn sent(server: &Server, text: &str) -> TcpStream {
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    connection.write_all(text.as_bytes()).await.unwrap();
    connection
}

/// The status line of the answer that comes now.
async fn status(connection: &mut TcpStream) -> String {
    let mut buffer = [0; 1_024];
    let length = connection.read(&mut buffer).await.unwrap();
    String::from_utf8_lossy(&buffer[..length]).lines().next().unwrap_or_default().to_owned()
}

/// All that comes until the server ends the connection.
async fn rest(connection: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection may be reset rather than closed when the client has sent what nobody read.
    let _ = connection.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn who_sends_slowly_keeps_nobody_out() {
    let server =
        server(Limits { in_flight: 1, request_timeout: Duration::from_millis(500), ..Limits::default() }).await;
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut connection = sent(&server, &head().replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n")).await;
        assert_eq!(status(&mut connection).await, "HTTP/1.1 100 Continue", "its body is waited for");
        slow.push(connection);
    }
    let ask = server.asking();
    ask.verify("nonsense").await;
    for connection in &mut slow {
        assert_eq!(status(connection).await, "HTTP/1.1 408 Request Timeout");
        assert_eq!(rest(connection).await, "", "and the connection ends");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off() {
    let server = server(Limits { head_timeout: Duration::from_millis(40), ..Limits::default() }).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(rest(&mut silent).await, "");
    let mut stopped = sent(&server, "POST /v1/verif").await;
    assert_eq!(rest(&mut stopped).await, "");
    // Bytes that trickle in do not help: the request must begin. Neither does a request before.
    let mut trickling = sent(&server, &format!("{}{BODY}", head())).await;
    assert_eq!(status(&mut trickling).await, "HTTP/1.1 200 OK");
    // As slowly as a slow client: who sends much at once is cut off for the size of the head.
    while trickling.write_all(b"P").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    until(&server.asking(), "lockgate_connections_cut_off_total{reason=\"slow_head\"} 3").await;
    server.stop().await;
}

#[tokio::test]
async fn who_takes_no_answers_is_cut_off() {
    let server = server(Limits { send_timeout: Duration::from_millis(40), ..Limits::default() }).await;
    // More answers than the buffers of both sides hold.
    let _connection = sent(&server, &"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1_000)).await;
    until(&server.asking(), "lockgate_connections_cut_off_total{reason=\"slow_reader\"} 1").await;
    server.stop().await;
}

#[tokio::test]
async fn who_sends_too_much_is_told_so_and_may_finish_the_sentence() {
    let server = server(Limits::default()).await;
    let long = "A".repeat(1 << 20);
    let head = head().replace(&format!("Length: {}", BODY.len()), &format!("Length: {}", long.len()));
    let mut connection = sent(&server, &head).await;
    connection.write_all(long.as_bytes()).await.expect("nobody hangs up while it is sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("nothing is reset");
    assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "or a client asks again on what is about to end: {answer}");
    server.stop().await;
}

#[tokio::test]
async fn an_idle_connection_ends() {
    let server = server(Limits { idle_timeout: Duration::from_millis(40), ..Limits::default() }).await;
    let mut connection = sent(&server, &format!("{}{BODY}", head())).await;
    assert!(rest(&mut connection).await.starts_with("HTTP/1.1 200 OK"));
    until(&server.asking(), "lockgate_connections_cut_off_total{reason=\"idle\"} 0").await;
    server.stop().await;
}

#[tokio::test]
async fn too_many_connections_are_told_so() {
    let server = server(Limits { connections: 4, ..Limits::default() }).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        let mut connection = sent(&server, &format!("{}{BODY}", head())).await;
        assert_eq!(status(&mut connection).await, "HTTP/1.1 200 OK");
        open.push(connection);
    }
    let mut one_more = sent(&server, &format!("{}{BODY}", head())).await;
    let mut answer = String::new();
    one_more.read_to_string(&mut answer).await.expect("nothing is reset");
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let problem: passes::wire::Problem = serde_json::from_str(body).unwrap();
    assert_eq!((problem.kind.as_str(), problem.status), ("/problems/overloaded", 503));
    // A client that keeps connections for later reads what comes on one before it has asked as a fault: it is told when it asks.
    let mut refusals = 1;
    for _ in 0..20 {
        refused(server.asking().get("/health"), 503, "overloaded").await;
        refusals += 1;
    }
    // Who says nothing is told so, too.
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    assert!(rest(&mut silent).await.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    refusals += 1;
    drop(open);
    let metrics = loop {
        let answer = server.asking().get("/metrics").send().await.unwrap();
        match answer.status().as_u16() {
            503 => refusals += 1,
            status => break (status, answer.text().await.unwrap()),
        }
    };
    assert_eq!(metrics.0, 200);
    let counted = format!("lockgate_connections_refused_total {refusals}");
    assert!(metrics.1.lines().any(|line| line == counted), "{counted}\n{}", metrics.1);
    server.stop().await;
}

#[tokio::test]
async fn who_waits_to_be_looked_at_counts() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let limits = Limits { connections: cores + 4, ..Limits::default() };
    let faults = Faults::parse(["work=1000ms"]).unwrap();
    let server = Server::start(Config { limits, faults, ..config(StoreKind::Memory) }).await;
    // Every thread that serves has something to do for a second, so that it looks at nobody who comes meanwhile.
    let mut busy = Vec::new();
    for _ in 0..cores {
        busy.push(sent(&server, &format!("{}{BODY}", head())).await);
    }
    let mut crowd = Vec::new();
    for _ in 0..20 {
        crowd.push(sent(&server, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await);
    }
    for connection in &mut busy {
        assert_eq!(status(connection).await, "HTTP/1.1 200 OK");
    }
    let mut refused = 0;
    for connection in &mut crowd {
        refused += usize::from(rest(connection).await.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    }
    assert_eq!(refused, 20 - 4);
    server.stop().await;
}

#[tokio::test]
async fn a_large_body_is_refused_unread() {
    let server = server(Limits::default()).await;
    let announced = "POST /v1/verifications HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let mut connection = sent(&server, &format!("{announced}Content-Length: 8193\r\n\r\n")).await;
    assert_eq!(status(&mut connection).await, "HTTP/1.1 413 Payload Too Large");
    // In chunks, nobody knows beforehand how much there will be.
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(4_096)).repeat(3);
    let mut connection = sent(&server, &format!("{announced}Transfer-Encoding: chunked\r\n\r\n{chunk}")).await;
    assert_eq!(status(&mut connection).await, "HTTP/1.1 413 Payload Too Large");
    server.stop().await;
}

#[tokio::test]
async fn a_stop_finishes_what_was_begun() {
    let server = server(Limits::default()).await;
    let mut held = sent(&server, &head()).await;
    until(&server.asking(), "lockgate_connections_open 2").await;
    let address = server.address;
    let stopping = tokio::spawn(server.stop());
    // New connections are refused as soon as the listener is gone.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    held.write_all(BODY.as_bytes()).await.unwrap();
    assert_eq!(status(&mut held).await, "HTTP/1.1 200 OK");
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let server = server(Limits { stop_timeout: Duration::from_millis(50), ..Limits::default() }).await;
    let _held = sent(&server, &head()).await;
    until(&server.asking(), "lockgate_connections_open 2").await;
    tokio::time::timeout(Duration::from_secs(5), server.stop()).await.unwrap();
}
