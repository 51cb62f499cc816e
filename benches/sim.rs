//! The simulator: making a population, and days of a region.

mod common;
mod region;

use std::hint::black_box;

use common::Criterion;
use criterion::{BenchmarkId, Throughput, criterion_group, criterion_main};
use region::{OBLAST, Oblast, launch, no_policy};
use report::Format;
use sim::Population;

/// A tenth of the oblast: the cost of a resident-day is that of the whole.
const TENTH: u32 = 320_000;
const MOSCOW: u32 = 12_700_000;
/// Takes 3 GB of memory and minutes, so it runs only when `LOCKGATE_BENCH_RUSSIA` is set.
const RUSSIA: u32 = 146_000_000;

fn population(c: &mut Criterion) {
    let oblast = Oblast::new(TENTH, 1, launch());
    let mut group = c.benchmark_group("sim");
    group.throughput(Throughput::Elements(u64::from(TENTH)));
    group.bench_function("population_320k", |b| {
        b.iter(|| Population::synthesise(black_box(&oblast.settings), &oblast.places, 1));
    });
    group.finish();
}

/// Lives the days and writes nothing.
fn days(c: &mut Criterion, group: &str, name: BenchmarkId, oblast: &Oblast, threads: usize) {
    let mut group = c.benchmark_group(group);
    group.throughput(Throughput::Elements(oblast.resident_days()));
    group.bench_function(name, |b| b.iter(|| black_box(oblast).simulate(threads, &mut ())));
    group.finish();
}

/// Three days, the launch among them, on one thread.
fn launches(c: &mut Criterion) {
    for residents in [100_000, 1_000_000, OBLAST] {
        for (name, policy) in [("policy", launch()), ("no_policy", no_policy())] {
            let oblast = Oblast::new(residents, 3, policy);
            days(c, "sim/3_days", BenchmarkId::new(name, residents), &oblast, 1);
        }
        written(c, residents);
    }
}

/// The same days with every trip written.
fn written(c: &mut Criterion, residents: u32) {
    let oblast = Oblast::new(residents, 3, launch());
    let folder = tempfile::tempdir().expect("a folder to write to");
    let mut group = c.benchmark_group("sim/3_days");
    group.throughput(Throughput::Elements(oblast.resident_days()));
    group.bench_function(BenchmarkId::new("policy_trips_as_parquet", residents), |b| {
        b.iter(|| black_box(&oblast).write_trips(Format::Parquet, &folder.path().join("run")));
    });
    group.finish();
}

/// The first days are those of registering; the difference to the first three is what an ordinary day costs.
fn ordinary(c: &mut Criterion) {
    let oblast = Oblast::new(TENTH, 23, launch());
    for threads in [1, 2] {
        days(c, "sim/23_days_320k", BenchmarkId::new("threads", threads), &oblast, threads);
    }
}

/// What a resident-day costs must not grow with the region: the group that `summary` draws a slope through.
fn scaling(c: &mut Criterion) {
    let russia = std::env::var_os("LOCKGATE_BENCH_RUSSIA").map(|_| RUSSIA);
    for residents in [100_000, 1_000_000, OBLAST, MOSCOW].into_iter().chain(russia) {
        let oblast = Oblast::new(residents, 1, launch());
        days(c, "scaling/resident_day", BenchmarkId::new("residents", residents), &oblast, 1);
    }
}

criterion_group! {
    name = quick;
    config = common::quick("sim/population");
    targets = population
}
criterion_group! {
    name = slow;
    config = common::slow("sim/");
    targets = launches, ordinary, scaling
}
criterion_main!(quick, slow);
