//! Counts of connections.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

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

/// An open connection, until dropped.
pub(crate) struct Open<'a>(&'a ConnectionCounts);

impl ConnectionCounts {
    /// A connection was let in.
    pub(crate) fn begin(&self) -> Open<'_> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(self)
    }

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

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
