//! A small launch, made by hand: three days of demand, three capacity paths, a minute of replay.

mod capacity;
mod ledger;
mod load;
mod simulate;

use std::path::{Path, PathBuf};

use demand::Calendar;
use report::record::{Command, Heading, Objectives, Results, Verdict};
use report::{Machine, Run, RunFolder, RunRecord};

pub(crate) use capacity::{capacity, capacity_of};
pub(crate) use ledger::ledger;
pub(crate) use load::load;
pub(crate) use simulate::simulate;

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
