//! `lockgate serve --store postgres`, on a real database.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use crate::cluster::Cluster;
use crate::program::{Bench, SMALL, Server};

#[test]
fn tables_are_made_when_they_are_asked_for_and_not_before() {
    let Some(cluster) = Cluster::shared() else { return };
    let bench = Bench::new();
    let url = cluster.database();
    let store = ["--store", "postgres", "--database-url", &url];
    let serve = ["serve", "--listen", "127.0.0.1:0", "--scenario", "scenario.toml"];
    let said = bench.fail(3, &[&serve[..], &store].concat());
    assert!(said.contains("tables of version 0") && said.contains("run `lockgate serve --migrate`"), "{said}");
    Server::start(&bench, &[&store[..], &["--migrate"]].concat()).kill();
    // They are there, and to ask again does no harm.
    Server::start(&bench, &store).kill();
    Server::start(&bench, &[&store[..], &["--migrate"]].concat()).kill();
}

/// The status of the answer to a request with this body, and what the answer says.
fn post(server: &str, path: &str, headers: &str, body: &str) -> (String, serde_json::Value) {
    let address = server.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    let length = body.len();
    let fixed = "Content-Type: application/json\r\nConnection: close\r\n";
    let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\n{fixed}Content-Length: {length}\r\n{headers}\r\n");
    connection.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().to_owned(), serde_json::from_str(body).unwrap())
}

#[test]
fn of_64_who_ask_two_processes_at_once_as_many_get_a_pass_as_the_quota_allows() {
    let Some(cluster) = Cluster::shared() else { return };
    let quota = "[[policy.quotas]]\npurposes = [\"groceries\"]\npasses = 2\nper = \"week\"\n";
    let bench = Bench::with(&format!("{SMALL}\n{quota}"));
    let url = cluster.database();
    let store = ["--store", "postgres", "--database-url", &url];
    let servers = [&["--migrate"][..], &[]].map(|more| Server::start(&bench, &[&store[..], more].concat()));
    let resident = r#"{"document": "22 04 1", "channel": "web"}"#;
    let (_, registered) = post(&servers[0].url, "/v1/residents", "Idempotency-Key: a\r\n", resident);
    let token = registered["token"].as_str().unwrap();
    let ask = |which: usize| {
        let headers = format!("Authorization: Bearer {token}\r\nIdempotency-Key: wish-{which}\r\n");
        post(&servers[which % 2].url, "/v1/passes", &headers, r#"{"purpose": "groceries"}"#)
    };
    let answers: Vec<_> = thread::scope(|scope| {
        let asking: Vec<_> = (0..64).map(|which| scope.spawn(move || ask(which))).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let issued: Vec<_> = answers.iter().filter(|(status, _)| status == "201").collect();
    assert_eq!(issued.len(), 2);
    let refused = |(status, problem): &&(String, serde_json::Value)| {
        status == "403" && problem["type"] == "/problems/quota-exhausted"
    };
    assert_eq!(answers.iter().filter(refused).count(), 62, "{answers:?}");
    servers.into_iter().for_each(Server::kill);
}
