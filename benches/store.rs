//! The stores behind the server: issuing alone and in groups, and looking up, from ten thousand to three million rows.
//!
//! PostgreSQL is measured when `BENCH_DATABASE_URL` names an empty database.

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::task::Poll;

use common::Criterion;
use criterion::{BatchSize, BenchmarkId, Throughput, criterion_group, criterion_main};
use passes::wire::PassRequest;
use passes::{Channel, PassId, Purpose, ResidentId, Window};
use reference_server::store::{Asked, Issuance, KeyDigest, NewPass, NewResident, Opened};
use reference_server::{Store, StoreKind};
use tokio::runtime::Runtime;

const NOW_S: i64 = 1_585_900_000;
/// Residents the store knows.
const RESIDENTS: u64 = 200_000;
/// Passes in the store when it is measured.
const ROWS: [u64; 4] = [10_000, 100_000, 1_000_000, 3_000_000];
/// From so many on, passes are also issued alone and in small groups; with fewer only what shows how cost grows.
const MANY: u64 = 1_000_000;
/// Passes issued a second of the store's time: a resident asks every 200 seconds, and a decision looks back a day.
const PER_S: u64 = 1_000;

fn resident(number: u64) -> ResidentId {
    // Spread like the digests that name real residents.
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ResidentId::from_bytes((u128::from(mixed) << 64 | u128::from(mixed.rotate_left(32))).to_be_bytes())
}

fn pass(number: u64) -> NewPass {
    let request = PassRequest { purpose: Purpose::Groceries, valid_from_s: None, duration_s: None, blinded: None };
    let now_s = NOW_S + (number / PER_S) as i64;
    NewPass {
        // Who asks next has nothing to do with who asked before.
        resident: resident(number.wrapping_mul(7_919) % RESIDENTS),
        purpose: Purpose::Groceries,
        window: Window { from_s: now_s, until_s: now_s + 10_800 },
        issued_s: now_s,
        day: (now_s / 86_400) as i32,
        random: std::array::from_fn(|i| (number >> (8 * (i % 8))) as u8),
        asked: Asked::new(KeyDigest::of(&number.to_string()), &request),
        quotas: Vec::new(),
        // Some have one earlier pass in this time, most have none: as on a day with a pass or two each.
        since_s: now_s - 100,
        at_most: usize::MAX,
    }
}

async fn register(store: &dyn Store) {
    for first in (0..RESIDENTS).step_by(1_000) {
        let new =
            |number| NewResident { resident: resident(number), registered_s: NOW_S, channel: Channel::Web, key: None };
        let known = store.register((first..first + 1_000).map(new).collect()).await;
        assert_eq!(known.map(|known| known.len()).ok(), Some(1_000));
    }
}

/// Issues passes, so many at once that they share commits; gives the name of one.
async fn issue_together(store: &dyn Store, passes: Vec<NewPass>) -> Option<PassId> {
    let mut answers: Vec<_> = passes.into_iter().map(|pass| store.issue(pass)).collect();
    let mut issued = None;
    // Each is polled once before any is waited for, so all stand in the writer's queue together.
    std::future::poll_fn(|context| {
        answers.retain_mut(|answer| match answer.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(answer) => {
                assert!(matches!(answer, Ok(Issuance::Issued(_))), "{answer:?}");
                if let Ok(Issuance::Issued(grant)) = answer {
                    issued = Some(grant.pass);
                }
                false
            }
        });
        if answers.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    issued
}

fn kinds(folder: &Path) -> BTreeMap<&'static str, StoreKind> {
    let mut kinds =
        BTreeMap::from([("embedded", StoreKind::Embedded { dir: folder.to_owned() }), ("memory", StoreKind::Memory)]);
    kinds.extend(std::env::var("BENCH_DATABASE_URL").ok().map(|url| ("postgres", StoreKind::Postgres { url })));
    kinds
}

fn stores(criterion: &mut Criterion) {
    let (Ok(runtime), Ok(folder)) = (Runtime::new(), tempfile::tempdir()) else { return };
    for (name, kind) in kinds(folder.path()) {
        let opened = kind.migrate().and_then(|_| kind.open(1_024));
        let Opened { store, .. } = opened.unwrap_or_else(|error| panic!("{name}: {error}"));
        runtime.block_on(register(&*store));
        let (mut number, mut issued) = (0, Vec::new());
        for rows in ROWS {
            while number < rows {
                issued.extend(runtime.block_on(issue_together(&*store, (number..number + 500).map(pass).collect())));
                number += 500;
            }
            let mut group = criterion.benchmark_group(format!("store/{name}"));
            for together in [1, 16, 256].into_iter().filter(|together| rows >= MANY || *together == 256) {
                group.throughput(Throughput::Elements(together));
                group.bench_function(BenchmarkId::new(format!("issue_{together}"), rows), |bench| {
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
            let mut looked_up = issued.iter().cycle();
            group.bench_function(BenchmarkId::new("find", rows), |bench| {
                bench.iter(|| looked_up.next().map(|pass| runtime.block_on(store.find(*pass))));
            });
            group.finish();
        }
        let _ = runtime.block_on(store.close());
    }
}

criterion_group! {
    name = benches;
    config = common::quick("store/");
    targets = stores
}
criterion_main!(benches);
