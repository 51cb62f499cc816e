//! What people read: trips written to disk, every column of them, and the page.

mod common;
mod region;

use std::fmt::Debug;
use std::hint::black_box;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;

use common::Criterion;
use criterion::{Throughput, criterion_group, criterion_main};
use demand::Calendar;
use passes::{Policy, Purpose, PurposeRule};
use report::{Bulk, BulkWriter, Format, RunFolder, write_page};
use sim::{DayRecords, Model, Observer, Options, Place, Quarters, Region, Settings, Shard, Trip, Trips, Wants};

const RESIDENTS: u32 = 600_000;
const TOWNS: u32 = 60;

/// A date.
fn moment<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a well-formed constant")
}

/// Towns of one size, a walk of a day apart.
fn towns() -> Vec<Place> {
    let town = |number: u32| Place {
        geonames_id: Some(number),
        name: format!("Town {number}"),
        latitude_deg: 56.0 + 0.2 * f64::from(number % 8),
        longitude_deg: 44.0 + 0.3 * f64::from(number / 8),
        residents: RESIDENTS / TOWNS,
    };
    (0..TOWNS).map(town).collect()
}

/// Keeps the trips of a day.
#[derive(Default)]
struct Keeper(Vec<Trip>);

impl Observer for Keeper {
    fn wants(&self) -> Wants {
        Wants { trips: true, ..Wants::NOTHING }
    }

    fn day(&mut self, day: &DayRecords<'_>) -> std::io::Result<()> {
        self.0.extend(day.trips.iter());
        Ok(())
    }
}

/// The trips of one day of a region under a policy.
fn trips() -> Vec<Trip> {
    let settings = Settings::new(Region { places: "towns.csv".into(), residents: RESIDENTS });
    let purposes = Purpose::ALL.map(|purpose| (purpose, PurposeRule::lasting(180))).into();
    let policy = Policy::new(moment("2020-04-02T00:00"), moment("2020-06-12T00:00"), purposes);
    let calendar = Calendar { start: moment("2020-04-02"), days: 1, utc_offset_min: 180 };
    let model = Model { settings: &settings, places: &towns(), calendar, policy: &policy, curve: None, seed: 1 };
    let options = Options { threads: 0, shard: Shard::WHOLE, stop: &AtomicBool::new(false), progress: &|_| () };
    let mut keeper = Keeper::default();
    sim::simulate(&model, &options, &mut keeper).expect("a sound scenario");
    keeper.0
}

/// Writes `day` to `folder`; returns the size of the table of trips.
fn write(day: &DayRecords<'_>, format: Format, threads: usize, folder: &std::path::Path) -> u64 {
    let folder = RunFolder::create(folder).expect("a folder to write to");
    let mut writer = BulkWriter::create(&folder, &Bulk::all(format), &[], threads).expect("room for the tables");
    writer.day(black_box(day)).expect("room for a day");
    writer.finish().expect("room for the rest");
    let table = folder.tables().join("trips").with_extension(format.name());
    table.metadata().map_or(0, |file| file.len())
}

fn tables(c: &mut Criterion) {
    let trips = trips();
    let number = trips.len() as u64;
    let nobody = vec![0; Quarters::PER_DAY];
    let day = DayRecords {
        day: 0,
        trips: Trips::new(&trips),
        passes: &[],
        checks: &[],
        requests: &[],
        quarters: Quarters::new(&nobody, &nobody, 1),
        gates: &[],
    };
    let folder = tempfile::tempdir().expect("a folder to write to");
    let mut group = c.benchmark_group("report");
    group.throughput(Throughput::Elements(number));
    for format in [Format::Csv, Format::Parquet] {
        let bytes = write(&day, format, 1, &folder.path().join("run"));
        let name = format!("trips_{}_{:.2}_bytes_each", format.name(), bytes as f64 / number as f64);
        for threads in [1, 2] {
            group.bench_function(format!("{name}/{threads}_threads"), |b| {
                b.iter(|| write(&day, format, threads, &folder.path().join("run")));
            });
        }
    }
    group.finish();
}

/// The page of a simulation, with its pictures as SVG and PNG.
fn page(c: &mut Criterion) {
    let (folder, run) = region::written_run(32_000);
    let runs = [run];
    c.bench_function("report/page", |b| {
        b.iter(|| write_page(black_box(&runs), &folder.path().join("page")).expect("room for the page"));
    });
}

criterion_group! {
    name = tables_of_trips;
    config = common::slow("report/trips");
    targets = tables
}
criterion_group! {
    name = pages;
    config = common::slow("report/page");
    targets = page
}
criterion_main!(tables_of_trips, pages);
