//! Officers: people who take one resident at a time.

use std::collections::VecDeque;

use crate::plan::PlanId;

/// The officers of one gate and the queue before them: whoever comes first is taken first, by whichever officer is free.
#[derive(Clone, Debug)]
pub(crate) struct Officers {
    free: u32,
    waiting: VecDeque<Waiting>,
}

/// Someone in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) who: PlanId,
    /// When they came, in milliseconds after the day's midnight.
    pub(crate) came_ms: i32,
    /// How many they found waiting.
    pub(crate) found: u32,
}

impl Officers {
    /// So many officers, all free.
    pub(crate) fn new(officers: u32) -> Self {
        Officers { free: officers, waiting: VecDeque::new() }
    }

    /// A resident comes at `at_ms`. Returns them when an officer takes them at once; otherwise they wait.
    pub(crate) fn come(&mut self, who: PlanId, at_ms: i32) -> Option<Waiting> {
        let waiting = Waiting { who, came_ms: at_ms, found: self.waiting.len() as u32 };
        match self.free.checked_sub(1) {
            Some(free) => {
                self.free = free;
                Some(waiting)
            }
            None => {
                self.waiting.push_back(waiting);
                None
            }
        }
    }

    /// An officer is done with a resident. Returns whom they take next.
    pub(crate) fn done(&mut self) -> Option<Waiting> {
        let next = self.waiting.pop_front();
        self.free += u32::from(next.is_none());
        next
    }

    /// Everyone goes home, and all officers are free: the night.
    pub(crate) fn close(&mut self, officers: u32) {
        (self.free, _) = (officers, self.waiting.clear());
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use super::*;
    use crate::philox::Stream;
    use crate::quantiles::Quantiles;

    const BUSY_MS: f64 = 60.0;
    const RESIDENTS: u32 = 2_000_000;
    const WHO: PlanId = PlanId { cell: 0, index: 0 };

    /// Erlang's loss formula: the share that meets only busy officers (A. K. Erlang, 1917).
    fn erlang_b(officers: u32, load: f64) -> f64 {
        (1..=officers).fold(1.0, |lost, n| load * lost / (f64::from(n) + load * lost))
    }

    /// Erlang's delay formula: the share that waits.
    fn erlang_c(officers: u32, load: f64) -> f64 {
        let lost = erlang_b(officers, load);
        lost / (1.0 - load / f64::from(officers) * (1.0 - lost))
    }

    /// The share that waits, the mean wait and the mean queue found of residents who come at random and take an exponential time;
    /// `load` is the mean number of busy officers if nobody had to wait.
    fn queue(officers: u32, load: f64) -> [f64; 3] {
        let mut luck = Stream::new([0; 4], [11, 12]);
        let [gaps, busy] = [BUSY_MS / load, BUSY_MS].map(|mean| Quantiles::exponential(mean, 0..=u32::MAX));
        let mut gate = Officers::new(officers);
        let mut done: BinaryHeap<Reverse<i32>> = BinaryHeap::new();
        let (mut at_ms, mut waited, mut wait_ms, mut found) = (0, 0_u64, 0_u64, 0_u64);
        for _ in 0..RESIDENTS {
            at_ms += gaps.at(luck.next_u32()) as i32;
            while let Some(Reverse(done_ms)) = done.peek().copied().filter(|Reverse(done_ms)| *done_ms <= at_ms) {
                done.pop();
                if let Some(next) = gate.done() {
                    wait_ms += (done_ms - next.came_ms) as u64;
                    done.push(Reverse(done_ms + busy.at(luck.next_u32()) as i32));
                }
            }
            found += gate.waiting.len() as u64;
            match gate.come(WHO, at_ms) {
                Some(_) => done.push(Reverse(at_ms + busy.at(luck.next_u32()) as i32)),
                None => waited += 1,
            }
        }
        [waited, wait_ms, found].map(|sum| sum as f64 / f64::from(RESIDENTS))
    }

    #[test]
    fn queues_are_as_long_as_theory_says() {
        for (officers, load) in [(1, 0.6), (2, 1.5), (8, 6.5)] {
            let delayed = erlang_c(officers, load);
            let mean_ms = delayed * BUSY_MS / (f64::from(officers) - load);
            // Random arrivals see the mean queue, and Little's law says how long it is.
            let mean_waiting = mean_ms * load / BUSY_MS;
            for (found, wanted) in queue(officers, load).into_iter().zip([delayed, mean_ms, mean_waiting]) {
                assert!((found / wanted - 1.0).abs() < 0.04, "{officers} officers: {found} for {wanted}");
            }
        }
    }

    #[test]
    fn who_comes_first_is_taken_first() {
        let who = |index| PlanId { cell: 0, index };
        let mut gate = Officers::new(1);
        assert_eq!(gate.come(who(1), 5).map(|taken| taken.who), Some(who(1)));
        assert_eq!((gate.come(who(2), 6), gate.come(who(3), 7)), (None, None));
        let next = gate.done().unwrap();
        assert_eq!((next.who, next.came_ms, next.found), (who(2), 6, 0));
        assert_eq!(gate.done().map(|next| (next.who, next.found)), Some((who(3), 1)));
        assert_eq!(gate.done(), None);
        assert!(gate.come(who(4), 9).is_some());
    }
}
