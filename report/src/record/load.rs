//! The part of `run.json` that a load run fills.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadResults {
    /// By kind of request.
    pub kinds: BTreeMap<String, KindRecord>,
    /// Which side reached its limit, if one did.
    pub limited_by: Option<LimitedBy>,
    /// Whether sending waited for answers; such a run is no measure of what people would wait.
    pub closed_loop: bool,
    /// Connections that a closed loop kept busy; none for any other run.
    #[serde(default)]
    pub connections: Option<u32>,
    /// Whether requests of a trace were played at their own times, and not a rate or a closed loop.
    #[serde(default)]
    pub replayed: bool,
    /// Answers per second in the measured time, right or not; none in records of earlier versions.
    #[serde(default)]
    pub throughput_per_s: Option<f64>,
    /// Right answers within the objective's time, per second in the measured time; none in records of earlier versions.
    #[serde(default)]
    pub goodput_per_s: Option<f64>,
    /// The measured time, in seconds; none in records of earlier versions.
    #[serde(default)]
    pub measured_s: Option<f64>,
    /// When the first request was due; none in records of earlier versions.
    #[serde(default)]
    pub first_due_at: Option<jiff::Timestamp>,
    /// Which part of a schedule was played; none: all of it.
    #[serde(default)]
    pub shard: Option<ShardRecord>,
    /// On what terms a host other than this machine was loaded; none: it was this machine.
    #[serde(default)]
    pub consent: Option<ConsentRecord>,
    /// Processor time the generator used, in seconds, spinning included.
    pub generator_cpu_s: f64,
    /// Of it, what went into spinning before instants; nothing in records of earlier versions.
    #[serde(default)]
    pub generator_spin_s: f64,
    /// Processor time of what phones compute under the scheme `blind`, in seconds, besides that of sending; nothing otherwise.
    #[serde(default)]
    pub phones_cpu_s: f64,
    /// Processor time that the target's process used meanwhile, in seconds, where its `/metrics` tell.
    #[serde(default)]
    pub target_cpu_s: Option<f64>,
    /// Which side was at its limit and what to do: `VALID: ...`, `GENERATOR-LIMITED: ...`, `TARGET-LIMITED: ...`.
    #[serde(default)]
    pub assessment: Option<String>,
    /// The server under test.
    pub target: String,
    /// Where its checks went, when officers had an address of their own; none otherwise.
    #[serde(default)]
    pub officers: Option<String>,
    /// What was played, in words: `60 s from 2020-04-02 12:07:07`, or a rate.
    pub window: Option<String>,
}

/// One of several generators that share a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardRecord {
    /// Which one, from 1.
    pub index: u32,
    /// Of how many.
    pub of: u32,
}

/// What was confirmed and allowed before a host other than this machine was loaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConsentRecord {
    /// The host that the user said to operate.
    pub host: String,
    /// A second one, of the address for officers, where that is another.
    #[serde(default)]
    pub officers_host: Option<String>,
    /// The highest rate that was allowed, in requests per second.
    pub rate_ceiling_per_s: f64,
    /// The longest run that was allowed, in seconds.
    pub duration_ceiling_s: f64,
}

impl ConsentRecord {
    /// Of a run against `target`; none for this machine.
    pub fn of(target: &loadgen::Target) -> Option<Self> {
        let ceilings = target.ceilings()?;
        let mut hosts = target.hosts_elsewhere().into_iter().map(str::to_owned);
        Some(ConsentRecord {
            host: hosts.next()?,
            officers_host: hosts.next(),
            rate_ceiling_per_s: ceilings.rate_per_s,
            duration_ceiling_s: ceilings.duration.as_secs_f64(),
        })
    }
}

impl From<loadgen::Shard> for ShardRecord {
    fn from(shard: loadgen::Shard) -> Self {
        ShardRecord { index: shard.index + 1, of: shard.of }
    }
}

impl LoadResults {
    /// The same results, with what is to be known of the plan that was played.
    pub fn of_plan(self, plan: &loadgen::Plan) -> Self {
        let (connections, replayed) = match plan {
            loadgen::Plan::Closed { connections, .. } => (Some(*connections), false),
            loadgen::Plan::Trace(_) => (None, true),
            loadgen::Plan::Rate { .. } | loadgen::Plan::Streams(_) => (None, false),
        };
        LoadResults { connections, replayed, ..self }
    }

    /// The same results of a part of a schedule.
    pub fn of_shard(self, shard: loadgen::Shard) -> Self {
        let shard = (shard != loadgen::Shard::WHOLE).then(|| shard.into());
        LoadResults { shard, ..self }
    }

    /// What to call the run: a replay, or only a run.
    pub fn noun(&self) -> &'static str {
        if self.replayed { "replay" } else { "run" }
    }

    /// Requests intended, of all kinds.
    pub fn asked(&self) -> u64 {
        self.kinds.values().map(|kind| kind.asked).sum()
    }

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
    /// From the intended instant to sending; nothing in a closed loop, in which nothing is due.
    pub send_lag_us: Quantiles,
    /// From taking a request up to sending it: waiting for a connection, opening it, the TLS handshake; nothing in records of
    /// earlier versions.
    #[serde(default)]
    pub connection_wait_us: Quantiles,
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

#[cfg(test)]
mod tests {
    use super::*;
    use loadgen::Target;

    #[test]
    fn consent_names_every_host_that_is_another_machine() {
        // 192.0.2.0/24 is kept for documentation (RFC 5737); nothing is sent.
        let [here, first, second] = ["http://127.0.0.1:1", "http://192.0.2.7", "http://192.0.2.8"];
        let operated = ["192.0.2.7".to_owned(), "192.0.2.8".to_owned()];
        let hosts = |target: &str, officers: &str| {
            let target = Target::parse(target, &operated).unwrap().with_officers(officers, &operated).unwrap();
            ConsentRecord::of(&target).map(|consent| (consent.host, consent.officers_host))
        };
        assert_eq!(hosts(here, "http://127.0.0.1:2"), None);
        assert_eq!(hosts(here, first), Some(("192.0.2.7".into(), None)));
        assert_eq!(hosts(first, here), Some(("192.0.2.7".into(), None)));
        assert_eq!(hosts(first, "http://192.0.2.7:81"), Some(("192.0.2.7".into(), None)), "one host");
        assert_eq!(hosts(first, second), Some(("192.0.2.7".into(), Some("192.0.2.8".into()))));
    }
}
