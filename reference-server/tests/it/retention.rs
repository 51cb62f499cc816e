//! What is no longer needed is gone, by schedule and for good.

use std::fs;
use std::path::Path;

use passes::wire::IssuedPass;
use passes::{PassId, Policy, Purpose, PurposeRule};
use reference_server::{Clock, Config, SetClock};

use crate::support::{START_S, Server, config, embedded, removed};

const DAY_S: i64 = 86_400;

/// No quotas: passes are kept for the day after their end.
fn at(dir: &Path, later_s: i64) -> Config {
    let purposes = [(Purpose::Pet, PurposeRule::lasting(60))];
    let policy = Policy::new("2020-04-02T12:00".parse().unwrap(), "2020-04-06T00:00".parse().unwrap(), purposes.into());
    let clock = Clock::StartingAt { start_s: START_S + later_s };
    Config { clock, rules: policy.rules(3 * 3_600), ..config(embedded(dir)) }
}

/// How many rows there are of `table`, read by another program.
fn rows(dir: &Path, table: &str) -> i64 {
    let database = rusqlite::Connection::open(dir.join("passes.db")).unwrap();
    database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn passes_go_after_retention_and_residents_after_the_sunset() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(at(dir.path(), 0)).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let pass = ask.pet_pass(&token, "a").await;
    server.stop().await;
    let path = format!("/v1/passes/{}", pass.pass);

    let server = Server::start(at(dir.path(), DAY_S)).await;
    let ask = server.asking();
    removed(&ask).await;
    let shown: IssuedPass = ask.get(&path).bearer_auth(&token).send().await.unwrap().json().await.unwrap();
    assert_eq!(shown, pass, "its day is not over");
    server.stop().await;

    let server = Server::start(at(dir.path(), DAY_S + 3_700)).await;
    let ask = server.asking();
    let told = removed(&ask).await;
    assert_eq!(told.retention.passes_s, DAY_S);
    assert_eq!(ask.get(&path).bearer_auth(&token).send().await.unwrap().status(), 404);
    ask.pet_pass(&token, "b").await;
    server.stop().await;
    assert_eq!((rows(dir.path(), "passes"), rows(dir.path(), "residents")), (1, 1));

    // A week later, with the sunset long past.
    let server = Server::start(at(dir.path(), 7 * DAY_S)).await;
    removed(&server.asking()).await;
    server.stop().await;
    assert_eq!((rows(dir.path(), "passes"), rows(dir.path(), "residents")), (0, 0));
    let counted = rows(dir.path(), "issued");
    assert_eq!(counted, 2, "what was counted stays counted");
    let mut resident = [0; 16];
    resident.copy_from_slice(PassId::parse(&token[..26]).unwrap().as_bytes());
    for entry in fs::read_dir(dir.path()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(16).any(|window| window == resident), "the resident's name is still in a file");
    }
}

#[tokio::test]
async fn a_clock_that_is_set_brings_what_is_due_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let clock = SetClock::new(START_S);
    let server = Server::start(Config { clock: Clock::Set(clock.clone()), ..at(dir.path(), 0) }).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    ask.pet_pass(&token, "a").await;
    let until_s = async |removed_s: i64| {
        loop {
            let told: passes::wire::Transparency =
                ask.get("/v1/transparency").send().await.unwrap().json().await.unwrap();
            if told.retention.last_removal_s >= Some(removed_s) {
                return told;
            }
        }
    };
    until_s(START_S).await;
    clock.set(START_S + 2 * DAY_S);
    until_s(START_S + 2 * DAY_S).await;
    server.stop().await;
    assert_eq!((rows(dir.path(), "passes"), rows(dir.path(), "residents")), (0, 1));
}
