//! What the server keeps, read from its files by another program's eyes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use passes::wire::Transparency;
use reference_server::Config;
use serde_json::json;

use crate::support::{START_S, Server, config, embedded, removed};

#[tokio::test]
async fn nothing_is_kept_but_what_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(config(embedded(dir.path()))).await;
    let ask = server.asking();
    let token = ask.register("a-document-number").await;
    let pass = ask.pet_pass(&token, "an-idempotency-key").await;
    let secrets = ["a-document-number", "an-idempotency-key", &token, &pass.code];
    let absent = |when: &str| {
        for (name, bytes) in files(dir.path()) {
            for secret in secrets {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{name} holds {secret} {when}");
            }
        }
    };
    let told: Transparency = ask.get("/v1/transparency").send().await.unwrap().json().await.unwrap();
    absent("while the server runs");
    server.stop().await;
    absent("after it stopped");

    let database = rusqlite::Connection::open(dir.path().join("passes.db")).unwrap();
    let mut query = database
        .prepare(
            "SELECT tables.name || '.' || columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
             WHERE tables.type = 'table'",
        )
        .unwrap();
    let columns: BTreeSet<String> = query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let told: BTreeSet<String> = told.kept.into_iter().map(|kept| kept.what).collect();
    assert_eq!(columns, told, "what is kept and what the public is told of it");
}

#[tokio::test]
async fn a_verification_leaves_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(config(embedded(dir.path()))).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let pass = ask.pet_pass(&token, "a").await;
    // Removing what is due changes files; nothing is due again for an hour.
    removed(&ask).await;
    let mut before = files(dir.path());
    for _ in 0..100 {
        assert!(ask.verify(&pass.code).await.valid);
        ask.verify("nonsense").await;
    }
    let mut after = files(dir.path());
    // The index of the log, in shared memory, notes how far connections have read, not what.
    for files in [&mut before, &mut after] {
        assert!(files.remove("passes.db-shm").is_some());
    }
    assert!(before == after, "a verification changed a file");
    server.stop().await;
}

#[tokio::test]
async fn checks_are_written_down_only_where_the_operator_wants_it_and_the_public_is_told() {
    let rows = async |log_checks: bool| {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start(Config { log_checks, ..config(embedded(dir.path())) }).await;
        let ask = server.asking();
        let token = ask.register("1").await;
        let pass = ask.pet_pass(&token, "a").await;
        assert!(ask.verify(&pass.code).await.valid);
        let placed =
            ask.post("/v1/verifications").json(&json!({"code": pass.code, "place": "bridge"})).send().await.unwrap();
        let nowhere =
            ask.post("/v1/verifications").json(&json!({"code": pass.code, "place": ""})).send().await.unwrap();
        assert_eq!(
            (placed.status(), nowhere.status().as_u16()),
            (if log_checks { 200 } else { 422 }.try_into().unwrap(), 422)
        );
        let told: Transparency = ask.get("/v1/transparency").send().await.unwrap().json().await.unwrap();
        assert_eq!(told.checks_logged, log_checks);
        server.stop().await;
        let database = rusqlite::Connection::open(dir.path().join("passes.db")).unwrap();
        let mut query = database
            .prepare("SELECT serial, place FROM checks JOIN passes ON pass = serial ORDER BY checks.rowid")
            .unwrap();
        let rows: Vec<(i64, Option<String>)> =
            query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap();
        rows
    };
    assert_eq!(rows(false).await, []);
    assert_eq!(rows(true).await, [(1, None), (1, Some("bridge".to_owned()))]);
}

#[tokio::test]
async fn of_a_registration_only_the_day_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(config(embedded(dir.path()))).await;
    server.asking().register("1").await;
    let two = json!({"residents": [{"document": "2", "channel": "app"}, {"document": "3", "channel": "web"}]});
    server.asking().post("/v1/residents/batch").json(&two).send().await.unwrap();
    server.stop().await;
    let database = rusqlite::Connection::open(dir.path().join("passes.db")).unwrap();
    let mut query = database.prepare("SELECT registered_s FROM residents").unwrap();
    let days: Vec<i64> = query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    // The clock starts at 13:00 in the zone of UTC+3.
    assert_eq!(days, [START_S - 10 * 3_600; 3]);
}

#[tokio::test]
async fn a_folder_from_before_checks_could_be_logged_is_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    Server::start(config(embedded(dir.path()))).await.stop().await;
    let database = rusqlite::Connection::open(dir.path().join("passes.db")).unwrap();
    database.execute_batch("DROP TABLE checks; PRAGMA user_version = 3").unwrap();
    drop(database);
    let server = Server::start(Config { log_checks: true, ..config(embedded(dir.path())) }).await;
    server.asking().verify("nonsense").await;
    server.stop().await;
    let database = rusqlite::Connection::open(dir.path().join("passes.db")).unwrap();
    let count: i64 =
        database.query_row("SELECT count(*) FROM checks WHERE pass IS NULL", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn the_data_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("data");
    let server = Server::start(config(embedded(&dir))).await;
    server.asking().post("/v1/residents/batch").json(&json!({"residents": []})).send().await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("secret")), 0o600);
    server.stop().await;
}

/// The files of a folder with their bytes.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}
