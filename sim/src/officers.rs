//! Officers: people who take one resident at a time.

#![cfg_attr(not(test), expect(dead_code, reason = "the engine is being moved onto these queues"))]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::uptake::Ms;

/// The officers of one gate, or those on patrol in one place.
#[derive(Clone, Debug)]
pub(crate) struct Officers {
    /// When each of them is free, the earliest on top.
    free_ms: BinaryHeap<Reverse<Ms>>,
    /// When those who waited as the last one came are taken, in order.
    taken_ms: VecDeque<Ms>,
}

impl Officers {
    /// So many officers, all free.
    pub(crate) fn new(officers: u32) -> Self {
        Officers { free_ms: (0..officers).map(|_| Reverse(Ms::MIN)).collect(), taken_ms: VecDeque::new() }
    }

    /// A resident comes at `at_ms`, after those who came before, and will keep an officer busy for `busy_ms`. Returns when the first
    /// free officer takes them; without officers, at once.
    pub(crate) fn come(&mut self, at_ms: Ms, busy_ms: Ms) -> Ms {
        while self.taken_ms.front().is_some_and(|taken_ms| *taken_ms <= at_ms) {
            self.taken_ms.pop_front();
        }
        let Some(mut first) = self.free_ms.peek_mut() else { return at_ms };
        let taken_ms = first.0.max(at_ms);
        *first = Reverse(taken_ms + busy_ms);
        if taken_ms > at_ms {
            self.taken_ms.push_back(taken_ms);
        }
        taken_ms
    }

    /// How many wait at `at_ms`, not earlier than the last one came.
    pub(crate) fn waiting(&self, at_ms: Ms) -> u32 {
        (self.taken_ms.len() - self.taken_ms.partition_point(|taken_ms| *taken_ms <= at_ms)) as u32
    }

    /// A resident meets them at `at_ms` and does not wait: whether an officer is free, who then is busy for `busy_ms`.
    pub(crate) fn free(&mut self, at_ms: Ms, busy_ms: Ms) -> bool {
        let Some(mut first) = self.free_ms.peek_mut().filter(|first| first.0 <= at_ms) else { return false };
        *first = Reverse(at_ms + busy_ms);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::philox::Stream;
    use crate::quantiles::Quantiles;
    use rand_core::Rng;

    const BUSY_MS: f64 = 60_000.0;
    const RESIDENTS: usize = 2_000_000;

    /// Random arrivals, each keeping an officer busy for an exponential time: `(at_ms, busy_ms)`. `load` is the mean number of busy
    /// officers if nobody had to wait.
    fn residents(load: f64) -> impl Iterator<Item = (Ms, Ms)> {
        let mut luck = Stream::new([0; 4], [11, 12]);
        let (gaps, busy) = (BUSY_MS / load, BUSY_MS);
        let [gaps, busy] = [gaps, busy].map(|mean| Quantiles::exponential(mean, 0..=u32::MAX));
        let mut at_ms = 0;
        std::iter::repeat_with(move || {
            at_ms += Ms::from(gaps.at(luck.next_u32()));
            (at_ms, Ms::from(busy.at(luck.next_u32())))
        })
        .take(RESIDENTS)
    }

    /// Erlang's loss formula: the share that meets only busy officers (A. K. Erlang, 1917).
    fn erlang_b(officers: u32, load: f64) -> f64 {
        (1..=officers).fold(1.0, |lost, n| load * lost / (f64::from(n) + load * lost))
    }

    /// Erlang's delay formula: the share that waits.
    fn erlang_c(officers: u32, load: f64) -> f64 {
        let lost = erlang_b(officers, load);
        lost / (1.0 - load / f64::from(officers) * (1.0 - lost))
    }

    #[test]
    fn queues_are_as_long_as_theory_says() {
        for (officers, load) in [(1, 0.6), (2, 1.5), (8, 6.5)] {
            let mut gate = Officers::new(officers);
            let (mut wait_ms, mut waiting, mut waited) = (0, 0_u64, 0);
            for (at_ms, busy_ms) in residents(load) {
                waiting += u64::from(gate.waiting(at_ms));
                let taken_ms = gate.come(at_ms, busy_ms);
                wait_ms += taken_ms - at_ms;
                waited += u64::from(taken_ms > at_ms);
            }
            let of = |sum: f64| sum / RESIDENTS as f64;
            let delayed = erlang_c(officers, load);
            let mean_ms = delayed * BUSY_MS / (f64::from(officers) - load);
            // Random arrivals see the mean queue, and Little's law says how long it is.
            let mean_waiting = mean_ms * load / BUSY_MS;
            for (found, wanted) in
                [(of(waited as f64), delayed), (of(wait_ms as f64), mean_ms), (of(waiting as f64), mean_waiting)]
            {
                assert!((found / wanted - 1.0).abs() < 0.03, "{officers} officers: {found} for {wanted}");
            }
        }
    }

    #[test]
    fn patrols_miss_as_many_as_theory_says() {
        for (officers, load) in [(1, 0.5), (5, 4.0), (20, 30.0)] {
            let mut patrol = Officers::new(officers);
            let missed = residents(load).filter(|(at_ms, busy_ms)| !patrol.free(*at_ms, *busy_ms)).count();
            let (found, wanted) = (missed as f64 / RESIDENTS as f64, erlang_b(officers, load));
            assert!((found / wanted - 1.0).abs() < 0.03, "{officers} officers: {found} for {wanted}");
        }
    }

    #[test]
    fn the_queue_empties() {
        let mut gate = Officers::new(2);
        let taken: Vec<Ms> = (0..5).map(|_| gate.come(0, 100)).collect();
        assert_eq!(taken, [0, 0, 100, 100, 200]);
        assert_eq!([0, 99, 100, 199, 200].map(|at_ms| gate.waiting(at_ms)), [3, 3, 1, 1, 0]);
        assert_eq!(gate.come(250, 10), 250, "one is free since 200");
        assert_eq!(gate.come(250, 10), 260);
        assert_eq!(gate.waiting(250), 1);
    }

    #[test]
    fn without_officers_nobody_waits_and_nobody_is_stopped() {
        let mut nobody = Officers::new(0);
        assert_eq!(nobody.come(5, 100), 5);
        assert_eq!(nobody.waiting(5), 0);
        assert!(!nobody.free(5, 100));
    }
}
