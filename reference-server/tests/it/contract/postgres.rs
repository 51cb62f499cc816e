//! What is true of the PostgreSQL store alone: its tables, its secret, and what happens when it is away.

use std::sync::Arc;
use std::time::Duration;

use passes::Grant;
use reference_server::StoreKind;
use reference_server::store::{
    Act, Issuance, OpenError, Purge, Registration, Spending, Store, StoreError, TokenDigest,
};
use serde_json::json;

use super::{DAY, issued, pass, registration, resident, unlimited};
use crate::cluster::Cluster;
use crate::support::{Asking, START_S, Server, config, refused};

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
    let daily = first.issued_daily().await.unwrap();
    first.close().await.unwrap();
    assert!(matches!(first.find(kept.pass).await, Err(StoreError::Closed)));

    let store = kind.open(64).unwrap().store;
    let again = store.census(START_S).await.unwrap();
    assert_eq!((again.residents, again.passes), (1, 2));
    assert_eq!(store.issued_daily().await.unwrap(), daily);
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
    ready(&ask).await;
    let again = ask.pet_pass(&token, "a").await;
    assert_eq!(again, pass, "what was acknowledged is there");
    assert!(ask.verify(&pass.code).await.valid);
    ask.pet_pass(&token, "b").await;
    server.stop().await;
}

#[tokio::test]
async fn while_the_database_hangs_requests_are_refused_and_afterwards_answered() {
    let Some(cluster) = Cluster::start_if_installed() else { return };
    let server = Server::start(config(cluster.store())).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let pass = ask.pet_pass(&token, "a").await;
    let hung = cluster.hang();
    // First on connections that were made before, then on none.
    for _ in 0..3 {
        let verification = ask.post("/v1/verifications").json(&json!({"code": pass.code}));
        tokio::join!(
            refused(ask.get("/ready"), 503, "overloaded"),
            refused(ask.pass(&token, "b", &json!({"purpose": "pet"})), 503, "overloaded"),
            refused(ask.get("/v1/transparency"), 503, "overloaded"),
            refused(verification, 503, "overloaded"),
        );
        assert!(ask.get("/health").send().await.unwrap().status().is_success());
    }
    drop(hung);
    ready(&ask).await;
    assert_eq!(ask.pet_pass(&token, "a").await, pass, "what was acknowledged is there");
    assert!(ask.verify(&pass.code).await.valid);
    ask.pet_pass(&token, "b").await;
    server.stop().await;
}

/// The database gets the question of a group before it hangs, and another group whole, with its commit.
#[tokio::test]
async fn what_may_have_been_written_is_not_acknowledged_and_not_written_twice() {
    let Some(cluster) = Cluster::start_if_installed() else { return };
    let kind = cluster.store();
    let store = kind.open(64).unwrap().store;
    let new = registration(1, Some("a"));
    store.register(vec![new]).await.unwrap();
    for number in 1..=2 {
        let refused = |answer: Result<Issuance, StoreError>| {
            assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
        };
        if number == 1 {
            let _hung = cluster.hang();
            assert!(matches!(store.act(Act::Forget { at_s: START_S }).await, Err(StoreError::Unavailable)));
            refused(store.issue(unlimited(1, number)).await);
        } else {
            // What is counted is written last, before the commit.
            let held = cluster.hold(&kind, "LOCK TABLE lockgate.totals");
            let issuing = store.issue(unlimited(1, number));
            let hanging = async {
                until(async || cluster.say(&kind, WAITING) == "1").await;
                let hung = cluster.hang();
                drop(held);
                hung
            };
            let (answer, _hung) = tokio::join!(issuing, hanging);
            refused(answer);
        }
        until(async || store.register(vec![new]).await.is_ok()).await;
        let (first, second) = tokio::join!(store.issue(unlimited(1, number)), store.issue(unlimited(1, number)));
        let (first, second) = (grant(first.unwrap()), grant(second.unwrap()));
        assert_eq!(first, second);
        assert_eq!(store.census(START_S).await.unwrap().passes, u64::from(number));
    }
    store.close().await.unwrap();
}

/// `SHARE` lets everybody read and nobody remove; the counts of `totals` are the census's alone.
#[tokio::test]
async fn nobody_who_looks_up_a_pass_waits_for_a_purge_or_a_census() {
    let Some(cluster) = Cluster::shared() else { return };
    let kind = cluster.store();
    let store: Arc<dyn Store> = kind.open(64).unwrap().store.into();
    store.register(vec![registration(1, None)]).await.unwrap();
    let pass = issued(&*store, unlimited(1, 1)).await.pass;
    let found = async || {
        let found = tokio::time::timeout(Duration::from_secs(60), store.find(pass)).await;
        found.expect("a look-up waits for what it has no business with").unwrap().is_some()
    };
    let held = cluster.hold(&kind, "LOCK TABLE lockgate.passes IN SHARE MODE");
    let purging = Arc::clone(&store);
    let all = Purge { ended_before_s: i64::MAX, residents_before_s: None };
    let purging = tokio::spawn(async move { purging.purge(all).await });
    until(async || cluster.say(&kind, WAITING) == "1").await;
    assert!(found().await);
    assert_eq!(store.census(START_S).await.unwrap().passes, 1, "and nobody who counts");

    let counted = cluster.hold(&kind, "LOCK TABLE lockgate.totals");
    let counting = Arc::clone(&store);
    // After some seconds the database gives up by itself.
    let counting = tokio::spawn(async move { while counting.census(START_S).await.is_err() {} });
    until(async || cluster.say(&kind, WAITING) == "2").await;
    assert!(found().await);
    drop((held, counted));
    assert_eq!(purging.await.unwrap().unwrap().passes, 1);
    counting.await.unwrap();
    assert_eq!(store.find(pass).await.unwrap(), None);
    store.close().await.unwrap();
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

/// How many sessions of the database wait for a lock.
const WAITING: &str = "SELECT count(*) FROM pg_locks JOIN pg_database ON database = pg_database.oid
                       WHERE datname = current_database() AND NOT granted";

/// Waits until the server says that it is ready.
async fn ready(ask: &Asking) {
    until(async || ask.get("/ready").send().await.unwrap().status().is_success()).await;
}

/// Waits until `done`; it fails after a minute rather than hang.
async fn until(done: impl AsyncFn() -> bool) {
    let waiting = async {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("waited for a minute");
}

fn grant(issuance: Issuance) -> Grant {
    match issuance {
        Issuance::Issued(grant) | Issuance::Replayed(grant) => grant,
        other => panic!("{other:?}"),
    }
}
