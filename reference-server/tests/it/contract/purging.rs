//! What is no longer needed goes, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reference_server::Store;
use reference_server::store::{
    Asked, Issuance, KeyDigest, LoggedCheck, NewPass, NewResident, Purge, Purged, Spending, TokenDigest,
};
use tokio::task::JoinSet;

use super::{issued, on_every_store, pass, registration, resident, unlimited};
use crate::cluster::Cluster;
use crate::support::{START_S, embedded};

const DAY_S: i64 = 86_400;

#[tokio::test]
async fn what_ended_before_goes_and_all_else_stays() {
    on_every_store(async |store| {
        store.register((1..=4).map(|number| registration(number, None)).collect()).await.unwrap();
        let over = issued(&**store, unlimited(1, 1)).await;
        let mut long = unlimited(1, 2);
        long.window.until_s += 30 * DAY_S;
        let long = issued(&**store, long).await;
        let over_too = issued(&**store, unlimited(2, 3)).await;
        let on_the_limit =
            NewPass { window: passes::Window { from_s: START_S, until_s: START_S + DAY_S }, ..unlimited(3, 4) };
        let on_the_limit = issued(&**store, on_the_limit).await;
        for (number, until_s) in [(1, START_S + 60), (2, START_S + DAY_S)] {
            store.spend(TokenDigest([number; 16]), until_s).await.unwrap();
        }
        for (at_s, pass) in [(START_S, Some(over.pass)), (START_S + DAY_S, None)] {
            let place = Some("bridge".to_owned());
            store.log_check(LoggedCheck { at_s, pass, officer: Some("gate 1".into()), place }).await.unwrap();
        }
        let purge = Purge { ended_before_s: START_S + DAY_S, residents_before_s: None };
        assert_eq!(store.purge(purge).await.unwrap(), Purged { passes: 2, tokens: 1, checks: 1, residents: 0 });
        assert_eq!(store.purge(purge).await.unwrap(), Purged::default(), "nothing is left to do");
        for gone in [over, over_too] {
            assert_eq!(store.find(gone.pass).await.unwrap(), None);
        }
        for kept in [long, on_the_limit] {
            assert_eq!(store.find(kept.pass).await.unwrap().unwrap().grant, kept);
        }
        assert_eq!(store.spend(TokenDigest([2; 16]), START_S).await.unwrap(), Spending::Again);
        let census = store.census(START_S + 2 * DAY_S).await.unwrap();
        assert_eq!((census.residents, census.passes, census.live), (4, 2, 1));
        let daily = store.issued_daily().await.unwrap();
        assert_eq!(daily.iter().map(|(_, _, passes)| passes).sum::<u64>(), 4, "history stays");

        assert!(matches!(store.issue(unlimited(1, 2)).await.unwrap(), Issuance::Replayed(grant) if grant == long));
        assert_eq!(store.issue(NewPass { at_most: 1, ..unlimited(1, 9) }).await.unwrap(), Issuance::TooMany);
    })
    .await;
}

#[tokio::test]
async fn residents_go_when_nothing_of_them_is_left() {
    on_every_store(async |store| {
        let late = NewResident { registered_s: START_S + DAY_S, ..registration(4, None) };
        store.register((1..=3).map(|number| registration(number, None)).chain([late]).collect()).await.unwrap();
        issued(&**store, unlimited(1, 1)).await;
        store.check_in(resident(2), START_S + DAY_S).await.unwrap();
        let purge = |ended_before_s| Purge { ended_before_s, residents_before_s: Some(START_S + DAY_S) };
        // 1 holds a pass, 2 checked in lately, 4 registered lately.
        assert_eq!(store.purge(purge(START_S)).await.unwrap(), Purged { residents: 1, ..Purged::default() });
        assert_eq!(store.issue(unlimited(3, 1)).await.unwrap(), Issuance::UnknownResident);
        let purged = store.purge(purge(START_S + DAY_S)).await.unwrap();
        assert_eq!(purged, Purged { passes: 1, residents: 1, ..Purged::default() });
        assert_eq!(store.issue(unlimited(1, 2)).await.unwrap(), Issuance::UnknownResident);
        assert_eq!(store.census(START_S).await.unwrap().residents, 2);
        for number in [2, 4] {
            assert!(matches!(store.issue(pass(number, 1)).await.unwrap(), Issuance::Issued(_)));
        }
    })
    .await;
}

#[tokio::test]
async fn a_number_is_never_given_twice() {
    let dir = tempfile::tempdir().unwrap();
    let store = embedded(dir.path()).open(64).unwrap().store;
    store.register(vec![registration(1, None)]).await.unwrap();
    // The same random bits: two passes of one number would have one name.
    let first = issued(&*store, unlimited(1, 1)).await;
    store.purge(Purge { ended_before_s: i64::MAX, residents_before_s: None }).await.unwrap();
    store.close().await.unwrap();
    let store = embedded(dir.path()).open(64).unwrap().store;
    assert_ne!(issued(&*store, unlimited(1, 1)).await.pass, first.pass);
    store.close().await.unwrap();
}

#[tokio::test]
async fn writers_go_on_while_a_purge_works() {
    let dir = tempfile::tempdir().unwrap();
    let store = embedded(dir.path()).open(1_024).unwrap().store;
    fill(&*store, 5_000).await;
    let mut purging =
        std::pin::pin!(store.purge(Purge { ended_before_s: i64::MAX, residents_before_s: Some(i64::MAX) }));
    let (mut written, mut late) = (0, Vec::new());
    let purged = loop {
        tokio::select! {
            biased;
            purged = &mut purging => break purged.unwrap(),
            answer = store.spend(TokenDigest([0xee; 16]), i64::MAX) => {
                late.push(answer.unwrap());
                written += 1;
            }
        }
    };
    assert_eq!((purged.passes, purged.residents), (5_000, 5_000));
    assert!(written >= 5, "{written} writes in more than a dozen steps");
    store.close().await.unwrap();
}

/// Registers `count` residents, and issues a pass to each, with a pattern in their rows.
async fn fill(store: &dyn Store, count: u32) {
    for first in (0..count).step_by(1_000) {
        let numbers = first..(first + 1_000).min(count);
        let new = |number| NewResident { resident: patterned(number), ..registration(1, None) };
        store.register(numbers.clone().map(new).collect()).await.unwrap();
        let mut answers: Vec<_> = numbers
            .map(|number| store.issue(NewPass { resident: patterned(number), random: *PATTERN_IN_NAME, ..pass(1, 1) }))
            .collect();
        for answer in &mut answers {
            answer.await.unwrap();
        }
    }
    store.spend(TokenDigest(*PATTERN), START_S).await.unwrap();
}

const PATTERN: &[u8; 16] = b"who was it then?";
const PATTERN_IN_NAME: &[u8; 12] = b"what is this";

/// A resident whose name begins with a pattern that can be looked for.
fn patterned(number: u32) -> passes::ResidentId {
    let mut bytes = *PATTERN;
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    passes::ResidentId::from_bytes(bytes)
}

/// How often the patterns stand in the files of a folder.
fn traces(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let patterns: [&[u8]; 2] = [&PATTERN[..12], PATTERN_IN_NAME];
    let found = |bytes: &[u8], pattern: &[u8]| bytes.windows(pattern.len()).filter(|window| *window == pattern).count();
    entries.map(|bytes| patterns.iter().map(|pattern| found(&bytes, pattern)).sum::<usize>()).sum()
}

#[tokio::test]
async fn the_bytes_of_what_is_purged_are_gone_from_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let store = embedded(dir.path()).open(1_024).unwrap().store;
    fill(&*store, 2_000).await;
    // One pass stays, so that its page is not given back whole.
    store.register(vec![registration(1, None)]).await.unwrap();
    let mut long = unlimited(1, 1);
    long.window.until_s = i64::MAX;
    let stays = issued(&*store, long).await;
    assert!(traces(dir.path()) > 6_000, "the patterns can be seen while they are needed");
    let size = |store: &dyn Store| fs::metadata(dir.path().join("passes.db")).unwrap().len() + store.tally().failures;
    store.close().await.unwrap();
    let store = embedded(dir.path()).open(1_024).unwrap().store;
    let full = size(&*store);
    let purge = Purge { ended_before_s: START_S + DAY_S, residents_before_s: Some(START_S + DAY_S) };
    assert_eq!(store.purge(purge).await.unwrap(), Purged { passes: 2_000, tokens: 1, residents: 2_000, checks: 0 });
    assert_eq!(traces(dir.path()), 0, "while the server runs");
    assert!(size(&*store) < full / 4, "and their room is given back");
    assert_eq!(store.find(stays.pass).await.unwrap().unwrap().grant, stays);
    store.close().await.unwrap();
    assert_eq!(traces(dir.path()), 0);
}

const MARK: &[u8; 8] = b"marked: ";

/// The numbers that stand in the files of a folder after the mark.
fn marked(dir: &Path) -> BTreeSet<u32> {
    let numbers = |path: PathBuf| -> BTreeSet<u32> {
        if path.is_dir() {
            return marked(&path);
        }
        // Another test's database may go meanwhile.
        let bytes = fs::read(path).unwrap_or_default();
        let found = bytes.windows(12).filter_map(|window| window.strip_prefix(MARK));
        found.map(|number| u32::from_be_bytes(number.try_into().unwrap())).collect()
    };
    fs::read_dir(dir).unwrap().flat_map(|entry| numbers(entry.unwrap().path())).collect()
}

/// A pass of `holder` that ends at `until_s` and has the mark and `number` in its row.
fn marked_pass(holder: u8, number: u32, until_s: i64) -> NewPass {
    let random = [&MARK[..], &number.to_be_bytes()].concat().try_into().unwrap();
    let asked = Asked { key: KeyDigest::of(&number.to_string()), request: [0; 16] };
    NewPass { random, asked, window: passes::Window { from_s: -1, until_s }, ..unlimited(holder, 1) }
}

/// Rows come and go in no order, so that pages are rearranged in every way: it is then that SQLite leaves copies of rows behind.
#[tokio::test]
async fn what_is_purged_is_gone_from_the_files_also_where_rows_beside_it_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = embedded(dir.path()).open(4_096).unwrap().store.into();
    store.register((0..=u8::MAX).map(|number| registration(number, None)).collect()).await.unwrap();
    let mut draws = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = || {
        draws ^= draws << 13;
        draws ^= draws >> 7;
        draws ^= draws << 17;
        draws
    };
    // What is kept, and until when.
    let mut kept: Vec<(u32, i64)> = Vec::new();
    for round in 0..8_i64 {
        let new: Vec<_> = (0..1_000).map(|_| ((draw() >> 32) as u32, round + (draw() % 4) as i64, draw())).collect();
        let mut writes = JoinSet::new();
        for &(number, until_s, place) in &new {
            let store = Arc::clone(&store);
            let pass = marked_pass(place as u8, number, until_s);
            let token = TokenDigest([&place.to_be_bytes()[..4], &pass.random].concat().try_into().unwrap());
            writes.spawn(async move { tokio::join!(store.issue(pass), store.spend(token, until_s)) });
        }
        for (issued, spent) in writes.join_all().await {
            assert!(matches!(issued, Ok(Issuance::Issued(_))) && matches!(spent, Ok(Spending::First)));
        }
        kept.extend(new.iter().map(|&(number, until_s, _)| (number, until_s)));
        store.purge(Purge { ended_before_s: round, residents_before_s: None }).await.unwrap();
        kept.retain(|(_, until_s)| *until_s >= round);
        let (wanted, found) = (BTreeSet::from_iter(kept.iter().map(|(number, _)| *number)), marked(dir.path()));
        assert!(wanted.is_subset(&found), "what is kept is found");
        let remains: Vec<_> = found.difference(&wanted).collect();
        assert!(remains.is_empty(), "after {} purges of {} there remain {remains:?}", round + 1, wanted.len());
    }
    let census = store.census(0).await.unwrap();
    assert_eq!(census.passes, kept.len() as u64);
    store.close().await.unwrap();
    let checked = rusqlite::Connection::open(dir.path().join("passes.db")).unwrap();
    let fault: String = checked.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(fault, "ok");
}

/// A purge of PostgreSQL gives room back and overwrites nothing.
#[tokio::test]
async fn postgresql_is_rid_of_what_was_purged_when_its_tables_are_written_anew() {
    let Some(cluster) = Cluster::shared() else { return };
    let kind = cluster.store();
    let store: Arc<dyn Store> = kind.open(1_024).unwrap().store.into();
    store.register((0..=u8::MAX).map(|number| registration(number, None)).collect()).await.unwrap();
    let mut writes = JoinSet::new();
    for number in 0..1_000 {
        let (store, until_s) = (Arc::clone(&store), i64::from(number % 2));
        writes.spawn(async move { store.issue(marked_pass(number as u8, number, until_s)).await });
    }
    assert!(writes.join_all().await.iter().all(|issued| matches!(issued, Ok(Issuance::Issued(_)))));
    let purged = store.purge(Purge { ended_before_s: 1, residents_before_s: None }).await.unwrap();
    assert_eq!(purged.passes, 500);
    // Tables are in memory until then.
    cluster.say(&kind, "CHECKPOINT");
    let removed = |found: &BTreeSet<u32>| found.iter().filter(|number| **number % 2 == 0).count();
    assert_ne!(removed(&marked(&cluster.tables())), 0, "what was removed stands in a file");
    let (before, after) = kind.compact().unwrap().unwrap();
    assert!(after < before, "{after} of {before} bytes");
    cluster.say(&kind, "CHECKPOINT");
    assert_eq!(marked(&cluster.tables()), BTreeSet::from_iter((0..1_000).filter(|number| number % 2 == 1)));
    assert_eq!(store.census(0).await.unwrap().passes, 500);
    store.close().await.unwrap();
}
