//! Whatever is done to them, all stores answer alike.

use std::sync::OnceLock;

use passes::{Grant, Limit, PassId};
use proptest::prelude::*;
use reference_server::StoreKind;
use reference_server::store::{Asked, Issuance, KeptPass, Purge, Store, TokenDigest};

use super::{pass, registration, resident};
use crate::cluster::Cluster;
use crate::support::{START_S, embedded};

/// One thing done to a store; passes are named by their place in the order of issue.
#[derive(Clone, Debug)]
enum Act {
    Register { number: u8, with_key: bool },
    Issue { holder: u8, key: u8, request: u8, later_s: i64, limit: Limit },
    Cancel { holder: u8, place: usize },
    Revoke { places: Vec<usize> },
    Spend { token: u8, later_s: i64 },
    Find { place: usize },
    CheckIn { number: u8, later_s: i64 },
    LatestCheckIn { number: u8 },
    Replay { holder: u8, key: u8, since_s: i64 },
    Purge { later_s: i64, residents: bool },
    Count { later_s: i64 },
}

const LONGEST: usize = 40;
/// Passes last so long, and purges look so far back, that some are over and some are not.
const LONGEST_S: i64 = 4;

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let (holder, key, request, place) = (0..3_u8, 0..6_u8, 0..2_u8, 0..LONGEST / 4);
    let later_s = 0..LONGEST_S;
    let register = (holder.clone(), any::<bool>()).prop_map(|(number, with_key)| Act::Register { number, with_key });
    let limit = prop_oneof![Just(Limit::Passes(2)), Just(Limit::Minutes(119)), Just(Limit::Minutes(180))];
    let issue = (holder.clone(), key.clone(), request, later_s.clone(), limit)
        .prop_map(|(holder, key, request, later_s, limit)| Act::Issue { holder, key, request, later_s, limit });
    let cancel = (holder.clone(), place.clone()).prop_map(|(holder, place)| Act::Cancel { holder, place });
    let revoke = prop::collection::vec(place.clone(), 0..4).prop_map(|places| Act::Revoke { places });
    let spend = (0..3_u8, later_s.clone()).prop_map(|(token, later_s)| Act::Spend { token, later_s });
    let find = place.prop_map(|place| Act::Find { place });
    let check_in = (holder.clone(), later_s.clone()).prop_map(|(number, later_s)| Act::CheckIn { number, later_s });
    let latest_check_in = holder.clone().prop_map(|number| Act::LatestCheckIn { number });
    let replay = (holder, key, -1..LONGEST_S).prop_map(|(holder, key, since_s)| Act::Replay { holder, key, since_s });
    let purge = (later_s.clone(), any::<bool>()).prop_map(|(later_s, residents)| Act::Purge { later_s, residents });
    let count = later_s.prop_map(|later_s| Act::Count { later_s });
    prop::collection::vec(
        prop_oneof![
            2 => register, 8 => issue, 2 => cancel, 1 => revoke, 2 => spend, 2 => find, 2 => check_in, 2 => latest_check_in,
            2 => replay, 1 => purge, 1 => count
        ],
        1..LONGEST,
    )
}

/// A store, and the names that it gave, in their order. Other stores give other names.
struct Told<'a> {
    store: &'a dyn Store,
    names: Vec<PassId>,
}

impl Told<'_> {
    /// Does `act` and tells the answer in words, so that answers of all kinds compare.
    async fn tell(&mut self, act: &Act) -> String {
        let store = self.store;
        match *act {
            Act::Register { number, with_key } => {
                let new = registration(number, with_key.then_some("key"));
                format!("{:?}", store.register(vec![new]).await.unwrap())
            }
            Act::Issue { holder, key, request, later_s, limit } => {
                let mut new = pass(holder, key);
                new.quotas[0].limit = limit;
                new.window.from_s += later_s;
                new.issued_s += self.names.len() as i64;
                new.asked.request = [request; 16];
                let issuance = store.issue(new).await.unwrap();
                self.issuance(issuance)
            }
            Act::Cancel { holder, place } => {
                format!("{:?}", store.cancel(self.name(place), resident(holder), super::DAY).await.unwrap())
            }
            Act::Revoke { ref places } => {
                let passes = places.iter().map(|place| self.name(*place)).collect();
                format!("{:?}", super::revoke(store, passes, START_S).await)
            }
            Act::Spend { token, later_s } => {
                format!("{:?}", store.spend(TokenDigest([token; 16]), START_S + later_s).await.unwrap())
            }
            Act::Find { place } => {
                let found = store.find(self.name(place)).await.unwrap();
                found.map_or("nothing".into(), |kept| self.kept(kept))
            }
            Act::CheckIn { number, later_s } => {
                format!("{:?}", store.check_in(resident(number), START_S + later_s).await.unwrap())
            }
            Act::LatestCheckIn { number } => format!("{:?}", store.latest_check_in(resident(number)).await.unwrap()),
            Act::Replay { holder, key, since_s } => {
                let asked = Asked { request: [0; 16], ..pass(holder, key).asked };
                let before = store.replay(resident(holder), asked, START_S + since_s).await.unwrap();
                before.map_or("nothing".into(), |issuance| self.issuance(issuance))
            }
            Act::Purge { later_s, residents } => {
                let before_s = START_S + later_s;
                let residents_before_s = residents.then_some(before_s);
                // Passes end an hour after their start.
                let purge = Purge { ended_before_s: before_s + 3_600, residents_before_s };
                format!("{:?}", store.purge(purge).await.unwrap())
            }
            Act::Count { later_s } => {
                let census = store.census(START_S + later_s).await.unwrap();
                let issued = store.issued_daily().await.unwrap();
                let withdrawn = store.withdrawn(START_S + later_s).await.unwrap();
                let revoked: Vec<bool> = withdrawn.iter().map(|withdrawn| withdrawn.revoked).collect();
                format!("{:?} {issued:?} {revoked:?}", (census.residents, census.passes, census.live))
            }
        }
    }

    fn name(&self, place: usize) -> PassId {
        self.names.get(place).copied().unwrap_or(PassId::from_bytes([3; 16]))
    }

    fn issuance(&mut self, issuance: Issuance) -> String {
        match issuance {
            Issuance::Issued(grant) => {
                assert!(!self.names.contains(&grant.pass), "a name was given twice");
                self.names.push(grant.pass);
                format!("issued {}", self.grant(grant))
            }
            Issuance::Replayed(grant) => format!("replayed {}", self.grant(grant)),
            other => format!("{other:?}"),
        }
    }

    fn grant(&self, grant: Grant) -> String {
        let place = self.names.iter().position(|name| *name == grant.pass);
        format!("{place:?} {:?} {:?}", grant.purpose, grant.window)
    }

    fn kept(&self, kept: KeptPass) -> String {
        let KeptPass { grant, resident, cancelled, revoked_s } = kept;
        format!("{} {resident} {cancelled} {revoked_s:?}", self.grant(grant))
    }
}

/// The same database each time, as if it were new: to make one takes longer than to use it.
fn emptied_database() -> Option<StoreKind> {
    static MADE: OnceLock<StoreKind> = OnceLock::new();
    let cluster = Cluster::shared()?;
    let kind = MADE.get_or_init(|| cluster.store());
    let tables = ["residents", "passes", "spent", "checks", "issued", "totals", "proposals", "audit", "ended"];
    cluster.say(kind, &format!("TRUNCATE lockgate.{}", tables.join(", lockgate.")));
    Some(kind.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn all_stores_answer_alike(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut kinds = vec![StoreKind::Memory, embedded(dir.path())];
        kinds.extend(emptied_database());
        let stores: Vec<_> = kinds.iter().map(|kind| kind.open(64).unwrap().store).collect();
        let mut told: Vec<_> = stores.iter().map(|store| Told { store: &**store, names: Vec::new() }).collect();
        runtime.block_on(async {
            for act in &acts {
                let mut answers = Vec::new();
                for store in &mut told {
                    answers.push(store.tell(act).await);
                }
                prop_assert!(answers.iter().all(|answer| *answer == answers[0]), "{:?}: {:?}", act, answers);
            }
            for store in &stores {
                store.close().await.unwrap();
            }
            Ok(())
        })?;
    }
}
