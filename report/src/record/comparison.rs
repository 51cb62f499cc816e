//! The part of `run.json` that a comparison of scenarios fills.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::CapacityResults;

/// What each scheme's server can bear, by the scheme's name.
pub type SchemeResults = BTreeMap<String, CapacityResults>;

/// Two scenarios side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparisonResults {
    /// The scenario to compare with.
    pub before: SideRecord,
    /// The other.
    pub after: SideRecord,
    /// Runs of each, with the same seeds.
    pub runs: u64,
    /// By column of the table `sweep`; without measures that are 0 in all runs.
    pub measures: BTreeMap<String, DifferenceRecord>,
}

/// One of the two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SideRecord {
    /// The scenario's name.
    pub scenario: String,
    /// What was set over its file, each as `KEY=VALUE`.
    pub overrides: Vec<String>,
}

impl SideRecord {
    /// The scenario with what was set, in one line.
    pub fn words(&self) -> String {
        std::iter::once(self.scenario.clone()).chain(self.overrides.iter().cloned()).collect::<Vec<_>>().join(" ")
    }
}

/// A measure in both: means over the runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferenceRecord {
    /// In the first.
    pub before: f64,
    /// In the second.
    pub after: f64,
    /// The 95 % interval of the mean difference; none with one run.
    pub interval: Option<(f64, f64)>,
}
