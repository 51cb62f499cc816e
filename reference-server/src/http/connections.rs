//! Counts of connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::door::Door;

/// Why the server ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CutOff {
    /// The handshake of TLS failed.
    Handshake,
    /// The head of a request was too long in coming.
    SlowHead,
    /// An answer was not taken.
    SlowReader,
    /// Nothing was asked for long, and a polite end was not understood.
    Idle,
}

impl CutOff {
    pub(crate) const ALL: [CutOff; 4] = [CutOff::Handshake, CutOff::SlowHead, CutOff::SlowReader, CutOff::Idle];

    /// The name in the metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            CutOff::Handshake => "handshake",
            CutOff::SlowHead => "slow_head",
            CutOff::SlowReader => "slow_reader",
            CutOff::Idle => "idle",
        }
    }
}

/// How many connections there are and were.
#[derive(Debug, Default)]
pub(crate) struct ConnectionCounts {
    open: AtomicUsize,
    begun: AtomicU64,
    turned_away: AtomicU64,
    cut_off: [AtomicU64; CutOff::ALL.len()],
}

/// An open connection at a door, until dropped.
pub(crate) struct Open(Arc<Door>);

impl Open {
    /// A connection was let in: from now on it counts, also while it waits to be looked at.
    pub(crate) fn at(door: &Arc<Door>) -> Self {
        door.connections.begun.fetch_add(1, Ordering::Relaxed);
        door.connections.open.fetch_add(1, Ordering::Relaxed);
        Open(Arc::clone(door))
    }
}

impl ConnectionCounts {
    /// A connection was turned away.
    pub(crate) fn turn_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection was ended by the server.
    pub(crate) fn cut_off(&self, why: CutOff) {
        self.cut_off[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many are open.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    pub(super) fn accepted(&self) -> u64 {
        self.begun.load(Ordering::Relaxed) + self.turned_away()
    }

    pub(super) fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    pub(super) fn were_cut_off(&self, why: CutOff) -> u64 {
        self.cut_off[why as usize].load(Ordering::Relaxed)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.connections.open.fetch_sub(1, Ordering::Relaxed);
    }
}
