//! How often no is said, and when that becomes too often.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// So many refusals a second are said whoever asks. One takes some 12 µs of a core (40 beside signatures, which lose what they had in
/// the caches): one percent of it, or four.
const FREELY_PER_S: u64 = 1_000;
/// So much of that may be used at once: as long as connections rest at most.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Refusals of late, as a bucket that leaks [`FREELY_PER_S`].
#[derive(Debug)]
pub(super) struct Refusals {
    started: Instant,
    /// When the bucket will be empty, in microseconds since the start.
    empty_us: AtomicU64,
}

impl Refusals {
    pub(super) fn new() -> Self {
        Refusals { started: Instant::now(), empty_us: AtomicU64::new(0) }
    }

    fn now_us(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    /// No is said once more.
    pub(super) fn one_more(&self) {
        let now_us = self.now_us();
        // No further than twice the bound: what was refused in a rush is forgotten as soon as it is over.
        let full_us = now_us + 2 * AT_ONCE.as_micros() as u64;
        let more = |empty_us: u64| Some((empty_us.max(now_us) + 1_000_000 / FREELY_PER_S).min(full_us));
        let _ = self.empty_us.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Whether no is said more often than is good.
    pub(super) fn too_many(&self) -> bool {
        self.empty_us.load(Ordering::Relaxed) > self.now_us() + AT_ONCE.as_micros() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_thousand_a_second_are_not_too_many_and_twice_as_many_are() {
        let refusals = Refusals::new();
        for _ in 0..5_000 {
            tokio::time::advance(Duration::from_millis(1)).await;
            refusals.one_more();
            assert!(!refusals.too_many());
        }
        let mut refused_before = 0;
        while !refusals.too_many() {
            tokio::time::advance(Duration::from_micros(500)).await;
            refusals.one_more();
            refused_before += 1;
        }
        assert!(
            (1_990..=2_010).contains(&refused_before),
            "what comes at once is borne for a second: {refused_before}"
        );
        for _ in 0..10_000 {
            tokio::time::advance(Duration::from_micros(500)).await;
            refusals.one_more();
        }
        assert!(refusals.too_many());
        tokio::time::advance(AT_ONCE).await;
        assert!(!refusals.too_many(), "however long it was too much, it is over a second after");
    }
}
