//! Two runs side by side: did response times or goodput change, and by more than chance explains?

use std::collections::BTreeMap;

use crate::random::{Draw, below, keyed};
use crate::{Kind, LoggedInterval};

/// Resamples of each run. The ends of a 95 % interval are then its 25th and 976th value.
const RESAMPLES: u64 = 1_000;
/// A run with fewer seconds says too little of how its seconds scatter.
pub const LEAST_SECONDS: usize = 10;
/// The percentiles that are compared.
const QUANTILES: [(&str, f64); 3] =
    [("response_time_p50", 0.5), ("response_time_p90", 0.9), ("response_time_p99", 0.99)];

/// A run by kind and second, as far as comparing needs it.
#[derive(Clone, Debug, Default)]
pub struct Seconds {
    kinds: BTreeMap<Kind, Vec<Second>>,
}

/// One second of one kind.
#[derive(Clone, Debug, Default)]
struct Second {
    /// Response times in nanoseconds, each with how often it was recorded.
    times: Vec<(u64, u64)>,
    /// Right answers within the limit.
    good: f64,
}

impl Seconds {
    /// The run whose response times are logged in `log`. `right` tells how many requests of each second were answered rightly, and
    /// `limit_ns` within which response time an answer is good.
    ///
    /// A log does not tell right answers from others. Where some are wrong, the share of right ones among those in time is taken to
    /// be their share among all.
    pub fn new(log: Vec<LoggedInterval>, right: &BTreeMap<(u32, Kind), u64>, limit_ns: impl Fn(Kind) -> u64) -> Self {
        let mut kinds: BTreeMap<Kind, BTreeMap<u32, Second>> = BTreeMap::new();
        for (second, kind) in right.keys() {
            // A second in which nothing was answered is a second of no goodput.
            kinds.entry(*kind).or_default().insert(*second, Second::default());
        }
        for LoggedInterval { second, kind, values } in log {
            let all: u64 = values.iter().map(|(_, count)| count).sum();
            let in_time: u64 = values.iter().filter(|(ns, _)| *ns <= limit_ns(kind)).map(|(_, count)| count).sum();
            let right = right.get(&(second, kind)).copied().unwrap_or(0).min(all);
            let good = in_time as f64 * right as f64 / all.max(1) as f64;
            kinds.entry(kind).or_default().insert(second, Second { times: values, good });
        }
        Seconds { kinds: kinds.into_iter().map(|(kind, seconds)| (kind, seconds.into_values().collect())).collect() }
    }
}

/// One quantity in two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Which requests.
    pub kind: Kind,
    /// `response_time_p50`, `_p90`, `_p99` in microseconds, or `goodput` per second.
    pub quantity: &'static str,
    /// In the first run.
    pub before: f64,
    /// In the second.
    pub after: f64,
    /// `after` over `before`.
    pub ratio: f64,
    /// Where the ratio lies with 95 % confidence.
    pub interval: (f64, f64),
    /// What that means.
    pub direction: Direction,
}

/// Which way a quantity went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Worse by more than the margin: the whole interval lies beyond it.
    Worse,
    /// Better by more than the margin.
    Better,
    /// The same within the margin.
    Same,
    /// The runs are too short or too unsteady to say.
    Unclear,
}

impl Direction {
    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Worse => "worse",
            Direction::Better => "better",
            Direction::Same => "same",
            Direction::Unclear => "unclear",
        }
    }
}

/// Compares `before` with `after`, kind by kind; those with fewer than [`LEAST_SECONDS`] seconds in either are left out. A change
/// within `margin` (a share, such as 0.1) counts as none.
///
/// Intervals come from a bootstrap over blocks of seconds: a slow second makes the next one slow, too, and blocks keep such seconds
/// together (circular block bootstrap; Politis & Romano, in `LePage` & Billard (eds.), Exploring the Limits of Bootstrap, 1992). Blocks
/// are as long as the cube root of the number of seconds. Everything random follows from `seed`.
pub fn compare(before: &Seconds, after: &Seconds, margin: f64, seed: u64) -> Vec<Change> {
    let mut changes = Vec::new();
    for (kind, first) in &before.kinds {
        let Some(second) = after.kinds.get(kind) else { continue };
        if first.len() < LEAST_SECONDS || second.len() < LEAST_SECONDS {
            continue;
        }
        let runs = [Resampler::new(first), Resampler::new(second)];
        let [truth_before, truth_after] = runs.each_ref().map(|run| run.whole());
        let resampled: Vec<[[f64; MEASURED]; 2]> = (0..RESAMPLES)
            .map(|index| [0, 1].map(|run| runs[run].resample(keyed(seed, Draw::Resample, 2 * index + run as u64))))
            .collect();
        let names = QUANTILES.map(|(name, _)| name).into_iter().chain(["goodput"]);
        for (place, quantity) in names.enumerate() {
            let mut ratios: Vec<f64> =
                resampled.iter().map(|[before, after]| ratio(before[place], after[place])).collect();
            ratios.sort_by(f64::total_cmp);
            let end = |share: f64| ratios[((RESAMPLES - 1) as f64 * share).round() as usize];
            let interval = (end(0.025), end(0.975));
            let (before, after) = (truth_before[place], truth_after[place]);
            let direction = direction(quantity == "goodput", interval, margin);
            changes.push(Change {
                kind: *kind,
                quantity,
                before,
                after,
                ratio: ratio(before, after),
                interval,
                direction,
            });
        }
    }
    changes
}

/// Nothing over nothing is no change.
fn ratio(before: f64, after: f64) -> f64 {
    if before == after { 1.0 } else { after / before }
}

fn direction(more_is_better: bool, (low, high): (f64, f64), margin: f64) -> Direction {
    let (above, below) = (low > 1.0 + margin, high < 1.0 - margin);
    match (above, below, more_is_better) {
        (true, _, true) | (_, true, false) => Direction::Better,
        (true, _, false) | (_, true, true) => Direction::Worse,
        _ if low >= 1.0 - margin && high <= 1.0 + margin => Direction::Same,
        _ => Direction::Unclear,
    }
}

/// Quantiles and goodput.
const MEASURED: usize = QUANTILES.len() + 1;

/// The seconds of one kind in one run, ready to be drawn again and again.
struct Resampler<'a> {
    seconds: &'a [Second],
    /// All different times, in order.
    values: Vec<u64>,
    /// Of each second: the places of its times in `values`, with their counts.
    places: Vec<Vec<(usize, u64)>>,
    block: usize,
}

impl<'a> Resampler<'a> {
    fn new(seconds: &'a [Second]) -> Self {
        let mut values: Vec<u64> = seconds.iter().flat_map(|second| second.times.iter().map(|(ns, _)| *ns)).collect();
        values.sort_unstable();
        values.dedup();
        let place = |(ns, count): &(u64, u64)| (values.partition_point(|value| value < ns), *count);
        let places = seconds.iter().map(|second| second.times.iter().map(place).collect()).collect();
        Resampler { seconds, values, places, block: (seconds.len() as f64).cbrt().ceil() as usize }
    }

    /// What was measured.
    fn whole(&self) -> [f64; MEASURED] {
        self.measure(&vec![1; self.seconds.len()])
    }

    /// What another run might have measured: as many seconds, drawn in blocks.
    fn resample(&self, seed: u64) -> [f64; MEASURED] {
        let length = self.seconds.len();
        let mut weights = vec![0; length];
        for drawn in 0..length {
            let block = (drawn / self.block) as u64;
            let start = below(keyed(seed, Draw::Resample, block), length as u64) as usize;
            weights[(start + drawn % self.block) % length] += 1;
        }
        self.measure(&weights)
    }

    /// Quantiles and goodput when each second counts so often.
    fn measure(&self, weights: &[u64]) -> [f64; MEASURED] {
        let mut counts = vec![0; self.values.len()];
        let mut good = 0.0;
        for ((places, second), weight) in self.places.iter().zip(self.seconds).zip(weights) {
            places.iter().for_each(|(place, count)| counts[*place] += weight * count);
            good += *weight as f64 * second.good;
        }
        let total: u64 = counts.iter().sum();
        let mut measured = [0.0; MEASURED];
        for (found, (_, quantile)) in measured.iter_mut().zip(QUANTILES) {
            let wanted = (quantile * total as f64).ceil() as u64;
            let mut reached = 0;
            let place = counts.iter().position(|count| {
                reached += count;
                reached >= wanted.max(1)
            });
            *found = place.map_or(0.0, |place| self.values[place] as f64 / 1e3);
        }
        measured[MEASURED - 1] = good / weights.iter().sum::<u64>().max(1) as f64;
        measured
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::unit;

    /// A run of `length` seconds with 200 answers each, whose times scatter by a fifth about `mean_us`.
    fn seconds(length: u32, mean_us: f64, seed: u64) -> Seconds {
        let interval = |second: u32| {
            let draw = |index: u64| unit(keyed(seed, Draw::Resample, u64::from(second) * 1_000 + index));
            let mut times: BTreeMap<u64, u64> = BTreeMap::new();
            (0..200).for_each(|index| *times.entry((mean_us * (800.0 + 400.0 * draw(index))) as u64).or_default() += 1);
            LoggedInterval { second, kind: Kind::Issue, values: times.into_iter().collect() }
        };
        let right = (0..length).map(|second| ((second, Kind::Issue), 200)).collect();
        Seconds::new((0..length).map(interval).collect(), &right, |_| 1_500_000)
    }

    fn direction_of(changes: &[Change], quantity: &str) -> Direction {
        changes.iter().find(|change| change.quantity == quantity).unwrap().direction
    }

    #[test]
    fn what_did_not_change_is_the_same_and_what_did_is_told() {
        let before = seconds(30, 1_000.0, 1);
        let same = compare(&before, &seconds(40, 1_000.0, 2), 0.1, 7);
        assert!(same.iter().all(|change| change.direction == Direction::Same), "{same:?}");
        let slower = compare(&before, &seconds(30, 1_400.0, 3), 0.1, 7);
        assert_eq!(direction_of(&slower, "response_time_p50"), Direction::Worse);
        assert_eq!(direction_of(&slower, "goodput"), Direction::Worse, "a third of the answers come too late");
        let change = slower.iter().find(|change| change.quantity == "response_time_p50").unwrap();
        assert!((change.before / 1_000.0 - 1.0).abs() < 0.02 && (change.ratio - 1.4).abs() < 0.02, "{change:?}");
        assert!(change.interval.0 < change.ratio && change.ratio < change.interval.1, "{change:?}");
        let faster = compare(&seconds(30, 1_400.0, 3), &before, 0.1, 7);
        assert_eq!(direction_of(&faster, "response_time_p99"), Direction::Better);
        assert_eq!(
            direction_of(&compare(&before, &seconds(30, 1_400.0, 3), 0.5, 7), "response_time_p50"),
            Direction::Same
        );
    }

    #[test]
    fn intervals_hold_what_did_not_change_nineteen_times_in_twenty() {
        // 60 pairs of equal runs: an interval of 95 % misses three on average, and more than ten with a chance of 1 in 2,000. (From
        // twenty seconds it is somewhat too narrow, which the bound allows for.)
        let misses = (0..60).filter(|seed| {
            let changes = compare(&seconds(20, 1_000.0, 2 * seed), &seconds(20, 1_000.0, 2 * seed + 1), 0.0, *seed);
            let (low, high) = changes[0].interval;
            !(low..=high).contains(&1.0)
        });
        assert!(misses.count() <= 10);
    }

    #[test]
    fn short_runs_are_not_compared() {
        assert!(compare(&seconds(9, 1.0, 1), &seconds(30, 1.0, 2), 0.1, 1).is_empty());
    }

    #[test]
    fn a_wide_interval_says_nothing() {
        assert_eq!(direction(false, (0.8, 1.4), 0.1), Direction::Unclear);
        assert_eq!(direction(false, (1.05, 1.4), 0.1), Direction::Unclear, "it may be within the margin");
        assert_eq!(direction(true, (1.2, 1.4), 0.1), Direction::Better);
        assert_eq!(ratio(0.0, 0.0), 1.0);
    }
}
