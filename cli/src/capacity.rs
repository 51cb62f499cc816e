//! `lockgate capacity`: finds how much demand a server can bear.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::anyhow;
use demand::{RateSeries, RequestKind, SimTime};
use loadgen::{CapacityResult, Ended, Kind, Path, PathCapacity, Search, Step, Target};
use report::record::{CapacityResults, Command, PeakRecord, Results, ServerRecord};
use report::{RunFolder, RunRecord, number, terminal};

use crate::args::Capacity;
use crate::child::ServerSeat;
use crate::failure::{Ending, bad_input};
use crate::load;
use crate::progress::Progress;
use crate::scenario::Scenario;
use crate::session::{Session, close_folder, ending, in_folder, of_load, of_report};
use crate::simulate;
use crate::stop::Stop;

/// Simulates the scenario's demand and finds what the target can bear of it.
pub(crate) fn run(arguments: &Capacity, stop: &Stop) -> anyhow::Result<Ending> {
    let scenario = Scenario::read(&arguments.scenario, &arguments.changes.set)?;
    let named =
        arguments.target.as_deref().map(|url| load::target(url, &arguments.consent, &scenario.target)).transpose()?;
    let session = Session::begin(Command::Capacity, stop);
    let demand = Demand::of(&scenario, &simulate::demand(&scenario, &session)?, stop)?;
    let out = session.output(arguments.output.out.as_deref());
    let (out, record) = in_folder(&out, |folder| match &named {
        Some(target) => search(&scenario, (target, None), &demand, folder, &session),
        None => {
            let seat = ServerSeat { scenario: &scenario, choice: arguments.server, beside: folder.path() };
            seat.with(demand.peak_at, |target| {
                search(&scenario, (target, Some(seat.kind())), &demand, folder, &session)
            })
        }
    })?;
    print!("{}", terminal::summary(&record));
    println!("{}", out.display());
    Ok(ending(&record))
}

/// Paths that are searched: issue, verify and the day's own mix.
const PATHS: usize = 3;

/// What a simulated demand asks at most.
pub(crate) struct Demand {
    /// The busiest minute of each kind of request, and of all together.
    peaks: BTreeMap<String, PeakRecord>,
    /// When the busiest minute of all kinds together begins.
    pub(crate) peak_at: SimTime,
    /// The kinds of request over all days, as weights.
    mix: Vec<(Kind, f64)>,
}

impl Demand {
    /// What `rates` ask.
    ///
    /// # Errors
    /// Bad input when that is nothing; where the user stopped the simulation before its first day was over, that.
    pub(crate) fn of(scenario: &Scenario, rates: &RateSeries, stop: &Stop) -> anyhow::Result<Self> {
        let nothing = || match stop.asked() {
            true => anyhow!("stopped before a day was simulated; nothing is left of it"),
            false => bad_input("the scenario asks nothing of a server"),
        };
        let mix = RequestKind::ALL.map(|kind| (Kind::from(kind), rates.total(kind) as f64));
        Ok(Demand {
            peaks: report::peaks(rates, &scenario.calendar),
            peak_at: rates.peak_of_all().ok_or_else(nothing)?.at,
            mix: mix.to_vec(),
        })
    }
}

/// Searches path by path and writes everything into `folder`. Beside the target stands of which kind its server is, where that is known.
pub(crate) fn search(
    scenario: &Scenario,
    (target, server): (&Target, Option<ServerRecord>),
    demand: &Demand,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<RunRecord> {
    let of_server = server.as_ref().map_or(String::new(), |server| format!("{}: ", server.scheme));
    let shown = Progress::start(format!("{of_server}capacity"));
    let mut result = CapacityResult::default();
    let paths: [Path; PATHS] = [Path::Issue, Path::Verify, Path::Mix(demand.mix.clone())];
    for path in paths {
        if session.stop.asked() {
            break;
        }
        let what = format!("{of_server}capacity of {}", path.name());
        result.paths.push(search_path(scenario, target, path, (&what, &shown), session)?);
    }
    drop(shown);
    let written = report::write_capacity(folder, &result, &demand.peaks).map_err(of_report)?;
    close(scenario, CapacityResults { server, ..written }, &result, folder, session)
}

fn search_path(
    scenario: &Scenario,
    target: &Target,
    path: Path,
    (what, shown): (&str, &Progress),
    session: &Session,
) -> anyhow::Result<PathCapacity> {
    let begun = Instant::now();
    shown.announce(format!("{what}: preparing"));
    let purpose = load::purpose(scenario);
    let on_step = |step: &Step| {
        let held = if step.held { "held" } else { "failed" };
        shown.say(format!("{what}: {} {held}", number::rate(step.offered_per_s)));
    };
    let search = Search {
        target,
        settings: within(scenario.capacity, target),
        path,
        purpose,
        issues_per_resident: Some(load::issues_per_resident(scenario, purpose)),
        options: loadgen::Options {
            settings: scenario.load,
            slo: scenario.slo,
            seed: scenario.seed,
            warm_up: std::time::Duration::ZERO,
            start_at: None,
            stop: session.stop.flag(),
            progress: &|_| (),
        },
        on_step: &on_step,
    };
    let found = loadgen::find_capacity(&search).map_err(of_load)?;
    shown.announce(format!("{what}: {}", told(&found, begun.elapsed().as_secs_f64())));
    Ok(found)
}

/// What a search found, in a few words.
fn told(found: &PathCapacity, took_s: f64) -> String {
    let usable = match (found.usable_per_s, found.interval_per_s.1) {
        (Some(usable_per_s), Some(_)) if found.ended == Ended::Found => {
            format!("usable {}", number::rate(usable_per_s))
        }
        (Some(usable_per_s), Some(failed_per_s)) => {
            format!("{} held, {} failed", number::rate(usable_per_s), number::rate(failed_per_s))
        }
        (Some(usable_per_s), None) => format!("usable at least {}", number::rate(usable_per_s)),
        (None, _) => "nothing held".to_owned(),
    };
    let steps = if found.steps.len() == 1 { "1 step".to_owned() } else { format!("{} steps", found.steps.len()) };
    format!("{usable}, {steps} in {}", number::duration_s(took_s))
}

/// The search that stays under the ceilings of `target`.
fn within(settings: loadgen::CapacitySettings, target: &Target) -> loadgen::CapacitySettings {
    let Some(ceilings) = target.ceilings() else { return settings };
    loadgen::CapacitySettings {
        start_per_s: settings.start_per_s.min(ceilings.rate_per_s),
        max_per_s: settings.max_per_s.min(ceilings.rate_per_s),
        longest_s: settings.longest_s.min(ceilings.duration.as_secs_f64()),
        ..settings
    }
}

fn close(
    scenario: &Scenario,
    written: CapacityResults,
    result: &CapacityResult,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<RunRecord> {
    let results = Results { capacity: Some(written), ..Results::default() };
    let complete = result.paths.len() == PATHS && result.paths.iter().all(|path| path.ended != Ended::Stopped);
    let mut record = session.record(scenario, results, None, complete);
    let told = result.paths.iter().filter(|path| path.ended != Ended::Found);
    record.warnings = told.map(|path| format!("{}: {}", path.path, path.ended)).collect();
    close_folder(folder, scenario, &record)?;
    Ok(record)
}
