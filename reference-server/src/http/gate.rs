//! Bounds on the work taken on: who comes in beyond them would be answered too late, and is told so at once.
//!
//! Two things can be scarce. When the **store** is, requests in flight pile up behind it: each lane lets in only as many as are
//! answered within [`Limits::wait`], which it learns from how long those before had to wait. When the **processor** is, requests
//! pile up before they are looked at: a watch that comes round late tells by how much. Officers have a lane of their own, and the
//! others give way to them. Why it is built so, with figures: `docs/decisions/0019-answered-in-time-or-at-once.md`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::route::Route;
use crate::Limits;

/// However slow the store is, so many are let in: below this, one slow answer would say too much.
const LEAST: usize = 16;
/// The watch comes round so often. A bound on waiting cannot be kept more precisely.
const WATCH_EVERY: Duration = Duration::from_millis(20);

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

    /// Whether a request to `route` would be turned away now.
    pub(super) fn look(&self, route: Route) -> Result<(), Refused> {
        if route.weight() == 0 {
            return Ok(());
        }
        let lane = Lane::of(route);
        let bound = &self.lanes[lane as usize];
        // The longer a request has waited to be looked at, the more of its time is gone; officers are the last to be sent away.
        let patience = if lane == Lane::Officers { self.wait * 2 } else { self.wait };
        if self.watch.behind() > patience {
            bound.refused[Refused::Processor as usize].fetch_add(1, Ordering::Relaxed);
            return Err(Refused::Processor);
        }
        bound.look(route.weight())
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

    /// Goes round for as long as the server runs.
    pub(crate) fn keep_watch(&self) -> impl Future<Output = ()> + use<> {
        Arc::clone(&self.watch).go_round()
    }
}

/// The bound of one lane.
#[derive(Debug)]
pub(super) struct Bound {
    most: usize,
    /// How many are let in at present.
    limit: AtomicUsize,
    taken: AtomicUsize,
    refused: [AtomicU64; Refused::ALL.len()],
}

impl Bound {
    fn new(most: usize) -> Self {
        Bound { most, limit: AtomicUsize::new(most), taken: AtomicUsize::new(0), refused: Default::default() }
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
    /// By Little's law (L = λW; Little, Operations Research 9, 1961) a lane that needed `took` for `before + 1` requests answers
    /// `(before + 1) · wait / took` of them within `wait`.
    fn learn(&self, before: usize, took: Duration, wait: Duration) {
        let limit = self.limit();
        if took > wait {
            let fits = (before + 1) as f64 * wait.as_secs_f64() / took.as_secs_f64();
            self.limit.fetch_min((fits as usize).max(LEAST.min(self.most)), Ordering::Relaxed);
        } else if limit < self.most && 2 * before >= limit {
            // In time although the lane was half full: one more may come in, so that the limit doubles each time it is used up.
            self.limit.fetch_add(1, Ordering::Relaxed);
        }
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
    /// The request was answered: others learn from how long it took.
    pub(super) fn answered(self) -> Duration {
        let took = self.since.elapsed();
        self.bound.learn(self.before, took, self.wait);
        took
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.bound.taken.fetch_sub(self.weight, Ordering::Relaxed);
    }
}

/// Tells by how much the processor is behind.
///
/// A task that wants to run at a certain instant has to wait behind all requests that are ready to be worked on, as every newcomer
/// has to. So as long as it is overdue, newcomers wait at least so long.
#[derive(Debug)]
struct Watch {
    started: Instant,
    /// When it should come round next, in microseconds since the start.
    due_us: AtomicU64,
}

impl Watch {
    fn new() -> Self {
        // Nobody waits for a watch that has not begun.
        Watch { started: Instant::now(), due_us: AtomicU64::new(u64::MAX) }
    }

    fn behind(&self) -> Duration {
        let now_us = self.started.elapsed().as_micros() as u64;
        Duration::from_micros(now_us.saturating_sub(self.due_us.load(Ordering::Relaxed)))
    }

    async fn go_round(self: Arc<Self>) {
        loop {
            let due = Instant::now() + WATCH_EVERY;
            self.due_us.store(due.duration_since(self.started).as_micros() as u64, Ordering::Relaxed);
            sleep_until(due).await;
            // A task that was woken by its timer may run before others; now it stands behind all that are ready.
            tokio::task::yield_now().await;
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
        assert!(gate.enter(Route::Cancel).is_err() && gate.look(Route::CheckIn).is_err(), "and no second");
        let checks = [(); 4].map(|()| gate.enter(Route::Verify));
        assert!(checks.iter().all(Result::is_ok) && gate.enter(Route::Verify).is_err(), "four officers");
        assert!(gate.enter(Route::Show).is_ok(), "each lane has its own places");
        assert!(gate.look(Route::Metrics).is_ok() && gate.enter(Route::Metrics).is_ok(), "always");
        drop(checks);
        assert!(gate.enter(Route::Verify).is_ok());
        assert!(gate.enter(Route::RegisterBatch).is_err(), "too heavy beside others");
        drop(write);
        assert!(gate.enter(Route::RegisterBatch).is_ok(), "alone, even the heaviest gets in");
        let told: Vec<_> = gate.bounds().map(|(_, bound)| (bound.taken(), bound.refused(Refused::Queue))).collect();
        assert_eq!(told, [(0, 1), (0, 0), (0, 3)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_lets_in_as_many_as_are_answered_in_time() {
        let bound = Bound::new(512);
        let wait = Duration::from_millis(100);
        bound.learn(511, Duration::from_millis(400), wait);
        assert_eq!(bound.limit(), 128, "a quarter of 512");
        bound.learn(200, Duration::from_secs(60), wait);
        assert_eq!(bound.limit(), LEAST);
        for _ in 0..496 {
            bound.learn(bound.limit() - 1, wait, wait);
        }
        assert_eq!(bound.limit(), 512, "each that is answered in time lets one more in");
        bound.learn(3, Duration::ZERO, wait);
        bound.learn(511, Duration::ZERO, wait);
        assert_eq!(bound.limit(), 512, "up to the most");
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_late_gives_way_to_officers() {
        let gate = gate(4, 4);
        assert_eq!(gate.behind(), Duration::ZERO);
        // The watch says when it will come round, and does not get to it.
        let mut watch = Box::pin(gate.keep_watch());
        let first = std::future::poll_fn(|context| std::task::Poll::Ready(watch.as_mut().poll(context))).await;
        assert!(first.is_pending());
        tokio::time::advance(WATCH_EVERY + Duration::from_millis(110)).await;
        assert_eq!(gate.look(Route::Issue), Err(Refused::Processor));
        assert_eq!(gate.look(Route::Show), Err(Refused::Processor));
        assert_eq!(gate.look(Route::Verify), Ok(()));
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(gate.look(Route::Verify), Err(Refused::Processor));
        assert_eq!(gate.look(Route::Health), Ok(()));
        // It comes round: whoever comes now is let in.
        for _ in 0..2 {
            let polled = std::future::poll_fn(|context| std::task::Poll::Ready(watch.as_mut().poll(context))).await;
            assert!(polled.is_pending());
            tokio::task::yield_now().await;
        }
        assert_eq!(gate.look(Route::Issue), Ok(()));
    }
}
