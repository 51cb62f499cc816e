//! How many signatures are made in time, by what one takes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A blind signature of 2,048 bits takes about so long (`docs/schemes.md`); it is assumed until the first was made here.
const AT_FIRST_US: u64 = 2_000;

/// What a signature takes.
#[derive(Debug)]
pub(super) struct Signatures {
    /// So many are made at the same time.
    signers: usize,
    /// What one takes at present, in microseconds; never 0.
    one_us: AtomicU64,
}

impl Signatures {
    pub(super) const fn by(signers: usize) -> Self {
        Signatures { signers, one_us: AtomicU64::new(AT_FIRST_US) }
    }

    /// One more was made, in so long: on the clock, since a core that others use signs less.
    pub(super) fn took(&self, took: Duration) {
        let usual_us = self.one_us.load(Ordering::Relaxed);
        // One that was held up tells little about the others.
        let took_us = (took.as_micros() as u64).min(2 * usual_us);
        self.one_us.store(((7 * usual_us + took_us) / 8).max(1), Ordering::Relaxed);
    }

    /// So many are made within `wait`; of each signer at least the one in work and the one after it.
    pub(super) fn within(&self, wait: Duration) -> usize {
        let each = wait.as_micros() as u64 / self.one_us.load(Ordering::Relaxed);
        self.signers * each.max(2) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_millis(100);

    #[test]
    fn the_longer_one_takes_the_fewer_are_made_in_time() {
        let signatures = Signatures::by(4);
        assert_eq!(signatures.within(WAIT), 200, "before the first was made");
        for (ms, within) in [(1, 400), (10, 40), (400, 8), (2, 200)] {
            (0..200).for_each(|_| signatures.took(Duration::from_millis(ms)));
            let found = signatures.within(WAIT);
            assert!(found.abs_diff(within) <= within / 50, "{ms} ms each: {found}, not {within}");
        }
    }

    #[test]
    fn one_that_was_held_up_changes_little() {
        let signatures = Signatures::by(1);
        signatures.took(Duration::from_secs(10));
        assert_eq!(signatures.within(WAIT), 44, "2.25 ms each instead of 2");
        (0..1_000).for_each(|_| signatures.took(Duration::ZERO));
        assert_eq!(signatures.within(WAIT), 100_000, "never none at all");
    }
}
