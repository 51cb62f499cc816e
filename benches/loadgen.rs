//! The sending path: schedule, request, answer, record, merge.

mod common;

use std::hint::black_box;
use std::sync::Arc;

use common::Criterion;
use criterion::{Throughput, criterion_group, criterion_main};
use loadgen::workbench::{Workbench, histogram, merge};
use loadgen::{ArrivalProcess, Arrivals, Kind, RatePoint, Spacing, Target};

/// Arrivals taken from a schedule in one go.
const ARRIVALS: u64 = 10_000;

/// One of each kind of arrival process, at some 20,000 a second.
fn processes() -> [(&'static str, Arrivals); 7] {
    let rate_per_s = 20_000.0;
    let spacing = Spacing::Poisson;
    let points = [(0.0, 1_000.0), (10.0, 30_000.0), (60.0, 20_000.0)];
    let points = points.map(|(at_s, rate_per_s)| RatePoint { at_s, rate_per_s }).into();
    let recorded: Arc<[u64]> = (0..100 * ARRIVALS).map(|number| number * 50_000).collect();
    let burst = Arrivals::Burst { base_per_s: 10_000.0, burst_per_s: 100_000.0, burst_s: 1.0, every_s: 10.0, spacing };
    [
        ("constant", Arrivals::Constant { rate_per_s }),
        ("poisson", Arrivals::Poisson { rate_per_s }),
        ("curve", Arrivals::Curve { points, spacing }),
        ("ramp", Arrivals::Ramp { from_per_s: 1_000.0, to_per_s: rate_per_s, over_s: 60.0, spacing }),
        ("steps", Arrivals::Steps { rates_per_s: vec![5_000.0, 20_000.0], each_s: 10.0, spacing }),
        ("burst", burst),
        ("recorded", Arrivals::Recorded(recorded)),
    ]
}

fn schedule(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("schedule");
    group.throughput(Throughput::Elements(ARRIVALS));
    for (name, arrivals) in processes() {
        group.bench_function(name, |bencher| {
            // Begun anew each time: a recorded one ends.
            bencher.iter(|| {
                let mut process: Box<dyn ArrivalProcess> = arrivals.build(1);
                (0..ARRIVALS).map(|_| process.next_ns()).last()
            });
        });
    }
    group.finish();
}

fn request(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("request");
    group.throughput(Throughput::Elements(1));
    let mut bench = workbench();
    for kind in [Kind::Issue, Kind::Verify] {
        group.bench_function(kind.name(), |bencher| bencher.iter(|| bench.build_request(black_box(kind))));
    }
    group.finish();
}

fn answer(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("answer");
    group.throughput(Throughput::Elements(1));
    let mut bench = workbench();
    group.bench_function("issue", |bencher| bencher.iter(|| bench.read_answer()));
    group.finish();
}

fn record(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Elements(1));
    let mut bench = workbench();
    group.bench_function("one request", |bencher| bencher.iter(|| bench.record()));
    group.finish();
}

fn merged(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("merge");
    group.throughput(Throughput::Elements(1));
    let (mut mine, theirs) = (histogram(100_000), histogram(100_000));
    group.bench_function("two threads", |bencher| bencher.iter(|| merge(&mut mine, black_box(&theirs))));
    group.finish();
}

fn workbench() -> Workbench {
    // Nothing is sent there.
    Workbench::new(&Target::parse("http://127.0.0.1:1", &[]).expect("a loopback address is a target"))
}

criterion_group! {
    name = schedules;
    config = common::quick("schedule/");
    targets = schedule
}
criterion_group! {
    name = requests;
    config = common::quick("request/");
    targets = request, record
}
criterion_group! {
    name = answers;
    config = common::quick("answer/");
    targets = answer
}
criterion_group! {
    name = merges;
    config = common::quick("merge/");
    targets = merged
}
criterion_main!(schedules, requests, answers, merges);
