//! Who registers, and who checks in.

use reference_server::store::Registration;

use super::{on_every_store, registration, resident};
use crate::support::START_S;

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
