//! Officers have an address of their own, which a crowd of residents leaves undisturbed.

use reference_server::{Config, Limits, StoreKind};
use reqwest::StatusCode;
use serde_json::json;
use tokio::net::TcpStream;

use crate::support::{Server, config, until};

#[tokio::test]
async fn what_checkpoints_need_is_there_and_nothing_else() {
    let (server, officers) = Server::start_with_officers(config(StoreKind::Memory)).await;
    let everybody = server.asking();
    let token = everybody.register("1").await;
    let pass = everybody.pet_pass(&token, "a").await;
    for ask in [&everybody, &officers] {
        assert!(ask.verify(&pass.code).await.valid);
    }
    for path in ["/v1/keys", "/v1/time", "/v1/revocations", "/officer", "/health", "/ready", "/metrics"] {
        assert_eq!(officers.get(path).send().await.unwrap().status(), StatusCode::OK, "{path}");
    }
    for path in ["/", "/v1/admin/audit", "/v1/transparency"] {
        assert_eq!(officers.get(path).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
    let asked = officers.pass(&token, "b", &json!({"purpose": "pet"})).send().await.unwrap();
    assert_eq!(asked.status(), StatusCode::NOT_FOUND, "residents ask elsewhere");
    until(&everybody, "lockgate_connections_open{address=\"officers\"} 1").await;
    server.stop().await;
    assert!(officers.get("/health").send().await.is_err(), "both addresses end with the server");
}

#[tokio::test]
async fn a_crowd_at_the_other_address_keeps_no_officer_out() {
    let limits = Limits { connections: 2, ..Limits::default() };
    let (server, officers) = Server::start_with_officers(Config { limits, ..config(StoreKind::Memory) }).await;
    let crowd = [TcpStream::connect(server.address).await.unwrap(), TcpStream::connect(server.address).await.unwrap()];
    // Its own connection would be the third at that address, so the metrics are asked for at the other.
    until(&officers, "lockgate_connections_open 2").await;
    let beyond = server.asking().get("/health").send().await;
    assert!(beyond.is_err() || beyond.is_ok_and(|answer| answer.status() == StatusCode::SERVICE_UNAVAILABLE));
    assert!(!officers.verify("nonsense").await.valid, "answered");
    drop(crowd);
    server.stop().await;
}
