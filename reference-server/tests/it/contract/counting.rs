//! What a store knows about itself.

use passes::Purpose;
use reference_server::store::NewPass;

use super::{issued, on_every_store, registration, resident, unlimited};
use crate::support::START_S;

#[tokio::test]
async fn a_census_counts_what_is_kept_and_what_was_issued() {
    on_every_store(async |store| {
        let empty = store.census(START_S).await.unwrap();
        assert_eq!((empty.residents, empty.passes, empty.live), (0, 0, 0));
        assert_eq!(store.issued_daily().await.unwrap(), []);
        store.register(vec![registration(1, None), registration(2, None), registration(1, None)]).await.unwrap();
        let today = unlimited(1, 0).day;
        for (number, (day, purpose)) in
            [(today, Purpose::Pet), (today, Purpose::Groceries), (today + 1, Purpose::Pet), (today, Purpose::Pet)]
                .into_iter()
                .enumerate()
        {
            let mut new = NewPass { day, purpose, ..unlimited(1, number as u8) };
            new.window.until_s += 86_400 * i64::from(day - today);
            let grant = issued(&**store, new).await;
            store.cancel(grant.pass, resident(1), super::DAY).await.unwrap();
        }
        let census = store.census(START_S).await.unwrap();
        assert_eq!((census.residents, census.passes, census.live), (2, 4, 4));
        let expected = [(today, Purpose::Groceries, 1), (today, Purpose::Pet, 2), (today + 1, Purpose::Pet, 1)];
        assert_eq!(store.issued_daily().await.unwrap(), expected);
        let tomorrow = store.census(START_S + 86_400).await.unwrap();
        assert_eq!((tomorrow.passes, tomorrow.live), (4, 1));
    })
    .await;
}
