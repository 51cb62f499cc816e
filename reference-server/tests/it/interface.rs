//! The OpenAPI document and the server say the same.

use std::collections::BTreeSet;

use passes::{Purpose, SchemeKind};
use reference_server::store::OPEN_PROPOSALS;
use reference_server::{Config, Limits, StoreKind};
use serde_json::{Value, json};

use crate::described::Document;
use crate::support::{Asking, START_S, Server, config, staffed, token_of};

/// Answers that no client can bring about: they need a slow connection, a broken store or a crowd. Other tests see them.
const BEYOND_A_CLIENT: [u16; 3] = [408, 500, 503];

#[tokio::test]
async fn every_answer_is_as_described_and_every_described_answer_is_given() {
    let limits = Limits { passes_per_resident: 5, ..Limits::default() };
    let server = Server::start(Config { limits, ..staffed(config(StoreKind::Memory)) }).await;
    let ask = server.asking();
    let mut document = Document::of(&ask).await;

    let registration = json!({"document": "22 04 1", "channel": "web"});
    let register = |key: &str| ask.post("/v1/residents").header("Idempotency-Key", key).json(&registration);
    let resident = document.send("register", register("a")).await.json()["token"].as_str().unwrap().to_owned();
    for (key, status) in [("a", 201), ("b", 409), ("two words", 400)] {
        assert_eq!(document.send("register", register(key)).await.status, status);
    }
    let batch =
        ask.post("/v1/residents/batch").bearer_auth(token_of("operator")).json(&json!({"residents": [registration]}));
    document.send("register_batch", batch).await;

    let mut issue = async |key: &str, body: Value| document.send("issue", ask.pass(&resident, key, &body)).await;
    let pass = issue("a", json!({"purpose": "groceries", "valid_from_s": START_S, "duration_s": 600})).await.json();
    issue("b", json!({"purpose": "groceries"})).await;
    for (key, body, status) in [
        ("a", json!({"purpose": "pet"}), 422),
        ("c", json!({"purpose": "groceries"}), 403),
        ("two words", json!({"purpose": "pet"}), 400),
        ("d", json!({"purpose": "pet"}), 201),
        ("e", json!({"purpose": "pet"}), 201),
        ("f", json!({"purpose": "pet"}), 201),
        ("g", json!({"purpose": "pet"}), 429),
    ] {
        assert_eq!(issue(key, body.clone()).await.status, status, "{key} {body}");
    }

    let (pass, code) = (pass["pass"].as_str().unwrap(), pass["code"].as_str().unwrap());
    let officer =
        |code: &str| ask.post("/v1/verifications").bearer_auth(token_of("officer")).json(&json!({"code": code}));
    for (code, valid) in [(code, true), ("nonsense", false)] {
        assert_eq!(document.send("verify", officer(code)).await.json()["valid"], valid);
    }
    // Of another server: well formed, and nobody's here.
    let elsewhere = Server::start(config(StoreKind::Memory)).await;
    let stranger = elsewhere.asking().pet_pass(&elsewhere.asking().register("1").await, "a").await.spoken.unwrap();
    elsewhere.stop().await;
    for _ in 0..30 {
        assert_eq!(document.send("verify", officer(&stranger)).await.json()["reason"], "unknown");
    }
    assert_eq!(document.send("verify", officer(&stranger)).await.status, 429, "who guesses is stopped");
    assert_eq!(document.send("verify", officer(code)).await.json()["valid"], true, "what is scanned is no guess");
    for patient in ["latest_check_in", "check_in", "latest_check_in"] {
        let request = document.operation(patient).request(&ask, "").bearer_auth(&resident);
        document.send(patient, if patient == "check_in" { request.json(&json!({})) } else { request }).await;
    }
    for (id, named) in [("show", pass), ("qr_svg", pass), ("qr_png", pass), ("cancel", pass), ("cancel", "nothing")] {
        let request = document.operation(id).request(&ask, named).bearer_auth(&resident);
        document.send(id, request).await;
    }
    for id in ["show", "qr_svg", "qr_png"] {
        let request = document.operation(id).request(&ask, "2YGVMY0955096E5TRVQR9J1TC4").bearer_auth(&resident);
        assert_eq!(document.send(id, request).await.status, 404);
    }
    administer(&mut document, &ask, pass).await;
    for id in ["resident_page", "officer_page", "officer_worker", "page_file"] {
        let request = document.operation(id).request(&ask, "officer.js");
        assert_eq!(document.send(id, request).await.status, 200, "{id}");
    }
    let request = document.operation("page_file").request(&ask, "nothing.js");
    assert_eq!(document.send("page_file", request).await.status, 404);
    for id in ["keys", "status_lists", "time", "transparency", "openapi", "health", "ready", "metrics"] {
        let request = document.operation(id).request(&ask, "");
        assert_eq!(document.send(id, request).await.status, 200);
    }
    refuse_bad_bodies(&mut document, &ask, &resident).await;
    refuse_strangers(&mut document, &ask, &resident).await;
    server.stop().await;

    show_lists(&mut document).await;
    keep_blind_passes(&mut document).await;
    let after_sunset = staffed(config(StoreKind::Memory));
    let clock = reference_server::Clock::StartingAt { start_s: START_S + 365 * 86_400 };
    let server = Server::start(Config { clock, ..after_sunset }).await;
    let ask = server.asking();
    let resident = ask.register("1").await;
    document.send("check_in", ask.post("/v1/check-ins").bearer_auth(&resident).json(&json!({}))).await;
    server.stop().await;

    let unseen: BTreeSet<_> =
        document.unseen().into_iter().filter(|(_, status)| !BEYOND_A_CLIENT.contains(status)).collect();
    assert!(unseen.is_empty(), "promised, and not seen here: {unseen:?}");
}

/// Under `signed` a pass that is given back is on a list, and who has the list is told so.
async fn show_lists(document: &mut Document) {
    let server = Server::start(Config { scheme: SchemeKind::Signed, ..config(StoreKind::Memory) }).await;
    let ask = server.asking();
    let resident = ask.register("1").await;
    let pass = ask.pet_pass(&resident, "a").await;
    ask.delete(&format!("/v1/passes/{}", pass.pass)).bearer_auth(&resident).send().await.unwrap();
    let named = document.send("status_lists", ask.get("/v1/revocations")).await.json();
    let uri = named["lists"][0]["uri"].as_str().unwrap();
    assert!(!document.send("status_list", ask.get(uri)).await.bytes.is_empty());
    let fetched = ask.get(uri).send().await.unwrap();
    let (etag, caching) = (&fetched.headers()["etag"], &fetched.headers()["cache-control"]);
    assert_eq!(caching, "public, max-age=60");
    let again = document.send("status_list", ask.get(uri).header("if-none-match", etag)).await;
    assert_eq!((again.status, again.bytes.len()), (304, 0));
    for other in ["/v1/revocations/4000000", "/v1/revocations/first"] {
        assert_eq!(document.send("status_list", ask.get(other)).await.status, 404);
    }
    server.stop().await;
}

/// Under `blind` the server does not know the code, and takes nothing back.
async fn keep_blind_passes(document: &mut Document) {
    let server = Server::start(Config { scheme: SchemeKind::Blind, ..config(StoreKind::Memory) }).await;
    let ask = server.asking();
    let resident = ask.register("1").await;
    let phone = SchemeKind::Blind.ask(&ask.keys().await, Purpose::Pet, START_S, [7; 32]).unwrap();
    let body = json!({"purpose": "pet", "blinded": phone.blinded()});
    let pass = document.send("issue", ask.pass(&resident, "a", &body)).await.json();
    for id in ["cancel", "qr_png"] {
        let request = document.operation(id).request(&ask, pass["pass"].as_str().unwrap()).bearer_auth(&resident);
        assert_eq!(document.send(id, request).await.status, if id == "cancel" { 409 } else { 404 });
    }
    document.send("keys", ask.get("/v1/keys")).await;
    server.stop().await;
}

/// Two administrators revoke `pass` and look at the trail; and everything they can do wrong.
async fn administer(document: &mut Document, ask: &Asking, pass: &str) {
    let (chief, deputy) = (token_of("administrator"), token_of("second administrator"));
    let by = |document: &Document, id: &str, named: &str, token: &str| {
        document.operation(id).request(ask, named).bearer_auth(token)
    };
    let propose = |document: &Document, what: Value| {
        by(document, "propose", "", &chief).json(&json!({"what": what, "reason": "sold on a market place"}))
    };
    let request = propose(document, json!({"passes": [pass]}));
    let proposed = document.send("propose", request).await.json();
    let proposal = proposed["proposal"].as_str().unwrap();
    let request = propose(document, json!({"issued": {"from_s": 0, "until_s": 60}}));
    assert_eq!(document.send("propose", request).await.status, 422);
    for (named, token, status) in
        [(proposal, &chief, 403), (proposal, &deputy, 200), (proposal, &deputy, 409), ("0", &deputy, 404)]
    {
        let request = by(document, "approve", named, token);
        assert_eq!(document.send("approve", request).await.status, status);
    }
    for (named, status) in [(proposal, 200), ("0123456789abcdef", 404)] {
        let request = by(document, "proposal", named, &deputy);
        assert_eq!(document.send("proposal", request).await.status, status);
    }
    let request = by(document, "proposals", "", &deputy);
    assert_eq!(document.send("proposals", request).await.json()["proposals"][0]["approved"], true);
    for (query, status) in [("", 200), ("?after=2", 200), ("?after=-1", 422), ("?before=1", 422)] {
        let request = ask.get(&format!("/v1/admin/audit{query}")).bearer_auth(&chief);
        assert_eq!(document.send("audit_log", request).await.status, status);
    }
    for _ in 0..OPEN_PROPOSALS {
        let request = propose(document, json!({"passes": [pass]}));
        assert_eq!(document.send("propose", request).await.status, 201);
    }
    let request = propose(document, json!({"passes": [pass]}));
    assert_eq!(document.send("propose", request).await.status, 429);
}

/// Whatever takes a body refuses what is none.
async fn refuse_bad_bodies(document: &mut Document, ask: &Asking, resident: &str) {
    for operation in document.operations.clone().iter().filter(|operation| operation.takes_body()) {
        let request = || {
            let role = operation.role();
            let token = role
                .map_or(resident.to_owned(), |role| if role == "resident" { resident.into() } else { token_of(role) });
            operation.request(ask, "2YGVMY0955096E5TRVQR9J1TC4").bearer_auth(token).header("Idempotency-Key", "bodies")
        };
        let as_json = || request().header("content-type", "application/json");
        let id = operation.id();
        for (status, request) in [
            (400, as_json().body("{")),
            (413, as_json().body(format!("\"{}\"", " ".repeat(1 << 20)))),
            (415, request().body("{}")),
            (415, request().header("content-type", "application/x-www-form-urlencoded").body("document=1")),
            (422, as_json().body("{\"unknown\": 1}")),
            (422, as_json().body("[]")),
        ] {
            assert_eq!(document.send(id, request).await.status, status, "{id}");
        }
    }
}

/// The matrix of roles: each operation is for one, and all others are refused. (OWASP API5.)
async fn refuse_strangers(document: &mut Document, ask: &Asking, resident: &str) {
    let operations = document.operations.clone();
    for (operation, wanted) in operations.iter().filter_map(|operation| Some((operation, operation.role()?))) {
        let request = || operation.request(ask, "2YGVMY0955096E5TRVQR9J1TC4").json(&json!({}));
        let id = operation.id();
        assert_eq!(document.send(id, request()).await.status, 401, "{id} without a token");
        assert_eq!(document.send(id, request().bearer_auth("x")).await.status, 401, "{id} with a made-up token");
        for role in ["officer", "operator", "administrator"].into_iter().filter(|role| *role != wanted) {
            let status = if wanted == "resident" { 401 } else { 403 };
            assert_eq!(document.send(id, request().bearer_auth(token_of(role))).await.status, status, "{id} as {role}");
        }
        if wanted != "resident" {
            assert_eq!(document.send(id, request().bearer_auth(resident)).await.status, 401, "{id} as a resident");
        }
    }
}

#[tokio::test]
async fn the_document_names_every_route_and_no_other() {
    let server = Server::start(config(StoreKind::Memory)).await;
    let ask = server.asking();
    let document = Document::of(&ask).await;
    let paths: BTreeSet<&str> = document.operations.iter().map(|operation| operation.path.as_str()).collect();
    for path in paths {
        let methods = document.operations.iter().filter(|operation| operation.path == path);
        let described: BTreeSet<String> = methods.map(|operation| operation.method.to_uppercase()).collect();
        let url = format!("{}{}", ask.base, path.replace(['{', '}'], ""));
        let answer = ask.client.patch(url).send().await.unwrap();
        assert_eq!(answer.status(), 405, "{path}");
        // HEAD goes where GET goes.
        let allowed = answer.headers()["allow"].to_str().unwrap().split(',').filter(|method| *method != "HEAD");
        assert_eq!(allowed.map(str::to_owned).collect::<BTreeSet<_>>(), described, "{path}");
    }
    // Every route is counted under the name that it has in the document.
    let metrics = ask.get("/metrics").send().await.unwrap().text().await.unwrap();
    let counted: BTreeSet<&str> =
        metrics.lines().filter_map(|line| line.split_once("route=\"")?.1.split('"').next()).collect();
    let named: BTreeSet<&str> = document.operations.iter().map(|operation| operation.id()).collect();
    assert_eq!(counted, named);
    server.stop().await;
}

#[tokio::test]
async fn a_drawn_pass_reads_back() {
    let server = Server::start(config(StoreKind::Memory)).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let pass = ask.pet_pass(&token, "a").await;
    let drawn = async |kind: &str| {
        let path = format!("/v1/passes/{}/qr.{kind}", pass.pass);
        let answer = ask.get(&path).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "private, no-store");
        answer.bytes().await.unwrap()
    };
    let png = drawn("png").await;
    let mut reader = png::Decoder::new(&png[..]).read_info().unwrap();
    let mut bits = vec![0; reader.output_buffer_size()];
    let about = reader.next_frame(&mut bits).unwrap();
    let dark = |x: usize, y: usize| bits[y * about.line_size + x / 8] >> (7 - x % 8) & 1 == 0;
    let mut image = rqrr::PreparedImage::prepare_from_bitmap(about.width as usize, about.height as usize, dark);
    assert_eq!(image.detect_grids()[0].decode().unwrap().1, pass.code);
    assert!(drawn("svg").await.starts_with(b"<svg xmlns="));
    server.stop().await;
}
