//! A run while it goes on: what can be told of it by now.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use hdrhistogram::serialization::Deserializer;

use crate::engine::Tally;
use crate::record::{Counts, KindTimes};
use crate::run::{add_times, kinds};
use crate::verdict::judge_run;
use crate::{Kind, KindResult, Measure, Quantiles, Slo, Verdict};

/// How far a run is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Seconds since its start.
    pub seconds: f64,
    /// Requests due so far.
    pub asked: u64,
    /// Requests sent so far.
    pub sent: u64,
    /// Requests answered so far.
    pub answered: u64,
    /// Requests settled otherwise than by a right answer: refused, turned away, wrong, lost, timed out.
    pub failed: u64,
    /// So many seconds, from the start, are over and settled: of all that was due in them it is known what became of it. Shorter than
    /// `seconds` by as long as answers are waited for.
    pub settled_s: u32,
    /// Each kind over these seconds, all together.
    pub kinds: Vec<KindProgress>,
    /// Whether the objectives hold by what these seconds say.
    pub verdict: Verdict,
}

/// One kind of request by now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KindProgress {
    /// Which requests.
    pub kind: Kind,
    /// How many came to what.
    pub counts: Counts,
    /// Their response times.
    pub response_time: Quantiles,
}

/// Adds up what the sending threads tell.
pub(crate) struct Live {
    slo: Slo,
    settled_s: u32,
    counts: [Counts; Kind::ALL.len()],
    times: [Option<Box<KindTimes>>; Kind::ALL.len()],
}

impl Live {
    pub(crate) fn new(slo: Slo) -> Self {
        Live { slo, settled_s: 0, counts: Default::default(), times: Default::default() }
    }

    /// What `tallies` tell by now of a run that began at `start`.
    pub(crate) fn progress(&mut self, start: Instant, tallies: &[Tally]) -> Progress {
        tallies.iter().for_each(|tally| self.take(tally));
        let sum = |count: fn(&Tally) -> &AtomicU64| {
            tallies.iter().map(|tally| count(tally).load(Ordering::Relaxed)).sum::<u64>()
        };
        let results = kinds(self.counts, self.times.clone());
        let (verdict, _) = judge_run(&self.slo, &results, None);
        let told = |(kind, result): (&Kind, &KindResult)| KindProgress {
            kind: *kind,
            counts: result.counts,
            response_time: result.response_time(),
        };
        Progress {
            seconds: start.elapsed().as_secs_f64(),
            asked: sum(|tally| &tally.asked),
            sent: sum(|tally| &tally.sent),
            answered: sum(|tally| &tally.answered),
            failed: sum(|tally| &tally.failed),
            settled_s: self.settled_s,
            kinds: results.iter().map(told).collect(),
            verdict,
        }
    }

    fn take(&mut self, tally: &Tally) {
        let seconds = std::mem::take(&mut *tally.seconds.lock().unwrap_or_else(PoisonError::into_inner));
        for second in seconds {
            self.settled_s = self.settled_s.max(second.second + 1);
            self.counts[second.kind as usize].add(&second.counts);
            let times = self.times[second.kind as usize].get_or_insert_with(|| Box::new(KindTimes::new()));
            let mut encoded = second.times[Measure::ResponseTime as usize].as_slice();
            if let Ok(histogram) = Deserializer::new().deserialize::<u64, _>(&mut encoded) {
                add_times(times.of_mut(Measure::ResponseTime), &histogram);
            }
        }
    }
}
