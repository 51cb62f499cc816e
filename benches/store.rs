//! The stores behind the server: issuing in groups and looking up.

use std::collections::BTreeMap;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use passes::Channel;
use passes::wire::PassRequest;
use passes::{Grant, PassId, Purpose, ResidentId, Window};
use reference_server::store::{Asked, KeyDigest, NewPass, NewResident, Opened};
use reference_server::{Store, StoreKind};
use tokio::runtime::Runtime;

const NOW_S: i64 = 1_585_900_000;
/// Residents the store knows; small enough to be set up in a second.
const RESIDENTS: u64 = 20_000;

fn resident(number: u64) -> ResidentId {
    // Spread like the digests that name real residents.
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ResidentId::from_bytes((u128::from(mixed) << 64 | u128::from(number)).to_be_bytes())
}

fn pass(number: u64) -> NewPass {
    let request = PassRequest { purpose: Purpose::Groceries, valid_from_s: None, duration_s: None, blinded: None };
    let mut random = [0; 12];
    random[..8].copy_from_slice(&number.to_be_bytes());
    let window = Window { from_s: NOW_S, until_s: NOW_S + 10_800 };
    NewPass {
        resident: resident(number % RESIDENTS),
        grant: Grant {
            pass: PassId::new(NOW_S + (number / 1_000) as i64, random),
            purpose: Purpose::Groceries,
            window,
        },
        asked: Asked::new(KeyDigest::of(&number.to_string()), &request),
        quotas: Vec::new(),
        since_s: NOW_S - 86_400,
        at_most: usize::MAX,
    }
}

async fn fill(store: &dyn Store) {
    for first in (0..RESIDENTS).step_by(1_000) {
        let new =
            |number| NewResident { resident: resident(number), registered_s: NOW_S, channel: Channel::Web, key: None };
        let known = store.register((first..first + 1_000).map(new).collect()).await;
        assert_eq!(known.map(|known| known.len()).ok(), Some(1_000));
    }
}

/// Issues passes, so many at once that they share commits.
async fn issue_together(store: &dyn Store, passes: Vec<NewPass>) {
    let mut answers: Vec<_> = passes.into_iter().map(|pass| store.issue(pass)).collect();
    // Each is polled once before any is waited for, so all stand in the writer's queue together.
    std::future::poll_fn(|context| {
        answers.retain_mut(|answer| answer.as_mut().poll(context).is_pending());
        if answers.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

fn stores(criterion: &mut Criterion) {
    let Ok(runtime) = Runtime::new() else { return };
    let folder = tempfile::tempdir().map(|folder| folder.keep());
    let Ok(folder) = folder else { return };
    let kinds =
        BTreeMap::from([("embedded", StoreKind::Embedded { dir: folder.clone() }), ("memory", StoreKind::Memory)]);
    let mut group = criterion.benchmark_group("store");
    for (name, kind) in kinds {
        let Ok(Opened { store, .. }) = kind.open(1_024) else { continue };
        runtime.block_on(fill(&*store));
        let mut number = 0;
        for together in [1, 256] {
            group.throughput(Throughput::Elements(together));
            group.bench_function(format!("{name}/issue/{together}_together"), |bench| {
                bench.iter_batched(
                    || {
                        number += together;
                        (number - together..number).map(pass).collect::<Vec<_>>()
                    },
                    |passes| runtime.block_on(issue_together(&*store, passes)),
                    BatchSize::SmallInput,
                );
            });
        }
        group.throughput(Throughput::Elements(1));
        let issued = pass(0).grant.pass;
        group.bench_function(format!("{name}/find"), |bench| {
            bench.iter(|| runtime.block_on(store.find(issued)));
        });
        let _ = runtime.block_on(store.close());
    }
    group.finish();
    let _ = std::fs::remove_dir_all(folder);
}

criterion_group!(benches, stores);
criterion_main!(benches);
