//! `lockgate simulate`: the residents' days.

use demand::{RateSeries, Trace};
use report::record::{Command, Results};
use report::{Bulk, BulkWriter, Effort, Figure, Format, RunFolder, RunRecord, peak_memory_bytes, terminal};
use sim::{Model, Observer, SimError, Simulation, TraceKeeper};

use crate::args::Simulate;
use crate::assumptions;
use crate::ensemble::{self, Plan};
use crate::failure::{Ending, bad_input};
use crate::progress::Progress;
use crate::scenario::Scenario;
use crate::session::{Session, close_folder, ending, in_folder, of_report};
use crate::source::Change;
use crate::stop::Stop;
use crate::validate;

/// A simulation and its `run.json`.
pub(crate) struct Simulated {
    pub(crate) simulation: Simulation,
    pub(crate) record: RunRecord,
    /// The model's figures beside the published ones; none unless they were asked for.
    pub(crate) figures: Vec<Figure>,
}

/// Simulates the scenario, with what the arguments change of it: once, or as an ensemble.
pub(crate) fn run(arguments: &Simulate, stop: &Stop) -> anyhow::Result<Ending> {
    let mut scenario = Scenario::read_swept(&arguments.scenario, &changes(arguments))?;
    scenario.shrunk_to = arguments.residents;
    scenario.validates = arguments.validate;
    let threads = arguments.threads.unwrap_or(0);
    let named = arguments.output.out.as_deref();
    let (out, record) = if arguments.runs.is_some() || !scenario.sweep.is_empty() {
        let session = Session::begin(Command::Ensemble, stop);
        let plan = Plan::new(&scenario, arguments.runs.unwrap_or(1), threads, bulk(arguments, Format::None)?)?;
        in_folder(&session.output(named), |folder| ensemble::simulate(&plan, folder, &session))?
    } else {
        let session = Session::begin(Command::Simulate, stop);
        let bulk = bulk(arguments, Format::Csv)?;
        let (out, simulated) =
            in_folder(&session.output(named), |folder| simulate(&scenario, threads, &bulk, &mut (), folder, &session))?;
        print!("{}", terminal::figures(&simulated.figures));
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

/// The tables of rows that the arguments ask for, in the format `usual` unless they say another.
fn bulk(arguments: &Simulate, usual: Format) -> anyhow::Result<Bulk> {
    let format = arguments.format.unwrap_or(usual);
    match (format, &arguments.tables) {
        (Format::None, Some(_)) => Err(bad_input(
            "--tables names tables to write, and nothing is written; add --format csv or --format parquet",
        )),
        (format, Some(tables)) => Ok(Bulk { format, tables: tables.clone() }),
        (format, None) => Ok(Bulk::all(format)),
    }
}

/// Simulates the scenario on `threads` (0: all cores), shows it to `observer` and writes everything into `folder`.
pub(crate) fn simulate(
    scenario: &Scenario,
    threads: usize,
    bulk: &Bulk,
    observer: &mut dyn Observer,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<Simulated> {
    let gates = &scenario.settings.checks.gates;
    let mut writer = BulkWriter::create(folder, bulk, gates, threads).map_err(of_report)?;
    let simulation = play(scenario, threads, &mut (&mut writer, observer), session)?;
    let seen = writer.finish().map_err(of_report)?;
    let effort = Effort { seconds: session.seconds(), peak_memory_bytes: peak_memory_bytes() };
    let written = report::write_simulation(folder, &simulation, &seen, &scenario.calendar, bulk.format, effort)
        .map_err(of_report)?;
    report::write_assumptions(folder, &assumptions::of(scenario), bulk.format).map_err(of_report)?;
    let results = Results { simulate: Some(written), ..Results::default() };
    let figures = validate::figures(scenario, &simulation, |other| play(other, threads, &mut (), session))?;
    if !figures.is_empty() {
        report::write_figures(folder, &figures, bulk.format).map_err(of_report)?;
    }
    let record = session.record(scenario, results, None, simulation.complete).held_against(&figures);
    close_folder(folder, scenario, &record)?;
    Ok(Simulated { simulation, record, figures })
}

/// How many requests the scenario brings in each minute, and nothing written.
pub(crate) fn demand(scenario: &Scenario, session: &Session) -> anyhow::Result<RateSeries> {
    Ok(play(scenario, 0, &mut (), session)?.demand)
}

/// All requests of the scenario, and nothing written.
pub(crate) fn trace(scenario: &Scenario, session: &Session) -> anyhow::Result<Trace> {
    let mut keeper = TraceKeeper::default();
    play(scenario, 0, &mut keeper, session)?;
    Ok(keeper.into_trace())
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
        curve: scenario.curve.as_ref(),
        seed: scenario.seed,
    };
    let progress = |progress: sim::Progress| shown.done(u64::from(progress.days_done));
    let options = sim::Options { threads, shard: sim::Shard::WHOLE, stop: session.stop.flag(), progress: &progress };
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
        let whole = &self.settings;
        match self.shrunk_to {
            None => (whole.clone(), self.places.clone()),
            Some(residents) => {
                (whole.shrunk(residents), sim::shrink_places(&self.places, whole.region.residents, residents))
            }
        }
    }
}
