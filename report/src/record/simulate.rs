//! The part of `run.json` that a simulation fills.

use std::collections::BTreeMap;

use demand::RequestKind;
use serde::{Deserialize, Serialize};

/// What a simulation did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimulateResults {
    /// People simulated.
    pub residents: u64,
    /// Days simulated.
    pub days: u16,
    /// Residents times days, per second of running.
    pub resident_days_per_s: f64,
    /// The most memory the process held.
    pub peak_memory_bytes: u64,
    /// A hash of all results: equal for equal scenario and seed.
    pub fingerprint: String,
    /// Trips made.
    pub trips: u64,
    /// Passes issued.
    pub passes: u64,
    /// Residents checked by officers.
    pub checks: u64,
    /// Requests to the server, by kind.
    pub requests: BTreeMap<RequestKind, u64>,
    /// The busiest minute of each kind, and of all kinds together under `mix`.
    pub peaks: BTreeMap<String, PeakRecord>,
}

impl SimulateResults {
    /// Whether patients at home checked in.
    pub fn has_check_ins(&self) -> bool {
        self.requests.get(&RequestKind::CheckIn).is_some_and(|requests| *requests > 0)
    }
}

/// The busiest minute of something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeakRecord {
    /// When the minute begins, in local time with its offset.
    pub at_local: String,
    /// Requests per second, the mean over the minute.
    pub rate_per_s: f64,
}
