//! The part of `run.json` that a search for capacity fills.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::PeakRecord;

/// What a search for capacity found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapacityResults {
    /// By path: `issue`, `verify`, `mix`.
    pub paths: BTreeMap<String, PathRecord>,
    /// The simulated peak of each path, as far as known.
    pub peak_demand_per_s: BTreeMap<String, f64>,
    /// Usable capacity over peak demand, where both are known.
    pub headroom: BTreeMap<String, f64>,
}

impl CapacityResults {
    /// Fills in peak demand and headroom of each path from `peaks`, where they are not known yet.
    pub fn compare_with(&mut self, peaks: &BTreeMap<String, PeakRecord>) {
        for (name, path) in &self.paths {
            let Some(peak_per_s) = peaks.get(name).map(|peak| peak.rate_per_s).filter(|peak| *peak > 0.0) else {
                continue;
            };
            self.peak_demand_per_s.entry(name.clone()).or_insert(peak_per_s);
            if let Some(usable_per_s) = path.usable_per_s {
                self.headroom.entry(name.clone()).or_insert(usable_per_s / peak_per_s);
            }
        }
    }
}

/// The capacity of one path through the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathRecord {
    /// The highest offered load at which every objective held; none when none did.
    pub usable_per_s: Option<f64>,
    /// The highest load that held and the lowest that failed; the second is none when no load failed.
    pub interval_per_s: (f64, Option<f64>),
    /// The offered load with the greatest power: goodput over mean response time; none when no step was sound.
    pub knee_per_s: Option<f64>,
    /// The most that was answered per second at any load.
    pub saturation_per_s: f64,
    /// How the search ended, as a sentence.
    pub ended: String,
}
