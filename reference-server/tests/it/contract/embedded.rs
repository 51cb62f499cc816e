//! What is true of the embedded store alone: its folder, its queue and its groups.

use std::path::Path;
use std::sync::Arc;

use passes::ResidentId;
use reference_server::Store;
use reference_server::store::{Issuance, NewResident, OpenError, Registration, Spending, StoreError, TokenDigest};
use sha2::{Digest, Sha256};

use super::{issued, pass, registration, resident};
use crate::support::{START_S, embedded};

#[tokio::test]
async fn one_bad_write_spoils_no_other_of_its_group() {
    let dir = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = embedded(dir.path()).open(64).unwrap().store.into();
    store.register((1..=30).map(|number| registration(number, None)).collect()).await.unwrap();
    store.issue(pass(1, 1)).await.unwrap();
    let blocked = rusqlite::Connection::open(dir.path().join("passes.db")).unwrap();
    // The database refuses one of them, in the middle of a group.
    let refusal = format!(
        "CREATE TRIGGER refusal BEFORE INSERT ON passes WHEN new.valid_until_s = {}
         BEGIN SELECT raise(ABORT, 'refused'); END; BEGIN IMMEDIATE",
        START_S + 15
    );
    blocked.execute_batch(&refusal).unwrap();
    let group: Vec<_> = (2..=30)
        .map(|number| {
            let store = Arc::clone(&store);
            let mut new = pass(number, 1);
            new.window.until_s = START_S + i64::from(number);
            tokio::spawn(async move { store.issue(new).await })
        })
        .collect();
    tokio::task::yield_now().await;
    blocked.execute_batch("ROLLBACK").unwrap();
    for (number, answer) in (2..=30).zip(group) {
        match answer.await.unwrap() {
            Ok(issuance) => assert!(number != 15 && matches!(issuance, Issuance::Issued(_))),
            Err(error) => assert!(number == 15 && matches!(error, StoreError::Database(_)), "{number}: {error}"),
        }
    }
    assert_eq!(store.tally().failures, 1);
    assert_eq!(store.census(START_S).await.unwrap().passes, 29, "what was taken back is not counted");
    let again = store.issue(pass(15, 1)).await.unwrap();
    assert!(matches!(again, Issuance::Issued(_)), "nor does it stand in the index");
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_full_queue_says_so_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = embedded(dir.path()).open(1).unwrap().store.into();
    let blocked = rusqlite::Connection::open(dir.path().join("passes.db")).unwrap();
    blocked.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writes: Vec<_> = (0..10)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.register(vec![registration(number, None)]).await })
        })
        .collect();
    tokio::task::yield_now().await;
    blocked.execute_batch("ROLLBACK").unwrap();
    let mut busy = 0;
    for write in writes {
        match write.await.unwrap() {
            Ok(answers) => assert_eq!(answers, [Registration::New]),
            Err(error) => {
                assert!(matches!(error, StoreError::Busy));
                busy += 1;
            }
        }
    }
    // One write is with the writer and one in the queue.
    assert!((8..10).contains(&busy), "{busy}");
    assert_eq!(store.register(vec![registration(20, None)]).await.unwrap(), [Registration::New]);
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_restart_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let first = embedded(dir.path()).open(64).unwrap();
    first.store.register(vec![registration(1, Some("a"))]).await.unwrap();
    let kept = issued(&*first.store, pass(1, 1)).await;
    let cancelled = issued(&*first.store, pass(1, 2)).await;
    first.store.cancel(cancelled.pass, resident(1), super::DAY).await.unwrap();
    first.store.check_in(resident(1), START_S).await.unwrap();
    first.store.spend(TokenDigest([1; 16]), START_S).await.unwrap();
    let daily = first.store.issued_daily().await.unwrap();
    first.store.close().await.unwrap();

    let second = embedded(dir.path()).open(64).unwrap();
    assert_eq!(first.secret.as_bytes(), second.secret.as_bytes());
    let store = second.store;
    assert_eq!(store.register(vec![registration(1, Some("a"))]).await.unwrap(), [Registration::Again]);
    assert_eq!(store.latest_check_in(resident(1)).await.unwrap(), Some(START_S));
    let reopened = store.census(START_S).await.unwrap();
    assert_eq!((reopened.residents, reopened.passes, reopened.live), (1, 2, 2));
    assert_eq!(store.issued_daily().await.unwrap(), daily);
    assert_eq!(store.spend(TokenDigest([1; 16]), START_S).await.unwrap(), Spending::Again);
    assert!(!store.find(kept.pass).await.unwrap().unwrap().cancelled);
    assert!(store.find(cancelled.pass).await.unwrap().unwrap().cancelled);
    assert_eq!(store.issue(pass(1, 1)).await.unwrap(), Issuance::Replayed(kept));
    let third = issued(&*store, pass(1, 3)).await;
    assert!(
        store.find(third.pass).await.unwrap().is_some_and(|found| found.grant == third),
        "no number is given twice"
    );
    assert_eq!(store.issue(pass(1, 4)).await.unwrap(), Issuance::QuotaExhausted);
    store.close().await.unwrap();
}

/// A crash leaves the files as they are. Here they are copied while nobody writes: the same files.
#[tokio::test]
async fn the_log_that_a_crash_leaves_is_short() {
    let [dir, copy] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let store = embedded(dir.path()).open(64).unwrap().store;
    for batch in 0..40_u64 {
        // In the order of their digests, each of them writes a page of its own: in all, several times what the log may hold.
        let new = |number: u64| {
            let digest = Sha256::digest((batch * 1_000 + number).to_be_bytes());
            NewResident { resident: ResidentId::from_bytes(*digest.first_chunk().unwrap()), ..registration(1, None) }
        };
        store.register((0..1_000).map(new).collect()).await.unwrap();
    }
    store.register(vec![registration(1, None)]).await.unwrap();
    let last = issued(&*store, pass(1, 1)).await;
    let log = dir.path().join("passes.db-wal").metadata().unwrap().len();
    assert!((1 << 20..20 << 20).contains(&log), "the log has {log} bytes");
    for file in ["passes.db", "passes.db-wal", "secret"] {
        std::fs::copy(dir.path().join(file), copy.path().join(file)).unwrap();
    }
    store.close().await.unwrap();
    let after = embedded(copy.path()).open(64).unwrap().store;
    assert_eq!(after.issue(pass(1, 1)).await.unwrap(), Issuance::Replayed(last), "the first answer");
    assert_eq!(after.census(START_S).await.unwrap().residents, 40_001);
    after.close().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_serve_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &Path| embedded(path).open(64).map(|_| ());
    let store = embedded(dir.path()).open(64).unwrap().store;
    assert!(matches!(open(dir.path()), Err(OpenError::InUse { .. })));
    store.close().await.unwrap();
    assert!(open(dir.path()).is_ok());

    let other = tempfile::tempdir().unwrap();
    let file = other.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let error = open(&file.join("data")).unwrap_err();
    assert!(matches!(error, OpenError::Folder { .. }));
    assert!(error.to_string().contains("file/data"), "{error}");

    std::fs::write(other.path().join("passes.db"), "no database at all, but long enough to be read as one").unwrap();
    assert!(matches!(open(other.path()), Err(OpenError::SecretLost { .. })));
    std::fs::write(other.path().join("secret"), [7; 31]).unwrap();
    assert!(matches!(open(other.path()), Err(OpenError::SecretLost { .. })));
    std::fs::write(other.path().join("secret"), [7; 32]).unwrap();
    assert!(matches!(open(other.path()), Err(OpenError::Database { .. })));

    let newer = tempfile::tempdir().unwrap();
    embedded(newer.path()).open(64).unwrap().store.close().await.unwrap();
    let database = rusqlite::Connection::open(newer.path().join("passes.db")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(open(newer.path()), Err(OpenError::Format { found: 99, .. })));
}
