//! The reports of all threads as one, and the result that they make.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use hdrhistogram::serialization::Deserializer;

use super::Options;
use crate::assessment::assessment;
use crate::engine::{LaneReport, Strain};
use crate::phones::Computed;
use crate::record::{Counts, Flow, KindTimes, Measured, Packed, Times, times};
use crate::verdict::judge_run;
use crate::watch::{self, Observed};
use crate::{Interval, Kind, KindResult, LoadResult, Measure, Quantiles, Verdict, Warning};

/// What a result needs besides the reports of the threads.
pub(super) struct Surroundings {
    pub(super) closed_loop: bool,
    pub(super) started_at: SystemTime,
    /// CPU time of the target, and in which time.
    pub(super) target_cpu: Option<(Duration, Duration)>,
    pub(super) target_is_here: bool,
    pub(super) few_ports: Option<Warning>,
}

/// The reports of all threads as one: counts added, histograms added exactly.
pub(super) struct Gathered {
    complete: bool,
    counts: [Counts; Kind::ALL.len()],
    times: [Option<Box<KindTimes>>; Kind::ALL.len()],
    pacing_lag: Times,
    flow: Flow,
    strain: Strain,
    packed: Vec<Packed>,
    cpu_s: f64,
    spin_s: f64,
    busiest_thread_share: f64,
    wall_s: f64,
    computed: Computed,
}

impl Gathered {
    pub(super) fn new(reports: Vec<LaneReport>) -> Self {
        let mut all = Gathered {
            complete: true,
            counts: Default::default(),
            times: Default::default(),
            pacing_lag: times(),
            flow: Flow::default(),
            strain: Strain::default(),
            packed: Vec::new(),
            cpu_s: 0.0,
            spin_s: 0.0,
            busiest_thread_share: 0.0,
            wall_s: 0.0,
            computed: Computed::default(),
        };
        for report in reports {
            all.add(report);
        }
        all
    }

    fn add(&mut self, report: LaneReport) {
        let LaneReport { recorder, complete, cpu, spin, wall, strain, computed, issues: _ } = report;
        self.complete &= complete;
        for (mine, theirs) in self.counts.iter_mut().zip(&recorder.counts) {
            mine.add(theirs);
        }
        for (mine, theirs) in self.times.iter_mut().zip(recorder.times) {
            match (mine.as_mut(), theirs) {
                (Some(mine), Some(theirs)) => mine.add(&theirs),
                (None, theirs) => *mine = theirs,
                (_, None) => {}
            }
        }
        add_times(&mut self.pacing_lag, &recorder.pacing_lag);
        self.flow.asked += recorder.flow.asked;
        self.flow.answered += recorder.flow.answered;
        self.flow.good += recorder.flow.good;
        self.strain.add(&strain);
        self.packed.extend(recorder.packed);
        self.computed.add(&computed);
        self.cpu_s += cpu.as_secs_f64();
        self.spin_s += spin.as_secs_f64();
        self.wall_s = self.wall_s.max(wall.as_secs_f64());
        self.busiest_thread_share = self.busiest_thread_share.max((cpu - spin).as_secs_f64() / wall.as_secs_f64());
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.counts.iter().for_each(|kind| counts.add(kind));
        counts
    }

    pub(super) fn result(self, surroundings: Surroundings, measured: Measured, options: &Options<'_>) -> LoadResult {
        let Surroundings { closed_loop, started_at, target_cpu, target_is_here, few_ports } = surroundings;
        let pacing_lag = Quantiles::of(&self.pacing_lag);
        let planned_s = measured.until_ns as f64 / 1e9;
        // A stopped run was measured only up to then.
        let until_s = if self.complete { planned_s } else { planned_s.min(self.wall_s) };
        let duration_s = (until_s - measured.from_ns as f64 / 1e9).max(1e-9);
        let behind = 1.0 - self.flow.answered as f64 / self.flow.asked.max(1) as f64;
        let wait_p99_ms = |times: &KindTimes| times.of(Measure::ConnectionWait).value_at_quantile(0.99) as f64 / 1e6;
        let observed = Observed {
            closed_loop,
            connection_wait_p99_ms: self.times.iter().flatten().map(|times| wait_p99_ms(times)).fold(0.0, f64::max),
            target_cores: target_cpu.map(|(cpu, wall)| cpu.as_secs_f64() / wall.as_secs_f64()),
            cores: target_is_here.then(|| std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64)),
            pacing_lag_p99_ms: pacing_lag.p99_us / 1_000.0,
            answers_behind_ms: 1_000.0 * duration_s * behind.max(0.0),
            busiest_thread_share: self.busiest_thread_share,
            counts: self.counts(),
            strain: self.strain,
            connections_max: options.settings.connections_max,
            backlog_max: options.settings.backlog_max,
            client: options.settings.client,
        };
        let kinds = kinds(self.counts, self.times);
        let slo = options.slo.tightest(kinds.keys().copied());
        let limited_by = watch::limited_by(&slo, &observed);
        let (mut verdict, mut failures) = judge_run(&options.slo, &kinds, limited_by);
        // Found only after the answers were counted as right.
        if self.computed.forged > 0 {
            failures.push(format!("issue: {} blind signatures of the target were none.", self.computed.forged));
            verdict = if verdict == Verdict::Held { Verdict::Failed } else { verdict };
        }
        let warnings = few_ports.into_iter().chain(watch::warnings(&slo, &observed, limited_by));
        LoadResult {
            complete: self.complete,
            closed_loop,
            started_at,
            duration_s,
            kinds,
            intervals: intervals(self.packed),
            throughput_per_s: self.flow.answered as f64 / duration_s,
            goodput_per_s: self.flow.good as f64 / duration_s,
            asked_per_s: self.flow.asked as f64 / duration_s,
            limited_by,
            generator_cpu_s: self.cpu_s,
            generator_spin_s: self.spin_s,
            busiest_thread_share: self.busiest_thread_share,
            target_cores: observed.target_cores,
            target_cpu_s: target_cpu.map(|(cpu, _)| cpu.as_secs_f64()),
            connections_opened: self.strain.opened,
            assessment: assessment(&observed, limited_by),
            pacing_lag,
            warnings: warnings.chain(self.computed.told()).collect(),
            phones_cpu_s: self.computed.cpu.as_secs_f64(),
            verdict,
            failures,
        }
    }
}

pub(crate) fn kinds(
    counts: [Counts; Kind::ALL.len()],
    times: [Option<Box<KindTimes>>; Kind::ALL.len()],
) -> BTreeMap<Kind, KindResult> {
    let all = Kind::ALL.into_iter().zip(counts).zip(times);
    let asked = all.filter(|((_, counts), _)| counts.asked > 0);
    asked
        .map(|((kind, counts), times)| {
            let times = times.unwrap_or_else(|| Box::new(KindTimes::new()));
            (kind, KindResult { counts, times })
        })
        .collect()
}

impl KindTimes {
    pub(crate) fn add(&mut self, other: &KindTimes) {
        for measure in Measure::ALL {
            add_times(self.of_mut(measure), other.of(measure));
        }
    }
}

/// Adding only fails for values beyond the range of the sum, and all our histograms have one range.
pub(crate) fn add_times(mine: &mut Times, theirs: &Times) {
    let added = mine.add(theirs);
    debug_assert!(added.is_ok());
}

/// The seconds of all threads as one sequence, in order of time and kind.
fn intervals(packed: Vec<Packed>) -> Vec<Interval> {
    let mut together: BTreeMap<(u32, Kind), Vec<Packed>> = BTreeMap::new();
    for packed in packed {
        together.entry((packed.second, packed.kind)).or_default().push(packed);
    }
    together.into_iter().map(|((second, kind), parts)| interval(second, kind, parts)).collect()
}

fn interval(second: u32, kind: Kind, parts: Vec<Packed>) -> Interval {
    let mut counts = Counts::default();
    parts.iter().for_each(|part| counts.add(&part.counts));
    let sums = Measure::ALL.map(|measure| sum(parts.iter().map(|part| part.times[measure as usize].as_slice())));
    let encode = |all: &Times| if all.is_empty() { Vec::new() } else { crate::hlog::encode(all) };
    let response_time = Quantiles::of(&sums[Measure::ResponseTime as usize]);
    Interval { second, kind, counts, response_time, encoded: sums.each_ref().map(encode) }
}

/// The sum of encoded histograms.
pub(crate) fn sum<'a>(encoded: impl Iterator<Item = &'a [u8]>) -> Times {
    let mut all = times();
    for mut encoded in encoded.filter(|encoded| !encoded.is_empty()) {
        if let Ok(histogram) = Deserializer::new().deserialize::<u64, _>(&mut encoded) {
            add_times(&mut all, &histogram);
        }
    }
    all
}
