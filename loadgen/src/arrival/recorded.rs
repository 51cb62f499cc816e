//! Arrivals at the instants of a trace.

use std::sync::Arc;

use super::ArrivalProcess;

const SECOND_NS: u64 = 1_000_000_000;

/// Arrivals at known instants. Their rate is told by the second: how many come in it.
pub(super) struct Recorded {
    /// In order.
    instants_ns: Arc<[u64]>,
    next: usize,
}

impl Recorded {
    pub(super) fn new(instants_ns: Arc<[u64]>) -> Self {
        Recorded { instants_ns, next: 0 }
    }

    fn before(&self, at_ns: u64) -> usize {
        self.instants_ns.partition_point(|instant_ns| *instant_ns < at_ns)
    }

    /// The most that come in one second.
    pub(super) fn busiest(&self) -> f64 {
        let seconds = self.instants_ns.chunk_by(|a, b| a / SECOND_NS == b / SECOND_NS);
        seconds.map(<[u64]>::len).max().unwrap_or(0) as f64
    }
}

impl ArrivalProcess for Recorded {
    fn next_ns(&mut self) -> Option<u64> {
        let instant_ns = self.instants_ns.get(self.next).copied();
        self.next += 1;
        instant_ns
    }

    fn rate_at(&self, at_ns: u64) -> f64 {
        let start_ns = at_ns / SECOND_NS * SECOND_NS;
        (self.before(start_ns.saturating_add(SECOND_NS)) - self.before(start_ns)) as f64
    }

    fn expected(&self, until_ns: u64) -> f64 {
        let start_ns = until_ns / SECOND_NS * SECOND_NS;
        self.before(start_ns) as f64 + self.rate_at(until_ns) * (until_ns - start_ns) as f64 / SECOND_NS as f64
    }
}
