//! A small launch, made by hand: three days of demand, three capacity paths, a minute of replay.

use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use demand::{Calendar, RequestKind};
use loadgen::{Kind, LoggedInterval, Measure, Part, Slo};
use passes::AgeBand;
use report::record::{
    BeyondRecord, CapacityResults, Command, CrowdRecord, GateRecord, GroupRecord, Heading, KindRecord, LoadResults,
    Objectives, PathRecord, PeakRecord, PeopleRecord, Quantiles, RecoveryRecord, Results, ScalabilityRecord,
    ServerRecord, SimulateResults, Verdict,
};
use report::tables::{self, Cells, Table};
use report::{Assumption, Format, Machine, Origin, Run, RunFolder, RunRecord};
use sim::Phone;

const DAYS: usize = 3;
const CALENDAR: Calendar = Calendar { start: jiff::civil::date(2020, 4, 2), days: DAYS as u16, utc_offset_min: 180 };

/// What is known of a run apart from its results.
pub(crate) fn heading(command: Command) -> Heading {
    Heading {
        command,
        command_line: format!("lockgate {}", command.name()),
        scenario: Some("nizhny-novgorod-launch".into()),
        title: Some("Nizhny Novgorod, launch of the passes, 2 to 4 April 2020".into()),
        seed: Some(20_200_402),
        calendar: Some(CALENDAR),
        overrides: Vec::new(),
        objectives: Some(Objectives { response_time_ms: 250.0, within_share: 0.99, right_share: 0.999, slo: None }),
        started_at: "2026-01-05T10:00:00Z".parse().unwrap(),
    }
}

/// A record as any machine would write it.
pub(crate) fn record(command: Command, results: Results, replay: Option<Verdict>) -> RunRecord {
    let mut record = RunRecord::new(heading(command), 151.2, results, replay);
    record.version = "0.1.0".into();
    record.machine = Machine {
        cores: 2,
        processor: Some("Example 3.1 GHz".into()),
        memory_bytes: Some(24 << 30),
        system: "linux x86_64".into(),
    };
    record
}

/// A demo's folder with its three parts, finished.
pub(crate) fn demo(out: &Path) -> PathBuf {
    let folder = RunFolder::create(out).unwrap();
    let simulate = simulate(&folder.path().join("simulate"));
    let capacity = capacity(&folder.path().join("capacity"));
    let load = load(&folder.path().join("load"));
    let part = |path: &Path| Run::open(path).unwrap().record.results;
    let results = Results {
        simulate: part(&simulate).simulate,
        load: part(&load).load,
        capacity: part(&capacity).capacity,
        ..Results::default()
    };
    folder.write_record(&record(Command::Demo, results, Some(Verdict::Held))).unwrap();
    report::write_page(&Run::open_all(folder.path()).unwrap(), folder.path()).unwrap();
    folder.finish().unwrap()
}

/// A simulation's folder, finished.
pub(crate) fn simulate(out: &Path) -> PathBuf {
    let folder = RunFolder::create(out).unwrap();
    folder.write_text("scenario.toml", "[calendar]\nstart = \"2020-04-02\"\n").unwrap();
    let (mut at_local, mut kinds) = (Vec::new(), Vec::new());
    let (mut minute_cells, mut request_cells, mut rate_cells) = (Vec::new(), Vec::new(), Vec::new());
    for minute in 0..DAYS * 1_440 {
        for kind in RequestKind::ALL {
            let count = demand_in(kind, minute);
            minute_cells.push(minute as u64);
            at_local.push(CALENDAR.local(demand::SimTime::from_ms(minute as u64 * 60_000)));
            kinds.push(kind.name().to_owned());
            request_cells.push(count);
            rate_cells.push(count as f64 / 60.0);
        }
    }
    let cells = vec![
        Cells::Counts(minute_cells),
        Cells::Texts(at_local),
        Cells::Texts(kinds),
        Cells::Counts(request_cells),
        Cells::Numbers(rate_cells),
    ];
    Table::new(&tables::DEMAND_BY_MINUTE, cells).unwrap().write_csv(&folder.tables()).unwrap();
    days().write_csv(&folder.tables()).unwrap();
    for mut table in [places(), groups(), worst_gate(), gates_by_place()] {
        table.write_csv(&folder.tables()).unwrap();
    }
    report::write_assumptions(&folder, &assumptions(), Format::Csv).unwrap();
    let peak = |at: &str, rate_per_s| PeakRecord { at_local: at.into(), rate_per_s };
    let results = SimulateResults {
        residents: 3_202_946,
        days: DAYS as u16,
        resident_days_per_s: 2_104_000.0,
        peak_memory_bytes: 912_000_000,
        fingerprint: "5f0c9a1be7d24483".into(),
        trips: 7_845_120,
        passes: 3_411_900,
        checks: 208_411,
        requests: RequestKind::ALL.into_iter().zip([1_204_118, 3_499_022, 171_200, 66_300, 2_003_400]).collect(),
        peaks: [
            ("register", peak("2020-04-02T12:01:00.000+03:00", 196.4)),
            ("issue", peak("2020-04-02T12:04:00.000+03:00", 309.8)),
            ("verify", peak("2020-04-03T11:31:00.000+03:00", 6.2)),
            ("cancel", peak("2020-04-04T10:12:00.000+03:00", 2.1)),
            ("check_in", peak("2020-04-02T14:24:00.000+03:00", 21.6)),
            ("mix", peak("2020-04-02T12:04:00.000+03:00", 498.3)),
        ]
        .map(|(name, peak)| (name.to_owned(), peak))
        .into(),
        people: people(),
    };
    let results = Results { simulate: Some(results), ..Results::default() };
    folder.write_record(&record(Command::Simulate, results, None)).unwrap();
    folder.finish().unwrap()
}

fn assumptions() -> [Assumption; 4] {
    let of = |key: &str, value: &str, unit: &str, meaning: &str, origin, source: &str| Assumption {
        key: key.into(),
        value: value.into(),
        unit: unit.into(),
        meaning: meaning.into(),
        origin,
        source: source.into(),
    };
    [
        of("policy.advance_h", "24", "hours", "How long before its start", Origin::Scenario, "assumption"),
        of(
            "region.residents",
            "3202946",
            "people",
            "Residents of the region",
            Origin::Scenario,
            "official total of 2020",
        ),
        of(
            "population.web_shares",
            "0.1, 0.2",
            "share",
            "Share that can use the web",
            Origin::Default,
            "shaped to 78 %",
        ),
        of("behaviour.lead_mean_min", "30.0", "minutes", "From asking to leaving", Origin::CommandLine, ""),
    ]
}

/// A group that does without what it has no passes for.
fn group(name: &str, residents: u64, passes_per_resident: f64) -> GroupRecord {
    GroupRecord {
        group: name.into(),
        residents,
        passes_per_resident,
        trips_without_pass_share: (passes_per_resident > 0.0).then_some(0.16 - passes_per_resident / 10.0),
        trips_not_made_per_1000: 260.0 - 90.0 * passes_per_resident,
    }
}

fn people() -> PeopleRecord {
    PeopleRecord {
        trips_without_pass: 791_420,
        trips_not_made: 586_332,
        refusals: 115_344,
        malformed: 557_496,
        gave_up: 86_508,
        pass_wait_mean_s: Some(59.2),
        failed_requests: RequestKind::ALL.into_iter().zip([40_400, 92_300, 0, 0]).collect(),
        found_without_pass: 26_400,
        false_refusals: 310,
        missed_check_ins: 160,
        gate_arrivals: 61_000,
        turned_back: 3_100,
        gate_wait_mean_s: Some(629.5),
        longest_gate_wait_s: Some(1_980.0),
        longest_gate_queue: Some(90),
        worst_gate: Some(GateRecord {
            gate: "metro".into(),
            place: "Нижний Новгород".into(),
            at_local: "2020-04-03T08:05:00.000+03:00".into(),
        }),
        fullest_shops: Some(CrowdRecord {
            place: "Нижний Новгород".into(),
            at_local: "2020-04-03T11:15:00.000+03:00".into(),
            people: 61_009,
        }),
        by_phone: vec![group("app", 2_146_200, 1.31), group("web", 415_300, 1.02), group("voice", 641_446, 0.34)],
        by_age: vec![
            group("0_6", 256_200, 0.0),
            group("7_17", 368_300, 0.21),
            group("18_39", 912_800, 1.44),
            group("40_59", 896_800, 1.38),
            group("60_74", 560_500, 0.92),
            group("75_plus", 208_346, 0.41),
        ],
    }
}

/// Requests of `kind` in `minute`: a daily wave, and a rush when the service opens at noon of the first day.
fn demand_in(kind: RequestKind, minute: usize) -> u64 {
    let (scale, rush) = match kind {
        RequestKind::Register => (18.0, 180.0),
        RequestKind::Issue => (70.0, 250.0),
        RequestKind::Verify => (5.5, 0.0),
        RequestKind::Cancel => (1.9, 0.0),
        RequestKind::CheckIn => (20.0, 0.0),
    };
    let opens = 720;
    if minute < opens {
        return 0;
    }
    let of_day = (minute % 1_440) as f64 / 1_440.0;
    let wave = (0.5 - 0.5 * (2.0 * PI * (of_day - 0.1)).cos()).powi(2);
    let since = (minute - opens) as f64;
    let ripple = 1.0 + 0.08 * (minute as f64 * 0.7).sin();
    ((scale * wave + rush * (-since / 45.0).exp() * (1.0 - (-(since + 1.0) / 2.0).exp())) * 60.0 * ripple) as u64
}

/// Columns of counts, in the order of the schema: trips, without pass, not made, passes, .. each in proportion to `sizes`.
fn counts(sizes: &[u64]) -> Vec<Cells> {
    const PER_MILLE: [u64; 14] = [816, 84, 61, 355, 7, 1, 12, 58, 31, 9, 21_000, 22, 6, 1];
    let column = |per_mille: u64| Cells::Counts(sizes.iter().map(|size| size * per_mille / 1_000).collect());
    PER_MILLE.into_iter().map(column).collect()
}

fn days() -> Table {
    let numbers = |numbers: [u64; DAYS]| Cells::Counts(numbers.to_vec());
    let mut cells = vec![numbers([0, 1, 2]), Cells::texts(["2020-04-02", "2020-04-03", "2020-04-04"])];
    cells.extend(counts(&[2_953_000, 3_345_000, 3_314_000]));
    cells.extend([
        numbers([801_200, 180_340, 60_100]),
        numbers([0, 0, 121_000]),
        numbers([20_100, 14_200, 7_178]),
        numbers([821_300, 194_540, 188_278]),
        numbers([1_101_300, 1_195_400, 1_202_322]),
        numbers([48_000, 62_000, 61_200]),
        numbers([20_100, 23_000, 23_200]),
        numbers([900, 2_800, 6_100]),
        numbers([40_400, 0, 0]),
        numbers([91_100, 1_200, 0]),
        numbers([0, 0, 0]),
        numbers([0, 0, 0]),
        numbers([0, 20, 0]),
        numbers([1_100, 0, 0]),
        numbers([40_000, 55_000, 55_100]),
        numbers([1_200, 1_300, 1_411]),
        numbers([12_000, 8_000, 6_400]),
        numbers([8_000, 10_000, 10_000]),
        numbers([0, 100, 0]),
        numbers([0, 210, 0]),
        numbers([300, 900, 2_100]),
        numbers([0, 40, 120]),
        numbers([0, 61_000, 0]),
        numbers([0, 3_100, 0]),
        numbers([0, 38_400_000_000, 0]),
        numbers([0, 1_980_000, 0]),
    ]);
    Table::new(&tables::DAYS, cells).unwrap()
}

fn groups() -> Table {
    let (mut ages, mut phones, mut residents) = (Vec::new(), Vec::new(), Vec::new());
    for (age, people) in AgeBand::ALL.into_iter().zip([256_000, 368_000, 913_000, 897_000, 560_000, 208_000]) {
        for (phone, share) in Phone::ALL.into_iter().zip([6, 1, 3]) {
            ages.push(age.name());
            phones.push(phone.name());
            residents.push(people * share / 10);
        }
    }
    let mut cells = vec![Cells::texts(ages), Cells::texts(phones), Cells::Counts(residents.clone())];
    cells.extend(counts(&residents));
    Table::new(&tables::GROUPS, cells).unwrap()
}

/// The morning of the second day at the doors of a metro: the queue grows until the rush is over.
fn worst_gate() -> Table {
    let minutes: Vec<u64> = (390..600).filter(|minute| minute % 37 != 0).collect();
    let queue = |minute: u64| (90.0 * (-((minute as f64 - 485.0) / 38.0).powi(2)).exp()) as u64;
    let numbers = |number: &dyn Fn(u64) -> u64| Cells::Counts(minutes.iter().copied().map(number).collect());
    let cells = vec![
        numbers(&|_| 1),
        Cells::texts(minutes.iter().map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60))),
        Cells::texts(minutes.iter().map(|_| "metro")),
        numbers(&|_| 0),
        numbers(&|minute| 20 + queue(minute) * 3),
        numbers(&|minute| 20 + queue(minute) * 3),
        numbers(&|minute| 1 + queue(minute) / 7),
        numbers(&queue),
        numbers(&|minute| queue(minute) * 14_000),
        numbers(&|minute| queue(minute) * 22_000),
        numbers(&|minute| queue(minute) * 14_000 * (20 + queue(minute) * 3)),
    ];
    Table::new(&tables::WORST_GATE, cells).unwrap()
}

/// The gates of the two largest places.
fn gates_by_place() -> Table {
    let numbers = |numbers: [u64; 2]| Cells::Counts(numbers.to_vec());
    let cells = vec![
        numbers([0, 1]),
        numbers([52_000, 9_000]),
        numbers([2_900, 200]),
        numbers([90, 14]),
        numbers([1_980_000, 260_000]),
        numbers([36_000_000_000, 2_400_000_000]),
    ];
    Table::new(&tables::GATES_BY_PLACE, cells).unwrap()
}

fn places() -> Table {
    let places = [
        ("Нижний Новгород", 56.3269, 44.0059, 1_252_236),
        ("Dzerzhinsk", 56.2389, 43.4631, 229_040),
        ("Arzamas", 55.3949, 43.8399, 104_140),
        ("Sarov", 54.9358, 43.3235, 95_388),
        ("Bor", 56.3581, 44.0744, 76_899),
        ("Kstovo", 56.1473, 44.1979, 67_723),
        ("Pavlovo", 55.9636, 43.0644, 56_973),
        ("Vyksa", 55.3200, 42.1694, 52_787),
        ("Balakhna", 56.4953, 43.5967, 47_868),
        ("Shakhunya", 57.6756, 46.6150, 20_693),
        ("Rural remainder", f64::NAN, f64::NAN, 640_000),
    ];
    let column = |value: fn(&(&str, f64, f64, u64)) -> f64| Cells::Numbers(places.iter().map(value).collect());
    let sizes: Vec<u64> = places.iter().map(|place| place.3).collect();
    let mut cells = vec![
        Cells::Counts((0..places.len() as u64).collect()),
        Cells::texts(places.map(|place| place.0)),
        column(|place| place.1),
        column(|place| place.2),
        Cells::Counts(sizes.clone()),
        Cells::Counts(sizes.iter().map(|size| size * 10 / 24).collect()),
    ];
    cells.extend(counts(&sizes));
    cells.push(Cells::Counts(sizes.iter().map(|size| size / 15).collect()));
    Table::new(&tables::PLACES, cells).unwrap()
}

/// A capacity search's folder, finished.
pub(crate) fn capacity(out: &Path) -> PathBuf {
    capacity_of(None, [6_100.0, 14_200.0, 6_700.0], out)
}

/// The same of a server of `scheme` that bears so much on the paths `issue`, `verify` and `mix`.
pub(crate) fn capacity_of(scheme: Option<&str>, usable_per_s: [f64; 3], out: &Path) -> PathBuf {
    let folder = RunFolder::create(out).unwrap();
    let [issue, verify, mix] = usable_per_s;
    let paths = [("issue", issue, 310.0), ("verify", verify, 6.2), ("mix", mix, 498.0)];
    let server = scheme.map(|scheme| ServerRecord { scheme: scheme.into(), store: "embedded".into() });
    let mut results = CapacityResults { server, ..CapacityResults::default() };
    let mut rows: Vec<(&str, f64, f64)> = Vec::new();
    for (name, usable_per_s, peak_per_s) in paths {
        let path = PathRecord {
            usable_per_s: Some(usable_per_s),
            interval_per_s: (usable_per_s, Some(usable_per_s * 1.05)),
            knee_per_s: Some(usable_per_s * 0.93),
            saturation_per_s: usable_per_s * 1.12,
            server_cpu_us: Some(180_000.0 / usable_per_s),
            ended: "The edge was found and confirmed.".into(),
            beyond: Some(BeyondRecord {
                offered_per_s: 10.0 * usable_per_s,
                goodput_per_s: 0.93 * usable_per_s,
                peak_share: 0.93 / 1.12,
            }),
            recovery: Some(RecoveryRecord {
                overload_per_s: 10.0 * usable_per_s,
                calm_per_s: usable_per_s / 2.0,
                well_after_s: (name != "issue").then_some(f64::from(u8::from(name == "mix"))),
                watched_s: 8.0,
            }),
            scalability: Some(ScalabilityRecord {
                lambda_per_s: (usable_per_s / 8.0, usable_per_s / 100.0),
                sigma: (0.021, 0.004),
                kappa: (0.000_31, 0.000_05),
                worst_residual: 0.043,
                peak: (name == "mix").then_some((56.2, 1.1 * usable_per_s)),
                too_poor: (name == "issue").then(|| "the law misses a point by 20 %".into()),
            }),
        };
        results.paths.insert(name.into(), path);
        results.peak_demand_per_s.insert(name.into(), peak_per_s);
        results.headroom.insert(name.into(), usable_per_s / peak_per_s);
        let doublings = (0..9).map(|power| 100.0 * f64::from(1 << power)).filter(|load| *load < usable_per_s * 2.3);
        rows.extend(doublings.map(|load| (name, load, usable_per_s)));
        rows.extend([0.93, 1.0, 1.05].map(|share| (name, usable_per_s * share, usable_per_s)));
    }
    steps(&rows).write_csv(&folder.tables()).unwrap();
    let results = Results { capacity: Some(results), ..Results::default() };
    folder.write_record(&record(Command::Capacity, results, None)).unwrap();
    folder.finish().unwrap()
}

/// Steps at the loads given, on servers that saturate a little above the capacities given.
fn steps(rows: &[(&str, f64, f64)]) -> Table {
    let numbers = |value: fn(f64, f64) -> f64| Cells::Numbers(rows.iter().map(|row| value(row.1, row.2)).collect());
    let counts =
        |value: fn(f64, f64) -> f64| Cells::Counts(rows.iter().map(|row| (value(row.1, row.2) * 5.0) as u64).collect());
    let answered = |load: f64, usable: f64| load.min(usable * 1.12);
    let p99 = |load: f64, usable: f64| {
        let queue = (load / usable).powi(6);
        4_000.0 + 180_000.0 * queue.min(9.0)
    };
    let cells = vec![
        Cells::texts(rows.iter().map(|row| row.0)),
        Cells::Counts((0..rows.len() as u64).collect()),
        Cells::texts(rows.iter().map(|_| "bracket")),
        numbers(|load, _| load),
        numbers(|_, _| 5.0),
        counts(|load, _| load),
        counts(|load, _| load),
        counts(answered),
        counts(answered),
        counts(|_, _| 0.0),
        numbers(answered),
        numbers(|load, usable| if load > usable { usable / (load / usable).powf(0.4) } else { load }),
        numbers(|load, usable| (4_000.0 + 180_000.0 * (load / usable).powi(6).min(9.0)) / 4.0),
        numbers(|load, usable| (4_000.0 + 180_000.0 * (load / usable).powi(6).min(9.0)) / 2.0),
        Cells::Numbers(rows.iter().map(|row| p99(row.1, row.2)).collect()),
        numbers(|load, usable| (4_000.0 + 180_000.0 * (load / usable).powi(6).min(9.0)) * 1.5),
        numbers(|load, usable| (4_000.0 + 180_000.0 * (load / usable).powi(6).min(9.0)) * 2.0),
        numbers(|_, _| 90.0),
        numbers(|load, usable| (usable * 1.12 / load).min(1.0)),
        Cells::Truths(rows.iter().map(|row| row.1 <= row.2).collect()),
        Cells::texts(rows.iter().map(|row| if row.1 > row.2 * 1.1 { "target" } else { "" })),
        Cells::texts(rows.iter().map(|row| if row.1 <= row.2 { "" } else { "99 % took longer than 250 ms" })),
    ];
    Table::new(&tables::CAPACITY_STEPS, cells).unwrap()
}

/// A load run's folder, finished.
pub(crate) fn load(out: &Path) -> PathBuf {
    let folder = RunFolder::create(out).unwrap();
    let kinds = [("register", 190.0, 3_100.0), ("issue", 300.0, 4_400.0), ("verify", 6.0, 1_200.0)];
    intervals(&kinds).write_csv(&folder.tables()).unwrap();
    percentiles(&kinds).write_csv(&folder.tables()).unwrap();
    write_log(&kinds, folder.path());
    let quantiles = |p50: f64| Quantiles {
        p50: Some(p50),
        p90: Some(p50 * 1.6),
        p99: Some(p50 * 2.8),
        p99_9: Some(p50 * 6.0),
        max: Some(p50 * 11.0),
    };
    let kind = |rate_per_s: f64, p50_us: f64| KindRecord {
        asked: (rate_per_s * 60.0) as u64,
        sent: (rate_per_s * 60.0) as u64,
        answered: (rate_per_s * 60.0) as u64,
        right: (rate_per_s * 60.0) as u64 - 1,
        dropped: 0,
        refused: 0,
        overloaded: 1,
        wrong: 0,
        failed: 0,
        timed_out: 0,
        without_pass: 0,
        abandoned: 0,
        response_time_us: quantiles(p50_us),
        service_time_us: quantiles(p50_us * 0.9),
        send_lag_us: quantiles(40.0),
        connection_wait_us: quantiles(10.0),
    };
    let results = LoadResults {
        kinds: kinds.map(|(name, rate_per_s, p50_us)| (name.to_owned(), kind(rate_per_s, p50_us))).into(),
        limited_by: None,
        closed_loop: false,
        connections: None,
        replayed: true,
        throughput_per_s: Some(495.2),
        generator_cpu_s: 2.41,
        generator_spin_s: 0.0,
        phones_cpu_s: 0.0,
        target_cpu_s: None,
        assessment: None,
        target: "http://127.0.0.1:8080".into(),
        window: Some("60 s from 2020-04-02 12:03:00".into()),
        ..LoadResults::default()
    };
    let results = Results { load: Some(results), ..Results::default() };
    let mut record = record(Command::Load, results, Some(Verdict::Held));
    record.warnings =
        vec!["Generator and server share this machine's 2 cores; the server alone would bear more.".into()];
    folder.write_record(&record).unwrap();
    folder.finish().unwrap()
}

/// Requests of a kind in a second.
fn asked_in(second: u64, rate_per_s: f64) -> u64 {
    (rate_per_s * (1.0 + 0.1 * (second as f64 * 0.9).sin())) as u64
}

/// The log of response times: a spread about the median, and a stall of two seconds from the 40th on, after which all is answered at once.
fn write_log(kinds: &[(&str, f64, f64)], folder: &Path) {
    let log = (0..60).flat_map(|second| {
        kinds.iter().map(move |(name, rate_per_s, p50_us)| {
            let asked = asked_in(second, *rate_per_s);
            let mut times: BTreeMap<u64, u64> = BTreeMap::new();
            for index in 0..asked {
                let (place, wave) = (index as f64 / asked as f64, 1.0 + 0.15 * (second as f64 * 1.7).cos());
                let stalled_us = if (40..42).contains(&second) { (42.0 - second as f64 - place) * 1e6 } else { 0.0 };
                let us = p50_us * wave * (0.5 + place + place.powi(40) * 3.0) + stalled_us;
                *times.entry((us * 1e3) as u64).or_default() += 1;
            }
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == *name).unwrap();
            LoggedInterval { second: second as u32, kind, values: times.into_iter().collect() }
        })
    });
    let part = Part {
        started_at: SystemTime::UNIX_EPOCH,
        complete: true,
        duration_s: 60.0,
        limited_by: None,
        throughput_per_s: 0.0,
        goodput_per_s: 0.0,
        generator_cpu_s: 0.0,
        phones_cpu_s: 0.0,
        kinds: BTreeMap::new(),
        seconds: BTreeMap::new(),
        logs: vec![log.collect()],
    };
    assert_eq!(Measure::ALL[0], Measure::ResponseTime);
    let mut text = Vec::new();
    loadgen::merge(&[part], &Slo::default()).write_hlog(Measure::ResponseTime, &mut text).unwrap();
    fs::create_dir(folder.join("hlog")).unwrap();
    fs::write(folder.join("hlog/response_time.hlog"), text).unwrap();
}

fn intervals(kinds: &[(&str, f64, f64)]) -> Table {
    let rows: Vec<(u64, &str, f64, f64)> =
        (0..60).flat_map(|second| kinds.iter().map(move |kind| (second, kind.0, kind.1, kind.2))).collect();
    let asked: Vec<u64> = rows.iter().map(|row| asked_in(row.0, row.2)).collect();
    // A stall from the 40th to the 42nd second.
    let time = |factor: f64| {
        let us = rows.iter().map(|row| {
            let stall = if (40..42).contains(&row.0) { 25.0 } else { 1.0 };
            row.3 * factor * stall * (1.0 + 0.15 * (row.0 as f64 * 1.7).cos())
        });
        Cells::Numbers(us.collect())
    };
    let none = || Cells::Counts(vec![0; rows.len()]);
    let cells = vec![
        Cells::Counts(rows.iter().map(|row| row.0).collect()),
        Cells::texts(rows.iter().map(|row| row.1)),
        Cells::Counts(asked.clone()),
        Cells::Counts(asked.clone()),
        Cells::Counts(asked.clone()),
        Cells::Counts(asked),
        none(),
        none(),
        none(),
        none(),
        none(),
        none(),
        none(),
        time(1.0),
        time(1.6),
        time(2.8),
        time(5.0),
    ];
    Table::new(&tables::INTERVALS, cells).unwrap()
}

fn percentiles(kinds: &[(&str, f64, f64)]) -> Table {
    let mut rows: Vec<(&str, &str, f64, f64)> = Vec::new();
    for (kind, _, p50_us) in kinds {
        for (measure, scale) in [("response_time", *p50_us), ("service_time", p50_us * 0.9), ("send_lag", 40.0)] {
            for percentile in [0.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.95, 99.99, 100.0_f64] {
                let nines = -(1.0 - percentile.min(99.995) / 100.0).log10();
                rows.push((kind, measure, percentile, scale * (0.6 + 0.5 * nines + 0.35 * nines * nines)));
            }
        }
    }
    let cells = vec![
        Cells::texts(rows.iter().map(|row| row.0)),
        Cells::texts(rows.iter().map(|row| row.1)),
        Cells::Numbers(rows.iter().map(|row| row.2).collect()),
        Cells::Numbers(rows.iter().map(|row| row.3).collect()),
    ];
    Table::new(&tables::PERCENTILES, cells).unwrap()
}
