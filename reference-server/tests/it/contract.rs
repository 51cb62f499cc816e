//! One list of laws for every store.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use passes::{Channel, Grant, Limit, PassId, PurposeSet, QuotaWindow, ResidentId};
use passes::{Purpose, Window};
use reference_server::StoreKind;
use reference_server::store::{
    Act, Acted, Asked, Issuance, KeyDigest, NewPass, NewResident, Proposal, ProposalId, Store, StoreError,
};

use crate::cluster::Cluster;
use crate::support::{START_S, embedded};

mod acting;
mod alike;
mod counting;
mod embedded;
mod ending;
mod issuing;
mod postgres;
mod purging;
mod racing;
mod registering;

/// A store and the doors to it: several where several processes may use it at once.
pub(crate) struct Doors(Vec<Arc<dyn Store>>);

impl Doors {
    /// A door, another for each number as far as there are.
    fn door(&self, number: usize) -> Arc<dyn Store> {
        Arc::clone(&self.0[number % self.0.len()])
    }
}

impl Deref for Doors {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.0[0]
    }
}

/// Runs a law on a new store of every kind.
async fn on_every_store<F: Future<Output = ()>>(law: impl Fn(Arc<Doors>) -> F) {
    let dir = tempfile::tempdir().unwrap();
    let mut kinds = vec![(StoreKind::Memory, 1), (embedded(dir.path()), 1)];
    kinds.extend(Cluster::shared().map(|cluster| (cluster.store(), 2)));
    for (kind, doors) in kinds {
        let doors = (0..doors).map(|_| kind.open(1_024).unwrap().store.into());
        let doors = Arc::new(Doors(doors.collect()));
        law(Arc::clone(&doors)).await;
        for store in &doors.0 {
            store.close().await.unwrap();
            assert!(matches!(store.register(Vec::new()).await, Err(StoreError::Closed)), "{kind:?} is closed");
        }
    }
}

/// The local day of [`START_S`], in days since 1970.
const DAY: i32 = 18_355;

/// Revokes passes as two administrators do; how many were not revoked before.
async fn revoke(store: &dyn Store, passes: Vec<PassId>, at_s: i64) -> u64 {
    static PROPOSALS: AtomicU64 = AtomicU64::new(0);
    let id = ProposalId(PROPOSALS.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    let proposal = proposal(id, "one", passes, at_s);
    assert_eq!(store.act(Act::Propose(proposal)).await.unwrap(), Acted::Done);
    match store.act(Act::Approve { id, by: "another".into(), at_s, day: DAY }).await.unwrap() {
        Acted::Revoked { passes } => passes,
        other => panic!("{other:?}"),
    }
}

/// A proposal that lapses after a day.
fn proposal(id: ProposalId, by: &str, passes: Vec<PassId>, at_s: i64) -> Proposal {
    let (reason, lapses_s) = ("a law".into(), at_s + 86_400);
    Proposal { id, passes, reason, by: by.into(), proposed_s: at_s, lapses_s, approved: false }
}

const fn resident(number: u8) -> ResidentId {
    ResidentId::from_bytes([number; 16])
}

fn registration(number: u8, key: Option<&str>) -> NewResident {
    let key = key.map(KeyDigest::of);
    NewResident { resident: resident(number), registered_s: START_S, channel: Channel::App, key }
}

/// A pass for the resident's groceries with a quota of two passes that start today, asked for with the key `number`.
fn pass(holder: u8, number: u8) -> NewPass {
    NewPass {
        resident: resident(holder),
        purpose: Purpose::Groceries,
        window: Window { from_s: START_S, until_s: START_S + 3_600 },
        issued_s: START_S,
        day: DAY,
        random: [number; 12],
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

/// A pass that nothing speaks against.
fn unlimited(holder: u8, number: u8) -> NewPass {
    NewPass { quotas: Vec::new(), at_most: usize::MAX, ..pass(holder, number) }
}

/// Issues `new`, which nothing speaks against.
async fn issued(store: &dyn Store, new: NewPass) -> Grant {
    match store.issue(new).await.unwrap() {
        Issuance::Issued(grant) => grant,
        other => panic!("{other:?}"),
    }
}
