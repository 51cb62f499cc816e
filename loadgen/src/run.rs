//! One run: threads out, results together.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};

use hdrhistogram::serialization::Deserializer;
use passes::Fault;

use crate::assessment::assessment;
use crate::control::Control;
use crate::engine::{Bounds, Lane, LaneReport, Pace, Strain, Tally, play};
use crate::journeys::Journeys;
use crate::live::{Live, Progress};
use crate::ports::{Ports, opened_per_s};
use crate::record::{Counts, Flow, KindTimes, Measured, Packed, Times, times};
use crate::request::Templates;
use crate::schedule::{Errand, Schedule, Source};
use crate::showing::Showing;
use crate::verdict::judge_run;
use crate::watch::{self, Observed};
use crate::{
    Client, Interval, Kind, KindResult, LoadError, LoadResult, LoadSettings, Measure, Plan, Quantiles, Slo, Target,
    Wallet, Warning, multiplexed, system,
};

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// Between the start of the threads and the first intended instant: the time they need to be there.
const LEAD: Duration = Duration::from_millis(10);
/// Files that a process has open besides connections.
const OTHER_FILES: u64 = 64;

/// How a run is made.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Bounds, threads and bad passes.
    pub settings: LoadSettings,
    /// The objectives to judge by.
    pub slo: Slo,
    /// Everything random follows from it.
    pub seed: u64,
    /// What is due in this first part is sent and not measured.
    pub warm_up: Duration,
    /// When the first request is due; none: as soon as all is ready.
    pub start_at: Option<SystemTime>,
    /// Set it, and the run ends soon; what was measured is kept.
    pub stop: &'a AtomicBool,
    /// Called a few times a second.
    pub progress: &'a (dyn Fn(&Progress) + Sync),
}

/// Plays `plan` against `target` with the tokens and passes of `wallet`, which [`prepare`](crate::prepare) filled for it.
///
/// # Errors
/// [`LoadError::Impossible`] for a plan or settings that cannot be, [`LoadError::Tls`] when connections cannot be secured,
/// [`LoadError::System`] when the machine cannot poll sockets.
pub fn run(target: &Target, plan: &Plan, wallet: &mut Wallet, options: &Options<'_>) -> Result<LoadResult, LoadError> {
    let faults = [plan.faults(), plan.faults_at(target), options.settings.faults(), options.slo.faults()];
    let faults = faults.concat();
    if !faults.is_empty() {
        return Err(LoadError::Impossible(faults));
    }
    let until = plan.duration();
    let measured = Measured {
        from_ns: options.warm_up.as_nanos() as u64,
        until_ns: until.as_nanos() as u64,
        limits_ns: options.slo.limits_ns(),
    };
    let pace = match plan {
        Plan::Closed { connections, .. } => Pace::Closed { connections: *connections as usize },
        _ => Pace::Open,
    };
    let people = wallet.people();
    let source = || plan.source(people, options.seed);
    let meter = Meter::start(target, options)?;
    wait_until_nearly(options);
    let ahead =
        options.start_at.map_or(Ok(LEAD), |at| at.duration_since(SystemTime::now())).map_err(LoadError::Late)?;
    let started_at = SystemTime::now() + ahead;
    let play = Play { target, get_path: plan.get_path(), pace, measured, ahead, source: &source };
    let reports = play.all(wallet, options)?;
    wallet.issued += reports.iter().map(|report| report.issues).sum::<u64>();
    let surroundings = Surroundings {
        closed_loop: plan.is_closed(),
        started_at,
        target_cpu: meter.stop(),
        target_is_here: target.is_loopback(),
        few_ports: few_ports(target, plan, &options.settings),
    };
    Ok(Gathered::new(reports).result(surroundings, measured, options))
}

/// Waits until shortly before the instant to start at, or until the run is stopped.
fn wait_until_nearly(options: &Options<'_>) {
    let left = || options.start_at.and_then(|at| at.duration_since(SystemTime::now()).ok()).unwrap_or_default();
    while left() > TELL_EVERY && !options.stop.load(Ordering::Relaxed) {
        std::thread::sleep(TELL_EVERY / 2);
    }
}

/// What a result needs besides the reports of the threads.
struct Surroundings {
    closed_loop: bool,
    started_at: SystemTime,
    /// CPU time of the target, and in which time.
    target_cpu: Option<(Duration, Duration)>,
    target_is_here: bool,
    few_ports: Option<Warning>,
}

/// Reads the target's CPU time before and after a run.
struct Meter {
    before: Option<(Control, f64, Instant)>,
}

impl Meter {
    fn start(target: &Target, options: &Options<'_>) -> Result<Self, LoadError> {
        if !options.settings.read_metrics {
            return Ok(Meter { before: None });
        }
        let control = Control::new(target)?;
        Ok(Meter { before: control.target_cpu_s().map(|cpu_s| (control, cpu_s, Instant::now())) })
    }

    /// The CPU time since the start, and how long ago that was; none when the target does not say.
    fn stop(self) -> Option<(Duration, Duration)> {
        let (control, before_s, since) = self.before?;
        let after_s = control.target_cpu_s()?;
        Some((Duration::try_from_secs_f64(after_s - before_s).ok()?, since.elapsed()))
    }
}

/// Says so when `plan` will need more local ports than this machine has.
fn few_ports(target: &Target, plan: &Plan, settings: &LoadSettings) -> Option<Warning> {
    let ports = Ports::of_this_machine(target.is_loopback())?;
    ports.warning(settings, opened_per_s(settings, |kind| plan.rate_of(kind)), plan.duration())
}

/// Makes the requests of `errands` as fast as `connections` allow; what they bring goes into `wallet`. For preparation only.
pub(crate) fn run_errands(
    target: &Target,
    errands: &[Errand],
    connections: u32,
    wallet: &mut Wallet,
    options: &Options<'_>,
) -> Result<Counts, LoadError> {
    let measured = Measured { from_ns: 0, until_ns: u64::MAX, limits_ns: [u64::MAX; Kind::ALL.len()] };
    // Of a foreign host no more is asked in preparation than in the run.
    let (pace, gap_ns) = match target.ceilings() {
        Some(ceilings) => (Pace::Open, (1e9 / ceilings.rate_per_s) as u64),
        None => (Pace::Closed { connections: connections as usize }, 0),
    };
    let play =
        Play { target, get_path: "/", pace, measured, ahead: LEAD, source: &|| Source::Errands { errands, gap_ns } };
    let gathered = Gathered::new(play.all(wallet, options)?);
    Ok(gathered.counts())
}

/// What all threads of a run have in common.
struct Play<'a> {
    target: &'a Target,
    get_path: &'a str,
    pace: Pace,
    measured: Measured,
    /// How long until the first request is due.
    ahead: Duration,
    source: &'a (dyn Fn() -> Source<'a> + Sync),
}

impl Play<'_> {
    fn all(&self, wallet: &mut Wallet, options: &Options<'_>) -> Result<Vec<LaneReport>, LoadError> {
        let Options { settings, stop, progress, .. } = *options;
        let tls = self.target.tls()?;
        let files = u64::from(settings.connections_max) + OTHER_FILES;
        let allowed = system::raise_open_files(files);
        if allowed < files {
            let message = format!(
                "{} connections need {files} open files, and the system allows {allowed}; lower it or raise the limit (ulimit -n)",
                settings.connections_max
            );
            return Err(LoadError::Impossible(vec![Fault::new("load.connections_max", message)]));
        }
        let spin_share = match self.pace {
            Pace::Open => settings.spin_share(self.target.is_loopback()),
            Pace::Closed { .. } => 0.0,
        };
        let clients = match settings.client {
            Client::Lean => Vec::new(),
            kind => (0..wallet.pockets.len())
                .map(|_| multiplexed::client(self.target, kind, settings.timeout()))
                .collect::<Result<_, _>>()?,
        };
        let (clients, url) = (&clients, &self.target.url());
        let cores = if settings.pin_threads { system::own_cores() } else { Vec::new() };
        let templates = Templates::new(self.target, self.get_path, format!("{}-{:x}", wallet.name, wallet.runs));
        wallet.runs += 1;
        let (residents, dealing) = (wallet.residents, wallet.dealing);
        let lanes = wallet.pockets.len();
        let showing = Showing::new(&settings, options.seed, &wallet.bad, templates.single_use);
        let tallies: Vec<Tally> = (0..lanes).map(|_| Tally::default()).collect();
        let start = Instant::now() + self.ahead;
        let (templates, tallies, tls, cores) = (&templates, &tallies, tls.as_ref(), &cores);
        let (done, all_done) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let threads: Vec<_> = wallet
                .pockets
                .iter_mut()
                .enumerate()
                .map(|(lane, pocket)| {
                    let done = done.clone();
                    scope.spawn(move || {
                        std::thread::sleep(start.saturating_duration_since(Instant::now()));
                        let lane_of_all = Lane {
                            address: self.target.address(),
                            tls,
                            journeys: Journeys {
                                templates,
                                showing,
                                dealing,
                                residents,
                                pocket,
                                forged: String::new(),
                            },
                            schedule: Schedule::new((self.source)(), dealing, lane as u32),
                            pace: share_of(self.pace, lane, lanes),
                            bounds: bounds(&settings, self.pace, lane, lanes),
                            life: settings.requests_per_connection,
                            spin_share,
                            core: cores.get(lane % cores.len().max(1)).copied(),
                            seed: options.seed,
                            measured: self.measured,
                            start,
                            stop,
                            tally: &tallies[lane],
                        };
                        let report = match clients.get(lane) {
                            None => play(lane_of_all),
                            Some(client) => multiplexed::play(lane_of_all, client, url),
                        };
                        drop(done);
                        report
                    })
                })
                .collect();
            drop(done);
            let mut live = Live::new(options.slo);
            while all_done.recv_timeout(TELL_EVERY) == Err(RecvTimeoutError::Timeout) {
                progress(&live.progress(start, tallies));
            }
            progress(&live.progress(start, tallies));
            let reports = threads.into_iter().map(|thread| match thread.join() {
                Ok(report) => report.map_err(LoadError::System),
                Err(panic) => std::panic::resume_unwind(panic),
            });
            reports.collect()
        })
    }
}

/// The part of `whole` that falls to one of `lanes`; the first get what is left over, each at least one.
fn part(whole: usize, lane: usize, lanes: usize) -> usize {
    (whole / lanes + usize::from(lane < whole % lanes)).max(1)
}

fn share_of(pace: Pace, lane: usize, lanes: usize) -> Pace {
    match pace {
        Pace::Open => Pace::Open,
        Pace::Closed { connections } => Pace::Closed { connections: part(connections, lane, lanes) },
    }
}

fn bounds(settings: &LoadSettings, pace: Pace, lane: usize, lanes: usize) -> Bounds {
    let connections = match pace {
        Pace::Open => settings.connections_max as usize,
        Pace::Closed { connections } => connections,
    };
    Bounds {
        connections: part(connections, lane, lanes),
        backlog: settings.backlog_max as usize / lanes,
        timeout_ns: settings.timeout().as_nanos() as u64,
    }
}

/// The reports of all threads as one: counts added, histograms added exactly.
struct Gathered {
    complete: bool,
    counts: [Counts; Kind::ALL.len()],
    times: [Option<Box<KindTimes>>; Kind::ALL.len()],
    pacing_lag: Times,
    flow: Flow,
    strain: Strain,
    packed: Vec<Packed>,
    cpu_s: f64,
    spin_s: f64,
    busiest_thread_share: f64,
    wall_s: f64,
}

impl Gathered {
    fn new(reports: Vec<LaneReport>) -> Self {
        let mut all = Gathered {
            complete: true,
            counts: Default::default(),
            times: Default::default(),
            pacing_lag: times(),
            flow: Flow::default(),
            strain: Strain::default(),
            packed: Vec::new(),
            cpu_s: 0.0,
            spin_s: 0.0,
            busiest_thread_share: 0.0,
            wall_s: 0.0,
        };
        for report in reports {
            all.add(report);
        }
        all
    }

    fn add(&mut self, report: LaneReport) {
        let LaneReport { recorder, complete, cpu, spin, wall, strain, issues: _ } = report;
        self.complete &= complete;
        for (mine, theirs) in self.counts.iter_mut().zip(&recorder.counts) {
            mine.add(theirs);
        }
        for (mine, theirs) in self.times.iter_mut().zip(recorder.times) {
            match (mine.as_mut(), theirs) {
                (Some(mine), Some(theirs)) => mine.add(&theirs),
                (None, theirs) => *mine = theirs,
                (_, None) => {}
            }
        }
        add_times(&mut self.pacing_lag, &recorder.pacing_lag);
        self.flow.asked += recorder.flow.asked;
        self.flow.answered += recorder.flow.answered;
        self.flow.good += recorder.flow.good;
        self.strain.add(&strain);
        self.packed.extend(recorder.packed);
        self.cpu_s += cpu.as_secs_f64();
        self.spin_s += spin.as_secs_f64();
        self.wall_s = self.wall_s.max(wall.as_secs_f64());
        self.busiest_thread_share = self.busiest_thread_share.max((cpu - spin).as_secs_f64() / wall.as_secs_f64());
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.counts.iter().for_each(|kind| counts.add(kind));
        counts
    }

    fn result(self, surroundings: Surroundings, measured: Measured, options: &Options<'_>) -> LoadResult {
        let Surroundings { closed_loop, started_at, target_cpu, target_is_here, few_ports } = surroundings;
        let pacing_lag = Quantiles::of(&self.pacing_lag);
        let planned_s = measured.until_ns as f64 / 1e9;
        // A stopped run was measured only up to then.
        let until_s = if self.complete { planned_s } else { planned_s.min(self.wall_s) };
        let duration_s = (until_s - measured.from_ns as f64 / 1e9).max(1e-9);
        let behind = 1.0 - self.flow.answered as f64 / self.flow.asked.max(1) as f64;
        let wait_p99_ms = |times: &KindTimes| times.of(Measure::ConnectionWait).value_at_quantile(0.99) as f64 / 1e6;
        let observed = Observed {
            closed_loop,
            connection_wait_p99_ms: self.times.iter().flatten().map(|times| wait_p99_ms(times)).fold(0.0, f64::max),
            target_cores: target_cpu.map(|(cpu, wall)| cpu.as_secs_f64() / wall.as_secs_f64()),
            cores: target_is_here.then(|| std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64)),
            pacing_lag_p99_ms: pacing_lag.p99_us / 1_000.0,
            answers_behind_ms: 1_000.0 * duration_s * behind.max(0.0),
            busiest_thread_share: self.busiest_thread_share,
            counts: self.counts(),
            strain: self.strain,
            connections_max: options.settings.connections_max,
            backlog_max: options.settings.backlog_max,
            client: options.settings.client,
        };
        let kinds = kinds(self.counts, self.times);
        let slo = options.slo.tightest(kinds.keys().copied());
        let limited_by = watch::limited_by(&slo, &observed);
        let (verdict, failures) = judge_run(&options.slo, &kinds, limited_by);
        LoadResult {
            complete: self.complete,
            closed_loop,
            started_at,
            duration_s,
            kinds,
            intervals: intervals(self.packed),
            throughput_per_s: self.flow.answered as f64 / duration_s,
            goodput_per_s: self.flow.good as f64 / duration_s,
            asked_per_s: self.flow.asked as f64 / duration_s,
            limited_by,
            generator_cpu_s: self.cpu_s,
            generator_spin_s: self.spin_s,
            busiest_thread_share: self.busiest_thread_share,
            target_cpu_s: target_cpu.map(|(cpu, _)| cpu.as_secs_f64()),
            connections_opened: self.strain.opened,
            assessment: assessment(&observed, limited_by),
            pacing_lag,
            warnings: few_ports.into_iter().chain(watch::warnings(&slo, &observed, limited_by)).collect(),
            verdict,
            failures,
        }
    }
}

pub(crate) fn kinds(
    counts: [Counts; Kind::ALL.len()],
    times: [Option<Box<KindTimes>>; Kind::ALL.len()],
) -> BTreeMap<Kind, KindResult> {
    let all = Kind::ALL.into_iter().zip(counts).zip(times);
    let asked = all.filter(|((_, counts), _)| counts.asked > 0);
    asked
        .map(|((kind, counts), times)| {
            let times = times.unwrap_or_else(|| Box::new(KindTimes::new()));
            (kind, KindResult { counts, times })
        })
        .collect()
}

impl KindTimes {
    pub(crate) fn add(&mut self, other: &KindTimes) {
        for measure in Measure::ALL {
            add_times(self.of_mut(measure), other.of(measure));
        }
    }
}

/// Adding only fails for values beyond the range of the sum, and all our histograms have one range.
pub(crate) fn add_times(mine: &mut Times, theirs: &Times) {
    let added = mine.add(theirs);
    debug_assert!(added.is_ok());
}

/// The seconds of all threads as one sequence, in order of time and kind.
fn intervals(packed: Vec<Packed>) -> Vec<Interval> {
    let mut together: BTreeMap<(u32, Kind), Vec<Packed>> = BTreeMap::new();
    for packed in packed {
        together.entry((packed.second, packed.kind)).or_default().push(packed);
    }
    together.into_iter().map(|((second, kind), parts)| interval(second, kind, parts)).collect()
}

fn interval(second: u32, kind: Kind, parts: Vec<Packed>) -> Interval {
    let mut counts = Counts::default();
    parts.iter().for_each(|part| counts.add(&part.counts));
    let sums = Measure::ALL.map(|measure| sum(parts.iter().map(|part| part.times[measure as usize].as_slice())));
    let encode = |all: &Times| if all.is_empty() { Vec::new() } else { crate::hlog::encode(all) };
    let response_time = Quantiles::of(&sums[Measure::ResponseTime as usize]);
    Interval { second, kind, counts, response_time, encoded: sums.each_ref().map(encode) }
}

/// The sum of encoded histograms.
pub(crate) fn sum<'a>(encoded: impl Iterator<Item = &'a [u8]>) -> Times {
    let mut all = times();
    for mut encoded in encoded.filter(|encoded| !encoded.is_empty()) {
        if let Ok(histogram) = Deserializer::new().deserialize::<u64, _>(&mut encoded) {
            add_times(&mut all, &histogram);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_whole() {
        assert_eq!((0..3).map(|lane| part(512, lane, 3)).sum::<usize>(), 512);
        assert_eq!(part(1, 1, 2), 1, "a thread without a connection would never send");
    }
}
