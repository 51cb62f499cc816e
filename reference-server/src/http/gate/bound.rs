//! The bound of one lane: as many are let in as are answered in time, learnt from those before.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::Refused;

/// However slow the store is, so many are let in: below this, one slow answer would say too much.
const LEAST: usize = 16;
/// It is calm when the limit was not lowered for so long; then what a rush taught is forgotten, little by little.
const CALM_AFTER: Duration = Duration::from_secs(10);

/// So many answers in time let one more come in while a rush lasts: the limit grows by an eighth each time it is used up.
const ANSWERS_FOR_ONE_MORE: usize = 8;

/// The bound of one lane.
#[derive(Debug)]
pub(in crate::http) struct Bound {
    most: AtomicUsize,
    /// How many are let in at present, if so many may be.
    limit: AtomicUsize,
    taken: AtomicUsize,
    /// How long a request takes that waits for hardly anybody, in microseconds.
    alone_us: AtomicU64,
    started: Instant,
    /// When the limit was last lowered, in microseconds since the start; 0: never.
    lowered_us: AtomicU64,
    /// Since when nobody was answered in time, in microseconds since the start; 0: the last one was.
    late_since_us: AtomicU64,
    /// How many were answered in time while the lane was half full.
    in_time: AtomicUsize,
    refused: [AtomicU64; Refused::ALL.len()],
}

impl Bound {
    pub(super) fn new(most: usize) -> Self {
        Bound {
            most: AtomicUsize::new(most),
            limit: AtomicUsize::new(most),
            taken: AtomicUsize::new(0),
            alone_us: AtomicU64::new(0),
            started: Instant::now(),
            lowered_us: AtomicU64::new(0),
            late_since_us: AtomicU64::new(0),
            in_time: AtomicUsize::new(0),
            refused: Default::default(),
        }
    }

    /// From now on never more than `most` are let in, whatever is learnt.
    pub(super) fn hold_to(&self, most: usize) {
        let before = self.most.swap(most, Ordering::Relaxed);
        // Who was held back by nothing else is not held back by what was the most until now.
        let _ = self.limit.compare_exchange(before, most, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// Whether something of `weight` would get in now.
    pub(super) fn look(&self, weight: usize) -> Result<(), Refused> {
        self.admit(self.taken(), weight)
    }

    /// What is heavier than the limit gets in when it is alone.
    fn admit(&self, before: usize, weight: usize) -> Result<(), Refused> {
        if weight == 0 || before == 0 || before + weight <= self.limit() {
            return Ok(());
        }
        Err(self.turned_away(Refused::Queue))
    }

    /// A place for something of `weight`, or why there is none.
    pub(super) fn enter(&self, weight: usize, wait: Duration) -> Result<Place<'_>, Refused> {
        let before = self.taken.fetch_add(weight, Ordering::Relaxed);
        let place = Place { bound: self, weight, before, wait, since: Instant::now() };
        self.admit(before, weight).map(|()| place)
    }

    /// One was turned away before it came to the store.
    pub(super) fn turned_away(&self, why: Refused) -> Refused {
        self.refused[why as usize].fetch_add(1, Ordering::Relaxed);
        why
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
        // In time although the lane was half full: more may come in. Little by little, since what that does is seen only when they are
        // answered: if the limit doubled meanwhile, it would swing from too few to too many and back.
        let eighth = || self.in_time.fetch_add(1, Ordering::Relaxed).is_multiple_of(ANSWERS_FOR_ONE_MORE);
        let full = 2 * before >= limit && eighth();
        if limit < self.most() && (full || self.is_calm()) {
            // Unless another answer has just lowered it.
            let _ = self.limit.compare_exchange(limit, limit + 1, Ordering::Relaxed, Ordering::Relaxed);
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
            self.limit.fetch_min(limit.min(self.most()), Ordering::Relaxed);
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
    pub(in crate::http) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed).min(self.most())
    }

    /// How much is taken now.
    pub(in crate::http) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// How many were turned away so far.
    pub(in crate::http) fn refused(&self, why: Refused) -> u64 {
        self.refused[why as usize].load(Ordering::Relaxed)
    }
}

/// A place in a lane, given back when dropped.
#[derive(Debug)]
pub(in crate::http) struct Place<'a> {
    bound: &'a Bound,
    weight: usize,
    before: usize,
    wait: Duration,
    since: Instant,
}

impl Place<'_> {
    /// The request was answered: others learn from how long it took. One that was refused early may never have come to what is
    /// scarce: it tells nothing.
    pub(in crate::http) fn answered(self, refused: bool) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
        for _ in 0..496 * ANSWERS_FOR_ONE_MORE {
            bound.learn(bound.limit() - 1, WAIT, WAIT);
        }
        assert_eq!(bound.limit(), 512, "each eighth that is answered in time lets one more in");
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

    #[test]
    fn the_most_may_change() {
        let bound = Bound::new(50);
        for most in [40, 60, 30] {
            bound.hold_to(most);
            assert_eq!(bound.limit(), most);
        }
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
        let bound = Bound::new(512);
        late_for_long(&bound, 511, Duration::from_secs(5)).await;
        bound.enter(1, WAIT).unwrap().answered(true);
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
        for answer in 0..512 * ANSWERS_FOR_ONE_MORE {
            bound.learn(answer / ANSWERS_FOR_ONE_MORE, far, wait);
        }
        assert_eq!(bound.limit(), 512, "as many as there are, each needs 300 ms: nobody waits for another");
        bound.learn(100, Duration::from_millis(500), wait);
        assert_eq!(bound.limit(), 50, "these waited for others");
    }
}
