//! `lockgate simulate`: the residents' days.

use demand::{RateSeries, Trace};
use report::record::{Command, Results};
use report::{BulkWriter, Effort, Figure, Format, RunFolder, RunRecord, peak_memory_bytes, terminal};
use sim::{Model, Observer, SimError, Simulation, TraceKeeper};

use crate::args::Simulate;
use crate::failure::{Ending, bad_input};
use crate::progress::Progress;
use crate::scenario::Scenario;
use crate::session::{Session, close_folder, ending, in_folder, of_report};
use crate::stop::Stop;
use crate::validate;

/// A simulation and its `run.json`.
pub(crate) struct Simulated {
    pub(crate) demand: RateSeries,
    pub(crate) record: RunRecord,
    /// The model's figures beside the published ones; none unless they were asked for.
    pub(crate) figures: Vec<Figure>,
}

/// Simulates the scenario, with what the arguments change of it.
pub(crate) fn run(arguments: &Simulate, stop: &Stop) -> anyhow::Result<Ending> {
    let mut scenario = Scenario::read(&arguments.scenario)?;
    scenario.seed = arguments.seed.unwrap_or(scenario.seed);
    scenario.calendar.days = arguments.days.unwrap_or(scenario.calendar.days);
    if let Some(fault) = scenario.calendar.faults().into_iter().next() {
        return Err(bad_input(format!("--days: {}", fault.message)));
    }
    if let Some(residents) = arguments.residents {
        scenario.shrunk_to = Some(residents);
    }
    scenario.validates = arguments.validate;
    let session = Session::begin(Command::Simulate, stop);
    let out = session.output(arguments.output.out.as_deref());
    let threads = arguments.threads.unwrap_or(0);
    let (out, simulated) =
        in_folder(&out, |folder| simulate(&scenario, threads, arguments.format, &mut (), folder, &session))?;
    print!("{}", terminal::figures(&simulated.figures));
    print!("{}", terminal::summary(&simulated.record));
    println!("{}", out.display());
    Ok(ending(&simulated.record))
}

/// Simulates the scenario on `threads` (0: all cores), shows it to `observer` and writes everything into `folder`.
pub(crate) fn simulate(
    scenario: &Scenario,
    threads: usize,
    format: Format,
    observer: &mut dyn Observer,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<Simulated> {
    let gates = &scenario.settings.checks.gates;
    let mut writer = BulkWriter::create(folder, format, gates, threads).map_err(of_report)?;
    let simulation = play(scenario, threads, &mut (&mut writer, observer), session)?;
    let seen = writer.finish().map_err(of_report)?;
    let effort = Effort { seconds: session.seconds(), peak_memory_bytes: peak_memory_bytes() };
    let written =
        report::write_simulation(folder, &simulation, &seen, &scenario.calendar, format, effort).map_err(of_report)?;
    let results = Results { simulate: Some(written), ..Results::default() };
    let figures = validate::figures(scenario, &simulation, |other| play(other, threads, &mut (), session))?;
    if !figures.is_empty() {
        report::write_figures(folder, &figures, format).map_err(of_report)?;
    }
    let record = session.record(scenario, results, None, simulation.complete).held_against(&figures);
    close_folder(folder, scenario, &record)?;
    Ok(Simulated { demand: simulation.demand, record, figures })
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

fn play(
    scenario: &Scenario,
    threads: usize,
    observer: &mut dyn Observer,
    session: &Session,
) -> anyhow::Result<Simulation> {
    let (settings, places) = scenario.region();
    let shown = Progress::steps("simulating", u64::from(scenario.calendar.days));
    let model = Model {
        settings: &settings,
        places: &places,
        calendar: scenario.calendar,
        policy: &scenario.policy,
        curve: None,
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
