//! `lockgate demo`: a launch, rehearsed whole. It only joins what the other commands do.

use std::time::Duration;

use report::record::{Command, Results, Status};
use report::{Bulk, Format, Run, RunFolder, RunRecord, terminal};
use sim::TraceKeeper;

use crate::args::{Demo, ServerChoice};
use crate::capacity::{self, Demand};
use crate::child::ServerSeat;
use crate::failure::Ending;
use crate::load;
use crate::scenario::Scenario;
use crate::session::{Session, close_folder, in_folder, of_report};
use crate::simulate::{self, Simulated};
use crate::stop::Stop;

/// Simulates, finds capacity, replays the peak and reports.
///
/// A rehearsal that finds that a launch breaks has done its work: it ends well, whatever the verdict, unless it was stopped.
pub(crate) fn run(arguments: &Demo, stop: &Stop) -> anyhow::Result<Ending> {
    let scenario = Scenario::read_or_built_in(arguments.scenario.as_deref(), &arguments.changes.set)?;
    let session = Session::begin(Command::Demo, stop);
    let out = session.output(arguments.output.out.as_deref());
    let (out, record) = in_folder(&out, |folder| rehearse(&scenario, arguments.server, folder, &session))?;
    print!("{}", terminal::summary(&record));
    println!("{}", out.join("index.html").display());
    Ok(if record.status == Status::Complete { Ending::Held } else { Ending::Unusable })
}

fn rehearse(
    scenario: &Scenario,
    choice: ServerChoice,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<RunRecord> {
    let part = |command| Session::begin(command, &session.stop);
    let simulating = part(Command::Simulate);
    let mut keeper = TraceKeeper::default();
    let simulated = in_folder(&folder.path().join("simulate"), |folder| {
        simulate::simulate(scenario, 0, &Bulk::all(Format::Parquet), &mut keeper, folder, &simulating)
    })?;
    let Simulated { simulation, record, .. } = simulated.1;
    let trace = keeper.into_trace();
    let mut parts = vec![record];
    let demand = Demand::of(scenario, &simulation.demand, &session.stop)?;
    let seat = ServerSeat { scenario, choice, beside: folder.path() };
    if !session.stop.asked() {
        let searching = part(Command::Capacity);
        let found = in_folder(&folder.path().join("capacity"), |folder| {
            seat.with(demand.peak_at, |target| {
                capacity::search(scenario, (target, Some(seat.kind())), &demand, folder, &searching)
            })
        })?;
        parts.push(found.1);
    }
    if !session.stop.asked() {
        let replaying = part(Command::Load);
        let length = Duration::from_secs(u64::from(scenario.replay.window_s));
        let from = trace.busiest(length).unwrap_or_default();
        let job = load::replay(scenario, &trace, Some(from), length, 1.0)?;
        let replayed = in_folder(&folder.path().join("load"), |folder| {
            seat.with(from, |target| load::play(scenario, target, &job, folder, &replaying))
        })?;
        parts.push(replayed.1);
    }
    tell(scenario, parts, folder, session)
}

/// The record of the whole from those of its parts, and the page.
fn tell(
    scenario: &Scenario,
    parts: Vec<RunRecord>,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<RunRecord> {
    let complete = parts.len() == 3 && parts.iter().all(|part| part.status == Status::Complete);
    let replay = parts.iter().find(|part| part.command == Command::Load).and_then(|part| part.verdict);
    let (mut results, mut warnings, mut failures) = (Results::default(), Vec::new(), Vec::new());
    for part in parts {
        warnings.extend(part.warnings);
        failures.extend(part.failures);
        results.simulate = part.results.simulate.or(results.simulate);
        results.capacity = part.results.capacity.or(results.capacity);
        results.load = part.results.load.or(results.load);
    }
    let record = RunRecord { warnings, failures, ..session.record(scenario, results, replay, complete) };
    close_folder(folder, scenario, &record)?;
    let runs = Run::open_all(folder.path()).map_err(of_report)?;
    report::write_page(&runs, folder.path()).map_err(of_report)?;
    Ok(record)
}
