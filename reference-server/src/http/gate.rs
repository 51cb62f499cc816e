//! Bounds on the work taken on: who comes in beyond them would be answered too late, and is told so at once.
//!
//! Two things can be scarce. When the **store** is, requests in flight pile up behind it: each lane lets in only as many as are
//! answered within [`Limits::wait`], which it learns from how long those before had to wait. When the **processor** is, requests
//! pile up before they are looked at: a watch that comes round late tells by how much. A pause of the disk or the machine is
//! neither: who waited through it is answered. Officers have a lane of their own, and the others give way to them. Why it is built
//! so, with figures: `docs/decisions/0019-answered-in-time-or-at-once.md`.

use std::io::Write;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::time::Instant;

use super::route::Route;
use crate::Limits;

/// However slow the store is, so many are let in: below this, one slow answer would say too much.
const LEAST: usize = 16;
/// It is calm when the limit was not lowered for so long; then what a rush taught is forgotten, little by little.
const CALM_AFTER: Duration = Duration::from_secs(10);
/// So many are let in although the processor is behind: after a pause of the whole machine there are no more, and they are served
/// in a few milliseconds.
const LET_IN_LATE: usize = 64;
/// Newcomers wait longer than this when many hundreds of connections ask at once; with fewer, never.
const BUSY: Duration = Duration::from_millis(20);
/// The watch is called so often. A bound on waiting cannot be kept more precisely.
const CALL_EVERY: Duration = Duration::from_millis(20);

/// Who shares the bounds with whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Verifications: a queue of people stands behind each.
    Officers,
    /// What residents and the public read.
    Reads,
    /// What the store's writer has to work for.
    Writes,
}

impl Lane {
    pub(super) const ALL: [Lane; 3] = [Lane::Officers, Lane::Reads, Lane::Writes];

    /// The name in the metrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Lane::Officers => "officers",
            Lane::Reads => "reads",
            Lane::Writes => "writes",
        }
    }

    fn of(route: Route) -> Self {
        match route {
            Route::Verify => Lane::Officers,
            _ if route.is_write() => Lane::Writes,
            _ => Lane::Reads,
        }
    }
}

/// Why a request was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Too many of its lane are in flight.
    Queue,
    /// The processor is behind.
    Processor,
}

impl Refused {
    pub(super) const ALL: [Refused; 2] = [Refused::Queue, Refused::Processor];

    /// The name in the metrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Refused::Queue => "queue",
            Refused::Processor => "processor",
        }
    }
}

/// Lets requests in, lane by lane.
#[derive(Debug)]
pub(crate) struct Gate {
    lanes: [Bound; Lane::ALL.len()],
    watch: Arc<Watch>,
    wait: Duration,
}

impl Gate {
    pub(super) fn new(limits: &Limits) -> Self {
        let most = |lane| match lane {
            Lane::Officers => limits.in_flight,
            Lane::Reads => limits.in_flight / 2,
            Lane::Writes => limits.writes_in_flight,
        };
        let lanes = Lane::ALL.map(|lane| Bound::new(most(lane).max(1)));
        Gate { lanes, watch: Arc::new(Watch::new()), wait: limits.wait }
    }

    /// Whether a request to `route` would be turned away now; `stale`: it waited while its connection was not read.
    pub(super) fn look(&self, route: Route, stale: bool) -> Result<(), Refused> {
        if route.weight() == 0 {
            return Ok(());
        }
        let lane = Lane::of(route);
        let bound = &self.lanes[lane as usize];
        // The longer a request has waited to be looked at, the more of its time is gone; officers are the last to be sent away.
        let patience = if lane == Lane::Officers { self.wait * 2 } else { self.wait };
        let late = stale && self.is_busy() || self.watch.behind() > patience && !self.watch.lets_in_late();
        if late {
            bound.refused[Refused::Processor as usize].fetch_add(1, Ordering::Relaxed);
            return Err(Refused::Processor);
        }
        bound.look(route.weight())
    }

    /// Whether the processor has so much to do that it should not be kept busy with saying no.
    pub(super) fn is_busy(&self) -> bool {
        self.watch.behind().max(self.watch.last()) > BUSY
    }

    /// A place for a request to `route`, or why there is none.
    pub(super) fn enter(&self, route: Route) -> Result<Place<'_>, Refused> {
        let bound = &self.lanes[Lane::of(route) as usize];
        bound.enter(route.weight(), self.wait)
    }

    /// The bounds, for the metrics.
    pub(super) fn bounds(&self) -> impl Iterator<Item = (Lane, &Bound)> {
        Lane::ALL.into_iter().map(|lane| (lane, &self.lanes[lane as usize]))
    }

    /// By how much the processor is behind.
    pub(super) fn behind(&self) -> Duration {
        self.watch.behind()
    }

    /// Watches the processor: the future comes whenever it is called, for as long as it is polled.
    ///
    /// # Errors
    /// When there can be no thread or no socket for it.
    pub(crate) fn keep_watch(&self) -> std::io::Result<impl Future<Output = ()> + use<>> {
        let (mut caller, called) = StdUnixStream::pair()?;
        called.set_nonblocking(true)?;
        let mut called = UnixStream::from_std(called)?;
        let calling = Arc::downgrade(&self.watch);
        std::thread::Builder::new().name("watch".into()).spawn(move || Watch::keep_calling(&calling, &mut caller))?;
        let watch = Arc::clone(&self.watch);
        Ok(async move {
            // The caller ends when nobody knows the watch any more.
            while called.read_u8().await.is_ok() {
                watch.comes();
            }
        })
    }
}

/// The bound of one lane.
#[derive(Debug)]
pub(super) struct Bound {
    most: usize,
    /// How many are let in at present.
    limit: AtomicUsize,
    taken: AtomicUsize,
    /// How long a request takes that waits for hardly anybody, in microseconds.
    alone_us: AtomicU64,
    started: Instant,
    /// When the limit was last lowered, in microseconds since the start; 0: never.
    lowered_us: AtomicU64,
    /// Since when nobody was answered in time, in microseconds since the start; 0: the last one was.
    late_since_us: AtomicU64,
    refused: [AtomicU64; Refused::ALL.len()],
}

impl Bound {
    fn new(most: usize) -> Self {
        Bound {
            most,
            limit: AtomicUsize::new(most),
            taken: AtomicUsize::new(0),
            alone_us: AtomicU64::new(0),
            started: Instant::now(),
            lowered_us: AtomicU64::new(0),
            late_since_us: AtomicU64::new(0),
            refused: Default::default(),
        }
    }

    fn look(&self, weight: usize) -> Result<(), Refused> {
        self.admit(self.taken(), weight)
    }

    /// What is heavier than the limit gets in when it is alone.
    fn admit(&self, before: usize, weight: usize) -> Result<(), Refused> {
        if weight == 0 || before == 0 || before + weight <= self.limit() {
            return Ok(());
        }
        self.refused[Refused::Queue as usize].fetch_add(1, Ordering::Relaxed);
        Err(Refused::Queue)
    }

    fn enter(&self, weight: usize, wait: Duration) -> Result<Place<'_>, Refused> {
        let before = self.taken.fetch_add(weight, Ordering::Relaxed);
        let place = Place { bound: self, weight, before, wait, since: Instant::now() };
        self.admit(before, weight).map(|()| place)
    }

    /// A request that found `before` in its lane was answered after `took`.
    ///
    /// What it took beyond the time of a request alone, it waited. By Little's law (L = λW; Little, Operations Research 9, 1961) a
    /// lane where `before + 1` of them waited so long answers `(before + 1) · wait / waited` within `wait`.
    fn learn(&self, before: usize, took: Duration, wait: Duration) {
        let took_us = took.as_micros() as u64;
        let alone_us = self.alone_us.load(Ordering::Relaxed);
        if before < LEAST {
            // Down at once, up by and by: one that was held up tells little about the others.
            let slower_us = alone_us + took_us.saturating_sub(alone_us) / 8;
            self.alone_us.store(slower_us.min(took_us), Ordering::Relaxed);
        }
        let waited = took.saturating_sub(Duration::from_micros(alone_us));
        if waited > wait {
            // After a calm it may be a pause of the disk: then all who waited are answered together, and the last were in time.
            let late_for = self.late_for();
            let calm = self.is_calm();
            if late_for >= wait || !calm {
                let fits = (before + 1) as f64 * wait.as_secs_f64() / waited.as_secs_f64();
                let least = if calm { LEAST } else { LEAST.max(before.div_ceil(2)) };
                self.lower(least.max(fits as usize), wait);
            }
            return;
        }
        self.late_since_us.store(0, Ordering::Relaxed);
        let limit = self.limit();
        // In time although the lane was half full: one more may come in, so that the limit doubles each time it is used up.
        if limit < self.most && (2 * before >= limit || self.is_calm()) {
            self.limit.store(limit + 1, Ordering::Relaxed);
        }
    }

    /// For how long nobody was answered in time; the clock starts with the first who was late.
    fn late_for(&self) -> Duration {
        let now_us = self.now_us();
        let first = self.late_since_us.compare_exchange(0, now_us, Ordering::Relaxed, Ordering::Relaxed);
        first.map_or_else(|since_us| Duration::from_micros(now_us.saturating_sub(since_us)), |_| Duration::ZERO)
    }

    /// Lowers the limit, and not again before that can be seen. (In a rush, at most to half of those who were there: of an answer
    /// that was held up, more cannot be told.)
    fn lower(&self, limit: usize, wait: Duration) {
        if self.since_lowered().is_none_or(|since| since >= wait) {
            self.lowered_us.store(self.now_us(), Ordering::Relaxed);
            self.limit.fetch_min(limit.min(self.most), Ordering::Relaxed);
        }
    }

    /// Microseconds since the start, and one more, since 0 stands for never.
    fn now_us(&self) -> u64 {
        self.started.elapsed().as_micros() as u64 + 1
    }

    /// `None`: it never was.
    fn since_lowered(&self) -> Option<Duration> {
        let lowered_us = self.lowered_us.load(Ordering::Relaxed);
        (lowered_us > 0).then(|| Duration::from_micros(self.now_us().saturating_sub(lowered_us)))
    }

    fn is_calm(&self) -> bool {
        self.since_lowered().is_none_or(|since| since >= CALM_AFTER)
    }

    /// How many are let in at present.
    pub(super) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed).min(self.most)
    }

    /// How much is taken now.
    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// How many were turned away so far.
    pub(super) fn refused(&self, why: Refused) -> u64 {
        self.refused[why as usize].load(Ordering::Relaxed)
    }
}

/// A place in a lane, given back when dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    bound: &'a Bound,
    weight: usize,
    before: usize,
    wait: Duration,
    since: Instant,
}

impl Place<'_> {
    /// The request was answered: others learn from how long it took. One that was refused early may never have come to what is
    /// scarce: it tells nothing.
    pub(super) fn answered(self, refused: bool) {
        let took = self.since.elapsed();
        if !refused || took > self.wait {
            self.bound.learn(self.before, took, self.wait);
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.bound.taken.fetch_sub(self.weight, Ordering::Relaxed);
    }
}

/// Tells by how much the processor is behind.
///
/// A thread of its own calls a task through a socket, as clients do: the call waits until the runtime asks the system what has
/// arrived, and then behind all requests that arrived before. So as long as the task has not come, newcomers wait at least so long.
/// (Called within the process, it came before requests that lay in the system's queue: it told of a few milliseconds while 2,000
/// connections waited for 300.)
#[derive(Debug)]
struct Watch {
    started: Instant,
    /// When it was called and has not come since, in microseconds since the start; 0: it has come.
    called_us: AtomicU64,
    /// How long it was in coming the last time, in microseconds.
    last_us: AtomicU64,
    /// How many were let in late since it was called.
    let_in_late: AtomicUsize,
}

impl Watch {
    fn new() -> Self {
        Watch {
            started: Instant::now(),
            called_us: AtomicU64::new(0),
            last_us: AtomicU64::new(0),
            let_in_late: AtomicUsize::new(0),
        }
    }

    fn now_us(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    fn behind(&self) -> Duration {
        match self.called_us.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            called_us => Duration::from_micros(self.now_us().saturating_sub(called_us)),
        }
    }

    /// Whether one more is let in although it comes late.
    fn lets_in_late(&self) -> bool {
        self.let_in_late.fetch_add(1, Ordering::Relaxed) < LET_IN_LATE
    }

    /// Whether it must be called now: not while it is on its way.
    fn must_be_called(&self) -> bool {
        let must = self.called_us.load(Ordering::Relaxed) == 0;
        if must {
            self.let_in_late.store(0, Ordering::Relaxed);
            self.called_us.store(self.now_us().max(1), Ordering::Relaxed);
        }
        must
    }

    fn comes(&self) {
        self.last_us.store(self.behind().as_micros() as u64, Ordering::Relaxed);
        self.called_us.store(0, Ordering::Relaxed);
    }

    /// How long it was in coming the last time.
    fn last(&self) -> Duration {
        Duration::from_micros(self.last_us.load(Ordering::Relaxed))
    }

    /// Calls it again and again, for as long as anybody knows it.
    fn keep_calling(watch: &Weak<Self>, caller: &mut StdUnixStream) {
        while let Some(watch) = watch.upgrade() {
            if watch.must_be_called() && caller.write_all(&[0]).is_err() {
                // Nobody listens any more. What was called and never comes must not turn anybody away.
                return watch.comes();
            }
            drop(watch);
            std::thread::sleep(CALL_EVERY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(in_flight: usize, writes_in_flight: usize) -> Gate {
        Gate::new(&Limits { in_flight, writes_in_flight, ..Limits::default() })
    }

    #[test]
    fn places_are_given_back() {
        let gate = gate(4, 1);
        let write = gate.enter(Route::Issue);
        assert!(write.is_ok(), "one write");
        assert!(gate.enter(Route::Cancel).is_err() && gate.look(Route::CheckIn, false).is_err(), "and no second");
        let checks = [(); 4].map(|()| gate.enter(Route::Verify));
        assert!(checks.iter().all(Result::is_ok) && gate.enter(Route::Verify).is_err(), "four officers");
        assert!(gate.enter(Route::Show).is_ok(), "each lane has its own places");
        assert!(gate.look(Route::Metrics, false).is_ok() && gate.enter(Route::Metrics).is_ok(), "always");
        drop(checks);
        assert!(gate.enter(Route::Verify).is_ok());
        assert!(gate.enter(Route::RegisterBatch).is_err(), "too heavy beside others");
        drop(write);
        assert!(gate.enter(Route::RegisterBatch).is_ok(), "alone, even the heaviest gets in");
        let told: Vec<_> = gate.bounds().map(|(_, bound)| (bound.taken(), bound.refused(Refused::Queue))).collect();
        assert_eq!(told, [(0, 1), (0, 0), (0, 3)]);
    }

    const WAIT: Duration = Duration::from_millis(100);

    /// Answers of a lane that is full, each after `took`, for as long as waiting must persist.
    async fn late_for_long(bound: &Bound, before: usize, took: Duration) {
        let limit = bound.limit();
        bound.learn(before, took, WAIT);
        assert_eq!(bound.limit(), limit, "one alone tells of a pause");
        tokio::time::advance(WAIT).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_lets_in_as_many_as_are_answered_in_time() {
        let bound = Bound::new(512);
        late_for_long(&bound, 199, Duration::from_millis(160)).await;
        bound.learn(199, Duration::from_millis(160), WAIT);
        assert_eq!(bound.limit(), 125, "of 200 who waited 160 ms");
        bound.learn(199, Duration::from_secs(2), WAIT);
        assert_eq!(bound.limit(), 125, "those who came before tell the same");
        for expected in [62, 31, LEAST, LEAST] {
            tokio::time::advance(WAIT).await;
            bound.learn(bound.limit() - 1, Duration::from_secs(2), WAIT);
            assert_eq!(bound.limit(), expected, "down by half at most");
        }
        for _ in 0..496 {
            bound.learn(bound.limit() - 1, WAIT, WAIT);
        }
        assert_eq!(bound.limit(), 512, "each that is answered in time lets one more in");
        bound.learn(511, Duration::ZERO, WAIT);
        assert_eq!(bound.limit(), 512, "up to the most");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_of_the_disk_turns_nobody_away() {
        let bound = Bound::new(512);
        for _ in 0..20 {
            // A second's requests at 95 a second, all answered when the pause is over: the first waited long, the last did not.
            for before in 0..95 {
                bound.learn(before, Duration::from_millis(1_000 - 10 * before as u64), WAIT);
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(bound.limit(), 512);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_rush_taught_is_forgotten() {
        let bound = Bound::new(512);
        late_for_long(&bound, 511, Duration::from_secs(5)).await;
        bound.learn(511, Duration::from_millis(200), WAIT);
        assert_eq!(bound.limit(), 256);
        bound.learn(0, Duration::ZERO, WAIT);
        assert_eq!(bound.limit(), 256, "an empty lane tells nothing of a full one");
        tokio::time::advance(CALM_AFTER).await;
        (0..100).for_each(|_| bound.learn(0, Duration::ZERO, WAIT));
        assert_eq!(bound.limit(), 356);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_refused_at_once_tells_nothing() {
        let gate = gate(512, 512);
        let bound = &gate.lanes[Lane::Writes as usize];
        late_for_long(bound, 511, Duration::from_secs(5)).await;
        gate.enter(Route::Issue).unwrap().answered(true);
        bound.learn(511, Duration::from_millis(200), WAIT);
        assert_eq!(bound.limit(), 256, "nobody was served in time meanwhile");
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_far_away_is_not_a_slow_one() {
        let (bound, wait, far) = (Bound::new(512), WAIT, Duration::from_millis(300));
        for _ in 0..40 {
            tokio::time::advance(wait).await;
            bound.learn(1, far, wait);
        }
        tokio::time::advance(wait).await;
        for before in 0..512 {
            bound.learn(before, far, wait);
        }
        assert_eq!(bound.limit(), 512, "as many as there are, each needs 300 ms: nobody waits for another");
        bound.learn(100, Duration::from_millis(500), wait);
        assert_eq!(bound.limit(), 50, "these waited for others");
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_late_gives_way_to_officers() {
        let gate = gate(4, 4);
        assert_eq!(gate.behind(), Duration::ZERO);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(gate.watch.must_be_called());
        tokio::time::advance(Duration::from_millis(90)).await;
        assert_eq!(gate.look(Route::Issue, false), Ok(()));
        assert_eq!(gate.look(Route::Issue, true), Err(Refused::Processor), "it waited before it was read");
        tokio::time::advance(Duration::from_millis(20)).await;
        // Called again before it has come: it counts from the first call.
        assert!(!gate.watch.must_be_called());
        for _ in 0..LET_IN_LATE {
            assert_eq!(gate.look(Route::Issue, false), Ok(()), "no more than came while the machine paused");
        }
        assert_eq!(gate.look(Route::Issue, false), Err(Refused::Processor));
        assert_eq!(gate.look(Route::Show, false), Err(Refused::Processor));
        assert_eq!(gate.look(Route::Verify, false), Ok(()));
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(gate.look(Route::Verify, false), Err(Refused::Processor));
        assert_eq!(gate.look(Route::Health, false), Ok(()));
        gate.watch.comes();
        let both = || [false, true].map(|stale| gate.look(Route::Issue, stale));
        assert_eq!(both(), [Ok(()), Err(Refused::Processor)], "it was late just now");
        assert!(gate.watch.must_be_called());
        gate.watch.comes();
        assert_eq!(both(), [Ok(()), Ok(())]);
    }
}
