//! `lockgate simulate`: the residents' days.

use demand::Trace;
use report::record::{Command, Results};
use report::{BulkWriter, Effort, Format, RunFolder, RunRecord, peak_memory_bytes, terminal};
use sim::{Model, Observer, SimError, Simulation};

use crate::args::Simulate;
use crate::ensemble::{self, Plan};
use crate::failure::{Ending, bad_input};
use crate::progress::Progress;
use crate::scenario::Scenario;
use crate::session::{Session, close_folder, ending, in_folder, of_report};
use crate::source::Change;
use crate::stop::Stop;

/// A simulation and its `run.json`.
pub(crate) struct Simulated {
    pub(crate) simulation: Simulation,
    pub(crate) record: RunRecord,
}

/// Simulates the scenario, with what the arguments change of it: once, or as an ensemble.
pub(crate) fn run(arguments: &Simulate, stop: &Stop) -> anyhow::Result<Ending> {
    let mut scenario = Scenario::read_swept(&arguments.scenario, &changes(arguments))?;
    scenario.shrunk_to = arguments.residents;
    let threads = arguments.threads.unwrap_or(0);
    let named = arguments.output.out.as_deref();
    let (out, record) = if arguments.runs.is_some() || !scenario.sweep.is_empty() {
        let session = Session::begin(Command::Ensemble, stop);
        let plan =
            Plan::new(&scenario, arguments.runs.unwrap_or(1), threads, arguments.format.unwrap_or(Format::None))?;
        in_folder(&session.output(named), |folder| ensemble::simulate(&plan, folder, &session))?
    } else {
        let session = Session::begin(Command::Simulate, stop);
        let format = arguments.format.unwrap_or(Format::Csv);
        let (out, simulated) =
            in_folder(&session.output(named), |folder| simulate(&scenario, threads, format, folder, &session))?;
        (out, simulated.record)
    };
    print!("{}", terminal::summary(&record));
    println!("{}", out.display());
    Ok(ending(&record))
}

/// What the arguments change of the scenario; an option of its own counts after `--set`.
fn changes(arguments: &Simulate) -> Vec<Change> {
    let seed = arguments.seed.map(|seed| Change::option("--seed", &["seed"], seed));
    let days = arguments.days.map(|days| Change::option("--days", &["calendar", "days"], days.into()));
    arguments.changes.set.iter().cloned().chain(seed).chain(days).collect()
}

/// Simulates the scenario on `threads` (0: all cores) and writes everything into `folder`.
pub(crate) fn simulate(
    scenario: &Scenario,
    threads: usize,
    format: Format,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<Simulated> {
    let mut writer = BulkWriter::create(folder, format).map_err(of_report)?;
    let simulation = play(scenario, threads, &mut writer, session)?;
    let effort = Effort { seconds: session.seconds(), peak_memory_bytes: peak_memory_bytes() };
    writer.finish().map_err(of_report)?;
    let written =
        report::write_simulation(folder, &simulation, &scenario.calendar, format, effort).map_err(of_report)?;
    let results = Results { simulate: Some(written), ..Results::default() };
    let record = session.record(scenario, results, None, simulation.complete);
    close_folder(folder, scenario, &record)?;
    Ok(Simulated { simulation, record })
}

/// The demand of the scenario, and nothing written.
pub(crate) fn trace(scenario: &Scenario, session: &Session) -> anyhow::Result<Trace> {
    Ok(play(scenario, 0, &mut (), session)?.trace)
}

/// Simulates the scenario's days on `threads` (0: all cores), showing each to `observer`.
pub(crate) fn play(
    scenario: &Scenario,
    threads: usize,
    observer: &mut dyn Observer,
    session: &Session,
) -> anyhow::Result<Simulation> {
    let (settings, places) = scenario.region();
    let shown = Progress::steps(session.doing.clone(), u64::from(scenario.calendar.days));
    let model = Model {
        settings: &settings,
        places: &places,
        calendar: scenario.calendar,
        policy: &scenario.policy,
        seed: scenario.seed,
    };
    let progress = |progress: sim::Progress| shown.done(u64::from(progress.days_done));
    let options = sim::Options { threads, stop: session.stop.flag(), progress: &progress };
    sim::simulate(&model, &options, observer).map_err(|error| match error {
        SimError::Faults(faults) => scenario.faults(faults),
        other => other.into(),
    })
}

impl Scenario {
    /// Faults that only the whole scenario has, as bad input.
    pub(crate) fn faults(&self, faults: Vec<passes::Fault>) -> anyhow::Error {
        let file = self.file.as_deref().map_or_else(|| self.name(), |file| file.display().to_string());
        let lines: Vec<String> =
            faults.into_iter().map(|fault| format!("{file}: {}: {}", fault.key, fault.message)).collect();
        bad_input(lines.join("\n"))
    }

    /// The region to simulate: all of it, or every place shrunk in proportion.
    fn region(&self) -> (sim::Settings, Vec<sim::Place>) {
        let (mut settings, mut places) = (self.settings.clone(), self.places.clone());
        if let Some(residents) = self.shrunk_to {
            places = sim::shrink_places(&places, settings.region.residents, residents);
            settings.region.residents = residents;
        }
        (settings, places)
    }
}
