//! Every route and every refusal, asked over HTTP.

use passes::wire::{IssuedPass, KeySet, LatestCheckIn, Registered, RegisteredBatch};
use passes::{Invalid, Purpose, SchemeKind};
use reference_server::{Clock, Config, Limits, StoreKind};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{KNOWN_CODES, START_S, Server, config, embedded, refused};

async fn server() -> Server {
    Server::start(config(StoreKind::Memory)).await
}

#[tokio::test]
async fn a_resident_registers_once() {
    let server = server().await;
    let ask = server.asking();
    let body = json!({"document": "22 04 123456", "channel": "app"});
    let register = |key: &'static str| ask.post("/v1/residents").header("Idempotency-Key", key).json(&body);
    let first = register("a").send().await.unwrap();
    assert_eq!(first.status(), StatusCode::CREATED);
    let token = first.json::<Registered>().await.unwrap().token;
    let again = register("a").send().await.unwrap();
    assert_eq!(again.status(), StatusCode::CREATED);
    assert_eq!(again.json::<Registered>().await.unwrap().token, token);
    refused(register("b"), 409, "already-registered").await;
    refused(ask.post("/v1/residents").json(&body), 409, "already-registered").await;
    refused(register("two words"), 400, "idempotency-key-invalid").await;

    let batch = json!({"residents": [body, {"document": "22 04 123457", "channel": "phone"}]});
    let answer = ask.post("/v1/residents/batch").json(&batch).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let residents = answer.json::<RegisteredBatch>().await.unwrap().residents;
    assert_eq!(residents.len(), 2);
    assert_eq!(residents[0].token, token, "an operator gets the token of those who are known");
    ask.pet_pass(&residents[1].token, "a").await;
    server.stop().await;
}

#[tokio::test]
async fn what_a_body_must_be() {
    let server = server().await;
    let ask = server.asking();
    let post = |body: &str| ask.post("/v1/residents").header("Content-Type", "application/json").body(body.to_owned());
    refused(post("{"), 400, "malformed-json").await;
    refused(post(r#"{"document": "1"}"#), 422, "invalid-body").await;
    refused(post(r#"{"document": "1", "channel": "web", "name": "N"}"#), 422, "invalid-body").await;
    refused(post(r#"{"document": "", "channel": "web"}"#), 422, "invalid-body").await;
    let long = "9".repeat(65);
    refused(post(&json!({"document": long, "channel": "web"}).to_string()), 422, "invalid-body").await;
    refused(ask.post("/v1/residents").body("{}"), 415, "not-json").await;
    for named in ["application/json; charset=utf-8", "Application/JSON", "application/vnd.passes+json"] {
        let post = |body| ask.post("/v1/residents").header("Content-Type", named).body(body);
        refused(post("{"), 400, "malformed-json").await;
        refused(post(r#"{"document": "1", "channel": "web"} 2"#), 400, "malformed-json").await;
        refused(post(r#"["1", "web"]"#), 422, "invalid-body").await;
    }
    refused(post(r#"{"document": "1", "channel": "web"} 2"#), 400, "malformed-json").await;
    refused(post(r#"["1", "web"]"#), 422, "invalid-body").await;
    refused(ask.post("/v1/residents").header("Content-Type", "text/json").body("{}"), 415, "not-json").await;
    let large = format!("{{{}}}", " ".repeat(Limits::BODY_BYTES));
    refused(post(&large), 413, "body-too-large").await;

    let resident = json!({"document": "1", "channel": "web"});
    let batch =
        |residents: usize| ask.post("/v1/residents/batch").json(&json!({"residents": vec![&resident; residents]}));
    refused(batch(Limits::BATCH_RESIDENTS + 1), 422, "invalid-body").await;
    assert_eq!(batch(Limits::BATCH_RESIDENTS).send().await.unwrap().status(), StatusCode::OK);
    let large = format!("{{{}}}", " ".repeat(Limits::BATCH_BODY_BYTES));
    let batch = ask.post("/v1/residents/batch").header("Content-Type", "application/json").body(large);
    refused(batch, 413, "body-too-large").await;
    server.stop().await;
}

#[tokio::test]
async fn what_is_not_here() {
    let server = server().await;
    let ask = server.asking();
    refused(ask.get("/v1/nothing"), 404, "not-found").await;
    let headers = refused(ask.delete("/v1/passes"), 405, "method-not-allowed").await;
    assert_eq!(headers["allow"], "POST");
    refused(ask.post("/v1/passes/2YGVMY0955096E5TRVQR9J1TC4"), 405, "method-not-allowed").await;
    server.stop().await;
}

#[tokio::test]
async fn a_pass_is_issued_shown_verified_and_cancelled() {
    for scheme in KNOWN_CODES {
        let server = Server::start(Config { scheme, ..config(StoreKind::Memory) }).await;
        let ask = server.asking();
        let token = ask.register("1").await;
        let pass = ask.pet_pass(&token, "a").await;
        assert_eq!((pass.purpose, pass.valid_until_s - pass.valid_from_s), (Purpose::Pet, 3_600));
        assert!((START_S..START_S + 60).contains(&pass.valid_from_s));

        let path = format!("/v1/passes/{}", pass.pass);
        let shown = ask.get(&path).bearer_auth(&token).send().await.unwrap();
        assert_eq!(shown.json::<IssuedPass>().await.unwrap(), pass);
        let verified = ask.verify(&pass.code).await;
        assert!(verified.valid && verified.reason.is_none());
        assert_eq!((verified.purpose, verified.valid_until_s), (Some(Purpose::Pet), Some(pass.valid_until_s)));

        let stranger = ask.register("2").await;
        refused(ask.get(&path).bearer_auth(&stranger), 404, "not-found").await;
        refused(ask.delete(&path).bearer_auth(&stranger), 404, "not-found").await;
        refused(ask.get("/v1/passes/short").bearer_auth(&token), 404, "not-found").await;
        for _ in 0..2 {
            let answer = ask.delete(&path).bearer_auth(&token).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        }
        let verified = ask.verify(&pass.code).await;
        assert_eq!((verified.valid, verified.reason), (false, Some(Invalid::Cancelled)));
        server.stop().await;
    }
}

#[tokio::test]
async fn a_token_is_needed_and_must_be_ours() {
    let server = server().await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let body = json!({"purpose": "pet"});
    let path = "/v1/passes/2YGVMY0955096E5TRVQR9J1TC4";
    for request in [ask.post("/v1/passes").header("Idempotency-Key", "a").json(&body), ask.get(path), ask.delete(path)]
    {
        let headers = refused(request, 401, "unauthorized").await;
        assert_eq!(headers["www-authenticate"], "Bearer");
    }
    let turned: String = token.chars().rev().collect();
    refused(ask.pass(&turned, "a", &body), 401, "unauthorized").await;
    let basic = ask.post("/v1/passes").basic_auth("a", Some("b")).header("Idempotency-Key", "a").json(&body);
    refused(basic, 401, "unauthorized").await;
    server.stop().await;
}

#[tokio::test]
async fn a_patient_at_home_checks_in() {
    let dir = tempfile::tempdir().unwrap();
    let at =
        |later_s| Config { clock: Clock::StartingAt { start_s: START_S + later_s }, ..config(embedded(dir.path())) };
    let server = Server::start(at(0)).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let check_in = |body: Value| ask.post("/v1/check-ins").bearer_auth(&token).json(&body);
    let latest = || ask.get("/v1/check-ins").bearer_auth(&token);
    refused(latest(), 404, "not-found").await;
    for _ in 0..2 {
        let answer = check_in(json!({})).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(answer.bytes().await.unwrap().len(), 0);
    }
    let kept = latest().send().await.unwrap().json::<LatestCheckIn>().await.unwrap();
    assert!((START_S..START_S + 60).contains(&kept.checked_in_s));

    refused(check_in(json!({"latitude_deg": 56.3})), 422, "invalid-body").await;
    refused(ask.post("/v1/check-ins").bearer_auth(&token), 415, "not-json").await;
    refused(ask.post("/v1/check-ins").json(&json!({})), 401, "unauthorized").await;
    refused(ask.get("/v1/check-ins"), 401, "unauthorized").await;
    refused(ask.delete("/v1/check-ins").bearer_auth(&token), 405, "method-not-allowed").await;
    let metrics = ask.get("/metrics").send().await.unwrap().text().await.unwrap();
    for (status, count) in [("2xx", 2), ("4xx", 3)] {
        let line = format!("lockgate_requests_total{{route=\"check_in\",status=\"{status}\"}} {count}");
        assert!(metrics.lines().any(|found| found == line), "{line} in\n{metrics}");
    }
    server.stop().await;

    let server = Server::start(at(86_400 * 365)).await;
    let after = server.asking();
    refused(after.post("/v1/check-ins").bearer_auth(&token).json(&json!({})), 403, "sunset").await;
    let still = after.get("/v1/check-ins").bearer_auth(&token).send().await.unwrap();
    assert_eq!(still.json::<LatestCheckIn>().await.unwrap(), kept);
    server.stop().await;
}

#[tokio::test]
async fn a_repeat_has_the_same_answer() {
    let server = server().await;
    let ask = server.asking();
    let (token, other) = (ask.register("1").await, ask.register("2").await);
    let body = json!({"purpose": "groceries"});
    let first = ask.pass(&token, "a", &body).send().await.unwrap();
    assert!(first.headers().get("idempotency-replayed").is_none());
    let first: IssuedPass = first.json().await.unwrap();
    let again = ask.pass(&token, "a", &body).send().await.unwrap();
    assert_eq!(
        (again.status(), &again.headers()["idempotency-replayed"]),
        (StatusCode::CREATED, &"true".parse().unwrap())
    );
    assert_eq!(again.json::<IssuedPass>().await.unwrap(), first);
    refused(ask.pass(&token, "a", &json!({"purpose": "pet"})), 422, "idempotency-key-reused").await;
    assert_ne!(ask.pet_pass(&other, "a").await.pass, first.pass, "keys of different residents are different");

    refused(ask.post("/v1/passes").bearer_auth(&token).json(&body), 400, "idempotency-key-missing").await;
    refused(ask.pass(&token, &"k".repeat(65), &body), 400, "idempotency-key-invalid").await;
    server.stop().await;
}

#[tokio::test]
async fn every_rule_has_its_refusal() {
    let server = Server::start(Config {
        limits: Limits { passes_per_resident: 4, ..Limits::default() },
        ..config(StoreKind::Memory)
    })
    .await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let cases: [(Value, &str); 6] = [
        (json!({"purpose": "work"}), "purpose-not-allowed"),
        (json!({"purpose": "pet", "valid_from_s": START_S - 600}), "in-the-past"),
        (json!({"purpose": "pet", "valid_from_s": START_S - 86_400 * 2}), "not-in-force"),
        (json!({"purpose": "pet", "valid_from_s": START_S + 86_400 * 2}), "too-far-ahead"),
        (json!({"purpose": "pet", "duration_s": 3_601}), "duration-not-allowed"),
        (json!({"purpose": "pet", "valid_from_s": START_S + 86_400 * 365}), "sunset"),
    ];
    for (body, kind) in cases {
        refused(ask.pass(&token, "refused", &body), 403, kind).await;
    }
    let groceries = json!({"purpose": "groceries"});
    for key in ["a", "b"] {
        assert_eq!(ask.pass(&token, key, &groceries).send().await.unwrap().status(), StatusCode::CREATED);
    }
    refused(ask.pass(&token, "c", &groceries), 403, "quota-exhausted").await;
    ask.pet_pass(&token, "d").await;
    ask.pet_pass(&token, "e").await;
    refused(ask.pass(&token, "f", &json!({"purpose": "pet"})), 429, "too-many-passes").await;
    server.stop().await;
}

#[tokio::test]
async fn time_passes_over_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let at =
        |later_s| Config { clock: Clock::StartingAt { start_s: START_S + later_s }, ..config(embedded(dir.path())) };
    let server = Server::start(at(0)).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let later = json!({"purpose": "groceries", "valid_from_s": START_S + 7_200});
    let early: IssuedPass = ask.pass(&token, "early", &later).send().await.unwrap().json().await.unwrap();
    let pet = ask.pet_pass(&token, "a").await;
    assert_eq!(ask.verify(&early.code).await.reason, Some(Invalid::NotYet));
    assert!(ask.verify(&pet.code).await.valid);
    server.stop().await;

    let server = Server::start(at(7_200)).await;
    let ask = server.asking();
    assert!(ask.verify(&early.code).await.valid);
    assert_eq!(ask.verify(&pet.code).await.reason, Some(Invalid::Expired));
    server.stop().await;

    // Now its start is past: as a new ask this would be refused, as a repeat it has its answer.
    let server = Server::start(at(20_000)).await;
    let ask = server.asking();
    let again = ask.pass(&token, "early", &later).send().await.unwrap();
    assert_eq!(again.json::<IssuedPass>().await.unwrap(), early);
    refused(ask.pass(&token, "new", &later), 403, "in-the-past").await;
    server.stop().await;

    let server = Server::start(at(86_400 * 365)).await;
    refused(server.asking().pass(&token, "a", &json!({"purpose": "pet"})), 403, "sunset").await;
    server.stop().await;
}

#[tokio::test]
async fn an_officer_is_told_why_a_code_is_worth_nothing() {
    let server = server().await;
    let ask = server.asking();
    // Well formed, with the right check characters, and issued by another server.
    let elsewhere = Server::start(config(StoreKind::Memory)).await;
    let other = elsewhere.asking();
    let stranger = other.pet_pass(&other.register("1").await, "a").await;
    assert_eq!(ask.verify(&stranger.code).await.reason, Some(Invalid::Unknown));
    assert_eq!(ask.verify("nonsense").await.reason, Some(Invalid::Malformed));
    elsewhere.stop().await;
    server.stop().await;

    let signed = || Server::start(Config { scheme: SchemeKind::Signed, ..config(StoreKind::Memory) });
    let (one, two) = (signed().await, signed().await);
    let pass = one.asking().pet_pass(&one.asking().register("1").await, "a").await;
    assert_eq!(two.asking().verify(&pass.code).await.reason, Some(Invalid::Forged));
    one.stop().await;
    two.stop().await;
}

#[tokio::test]
async fn who_looks_after_the_server_sees_how_it_is() {
    let server = server().await;
    let ask = server.asking();
    assert_eq!(ask.get("/v1/keys").send().await.unwrap().json::<KeySet>().await.unwrap().keys, []);
    for path in ["/health", "/ready"] {
        assert_eq!(ask.get(path).send().await.unwrap().status(), StatusCode::OK);
    }
    ask.register("1").await;
    ask.verify("nonsense").await;
    refused(ask.get("/v1/passes/short"), 401, "unauthorized").await;
    let metrics = ask.get("/metrics").send().await.unwrap().text().await.unwrap();
    for line in [
        "lockgate_requests_total{route=\"register\",status=\"2xx\"} 1",
        "lockgate_requests_total{route=\"verify\",status=\"2xx\"} 1",
        "lockgate_requests_total{route=\"show\",status=\"4xx\"} 1",
        "lockgate_requests_in_flight{lane=\"officers\"} 0",
        "lockgate_store_writes_per_commit_count 2",
        "lockgate_residents 1",
        "lockgate_passes 0",
        "lockgate_passes_live 0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} in\n{metrics}");
    }
    server.stop().await;
}
