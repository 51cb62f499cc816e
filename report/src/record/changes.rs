//! The part of `run.json` that a comparison of load runs fills.

use loadgen::Change;
use serde::{Deserialize, Serialize};

/// Two load runs side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadComparisonResults {
    /// The command line of the run to compare with.
    pub before: String,
    /// That of the other.
    pub after: String,
    /// A change of more than this share counts.
    pub margin: f64,
    /// Each quantity of each kind that both were asked for.
    pub changes: Vec<ChangeRecord>,
}

/// One quantity of one kind of request in both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// Which requests.
    pub kind: String,
    /// `response_time_p50`, `_p90`, `_p99` in microseconds, or `goodput` per second.
    pub quantity: String,
    /// In the first.
    pub before: f64,
    /// In the second.
    pub after: f64,
    /// `after` over `before`; none where there was nothing before.
    pub ratio: Option<f64>,
    /// The 95 % interval of the ratio; none where an end of it is infinite.
    pub interval: Option<(f64, f64)>,
    /// `worse`, `better`, `same` or `unclear`.
    pub direction: String,
}

impl ChangeRecord {
    /// `issue p99` of `response_time_p99` of the kind `issue`.
    pub fn words(&self) -> String {
        format!("{} {}", self.kind, self.quantity.trim_start_matches("response_time_"))
    }
}

impl From<&Change> for ChangeRecord {
    fn from(change: &Change) -> Self {
        let (low, high) = change.interval;
        ChangeRecord {
            kind: change.kind.name().to_owned(),
            quantity: change.quantity.to_owned(),
            before: change.before,
            after: change.after,
            ratio: Some(change.ratio).filter(|ratio| ratio.is_finite()),
            interval: (low.is_finite() && high.is_finite()).then_some((low, high)),
            direction: change.direction.name().to_owned(),
        }
    }
}
