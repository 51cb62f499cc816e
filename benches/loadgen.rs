//! The sending path: schedule, request, answer, record, merge.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use loadgen::workbench::{Workbench, histogram, merge};
use loadgen::{ArrivalProcess, Arrivals, Kind, Target};

/// Arrivals taken from a schedule in one go.
const ARRIVALS: u64 = 10_000;

fn schedule(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("schedule");
    group.throughput(Throughput::Elements(ARRIVALS));
    for (name, arrivals) in [
        ("constant", Arrivals::Constant { rate_per_s: 20_000.0 }),
        ("poisson", Arrivals::Poisson { rate_per_s: 20_000.0 }),
    ] {
        group.bench_function(name, |bencher| {
            let mut process: Box<dyn ArrivalProcess> = arrivals.build(1);
            bencher.iter(|| (0..ARRIVALS).map(|_| process.next_ns()).last());
        });
    }
    group.finish();
}

fn request(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("request");
    let mut bench = workbench();
    for kind in [Kind::Issue, Kind::Verify] {
        group.bench_function(kind.name(), |bencher| bencher.iter(|| bench.build_request(black_box(kind))));
    }
    group.finish();
}

fn answer(criterion: &mut Criterion) {
    let mut bench = workbench();
    criterion.bench_function("answer/issue", |bencher| bencher.iter(|| bench.read_answer()));
}

fn record(criterion: &mut Criterion) {
    let mut bench = workbench();
    criterion.bench_function("record/one request", |bencher| bencher.iter(|| bench.record()));
    let (mut mine, theirs) = (histogram(100_000), histogram(100_000));
    criterion
        .bench_function("record/merge two threads", |bencher| bencher.iter(|| merge(&mut mine, black_box(&theirs))));
}

fn workbench() -> Workbench {
    // Nothing is sent there.
    Workbench::new(&Target::parse("http://127.0.0.1:1", &[]).expect("a loopback address is a target"))
}

criterion_group!(benches, schedule, request, answer, record);
criterion_main!(benches);
