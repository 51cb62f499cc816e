//! Reading histograms of times.

use hdrhistogram::{Counter, Histogram};

/// Which of the times of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// From the intended instant to the complete answer: what the asker waits. The one that objectives are about.
    ResponseTime,
    /// From sending to the complete answer: what the target takes.
    ServiceTime,
    /// From the intended instant to sending: the generator's own lateness, and the connection wait.
    SendLag,
    /// From taking the request up to sending it: waiting in the backlog, opening a connection, the TLS handshake. 0 on an idle
    /// connection.
    ConnectionWait,
}

impl Measure {
    /// All measures.
    pub const ALL: [Measure; 4] =
        [Measure::ResponseTime, Measure::ServiceTime, Measure::SendLag, Measure::ConnectionWait];

    /// The name in files: `response_time`, `service_time`, `send_lag`, `connection_wait`.
    pub const fn name(self) -> &'static str {
        match self {
            Measure::ResponseTime => "response_time",
            Measure::ServiceTime => "service_time",
            Measure::SendLag => "send_lag",
            Measure::ConnectionWait => "connection_wait",
        }
    }
}

/// The usual points of a distribution of times, in microseconds, each within 0.1 %. All 0 when nothing was recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quantiles {
    /// Half of all are at most this.
    pub p50_us: f64,
    /// 90 % are at most this.
    pub p90_us: f64,
    /// 99 % are at most this.
    pub p99_us: f64,
    /// 99.9 % are at most this.
    pub p99_9_us: f64,
    /// The longest.
    pub max_us: f64,
}

impl Quantiles {
    pub(crate) fn of<T: Counter>(times: &Histogram<T>) -> Self {
        let at = |percentile| us(times.value_at_percentile(percentile));
        Quantiles { p50_us: at(50.0), p90_us: at(90.0), p99_us: at(99.0), p99_9_us: at(99.9), max_us: us(times.max()) }
    }
}

/// The whole distribution as points (percentile, value in microseconds), denser towards 100: five for each halving of what remains.
pub(crate) fn percentile_curve<T: Counter>(times: &Histogram<T>) -> Vec<(f64, f64)> {
    times.iter_quantiles(5).map(|point| (100.0 * point.quantile_iterated_to(), us(point.value_iterated_to()))).collect()
}

pub(crate) fn us(ns: u64) -> f64 {
    ns as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::times;

    #[test]
    fn points_are_within_a_thousandth() {
        let mut histogram = times::<u64>();
        for ms in 1..=1_000_u64 {
            histogram.saturating_record(ms * 1_000_000);
        }
        let quantiles = Quantiles::of(&histogram);
        for (value, truth) in [(quantiles.p50_us, 500e3), (quantiles.p99_us, 990e3), (quantiles.max_us, 1_000e3)] {
            assert!((value / truth - 1.0).abs() <= 1.001e-3, "{value} for {truth}");
        }
        let curve = percentile_curve(&histogram);
        assert!(curve.is_sorted() && curve.last().is_some_and(|(percentile, _)| *percentile == 100.0));
        assert_eq!(Quantiles::of(&times::<u64>()), Quantiles::default());
    }
}
