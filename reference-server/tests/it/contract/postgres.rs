//! What is true of the PostgreSQL store alone: its tables, its secret, and what happens when it is away.

use std::time::Duration;

use reference_server::StoreKind;
use reference_server::store::{Issuance, OpenError, Registration, Spending, StoreError, TokenDigest};
use serde_json::json;

use super::{DAY, issued, pass, registration, resident};
use crate::cluster::Cluster;
use crate::support::{START_S, Server, config, refused};

#[test]
fn tables_are_made_only_when_asked_for() {
    let Some(cluster) = Cluster::shared() else { return };
    let kind = StoreKind::Postgres { url: cluster.database() };
    let open = || kind.open(64).map(|_| ()).unwrap_err();
    let error = open();
    assert!(matches!(error, OpenError::NotMigrated { found: 0, wanted: 2 }), "{error}");
    assert!(error.to_string().contains("lockgate serve --migrate"), "{error}");
    // Of several that migrate at once one does the work.
    let mut migrated: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(|| kind.migrate().unwrap())).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    migrated.sort();
    assert_eq!(migrated, [Some((0, 2)), Some((2, 2)), Some((2, 2)), Some((2, 2))]);
    let secret = |kind: &StoreKind| *kind.open(64).unwrap().secret.as_bytes();
    assert_eq!(secret(&kind), secret(&kind), "all processes name residents alike");
    assert_ne!(secret(&kind), secret(&cluster.store()), "and no two databases");

    cluster.say(&kind, "DROP TABLE lockgate.checks; UPDATE lockgate.schema_version SET version = 1");
    assert!(matches!(open(), OpenError::NotMigrated { found: 1, wanted: 2 }));
    assert_eq!(kind.migrate().unwrap(), Some((1, 2)), "a database of an older version is brought up");
    drop(kind.open(64).unwrap());

    cluster.say(&kind, "UPDATE lockgate.schema_version SET version = 9");
    assert!(matches!(open(), OpenError::Newer { found: 9, wanted: 2 }));
    assert!(matches!(kind.migrate(), Err(OpenError::Newer { found: 9, wanted: 2 })));
}

/// Also where a runtime is at work, as in `lockgate serve`.
#[tokio::test]
async fn a_database_that_cannot_serve_is_told() {
    let open = |url: &str| StoreKind::Postgres { url: url.into() }.open(64).map(|_| ()).unwrap_err();
    let error = open("mysql://nobody");
    assert!(matches!(error, OpenError::DatabaseUrl { .. }), "{error}");
    let nowhere = tempfile::tempdir().unwrap();
    let error = open(&format!("postgres:///test?host={}", nowhere.path().display()));
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(nowhere.path().to_str().unwrap()), "{error}");
}

#[tokio::test]
async fn a_restart_of_the_server_changes_nothing() {
    let Some(cluster) = Cluster::shared() else { return };
    let kind = cluster.store();
    let first = kind.open(64).unwrap().store;
    first.register(vec![registration(1, Some("a"))]).await.unwrap();
    let (kept, cancelled) = (issued(&*first, pass(1, 1)).await, issued(&*first, pass(1, 2)).await);
    first.cancel(cancelled.pass, resident(1), DAY).await.unwrap();
    first.spend(TokenDigest([1; 16]), START_S).await.unwrap();
    let census = first.census(START_S).await.unwrap();
    first.close().await.unwrap();
    assert!(matches!(first.find(kept.pass).await, Err(StoreError::Closed)));

    let store = kind.open(64).unwrap().store;
    let again = store.census(START_S).await.unwrap();
    assert_eq!((again.residents, again.passes, &again.issued), (1, 2, &census.issued));
    assert_eq!(store.register(vec![registration(1, Some("a"))]).await.unwrap(), [Registration::Again]);
    assert_eq!(store.spend(TokenDigest([1; 16]), START_S).await.unwrap(), Spending::Again);
    assert!(store.find(cancelled.pass).await.unwrap().unwrap().cancelled);
    assert_eq!(store.issue(pass(1, 1)).await.unwrap(), Issuance::Replayed(kept));
    issued(&*store, pass(1, 3)).await;
    assert_eq!(store.issue(pass(1, 4)).await.unwrap(), Issuance::QuotaExhausted);
    store.close().await.unwrap();
}

#[tokio::test]
async fn while_the_database_is_away_requests_are_refused_and_afterwards_answered() {
    let Some(mut cluster) = Cluster::start_if_installed() else { return };
    let server = Server::start(config(cluster.store())).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let pass = ask.pet_pass(&token, "a").await;
    cluster.stop();
    for _ in 0..2 {
        refused(ask.get("/ready"), 503, "overloaded").await;
        refused(ask.pass(&token, "b", &json!({"purpose": "pet"})), 503, "overloaded").await;
        let verification = ask.post("/v1/verifications").json(&json!({"code": pass.code}));
        assert!(refused(verification, 503, "overloaded").await.contains_key("retry-after"));
        assert!(ask.get("/health").send().await.unwrap().status().is_success());
    }
    cluster.start();
    for _ in 0..100 {
        if ask.get("/ready").send().await.unwrap().status().is_success() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let again = ask.pet_pass(&token, "a").await;
    assert_eq!(again, pass, "what was acknowledged is there");
    assert!(ask.verify(&pass.code).await.valid);
    ask.pet_pass(&token, "b").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_database_are_as_one() {
    let Some(cluster) = Cluster::shared() else { return };
    let kind = cluster.store();
    let servers = [Server::start(config(kind.clone())).await, Server::start(config(kind)).await];
    let ask = |number: usize| servers[number % 2].asking();
    let token = ask(0).register("1").await;

    let race = (0..64).map(|number| {
        let (ask, token) = (ask(number), token.clone());
        let body = json!({"purpose": "groceries"});
        tokio::spawn(
            async move { ask.pass(&token, &number.to_string(), &body).send().await.unwrap().status().as_u16() },
        )
    });
    let mut statuses = Vec::new();
    for racer in race.collect::<Vec<_>>() {
        statuses.push(racer.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!((&statuses[..2], &statuses[2..]), (&[201, 201][..], &[403; 62][..]));

    let race = (0..100).map(|number| {
        let (ask, token) = (ask(number), token.clone());
        tokio::spawn(async move { ask.pet_pass(&token, "one-key").await })
    });
    let mut passes = Vec::new();
    for racer in race.collect::<Vec<_>>() {
        passes.push(racer.await.unwrap());
    }
    assert!(passes.iter().all(|pass| *pass == passes[0]), "100 equal answers");
    assert!(ask(1).verify(&passes[0].code).await.valid);
    for server in servers {
        server.stop().await;
    }
}
