//! The simulator: making a population, and days of a region.

use std::fmt::Debug;
use std::fs::File;
use std::hint::black_box;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use demand::Calendar;
use passes::{Policy, Purpose, PurposeRule};
use sim::{Model, Options, Place, Population, Region, Settings, Shard, read_places, shrink_places};

/// A tenth of Nizhny Novgorod oblast: the cost of a resident-day is that of the whole.
const RESIDENTS: u32 = 320_000;
const OBLAST: u32 = 3_202_946;

/// A local date or time.
fn moment<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a well-formed constant")
}

fn places() -> Vec<Place> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/places/nizhny-novgorod-oblast.csv");
    let all = read_places(File::open(path).expect("the places of the oblast")).expect("a well-formed table");
    shrink_places(&all, OBLAST, RESIDENTS)
}

/// The launch of April 2020: passes for errands and work, none near home, no strolls.
fn policy() -> Policy {
    let errands = [Purpose::Groceries, Purpose::Pharmacy, Purpose::Doctor];
    let near_home = [Purpose::Pet, Purpose::Rubbish].map(|purpose| (purpose, PurposeRule::free()));
    let purposes = errands.map(|purpose| (purpose, PurposeRule::lasting(180)));
    let purposes = purposes.into_iter().chain(near_home).chain([(Purpose::Work, PurposeRule::lasting(720))]);
    Policy::new(moment("2020-04-02T12:00"), moment("2020-06-12T00:00"), purposes.collect())
}

fn region(c: &mut Criterion) {
    let mut group = c.benchmark_group("sim");
    group.sample_size(10);
    let settings = Settings::new(Region { places: "oblast.csv".into(), residents: RESIDENTS });
    let (places, policy) = (places(), policy());
    group.throughput(Throughput::Elements(u64::from(RESIDENTS)));
    group.bench_function("population_320k", |b| {
        b.iter(|| Population::synthesise(black_box(&settings), &places, 1));
    });

    // The first days are those of registering; the difference to the first three is what an ordinary day costs.
    for (days, threads) in [(3, 1), (23, 1), (23, 2)] {
        let calendar = Calendar { start: moment("2020-04-02"), days, utc_offset_min: 180 };
        let model =
            Model { settings: &settings, places: &places, calendar, policy: &policy, curve: None, seed: 20_200_402 };
        group.throughput(Throughput::Elements(u64::from(RESIDENTS) * u64::from(days)));
        group.bench_function(format!("{days}_days_320k_{threads}_threads"), |b| {
            let stop = AtomicBool::new(false);
            let options = Options { threads, shard: Shard::WHOLE, stop: &stop, progress: &|_| () };
            b.iter(|| sim::simulate(black_box(&model), &options, &mut ()));
        });
    }
    group.finish();
}

criterion_group!(benches, region);
criterion_main!(benches);
