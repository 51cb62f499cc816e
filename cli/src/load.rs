//! `lockgate load`: plays demand against a server and measures.

use std::path::Path;
use std::time::Duration;

use demand::{SimTime, Trace, TraceError};
use loadgen::{Arrivals, Kind, LoadResult, Mix, Plan, Progress, Target, TracePlan, Wallet};
use passes::Purpose;
use report::record::{Command, Results};
use report::{RunFolder, RunRecord, terminal};

use crate::args::{Arrivals as ArrivalsChoice, Asked, Client, Consent, Load};
use crate::bad_file::BadFile;
use crate::failure::{Ending, bad_input};
use crate::progress::Progress as Shown;
use crate::scenario::Scenario;
use crate::session::{Session, close_folder, ending, in_folder, of_load, of_report, read_file};
use crate::simulate;
use crate::stop::Stop;

/// Without a duration a fixed rate is kept this long.
const RATE_DURATION: Duration = Duration::from_secs(30);

/// What is played, and what to call it.
pub(crate) struct Job {
    pub(crate) plan: Plan,
    /// In words: which stretch of the trace, or which rate.
    pub(crate) words: String,
}

/// Plays the demand that was asked for against the target.
pub(crate) fn run(arguments: &Load, stop: &Stop) -> anyhow::Result<Ending> {
    let mut scenario = Scenario::read_or_built_in(arguments.scenario.as_deref(), &arguments.changes.set)?;
    scenario.lends_objectives = arguments.scenario.is_none();
    scenario.load.threads = arguments.threads.and_then(std::num::NonZeroUsize::new).or(scenario.load.threads);
    scenario.load.client = arguments.client.map_or(scenario.load.client, |client| match client {
        Client::Lean => loadgen::Client::Lean,
        Client::Reqwest => loadgen::Client::Reqwest,
        Client::H2c => loadgen::Client::H2c,
    });
    let target = target(&arguments.target.target, &arguments.target.consent)?;
    let session = Session::begin(Command::Load, stop);
    let job = job(arguments, &scenario, &session)?;
    let out = session.output(arguments.output.out.as_deref());
    let (out, record) = in_folder(&out, |folder| play(&scenario, &target, &job, folder, &session))?;
    print!("{}", terminal::summary(&record));
    println!("{}", out.display());
    Ok(ending(&record))
}

/// The server named by `url`, if traffic may go there.
pub(crate) fn target(url: &str, consent: &Consent) -> anyhow::Result<Target> {
    let target = Target::parse(url, &consent.operated).map_err(bad_input)?;
    match &consent.ca_file {
        None => Ok(target),
        Some(ca_file) => target.with_ca_file(ca_file.clone()).map_err(bad_input),
    }
}

/// Prepares the target, plays `job` and writes everything into `folder`.
pub(crate) fn play(
    scenario: &Scenario,
    target: &Target,
    job: &Job,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<RunRecord> {
    let shown = Shown::start(format!("preparing {}", target.url()));
    let progress = |progress: Progress| {
        let Progress { seconds, asked, answered } = progress;
        shown.say(format!("{}: {seconds:.0} s, {asked} asked, {answered} answered", job.words));
    };
    let options = loadgen::Options {
        settings: scenario.load,
        slo: scenario.slo,
        seed: scenario.seed,
        warm_up: Duration::ZERO,
        stop: session.stop.flag(),
        progress: &progress,
    };
    let mut wallet = Wallet::new(scenario.load.threads());
    let prepared = loadgen::prepare(target, &job.plan, &mut wallet, &options).map_err(of_load)?;
    let result = loadgen::run(target, &job.plan, &mut wallet, &options).map_err(of_load)?;
    drop(shown);
    write(scenario, target, job, &prepared, &result, folder, session)
}

fn write(
    scenario: &Scenario,
    target: &Target,
    job: &Job,
    prepared: &loadgen::Prepared,
    result: &LoadResult,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<RunRecord> {
    let written = report::write_load(folder, result, &target.url(), Some(job.words.clone()))
        .map_err(of_report)?
        .of_plan(&job.plan);
    let results = Results { load: Some(written), ..Results::default() };
    let mut record = session.record(scenario, results, Some(result.verdict.into()), result.complete);
    record.warnings = prepared.warnings.iter().chain(&result.warnings).map(ToString::to_string).collect();
    if !result.closed_loop {
        // A closed loop is not judged.
        record.failures.clone_from(&result.failures);
    }
    close_folder(folder, scenario, &record)?;
    Ok(record)
}

/// What the arguments ask to be played.
fn job(arguments: &Load, scenario: &Scenario, session: &Session) -> anyhow::Result<Job> {
    if let Some(connections) = arguments.closed {
        let duration = arguments.duration.unwrap_or(RATE_DURATION);
        let connections = u32::try_from(connections).map_err(|_| bad_input("--closed: too many connections"))?;
        let words = format!("closed loop, {connections} connections");
        return Ok(Job { plan: Plan::Closed { connections, duration, mix: mix(arguments, scenario) }, words });
    }
    if let Some(rate_per_s) = arguments.rate {
        if !(rate_per_s > 0.0 && rate_per_s.is_finite()) {
            return Err(bad_input(format!("--rate {rate_per_s}: write a number of requests per second above 0")));
        }
        let duration = arguments.duration.unwrap_or(RATE_DURATION);
        let arrivals = match arguments.arrivals {
            ArrivalsChoice::Constant => Arrivals::Constant { rate_per_s },
            ArrivalsChoice::Poisson => Arrivals::Poisson { rate_per_s },
        };
        let words = format!("{rate_per_s} per second for {} s", duration.as_secs_f64());
        return Ok(Job { plan: Plan::Rate { arrivals, duration, mix: mix(arguments, scenario) }, words });
    }
    if arguments.get.is_some() {
        return Err(bad_input("--get needs --rate PER_SECOND, or --closed N"));
    }
    let trace = match &arguments.trace {
        Some(path) => read_trace(path)?,
        None if arguments.scenario.is_some() => simulate::trace(scenario, session)?,
        None => {
            return Err(bad_input(
                "name a scenario whose demand to play, or --trace FILE, --rate PER_SECOND or --closed N",
            ));
        }
    };
    let length = arguments.duration.unwrap_or(Duration::from_secs(u64::from(scenario.replay.window_s)));
    let from = arguments.window.map(|clock| SimTime::from_ms(clock.ms));
    replay(scenario, &trace, from, length, arguments.speed)
}

/// The stretch of `trace` that begins at `from` (default: its busiest) and lasts `length` in its own time.
pub(crate) fn replay(
    scenario: &Scenario,
    trace: &Trace,
    from: Option<SimTime>,
    length: Duration,
    speed: f64,
) -> anyhow::Result<Job> {
    if !(speed > 0.0 && speed.is_finite()) {
        return Err(bad_input(format!("--speed {speed}: write a number above 0")));
    }
    let from = from.or_else(|| trace.busiest(length)).unwrap_or_default();
    let window = trace.between(from, from + length);
    if window.is_empty() {
        return Err(bad_input(format!("the trace has no request within {} s from {from}", length.as_secs_f64())));
    }
    // The days of a foreign trace are not the scenario's.
    let start = match scenario.lends_objectives {
        true => from.to_string(),
        false => scenario.calendar.local(from)[..19].replace('T', " "),
    };
    let words = format!("{} s from {start}", length.as_secs_f64());
    Ok(Job { plan: Plan::Trace(TracePlan::new(window, speed)), words })
}

fn read_trace(path: &Path) -> anyhow::Result<Trace> {
    let file = read_file(path, "--trace")?;
    let trace = demand::read_csv(std::io::BufReader::new(file)).map_err(|error| match error {
        TraceError::Faults(rows) => BadFile::rows(path, &rows),
        TraceError::Csv(error) => {
            BadFile::whole(path, format!("{error}; write a CSV file as docs/trace.md describes it"))
        }
    })?;
    match trace.requests() {
        [] => Err(BadFile::whole(path, "the trace has no request").into()),
        _ => Ok(trace),
    }
}

fn mix(arguments: &Load, scenario: &Scenario) -> Mix {
    let mut mix = match (&arguments.get, arguments.kind) {
        (Some(path), _) => return Mix::get(path.as_str()),
        (None, Asked::Issue) => Mix::only(Kind::Issue),
        (None, Asked::Verify) => Mix::only(Kind::Verify),
        (None, Asked::CheckIn) => Mix::only(Kind::CheckIn),
    };
    mix.purpose = purpose(scenario);
    mix.issues_per_resident = Some(issues_per_resident(scenario, mix.purpose));
    mix
}

/// What passes are asked for where demand does not say: the first purpose that the policy gives passes for.
pub(crate) fn purpose(scenario: &Scenario) -> Purpose {
    let with_passes = scenario.policy.purposes.iter().find(|(_, rule)| rule.gives_passes());
    with_passes.map_or(Purpose::Groceries, |(purpose, _)| *purpose)
}

/// Passes that one resident asks for in a load run at most, whatever the policy allows (assumption: more in one day nobody needs).
/// A server looks at the resident's earlier passes at every issue: with dozens of them it would be measured at work that no launch
/// asks of it.
const MOST_ISSUES: u32 = 4;

/// How many passes for `purpose` one resident asks for: as the tightest quota of the policy allows, at most [`MOST_ISSUES`].
pub(crate) fn issues_per_resident(scenario: &Scenario, purpose: Purpose) -> u32 {
    let (rules, starts_s) = (scenario.rules(), scenario.unix_s(scenario.policy.from));
    let length_s = rules.window(purpose, starts_s, None, None).map_or(0, |window| window.length_s());
    rules.quota_windows(purpose, starts_s).map(|quota| quota.limit.passes_of(length_s)).fold(MOST_ISSUES, u32::min)
}
