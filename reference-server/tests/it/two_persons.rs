//! What happened in Zhengzhou, tried here: one official who wants 1,317 people's codes to stop working.

use std::time::Instant;

use passes::wire::{ApprovedRevocation, AuditLog, ProposedRevocation, RevocationProposal};
use passes::{Invalid, wire};
use reference_server::audit::{ActKind, Entry, Head, verify};
use reference_server::{Config, StoreKind};
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::{Asking, START_S, Server, config, embedded, refused, staffed, token_of};

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> T {
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await.unwrap());
    answer.json().await.unwrap()
}

fn propose(ask: &Asking, by: &str, what: &Value) -> RequestBuilder {
    let body = json!({"what": what, "reason": "depositors of four banks"});
    ask.post("/v1/admin/revocations").bearer_auth(token_of(by)).json(&body)
}

fn approve(ask: &Asking, by: &str, proposal: &str) -> RequestBuilder {
    ask.post(&format!("/v1/admin/revocations/{proposal}/approval")).bearer_auth(token_of(by))
}

async fn log(ask: &Asking) -> AuditLog {
    answer(ask.get("/v1/admin/audit").bearer_auth(token_of("second administrator"))).await
}

fn bytes(hex: &str) -> [u8; 32] {
    std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
}

/// The entries as the library's verifier takes them.
fn entries(log: &AuditLog) -> Vec<Entry> {
    let entry = |entry: &wire::AuditEntry| Entry {
        number: entry.number,
        at_s: entry.at_s,
        by: entry.by.clone(),
        act: ActKind::named(&entry.act).unwrap(),
        detail: entry.detail.clone(),
        hash: bytes(&entry.hash),
    };
    log.entries.iter().map(entry).collect()
}

async fn codes(ask: &Asking, people: usize) -> Vec<wire::IssuedPass> {
    let residents: Vec<Value> = (0..people).map(|n| json!({"document": format!("d{n}"), "channel": "app"})).collect();
    let mut passes = Vec::new();
    for batch in residents.chunks(1_000) {
        let request = ask.post("/v1/residents/batch").bearer_auth(token_of("operator"));
        let registered: wire::RegisteredBatch = answer(request.json(&json!({"residents": batch}))).await;
        for resident in registered.residents {
            passes.push(ask.pet_pass(&resident.token, "a").await);
        }
    }
    passes
}

#[tokio::test]
async fn one_official_alone_turns_no_code_red_and_two_leave_a_trail() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(staffed(config(embedded(dir.path())))).await;
    let ask = server.asking();
    let passes = codes(&ask, 1_317).await;
    let names: Vec<&str> = passes.iter().map(|pass| pass.pass.as_str()).collect();
    let verdict = async |code: &str| {
        let request = ask.post("/v1/verifications").bearer_auth(token_of("officer")).json(&json!({"code": code}));
        answer::<wire::Verification>(request).await.reason
    };

    let proposed: RevocationProposal = answer(propose(&ask, "administrator", &json!({"passes": names}))).await;
    assert_eq!((proposed.passes, proposed.proposed_by.as_str()), (1_317, "administrator"));
    refused(approve(&ask, "administrator", &proposed.proposal), 403, "own-proposal").await;
    assert_eq!(verdict(&passes[0].code).await, None, "nothing has happened");

    // The second sees what it is about before agreeing.
    let path = format!("/v1/admin/revocations/{}", proposed.proposal);
    let seen: ProposedRevocation = answer(ask.get(&path).bearer_auth(token_of("second administrator"))).await;
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(seen.passes, sorted);
    let done: ApprovedRevocation = answer(approve(&ask, "second administrator", &proposed.proposal)).await;
    assert_eq!(done.revoked, 1_317);
    for pass in [&passes[0], &passes[1_316]] {
        assert_eq!(verdict(&pass.code).await, Some(Invalid::Revoked));
    }
    refused(approve(&ask, "second administrator", &proposed.proposal), 409, "approved-before").await;
    server.stop().await;

    // The trail survives, and whoever touches it is found out.
    let server = Server::start(staffed(config(embedded(dir.path())))).await;
    let ask = server.asking();
    let log = log(&ask).await;
    let acts: Vec<(&str, &str)> = log.entries.iter().map(|entry| (entry.by.as_str(), entry.act.as_str())).collect();
    let (one, other) = ("administrator", "second administrator");
    assert_eq!(
        acts,
        [
            ("server", "started"),
            (one, "proposed"),
            (one, "refused"),
            (other, "approved"),
            (other, "refused"),
            ("server", "started")
        ]
    );
    assert!(
        log.entries[1].detail.contains("1317 passes") && log.entries[1].detail.ends_with("depositors of four banks")
    );
    assert!(log.entries[0].detail.ends_with("administrators administrator, second administrator"));
    let transparency: wire::Transparency = answer(ask.get("/v1/transparency")).await;
    assert_eq!(transparency.administrators.audit, log.head);
    let published = Head { entries: log.head.entries, hash: bytes(&log.head.hash) };
    let whole = entries(&log);
    assert_eq!(verify(Head::default(), &whole, published), Ok(()));
    server.stop().await;

    let database = rusqlite::Connection::open(dir.path().join("passes.db")).unwrap();
    database.execute("DELETE FROM audit WHERE number = 3", []).unwrap();
    database.execute("UPDATE audit SET number = number - 1 WHERE number > 3", []).unwrap();
    drop(database);
    let server = Server::start(staffed(config(embedded(dir.path())))).await;
    let forged = entries(&self::log(&server.asking()).await);
    assert_eq!(verify(Head::default(), &forged, published).unwrap_err().number, 3);
    server.stop().await;
}

/// 900,000 passes were annulled in one morning in Moscow, 28 % of 3.2 million (Meduza, 14 April 2020): a time of day on which something went
/// wrong is revoked as a whole.
#[tokio::test]
async fn whatever_was_issued_in_a_stretch_of_time_is_revoked_together() {
    let server = Server::start(staffed(config(StoreKind::Memory))).await;
    let ask = server.asking();
    let passes = codes(&ask, 50).await;
    let none = json!({"issued": {"from_s": 0, "until_s": 60}});
    refused(propose(&ask, "administrator", &none), 422, "selection-unusable").await;
    let future = json!({"issued": {"from_s": START_S, "until_s": START_S + 86_400}});
    refused(propose(&ask, "administrator", &future), 422, "invalid-body").await;

    // Until the second in which the last was issued is over.
    let begun = Instant::now();
    let proposed = loop {
        let until_s = START_S + begun.elapsed().as_secs() as i64;
        let what = json!({"issued": {"from_s": START_S, "until_s": until_s.max(START_S + 1), "purpose": "pet"}});
        let sent = propose(&ask, "administrator", &what).send().await.unwrap();
        if sent.status() == 201 {
            let proposed: RevocationProposal = sent.json().await.unwrap();
            if proposed.passes == 50 {
                break proposed;
            }
        }
        assert!(begun.elapsed().as_secs() < 30, "the clock of the server stands");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    let done: ApprovedRevocation = answer(approve(&ask, "second administrator", &proposed.proposal)).await;
    assert_eq!(done.revoked, 50);
    let officer = ask.post("/v1/verifications").bearer_auth(token_of("officer")).json(&json!({"code": passes[7].code}));
    assert_eq!(answer::<wire::Verification>(officer).await.reason, Some(Invalid::Revoked));
    server.stop().await;
}

#[tokio::test]
async fn without_a_staff_file_nobody_administers() {
    for staff in [reference_server::Staff::anybody(), reference_server::Staff::nobody()] {
        let server = Server::start(Config { staff, ..config(StoreKind::Memory) }).await;
        let ask = server.asking();
        let what = json!({"passes": ["2YGVMY0955096E5TRVQR9J1TC4"]});
        refused(propose(&ask, "administrator", &what), 401, "unauthorized").await;
        refused(ask.get("/v1/admin/audit"), 401, "unauthorized").await;
        server.stop().await;
    }
}
