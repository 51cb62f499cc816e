//! Arrival processes: when requests come.

use rand_distr::{Distribution, Exp1};
use serde::{Deserialize, Serialize};

use crate::random::{Draw, SplitMix64, keyed};

/// A sequence of instants, and the rate they come at.
pub trait ArrivalProcess: Send {
    /// The next instant, in nanoseconds from the start; never earlier than the one before.
    fn next_ns(&mut self) -> u64;

    /// The mean rate at `at_ns` nanoseconds from the start, in arrivals per second. Its integral is the expected count.
    fn rate_at(&self, at_ns: u64) -> f64;
}

/// The kinds of arrival process.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrivals {
    /// Evenly spaced: the gap is 1 / rate exactly.
    Constant {
        /// Arrivals per second; above 0.
        rate_per_s: f64,
    },
    /// Independent of each other: the gaps are exponential with mean 1 / rate. So come requests of many people who do not know of
    /// each other (Palm-Khintchine theorem).
    Poisson {
        /// Arrivals per second; above 0.
        rate_per_s: f64,
    },
}

impl Arrivals {
    /// The process itself. The same `seed` gives the same instants.
    ///
    /// # Panics
    /// Panics when the rate is not a positive finite number; [`Plan::faults`](crate::Plan::faults) refuses such a plan before.
    pub fn build(self, seed: u64) -> Box<dyn ArrivalProcess> {
        let rate_per_s = self.rate_per_s();
        assert!(rate_per_s > 0.0 && rate_per_s.is_finite(), "a rate is a positive number");
        match self {
            Arrivals::Constant { .. } => Box::new(Constant { rate_per_s, count: 0 }),
            Arrivals::Poisson { .. } => {
                let random = SplitMix64::new(keyed(seed, Draw::Arrivals, 0));
                Box::new(Poisson { rate_per_s, at_ns: 0.0, random })
            }
        }
    }

    /// The mean rate, in arrivals per second.
    pub const fn rate_per_s(self) -> f64 {
        match self {
            Arrivals::Constant { rate_per_s } | Arrivals::Poisson { rate_per_s } => rate_per_s,
        }
    }
}

struct Constant {
    rate_per_s: f64,
    count: u64,
}

impl ArrivalProcess for Constant {
    fn next_ns(&mut self) -> u64 {
        // From the count, not from the instant before: rounding errors must not add up to a drift.
        let at_ns = (self.count as f64 / self.rate_per_s * 1e9) as u64;
        self.count += 1;
        at_ns
    }

    fn rate_at(&self, _at_ns: u64) -> f64 {
        self.rate_per_s
    }
}

struct Poisson {
    rate_per_s: f64,
    at_ns: f64,
    random: SplitMix64,
}

impl ArrivalProcess for Poisson {
    fn next_ns(&mut self) -> u64 {
        let gap: f64 = Exp1.sample(&mut self.random);
        self.at_ns += gap / self.rate_per_s * 1e9;
        self.at_ns as u64
    }

    fn rate_at(&self, _at_ns: u64) -> f64 {
        self.rate_per_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every kind of process; a new one is added here and obeys the same laws.
    fn any_process() -> impl Strategy<Value = Arrivals> {
        let rate = 1.0..50_000.0_f64;
        prop_oneof![
            rate.clone().prop_map(|rate_per_s| Arrivals::Constant { rate_per_s }),
            rate.prop_map(|rate_per_s| Arrivals::Poisson { rate_per_s }),
        ]
    }

    fn instants(kind: Arrivals, seed: u64, until_ns: u64) -> Vec<u64> {
        let mut process = kind.build(seed);
        std::iter::from_fn(|| Some(process.next_ns())).take_while(|at_ns| *at_ns < until_ns).collect()
    }

    /// The integral of `rate_at` over `[0, until_ns)` by the midpoint rule.
    fn expected(kind: Arrivals, until_ns: u64) -> f64 {
        const PARTS: u64 = 1_000;
        let process = kind.build(0);
        let middle = |part| (2 * part + 1) * until_ns / (2 * PARTS);
        (0..PARTS).map(|part| process.rate_at(middle(part))).sum::<f64>() / PARTS as f64 * until_ns as f64 / 1e9
    }

    proptest! {
        #[test]
        fn counts_follow_the_rate(kind in any_process(), seed: u64) {
            // Long enough for 20,000 arrivals. Five standard deviations of a Poisson count: one false alarm in two million.
            let until_ns = (20_000.0 / kind.rate_per_s() * 1e9) as u64;
            let (count, mean) = (instants(kind, seed, until_ns).len() as f64, expected(kind, until_ns));
            prop_assert!((count - mean).abs() <= 5.0 * mean.sqrt() + 1.0, "{count} arrivals where {mean} are expected");
        }

        #[test]
        fn instants_never_go_back_and_follow_from_the_seed(kind in any_process(), seed: u64) {
            let until_ns = (500.0 / kind.rate_per_s() * 1e9) as u64;
            let first = instants(kind, seed, until_ns);
            prop_assert!(first.is_sorted());
            prop_assert_eq!(first, instants(kind, seed, until_ns));
        }

        #[test]
        fn poisson_counts_are_as_scattered_as_they_must_be(seed: u64) {
            // Index of dispersion over k = 1,000 windows: (k - 1) variance / mean is chi-squared with k - 1 degrees of freedom,
            // near normal with mean 999 and standard deviation sqrt(2 * 999) = 44.7; five of these either way.
            let mut counts = vec![0.0_f64; 1_000];
            for at_ns in instants(Arrivals::Poisson { rate_per_s: 20_000.0 }, seed, 1_000_000_000) {
                counts[(at_ns / 1_000_000) as usize] += 1.0;
            }
            let mean = counts.iter().sum::<f64>() / 1_000.0;
            let statistic = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / mean;
            prop_assert!((statistic - 999.0).abs() < 5.0 * 44.7, "{statistic}");
        }
    }

    #[test]
    fn constant_gaps_do_not_drift() {
        let mut process = Arrivals::Constant { rate_per_s: 3.0 }.build(0);
        let last = (0..=3_000_000).map(|_| process.next_ns()).last().unwrap();
        assert_eq!(last, 1_000_000_000_000_000);
    }
}
