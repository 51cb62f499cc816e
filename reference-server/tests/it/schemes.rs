//! What each scheme promises, with a phone, a centre and a checkpoint.

use passes::wire::{IssuedPass, StatusLists};
use passes::{
    Algorithm, Asking as PhoneAsking, Check, Invalid, Opaque, Purpose, Salt, SchemeKind, SignedVerifier, StatusToken,
    Verifier,
};
use reference_server::{Clock, Config, StoreKind};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::json;

use crate::support::{Asking, START_S, Server, config, embedded, refused};

const DAY_S: i64 = 86_400;

async fn server(scheme: SchemeKind) -> Server {
    Server::start(Config { scheme, ..config(StoreKind::Memory) }).await
}

/// A phone of `scheme`: what it keeps, and its request.
async fn asked(
    ask: &Asking,
    scheme: SchemeKind,
    token: &str,
    key: &str,
    purpose: Purpose,
) -> (PhoneAsking, RequestBuilder) {
    let secret = std::array::from_fn(|place| key.as_bytes()[place % key.len()]);
    let phone = scheme.ask(&ask.keys().await, purpose, START_S, secret).unwrap();
    let mut body = json!({"purpose": purpose});
    if let Some(blinded) = phone.blinded() {
        body["blinded"] = blinded.into();
    }
    (phone, ask.pass(token, key, &body))
}

/// The code that the phone shows, and what it was answered.
async fn issued(ask: &Asking, scheme: SchemeKind, token: &str, key: &str) -> (String, IssuedPass) {
    let (phone, request) = asked(ask, scheme, token, key, Purpose::Pet).await;
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let answer: IssuedPass = answer.json().await.unwrap();
    (phone.code(&answer).unwrap(), answer)
}

#[tokio::test]
async fn every_scheme_leads_from_the_phone_through_the_checkpoint() {
    for scheme in SchemeKind::ALL {
        let server = server(scheme).await;
        let ask = server.asking();
        let token = ask.register("22 04 123456").await;
        let (code, pass) = issued(&ask, scheme, &token, "a").await;

        // With the published keys a checkpoint does without the centre, as far as the scheme goes.
        let checkpoint = scheme.verifier(&ask.keys().await).unwrap();
        match (scheme, checkpoint.check(&code, START_S + 100)) {
            (SchemeKind::Lookup, Check::AskCentre(Opaque::Pass(name))) => assert_eq!(name.to_string(), pass.pass),
            (SchemeKind::Signed, Check::Genuine(claims)) => assert_eq!(claims.pass.to_string(), pass.pass),
            (SchemeKind::Blind, Check::Spend(voucher)) => assert_eq!(voucher.purpose, Purpose::Pet),
            (_, check) => panic!("{scheme:?}: {check:?}"),
        }
        let verified = ask.verify(&code).await;
        assert_eq!((verified.valid, verified.purpose), (true, Some(Purpose::Pet)), "{scheme:?}");
        assert_eq!(verified.valid_until_s, Some(pass.valid_until_s));
        server.stop().await;
    }
}

#[tokio::test]
async fn a_spoken_code_is_taken_as_it_is_typed() {
    let server = server(SchemeKind::Lookup).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let (_, pass) = issued(&ask, SchemeKind::Lookup, &token, "a").await;
    let spoken = pass.spoken.unwrap();
    for typed in [spoken.clone(), spoken.to_lowercase(), spoken.replace('-', " ")] {
        let verified = ask.verify(&typed).await;
        assert_eq!((verified.valid, verified.valid_until_s), (true, Some(pass.valid_until_s)), "{typed}");
    }
    let last = spoken.chars().next_back().unwrap();
    let mistyped = format!("{}{}", &spoken[..spoken.len() - 1], if last == '0' { '2' } else { '0' });
    assert_eq!(ask.verify(&mistyped).await.reason, Some(Invalid::Malformed));

    let elsewhere = self::server(SchemeKind::Lookup).await;
    let other = elsewhere.asking();
    let (_, stranger) = issued(&other, SchemeKind::Lookup, &other.register("1").await, "a").await;
    assert_eq!(ask.verify(&stranger.spoken.unwrap()).await.reason, Some(Invalid::Unknown));
    elsewhere.stop().await;

    let path = format!("/v1/passes/{}", pass.pass);
    ask.delete(&path).bearer_auth(&token).send().await.unwrap();
    assert_eq!(ask.verify(&spoken).await.reason, Some(Invalid::Cancelled));
    server.stop().await;
}

#[tokio::test]
async fn a_withdrawn_pass_is_on_the_list_that_a_checkpoint_fetches() {
    for algorithm in Algorithm::ALL {
        let base = config(StoreKind::Memory);
        let server = Server::start(Config { scheme: SchemeKind::Signed, algorithm, ..base }).await;
        let ask = server.asking();
        let token = ask.register("22 04 123456").await;
        let (kept, _) = issued(&ask, SchemeKind::Signed, &token, "a").await;
        let (withdrawn, pass) = issued(&ask, SchemeKind::Signed, &token, "b").await;
        ask.delete(&format!("/v1/passes/{}", pass.pass)).bearer_auth(&token).send().await.unwrap();

        let lists: StatusLists = ask.get("/v1/revocations").send().await.unwrap().json().await.unwrap();
        let [link] = &lists.lists[..] else { panic!("one list: {lists:?}") };
        let answer = ask.get(&link.uri).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], passes::wire::STATUS_LIST_CWT);
        let checkpoint = SignedVerifier::new(&ask.keys().await).unwrap();
        let list = StatusToken::open(&answer.bytes().await.unwrap(), &checkpoint, START_S + 1).unwrap();
        let revoked = |code| match checkpoint.check(code, START_S + 1) {
            Check::Genuine(claims) => {
                assert_eq!(claims.status.list, list.list);
                list.statuses.is_revoked(claims.status.index)
            }
            check => panic!("{check:?}"),
        };
        assert_eq!((revoked(&kept), revoked(&withdrawn), list.statuses.revoked()), (false, true, 1));
        for missing in ["/v1/revocations/1", "/v1/revocations/x"] {
            refused(ask.get(missing), 404, "not-found").await;
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn the_salt_shows_whose_pass_it_is_to_who_holds_the_document() {
    let server = server(SchemeKind::Signed).await;
    let ask = server.asking();
    let token = ask.register("22 04 123456").await;
    let (code, pass) = issued(&ask, SchemeKind::Signed, &token, "a").await;
    let checkpoint = SignedVerifier::new(&ask.keys().await).unwrap();
    let Check::Genuine(claims) = checkpoint.check(&code, START_S + 1) else { panic!("genuine") };
    let salt = Salt::parse(&pass.salt.unwrap()).unwrap();
    assert!(claims.commitment.is_of("2204123456", &salt), "as the officer types it");
    assert!(!claims.commitment.is_of("2204123457", &salt));
    server.stop().await;
}

#[tokio::test]
async fn passes_outlive_the_key_that_signed_them() {
    let dir = tempfile::tempdir().unwrap();
    let at = async |later_s| {
        let clock = Clock::StartingAt { start_s: START_S + later_s };
        let base = config(embedded(dir.path()));
        Server::start(Config { clock, scheme: SchemeKind::Signed, key_period_s: 900, ..base }).await
    };
    let server = at(0).await;
    let ask = server.asking();
    let (code, _) = issued(&ask, SchemeKind::Signed, &ask.register("1").await, "a").await;
    server.stop().await;
    // Three keys later; the pass holds for an hour.
    let server = at(2_700).await;
    let ask = server.asking();
    assert!(ask.verify(&code).await.valid);
    let checkpoint = SignedVerifier::new(&ask.keys().await).unwrap();
    assert!(matches!(checkpoint.check(&code, START_S + 2_700), Check::Genuine(_)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blind_pass_is_good_for_one_check_whoever_comes_first() {
    let dir = tempfile::tempdir().unwrap();
    let start = || Server::start(Config { scheme: SchemeKind::Blind, ..config(embedded(dir.path())) });
    let server = start().await;
    let ask = server.asking();
    let (code, _) = issued(&ask, SchemeKind::Blind, &ask.register("1").await, "a").await;
    let checks: Vec<_> = (0..64)
        .map(|_| {
            let (ask, code) = (ask.clone(), code.clone());
            tokio::spawn(async move { ask.verify(&code).await })
        })
        .collect();
    let mut valid = 0;
    for check in checks {
        let verified = check.await.unwrap();
        valid += usize::from(verified.valid);
        assert!(verified.valid || verified.reason == Some(Invalid::Spent));
    }
    assert_eq!(valid, 1);
    server.stop().await;
    let server = start().await;
    assert_eq!(server.asking().verify(&code).await.reason, Some(Invalid::Spent), "remembered");
    server.stop().await;
}

#[tokio::test]
async fn a_quota_holds_where_passes_are_blind() {
    let server = server(SchemeKind::Blind).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let groceries = async |key: &'static str| {
        let (phone, request) = asked(&ask, SchemeKind::Blind, &token, key, Purpose::Groceries).await;
        (phone, request)
    };
    let (first, request) = groceries("a").await;
    let answer: IssuedPass = request.send().await.unwrap().json().await.unwrap();
    let code = first.code(&answer).unwrap();
    // The same again, as after a lost answer, is the same signature and no second pass; something else to sign is no repeat.
    let (_, again) = groceries("a").await;
    let again = again.send().await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.json::<IssuedPass>().await.unwrap(), answer);
    let (other, _) = groceries("b").await;
    let body = json!({"purpose": "groceries", "blinded": other.blinded().unwrap()});
    refused(ask.pass(&token, "a", &body), 422, "idempotency-key-reused").await;

    // Given back it would still be good: so it cannot be, and the quota cannot be had twice.
    let path = format!("/v1/passes/{}", answer.pass);
    refused(ask.delete(&path).bearer_auth(&token), 409, "not-withdrawable").await;
    let shown: IssuedPass = ask.get(&path).bearer_auth(&token).send().await.unwrap().json().await.unwrap();
    assert_eq!((shown.code.as_str(), shown.blind_signature), ("", None), "neither code nor signature is kept");
    refused(ask.get(&format!("{path}/qr.svg")).bearer_auth(&token), 404, "not-found").await;

    assert_eq!(groceries("b").await.1.send().await.unwrap().status(), StatusCode::CREATED);
    refused(groceries("c").await.1, 403, "quota-exhausted").await;
    assert!(ask.verify(&code).await.valid);
    server.stop().await;
}

#[tokio::test]
async fn what_is_sent_to_be_signed_must_fit() {
    let blind = server(SchemeKind::Blind).await;
    let ask = blind.asking();
    let token = ask.register("1").await;
    refused(ask.pass(&token, "a", &json!({"purpose": "pet"})), 422, "not-blinded").await;
    let body = json!({"purpose": "pet", "blinded": "short"});
    refused(ask.pass(&token, "a", &body), 422, "malformed-blinded").await;
    blind.stop().await;
    let signed = server(SchemeKind::Signed).await;
    let ask = signed.asking();
    let body = json!({"purpose": "pet", "blinded": "A".repeat(342)});
    refused(ask.pass(&ask.register("1").await, "a", &body), 422, "nothing-to-sign").await;
    signed.stop().await;
}

#[tokio::test]
async fn nothing_that_was_signed_blindly_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(Config { scheme: SchemeKind::Blind, ..config(embedded(dir.path())) }).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let (phone, request) = asked(&ask, SchemeKind::Blind, &token, "a", Purpose::Pet).await;
    let answer: IssuedPass = request.send().await.unwrap().json().await.unwrap();
    let code = phone.code(&answer).unwrap();
    assert!(ask.verify(&code).await.valid);
    server.stop().await;

    let token = base45::decode(&code["LGB:".len()..]).unwrap();
    let blinded = phone.blinded().unwrap();
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let parts = [&token[8..24], &token[40..72], &blinded.as_bytes()[..32], code.as_bytes(), answer.pass.as_bytes()];
        for part in parts {
            assert!(!bytes.windows(part.len()).any(|window| window == part));
        }
    }
}

#[tokio::test]
async fn keys_of_tomorrow_are_published_today() {
    let server = server(SchemeKind::Blind).await;
    let keys = server.asking().keys().await;
    assert_eq!(keys.len(), 2 * Purpose::ALL.len(), "two days");
    for purpose in Purpose::ALL {
        let covers = |at_s| keys.iter().any(|key| key.purpose == Some(purpose) && key.window.contains(at_s));
        assert!(covers(START_S) && covers(START_S + DAY_S));
    }
    server.stop().await;
}
