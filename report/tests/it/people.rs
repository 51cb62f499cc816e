//! What residents met with: from the counts of a simulation to tables, `run.json` and the page.

use std::path::{Path, PathBuf};

use demand::{Calendar, RequestKind, SimTime};
use jiff::civil::date;
use passes::{AgeBand, Purpose};
use report::record::{Command, GateRecord, PeopleRecord, Results};
use report::tables::{self, Table};
use report::{Effort, Format, GatesOfPlace, Run, RunFolder, RunRecord, Seen, WorstGate, terminal, write_simulation};
use sim::{Counts, Crowd, DaySummary, GateMinute, GroupSummary, Phone, Place, PlaceSummary, Simulation};

use crate::{fixture, simulated, support};

const CALENDAR: Calendar = Calendar { start: date(2020, 4, 15), days: 2, utc_offset_min: 180 };

fn counts(trips: u64) -> Counts {
    Counts {
        trips,
        trips_without_pass: trips / 4,
        trips_not_made: 30,
        passes: 40,
        cancellations: 5,
        annulled: 6,
        refusals: 7,
        malformed: 8,
        failures: 9,
        gave_up: 10,
        wait_sum_ms: 60_000,
        checks: 12,
        found_without_pass: 3,
        false_refusals: 2,
    }
}

fn day(number: u16, trips: u64) -> DaySummary {
    let mut day = DaySummary {
        day: number,
        requests: [1; RequestKind::ALL.len()],
        gate_arrivals: 20,
        turned_back: 4,
        gate_wait_sum_ms: 900_000,
        gate_queue_max: if number == 0 { 17 } else { 9 },
        missed_check_ins: 1,
        ..DaySummary::default()
    };
    day.purposes[Purpose::Work as usize] = counts(trips);
    day.failed_requests[RequestKind::Issue as usize] = 11;
    day
}

fn group(age: AgeBand, phone: Phone, residents: u64, trips: u64) -> GroupSummary {
    GroupSummary { age, phone, residents, counts: counts(trips) }
}

fn minute(ms: u64, wait_max_ms: u32) -> GateMinute {
    GateMinute {
        at: SimTime::from_ms(ms),
        arrivals: 4,
        checked: 4,
        turned_back: 1,
        longest_queue: 17,
        wait_sum_ms: 1_001,
        wait_max_ms,
        place: 1,
        gate: 0,
    }
}

/// A simulation that says what the tests ask for, and what its writer noticed.
fn result() -> (Simulation, Seen) {
    let place = |name: &str| PlaceSummary {
        place: Place {
            geonames_id: Some(1),
            name: name.into(),
            latitude_deg: 55.7,
            longitude_deg: 37.6,
            residents: 500,
        },
        households: 200,
        counts: counts(100),
        checks_there: 9,
    };
    let folder = tempfile::tempdir().unwrap();
    let (_, mut simulation, _) = simulated::simulated(&folder.path().join("run"), Format::None, 1);
    simulation.day_summaries = vec![day(0, 100), day(1, 300)];
    simulation.places = vec![place("Khimki"), place("Moscow")];
    simulation.groups = vec![
        group(AgeBand::From18, Phone::App, 100, 200),
        group(AgeBand::From75, Phone::App, 0, 0),
        group(AgeBand::From75, Phone::Voice, 50, 0),
    ];
    simulation.fullest_shops = Some(Crowd { day: 1, quarter: 47, place: 0, people: 55 });
    (simulation.trips, simulation.passes, simulation.checks) = (400, 80, 24);
    let morning_ms = 7 * 3_600_000;
    let gates = GatesOfPlace {
        arrivals: 40,
        turned_back: 8,
        longest_queue: 17,
        wait_max_ms: 1_500_000,
        wait_sum_ms: 1_800_000,
    };
    let seen = Seen {
        worst_gate: Some(WorstGate {
            gate: "metro".into(),
            minutes: vec![minute(morning_ms, 5_000), minute(morning_ms + 60_000, 1_500_000)],
        }),
        gates_of: [(1, gates)].into(),
    };
    (simulation, seen)
}

/// Writes the result to `out`; returns the folder and the record.
fn written(out: &Path, simulation: &Simulation, seen: &Seen) -> (PathBuf, RunRecord) {
    let folder = RunFolder::create(out).unwrap();
    let effort = Effort { seconds: 0.5, peak_memory_bytes: 1 << 20 };
    let results = write_simulation(&folder, simulation, seen, &CALENDAR, Format::Parquet, effort).unwrap();
    let results = Results { simulate: Some(results), ..Results::default() };
    folder.write_record(&RunRecord::new(fixture::heading(Command::Simulate), 0.5, results, None)).unwrap();
    let out = folder.finish().unwrap();
    let record = Run::open(&out).unwrap().record;
    (out, record)
}

fn people(record: &RunRecord) -> PeopleRecord {
    record.results.simulate.as_ref().unwrap().people.clone()
}

#[test]
fn the_record_tells_what_people_met_with() {
    let folder = tempfile::tempdir().unwrap();
    let (simulation, seen) = result();
    let (run, record) = written(&folder.path().join("run"), &simulation, &seen);
    support::keeps_the_promise(&run);
    support::tables_are_described(&run);
    let people = people(&record);
    assert_eq!((people.trips_without_pass, people.trips_not_made, people.gave_up), (100, 60, 20));
    assert_eq!((people.refusals, people.malformed, people.false_refusals), (14, 16, 4));
    assert_eq!(people.pass_wait_mean_s, Some(1.5));
    assert_eq!(people.failed_requests[&RequestKind::Issue], 22);
    assert_eq!((people.gate_arrivals, people.turned_back, people.gate_wait_mean_s), (40, 8, Some(45.0)));
    assert_eq!((people.longest_gate_wait_s, people.longest_gate_queue), (Some(1_500.0), Some(17)));
    let worst =
        GateRecord { gate: "metro".into(), place: "Moscow".into(), at_local: "2020-04-15T07:01:00.000+03:00".into() };
    assert_eq!(people.worst_gate, Some(worst));
    let fullest = people.fullest_shops.unwrap();
    assert_eq!((fullest.place.as_str(), fullest.people), ("Khimki", 55));
    assert_eq!(fullest.at_local, "2020-04-16T11:45:00.000+03:00");
}

#[test]
fn groups_are_compared_by_phone_and_by_age() {
    let folder = tempfile::tempdir().unwrap();
    let (simulation, seen) = result();
    let people = people(&written(&folder.path().join("run"), &simulation, &seen).1);
    let names = |groups: &[report::record::GroupRecord]| {
        groups.iter().map(|group| (group.group.clone(), group.residents)).collect::<Vec<_>>()
    };
    assert_eq!(names(&people.by_phone), [("app".into(), 100), ("voice".into(), 50)]);
    assert_eq!(names(&people.by_age), [("18_39".into(), 100), ("75_plus".into(), 50)]);
    let [app, voice] = &people.by_phone[..] else { panic!("two kinds of phone") };
    // A group without a resident counts all the same.
    assert_eq!((app.passes_per_resident, app.trips_not_made_per_1000), (0.8, 600.0));
    assert_eq!((app.trips_without_pass_share, voice.trips_without_pass_share), (Some(0.25), None));
}

#[test]
fn tables_have_every_count() {
    let folder = tempfile::tempdir().unwrap();
    let (simulation, seen) = result();
    let (run, _) = written(&folder.path().join("run"), &simulation, &seen);
    for (schema, rows) in [(&tables::DAYS, 2), (&tables::PLACES, 2), (&tables::GROUPS, 3), (&tables::PURPOSES, 14)] {
        let table = Table::read_csv(schema, &run.join("tables")).unwrap().unwrap();
        assert_eq!(table.rows(), rows, "{}", schema.name);
        let trips = table.numbers("trips").unwrap().into_iter().position(|trips| trips > 0.0).unwrap();
        let cell = |column: &str| table.numbers(column).unwrap()[trips];
        let counted = ["trips_not_made", "passes", "cancellations", "annulled", "refusals", "malformed", "failures"];
        assert_eq!(counted.map(cell), [30.0, 40.0, 5.0, 6.0, 7.0, 8.0, 9.0], "{}", schema.name);
        let counted = ["gave_up", "wait_sum_ms", "checks", "found_without_pass", "false_refusals"];
        assert_eq!(counted.map(cell), [10.0, 60_000.0, 12.0, 3.0, 2.0], "{}", schema.name);
    }
    let days = Table::read_csv(&tables::DAYS, &run.join("tables")).unwrap().unwrap();
    let cell = |column: &str| days.numbers(column).unwrap()[1];
    assert_eq!(
        ["failed_issue", "requests_cancel", "gate_arrivals", "missed_check_ins"].map(cell),
        [11.0, 1.0, 20.0, 1.0]
    );
    let gate = Table::read_csv(&tables::WORST_GATE, &run.join("tables")).unwrap().unwrap();
    assert_eq!(gate.texts("time_local").unwrap(), ["07:00", "07:01"]);
    assert_eq!(gate.numbers("wait_mean_ms").unwrap(), [250.0, 250.0]);
}

#[test]
fn page_and_terminal_tell_of_gates_only_where_there_are_some() {
    let folder = tempfile::tempdir().unwrap();
    let (simulation, seen) = result();
    let told = |name: &str, seen: &Seen| {
        let (run, record) = written(&folder.path().join(name), &simulation, seen);
        let page = report::write_page(&[Run::open(&run).unwrap()], &run).unwrap();
        (std::fs::read_to_string(page).unwrap(), terminal::summary(&record))
    };
    let worst = "Longest wait at a gate: 25 min at metro in Moscow, 2020-04-15 07:01. Longest queue: 17 people.";
    let (page, text) = told("gates", &seen);
    assert!(page.contains(worst) && page.contains("Waiting at gates: metro"));
    assert!(text.contains(worst) && text.contains("aged 75 and older"), "{text}");
    let (page, text) = told("none", &Seen::default());
    assert!(!page.contains("at a gate") && !text.contains("gate"), "{text}");
}
