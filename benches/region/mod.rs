//! Nizhny Novgorod oblast at the launch of April 2020, made smaller or larger.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::fmt::Debug;
use std::fs::File;
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;

use demand::Calendar;
use passes::{Policy, Purpose, PurposeRule};
use report::record::{Command, Heading, Results};
use report::{Bulk, BulkTable, BulkWriter, Effort, Format, Run, RunFolder, RunRecord, Seen, write_simulation};
use sim::{Model, Observer, Options, Place, Region, Settings, Shard, Simulation, read_places, shrink_places};
use tempfile::TempDir;

/// The oblast as it is.
pub(crate) const OBLAST: u32 = 3_202_946;

/// A local date or time.
fn moment<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a well-formed constant")
}

/// The launch of April 2020: passes for errands and work, none near home, no strolls.
pub(crate) fn launch() -> Policy {
    let errands = [Purpose::Groceries, Purpose::Pharmacy, Purpose::Doctor];
    let near_home = [Purpose::Pet, Purpose::Rubbish].map(|purpose| (purpose, PurposeRule::free()));
    let purposes = errands.map(|purpose| (purpose, PurposeRule::lasting(180)));
    let purposes = purposes.into_iter().chain(near_home).chain([(Purpose::Work, PurposeRule::lasting(720))]);
    Policy::new(moment("2020-04-02T12:00"), moment("2020-06-12T00:00"), purposes.collect())
}

/// The same days as they would have been: the passes come when the days are over.
pub(crate) fn no_policy() -> Policy {
    Policy { from: moment("2021-04-02T12:00"), until: moment("2021-06-12T00:00"), ..launch() }
}

/// All that a simulation needs to know, of a region of so many residents.
pub(crate) struct Oblast {
    pub(crate) settings: Settings,
    pub(crate) places: Vec<Place>,
    pub(crate) calendar: Calendar,
    policy: Policy,
    residents: u32,
}

impl Oblast {
    /// `residents` in the places of the oblast, every place in proportion, for `days` from 2 April on.
    pub(crate) fn new(residents: u32, days: u16, policy: Policy) -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/places/nizhny-novgorod-oblast.csv");
        let all = read_places(File::open(path).expect("the places of the oblast")).expect("a well-formed table");
        Oblast {
            settings: Settings::new(Region { places: "oblast.csv".into(), residents }),
            places: shrink_places(&all, OBLAST, residents),
            calendar: Calendar { start: moment("2020-04-02"), days, utc_offset_min: 180 },
            policy,
            residents,
        }
    }

    /// Residents times days.
    pub(crate) fn resident_days(&self) -> u64 {
        u64::from(self.residents) * u64::from(self.calendar.days)
    }

    /// Lives the days on `threads`, showing each to `observer`.
    pub(crate) fn simulate(&self, threads: usize, observer: &mut dyn Observer) -> Simulation {
        let Oblast { settings, places, calendar, policy, .. } = self;
        let model = Model { settings, places, calendar: *calendar, policy, curve: None, seed: 20_200_402 };
        let stop = AtomicBool::new(false);
        let options = Options { threads, shard: Shard::WHOLE, stop: &stop, progress: &|_| () };
        sim::simulate(&model, &options, observer).expect("a sound scenario")
    }

    /// Lives the days on one thread and writes every trip into `out`; how many they were.
    pub(crate) fn write_trips(&self, format: Format, out: &Path) -> u64 {
        let folder = RunFolder::create(out).expect("a folder to write to");
        let bulk = Bulk { format, tables: [BulkTable::Trips].into() };
        let mut writer = BulkWriter::create(&folder, &bulk, &[], 1).expect("room for the tables");
        let simulation = self.simulate(1, &mut writer);
        writer.finish().expect("room for the rest");
        simulation.trips
    }
}

/// The run folder of three days of so many residents, with summaries, to make a page of; and the folder that it lies in.
pub(crate) fn written_run(residents: u32) -> (TempDir, Run) {
    let folder = tempfile::tempdir().expect("a folder to write to");
    let oblast = Oblast::new(residents, 3, launch());
    let simulation = oblast.simulate(1, &mut ());
    let run = RunFolder::create(&folder.path().join("run")).expect("a folder to write to");
    let effort = Effort { seconds: 1.0, peak_memory_bytes: 1 };
    let seen = Seen::default();
    let written = write_simulation(&run, &simulation, &seen, &oblast.calendar, Format::Csv, effort);
    let results = Results { simulate: Some(written.expect("room for the summaries")), ..Results::default() };
    let heading = Heading {
        command: Command::Simulate,
        command_line: "lockgate simulate".into(),
        scenario: Some("bench".into()),
        title: None,
        seed: Some(20_200_402),
        calendar: Some(oblast.calendar),
        overrides: Vec::new(),
        objectives: None,
        started_at: moment("2026-01-05T10:00:00Z"),
    };
    run.write_record(&RunRecord::new(heading, 1.0, results, None)).expect("room for the record");
    (folder, Run::open(&run.finish().expect("a whole folder")).expect("a run"))
}
