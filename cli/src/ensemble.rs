//! Many simulations in one run folder: `lockgate simulate --runs N`, and a scenario with a sweep.

use report::record::Results;
use report::{Bulk, Ensemble, Format, Mark, RunFolder, RunRecord, peak_memory_bytes};
use sim::Simulation;

use crate::failure::bad_input;
use crate::scenario::Scenario;
use crate::session::{Session, close_folder, in_folder, of_report};
use crate::simulate::{self, Simulated};
use crate::source::Change;

/// What is to be run: every scenario of a sweep, each with the same seeds.
pub(crate) struct Plan<'a> {
    scenario: &'a Scenario,
    /// Runs of each scenario.
    runs: u32,
    threads: usize,
    /// Which trips, passes, checks and requests of each run are written, and how.
    bulk: Bulk,
}

/// One run of it.
#[derive(Clone, Copy)]
struct Turn {
    point: usize,
    run: u32,
}

impl<'a> Plan<'a> {
    /// Runs with the scenario's seed and the `runs` - 1 that follow it.
    ///
    /// # Errors
    /// Bad input when there are not so many seeds.
    pub(crate) fn new(scenario: &'a Scenario, runs: u32, threads: usize, bulk: Bulk) -> anyhow::Result<Self> {
        // TOML has whole numbers up to this one.
        let last = scenario.seed.checked_add(u64::from(runs) - 1).filter(|last| *last <= i64::MAX as u64);
        match last {
            Some(_) => Ok(Plan { scenario, runs, threads, bulk }),
            None => Err(bad_input(format!(
                "--runs {runs}: from seed {} on there are not so many; choose another",
                scenario.seed
            ))),
        }
    }

    /// All runs, scenario by scenario.
    fn turns(&self) -> impl Iterator<Item = Turn> {
        let runs = self.runs;
        (0..self.scenario.sweep.points()).flat_map(move |point| (0..runs).map(move |run| Turn { point, run }))
    }

    /// How many runs there are.
    fn len(&self) -> usize {
        self.scenario.sweep.points() * self.runs as usize
    }

    /// The scenario of this run alone, its seed set. A sweep may vary whatever a scenario holds, so it is read anew.
    fn scenario(&self, turn: Turn) -> anyhow::Result<Scenario> {
        let seed = self.scenario.seed + u64::from(turn.run);
        let mut changes = self.scenario.sweep.changes(turn.point);
        changes.push(Change::option("--seed", &["seed"], seed as i64));
        Ok(self.scenario.at(&changes)?)
    }
}

/// Makes every run and writes everything into `folder`. A run that was stopped within is no part of the tables.
pub(crate) fn simulate(plan: &Plan<'_>, folder: &RunFolder, session: &Session) -> anyhow::Result<RunRecord> {
    let sweep = &plan.scenario.sweep;
    let mut ensemble = Ensemble::create(folder, sweep.parameters(), plan.runs, plan.bulk.format);
    let mut complete = true;
    for (number, turn) in plan.turns().enumerate() {
        complete = !session.stop.asked();
        if !complete {
            break;
        }
        let what = format!("run {} of {}", number + 1, plan.len());
        let scenario = plan.scenario(turn)?;
        let simulation = run(plan, turn, &scenario, &what, folder, session)?;
        complete = simulation.complete;
        if !complete {
            break;
        }
        let mark = Mark { point: turn.point, values: sweep.point(turn.point), run: turn.run, seed: scenario.seed };
        ensemble.add(&mark, &simulation, &scenario.calendar).map_err(of_report)?;
    }
    let written = ensemble.finish(sweep.points(), peak_memory_bytes()).map_err(of_report)?;
    let results = Results { ensemble: Some(written), ..Results::default() };
    let record = session.record(plan.scenario, results, None, complete);
    close_folder(folder, plan.scenario, &record)?;
    Ok(record)
}

/// Makes one run; when its trips are asked for, in a run folder of its own below `folder`.
fn run(
    plan: &Plan<'_>,
    turn: Turn,
    scenario: &Scenario,
    what: &str,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<Simulation> {
    let part = Session::begin(report::record::Command::Simulate, &session.stop).doing(what);
    if plan.bulk.format == Format::None {
        return simulate::play(scenario, plan.threads, &mut (), &part);
    }
    let out = folder.path().join("runs").join(format!("point-{}-run-{}", turn.point, turn.run));
    let (_, Simulated { simulation, .. }) =
        in_folder(&out, |folder| simulate::simulate(scenario, plan.threads, &plan.bulk, &mut (), folder, &part))?;
    Ok(simulation)
}
