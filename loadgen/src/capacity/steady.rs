//! Whether percentiles stand still, and whether a second was served as it should be.

use std::ops::Range;

use crate::record::Times;
use crate::run::sum;
use crate::{Interval, Kind, Measure, Slo};

/// Half a step must hold so many requests before its percentile can be compared with that of the other half: a 99th percentile is then
/// made of two and more.
const LEAST_REQUESTS: u64 = 200;
/// A percentile moved when that of one half is so many times that of the other ...
const MOVED: f64 = 1.5;
/// ... and lies apart from it by more than this part of the limit. Below, it does not matter.
const MOVED_OF_LIMIT: f64 = 0.05;
/// A queue grows when the median of the second half is so many times that of the first, and as far apart. Of one that grows evenly a high
/// percentile at most doubles from half to half, and what everybody waits anyway is in both: by the bound above it would seldom show. A
/// burst moves a high percentile and leaves the median.
const GREW: f64 = 1.25;

/// A percentile that differs between the two halves of some seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Movement {
    pub(super) kind: Kind,
    pub(super) percentile: f64,
    /// What it is in each half, in milliseconds.
    pub(super) before_ms: f64,
    pub(super) after_ms: f64,
}

/// The first kind whose limited percentile moves in these `seconds`, which are measured whole, or whose median grows; none when all are
/// steady, or too few requests to tell.
pub(super) fn moving(intervals: &[Interval], seconds: Range<u32>, slo: &Slo) -> Option<Movement> {
    let middle = seconds.start + seconds.end.saturating_sub(seconds.start).div_ceil(2);
    let of_kind = |kind: Kind| {
        let own = slo.of(kind);
        let half = |seconds: Range<u32>| {
            let times = response_times(intervals.iter().filter(|it| it.kind == kind && seconds.contains(&it.second)));
            (times.len() >= LEAST_REQUESTS).then_some(times)
        };
        let (before, after) = (half(seconds.start..middle)?, half(middle..seconds.end)?);
        let at = |percentile: f64| {
            let [before_ms, after_ms] = [&before, &after].map(|half| half.value_at_percentile(percentile) as f64 / 1e6);
            Movement { kind, percentile, before_ms, after_ms }
        };
        let far_ms = MOVED_OF_LIMIT * own.response_time_ms;
        let rose = |times: f64, less_ms: f64, more_ms: f64| more_ms > times * less_ms && more_ms - less_ms > far_ms;
        let (limited, median) = (at(own.percentile), at(50.0));
        let moved =
            rose(MOVED, limited.before_ms, limited.after_ms) || rose(MOVED, limited.after_ms, limited.before_ms);
        let grew = rose(GREW, median.before_ms, median.after_ms);
        moved.then_some(limited).or_else(|| grew.then_some(median))
    };
    Kind::ALL.into_iter().find_map(of_kind)
}

/// From which second on, counted from `from_second`, each second of each kind kept its objectives; none when the last did not.
pub(super) fn well_again(intervals: &[Interval], from_second: u32, slo: &Slo) -> Option<u32> {
    let after = || intervals.iter().filter(|interval| interval.second >= from_second);
    let last = after().map(|interval| interval.second).max()?;
    let well_from = after().filter(|interval| !is_well(interval, slo)).map(|interval| interval.second + 1).max();
    well_from.map_or(Some(0), |second| (second <= last).then(|| second - from_second))
}

/// Whether one second of one kind, taken alone, kept its objectives. A share of three nines cannot be told from a few requests, so one
/// in a hundred may go wrong.
fn is_well(interval: &Interval, slo: &Slo) -> bool {
    const WRONG_SHARE: f64 = 0.01;
    let own = slo.of(interval.kind);
    let due = interval.counts.asked - interval.counts.without_pass;
    let wrong = due - interval.counts.right.min(due);
    let times = response_times(std::iter::once(interval));
    let in_time = times.is_empty() || times.value_at_percentile(own.percentile) as f64 <= own.response_time_ms * 1e6;
    in_time && wrong as f64 <= WRONG_SHARE * due as f64
}

fn response_times<'a>(intervals: impl Iterator<Item = &'a Interval>) -> Times {
    sum(intervals.map(|interval| interval.encoded[Measure::ResponseTime as usize].as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Counts, times};

    /// A second in which 400 requests took `ms` milliseconds, all right.
    fn second(second: u32, ms: u64) -> Interval {
        let mut response = times();
        response.record_n(ms * 1_000_000, 400).unwrap();
        let encoded = crate::hlog::encode(&response);
        Interval {
            second,
            kind: Kind::Issue,
            counts: Counts { asked: 400, sent: 400, answered: 400, right: 400, ..Counts::default() },
            response_time: crate::Quantiles::of(&response),
            encoded: [encoded, Vec::new(), Vec::new(), Vec::new()],
        }
    }

    #[test]
    fn a_queue_that_grows_is_not_steady() {
        let of = |ms: [u64; 4]| (0..).zip(ms).map(|(at, ms)| second(at, ms)).collect::<Vec<_>>();
        let slo = Slo::default();
        assert_eq!(moving(&of([10, 10, 10, 11]), 0..4, &slo), None);
        assert_eq!(moving(&of([1, 1, 5, 5]), 0..4, &slo), None, "4 ms of 250 do not matter");
        let found =
            |ms| moving(&of(ms), 0..4, &slo).map(|it| (it.percentile, it.before_ms.round(), it.after_ms.round()));
        assert_eq!(found([10, 20, 60, 90]), Some((99.0, 20.0, 90.0)));
        assert_eq!(found([30, 40, 50, 59]), Some((50.0, 30.0, 50.0)), "evenly");
        assert_eq!(found([59, 50, 40, 30]), None, "it shrinks");
        assert_eq!(found([90, 90, 10, 10]), Some((99.0, 90.0, 10.0)), "warming up");
        assert_eq!(moving(&of([90, 10, 10, 10]), 1..4, &slo), None, "what was slow before the measured time");
    }

    #[test]
    fn the_first_second_after_which_all_is_well() {
        let of = |ms: [u64; 5]| (0..).zip(ms).map(|(at, ms)| second(at, ms)).collect::<Vec<_>>();
        let slo = Slo::default();
        assert_eq!(well_again(&of([900, 900, 10, 10, 10]), 2, &slo), Some(0));
        assert_eq!(well_again(&of([900, 900, 900, 10, 10]), 2, &slo), Some(1));
        assert_eq!(well_again(&of([900, 900, 10, 900, 10]), 2, &slo), Some(2), "not before the last relapse");
        assert_eq!(well_again(&of([900, 900, 10, 10, 900]), 2, &slo), None);
    }
}
