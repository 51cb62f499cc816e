//! The tables of a real simulation of a small region.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use demand::{Calendar, Trace};
use jiff::civil::{date, datetime};
use passes::{Policy, Purpose, PurposeRule};
use polars::prelude::{DataFrame, ParquetReader, SerReader};
use report::record::{Command, Results};
use report::tables::{self, Table, TableSchema};
use report::{Bulk, BulkTable, BulkWriter, Effort, Format, Run, RunFolder, RunRecord, write_simulation};
use sim::{Model, Observer, Options, Place, Region, Settings, Shard, Simulation, TraceKeeper};

use crate::{fixture, support};

pub(crate) const CALENDAR: Calendar = Calendar { start: date(2020, 4, 2), days: 2, utc_offset_min: 180 };

/// Two days of 20,000 people in one town.
pub(crate) fn simulate(seed: u64, observer: &mut dyn Observer) -> Simulation {
    let settings = Settings::new(Region { places: "towns.csv".into(), residents: 20_000 });
    let town =
        Place { geonames_id: None, name: "Bor".into(), latitude_deg: 56.36, longitude_deg: 44.07, residents: 18_000 };
    let purposes = [Purpose::Groceries, Purpose::Work].map(|purpose| (purpose, PurposeRule::lasting(180))).into();
    let policy = Policy::new(datetime(2020, 4, 2, 12, 0, 0, 0), datetime(2020, 6, 12, 0, 0, 0, 0), purposes);
    let model = Model { settings: &settings, places: &[town], calendar: CALENDAR, policy: &policy, curve: None, seed };
    let options = Options { threads: 1, shard: Shard::WHOLE, stop: &AtomicBool::new(false), progress: &|_| {} };
    sim::simulate(&model, &options, observer).unwrap()
}

/// The same with all its tables, written to `out` on so many threads.
pub(crate) fn simulated(out: &Path, format: Format, threads: usize) -> (PathBuf, Simulation, Trace) {
    simulated_with(&Bulk::all(format), out, threads)
}

fn simulated_with(bulk: &Bulk, out: &Path, threads: usize) -> (PathBuf, Simulation, Trace) {
    let folder = RunFolder::create(out).unwrap();
    let mut writer = BulkWriter::create(&folder, bulk, &[], threads).unwrap();
    let mut keeper = TraceKeeper::default();
    let simulation = simulate(7, &mut (&mut writer, &mut keeper));
    let seen = writer.finish().unwrap();
    let effort = Effort { seconds: 0.5, peak_memory_bytes: 1 << 20 };
    let results = write_simulation(&folder, &simulation, &seen, &CALENDAR, bulk.format, effort).unwrap();
    let heading = fixture::heading(Command::Simulate);
    let results = Results { simulate: Some(results), ..Results::default() };
    folder.write_record(&RunRecord::new(heading, 0.5, results, None)).unwrap();
    (folder.finish().unwrap(), simulation, keeper.into_trace())
}

fn rows_of(schema: &'static TableSchema, run: &Path) -> Table {
    Table::read_csv(schema, &run.join("tables")).unwrap().unwrap()
}

fn parquet(path: &Path) -> DataFrame {
    ParquetReader::new(fs::File::open(path).unwrap()).finish().unwrap()
}

#[test]
fn tables_say_what_the_simulation_said() {
    let folder = tempfile::tempdir().unwrap();
    let (run, simulation, trace) = simulated(&folder.path().join("run"), Format::Csv, 1);
    support::keeps_the_promise(&run);
    support::tables_are_described(&run);
    let sum = |schema, column| rows_of(schema, &run).numbers(column).unwrap().iter().sum::<f64>() as u64;
    assert!(simulation.trips > 0 && simulation.passes > 0 && simulation.checks > 0);
    assert_eq!(rows_of(&tables::TRIPS, &run).rows() as u64, simulation.trips);
    assert_eq!(rows_of(&tables::PASSES, &run).rows() as u64, simulation.passes);
    assert_eq!(rows_of(&tables::CHECKS, &run).rows() as u64, simulation.checks);
    assert_eq!(sum(&tables::DEMAND_BY_MINUTE, "requests"), trace.requests().len() as u64);
    for schema in [&tables::DAYS, &tables::PURPOSES, &tables::PLACES] {
        assert_eq!(sum(schema, "trips"), simulation.trips, "{}", schema.name);
    }
    for (schema, checks) in
        [(&tables::DAYS, "checks"), (&tables::PURPOSES, "checks"), (&tables::PLACES, "checks_there")]
    {
        assert_eq!(sum(schema, checks), simulation.checks, "{}", schema.name);
    }
    let north = rows_of(&tables::PLACES, &run).numbers("latitude_deg").unwrap();
    assert!(north[0].is_nan(), "a place that no gazetteer knows has no position");
    assert!(rows_of(&tables::DEMAND_BY_MINUTE, &run).rows() >= 2 * 1_440 * 4);
    let page = report::write_page(&[Run::open(&run).unwrap()], &run).unwrap();
    assert!(fs::read_to_string(page).unwrap().contains("What happens to residents"));
}

#[test]
fn requests_are_what_a_load_run_reads() {
    let folder = tempfile::tempdir().unwrap();
    let (run, _, trace) = simulated(&folder.path().join("run"), Format::Csv, 1);
    let csv = fs::read(run.join("tables/requests.csv")).unwrap();
    let mut expected = Vec::new();
    demand::write_csv(&trace, &mut expected).unwrap();
    assert!(csv == expected, "requests.csv is the trace's own form");
}

#[test]
fn every_format_holds_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let (csv, ..) = simulated(&folder.path().join("csv"), Format::Csv, 1);
    let (packed, ..) = simulated(&folder.path().join("parquet"), Format::Parquet, 1);
    support::tables_are_described(&packed);
    for schema in [&tables::TRIPS, &tables::PASSES, &tables::CHECKS, &tables::REQUESTS] {
        let text = fs::read_to_string(csv.join("tables").join(schema.name).with_extension("csv")).unwrap();
        let frame = parquet(&packed.join("tables").join(schema.name).with_extension("parquet"));
        let names: Vec<&str> = frame.get_column_names().into_iter().map(|name| name.as_str()).collect();
        assert_eq!(names, schema.header());
        assert_eq!(frame.height() + 1, text.lines().count(), "{}", schema.name);
        let columns: Vec<Vec<String>> = frame.columns().iter().map(cells).collect();
        for (row, line) in text.lines().skip(1).enumerate() {
            let packed: Vec<&str> = columns.iter().map(|column| column[row].as_str()).collect();
            assert_eq!(packed.join(","), line, "{} row {row}", schema.name);
        }
    }
    let days = parquet(&packed.join("tables/days.parquet"));
    assert_eq!(days.height(), 2);
    let (nothing, ..) = simulated(&folder.path().join("none"), Format::None, 1);
    assert!(nothing.join("tables/days.csv").exists() && !nothing.join("tables/trips.csv").exists());
}

#[test]
fn a_table_alone_is_the_same_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let file = |run: &Path, table: BulkTable| run.join("tables").join(table.name()).with_extension("parquet");
    let (all, whole, _) = simulated(&folder.path().join("all"), Format::Parquet, 1);
    for table in BulkTable::ALL.into_iter().filter(|table| *table != BulkTable::Gates) {
        let bulk = Bulk { format: Format::Parquet, tables: vec![table] };
        let (alone, simulation, _) = simulated_with(&bulk, &folder.path().join(table.name()), 1);
        assert_eq!(simulation.fingerprint, whole.fingerprint);
        for other in BulkTable::ALL {
            assert_eq!(file(&alone, other).exists(), other == table, "{other:?} beside {table:?}");
        }
        assert!(fs::read(file(&alone, table)).unwrap() == fs::read(file(&all, table)).unwrap(), "{table:?}");
        support::tables_are_described(&alone);
    }
}

/// A column as text, what is missing as nothing.
fn cells(column: &polars::prelude::Column) -> Vec<String> {
    match column.i64() {
        Ok(numbers) => numbers.iter().map(|cell| cell.map_or(String::new(), |number| number.to_string())).collect(),
        Err(_) => column.str().unwrap().iter().map(|cell| cell.unwrap_or_default().to_owned()).collect(),
    }
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Csv, Format::Parquet] {
        let runs = [1, 2, 8].map(|threads| {
            let (run, ..) = simulated(&folder.path().join(format!("{threads}")), format, threads);
            files_of(&run.join("tables"))
        });
        assert!(runs[0].len() >= 8);
        assert!(runs[0] == runs[1] && runs[0] == runs[2]);
    }
}

fn files_of(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.map(|path| (path.file_name().unwrap().into(), fs::read(&path).unwrap())).collect();
    files.sort();
    files
}
