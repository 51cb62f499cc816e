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
    /// What residents met with.
    pub people: PeopleRecord,
}

/// What residents met with, over all days.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PeopleRecord {
    /// Trips made that needed a pass and had none.
    pub trips_without_pass: u64,
    /// Trips wanted and not made, because the policy forbids them or the pass could not be had.
    pub trips_not_made: u64,
    /// Passes refused by the rules.
    pub refusals: u64,
    /// Requests for a pass that were malformed.
    pub malformed: u64,
    /// Passes that residents gave up asking for.
    pub gave_up: u64,
    /// Mean time from the first request for a pass to the pass, in seconds; none when none was issued.
    pub pass_wait_mean_s: Option<f64>,
    /// Requests that failed, by kind: no answer in time, or turned away.
    pub failed_requests: BTreeMap<RequestKind, u64>,
    /// Residents found without the pass they needed.
    pub found_without_pass: u64,
    /// Residents checked who had been issued the pass they needed and were not believed.
    pub false_refusals: u64,
    /// Prompts to patients at home that were not answered.
    pub missed_check_ins: u64,
    /// Residents who came to a gate.
    pub gate_arrivals: u64,
    /// Of these, residents sent home.
    pub turned_back: u64,
    /// Their mean waiting time there, in seconds; none when nobody came.
    pub gate_wait_mean_s: Option<f64>,
    /// The longest of these, in seconds.
    pub longest_gate_wait_s: Option<f64>,
    /// The longest queue at one gate, in people.
    pub longest_gate_queue: Option<u32>,
    /// Where and when the resident came who waited longest.
    pub worst_gate: Option<GateRecord>,
    /// The place and quarter of an hour with most people in shops; none when nobody went shopping.
    pub fullest_shops: Option<CrowdRecord>,
    /// By how people can reach the service.
    pub by_phone: Vec<GroupRecord>,
    /// By how old they are.
    pub by_age: Vec<GroupRecord>,
}

/// What the service meant for one group of people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupRecord {
    /// Who: `app`, `web`, `voice`, or an age such as `18_39`.
    pub group: String,
    /// How many they are; never 0.
    pub residents: u64,
    /// Passes issued to one of them, in the mean over all days.
    pub passes_per_resident: f64,
    /// Share of their trips that were made without the pass they needed; none when they made no trip.
    pub trips_without_pass_share: Option<f64>,
    /// Trips wanted and not made, for each 1,000 of them.
    pub trips_not_made_per_1000: f64,
}

/// A minute at the gates of one kind in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateRecord {
    /// What the gates are called.
    pub gate: String,
    /// The place where they stand.
    pub place: String,
    /// When the minute begins, in local time with its offset.
    pub at_local: String,
}

/// Many people in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrowdRecord {
    /// The place.
    pub place: String,
    /// When the quarter of an hour begins, in local time with its offset.
    pub at_local: String,
    /// How many.
    pub people: u32,
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
