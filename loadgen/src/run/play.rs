//! The sending threads of one run, and their helpers.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant, SystemTime};

use passes::Fault;

use super::Options;
use super::meter::Meter;
use crate::doors::Doors;
use crate::engine::{Bounds, Lane, LaneReport, Pace, Tally, play};
use crate::journeys::Journeys;
use crate::live::Live;
use crate::phones::{self, Hand, Helpers, Task};
use crate::random::unpredictable;
use crate::record::Measured;
use crate::request::Templates;
use crate::schedule::{Schedule, Source};
use crate::showing::Showing;
use crate::wallet::{Dealing, Pocket, Wallet};
use crate::{Client, LoadError, LoadSettings, Target, multiplexed, system};

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// Between the start of the threads and the first intended instant: the time they need to be there.
const LEAD: Duration = Duration::from_millis(10);
/// Files that a process has open besides connections.
const OTHER_FILES: u64 = 64;

/// What all threads of a run have in common.
pub(super) struct Play<'a> {
    pub(super) target: &'a Target,
    pub(super) get_path: &'a str,
    pub(super) pace: Pace,
    pub(super) measured: Measured,
    /// When the first request is due; none: as soon as all is ready.
    pub(super) start_at: Option<SystemTime>,
    /// Whether the target is asked how busy it was.
    pub(super) metered: bool,
    pub(super) source: &'a (dyn Fn() -> Source<'a> + Sync),
}

/// What came of it.
pub(super) struct Played {
    pub(super) started_at: SystemTime,
    /// CPU time of the target, and in which time.
    pub(super) target_cpu: Option<(Duration, Duration)>,
    pub(super) reports: Vec<LaneReport>,
}

/// What the threads of a run share, made once.
struct Shared<'a> {
    templates: Templates,
    doors: Doors,
    showing: Showing<'a>,
    dealing: Dealing,
    /// Residents with a place in the wallet.
    residents: u32,
    /// The cores to stay on, in turn; none: where the system likes.
    cores: Vec<usize>,
    spin_share: f64,
    tallies: Vec<Tally>,
}

impl Play<'_> {
    pub(super) fn all(&self, wallet: &mut Wallet, options: &Options<'_>) -> Result<Played, LoadError> {
        let settings = options.settings;
        let doors = self.target.doors()?;
        room_for_connections(&settings, doors.count())?;
        let lanes = wallet.pockets.len();
        let clients = match settings.client {
            Client::Lean => Vec::new(),
            kind => (0..lanes)
                .map(|_| multiplexed::client(self.target, kind, settings.timeout()))
                .collect::<Result<_, _>>()?,
        };
        let run = format!("{}-{:x}", wallet.name, wallet.runs);
        wallet.runs += 1;
        let interface = self.target.spoken(wallet.phones.is_some());
        let templates = Templates::new(self.target, &interface, self.get_path, run);
        let shared = Shared {
            showing: Showing::new(&settings, options.seed, &wallet.bad, templates.single_use),
            templates,
            doors,
            dealing: wallet.dealing,
            residents: wallet.residents,
            cores: if settings.pin_threads { system::own_cores() } else { Vec::new() },
            spin_share: match self.pace {
                Pace::Open => settings.spin_share(self.target.is_loopback()),
                Pace::Closed { .. } => 0.0,
            },
            tallies: (0..lanes).map(|_| Tally::default()).collect(),
        };
        let (pockets, phones) = (&mut wallet.pockets, wallet.phones.as_ref());
        std::thread::scope(|scope| {
            let helped = self.help(scope, phones, &shared, options);
            let meter = Meter::start(self.target, self.metered)?;
            let ahead = self.wait_until_nearly(options)?;
            let (start, started_at) = (Instant::now() + ahead, SystemTime::now() + ahead);
            let (done, all_done) = mpsc::channel();
            let (hands, helpers): (Vec<_>, Vec<_>) = helped.into_iter().unzip();
            let seats = pockets.iter_mut().zip(hands).enumerate().map(|(lane, (pocket, hand))| Seat {
                lane,
                pocket,
                hand,
                client: clients.get(lane),
                done: done.clone(),
            });
            let threads: Vec<_> = seats.map(|seat| self.send(scope, seat, &shared, start, options)).collect();
            drop(done);
            watch(&all_done, start, &shared.tallies, options);
            let target_cpu = meter.stop();
            let reports = threads.into_iter().zip(helpers).map(|(thread, helpers)| report(thread, helpers));
            Ok(Played { started_at, target_cpu, reports: reports.collect::<Result<_, _>>()? })
        })
    }

    /// Starts the helpers of each sending thread where phones compute, and waits until enough is ready.
    fn help<'scope, 'env>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        phones: Option<&'env phones::Phones>,
        shared: &'env Shared<'_>,
        options: &'env Options<'_>,
    ) -> Vec<(Option<Hand>, Option<Helpers<'scope>>)> {
        let lanes = shared.tallies.len();
        let Some(phones) = phones else { return (0..lanes).map(|_| (None, None)).collect() };
        let (getting_ready, ready) = mpsc::channel();
        let helped = (0..lanes).map(|lane| {
            let task = Task {
                phones,
                lanes,
                patient: self.pace != Pace::Open,
                secret: unpredictable(),
                stop: options.stop,
                getting_ready: getting_ready.clone(),
            };
            let schedule = move || Schedule::new((self.source)(), shared.dealing, lane as u32);
            let (hand, helpers) = phones::help(scope, task, schedule);
            (Some(hand), Some(helpers))
        });
        let helped = helped.collect();
        drop(getting_ready);
        // Nothing is ever said: it ends when all have let go.
        let _ = ready.recv();
        helped
    }

    /// Waits until shortly before the instant to start at, or until the run is stopped; how long it is until then.
    fn wait_until_nearly(&self, options: &Options<'_>) -> Result<Duration, LoadError> {
        let Some(start_at) = self.start_at else { return Ok(LEAD) };
        loop {
            let left = start_at.duration_since(SystemTime::now()).map_err(LoadError::Late)?;
            if left <= TELL_EVERY || options.stop.load(Ordering::Relaxed) {
                return Ok(left);
            }
            std::thread::sleep(TELL_EVERY / 2);
        }
    }

    /// Starts a sending thread.
    fn send<'scope, 'env>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        seat: Seat<'env>,
        shared: &'env Shared<'_>,
        start: Instant,
        options: &'env Options<'_>,
    ) -> ScopedJoinHandle<'scope, std::io::Result<LaneReport>> {
        scope.spawn(move || {
            std::thread::sleep(start.saturating_duration_since(Instant::now()));
            let Seat { lane, pocket, hand, client, done } = seat;
            let (settings, lanes) = (&options.settings, shared.tallies.len());
            let lane_of_all = Lane {
                doors: &shared.doors,
                journeys: Journeys {
                    templates: &shared.templates,
                    showing: shared.showing,
                    dealing: shared.dealing,
                    residents: shared.residents,
                    pocket,
                    phones: hand,
                    forged: String::new(),
                },
                schedule: Schedule::new((self.source)(), shared.dealing, lane as u32),
                pace: share_of(self.pace, lane, lanes),
                bounds: bounds(settings, self.pace, lane, lanes),
                life: settings.requests_per_connection,
                spin_share: shared.spin_share,
                core: shared.cores.get(lane % shared.cores.len().max(1)).copied(),
                seed: options.seed,
                measured: self.measured,
                start,
                stop: options.stop,
                tally: &shared.tallies[lane],
            };
            let report = match client {
                None => play(lane_of_all),
                Some(client) => multiplexed::play(lane_of_all, client),
            };
            drop(done);
            report
        })
    }
}

/// What one sending thread has to itself.
struct Seat<'a> {
    lane: usize,
    pocket: &'a mut Pocket,
    hand: Option<Hand>,
    /// What makes the requests in place of the engine.
    client: Option<&'a reqwest::Client>,
    /// Let go of at the end.
    done: Sender<()>,
}

/// Tells how far it is until all threads have ended.
fn watch(all_done: &Receiver<()>, start: Instant, tallies: &[Tally], options: &Options<'_>) {
    let mut live = Live::new(options.slo);
    while all_done.recv_timeout(TELL_EVERY) == Err(RecvTimeoutError::Timeout) {
        (options.progress)(&live.progress(start, tallies));
    }
    (options.progress)(&live.progress(start, tallies));
}

/// What a sending thread and its helpers report.
fn report(
    thread: ScopedJoinHandle<'_, std::io::Result<LaneReport>>,
    helpers: Option<Helpers<'_>>,
) -> Result<LaneReport, LoadError> {
    let report = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)).map_err(LoadError::System)?;
    let computed = helpers.map(Helpers::computed).unwrap_or_default();
    Ok(LaneReport { computed, ..report })
}

/// Raises the limit of open files as far as the connections through so many doors need it.
fn room_for_connections(settings: &LoadSettings, doors: u32) -> Result<(), LoadError> {
    let files = u64::from(settings.connections_max) * u64::from(doors) + OTHER_FILES;
    let allowed = system::raise_open_files(files);
    if allowed >= files {
        return Ok(());
    }
    let each = if doors > 1 { " to each address" } else { "" };
    let message = format!(
        "{} connections{each} need {files} open files, and the system allows {allowed}; lower it or raise the limit (ulimit -n)",
        settings.connections_max
    );
    Err(LoadError::Impossible(vec![Fault::new("load.connections_max", message)]))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_whole() {
        assert_eq!((0..3).map(|lane| part(512, lane, 3)).sum::<usize>(), 512);
        assert_eq!(part(1, 1, 2), 1, "a thread without a connection would never send");
    }
}
