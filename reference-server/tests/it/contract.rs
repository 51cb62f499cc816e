//! One list of laws for every store.

use std::path::Path;
use std::sync::Arc;

use passes::Channel;
use passes::{Grant, Limit, PassId, Purpose, PurposeSet, QuotaWindow, ResidentId, Window};
use proptest::prelude::*;
use reference_server::StoreKind;
use reference_server::store::{
    Asked, Issuance, KeptPass, KeyDigest, NewPass, NewResident, OpenError, Registration, Store, StoreError,
};

use crate::support::{START_S, embedded};

/// Runs a law on a new store of every kind.
async fn on_every_store<F: Future<Output = ()>>(law: impl Fn(Arc<dyn Store>) -> F) {
    for kind in [StoreKind::Memory, embedded(tempfile::tempdir().unwrap().path())] {
        let store: Arc<dyn Store> = kind.open(1_024).unwrap().store.into();
        law(Arc::clone(&store)).await;
        store.close().await.unwrap();
        assert!(matches!(store.register(Vec::new()).await, Err(StoreError::Closed)), "{kind:?} is closed");
    }
}

const fn resident(number: u8) -> ResidentId {
    ResidentId::from_bytes([number; 16])
}

fn registration(number: u8, key: Option<&str>) -> NewResident {
    let key = key.map(KeyDigest::of);
    NewResident { resident: resident(number), registered_s: START_S, channel: Channel::App, key }
}

/// A pass for the resident's groceries with a quota of two passes that start today.
fn pass(holder: u8, number: u8) -> NewPass {
    let window = Window { from_s: START_S, until_s: START_S + 3_600 };
    let mut random = [holder; 12];
    random[0] = number;
    NewPass {
        resident: resident(holder),
        grant: Grant { pass: PassId::new(START_S, random), purpose: Purpose::Groceries, window, serial: 0 },
        asked: Asked { key: KeyDigest::of(&number.to_string()), request: [0; 16] },
        quotas: vec![QuotaWindow {
            purposes: PurposeSet::from_iter([Purpose::Groceries]),
            starts: Window { from_s: START_S - 1, until_s: START_S + 1 },
            limit: Limit::Passes(2),
        }],
        since_s: START_S - 86_400,
        at_most: 10,
    }
}

#[tokio::test]
async fn a_resident_is_new_once() {
    on_every_store(async |store| {
        let register = |number, key| store.register(vec![registration(number, key)]);
        assert_eq!(register(1, Some("a")).await.unwrap(), [Registration::New]);
        assert_eq!(register(1, Some("a")).await.unwrap(), [Registration::Again]);
        assert_eq!(register(1, Some("b")).await.unwrap(), [Registration::Known]);
        assert_eq!(register(1, None).await.unwrap(), [Registration::Known]);
        assert_eq!(register(2, None).await.unwrap(), [Registration::New]);
        assert_eq!(register(2, None).await.unwrap(), [Registration::Known], "no key is not the same key");
        let batch = store.register(vec![registration(3, None), registration(2, None), registration(3, None)]).await;
        assert_eq!(batch.unwrap(), [Registration::New, Registration::Known, Registration::Known]);
    })
    .await;
}

#[tokio::test]
async fn what_is_issued_is_found_and_can_be_cancelled() {
    on_every_store(async |store| {
        let new = pass(1, 1);
        assert_eq!(store.issue(new.clone()).await.unwrap(), Issuance::UnknownResident);
        store.register(vec![registration(1, None), registration(2, None)]).await.unwrap();
        assert_eq!(store.issue(new.clone()).await.unwrap(), Issuance::Issued(new.grant));
        let kept = KeptPass { grant: new.grant, resident: resident(1), cancelled: false };
        assert_eq!(store.find(new.grant.pass).await.unwrap(), Some(kept));
        assert!(!store.cancel(new.grant.pass, resident(2)).await.unwrap(), "another's pass");
        assert_eq!(store.find(new.grant.pass).await.unwrap(), Some(kept));
        for _ in 0..2 {
            assert!(store.cancel(new.grant.pass, resident(1)).await.unwrap());
            assert_eq!(store.find(new.grant.pass).await.unwrap(), Some(KeptPass { cancelled: true, ..kept }));
        }
        assert_eq!(store.find(pass(1, 2).grant.pass).await.unwrap(), None);
        assert!(!store.cancel(pass(1, 2).grant.pass, resident(1)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn of_check_ins_the_latest_is_kept() {
    on_every_store(async |store| {
        assert!(!store.check_in(resident(1), START_S).await.unwrap(), "not registered");
        store.register(vec![registration(1, Some("a")), registration(2, None)]).await.unwrap();
        assert_eq!(store.latest_check_in(resident(1)).await.unwrap(), None);
        for at_s in [START_S, START_S, START_S + 60] {
            assert!(store.check_in(resident(1), at_s).await.unwrap());
            assert_eq!(store.latest_check_in(resident(1)).await.unwrap(), Some(at_s));
        }
        let again = store.register(vec![registration(1, Some("a"))]).await.unwrap();
        assert_eq!(again, [Registration::Again], "the registration is as it was");
        assert_eq!(store.latest_check_in(resident(1)).await.unwrap(), Some(START_S + 60));
        for nobody in [2, 3] {
            assert_eq!(store.latest_check_in(resident(nobody)).await.unwrap(), None);
        }
    })
    .await;
}

#[tokio::test]
async fn a_quota_counts_what_it_names() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None), registration(2, None)]).await.unwrap();
        let mut pharmacy = pass(1, 1);
        pharmacy.grant.purpose = Purpose::Pharmacy;
        let mut tomorrow = pass(1, 2);
        tomorrow.grant.window.from_s += 86_400;
        // The limits of these two are others; here only what they add to the resident's passes matters.
        for mut other in [pharmacy, tomorrow] {
            other.quotas.clear();
            assert!(matches!(store.issue(other).await.unwrap(), Issuance::Issued(_)));
        }
        assert!(matches!(store.issue(pass(1, 3)).await.unwrap(), Issuance::Issued(_)));
        assert!(matches!(store.issue(pass(1, 4)).await.unwrap(), Issuance::Issued(_)));
        assert_eq!(store.issue(pass(1, 5)).await.unwrap(), Issuance::QuotaExhausted);
        assert!(matches!(store.issue(pass(2, 5)).await.unwrap(), Issuance::Issued(_)), "somebody else's quota");
        store.cancel(pass(1, 3).grant.pass, resident(1)).await.unwrap();
        assert!(matches!(store.issue(pass(1, 5)).await.unwrap(), Issuance::Issued(_)), "given back");
    })
    .await;
}

/// A pass of so many minutes under a quota of 90 minutes of passes that start today.
fn pass_of(holder: u8, number: u8, minutes: i64) -> NewPass {
    let mut new = pass(holder, number);
    new.grant.window.until_s = new.grant.window.from_s + minutes * 60;
    new.quotas[0].limit = Limit::Minutes(90);
    new
}

#[tokio::test]
async fn a_quota_in_minutes_adds_up_what_was_kept() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None), registration(2, None)]).await.unwrap();
        assert_eq!(store.issue(pass_of(1, 0, 91)).await.unwrap(), Issuance::QuotaExhausted, "too long by itself");
        assert!(matches!(store.issue(pass_of(1, 1, 60)).await.unwrap(), Issuance::Issued(_)));
        assert_eq!(store.issue(pass_of(1, 2, 31)).await.unwrap(), Issuance::QuotaExhausted);
        assert!(matches!(store.issue(pass_of(1, 3, 30)).await.unwrap(), Issuance::Issued(_)), "just fits");
        assert_eq!(store.issue(pass_of(1, 4, 1)).await.unwrap(), Issuance::QuotaExhausted);
        assert!(
            matches!(store.issue(pass_of(1, 3, 30)).await.unwrap(), Issuance::Replayed(_)),
            "a repeat takes no time"
        );
        assert!(matches!(store.issue(pass_of(2, 4, 90)).await.unwrap(), Issuance::Issued(_)), "somebody else's quota");
        store.cancel(pass_of(1, 1, 60).grant.pass, resident(1)).await.unwrap();
        assert!(matches!(store.issue(pass_of(1, 5, 60)).await.unwrap(), Issuance::Issued(_)), "given back");
        assert_eq!(store.issue(pass_of(1, 6, 1)).await.unwrap(), Issuance::QuotaExhausted);

        // Both kinds of limit hold at once.
        let mut both = pass_of(1, 7, 1);
        both.quotas = vec![pass(1, 7).quotas[0], QuotaWindow { limit: Limit::Minutes(600), ..both.quotas[0] }];
        assert_eq!(store.issue(both.clone()).await.unwrap(), Issuance::QuotaExhausted, "two passes are kept already");
        both.quotas[0].limit = Limit::Passes(3);
        assert!(matches!(store.issue(both).await.unwrap(), Issuance::Issued(_)));
    })
    .await;
}

#[tokio::test]
async fn of_64_who_race_for_90_minutes_three_get_half_an_hour() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None)]).await.unwrap();
        let race = (0..64).map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.issue(pass_of(1, number, 30)).await.unwrap() })
        });
        let mut issued = 0;
        for racer in race.collect::<Vec<_>>() {
            issued += usize::from(matches!(racer.await.unwrap(), Issuance::Issued(_)));
        }
        assert_eq!(issued, 3);
    })
    .await;
}

#[tokio::test]
async fn one_resident_s_passes_are_bounded() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None)]).await.unwrap();
        let unlimited = |number| NewPass { quotas: Vec::new(), at_most: 3, ..pass(1, number) };
        for number in 0..3 {
            assert!(matches!(store.issue(unlimited(number)).await.unwrap(), Issuance::Issued(_)));
            store.cancel(unlimited(number).grant.pass, resident(1)).await.unwrap();
        }
        assert_eq!(store.issue(unlimited(3)).await.unwrap(), Issuance::TooMany);
        assert!(matches!(store.issue(unlimited(2)).await.unwrap(), Issuance::Replayed(_)), "a repeat is no new pass");
        let later = NewPass { since_s: START_S + 1, ..unlimited(3) };
        assert!(matches!(store.issue(later).await.unwrap(), Issuance::Issued(_)), "the earlier ones are too old");
    })
    .await;
}

#[tokio::test]
async fn of_64_who_race_for_two_passes_two_get_one() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None)]).await.unwrap();
        let race = (0..64).map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.issue(pass(1, number)).await.unwrap() })
        });
        let mut issued = 0;
        for racer in race.collect::<Vec<_>>() {
            match racer.await.unwrap() {
                Issuance::Issued(_) => issued += 1,
                other => assert_eq!(other, Issuance::QuotaExhausted),
            }
        }
        assert_eq!(issued, 2);
    })
    .await;
}

#[tokio::test]
async fn of_100_equal_asks_one_is_new_and_all_have_its_answer() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None)]).await.unwrap();
        let race = (0..100).map(|number| {
            let store = Arc::clone(&store);
            // Each would be another pass, but the key is one.
            let new = NewPass { asked: pass(1, 0).asked, ..pass(1, number) };
            tokio::spawn(async move { store.issue(new).await.unwrap() })
        });
        let (mut issued, mut replayed) = (Vec::new(), Vec::new());
        for racer in race.collect::<Vec<_>>() {
            match racer.await.unwrap() {
                Issuance::Issued(grant) => issued.push(grant),
                Issuance::Replayed(grant) => replayed.push(grant),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((issued.len(), replayed.len()), (1, 99));
        assert!(replayed.iter().all(|grant| *grant == issued[0]));
        let mut found = 0;
        for number in 0..100 {
            found += usize::from(store.find(pass(1, number).grant.pass).await.unwrap().is_some());
        }
        assert_eq!(found, 1);

        let asked = pass(1, 0).asked;
        let other = Asked { request: [1; 16], ..asked };
        let replay = |asked, since_s| store.replay(resident(1), asked, since_s);
        assert_eq!(replay(asked, START_S).await.unwrap(), Some(Issuance::Replayed(issued[0])));
        assert_eq!(replay(other, START_S).await.unwrap(), Some(Issuance::KeyReused));
        assert_eq!(replay(asked, START_S + 1).await.unwrap(), None, "forgotten");
        assert_eq!(store.issue(NewPass { asked: other, ..pass(1, 101) }).await.unwrap(), Issuance::KeyReused);
    })
    .await;
}

#[tokio::test]
async fn one_bad_write_spoils_no_other_of_its_group() {
    let dir = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = embedded(dir.path()).open(64).unwrap().store.into();
    store.register((1..=30).map(|number| registration(number, None)).collect()).await.unwrap();
    // The name of a pass is there once: the second insert of it fails in the middle of a group.
    let taken = pass(1, 1);
    store.issue(taken.clone()).await.unwrap();
    let blocked = rusqlite::Connection::open(dir.path().join("passes.db")).unwrap();
    blocked.execute_batch("BEGIN IMMEDIATE").unwrap();
    let group: Vec<_> = (2..=30)
        .map(|number| {
            let store = Arc::clone(&store);
            let grant = if number == 15 { taken.grant } else { pass(number, 1).grant };
            let new = NewPass { grant, ..pass(number, 1) };
            tokio::spawn(async move { store.issue(new).await })
        })
        .collect();
    tokio::task::yield_now().await;
    blocked.execute_batch("ROLLBACK").unwrap();
    for (number, answer) in (2..=30).zip(group) {
        match answer.await.unwrap() {
            Ok(issuance) => assert_eq!(issuance, Issuance::Issued(pass(number, 1).grant)),
            Err(error) => assert!(number == 15 && matches!(error, StoreError::Database(_)), "{number}: {error}"),
        }
    }
    let kept = store.find(taken.grant.pass).await.unwrap().unwrap();
    assert_eq!(kept.resident, resident(1));
    assert_eq!(store.tally().failures, 1);
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
    first.store.issue(pass(1, 1)).await.unwrap();
    first.store.issue(pass(1, 2)).await.unwrap();
    first.store.cancel(pass(1, 2).grant.pass, resident(1)).await.unwrap();
    first.store.check_in(resident(1), START_S).await.unwrap();
    first.store.close().await.unwrap();

    let second = embedded(dir.path()).open(64).unwrap();
    assert_eq!(first.secret.as_bytes(), second.secret.as_bytes());
    let store = second.store;
    assert_eq!(store.register(vec![registration(1, Some("a"))]).await.unwrap(), [Registration::Again]);
    assert_eq!(store.latest_check_in(resident(1)).await.unwrap(), Some(START_S));
    assert!(!store.find(pass(1, 1).grant.pass).await.unwrap().unwrap().cancelled);
    assert!(store.find(pass(1, 2).grant.pass).await.unwrap().unwrap().cancelled);
    assert_eq!(store.issue(pass(1, 1)).await.unwrap(), Issuance::Replayed(pass(1, 1).grant));
    assert!(matches!(store.issue(pass(1, 3)).await.unwrap(), Issuance::Issued(_)));
    assert_eq!(store.issue(pass(1, 4)).await.unwrap(), Issuance::QuotaExhausted);
    store.close().await.unwrap();
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

/// One thing done to a store; passes are named by their place in the list of acts, so that a name is never taken twice.
#[derive(Clone, Debug)]
enum Act {
    Register { number: u8, with_key: bool },
    Issue { holder: u8, key: u8, request: u8, later_s: i64, limit: Limit },
    Cancel { holder: u8, place: u8 },
    Find { place: u8 },
    CheckIn { number: u8, later_s: i64 },
    LatestCheckIn { number: u8 },
    Replay { holder: u8, key: u8, since_s: i64 },
}

const LONGEST: u8 = 40;

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let (holder, key, request, place) = (0..3_u8, 0..6_u8, 0..2_u8, 0..LONGEST);
    let register = (holder.clone(), any::<bool>()).prop_map(|(number, with_key)| Act::Register { number, with_key });
    let limit = prop_oneof![Just(Limit::Passes(2)), Just(Limit::Minutes(119)), Just(Limit::Minutes(180))];
    let issue = (holder.clone(), key.clone(), request, 0..3_i64, limit)
        .prop_map(|(holder, key, request, later_s, limit)| Act::Issue { holder, key, request, later_s, limit });
    let cancel = (holder.clone(), place.clone()).prop_map(|(holder, place)| Act::Cancel { holder, place });
    let find = place.prop_map(|place| Act::Find { place });
    let check_in = (holder.clone(), 0..3_i64).prop_map(|(number, later_s)| Act::CheckIn { number, later_s });
    let latest_check_in = holder.clone().prop_map(|number| Act::LatestCheckIn { number });
    let replay = (holder, key, -1..3_i64).prop_map(|(holder, key, since_s)| Act::Replay { holder, key, since_s });
    prop::collection::vec(
        prop_oneof![1 => register, 4 => issue, 1 => cancel, 1 => find, 1 => check_in, 1 => latest_check_in, 1 => replay],
        1..LONGEST.into(),
    )
}

/// Does `act` and tells the answer in words, so that answers of all kinds compare.
async fn tell(store: &dyn Store, place: u8, act: &Act) -> String {
    let name = |place| PassId::new(START_S, [place; 12]);
    match *act {
        Act::Register { number, with_key } => {
            let new = registration(number, with_key.then_some("key"));
            format!("{:?}", store.register(vec![new]).await.unwrap())
        }
        Act::Issue { holder, key, request, later_s, limit } => {
            let mut new = pass(holder, key);
            new.quotas[0].limit = limit;
            new.grant.pass = name(place);
            new.grant.window.from_s += later_s;
            new.asked.request = [request; 16];
            format!("{:?}", store.issue(new).await.unwrap())
        }
        Act::Cancel { holder, place } => format!("{:?}", store.cancel(name(place), resident(holder)).await.unwrap()),
        Act::Find { place } => format!("{:?}", store.find(name(place)).await.unwrap()),
        Act::CheckIn { number, later_s } => {
            format!("{:?}", store.check_in(resident(number), START_S + later_s).await.unwrap())
        }
        Act::LatestCheckIn { number } => format!("{:?}", store.latest_check_in(resident(number)).await.unwrap()),
        Act::Replay { holder, key, since_s } => {
            let asked = Asked { request: [0; 16], ..pass(holder, key).asked };
            format!("{:?}", store.replay(resident(holder), asked, START_S + since_s).await.unwrap())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn all_stores_answer_alike(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let memory = StoreKind::Memory.open(64).unwrap().store;
        let database = embedded(dir.path()).open(64).unwrap().store;
        runtime.block_on(async {
            for (place, act) in (0..LONGEST).zip(&acts) {
                let (one, other) = (tell(&*memory, place, act).await, tell(&*database, place, act).await);
                prop_assert_eq!(one, other, "{:?}", act);
            }
            database.close().await.unwrap();
            Ok(())
        })?;
    }
}
