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
const MOSCOW: u32 = 12_700_000;
/// Takes 4 GB of memory and minutes, so it runs only when `LOCKGATE_BENCH_RUSSIA` is set.
const RUSSIA: u32 = 146_000_000;

/// A local date or time.
fn moment<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a well-formed constant")
}

/// The oblast made smaller or larger, every place in proportion.
fn places(residents: u32) -> Vec<Place> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/places/nizhny-novgorod-oblast.csv");
    let all = read_places(File::open(path).expect("the places of the oblast")).expect("a well-formed table");
    shrink_places(&all, OBLAST, residents)
}

/// The launch of April 2020: passes for errands and work, none near home, no strolls.
fn policy() -> Policy {
    let errands = [Purpose::Groceries, Purpose::Pharmacy, Purpose::Doctor];
    let near_home = [Purpose::Pet, Purpose::Rubbish].map(|purpose| (purpose, PurposeRule::free()));
    let purposes = errands.map(|purpose| (purpose, PurposeRule::lasting(180)));
    let purposes = purposes.into_iter().chain(near_home).chain([(Purpose::Work, PurposeRule::lasting(720))]);
    Policy::new(moment("2020-04-02T12:00"), moment("2020-06-12T00:00"), purposes.collect())
}

/// The days from the launch on, in a region of so many residents.
fn days(c: &mut Criterion, name: &str, residents: u32, days: u16, threads: usize) {
    let settings = Settings::new(Region { places: "oblast.csv".into(), residents });
    let (places, policy) = (places(residents), policy());
    let calendar = Calendar { start: moment("2020-04-02"), days, utc_offset_min: 180 };
    let model =
        Model { settings: &settings, places: &places, calendar, policy: &policy, curve: None, seed: 20_200_402 };
    let mut group = c.benchmark_group("sim");
    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::from(residents) * u64::from(days)));
    group.bench_function(name, |b| {
        let stop = AtomicBool::new(false);
        let options = Options { threads, shard: Shard::WHOLE, stop: &stop, progress: &|_| () };
        b.iter(|| sim::simulate(black_box(&model), &options, &mut ()));
    });
    group.finish();
}

fn population(c: &mut Criterion) {
    let settings = Settings::new(Region { places: "oblast.csv".into(), residents: RESIDENTS });
    let places = places(RESIDENTS);
    let mut group = c.benchmark_group("sim");
    group.throughput(Throughput::Elements(u64::from(RESIDENTS)));
    group.bench_function("population_320k", |b| {
        b.iter(|| Population::synthesise(black_box(&settings), &places, 1));
    });
    group.finish();
}

/// The first days are those of registering; the difference to the first three is what an ordinary day costs.
fn ordinary(c: &mut Criterion) {
    days(c, "3_days_320k_1_threads", RESIDENTS, 3, 1);
    days(c, "23_days_320k_1_threads", RESIDENTS, 23, 1);
    days(c, "23_days_320k_2_threads", RESIDENTS, 23, 2);
}

/// What a resident-day costs must not grow with the region.
fn scaling(c: &mut Criterion) {
    days(c, "3_days_3.2M_1_threads", OBLAST, 3, 1);
    days(c, "3_days_12.7M_1_threads", MOSCOW, 3, 1);
    if std::env::var_os("LOCKGATE_BENCH_RUSSIA").is_some() {
        days(c, "3_days_146M_1_threads", RUSSIA, 3, 1);
    }
}

criterion_group!(benches, population, ordinary, scaling);
criterion_main!(benches);
