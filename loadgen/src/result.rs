//! What a run found.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::quantiles::percentile_curve;
use crate::record::{Counts, KindTimes, Times};
use crate::{Kind, Measure, Quantiles, Verdict, Warning};

/// What a run found.
#[derive(Clone, Debug)]
pub struct LoadResult {
    /// Whether the plan was played to its end; not when the run was stopped.
    pub complete: bool,
    /// Whether sending waited for answers. Such a result is no capacity.
    pub closed_loop: bool,
    /// When the first request was due.
    pub started_at: SystemTime,
    /// The measured part: from the end of the warm-up to the end of asking, in seconds.
    pub duration_s: f64,
    /// Each kind that was asked.
    pub kinds: BTreeMap<Kind, KindResult>,
    /// Each second of each kind, by intended instant.
    pub intervals: Vec<Interval>,
    /// Answers per second in the measured part, right or not.
    pub throughput_per_s: f64,
    /// Right answers within the objective's time limit, per second in the measured part.
    pub goodput_per_s: f64,
    /// Requests due per second in the measured part.
    pub asked_per_s: f64,
    /// Which side was at its limit, if any.
    pub limited_by: Option<Limit>,
    /// CPU time of the sending threads, in seconds, with what they spent spinning.
    pub generator_cpu_s: f64,
    /// Of it, what was spent spinning: looking at the clock in the last microseconds before an instant while nothing was to be done.
    pub generator_spin_s: f64,
    /// CPU time of what phones compute under the scheme `blind`, in seconds, by threads besides the sending ones; 0 otherwise.
    pub phones_cpu_s: f64,
    /// The busiest sending thread's share of a core, 0 to 1, without spinning.
    pub busiest_thread_share: f64,
    /// CPU time of the target's process in the time of the run, in seconds, where its `/metrics` say.
    pub target_cpu_s: Option<f64>,
    /// The same over the time it was watched: how many cores the target kept busy on average, where its `/metrics` say.
    pub target_cores: Option<f64>,
    /// Connections opened.
    pub connections_opened: u64,
    /// Which side was at its limit and what to do, in sentences that begin with VALID, GENERATOR-LIMITED or TARGET-LIMITED.
    pub assessment: String,
    /// How late the sending threads took requests up: the generator's own part of the send lag.
    pub pacing_lag: Quantiles,
    /// What a reader must know to judge the numbers.
    pub warnings: Vec<Warning>,
    /// Whether the objectives held.
    pub verdict: Verdict,
    /// Which did not, with numbers, as sentences.
    pub failures: Vec<String>,
}

/// Which side was at its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The generator: the run says nothing of the target.
    Generator,
    /// The target.
    Target,
}

impl Limit {
    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Limit::Generator => "generator",
            Limit::Target => "target",
        }
    }
}

/// What became of the requests of one kind.
#[derive(Clone, Debug)]
pub struct KindResult {
    /// How many came to what.
    pub counts: Counts,
    pub(crate) times: Box<KindTimes>,
}

impl KindResult {
    /// From the intended instant to the answer. Time-outs are in it with the time waited; lost connections are not.
    pub fn response_time(&self) -> Quantiles {
        self.quantiles(Measure::ResponseTime)
    }

    /// From sending to the answer.
    pub fn service_time(&self) -> Quantiles {
        self.quantiles(Measure::ServiceTime)
    }

    /// From taking up to sending: waiting in the backlog, connecting, the TLS handshake.
    pub fn connection_wait(&self) -> Quantiles {
        self.quantiles(Measure::ConnectionWait)
    }

    /// From the intended instant to sending.
    pub fn send_lag(&self) -> Quantiles {
        self.quantiles(Measure::SendLag)
    }

    /// The usual points of `measure`.
    pub fn quantiles(&self, measure: Measure) -> Quantiles {
        Quantiles::of(self.times(measure))
    }

    /// The mean response time, in microseconds.
    pub fn mean_response_time_us(&self) -> f64 {
        self.times(Measure::ResponseTime).mean() / 1e3
    }

    /// The time that `percentile` percent of the requests kept, in microseconds.
    pub fn at_percentile_us(&self, measure: Measure, percentile: f64) -> f64 {
        crate::quantiles::us(self.times(measure).value_at_percentile(percentile))
    }

    /// The whole distribution of `measure` as points (percentile, value in microseconds).
    pub fn percentile_curve(&self, measure: Measure) -> Vec<(f64, f64)> {
        percentile_curve(self.times(measure))
    }

    /// The share of requests that were answered rightly, of all that were due and could be asked; 1 when there was none.
    pub fn right_share(&self) -> f64 {
        let due = self.counts.asked - self.counts.without_pass - self.counts.abandoned;
        if due == 0 { 1.0 } else { self.counts.right as f64 / due as f64 }
    }

    pub(crate) fn times(&self, measure: Measure) -> &Times {
        self.times.of(measure)
    }
}

/// One second of one kind: the requests that were due in it, whenever they were answered.
#[derive(Clone, Debug)]
pub struct Interval {
    /// Seconds since the start of the run.
    pub second: u32,
    /// Which requests.
    pub kind: Kind,
    /// How many came to what.
    pub counts: Counts,
    /// Their response times.
    pub response_time: Quantiles,
    /// Each measure as an HdrHistogram, V2 encoding, nanoseconds; empty when there was nothing to measure.
    pub(crate) encoded: [Vec<u8>; Measure::ALL.len()],
}
