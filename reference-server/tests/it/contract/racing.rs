//! Many at once, through every door there is.

use passes::Limit;
use reference_server::store::{Asked, Issuance, NewPass, Registration, Spending, TokenDigest};

use super::{issued, on_every_store, pass, registration, resident, unlimited};
use crate::support::START_S;

/// A pass of half an hour under a quota of 90 minutes.
fn half_an_hour(number: u8) -> NewPass {
    let mut new = pass(1, number);
    new.window.until_s = new.window.from_s + 1_800;
    new.quotas[0].limit = Limit::Minutes(90);
    new
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_who_race_for_two_passes_two_get_one() {
    on_every_store(async |stores| {
        stores.register(vec![registration(1, None)]).await.unwrap();
        let race = (0..64).map(|number| {
            let store = stores.door(number.into());
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_who_race_for_90_minutes_three_get_half_an_hour() {
    on_every_store(async |stores| {
        stores.register(vec![registration(1, None)]).await.unwrap();
        let race = (0..64).map(|number| {
            let store = stores.door(number.into());
            tokio::spawn(async move { store.issue(half_an_hour(number)).await.unwrap() })
        });
        let mut issued = 0;
        for racer in race.collect::<Vec<_>>() {
            issued += usize::from(matches!(racer.await.unwrap(), Issuance::Issued(_)));
        }
        assert_eq!(issued, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_100_equal_asks_one_is_new_and_all_have_its_answer() {
    on_every_store(async |stores| {
        stores.register(vec![registration(1, None)]).await.unwrap();
        let race = (0..100).map(|number| {
            let store = stores.door(number.into());
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
        assert_eq!(stores.census(START_S).await.unwrap().passes, 1, "one row");

        let asked = pass(1, 0).asked;
        let other = Asked { request: [1; 16], ..asked };
        let replay = |asked, since_s| stores.replay(resident(1), asked, since_s);
        assert_eq!(replay(asked, START_S).await.unwrap(), Some(Issuance::Replayed(issued[0])));
        assert_eq!(replay(other, START_S).await.unwrap(), Some(Issuance::KeyReused));
        assert_eq!(replay(asked, START_S + 1).await.unwrap(), None, "forgotten");
        assert_eq!(stores.issue(NewPass { asked: other, ..pass(1, 101) }).await.unwrap(), Issuance::KeyReused);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_who_spend_one_token_one_is_first() {
    on_every_store(async |stores| {
        let token = TokenDigest([5; 16]);
        let race = (0..64).map(|number| {
            let store = stores.door(number);
            tokio::spawn(async move { store.spend(token, START_S + 60).await.unwrap() })
        });
        let mut first = 0;
        for racer in race.collect::<Vec<_>>() {
            first += usize::from(racer.await.unwrap() == Spending::First);
        }
        assert_eq!(first, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_who_revoke_the_same_passes_each_pass_is_revoked_once() {
    on_every_store(async |stores| {
        stores.register((0..8).map(|number| registration(number, None)).collect()).await.unwrap();
        let mut passes = Vec::new();
        for holder in 0..8 {
            passes.push(issued(&**stores, unlimited(holder, 0)).await.pass);
        }
        let race = (0..64).map(|number| {
            let store = stores.door(number);
            // Each begins elsewhere, as two people who go through one list do.
            passes.rotate_left(1);
            let passes = passes.clone();
            tokio::spawn(async move { super::revoke(&*store, passes, START_S).await })
        });
        let mut newly = 0;
        for racer in race.collect::<Vec<_>>() {
            newly += racer.await.unwrap();
        }
        assert_eq!(newly, 8);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_who_register_the_same_residents_one_is_first_with_each() {
    on_every_store(async |stores| {
        let race = (0..64_usize).map(|number| {
            let store = stores.door(number);
            let mut residents: Vec<_> = (0..8).map(|number| registration(number, None)).collect();
            residents.rotate_left(number % 8);
            tokio::spawn(async move { store.register(residents).await.unwrap() })
        });
        let mut new = 0;
        for racer in race.collect::<Vec<_>>() {
            new += racer.await.unwrap().into_iter().filter(|answer| *answer == Registration::New).count();
        }
        assert_eq!(new, 8);
        assert_eq!(stores.census(START_S).await.unwrap().residents, 8);
    })
    .await;
}
