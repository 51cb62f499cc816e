//! How a sending thread waits for the next intended instant.
//!
//! A thread that sleeps is woken late: by some 25 µs in the middle and 100 µs or more in one case of a hundred, most of it the time
//! that a core needs to come back from idleness. So the last stretch before an instant is spent looking at the clock and the sockets
//! again and again, as far as the share of the time that is granted for it goes.

/// The last stretch before an instant: longer than nearly all late wake-ups.
const STRETCH_NS: u64 = 80_000;
/// Most that is saved up for later while nothing is due: else a calm hour would pay for a minute of spinning at the peak.
const MOST_SAVED_NS: u64 = 10_000_000;

/// What to do until the next instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    /// Sleep for so many nanoseconds, or until something happens.
    Sleep { ns: u64 },
    /// Look again at once.
    Spin,
}

/// The account of the time that may be spent spinning.
#[derive(Debug)]
pub(super) struct Waiting {
    share: f64,
    saved_ns: u64,
    at_ns: u64,
    spun_ns: u64,
}

impl Waiting {
    /// An account that grows by `share` (0 to 1) of the time.
    pub(super) fn new(share: f64) -> Self {
        Waiting { share, saved_ns: 0, at_ns: 0, spun_ns: 0 }
    }

    /// How to wait at `now_ns` when the next instant is `due_ns` and something else, a time-out, may come at `other_ns`.
    pub(super) fn pause(&mut self, now_ns: u64, due_ns: Option<u64>, other_ns: u64) -> Pause {
        let earned_ns = (self.share * now_ns.saturating_sub(self.at_ns) as f64) as u64;
        self.saved_ns = (self.saved_ns + earned_ns).min(MOST_SAVED_NS);
        self.at_ns = now_ns;
        let other = Pause::Sleep { ns: other_ns.saturating_sub(now_ns) };
        let Some(due_ns) = due_ns.filter(|due_ns| *due_ns <= other_ns) else { return other };
        let gap_ns = due_ns.saturating_sub(now_ns);
        // Spinning for less than the whole rest would only end in a sleep that is woken late.
        if self.share < 1.0 && self.saved_ns < gap_ns.min(STRETCH_NS) {
            Pause::Sleep { ns: gap_ns }
        } else if gap_ns <= STRETCH_NS {
            Pause::Spin
        } else {
            Pause::Sleep { ns: gap_ns - STRETCH_NS }
        }
    }

    /// So long was spun in vain.
    pub(super) fn spun(&mut self, ns: u64) {
        self.spun_ns += ns;
        self.saved_ns = self.saved_ns.saturating_sub(ns);
    }

    /// All that was spun in vain.
    pub(super) fn spun_ns(&self) -> u64 {
        self.spun_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_with_a_core_of_its_own_spins_before_each_instant() {
        let mut waiting = Waiting::new(1.0);
        assert_eq!(waiting.pause(0, Some(500_000), u64::MAX), Pause::Sleep { ns: 420_000 });
        assert_eq!(waiting.pause(430_000, Some(500_000), u64::MAX), Pause::Spin);
        assert_eq!(
            waiting.pause(430_000, Some(500_000), 440_000),
            Pause::Sleep { ns: 10_000 },
            "a time-out is not urgent"
        );
        assert_eq!(waiting.pause(430_000, None, 1_000_000), Pause::Sleep { ns: 570_000 });
    }

    #[test]
    fn no_more_is_spun_than_is_granted() {
        let mut waiting = Waiting::new(0.05);
        let (mut now_ns, mut spun_ns) = (0, 0);
        for due_ns in (1..=100_000).map(|number| number * 50_000) {
            while now_ns < due_ns {
                match waiting.pause(now_ns, Some(due_ns), u64::MAX) {
                    Pause::Sleep { ns } => now_ns += ns,
                    Pause::Spin => {
                        waiting.spun(1_000);
                        now_ns += 1_000;
                        spun_ns += 1_000;
                    }
                }
            }
        }
        let share = spun_ns as f64 / now_ns as f64;
        assert!((0.03..=0.051).contains(&share), "{share}");
        assert_eq!(waiting.spun_ns(), spun_ns);
    }

    #[test]
    fn without_leave_nothing_is_spun() {
        let mut waiting = Waiting::new(0.0);
        assert_eq!(waiting.pause(1_000_000_000, Some(1_000_050_000), u64::MAX), Pause::Sleep { ns: 50_000 });
    }
}
