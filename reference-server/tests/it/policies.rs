//! The server obeys the whole policy, not only that of the other tests.

use passes::wire::IssuedPass;
use passes::{Curfew, Invalid, Period, Phase, Policy, Purpose, PurposeRule, Quota};
use reference_server::{Clock, Config, StoreKind};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Asking, KNOWN_CODES, START_S, Server, config, embedded, refused};

const DAY_S: i64 = 86_400;

/// Walks of an hour, in force for the months around [`START_S`], 13:00 on 3 April.
fn policy() -> Policy {
    let walks = [(Purpose::Pet, PurposeRule::lasting(60))];
    Policy::new("2020-04-02T12:00".parse().unwrap(), "2020-06-12T00:00".parse().unwrap(), walks.into())
}

/// A server under `policy` whose clock starts `later_s` after [`START_S`].
async fn under(policy: &Policy, store: StoreKind, later_s: i64) -> Server {
    assert_eq!(policy.faults(), []);
    let clock = Clock::StartingAt { start_s: START_S + later_s };
    Server::start(Config { clock, rules: policy.rules(3 * 3_600), ..config(store) }).await
}

async fn issued(ask: &Asking, token: &str, key: &str, body: &Value) -> IssuedPass {
    let answer = ask.pass(token, key, body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn minutes_of_passes_run_out() {
    let policy = Policy { quotas: vec![Quota::minutes(90, Period::Days(3))], ..policy() };
    let server = under(&policy, StoreKind::Memory, 0).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let hour = ask.pet_pass(&token, "a").await;
    refused(ask.pass(&token, "b", &json!({"purpose": "pet"})), 403, "quota-exhausted").await;
    issued(&ask, &token, "c", &json!({"purpose": "pet", "duration_s": 1_800})).await;
    refused(ask.pass(&token, "d", &json!({"purpose": "pet", "duration_s": 1})), 403, "quota-exhausted").await;
    ask.delete(&format!("/v1/passes/{}", hour.pass)).bearer_auth(&token).send().await.unwrap();
    issued(&ask, &token, "e", &json!({"purpose": "pet", "duration_s": 3_600})).await;
    server.stop().await;
}

#[tokio::test]
async fn the_time_of_day_counts() {
    let mut policy = Policy { earliest_start_min: 15, ..policy() };
    policy.curfews = vec![Curfew { from: "22:00".parse().unwrap(), until: "06:00".parse().unwrap(), purposes: vec![] }];
    let shops = PurposeRule { hours: vec!["08:00-13:00".parse().unwrap()], ..PurposeRule::lasting(60) };
    policy.purposes.extend([(Purpose::Groceries, shops), (Purpose::Rubbish, PurposeRule::free())]);
    let server = under(&policy, StoreKind::Memory, 0).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let pass = ask.pet_pass(&token, "a").await;
    assert!((START_S + 900..START_S + 960).contains(&pass.valid_from_s), "it starts a quarter of an hour later");
    assert_eq!(ask.verify(&pass.code).await.reason, Some(Invalid::NotYet));
    let at_night = json!({"purpose": "pet", "valid_from_s": START_S + 10 * 3_600});
    refused(ask.pass(&token, "b", &at_night), 403, "curfew").await;
    refused(ask.pass(&token, "c", &json!({"purpose": "groceries"})), 403, "outside-hours").await;
    refused(ask.pass(&token, "d", &json!({"purpose": "rubbish"})), 403, "pass-not-needed").await;
    server.stop().await;
}

#[tokio::test]
async fn a_phase_extends_the_passes_that_are_out() {
    let until = |day: &str, extends_issued| PurposeRule {
        valid_until: Some(format!("2020-04-{day}T23:59").parse().unwrap()),
        extends_issued,
        needs_pass: true,
        ..PurposeRule::free()
    };
    let mut policy = policy();
    policy.purposes.insert(Purpose::Work, until("05", false));
    policy.phases = vec![Phase {
        purposes: [(Purpose::Work, until("30", true))].into(),
        ..Phase::new("2020-04-05T00:00".parse().unwrap())
    }];
    for scheme in KNOWN_CODES {
        let dir = tempfile::tempdir().unwrap();
        let at = async |later_s| {
            let clock = Clock::StartingAt { start_s: START_S + later_s };
            let rules = policy.rules(3 * 3_600);
            Server::start(Config { clock, rules, scheme, ..config(embedded(dir.path())) }).await
        };
        let server = at(0).await;
        let ask = server.asking();
        let token = ask.register("1").await;
        let first = issued(&ask, &token, "a", &json!({"purpose": "work"})).await;
        let pet = ask.pet_pass(&token, "b").await;
        server.stop().await;

        // The 6th: by then the pass as it was issued would have ended.
        let server = at(3 * DAY_S).await;
        let ask = server.asking();
        let shown = ask.get(&format!("/v1/passes/{}", first.pass)).bearer_auth(&token).send().await.unwrap();
        let shown: IssuedPass = shown.json().await.unwrap();
        assert_eq!(shown.valid_until_s - first.valid_until_s, 25 * DAY_S);
        let verified = ask.verify(&shown.code).await;
        assert_eq!((verified.valid, verified.valid_until_s), (true, Some(shown.valid_until_s)), "{scheme:?}");
        assert_eq!(ask.verify(&pet.code).await.reason, Some(Invalid::Expired));
        server.stop().await;
    }
}
