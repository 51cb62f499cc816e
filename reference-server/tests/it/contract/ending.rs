//! What ends a pass before its time, and who is told.

use passes::PassId;
use reference_server::store::{Issuance, Spending, TokenDigest, Withdrawn};

use super::{issued, on_every_store, pass, registration, resident, revoke, unlimited};
use crate::support::START_S;

#[tokio::test]
async fn the_authority_revokes_whoever_holds_it_and_gives_no_quota_back() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None), registration(2, None)]).await.unwrap();
        let passes = [issued(&**store, pass(1, 1)).await.pass, issued(&**store, pass(2, 1)).await.pass];
        issued(&**store, pass(1, 2)).await;
        let unknown = PassId::from_bytes([7; 16]);
        assert_eq!(revoke(&**store, vec![passes[0], unknown, passes[0]], START_S + 5).await, 1);
        assert_eq!(revoke(&**store, passes.into(), START_S + 6).await, 1, "one of them is new");
        assert_eq!(store.find(passes[0]).await.unwrap().unwrap().revoked_s, Some(START_S + 5), "the first time counts");
        assert_eq!(store.find(passes[1]).await.unwrap().unwrap().revoked_s, Some(START_S + 6));
        assert!(!store.find(passes[0]).await.unwrap().unwrap().cancelled);
        assert_eq!(store.issue(pass(1, 3)).await.unwrap(), Issuance::QuotaExhausted);
        assert!(store.cancel(passes[0], resident(1), super::DAY).await.unwrap());
        assert_eq!(store.find(passes[0]).await.unwrap().unwrap().revoked_s, Some(START_S + 5), "it stays revoked");
    })
    .await;
}

#[tokio::test]
async fn the_withdrawn_are_listed_until_they_would_have_ended() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None)]).await.unwrap();
        let mut passes = Vec::new();
        for number in 0..5 {
            let mut new = unlimited(1, number);
            new.window.until_s = START_S + 60 * i64::from(number + 1);
            passes.push(issued(&**store, new).await.pass);
        }
        assert_eq!(store.withdrawn(START_S).await.unwrap(), []);
        store.cancel(passes[1], resident(1), super::DAY).await.unwrap();
        revoke(&**store, vec![passes[2], passes[4]], START_S).await;
        store.cancel(passes[4], resident(1), super::DAY).await.unwrap();
        let listed = store.withdrawn(START_S).await.unwrap();
        let revoked: Vec<bool> = listed.iter().map(|withdrawn| withdrawn.revoked).collect();
        assert_eq!(revoked, [false, true, true]);
        assert!(listed.is_sorted() && listed[0].serial + 1 == listed[1].serial, "{listed:?}");
        let later: Vec<Withdrawn> = store.withdrawn(START_S + 120).await.unwrap();
        assert_eq!(later, listed[1..], "the first is over");
    })
    .await;
}

#[tokio::test]
async fn a_token_is_spent_once() {
    on_every_store(async |store| {
        for token in [[1; 16], [2; 16]] {
            assert_eq!(store.spend(TokenDigest(token), START_S + 60).await.unwrap(), Spending::First);
            assert_eq!(store.spend(TokenDigest(token), START_S + 60).await.unwrap(), Spending::Again);
        }
    })
    .await;
}
