//! The Universal Scalability Law: how throughput grows with concurrency, and why it stops.
//!
//! X(N) = λ N / (1 + σ (N − 1) + κ N (N − 1)), where N requests are always in flight (Gunther, "Guerrilla Capacity Planning",
//! Springer 2007, chapters 4 to 6): λ is what one alone gets, σ what waits for a turn (contention), κ what it costs to agree
//! (coherency). With κ > 0 throughput has a peak at N = √((1 − σ) / κ) and falls beyond it.

use demand::number::share;
use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt};
use nalgebra::{DMatrix, DVector, Dyn, Owned};

/// Fewer sizes than this leave too little to judge a fit of three parameters by.
const LEAST_POINTS: usize = 6;
/// A fit that misses a point by more than this share is too poor to go beyond the points.
const WORST_RESIDUAL: f64 = 0.15;

/// Throughput with so many connections kept busy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Concurrency {
    /// Connections kept busy: as many requests were in flight at any time.
    pub connections: u32,
    /// Right answers per second.
    pub throughput_per_s: f64,
}

/// A parameter with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The most likely value.
    pub value: f64,
    /// Half the width of the interval.
    pub margin: f64,
}

/// The law that fits a sweep best, by least squares of relative residuals.
#[derive(Clone, Debug, PartialEq)]
pub struct UslFit {
    /// λ: what one request alone gets, per second.
    pub lambda_per_s: Estimate,
    /// σ: the share that waits for a turn, 0 to 1.
    pub sigma: Estimate,
    /// κ: what it costs that requests have to agree; 0 or more.
    pub kappa: Estimate,
    /// By which share the law is above each point, in the order of the points.
    pub residuals: Vec<f64>,
    /// Why it must not be extended beyond the points; none when it may.
    pub too_poor: Option<String>,
}

impl UslFit {
    /// Fits the law to `points`; none with fewer than four, or where nothing was answered.
    pub fn of(points: &[Concurrency]) -> Option<Self> {
        if points.len() < 4 || points.iter().any(|point| point.throughput_per_s <= 0.0 || point.connections == 0) {
            return None;
        }
        // σ and κ cannot be negative; where the best would be, the law without it is fitted.
        [[true, true], [true, false], [false, true], [false, false]]
            .into_iter()
            .filter_map(|free| Problem::solve(points, free))
            .filter(|(problem, _)| problem.law.sigma >= 0.0 && problem.law.kappa >= 0.0)
            .min_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(problem, squares)| problem.told(squares))
    }

    /// The throughput that the law gives at `connections`, per second.
    pub fn throughput_per_s(&self, connections: f64) -> f64 {
        self.law().throughput_per_s(connections)
    }

    /// Where throughput is greatest: connections and requests per second; none when the law has no peak, or none to be believed.
    pub fn peak(&self) -> Option<(f64, f64)> {
        let law = self.law();
        let is_known = self.too_poor.is_none() && law.kappa > self.kappa.margin && law.sigma < 1.0;
        let connections = is_known.then(|| ((1.0 - law.sigma) / law.kappa).sqrt())?;
        Some((connections, law.throughput_per_s(connections)))
    }

    fn law(&self) -> Law {
        Law { lambda_per_s: self.lambda_per_s.value, sigma: self.sigma.value, kappa: self.kappa.value }
    }
}

#[derive(Clone, Copy, Debug)]
struct Law {
    lambda_per_s: f64,
    sigma: f64,
    kappa: f64,
}

impl Law {
    fn denominator(&self, n: f64) -> f64 {
        1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0)
    }

    fn throughput_per_s(&self, n: f64) -> f64 {
        self.lambda_per_s * n / self.denominator(n)
    }
}

/// What is minimised: the law's relative residuals. Parameters in their order are λ, σ and κ, as far as they are free.
struct Problem<'a> {
    points: &'a [Concurrency],
    /// Whether σ and κ are free; else they are 0.
    free: [bool; 2],
    law: Law,
}

impl<'a> Problem<'a> {
    /// The best law and its sum of squares; none when the search for it fails.
    fn solve(points: &'a [Concurrency], free: [bool; 2]) -> Option<(Self, f64)> {
        let alone =
            points.iter().map(|point| point.throughput_per_s / f64::from(point.connections)).fold(0.0, f64::max);
        let start = |free: bool, value: f64| if free { value } else { 0.0 };
        let law = Law { lambda_per_s: alone, sigma: start(free[0], 0.05), kappa: start(free[1], 1e-4) };
        let (problem, report) = LevenbergMarquardt::new().minimize(Problem { points, free, law });
        report.termination.was_successful().then_some((problem, 2.0 * report.objective_function))
    }

    fn parameters(&self) -> usize {
        1 + self.free.iter().filter(|free| **free).count()
    }

    fn n(point: &Concurrency) -> f64 {
        f64::from(point.connections)
    }

    /// With intervals from the curvature at the best law: s² (JᵀJ)⁻¹, times Student's t.
    fn told(&self, squares: f64) -> UslFit {
        let freedom = self.points.len() - self.parameters();
        let inverse = self.jacobian().and_then(|jacobian| (jacobian.transpose() * jacobian).try_inverse());
        let margin = |column: usize| {
            let variance = inverse.as_ref().map_or(f64::INFINITY, |inverse| inverse[(column, column)]);
            students_t(freedom) * (squares / freedom as f64 * variance).sqrt()
        };
        let Law { lambda_per_s, sigma, kappa } = self.law;
        let fixed = Estimate { value: 0.0, margin: 0.0 };
        let kappa_column = 1 + usize::from(self.free[0]);
        let residuals: Vec<f64> =
            self.residuals().map_or_else(Vec::new, |residuals| residuals.iter().copied().collect());
        UslFit {
            lambda_per_s: Estimate { value: lambda_per_s, margin: margin(0) },
            sigma: if self.free[0] { Estimate { value: sigma, margin: margin(1) } } else { fixed },
            kappa: if self.free[1] { Estimate { value: kappa, margin: margin(kappa_column) } } else { fixed },
            too_poor: too_poor(self.points.len(), &residuals),
            residuals,
        }
    }
}

impl LeastSquaresProblem<f64, Dyn, Dyn> for Problem<'_> {
    type ParameterStorage = Owned<f64, Dyn>;
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;

    fn set_params(&mut self, parameters: &DVector<f64>) {
        let mut rest = parameters.iter().copied();
        let mut next = |free: bool| if free { rest.next().unwrap_or_default() } else { 0.0 };
        self.law = Law { lambda_per_s: next(true), sigma: next(self.free[0]), kappa: next(self.free[1]) };
    }

    fn params(&self) -> DVector<f64> {
        let Law { lambda_per_s, sigma, kappa } = self.law;
        let all = [(true, lambda_per_s), (self.free[0], sigma), (self.free[1], kappa)];
        DVector::from_iterator(self.parameters(), all.into_iter().filter(|(free, _)| *free).map(|(_, value)| value))
    }

    fn residuals(&self) -> Option<DVector<f64>> {
        let residual = |point: &Concurrency| self.law.throughput_per_s(Self::n(point)) / point.throughput_per_s - 1.0;
        Some(DVector::from_iterator(self.points.len(), self.points.iter().map(residual)))
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let row = |point: &Concurrency| {
            let n = Self::n(point);
            let below = self.law.denominator(n);
            let by_lambda = n / below;
            let by_sigma = -self.law.lambda_per_s * n * (n - 1.0) / (below * below);
            [by_lambda, by_sigma, by_sigma * n].map(|slope| slope / point.throughput_per_s)
        };
        let is_free = [true, self.free[0], self.free[1]];
        let rows = self.points.iter().flat_map(|point| row(point).into_iter().zip(is_free));
        let values = rows.filter(|(_, free)| *free).map(|(slope, _)| slope);
        Some(DMatrix::from_row_iterator(self.points.len(), self.parameters(), values))
    }
}

fn too_poor(points: usize, residuals: &[f64]) -> Option<String> {
    let worst = residuals.iter().map(|residual| residual.abs()).fold(0.0, f64::max);
    if points < LEAST_POINTS {
        return Some(format!("{points} sizes are too few to judge a fit by; {LEAST_POINTS} are the least"));
    }
    (worst > WORST_RESIDUAL).then(|| {
        let (worst, bound) = (share(worst), share(WORST_RESIDUAL));
        format!(
            "the law misses a point by {worst} (bound {bound}): something else than contention and coherency is at work"
        )
    })
}

/// Student's t for a two-sided interval of 95 % with so many degrees of freedom (a table in any textbook, such as Jain 1991, appendix A.4).
pub fn students_t(freedom: usize) -> f64 {
    const T: [f64; 12] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179];
    // Beyond the table the first term of the expansion around the normal quantile is right within half a percent.
    T.get(freedom.wrapping_sub(1)).copied().unwrap_or(1.96 + 2.4 / freedom.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn points(law: Law, noise: impl Fn(usize) -> f64) -> Vec<Concurrency> {
        let sizes = [1, 2, 4, 8, 16, 32, 64, 128];
        let point = |(index, connections): (usize, u32)| Concurrency {
            connections,
            throughput_per_s: law.throughput_per_s(f64::from(connections)) * (1.0 + noise(index)),
        };
        sizes.into_iter().enumerate().map(point).collect()
    }

    proptest! {
        #[test]
        fn a_law_is_found_again(lambda_per_s in 10.0..20_000.0_f64, sigma in 0.0..0.5_f64, kappa in 0.0..0.01_f64) {
            let law = Law { lambda_per_s, sigma, kappa };
            let fit = UslFit::of(&points(law, |_| 0.0)).unwrap();
            prop_assert!((fit.lambda_per_s.value / lambda_per_s - 1.0).abs() < 1e-3, "{fit:?}");
            prop_assert!((fit.sigma.value - sigma).abs() < 1e-3 && (fit.kappa.value - kappa).abs() < 1e-4, "{fit:?}");
            prop_assert!(fit.too_poor.is_none());
        }
    }

    #[test]
    fn the_peak_is_where_the_law_has_it() {
        let law = Law { lambda_per_s: 1_000.0, sigma: 0.02, kappa: 0.000_5 };
        let (connections, peak_per_s) = UslFit::of(&points(law, |_| 0.0)).unwrap().peak().unwrap();
        assert!((connections - (0.98_f64 / 0.000_5).sqrt()).abs() < 0.1, "{connections}");
        assert!(law.throughput_per_s(connections + 5.0) < peak_per_s);
    }

    #[test]
    fn intervals_hold_what_is_true_and_grow_with_the_noise() {
        let law = Law { lambda_per_s: 1_000.0, sigma: 0.05, kappa: 0.000_2 };
        let fit = |size: f64| UslFit::of(&points(law, |index| size * [1.0, -1.0, -0.5, 0.7][index % 4])).unwrap();
        let holds = |estimate: Estimate, truth: f64| (estimate.value - truth).abs() <= estimate.margin;
        let noisy = fit(0.03);
        assert!(
            holds(noisy.lambda_per_s, 1_000.0) && holds(noisy.sigma, 0.05) && holds(noisy.kappa, 0.000_2),
            "{noisy:?}"
        );
        assert!(fit(0.06).sigma.margin > 1.5 * noisy.sigma.margin);
    }

    #[test]
    fn what_is_no_such_law_is_called_so() {
        // A server that does one thing at a time until a second process joins in, and then twice as much.
        let steps = [1, 2, 4, 8, 16, 32].map(|connections| Concurrency {
            connections,
            throughput_per_s: if connections < 8 { 100.0 } else { 400.0 },
        });
        let fit = UslFit::of(&steps).unwrap();
        assert!(fit.too_poor.as_ref().is_some_and(|why| why.contains("misses a point")), "{fit:?}");
        assert_eq!(fit.peak(), None);
        assert!(UslFit::of(&steps[..5]).unwrap().too_poor.unwrap().contains("too few"));
    }
}
