//! `lockgate load`: plays demand against a server and measures.

use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime};

use demand::{SimTime, Trace, TraceError};
use loadgen::{
    Arrivals, Ceilings, Interface, Kind, LoadResult, Mix, Plan, Progress, Shard, Slo, Spacing, Staff, StaffToken,
    Stream, Streams, Target, TracePlan, Wallet,
};
use passes::Purpose;
use report::record::{Command, Results};
use report::{RunFolder, RunRecord, terminal};

use crate::args::{Arrivals as ArrivalsChoice, Asked, Client, Consent, Load};
use crate::bad_file::BadFile;
use crate::failure::{Ending, bad_input};
use crate::live_view::LiveView;
use crate::metrics::Metrics;
use crate::scenario::Scenario;
use crate::session::{Session, close_folder, ending, in_folder, of_load, of_report, read_file};
use crate::side_file;
use crate::simulate;
use crate::stop::Stop;

/// The fastest that a trace is played.
const MOST_SPEED: f64 = 10_000.0;

/// What is played, and what to call it.
pub(crate) struct Job {
    pub(crate) plan: Plan,
    /// In words: which stretch of the trace, or which rate.
    pub(crate) words: String,
    /// Which part of it.
    pub(crate) shard: Shard,
    /// When; none: as soon as all is ready.
    pub(crate) start_at: Option<SystemTime>,
    /// Where to tell how far it is.
    pub(crate) metrics: Option<Metrics>,
}

impl Job {
    /// All of `plan`, as soon as all is ready.
    fn new(plan: Plan, words: String) -> Self {
        Job { plan, words, shard: Shard::WHOLE, start_at: None, metrics: None }
    }
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
    if let Some(file) = &arguments.slo {
        scenario.slo = side_file::read(file, "slo", Slo::faults)?;
    }
    let target = target(&arguments.target.target, &arguments.target.consent, &scenario.target)?;
    let session = Session::begin(Command::Load, stop);
    let job = Job {
        shard: arguments.shard.0,
        start_at: arguments.start_at.map(SystemTime::from),
        ..job(arguments, &scenario, &session)?
    };
    if let Some(count) = arguments.dry_run {
        return preview(&scenario, &target, &job, count, &session);
    }
    let metrics = arguments.metrics_listen.map(Metrics::listen).transpose();
    let metrics = metrics.map_err(|error| bad_input(format!("--metrics-listen: {error}; name a free address")))?;
    if let Some(metrics) = &metrics {
        eprintln!("metrics at http://{}/metrics", metrics.address());
    }
    let job = Job { metrics, ..job };
    let out = session.output(arguments.output.out.as_deref());
    let (out, record) = in_folder(&out, |folder| play(&scenario, &target, &job, folder, &session))?;
    print!("{}", terminal::summary(&record));
    println!("{}", out.display());
    Ok(ending(&record))
}

/// The server named by `url`, if traffic may go there, spoken to as the file of the command line says, else as `interface` does.
pub(crate) fn target(url: &str, consent: &Consent, interface: &Interface) -> anyhow::Result<Target> {
    let rate_per_s = consent.rate_ceiling;
    if !(rate_per_s > 0.0 && rate_per_s.is_finite()) {
        return Err(bad_input(format!("--rate-ceiling {rate_per_s}: write a number of requests per second above 0")));
    }
    let interface = match &consent.target_file {
        Some(file) => side_file::read(file, "target", Interface::faults)?,
        None => interface.clone(),
    };
    let duration = consent.duration_ceiling.unwrap_or(Ceilings::default().duration);
    let target = Target::parse(url, &consent.operated).map_err(bad_input)?;
    let target = match &consent.officers {
        None => target,
        Some(url) => {
            target.with_officers(url, &consent.operated).map_err(|error| bad_input(format!("--officers: {error}")))?
        }
    };
    let staff = Staff {
        officer: token(consent.officer_token.as_deref(), "--officer-token")?,
        operator: token(consent.operator_token.as_deref(), "--operator-token")?,
    };
    let target = target.speaking(interface).with_staff(staff).under(Ceilings { rate_per_s, duration });
    match &consent.ca_file {
        None => Ok(target),
        Some(ca_file) => target.with_ca_file(ca_file.clone()).map_err(bad_input),
    }
}

/// The token in `file`, which `flag` names.
fn token(file: Option<&Path>, flag: &str) -> anyhow::Result<Option<StaffToken>> {
    let read = |file: &Path| {
        let mut text = String::new();
        read_file(file, flag)?
            .read_to_string(&mut text)
            .map_err(|error| bad_input(format!("{flag} {}: {error}", file.display())))?;
        text.parse().map_err(|error| bad_input(format!("{flag} {}: {error}", file.display())))
    };
    file.map(read).transpose()
}

/// Prepares the target, plays `job` and writes everything into `folder`.
pub(crate) fn play(
    scenario: &Scenario,
    target: &Target,
    job: &Job,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<RunRecord> {
    let view = LiveView::start(&job.words, format!("preparing {target}"));
    let progress = |progress: &Progress| {
        view.show(progress, job.plan.rate_at(Duration::from_secs_f64(progress.seconds)));
        if let Some(metrics) = &job.metrics {
            metrics.publish(progress);
        }
    };
    let quiet = options(scenario, job, session);
    let mut wallet = Wallet::of_shard(scenario.load.threads(), job.shard);
    let prepared = loadgen::prepare(target, &job.plan, &mut wallet, &quiet).map_err(of_load)?;
    let told = loadgen::Options { progress: &progress, ..quiet };
    let result = loadgen::run(target, &job.plan, &mut wallet, &told).map_err(of_load)?;
    drop(view);
    write(scenario, target, job, &prepared, &result, folder, session)
}

/// How `job` is run, without a word of how far it is.
fn options<'a>(scenario: &Scenario, job: &Job, session: &'a Session) -> loadgen::Options<'a> {
    loadgen::Options {
        settings: scenario.load,
        slo: scenario.slo,
        seed: scenario.seed,
        warm_up: Duration::ZERO,
        start_at: job.start_at,
        stop: session.stop.flag(),
        progress: &|_| {},
    }
}

/// Prints the first `count` requests that `job` would send.
fn preview(scenario: &Scenario, target: &Target, job: &Job, count: usize, session: &Session) -> anyhow::Result<Ending> {
    let options = options(scenario, job, session);
    let previews = loadgen::preview(target, &job.plan, &options, job.shard, count).map_err(of_load)?;
    for (number, preview) in previews.iter().enumerate() {
        let loadgen::Preview { at, kind, resident, bytes } = preview;
        println!(
            "--- {} of {}: {kind} by resident {resident} at {:.6} s",
            number + 1,
            previews.len(),
            at.as_secs_f64()
        );
        println!("{}", String::from_utf8_lossy(bytes));
    }
    println!("Nothing was sent to {target}. What only the target can give stands in capitals.");
    Ok(Ending::Held)
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
    let written = report::write_load(folder, result, target, Some(job.words.clone()))
        .map_err(of_report)?
        .of_plan(&job.plan)
        .of_shard(job.shard);
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
    let duration = arguments.duration.unwrap_or(scenario.load.duration());
    let seconds = duration.as_secs_f64();
    if let Some(connections) = arguments.closed {
        let connections = u32::try_from(connections).map_err(|_| bad_input("--closed: too many connections"))?;
        let words = format!("closed loop, {connections} connections");
        return Ok(Job::new(Plan::Closed { connections, duration, mix: mix(arguments, scenario) }, words));
    }
    if let Some(rate_per_s) = arguments.rate {
        if !(rate_per_s > 0.0 && rate_per_s.is_finite()) {
            return Err(bad_input(format!("--rate {rate_per_s}: write a number of requests per second above 0")));
        }
        let words = format!("{rate_per_s} per second for {seconds} s");
        let arrivals = steady(arguments, rate_per_s);
        return Ok(Job::new(Plan::Rate { arrivals, duration, mix: mix(arguments, scenario) }, words));
    }
    if let Some(curve) = &arguments.curve {
        let spacing = match arguments.arrivals {
            ArrivalsChoice::Constant => Spacing::Even,
            ArrivalsChoice::Poisson => Spacing::Poisson,
        };
        let arrivals = Arrivals::Curve { points: curve.0.clone(), spacing };
        let words = format!("a changing rate for {seconds} s");
        return Ok(Job::new(Plan::Rate { arrivals, duration, mix: mix(arguments, scenario) }, words));
    }
    let typed = arguments
        .stream
        .iter()
        .map(|stream| Stream { kind: stream.kind, arrivals: steady(arguments, stream.rate_per_s) });
    let mut streams: Vec<Stream> = typed.collect();
    if streams.is_empty() && arguments.trace.is_none() {
        streams.clone_from(&scenario.streams);
    }
    if !streams.is_empty() {
        let kinds: Vec<&str> = streams.iter().map(|stream| stream.kind.name()).collect();
        let words = format!("streams of {} for {seconds} s", kinds.join(", "));
        return Ok(Job::new(Plan::Streams(Streams::new(streams, duration, mix(arguments, scenario))), words));
    }
    if arguments.get.is_some() {
        return Err(bad_input("--get needs --rate PER_SECOND, or --closed N"));
    }
    let trace = match &arguments.trace {
        Some(path) => read_trace(path)?,
        None if arguments.scenario.is_some() => simulate::trace(scenario, session)?,
        None => {
            return Err(bad_input(
                "name a scenario whose demand to play, or --trace FILE, --rate PER_SECOND, --curve, --stream or --closed N",
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
    if !(speed > 0.0 && speed <= MOST_SPEED) {
        return Err(bad_input(format!("--speed {speed}: write a number above 0 and at most {MOST_SPEED}")));
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
    Ok(Job::new(Plan::Trace(TracePlan::new(window, speed)), words))
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

/// Arrivals at a rate that does not change, as `--arrivals` has it.
fn steady(arguments: &Load, rate_per_s: f64) -> Arrivals {
    match arguments.arrivals {
        ArrivalsChoice::Constant => Arrivals::Constant { rate_per_s },
        ArrivalsChoice::Poisson => Arrivals::Poisson { rate_per_s },
    }
}

fn mix(arguments: &Load, scenario: &Scenario) -> Mix {
    let mut mix = match (&arguments.get, arguments.kind) {
        (Some(path), _) => return Mix::get(path.as_str()),
        (None, Asked::Issue) => Mix::only(Kind::Issue),
        (None, Asked::Verify) => Mix::only(Kind::Verify),
        (None, Asked::CheckIn) => Mix::only(Kind::CheckIn),
        (None, Asked::Register) => Mix::only(Kind::Register),
        (None, Asked::Cancel) => Mix::only(Kind::Cancel),
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
