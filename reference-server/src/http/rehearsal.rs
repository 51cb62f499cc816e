//! Lets requests meet with the faults of a rehearsal.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use super::problem::Problem;
use crate::Faults;

/// What befell a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    Stall,
    Outage,
    Latency,
    Slots,
    Work,
    Error,
}

impl Met {
    pub(super) const ALL: [Met; 6] = [Met::Stall, Met::Outage, Met::Latency, Met::Slots, Met::Work, Met::Error];

    /// The name in the metrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Met::Stall => "stall",
            Met::Outage => "outage",
            Met::Latency => "latency",
            Met::Slots => "slots",
            Met::Work => "work",
            Met::Error => "error",
        }
    }
}

/// A server's faults, since it started.
#[derive(Debug)]
pub(super) struct Rehearsal {
    faults: Faults,
    started: Instant,
    slots: Semaphore,
    drawn: AtomicU64,
    met: [AtomicU64; Met::ALL.len()],
}

impl Rehearsal {
    /// `None` when nothing is to go wrong.
    pub(super) fn begin(faults: Faults) -> Option<Self> {
        if faults.is_none() {
            return None;
        }
        tracing::warn!(%faults, "THIS IS A REHEARSAL: faults are injected on purpose");
        let slots = Semaphore::new(faults.slots.map_or(0, |slots| slots.count as usize));
        Some(Rehearsal { faults, started: Instant::now(), slots, drawn: AtomicU64::new(0), met: Default::default() })
    }

    /// What befalls one request before it is worked on.
    ///
    /// # Errors
    /// The problem to answer instead.
    pub(super) async fn befall(&self) -> Result<(), Problem> {
        let Faults { latency, slots, work, errors, stalls, outages, .. } = &self.faults;
        while let Some(left) = stalls.iter().find_map(|stall| stall.left(self.started.elapsed())) {
            self.meets(Met::Stall);
            sleep(left).await;
        }
        if outages.iter().any(|outage| outage.left(self.started.elapsed()).is_some()) {
            self.meets(Met::Outage);
            return Err(Problem::Overloaded);
        }
        if let Some(latency) = latency {
            self.meets(Met::Latency);
            sleep(latency.at(self.draw())).await;
        }
        if let Some(slots) = slots {
            self.meets(Met::Slots);
            // Never closed.
            let _slot = self.slots.acquire().await.map_err(|_| Problem::Internal)?;
            sleep(slots.each).await;
        }
        if let Some(work) = work {
            self.meets(Met::Work);
            // True time and no waiting: nobody else gets this processor meanwhile.
            let began = std::time::Instant::now();
            while began.elapsed() < *work {
                std::hint::spin_loop();
            }
        }
        if *errors > 0.0 && self.draw() < *errors {
            self.meets(Met::Error);
            return Err(Problem::Internal);
        }
        Ok(())
    }

    /// How often it was met.
    pub(super) fn times(&self, met: Met) -> u64 {
        self.met[met as usize].load(Ordering::Relaxed)
    }

    fn meets(&self, met: Met) {
        self.met[met as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// The next place in a distribution, 0 to below 1.
    fn draw(&self) -> f64 {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        (mixed(self.faults.seed ^ number) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A word that looks random: `SplitMix64` (Steele, Lea & Flood, OOPSLA 2014).
pub(super) const fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn rehearsal(faults: &[&str]) -> Rehearsal {
        Rehearsal::begin(Faults::parse(faults).unwrap()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn spells_come_and_go() {
        let rehearsal = rehearsal(&["stall=3s@5s", "outage=2s@20s"]);
        let took = async || {
            let began = Instant::now();
            (rehearsal.befall().await, began.elapsed())
        };
        assert_eq!(took().await, (Ok(()), Duration::ZERO));
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!(took().await, (Ok(()), Duration::from_secs(2)), "the rest of the stall");
        tokio::time::advance(Duration::from_secs(13)).await;
        assert_eq!(took().await, (Err(Problem::Overloaded), Duration::ZERO));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(took().await, (Ok(()), Duration::ZERO));
        assert_eq!(Met::ALL.map(|met| rehearsal.times(met)), [1, 1, 0, 0, 0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_fails_and_a_seed_says_which() {
        let which = async |seed: &str| {
            let rehearsal = rehearsal(&["errors=0.1", seed]);
            let mut failed = Vec::new();
            for _ in 0..1_000 {
                failed.push(rehearsal.befall().await == Err(Problem::Internal));
            }
            failed
        };
        let first = which("seed=1").await;
        assert!((70..130).contains(&first.iter().filter(|failed| **failed).count()));
        assert_eq!(first, which("seed=1").await);
        assert_ne!(first, which("seed=2").await);
    }

    #[tokio::test]
    async fn work_keeps_the_processor() {
        let rehearsal = rehearsal(&["work=5ms"]);
        let began = std::time::Instant::now();
        let mut worked = std::pin::pin!(rehearsal.befall());
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(worked.as_mut().poll(context)));
        assert!(polled.await.is_ready(), "without giving way once");
        assert!(began.elapsed() >= Duration::from_millis(5));
    }

    #[tokio::test(start_paused = true)]
    async fn slots_have_a_known_capacity() {
        let rehearsal = rehearsal(&["slots=2x10ms"]);
        let began = Instant::now();
        let five = [(); 5].map(|()| rehearsal.befall());
        for one in five.map(Box::pin).into_iter() {
            one.await.unwrap();
        }
        assert_eq!(began.elapsed(), Duration::from_millis(50), "one after the other");
        let began = Instant::now();
        let _ = tokio::join!(rehearsal.befall(), rehearsal.befall(), rehearsal.befall(), rehearsal.befall());
        assert_eq!(began.elapsed(), Duration::from_millis(20), "two at a time");
    }
}
