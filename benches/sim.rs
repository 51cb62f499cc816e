//! The simulator: making a population, and days of a region.

use std::fmt::Debug;
use std::hint::black_box;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use demand::Calendar;
use passes::{Policy, Purpose, PurposeRule};
use sim::{Model, Options, Place, Population, Region, Settings, Shard};

const RESIDENTS: u32 = 100_000;

/// A local date or time.
fn moment<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a well-formed constant")
}

fn town() -> Vec<Place> {
    vec![Place {
        geonames_id: Some(520_555),
        name: "Nizhniy Novgorod".into(),
        latitude_deg: 56.328_67,
        longitude_deg: 44.002_05,
        residents: RESIDENTS,
    }]
}

/// A pass for everything but strolls, from the first midnight on.
fn policy() -> Policy {
    let purposes = Purpose::ALL.into_iter().filter(|purpose| *purpose != Purpose::Other);
    let purposes = purposes.map(|purpose| (purpose, PurposeRule::lasting(180))).collect();
    Policy::new(moment("2020-04-02T00:00"), moment("2020-06-12T00:00"), purposes)
}

fn region(c: &mut Criterion) {
    let mut group = c.benchmark_group("sim");
    let settings = Settings::new(Region { places: "town.csv".into(), residents: RESIDENTS });
    let (places, policy) = (town(), policy());
    group.throughput(Throughput::Elements(u64::from(RESIDENTS)));
    group.bench_function("population_100k", |b| {
        b.iter(|| Population::synthesise(black_box(&settings), &places, 1));
    });

    let days = 3;
    let calendar = Calendar { start: moment("2020-04-02"), days, utc_offset_min: 180 };
    let model = Model { settings: &settings, places: &places, calendar, policy: &policy, curve: None, seed: 1 };
    group.throughput(Throughput::Elements(u64::from(RESIDENTS) * u64::from(days)));
    for threads in [1, 2] {
        group.bench_function(format!("launch_100k_{threads}_threads"), |b| {
            let stop = AtomicBool::new(false);
            let options = Options { threads, shard: Shard::WHOLE, stop: &stop, progress: &|_| () };
            b.iter(|| sim::simulate(black_box(&model), &options, &mut ()));
        });
    }
    group.finish();
}

criterion_group!(benches, region);
criterion_main!(benches);
