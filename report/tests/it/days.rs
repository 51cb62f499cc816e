//! The bulk tables of days made by hand, read back by another library.

use std::fs;
use std::path::{Path, PathBuf};

use demand::{Request, RequestKind, SimTime, Trace};
use jiff::civil::datetime;
use passes::{Channel, Purpose, Share};
use polars::prelude::{Column, DataFrame, ParquetReader, SerReader};
use proptest::prelude::*;
use report::tables::{self, TableSchema};
use report::{Bulk, BulkWriter, Format, RunFolder, Seen};
use sim::settings::Gate;
use sim::{Check, DayRecords, GateMinute, Observer, Pass, PassOutcome, Quarters, Trip, Trips, Verdict};

const PLACES: usize = 3;

/// A day to show to a writer.
#[derive(Clone, Debug, Default)]
struct Day {
    trips: Vec<Trip>,
    passes: Vec<Pass>,
    checks: Vec<Check>,
    requests: Vec<Request>,
    out: Vec<u32>,
    gates: Vec<GateMinute>,
}

impl Day {
    fn show(&self, day: u16, observer: &mut dyn Observer) {
        let nobody = vec![0; Quarters::PER_DAY * PLACES];
        let out = if self.out.is_empty() { &nobody } else { &self.out };
        let records = DayRecords {
            day,
            trips: Trips::new(&self.trips),
            passes: &self.passes,
            checks: &self.checks,
            requests: &self.requests,
            quarters: Quarters::new(out, &nobody, PLACES),
            gates: &self.gates,
        };
        observer.day(&records).unwrap();
    }
}

/// The tables of `days`.
fn written(days: &[Day], gates: &[Gate], format: Format, out: &Path) -> (PathBuf, Seen) {
    let folder = RunFolder::create(out).unwrap();
    let mut writer = BulkWriter::create(&folder, &Bulk::all(format), gates, 1).unwrap();
    for (number, day) in (0..).zip(days) {
        day.show(number, &mut writer);
    }
    let seen = writer.finish().unwrap();
    (folder.finish().unwrap().join("tables"), seen)
}

/// All rows of a table as CSV, header first, from a Parquet file.
fn as_csv(folder: &Path, schema: &TableSchema) -> Vec<String> {
    let file = fs::File::open(folder.join(schema.name).with_extension("parquet")).unwrap();
    let frame: DataFrame = ParquetReader::new(file).finish().unwrap();
    let columns: Vec<Vec<String>> = frame.columns().iter().map(cells).collect();
    let row = |row: usize| columns.iter().map(|column| column[row].as_str()).collect::<Vec<_>>().join(",");
    let names = frame.get_column_names().into_iter().map(|name| name.as_str()).collect::<Vec<_>>().join(",");
    std::iter::once(names).chain((0..frame.height()).map(row)).collect()
}

fn csv(folder: &Path, schema: &TableSchema) -> Vec<String> {
    let text = fs::read_to_string(folder.join(schema.name).with_extension("csv")).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// A column as text, what is missing as nothing.
fn cells(column: &Column) -> Vec<String> {
    match column.i64() {
        Ok(numbers) => numbers.iter().map(|cell| cell.map_or(String::new(), |number| number.to_string())).collect(),
        Err(_) => column.str().unwrap().iter().map(|cell| cell.unwrap_or_default().to_owned()).collect(),
    }
}

fn gate(name: &str) -> Gate {
    Gate {
        name: name.into(),
        from: datetime(2020, 4, 15, 6, 0, 0, 0),
        until: datetime(2020, 4, 15, 12, 0, 0, 0),
        purposes: vec![],
        trip_share: Share::of(0.5),
        least_km: 0.0,
        per_100k: 2.0,
        officers: 2,
        manual_s: 20.0,
        checked_share: Share::of(1.0),
        turns_back: true,
    }
}

fn trip() -> impl Strategy<Value = Trip> {
    let times = (0..4_000_000_000_u64, 0..90_000_000_u64);
    let who = (any::<u32>(), any::<u32>(), any::<u32>(), 0..u16::MAX, 0..u16::MAX, any::<u8>());
    let what = (0..Purpose::ALL.len(), 0..PassOutcome::ALL.len(), prop::option::weighted(0.1, 0..Verdict::ALL.len()));
    (times, who, what).prop_map(
        |((departs, length), (resident, household, distance_m, origin, destination, stop), (purpose, pass, check))| {
            Trip {
                departs: SimTime::from_ms(departs),
                returns: SimTime::from_ms(departs + length),
                resident,
                household,
                distance_m,
                origin,
                destination,
                stop,
                purpose: Purpose::ALL[purpose],
                pass: PassOutcome::ALL[pass],
                check: check.map(|check| Verdict::ALL[check]),
            }
        },
    )
}

fn minute(ms: u64, place: u16, gate: u16, wait_max_ms: u32) -> GateMinute {
    GateMinute {
        at: SimTime::from_ms(ms),
        arrivals: 3,
        checked: 2,
        turned_back: 1,
        longest_queue: wait_max_ms / 1_000,
        wait_sum_ms: u64::from(wait_max_ms) * 2,
        wait_max_ms,
        place,
        gate,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_trips_read_back_from_both_formats(parts in prop::collection::vec(prop::collection::vec(trip(), 0..300), 0..6)) {
        let folder = tempfile::tempdir().unwrap();
        let days: Vec<Day> = parts.iter().map(|part| Day { trips: part.clone(), ..Day::default() }).collect();
        let (text, _) = written(&days, &[], Format::Csv, &folder.path().join("csv"));
        let (packed, _) = written(&days, &[], Format::Parquet, &folder.path().join("parquet"));
        let rows = csv(&text, &tables::TRIPS);
        prop_assert_eq!(&rows, &as_csv(&packed, &tables::TRIPS));
        prop_assert_eq!(rows.len(), parts.iter().flatten().count() + 1);
        for (row, trip) in rows[1..].iter().zip(parts.iter().flatten()) {
            let cells: Vec<&str> = row.split(',').collect();
            let number = |cell: usize| cells[cell].parse::<u64>().unwrap();
            prop_assert_eq!(number(0), trip.departs.ms() / 1_000);
            prop_assert_eq!(number(0) + number(1), trip.returns.ms() / 1_000);
            prop_assert_eq!([number(2), number(3)], [trip.resident, trip.household].map(u64::from));
            prop_assert_eq!([number(4), number(5)], [trip.origin, trip.destination].map(u64::from));
            prop_assert!(number(6) >= trip.distance_m.into());
            prop_assert_eq!(number(7), u64::from(trip.stop));
            prop_assert_eq!(cells[8..].to_vec(), [trip.purpose.name(), trip.pass.name(), trip.check.map_or("", Verdict::name)]);
        }
    }
}

#[test]
fn many_row_groups_make_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let trips = |number: u32| Trip {
        departs: SimTime::from_ms(u64::from(number * 7_919 % 86_400) * 1_000),
        returns: SimTime::from_ms(u64::from(number * 7_919 % 86_400) * 1_000 + 2_400_000),
        resident: number,
        household: number / 3,
        distance_m: number % 5_000,
        origin: 1,
        destination: if number.is_multiple_of(50) { 2 } else { 1 },
        stop: 0,
        purpose: Purpose::Groceries,
        pass: PassOutcome::Issued,
        check: None,
    };
    let days = [0..200_000, 200_000..300_000]
        .map(|numbers: std::ops::Range<u32>| Day { trips: numbers.map(trips).collect(), ..Day::default() });
    let (text, _) = written(&days, &[], Format::Csv, &folder.path().join("csv"));
    let (packed, _) = written(&days, &[], Format::Parquet, &folder.path().join("parquet"));
    let rows = csv(&text, &tables::TRIPS);
    assert_eq!(rows.len(), 300_001);
    assert!(rows == as_csv(&packed, &tables::TRIPS));
    let bytes = fs::metadata(packed.join("trips.parquet")).unwrap().len();
    assert!(bytes < 8 * 300_000, "{bytes} bytes");
}

#[test]
fn gates_and_crowds_are_written_and_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let gates = [gate("metro"), gate("roads, all \"rings\"")];
    let mut out = vec![0; Quarters::PER_DAY * PLACES];
    (out[29 * PLACES + 1], out[29 * PLACES + 2], out[40 * PLACES]) = (70, 500, 500);
    let hour_ms = 3_600_000;
    let first = Day {
        out,
        gates: vec![minute(7 * hour_ms, 0, 0, 90_000), minute(8 * hour_ms, 2, 0, 20_000)],
        ..Day::default()
    };
    let second_ms = SimTime::DAY_MS + 7 * hour_ms + 60_000;
    let second = Day {
        gates: vec![
            minute(second_ms, 1, 1, 90_001),
            minute(second_ms, 2, 1, 80_000),
            minute(second_ms + 60_000, 1, 1, 0),
        ],
        ..Day::default()
    };
    let days = [first, second.clone(), Day::default()];
    let (text, seen) = written(&days, &gates, Format::Csv, &folder.path().join("csv"));
    let (packed, same) = written(&days, &gates, Format::Parquet, &folder.path().join("parquet"));
    let (nothing, still) = written(&days, &gates, Format::None, &folder.path().join("none"));
    assert_eq!(csv(&text, &tables::QUARTER_HOURS)[1..], ["0,07:15,1,70,0", "0,07:15,2,500,0", "0,10:00,0,500,0"]);
    assert_eq!(as_csv(&packed, &tables::QUARTER_HOURS), csv(&text, &tables::QUARTER_HOURS));
    assert_eq!(csv(&text, &tables::GATES)[1], "0,07:00,metro,0,3,2,1,90,60000,90000,180000");
    assert_eq!(csv(&text, &tables::GATES)[3], "1,07:01,\"roads, all \"\"rings\"\"\",1,3,2,1,90,60000,90001,180002");
    assert_eq!(as_csv(&packed, &tables::GATES)[3], "1,07:01,roads, all \"rings\",1,3,2,1,90,60000,90001,180002");
    let worst = seen.worst_gate.clone().unwrap();
    assert_eq!((worst.gate.as_str(), worst.longest()), ("roads, all \"rings\"", Some(&second.gates[0])));
    assert_eq!(worst.minutes, [second.gates[0], second.gates[2]]);
    let of_place: Vec<_> =
        seen.gates_of.iter().map(|(place, gates)| (*place, gates.arrivals, gates.wait_max_ms)).collect();
    assert_eq!(of_place, [(0, 3, 90_000), (1, 6, 90_001), (2, 6, 80_000)]);
    assert_eq!((&seen, &seen), (&same, &still));
    assert!(!nothing.exists(), "nothing is written");
}

#[test]
fn requests_are_a_trace_over_all_days() {
    let folder = tempfile::tempdir().unwrap();
    let request = |ms| Request {
        at: SimTime::from_ms(ms),
        resident: (ms % 1_000) as u32,
        place: 1,
        kind: RequestKind::Issue,
        purpose: Some(Purpose::Pet),
    };
    let days = [0..700, 700..700, 700..2_100]
        .map(|times: std::ops::Range<u64>| Day { requests: times.map(request).collect(), ..Day::default() });
    let (text, _) = written(&days, &[], Format::Csv, &folder.path().join("csv"));
    let mut expected = Vec::new();
    demand::write_csv(&Trace::new((0..2_100).map(request).collect()), &mut expected).unwrap();
    assert!(fs::read(text.join("requests.csv")).unwrap() == expected, "requests.csv is the trace's own form");
}

#[test]
fn what_may_be_missing_may_be_missing_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let at = SimTime::from_ms(1_234);
    let pass = |cancelled_at| Pass {
        asked_at: at,
        valid_from: at,
        valid_until: at,
        cancelled_at,
        resident: 7,
        place: 2,
        purpose: Purpose::Pet,
        channel: Channel::App,
    };
    let request = |kind, purpose| Request { at, resident: 7, place: 2, kind, purpose };
    let sparse =
        Day { passes: vec![pass(None); 9], requests: vec![request(RequestKind::Register, None); 3], ..Day::default() };
    let mixed = Day {
        passes: vec![pass(None), pass(Some(at))],
        requests: vec![request(RequestKind::Register, None), request(RequestKind::Issue, Some(Purpose::Pet))],
        checks: vec![Check { at, resident: 7, place: 0, purpose: Purpose::Work, verdict: Verdict::NoAnswer }],
        ..Day::default()
    };
    for (name, days) in [("sparse", vec![sparse.clone()]), ("mixed", vec![sparse, mixed]), ("nothing", vec![])] {
        let (text, _) = written(&days, &[], Format::Csv, &folder.path().join(name).join("csv"));
        let (packed, _) = written(&days, &[], Format::Parquet, &folder.path().join(name).join("parquet"));
        for schema in [&tables::TRIPS, &tables::PASSES, &tables::CHECKS, &tables::REQUESTS, &tables::QUARTER_HOURS] {
            assert_eq!(csv(&text, schema), as_csv(&packed, schema), "{name} {}", schema.name);
        }
    }
}
