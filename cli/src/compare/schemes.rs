//! The servers of several schemes side by side, under one scenario's demand.

use std::collections::BTreeMap;

use passes::SchemeKind;
use report::record::{Command, LedgerResults, Results, SchemeResults};
use report::{Bulk, Format, Run, RunFolder, RunRecord, terminal};

use crate::args::{Compare, ServerChoice};
use crate::capacity::{self, Demand};
use crate::child::ServerSeat;
use crate::failure::{Ending, bad_input};
use crate::ledger::{self, Design};
use crate::scenario::Scenario;
use crate::session::{Session, close_folder, ending, in_folder, of_report};
use crate::simulate::{self, Simulated};
use crate::stop::Stop;

/// What servers learn is counted with so many residents: enough for checks even where they are rare, and done in a minute or two.
const COUNTED_RESIDENTS: u32 = 50_000;

/// Simulates the demand once and finds the capacity of each scheme's server.
pub(super) fn run(arguments: &Compare, stop: &Stop) -> anyhow::Result<Ending> {
    let Compare { before, after, set, runs, days, residents, margin, schemes, store, out } = arguments;
    if after.is_some() || runs.is_some() || days.is_some() || residents.is_some() || margin.is_some() {
        return Err(bad_input(
            "--schemes takes one scenario, whole, and searches once; leave out the second name, --runs, --days, --residents and --margin",
        ));
    }
    let scenario = Scenario::read(before, set)?;
    let session = Session::begin(Command::Compare, stop);
    let (out, record) = in_folder(&session.output(out.as_deref()), |folder| {
        let (demand, simulated) = simulated(&scenario, folder, stop)?;
        let search = |scheme: SchemeKind| -> anyhow::Result<RunRecord> {
            let choice = ServerChoice { scheme: Some(scheme), store: *store };
            let part = Session::begin(Command::Capacity, stop);
            let (_, record) = in_folder(&folder.path().join(scheme.name()), |folder| {
                let seat = ServerSeat { scenario: &scenario, choice, beside: folder.path() };
                seat.with(demand.peak_at, |target| {
                    capacity::search(&scenario, (target, Some(seat.kind())), &demand, folder, &part)
                })
            })?;
            Ok(record)
        };
        compare(&scenario, schemes, (simulated, search), folder, &session)
    })?;
    println!("{}{}", terminal::warnings(&record), record.sentence);
    println!("{}", out.join("index.html").display());
    Ok(ending(&record))
}

/// What the scenario asks of a server, and the record of its simulation, which is a run folder of its own in `folder`: without rows of
/// residents, of which a region has many.
fn simulated(scenario: &Scenario, folder: &RunFolder, stop: &Stop) -> anyhow::Result<(Demand, RunRecord)> {
    let part = Session::begin(Command::Simulate, stop);
    let bulk = Bulk::all(Format::None);
    let (_, Simulated { simulation, record, .. }) = in_folder(&folder.path().join("simulate"), |folder| {
        simulate::simulate(scenario, 0, &bulk, &mut (), folder, &part)
    })?;
    Ok((Demand::of(scenario, &simulation.demand, stop)?, record))
}

/// Searches scheme by scheme and writes everything into `folder`.
fn compare(
    scenario: &Scenario,
    schemes: &[SchemeKind],
    (simulated, search): (RunRecord, impl Fn(SchemeKind) -> anyhow::Result<RunRecord>),
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<RunRecord> {
    let mut found: SchemeResults = BTreeMap::new();
    let mut warnings = simulated.warnings;
    for scheme in schemes {
        if session.stop.asked() {
            break;
        }
        let record = search(*scheme)?;
        println!("{}: {}", scheme.name(), record.sentence);
        warnings.extend(record.warnings.into_iter().map(|warning| format!("{}: {warning}", scheme.name())));
        found.extend(record.results.capacity.map(|capacity| (scheme.name().to_owned(), capacity)));
    }
    let learnt = learnt(scenario, schemes, folder, session)?;
    if learnt.is_none() && !session.stop.asked() {
        warnings.push(format!(
            "What each server learns was not counted: {COUNTED_RESIDENTS} residents ask nothing of one. `lockgate ledger` takes more."
        ));
    }
    print!("\n{}", terminal::schemes(&found, learnt.as_ref()));
    report::write_schemes(folder, &found).map_err(of_report)?;
    let complete = found.len() == schemes.len() && !session.stop.asked();
    let simulate = simulated.results.simulate;
    let results = Results { simulate, schemes: Some(found), ledger: learnt, ..Results::default() };
    let record = RunRecord { warnings, ..session.record(scenario, results, None, complete) };
    close_folder(folder, scenario, &record)?;
    let runs = Run::open_all(folder.path()).map_err(of_report)?;
    report::write_page(&runs, folder.path()).map_err(of_report)?;
    Ok(record)
}

/// What each scheme's server learns of a day of a small part of the region; none when nothing was asked of it, or the user stops.
fn learnt(
    scenario: &Scenario,
    schemes: &[SchemeKind],
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<Option<LedgerResults>> {
    if session.stop.asked() {
        return Ok(None);
    }
    let part = Session::begin(Command::Ledger, &session.stop);
    let written =
        ledger::write(scenario, COUNTED_RESIDENTS, &Design::usual_of(schemes), &folder.path().join("ledger"), &part)?;
    Ok(written.and_then(|(_, record)| record.results.ledger))
}
