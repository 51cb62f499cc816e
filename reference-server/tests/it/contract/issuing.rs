//! What may be issued.

use passes::{Limit, PassId, Purpose, QuotaWindow, Window};
use reference_server::store::{Issuance, KeptPass, NewPass, Purge};

use super::{issued, on_every_store, pass, registration, resident, unlimited};
use crate::support::START_S;

#[tokio::test]
async fn what_is_issued_is_found_and_can_be_cancelled() {
    on_every_store(async |store| {
        let new = pass(1, 1);
        assert_eq!(store.issue(new.clone()).await.unwrap(), Issuance::UnknownResident);
        store.register(vec![registration(1, None), registration(2, None)]).await.unwrap();
        let grant = issued(&**store, new.clone()).await;
        assert_eq!((grant.purpose, grant.window), (new.purpose, new.window));
        let kept = KeptPass { grant, resident: resident(1), cancelled: false, revoked_s: None };
        assert_eq!(store.find(grant.pass).await.unwrap(), Some(kept));
        assert!(!store.cancel(grant.pass, resident(2), super::DAY).await.unwrap(), "another's pass");
        assert_eq!(store.find(grant.pass).await.unwrap(), Some(kept));
        for _ in 0..2 {
            assert!(store.cancel(grant.pass, resident(1), super::DAY).await.unwrap());
            assert_eq!(store.find(grant.pass).await.unwrap(), Some(KeptPass { cancelled: true, ..kept }));
        }
        let never_issued = PassId::from_bytes([9; 16]);
        assert_eq!(store.find(never_issued).await.unwrap(), None);
        assert!(!store.cancel(never_issued, resident(1), super::DAY).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_quota_counts_what_it_names() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None), registration(2, None)]).await.unwrap();
        // The limits of these two are others; here only what they add to the resident's passes matters.
        issued(&**store, NewPass { purpose: Purpose::Pharmacy, ..unlimited(1, 1) }).await;
        let tomorrow = Window { from_s: START_S + 86_400, until_s: START_S + 90_000 };
        issued(&**store, NewPass { window: tomorrow, ..unlimited(1, 2) }).await;
        let third = issued(&**store, pass(1, 3)).await;
        assert!(matches!(store.issue(pass(1, 4)).await.unwrap(), Issuance::Issued(_)));
        assert_eq!(store.issue(pass(1, 5)).await.unwrap(), Issuance::QuotaExhausted);
        assert!(matches!(store.issue(pass(2, 5)).await.unwrap(), Issuance::Issued(_)), "somebody else's quota");
        store.cancel(third.pass, resident(1), super::DAY).await.unwrap();
        assert!(matches!(store.issue(pass(1, 5)).await.unwrap(), Issuance::Issued(_)), "given back");
    })
    .await;
}

/// A pass of so many minutes under a quota of 90 minutes of passes that start today.
fn pass_of(holder: u8, number: u8, minutes: i64) -> NewPass {
    let mut new = pass(holder, number);
    new.window.until_s = new.window.from_s + minutes * 60;
    new.quotas[0].limit = Limit::Minutes(90);
    new
}

#[tokio::test]
async fn a_quota_in_minutes_adds_up_what_was_kept() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None), registration(2, None)]).await.unwrap();
        assert_eq!(store.issue(pass_of(1, 0, 91)).await.unwrap(), Issuance::QuotaExhausted, "too long by itself");
        let hour = issued(&**store, pass_of(1, 1, 60)).await;
        assert_eq!(store.issue(pass_of(1, 2, 31)).await.unwrap(), Issuance::QuotaExhausted);
        assert!(matches!(store.issue(pass_of(1, 3, 30)).await.unwrap(), Issuance::Issued(_)), "just fits");
        assert_eq!(store.issue(pass_of(1, 4, 1)).await.unwrap(), Issuance::QuotaExhausted);
        assert!(
            matches!(store.issue(pass_of(1, 3, 30)).await.unwrap(), Issuance::Replayed(_)),
            "a repeat takes no time"
        );
        assert!(matches!(store.issue(pass_of(2, 4, 90)).await.unwrap(), Issuance::Issued(_)), "somebody else's quota");
        store.cancel(hour.pass, resident(1), super::DAY).await.unwrap();
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
async fn a_pass_is_found_by_its_number_as_by_its_name() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None), registration(2, None)]).await.unwrap();
        let mut grants = Vec::new();
        for (holder, number) in [(1, 1), (2, 2), (1, 3)] {
            let grant = issued(&**store, unlimited(holder, number)).await;
            // What is withdrawn is listed with its number.
            assert!(store.cancel(grant.pass, resident(holder), super::DAY).await.unwrap());
            grants.push(grant);
        }
        let listed = store.withdrawn(START_S).await.unwrap();
        assert_eq!(listed.len(), 3);
        for (withdrawn, grant) in listed.iter().zip(&grants) {
            let kept = store.find_serial(withdrawn.serial).await.unwrap().unwrap();
            assert_eq!((kept.grant, kept.cancelled), (*grant, true));
            assert_eq!(Some(kept), store.find(grant.pass).await.unwrap());
        }
        let highest = listed.last().unwrap().serial;
        for nobodys in [0, highest + 1, u32::MAX] {
            assert_eq!(store.find_serial(nobodys).await.unwrap(), None, "{nobodys}");
        }
        store.purge(Purge { ended_before_s: START_S + 7_200, residents_before_s: None }).await.unwrap();
        assert_eq!(store.find_serial(highest).await.unwrap(), None, "purged");
    })
    .await;
}

#[tokio::test]
async fn one_resident_s_passes_are_bounded() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None)]).await.unwrap();
        let at_most_three = |number| NewPass { at_most: 3, ..unlimited(1, number) };
        for number in 0..3 {
            let grant = issued(&**store, at_most_three(number)).await;
            store.cancel(grant.pass, resident(1), super::DAY).await.unwrap();
        }
        assert_eq!(store.issue(at_most_three(3)).await.unwrap(), Issuance::TooMany);
        let again = store.issue(at_most_three(2)).await.unwrap();
        assert!(matches!(again, Issuance::Replayed(_)), "a repeat is no new pass");
        let later = NewPass { since_s: START_S + 1, ..at_most_three(3) };
        assert!(matches!(store.issue(later).await.unwrap(), Issuance::Issued(_)), "the earlier ones are too old");
    })
    .await;
}

#[tokio::test]
async fn a_name_tells_neither_when_nor_how_many() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None)]).await.unwrap();
        let mut names = Vec::new();
        for number in 0..64 {
            // The same second, the same random bits: only the number of the pass differs.
            let new = NewPass { random: [7; 12], ..unlimited(1, number) };
            names.push(u128::from_be_bytes(*issued(&**store, new).await.pass.as_bytes()));
        }
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), names.len());
        // Of 128 random bits, 64 differ on average, with a standard deviation of 0.7 for the mean of 63 pairs.
        let differing: u32 = names.windows(2).map(|pair| (pair[0] ^ pair[1]).count_ones()).sum();
        assert!((60 * 63..68 * 63).contains(&differing), "{differing}");
        let ascending = names.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((10..53).contains(&ascending), "{ascending} of 63 ascend");
    })
    .await;
}
