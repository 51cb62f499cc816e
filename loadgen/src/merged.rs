//! One result out of the parts that several generators measured of one schedule.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::record::{Counts, KindTimes, Times, times};
use crate::verdict::judge_run;
use crate::{Interval, Kind, KindResult, Limit, LoadResult, LoggedInterval, Measure, Quantiles, Slo};

/// What one generator left behind of its part.
#[derive(Clone, Debug)]
pub struct Part {
    /// When its first request was due.
    pub started_at: SystemTime,
    /// Whether it was played to its end.
    pub complete: bool,
    /// The measured part, in seconds.
    pub duration_s: f64,
    /// Which side was at its limit.
    pub limited_by: Option<Limit>,
    /// Answers per second.
    pub throughput_per_s: f64,
    /// Right answers within the objective's limit, per second.
    pub goodput_per_s: f64,
    /// CPU time of the generator, in seconds.
    pub generator_cpu_s: f64,
    /// CPU time of what phones computed, in seconds.
    pub phones_cpu_s: f64,
    /// What became of each kind.
    pub kinds: BTreeMap<Kind, Counts>,
    /// What became of each kind in each second.
    pub seconds: BTreeMap<(u32, Kind), Counts>,
    /// Its interval logs, in the order of [`Measure::ALL`].
    pub logs: Vec<Vec<LoggedInterval>>,
}

/// The parts of one schedule as one result, judged by `slo`: counts are added, and so are histograms, count by count, so the
/// percentiles are those of one generator that had made all requests.
///
/// Of what only a running generator knows (its pacing lag, how busy its threads were) a merged result says nothing.
pub fn merge(parts: &[Part], slo: &Slo) -> LoadResult {
    let mut kinds: BTreeMap<Kind, KindResult> = BTreeMap::new();
    let mut seconds: BTreeMap<(u32, Kind), Second<'_>> = BTreeMap::new();
    for part in parts {
        for (kind, counts) in &part.kinds {
            let new = || KindResult { counts: Counts::default(), times: Box::new(KindTimes::new()) };
            kinds.entry(*kind).or_insert_with(new).counts.add(counts);
        }
        for (key, counts) in &part.seconds {
            seconds.entry(*key).or_default().counts.add(counts);
        }
        for (measure, log) in Measure::ALL.into_iter().zip(&part.logs) {
            for interval in log {
                let second = seconds.entry((interval.second, interval.kind)).or_default();
                second.times[measure as usize].push(interval);
                if let Some(result) = kinds.get_mut(&interval.kind) {
                    add(result.times.of_mut(measure), interval);
                }
            }
        }
    }
    let sum = |value: fn(&Part) -> f64| parts.iter().map(value).sum::<f64>();
    let duration_s = parts.iter().map(|part| part.duration_s).fold(0.0, f64::max);
    let limited_by = limit_of_all(parts);
    let (verdict, failures) = judge_run(slo, &kinds, limited_by);
    let asked: u64 = kinds.values().map(|kind| kind.counts.asked).sum();
    LoadResult {
        complete: parts.iter().all(|part| part.complete),
        closed_loop: false,
        started_at: parts.iter().map(|part| part.started_at).min().unwrap_or(SystemTime::UNIX_EPOCH),
        duration_s,
        kinds,
        intervals: seconds.into_iter().map(|((second, kind), found)| found.interval(second, kind)).collect(),
        throughput_per_s: sum(|part| part.throughput_per_s),
        goodput_per_s: sum(|part| part.goodput_per_s),
        asked_per_s: asked as f64 / duration_s.max(1e-9),
        limited_by,
        generator_cpu_s: sum(|part| part.generator_cpu_s),
        generator_spin_s: 0.0,
        phones_cpu_s: sum(|part| part.phones_cpu_s),
        busiest_thread_share: 0.0,
        target_cpu_s: None,
        target_cores: None,
        connections_opened: 0,
        assessment: String::new(),
        pacing_lag: Quantiles::default(),
        warnings: Vec::new(),
        verdict,
        failures,
    }
}

/// A generator that was the limit of its part spoils the whole; otherwise the target was, where any part found it so.
fn limit_of_all(parts: &[Part]) -> Option<Limit> {
    let found = |limit| parts.iter().any(|part| part.limited_by == Some(limit));
    [Limit::Generator, Limit::Target].into_iter().find(|limit| found(*limit))
}

fn add(times: &mut Times, interval: &LoggedInterval) {
    interval.values.iter().for_each(|(value_ns, count)| times.saturating_record_n(*value_ns, *count));
}

/// What all parts have of one second of one kind.
#[derive(Default)]
struct Second<'a> {
    counts: Counts,
    times: [Vec<&'a LoggedInterval>; Measure::ALL.len()],
}

impl Second<'_> {
    fn interval(self, second: u32, kind: Kind) -> Interval {
        let mut response_time = Quantiles::default();
        let encoded = Measure::ALL.map(|measure| {
            // One at a time: a histogram takes a quarter of a megabyte.
            let mut all = times();
            self.times[measure as usize].iter().for_each(|interval| add(&mut all, interval));
            if measure == Measure::ResponseTime {
                response_time = Quantiles::of(&all);
            }
            if all.is_empty() { Vec::new() } else { crate::hlog::encode(&all) }
        });
        Interval { second, kind, counts: self.counts, response_time, encoded }
    }
}
