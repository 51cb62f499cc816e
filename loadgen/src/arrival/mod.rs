//! Arrival processes: when requests come.

mod curve;
mod recorded;

use std::num::NonZeroU64;
use std::sync::Arc;

use passes::Fault;
use rand_distr::{Distribution, Exp1};
use serde::{Deserialize, Serialize};

use crate::random::{Draw, SplitMix64, keyed};
use curve::RateCurve;
use recorded::Recorded;

/// A sequence of instants, and the rate they come at.
pub trait ArrivalProcess: Send {
    /// The next instant, in nanoseconds from the start, never earlier than the one before; none when no more will come.
    fn next_ns(&mut self) -> Option<u64>;

    /// The mean rate at `at_ns` nanoseconds from the start, in arrivals per second.
    fn rate_at(&self, at_ns: u64) -> f64;

    /// The integral of the rate from the start to `until_ns`: how many arrivals are expected before it.
    fn expected(&self, until_ns: u64) -> f64;
}

/// The kinds of arrival process. Rates are in arrivals per second, times in seconds from the start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Arrivals {
    /// Evenly spaced: the gap is 1 / rate exactly.
    Constant {
        /// The rate; above 0.
        rate_per_s: f64,
    },
    /// Independent of each other: the gaps are exponential with mean 1 / rate. So come requests of many people who do not know of
    /// each other (Palm-Khintchine theorem).
    Poisson {
        /// The mean rate; above 0.
        rate_per_s: f64,
    },
    /// A rate that follows a curve: straight lines between points, the last rate kept from the last point on.
    Curve {
        /// The points in order of time, the first at 0. Two at one time make a jump.
        points: Vec<RatePoint>,
        /// How arrivals scatter about the rate.
        #[serde(default)]
        spacing: Spacing,
    },
    /// A rate that grows or falls in a straight line and is then kept.
    Ramp {
        /// The rate at the start.
        from_per_s: f64,
        /// The rate at the end of the ramp, and from there on.
        to_per_s: f64,
        /// How long the ramp takes.
        over_s: f64,
        /// How arrivals scatter about the rate.
        #[serde(default)]
        spacing: Spacing,
    },
    /// One rate after the other; the last is kept.
    Steps {
        /// The rates in order.
        rates_per_s: Vec<f64>,
        /// How long each is kept.
        each_s: f64,
        /// How arrivals scatter about the rate.
        #[serde(default)]
        spacing: Spacing,
    },
    /// A rate that jumps up again and again, as after an announcement: each period begins with a burst.
    Burst {
        /// The rate between bursts; 0 or more.
        base_per_s: f64,
        /// The rate in a burst.
        burst_per_s: f64,
        /// How long a burst lasts.
        burst_s: f64,
        /// From the start of one burst to the start of the next.
        every_s: f64,
        /// How arrivals scatter about the rate.
        #[serde(default)]
        spacing: Spacing,
    },
    /// The instants of a trace, as they were.
    #[serde(skip)]
    Recorded(Arc<[u64]>),
}

/// A point of a rate curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatePoint {
    /// Seconds from the start.
    pub at_s: f64,
    /// Arrivals per second; 0 or more.
    pub rate_per_s: f64,
}

/// How arrivals scatter about their rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spacing {
    /// Independent of each other: a (time-varying) Poisson process.
    #[default]
    Poisson,
    /// One exactly after the other.
    Even,
    /// A Poisson process of which it is known how many come: each stretch of time in which `of` arrivals are expected has exactly so many,
    /// independent of each other. A measured rate is then the rate that was meant, which of 6,000 Poisson arrivals is missed by 1.3 %.
    Binomial {
        /// Arrivals in a stretch; 1 or more.
        of: NonZeroU64,
    },
}

impl Arrivals {
    /// The process itself. The same `seed` gives the same instants.
    ///
    /// # Panics
    /// Panics when [`Arrivals::faults`] finds fault with it; [`Plan::faults`](crate::Plan::faults) refuses such a plan before.
    pub fn build(&self, seed: u64) -> Box<dyn ArrivalProcess> {
        let faults = self.faults("arrivals");
        assert!(faults.is_empty(), "{faults:?}");
        match self {
            Arrivals::Recorded(instants_ns) => Box::new(Recorded::new(Arc::clone(instants_ns))),
            _ => {
                let (curve, spacing) = self.shape();
                let random = SplitMix64::new(keyed(seed, Draw::Arrivals, 0));
                Box::new(TimeChanged { curve, spacing, count: 0, passed: 0.0, random })
            }
        }
    }

    /// The rate over time, and how arrivals scatter about it.
    fn shape(&self) -> (RateCurve, Spacing) {
        match self {
            Arrivals::Constant { rate_per_s } => (RateCurve::flat(*rate_per_s), Spacing::Even),
            Arrivals::Poisson { rate_per_s } => (RateCurve::flat(*rate_per_s), Spacing::Poisson),
            Arrivals::Curve { points, spacing } => {
                (RateCurve::through(points.iter().map(|point| (point.at_s, point.rate_per_s))), *spacing)
            }
            Arrivals::Ramp { from_per_s, to_per_s, over_s, spacing } => {
                (RateCurve::through([(0.0, *from_per_s), (*over_s, *to_per_s)]), *spacing)
            }
            Arrivals::Steps { rates_per_s, each_s, spacing } => {
                let steps = rates_per_s.iter().enumerate();
                let ends = steps.flat_map(|(index, rate)| [0.0, 1.0].map(|end| ((index as f64 + end) * each_s, *rate)));
                (RateCurve::through(ends), *spacing)
            }
            Arrivals::Burst { base_per_s, burst_per_s, burst_s, every_s, spacing } => {
                let (base, burst) = (*base_per_s, *burst_per_s);
                let period = [(0.0, burst), (*burst_s, burst), (*burst_s, base), (*every_s, base)];
                (RateCurve::through(period).repeated(), *spacing)
            }
            Arrivals::Recorded(_) => (RateCurve::flat(0.0), Spacing::Even),
        }
    }

    /// The highest mean rate at any time, in arrivals per second; of a trace the busiest second.
    pub fn peak_per_s(&self) -> f64 {
        match self {
            Arrivals::Recorded(instants_ns) => Recorded::new(Arc::clone(instants_ns)).busiest(),
            _ => self.shape().0.peak(),
        }
    }

    /// How many arrivals are expected in the first `duration_s` seconds.
    pub fn expected(&self, duration_s: f64) -> f64 {
        match self {
            Arrivals::Recorded(instants_ns) => {
                Recorded::new(Arc::clone(instants_ns)).expected((duration_s * 1e9) as u64)
            }
            _ => self.shape().0.count_by(duration_s),
        }
    }

    /// Everything that is wrong with it, each fault under a key that begins with `key`.
    pub fn faults(&self, key: &str) -> Vec<Fault> {
        let mut faults = Faults { key: format!("{key}.{}", self.name()), found: Vec::new() };
        match self {
            Arrivals::Constant { rate_per_s } | Arrivals::Poisson { rate_per_s } => {
                faults.above_0("rate_per_s", *rate_per_s, "requests per second");
            }
            Arrivals::Curve { points, .. } => faults.points(points),
            Arrivals::Ramp { from_per_s, to_per_s, over_s, .. } => {
                faults.rate("from_per_s", *from_per_s);
                faults.rate("to_per_s", *to_per_s);
                faults.some_rate("to_per_s", &[*from_per_s, *to_per_s]);
                faults.above_0("over_s", *over_s, "seconds");
            }
            Arrivals::Steps { rates_per_s, each_s, .. } => {
                rates_per_s.iter().for_each(|rate| faults.rate("rates_per_s", *rate));
                faults.some_rate("rates_per_s", rates_per_s);
                faults.above_0("each_s", *each_s, "seconds");
            }
            Arrivals::Burst { base_per_s, burst_per_s, burst_s, every_s, .. } => {
                faults.rate("base_per_s", *base_per_s);
                faults.above_0("burst_per_s", *burst_per_s, "requests per second");
                faults.above_0("burst_s", *burst_s, "seconds");
                if !(every_s.is_finite() && every_s > burst_s) {
                    faults.note("every_s", format!("{every_s} s is no longer than a burst; write more than burst_s"));
                }
            }
            Arrivals::Recorded(_) => {}
        }
        faults.found
    }

    /// The name in files.
    pub const fn name(&self) -> &'static str {
        match self {
            Arrivals::Constant { .. } => "constant",
            Arrivals::Poisson { .. } => "poisson",
            Arrivals::Curve { .. } => "curve",
            Arrivals::Ramp { .. } => "ramp",
            Arrivals::Steps { .. } => "steps",
            Arrivals::Burst { .. } => "burst",
            Arrivals::Recorded(_) => "recorded",
        }
    }
}

/// The faults of one process, under its key.
struct Faults {
    key: String,
    found: Vec<Fault>,
}

impl Faults {
    fn note(&mut self, name: &str, message: String) {
        self.found.push(Fault::new(format!("{}.{name}", self.key), message));
    }

    fn above_0(&mut self, name: &str, value: f64, unit: &str) {
        if !(value > 0.0 && value.is_finite()) {
            self.note(name, format!("{value} {unit} cannot be kept; write a number above 0"));
        }
    }

    fn rate(&mut self, name: &str, rate_per_s: f64) {
        if !(rate_per_s >= 0.0 && rate_per_s.is_finite()) {
            self.note(name, format!("{rate_per_s} requests per second is no rate; write 0 or more"));
        }
    }

    fn some_rate(&mut self, name: &str, rates_per_s: &[f64]) {
        if !rates_per_s.iter().any(|rate| *rate > 0.0) {
            self.note(name, "nothing would ever be asked; write a rate above 0".to_owned());
        }
    }

    fn points(&mut self, points: &[RatePoint]) {
        points.iter().for_each(|point| self.rate("points", point.rate_per_s));
        self.some_rate("points", &points.iter().map(|point| point.rate_per_s).collect::<Vec<_>>());
        if points.first().is_some_and(|point| point.at_s != 0.0) {
            self.note("points", "the curve begins later than the run; write a first point with at_s = 0".to_owned());
        }
        // A time that is no number is in no order either.
        if !points.iter().all(|point| point.at_s.is_finite()) || !points.is_sorted_by_key(|point| point.at_s) {
            self.note("points", "the points are not in order of time; sort them by at_s".to_owned());
        }
    }
}

/// Arrivals of rate one, spread over time so that they come at the rate of a curve: the n-th comes when the integral of the rate
/// reaches it (inversion; Çinlar, Introduction to Stochastic Processes, 1975, section 4.7).
struct TimeChanged {
    curve: RateCurve,
    spacing: Spacing,
    /// Arrivals so far.
    count: u64,
    /// Where the last one was on the axis of rate one.
    passed: f64,
    random: SplitMix64,
}

impl ArrivalProcess for TimeChanged {
    fn next_ns(&mut self) -> Option<u64> {
        self.passed = match self.spacing {
            // From the count, not from the arrival before: rounding errors must not add up to a drift.
            Spacing::Even => self.count as f64,
            Spacing::Poisson => {
                let gap: f64 = Exp1.sample(&mut self.random);
                self.passed + gap
            }
            Spacing::Binomial { of } => {
                let (stretch, before) = (self.count / of, self.count % of);
                let [begin, end] = [stretch, stretch + 1].map(|stretch| (stretch * of.get()) as f64);
                let from = if before == 0 { begin } else { self.passed };
                // The earliest of so many independent instants in what is left of the stretch: 1 - U^(1/left), and ln U is -Exp1.
                let gap: f64 = Exp1.sample(&mut self.random);
                from - (end - from) * (-gap / (of.get() - before) as f64).exp_m1()
            }
        };
        self.count += 1;
        self.curve.reaches(self.passed).map(|at_s| (at_s * 1e9) as u64)
    }

    fn rate_at(&self, at_ns: u64) -> f64 {
        self.curve.rate_at(at_ns as f64 / 1e9)
    }

    fn expected(&self, until_ns: u64) -> f64 {
        self.curve.count_by(until_ns as f64 / 1e9)
    }
}

#[cfg(test)]
mod tests;
