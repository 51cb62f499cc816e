//! The part of `run.json` that a search for capacity fills.

use std::collections::BTreeMap;

use loadgen::Ended;
use serde::{Deserialize, Serialize};

use super::PeakRecord;

/// What a search for capacity found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CapacityResults {
    /// By path: `issue`, `verify`, `mix`.
    pub paths: BTreeMap<String, PathRecord>,
    /// The simulated peak of each path, as far as known.
    pub peak_demand_per_s: BTreeMap<String, f64>,
    /// Usable capacity over peak demand, where both are known.
    pub headroom: BTreeMap<String, f64>,
    /// What kind of server was searched; none where that is not known: a server named by its address, or a record of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerRecord>,
}

/// A kind of reference server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerRecord {
    /// The design of its passes: `lookup`, `signed`, `blind`.
    pub scheme: String,
    /// Where it keeps them: `embedded`, `memory`.
    pub store: String,
}

/// Between a scheme and its store in the name of a server.
const ON: &str = " on ";

impl ServerRecord {
    /// The server in words: `lookup on postgres`.
    pub(crate) fn words(&self) -> String {
        format!("{}{ON}{}", self.scheme, self.store)
    }
}

/// The scheme and, where it is told, the store of a server's name: `lookup` or `lookup on postgres`.
pub(crate) fn scheme_and_store(name: &str) -> (&str, Option<&str>) {
    name.split_once(ON).map_or((name, None), |(scheme, store)| (scheme, Some(store)))
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
    /// Processor time of the server for one request at the usable load, in microseconds: the cores it kept busy over its answers per
    /// second. None where nothing held, or its `/metrics` do not tell.
    #[serde(default)]
    pub server_cpu_us: Option<f64>,
    /// How the search ended, as a sentence.
    pub ended: String,
    /// Whether the edge was found within the tolerance and tried again; else it lies anywhere in the interval. Records of earlier versions
    /// say so in `ended` alone: [`PathRecord::is_confirmed`] knows.
    #[serde(default)]
    pub confirmed: Option<bool>,
    /// What was left of goodput at the highest load beyond that the generator kept up with; none when none was offered.
    #[serde(default)]
    pub beyond: Option<BeyondRecord>,
    /// How the server came back from overload; none when that was not watched.
    #[serde(default)]
    pub recovery: Option<RecoveryRecord>,
    /// How throughput grows with concurrency; none without a sweep.
    #[serde(default)]
    pub scalability: Option<ScalabilityRecord>,
}

impl PathRecord {
    /// Whether the edge was found within the tolerance and tried again.
    pub fn is_confirmed(&self) -> bool {
        self.confirmed.unwrap_or_else(|| self.ended == Ended::Found.to_string())
    }
}

/// Goodput beyond saturation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeyondRecord {
    /// What was offered, in requests per second.
    pub offered_per_s: f64,
    /// Right answers in time, per second.
    pub goodput_per_s: f64,
    /// Of the highest goodput at any load, 0 to 1.
    pub peak_share: f64,
}

/// The way back from overload to half of the usable load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecoveryRecord {
    /// What was offered in the overload, in requests per second.
    pub overload_per_s: f64,
    /// What was offered after it.
    pub calm_per_s: f64,
    /// After so many whole seconds all objectives held again and went on to hold; none when not within `watched_s`.
    pub well_after_s: Option<f64>,
    /// So long it was watched, in seconds.
    pub watched_s: f64,
}

/// The Universal Scalability Law, fitted to a closed-loop sweep; each parameter with half of its 95 % interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalabilityRecord {
    /// What one request alone gets, per second.
    pub lambda_per_s: (f64, f64),
    /// The share that waits for a turn (contention).
    pub sigma: (f64, f64),
    /// What it costs that requests have to agree (coherency).
    pub kappa: (f64, f64),
    /// By which share the law is off at the point that it misses most.
    pub worst_residual: f64,
    /// Where the law has its peak, in connections and requests per second; none when it has none to be believed.
    pub peak: Option<(f64, f64)>,
    /// Why it must not be extended beyond the sweep; none when it may.
    pub too_poor: Option<String>,
}
