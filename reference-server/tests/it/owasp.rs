//! The OWASP API Security Top 10 (2023), point by point, as far as no other test is about it: who may do what is the matrix of roles in
//! `interface`, overload in `overload`, and forged codes are among the laws of the schemes.

use std::collections::BTreeSet;

use reference_server::{Config, StoreKind};
use serde_json::{Value, json};

use crate::described::Document;
use crate::support::{Server, config, refused, staffed, token_of};

/// API1, broken object level authorisation: whatever the route, somebody else's pass is as one that never was.
#[tokio::test]
async fn anothers_pass_is_nobodys() {
    let server = Server::start(config(StoreKind::Memory)).await;
    let ask = server.asking();
    let (owner, stranger) = (ask.register("1").await, ask.register("2").await);
    let pass = ask.pet_pass(&owner, "a").await;
    let document = Document::of(&ask).await;
    let of_a_pass: Vec<_> = document.operations.iter().filter(|operation| operation.path.contains("{pass}")).collect();
    assert!(of_a_pass.len() >= 4);
    for operation in of_a_pass {
        let answer = async |named: &str| {
            let answer = operation.request(&ask, named).bearer_auth(&stranger).send().await.unwrap();
            (answer.status().as_u16(), answer.bytes().await.unwrap())
        };
        let (theirs, nobodys) = (answer(&pass.pass).await, answer("2YGVMY0955096E5TRVQR9J1TC4").await);
        assert_eq!(theirs.0, 404, "{}", operation.id());
        assert_eq!(theirs, nobodys, "{}", operation.id());
    }
    assert!(ask.verify(&pass.code).await.valid, "nothing happened to it");
    server.stop().await;
}

/// API1, enumeration: names tell neither when nor how many, and neighbours of a known name are nobody's.
#[tokio::test]
async fn names_and_codes_cannot_be_counted_through() {
    let server = Server::start(config(StoreKind::Memory)).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let mut passes = Vec::new();
    for number in 0..20 {
        passes.push(ask.pet_pass(&token, &number.to_string()).await);
    }
    let names: Vec<&str> = passes.iter().map(|pass| pass.pass.as_str()).collect();
    assert!(!names.is_sorted() && !names.iter().rev().is_sorted(), "their order would tell who came first: {names:?}");
    // The first character holds three bits, each other five: 20 names that share a beginning would be no accident.
    assert!(names.iter().map(|name| &name[..4]).collect::<BTreeSet<_>>().len() > 15, "{names:?}");
    for name in &names {
        let (rest, last) = name.split_at(name.len() - 1);
        for neighbour in "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().filter(|letter| !last.starts_with(*letter)) {
            let path = format!("/v1/passes/{rest}{neighbour}");
            let status = ask.get(&path).bearer_auth(&token).send().await.unwrap().status();
            assert!(status == 404, "{path} is {status}");
        }
    }
    server.stop().await;
}

/// API2, broken authentication: every altered token is nobody's.
#[tokio::test]
async fn an_altered_token_opens_nothing() {
    let server = Server::start(staffed(config(StoreKind::Memory))).await;
    let ask = server.asking();
    for (token, path) in [(ask.register("1").await, "/v1/check-ins"), (token_of("administrator"), "/v1/admin/audit")] {
        assert_ne!(ask.get(path).bearer_auth(&token).send().await.unwrap().status(), 401);
        for place in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[place] = if altered[place] == b'7' { b'8' } else { b'7' };
            let altered = String::from_utf8(altered).unwrap();
            refused(ask.get(path).bearer_auth(altered), 401, "unauthorized").await;
        }
        for altered in [String::new(), token[1..].to_owned(), token.clone() + "0", format!("{token} {token}")] {
            refused(ask.get(path).bearer_auth(altered), 401, "unauthorized").await;
        }
        refused(ask.get(path).header("Authorization", &token), 401, "unauthorized").await;
        refused(ask.get(path).basic_auth(&token, Some(&token)), 401, "unauthorized").await;
        refused(ask.get(&format!("{path}?token={token}")), 401, "unauthorized").await;
    }
    server.stop().await;
}

/// API3, mass assignment: what the server decides cannot be sent, in any body, at any depth.
#[tokio::test]
async fn fields_that_are_the_servers_are_refused() {
    let server = Server::start(staffed(config(StoreKind::Memory))).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let decided =
        ["resident", "pass", "code", "valid_until_s", "cancelled", "approved", "role", "by", "token", "serial"];
    for field in decided {
        let with = |mut body: Value| {
            body[field] = "1".into();
            body
        };
        let registration = with(json!({"document": "2", "channel": "web"}));
        refused(ask.post("/v1/residents").json(&registration), 422, "invalid-body").await;
        let batch = ask.post("/v1/residents/batch").bearer_auth(token_of("operator"));
        refused(batch.json(&json!({"residents": [registration]})), 422, "invalid-body").await;
        refused(ask.pass(&token, "a", &with(json!({"purpose": "pet"}))), 422, "invalid-body").await;
        let check_in = ask.post("/v1/check-ins").bearer_auth(&token);
        refused(check_in.json(&with(json!({}))), 422, "invalid-body").await;
        let propose = || ask.post("/v1/admin/revocations").bearer_auth(token_of("administrator"));
        let issued = json!({"from_s": 0, "until_s": 1});
        let deep = json!({"what": {"issued": with(issued.clone())}, "reason": "a"});
        refused(propose().json(&deep), 422, "invalid-body").await;
        refused(propose().json(&with(json!({"what": {"issued": issued}, "reason": "a"}))), 422, "invalid-body").await;
    }
    let kept =
        ask.post("/v1/verifications").bearer_auth(token_of("officer")).json(&json!({"code": "x", "officer": "me"}));
    refused(kept, 422, "invalid-body").await;
    server.stop().await;
}

/// API3 again: what is an object is read from an object, at any depth; an array of its fields in order is none.
#[tokio::test]
async fn arrays_are_no_objects() {
    let server = Server::start(staffed(config(StoreKind::Memory))).await;
    let ask = server.asking();
    refused(ask.post("/v1/residents").json(&json!(["1", "web"])), 422, "invalid-body").await;
    let batch = ask.post("/v1/residents/batch").bearer_auth(token_of("operator"));
    refused(batch.json(&json!({"residents": [["1", "web"]]})), 422, "invalid-body").await;
    let propose = ask.post("/v1/admin/revocations").bearer_auth(token_of("administrator"));
    let proposal = json!({"what": {"issued": [0, 1, null]}, "reason": "a"});
    refused(propose.json(&proposal), 422, "invalid-body").await;
    server.stop().await;
}

/// API4, unrestricted resource consumption: what is asked for is bounded before any work is done.
#[tokio::test]
async fn bodies_are_bounded_in_size_depth_and_number() {
    let server = Server::start(staffed(config(StoreKind::Memory))).await;
    let ask = server.asking();
    let operator = || ask.post("/v1/residents/batch").bearer_auth(token_of("operator"));
    let administrator = || ask.post("/v1/admin/revocations").bearer_auth(token_of("administrator"));
    let resident = json!({"document": "1", "channel": "web"});
    refused(operator().json(&json!({"residents": vec![resident; 1_001]})), 422, "invalid-body").await;
    let names = |many| json!({"what": {"passes": vec!["2YGVMY0955096E5TRVQR9J1TC4"; many]}, "reason": "a"});
    refused(administrator().json(&names(5_001)), 422, "invalid-body").await;
    assert_eq!(administrator().json(&names(5_000)).send().await.unwrap().status(), 201);
    let reason = json!({"what": {"passes": ["2YGVMY0955096E5TRVQR9J1TC4"]}, "reason": "a".repeat(201)});
    refused(administrator().json(&reason), 422, "invalid-body").await;
    let long = json!({"document": "1".repeat(65), "channel": "web"});
    refused(ask.post("/v1/residents").json(&long), 422, "invalid-body").await;
    let deep = format!("{{\"document\": {}1{}, \"channel\": \"web\"}}", "[".repeat(3_000), "]".repeat(3_000));
    let deep = ask.post("/v1/residents").header("content-type", "application/json").body(deep);
    let status = deep.send().await.unwrap().status();
    assert!(status == 422 || status == 400, "{status}");
    // A code may be as long as a body, and is judged by its length before anything else.
    let code = ask.post("/v1/verifications").bearer_auth(token_of("officer")).json(&json!({"code": "A".repeat(8_000)}));
    let verdict: Value = code.send().await.unwrap().json().await.unwrap();
    assert_eq!(verdict, json!({"valid": false, "reason": "malformed"}));
    server.stop().await;
}

/// API8, security misconfiguration: what no browser needs is not allowed, and nothing that is somebody's own is kept by a cache.
#[tokio::test]
async fn answers_are_kept_by_no_cache_and_shown_to_no_other_site() {
    let server = Server::start(config(StoreKind::Memory)).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let pass = ask.pet_pass(&token, "a").await;
    let path = format!("/v1/passes/{}", pass.pass);
    for request in [
        ask.get(&path).bearer_auth(&token),
        ask.pass(&token, "a", &json!({"purpose": "pet"})),
        ask.post("/v1/verifications").json(&json!({"code": pass.code})),
        ask.get("/v1/check-ins").bearer_auth(&token),
        ask.get("/nowhere"),
    ] {
        let answer = request.header("Origin", "https://elsewhere.example").send().await.unwrap();
        let headers = answer.headers();
        assert_eq!(headers["cache-control"], "no-store", "{}", answer.url());
        assert_eq!(headers["x-content-type-options"], "nosniff", "{}", answer.url());
        for header in ["access-control-allow-origin", "server", "x-powered-by", "set-cookie"] {
            assert!(headers.get(header).is_none(), "{header}");
        }
    }
    server.stop().await;
}

/// API9, improper inventory: what is not described is not there, and says so in the same form.
#[tokio::test]
async fn what_is_not_described_is_not_there() {
    let server = Server::start(Config { ..config(StoreKind::Memory) }).await;
    let ask = server.asking();
    for path in ["/v1", "/v2/passes", "/v1/residents/1", "/v1/officers", "/admin", "/debug", "/v1/passes/", "/%ff"] {
        refused(ask.get(path), 404, "not-found").await;
    }
    refused(ask.delete("/v1/residents"), 405, "method-not-allowed").await;
    server.stop().await;
}

/// Purpose limitation: there is no way to ask where or when a person was, not even for the staff.
#[tokio::test]
async fn nobody_can_be_looked_up() {
    let server = Server::start(staffed(config(StoreKind::Memory))).await;
    let document = Document::of(&server.asking()).await;
    for operation in &document.operations {
        let asked: Vec<&str> = operation.path.split(['{', '}']).skip(1).step_by(2).collect();
        assert!(asked.iter().all(|name| ["pass", "proposal", "list", "file"].contains(name)), "{asked:?}");
        let answer = operation.operation["responses"].to_string();
        let of_staff = operation.role().is_some_and(|role| role != "resident");
        assert!(!(of_staff && operation.method == "get" && answer.contains("IssuedPass")), "{}", operation.id());
    }
    // All that an officer learns of the holder is nothing.
    let verification = document.schema("Verification")["properties"].as_object().unwrap().keys().cloned();
    let told: BTreeSet<String> = verification.collect();
    assert_eq!(told, ["purpose", "reason", "valid", "valid_until_s"].map(String::from).into());
    server.stop().await;
}
