//! What a store counts about itself.

use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds of the classes of [`Tally::groups`]: writes in one commit. The last class has no bound.
pub const GROUP_BOUNDS: [usize; 5] = [1, 4, 16, 64, 256];

/// What a store has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Transactions committed.
    pub commits: u64,
    /// Writes in them; a batch of residents is one write.
    pub writes: u64,
    /// Writes that failed.
    pub failures: u64,
    /// Commits by how many writes they held, one class for each of [`GROUP_BOUNDS`] and one beyond.
    pub groups: [u64; GROUP_BOUNDS.len() + 1],
}

/// A [`Tally`] that one thread counts and others read.
#[derive(Debug, Default)]
pub(super) struct Counting {
    writes: AtomicU64,
    failures: AtomicU64,
    groups: [AtomicU64; GROUP_BOUNDS.len() + 1],
}

impl Counting {
    /// One commit of `writes` writes.
    pub(super) fn committed(&self, writes: usize) {
        let class = GROUP_BOUNDS.iter().position(|bound| writes <= *bound).unwrap_or(GROUP_BOUNDS.len());
        self.groups[class].fetch_add(1, Ordering::Relaxed);
        self.writes.fetch_add(writes as u64, Ordering::Relaxed);
    }

    /// One write that failed.
    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Tally {
        let groups: [u64; _] = std::array::from_fn(|class| self.groups[class].load(Ordering::Relaxed));
        Tally {
            commits: groups.iter().sum(),
            writes: self.writes.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            groups,
        }
    }
}
