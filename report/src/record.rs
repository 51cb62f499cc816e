//! `run.json`: what a run was and what came of it. A promise to scripts, described by `docs/run.schema.json`.

use std::collections::BTreeMap;

use demand::{Calendar, RequestKind};
use serde::{Deserialize, Serialize};

use crate::{Machine, verdict};

/// Which command made a run folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// `lockgate demo`: carries the results of all three others.
    Demo,
    /// `lockgate simulate`.
    Simulate,
    /// `lockgate load`.
    Load,
    /// `lockgate capacity`.
    Capacity,
}

impl Command {
    /// The name as typed.
    pub const fn name(self) -> &'static str {
        match self {
            Command::Demo => "demo",
            Command::Simulate => "simulate",
            Command::Load => "load",
            Command::Capacity => "capacity",
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
    /// When the run began.
    pub started_at: jiff::Timestamp,
    /// How long it took, in seconds.
    pub duration_s: f64,
    /// What it ran on.
    pub machine: Machine,
    /// Whether it reached its end.
    pub status: Status,
    /// What it says about the objectives; none when it measured no server.
    pub verdict: Option<Verdict>,
    /// The sentence that matters.
    pub sentence: String,
    /// What was demanded of the server; none when no server was measured.
    pub objectives: Option<Objectives>,
    /// What a reader should know before trusting the numbers, in full sentences.
    pub warnings: Vec<String>,
    /// Which objective failed, with numbers.
    pub failures: Vec<String>,
    /// What came of it.
    #[serde(flatten)]
    pub results: Results,
}

impl RunRecord {
    /// The record of a run that took `duration_s` seconds on this machine. Verdict and sentence follow from `results` and from the load
    /// run's own verdict, `replay`, where there was one. The run counts as complete until its `status` is set otherwise.
    pub fn new(heading: Heading, duration_s: f64, results: Results, replay: Option<Verdict>) -> Self {
        let judged = verdict::judge(&results, replay);
        let Heading { command, command_line, scenario, title, seed, calendar, objectives, started_at } = heading;
        RunRecord {
            command,
            version: env!("CARGO_PKG_VERSION").into(),
            command_line,
            scenario,
            title,
            seed,
            calendar,
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
}

impl From<&loadgen::Slo> for Objectives {
    fn from(slo: &loadgen::Slo) -> Self {
        Objectives {
            response_time_ms: slo.response_time_ms,
            within_share: slo.percentile / 100.0,
            right_share: slo.right_share.get(),
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
}

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

/// The busiest minute of something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeakRecord {
    /// When the minute begins, in local time with its offset.
    pub at_local: String,
    /// Requests per second, the mean over the minute.
    pub rate_per_s: f64,
}

/// Which side of a load run reached its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitedBy {
    /// The load generator: the run cannot judge the target.
    Generator,
    /// The server under test.
    Target,
}

impl From<loadgen::Limit> for LimitedBy {
    fn from(limit: loadgen::Limit) -> Self {
        match limit {
            loadgen::Limit::Generator => LimitedBy::Generator,
            loadgen::Limit::Target => LimitedBy::Target,
        }
    }
}

/// What a load run measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadResults {
    /// By kind of request.
    pub kinds: BTreeMap<String, KindRecord>,
    /// Which side reached its limit, if one did.
    pub limited_by: Option<LimitedBy>,
    /// Whether sending waited for answers; such a run is no measure of what people would wait.
    pub closed_loop: bool,
    /// Processor time the generator used, in seconds.
    pub generator_cpu_s: f64,
    /// The server under test.
    pub target: String,
    /// What was replayed, in words: `2020-04-02 12:00 to 12:10`, or a rate.
    pub window: Option<String>,
}

impl LoadResults {
    /// Right answers over what was due and could be asked, of all kinds; none when nothing was.
    pub fn right_share(&self) -> Option<f64> {
        let (due, right) =
            self.kinds.values().fold((0, 0), |(due, right), kind| (due + kind.due(), right + kind.right));
        (due > 0).then(|| right as f64 / due as f64)
    }
}

/// One kind of request in a load run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindRecord {
    /// Intended by the plan.
    pub asked: u64,
    /// Sent.
    pub sent: u64,
    /// Answered at all.
    pub answered: u64,
    /// Answered rightly.
    pub right: u64,
    /// Intended and never sent.
    pub dropped: u64,
    /// Answered with a refusal.
    pub refused: u64,
    /// Answered that the server is overloaded.
    pub overloaded: u64,
    /// Answered wrongly.
    pub wrong: u64,
    /// Lost their connection, or got none.
    pub failed: u64,
    /// Had no answer in time.
    pub timed_out: u64,
    /// Not asked, because the resident held no token or pass at that instant; nobody's failure.
    pub without_pass: u64,
    /// Sent and not waited for, because the run was stopped.
    pub abandoned: u64,
    /// From the intended instant to the answer.
    pub response_time_us: Quantiles,
    /// From sending to the answer.
    pub service_time_us: Quantiles,
    /// From the intended instant to sending.
    pub send_lag_us: Quantiles,
}

impl KindRecord {
    /// Right answers over what was due and could be asked; none when nothing was.
    pub fn right_share(&self) -> Option<f64> {
        (self.due() > 0).then(|| self.right as f64 / self.due() as f64)
    }

    /// What was asked and could be: whoever holds no pass yet has none to show.
    fn due(&self) -> u64 {
        self.asked.saturating_sub(self.without_pass + self.abandoned)
    }
}

/// Quantiles of a time, in microseconds; none where nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// The median.
    pub p50: Option<f64>,
    /// 90 % stay within.
    pub p90: Option<f64>,
    /// 99 % stay within.
    pub p99: Option<f64>,
    /// 99.9 % stay within.
    pub p99_9: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
}

impl From<loadgen::Quantiles> for Quantiles {
    fn from(times: loadgen::Quantiles) -> Self {
        // All are zero where nothing was recorded: no answer takes no time.
        let some = |us: f64| (times.max_us > 0.0).then_some(us);
        Quantiles {
            p50: some(times.p50_us),
            p90: some(times.p90_us),
            p99: some(times.p99_us),
            p99_9: some(times.p99_9_us),
            max: some(times.max_us),
        }
    }
}

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
    /// Where the curve bends, if it does within what was tried.
    pub knee_per_s: Option<f64>,
    /// The most that was answered per second at any load.
    pub saturation_per_s: f64,
    /// How the search ended, as a sentence.
    pub ended: String,
}
