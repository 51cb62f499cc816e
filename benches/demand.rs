//! The trace between simulator and load generator: put together from its parts, written, read.

mod common;

use std::hint::black_box;

use common::Criterion;
use criterion::{BatchSize, Throughput, criterion_group, criterion_main};
use demand::{RateSeries, Request, RequestKind, SimTime, Trace, read_csv, write_csv};
use passes::Purpose;

/// What the cells of a region ask, each in its own order of time.
const CELLS: u32 = 500;
const REQUESTS_PER_CELL: u32 = 400;

/// The requests of a day, cell after cell.
fn cells() -> Vec<Request> {
    let request = |cell: u32, number: u32| Request {
        at: SimTime::from_ms((number * 86_400_000 / REQUESTS_PER_CELL + cell * 7_919 % 86_400) as u64),
        kind: RequestKind::Issue,
        resident: cell * 2_500 + number,
        place: (cell % 60) as u16,
        purpose: Some(Purpose::Groceries),
    };
    (0..CELLS).flat_map(|cell| (0..REQUESTS_PER_CELL).map(move |number| request(cell, number))).collect()
}

fn trace(criterion: &mut Criterion) {
    let cells = cells();
    let mut group = criterion.benchmark_group("trace");
    group.throughput(Throughput::Elements(cells.len() as u64));
    group.bench_function("merge", |bench| bench.iter_batched(|| cells.clone(), Trace::new, BatchSize::LargeInput));
    let trace = Trace::new(cells);
    group.bench_function("by_minute", |bench| bench.iter(|| RateSeries::new(black_box(&trace).requests())));
    group.bench_function("write_csv", |bench| {
        bench.iter(|| {
            let mut text = Vec::new();
            write_csv(black_box(&trace), &mut text).expect("memory takes it");
            text
        });
    });
    let mut text = Vec::new();
    write_csv(&trace, &mut text).expect("memory takes it");
    group.bench_function("read_csv", |bench| bench.iter(|| read_csv(black_box(text.as_slice())).expect("a trace")));
    group.finish();
}

criterion_group! {
    name = benches;
    config = common::quick("trace/");
    targets = trace
}
criterion_main!(benches);
