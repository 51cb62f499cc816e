//! `run.json`: what a run was and what came of it. A promise to scripts, described by `docs/run.schema.json`.

mod capacity;
mod changes;
mod comparison;
mod ensemble;
mod ledger;
mod load;
mod simulate;

use demand::Calendar;
use serde::{Deserialize, Serialize};

pub(crate) use capacity::scheme_and_store;
pub use capacity::{BeyondRecord, CapacityResults, PathRecord, RecoveryRecord, ScalabilityRecord, ServerRecord};
pub use changes::{ChangeRecord, LoadComparisonResults};
pub use comparison::{ComparisonResults, DifferenceRecord, SchemeResults, SideRecord};
pub use ensemble::{EnsembleResults, ParameterKind, ParameterRecord, RangeRecord};
pub use ledger::{LedgerResults, LedgerRow, LinkedFacts, Moment};
pub use load::{ConsentRecord, KindRecord, LimitedBy, LoadResults, Quantiles, ShardRecord};
pub use simulate::{CrowdRecord, GateRecord, GroupRecord, PeakRecord, PeopleRecord, SimulateResults};

use crate::{Machine, verdict};

/// Which command made a run folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// `lockgate demo`: carries the results of all three others.
    Demo,
    /// `lockgate simulate`.
    Simulate,
    /// `lockgate simulate` with `--runs`, or of a scenario with a sweep: many simulations.
    Ensemble,
    /// `lockgate load`.
    Load,
    /// `lockgate capacity`.
    Capacity,
    /// `lockgate compare` of two scenarios, of two load runs, or of schemes.
    Compare,
    /// `lockgate ledger`: what servers of several designs hold of a day.
    Ledger,
}

impl Command {
    /// The name in `run.json` and of run folders.
    pub const fn name(self) -> &'static str {
        match self {
            Command::Demo => "demo",
            Command::Simulate => "simulate",
            Command::Ensemble => "ensemble",
            Command::Load => "load",
            Command::Capacity => "capacity",
            Command::Compare => "compare",
            Command::Ledger => "ledger",
        }
    }
}

/// Whether a run reached its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It did.
    Complete,
    /// It was stopped; what is there is true but not all.
    Partial,
}

/// What a run says about the objectives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// They held.
    Held,
    /// At least one did not.
    Failed,
    /// The measurement cannot tell, such as when the load generator itself was the limit.
    Unusable,
}

impl Status {
    /// Of a run that reached its end or did not.
    pub const fn of(complete: bool) -> Self {
        if complete { Status::Complete } else { Status::Partial }
    }
}

impl From<loadgen::Verdict> for Verdict {
    fn from(verdict: loadgen::Verdict) -> Self {
        match verdict {
            loadgen::Verdict::Held => Verdict::Held,
            loadgen::Verdict::Failed => Verdict::Failed,
            loadgen::Verdict::Unusable => Verdict::Unusable,
        }
    }
}

/// What is known of a run apart from its results.
#[derive(Clone, Debug)]
pub struct Heading {
    /// Which command ran.
    pub command: Command,
    /// The command as typed, which makes the run again.
    pub command_line: String,
    /// The scenario's name.
    pub scenario: Option<String>,
    /// The scenario's title in words.
    pub title: Option<String>,
    /// The seed of every random draw.
    pub seed: Option<u64>,
    /// The days the scenario covers.
    pub calendar: Option<Calendar>,
    /// What was set over the scenario's file, each as `KEY=VALUE`.
    pub overrides: Vec<String>,
    /// What was demanded of the server.
    pub objectives: Option<Objectives>,
    /// When the run began.
    pub started_at: jiff::Timestamp,
}

/// The whole of `run.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Which command ran.
    pub command: Command,
    /// The version of lockgate.
    pub version: String,
    /// The command as typed, which makes the run again.
    pub command_line: String,
    /// The scenario's name; none when a load run needed no scenario.
    pub scenario: Option<String>,
    /// The scenario's title in words.
    pub title: Option<String>,
    /// The seed of every random draw.
    pub seed: Option<u64>,
    /// The days the scenario covers.
    pub calendar: Option<Calendar>,
    /// What was set over the scenario's file, each as `KEY=VALUE`; without seed and days, which stand above.
    #[serde(default)]
    pub overrides: Vec<String>,
    /// When the run began.
    pub started_at: jiff::Timestamp,
    /// How long it took, in seconds.
    pub duration_s: f64,
    /// What it ran on.
    pub machine: Machine,
    /// Whether it reached its end.
    pub status: Status,
    /// What it says about the objectives, or about published figures; none when it measured no server, was stopped early, or was a closed loop.
    pub verdict: Option<Verdict>,
    /// The sentence that matters.
    pub sentence: String,
    /// What was demanded of the server; none when no server was measured.
    pub objectives: Option<Objectives>,
    /// What a reader should know before trusting the numbers, in full sentences.
    pub warnings: Vec<String>,
    /// Which objective failed, or which figure lay out of its band, with numbers.
    pub failures: Vec<String>,
    /// What came of it.
    #[serde(flatten)]
    pub results: Results,
}

impl RunRecord {
    /// The record of a run that took `duration_s` seconds on this machine. Verdict and sentence follow from `results` and from the load
    /// run's own verdict, `replay`, where there was one. The run counts as complete; see [`RunRecord::stopped`].
    pub fn new(heading: Heading, duration_s: f64, results: Results, replay: Option<Verdict>) -> Self {
        let judged = verdict::judge(&results, replay, Status::Complete);
        let Heading { command, command_line, scenario, title, seed, calendar, overrides, objectives, started_at } =
            heading;
        RunRecord {
            command,
            version: env!("CARGO_PKG_VERSION").into(),
            command_line,
            scenario,
            title,
            seed,
            calendar,
            overrides,
            started_at,
            duration_s,
            machine: Machine::this(),
            status: Status::Complete,
            verdict: judged.verdict,
            sentence: judged.sentence,
            objectives,
            warnings: Vec::new(),
            failures: Vec::new(),
            results,
        }
    }

    /// The same record of a run that was stopped before its end: it is partial, and its sentence judges nothing.
    pub fn stopped(self) -> Self {
        let told = verdict::judge(&self.results, None, Status::Partial);
        RunRecord { status: Status::Partial, verdict: told.verdict, sentence: told.sentence, ..self }
    }

    /// Reads a `run.json`.
    ///
    /// # Errors
    /// A message that names the key when one is missing or is not what the record's command promises.
    pub fn parse(json: &str) -> Result<Self, String> {
        let record: RunRecord = serde_json::from_str(json).map_err(|error| error.to_string())?;
        // Flattened optional parts swallow their own errors, so the promised part is read once more by itself.
        let promised = match record.command {
            Command::Simulate if record.results.simulate.is_none() => {
                serde_json::from_str::<SimulateResults>(json).err()
            }
            Command::Load if record.results.load.is_none() => serde_json::from_str::<LoadResults>(json).err(),
            Command::Capacity if record.results.capacity.is_none() => {
                serde_json::from_str::<CapacityResults>(json).err()
            }
            Command::Ensemble if record.results.ensemble.is_none() => {
                return Err("missing field `ensemble`".into());
            }
            Command::Compare if !record.results.compares() => {
                return Err("missing field `comparison`, `load_comparison` or `schemes`".into());
            }
            Command::Ledger if record.results.ledger.is_none() => {
                return Err("missing field `ledger`".into());
            }
            _ => None,
        };
        promised.map_or(Ok(record), |error| Err(error.to_string()))
    }
}

/// The service-level objectives a run was judged by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objectives {
    /// A response time in milliseconds ...
    pub response_time_ms: f64,
    /// ... that this share of the requests of each kind must stay within.
    pub within_share: f64,
    /// The share of the requests of each kind that must be answered rightly.
    pub right_share: f64,
    /// The whole section, with what some kinds are held to apart; none in records of earlier versions.
    #[serde(default)]
    pub slo: Option<loadgen::Slo>,
}

impl Objectives {
    /// The objectives as the load engine takes them.
    pub fn slo(&self) -> loadgen::Slo {
        let common = loadgen::Slo {
            percentile: 100.0 * self.within_share,
            response_time_ms: self.response_time_ms,
            right_share: passes::Share::try_from(self.right_share).unwrap_or(passes::Share::of(1.0)),
            ..loadgen::Slo::default()
        };
        self.slo.unwrap_or(common)
    }
}

impl From<&loadgen::Slo> for Objectives {
    fn from(slo: &loadgen::Slo) -> Self {
        Objectives {
            response_time_ms: slo.response_time_ms,
            within_share: slo.percentile / 100.0,
            right_share: slo.right_share.get(),
            slo: Some(*slo),
        }
    }
}

/// What came of a run, as far as it did each thing; a demo does all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Of a simulation.
    #[serde(flatten)]
    pub simulate: Option<SimulateResults>,
    /// Of a load run.
    #[serde(flatten)]
    pub load: Option<LoadResults>,
    /// Of a search for capacity.
    #[serde(flatten)]
    pub capacity: Option<CapacityResults>,
    /// Of many simulations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ensemble: Option<EnsembleResults>,
    /// Of two scenarios side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ComparisonResults>,
    /// Of two load runs side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_comparison: Option<LoadComparisonResults>,
    /// Of several schemes side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schemes: Option<SchemeResults>,
    /// Of a privacy ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerResults>,
}

impl Results {
    /// Whether anything was set side by side.
    fn compares(&self) -> bool {
        self.comparison.is_some() || self.load_comparison.is_some() || self.schemes.is_some()
    }
}
