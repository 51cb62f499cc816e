//! Scales: where a value stands on an axis, and which values are written beside it.

/// How an axis spreads its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// Evenly.
    Linear { from: f64, to: f64 },
    /// By their logarithm. Both ends are greater than zero.
    Log { from: f64, to: f64 },
    /// Percentiles by how few lie beyond: 90, 99, 99.9 stand equally far apart.
    Percentile { to: f64 },
}

impl Scale {
    /// A linear scale from zero to a little above `greatest`.
    pub(crate) fn from_zero(greatest: f64) -> Self {
        Scale::Linear { from: 0.0, to: if greatest > 0.0 { greatest * 1.08 } else { 1.0 } }
    }

    /// A logarithmic scale over `values`, a little wider; what is not greater than zero is left out.
    pub(crate) fn log_over(values: impl IntoIterator<Item = f64>) -> Self {
        let (mut from, mut to) = (f64::INFINITY, 0.0_f64);
        for value in values.into_iter().filter(|value| value.is_finite() && *value > 0.0) {
            (from, to) = (from.min(value), to.max(value));
        }
        if to <= 0.0 {
            return Scale::Log { from: 1.0, to: 10.0 };
        }
        Scale::Log { from: from / 1.4, to: to * 1.4 }
    }

    /// Where `value` stands: 0 at the beginning of the axis, 1 at its end; beyond them for what lies outside.
    pub(crate) fn place(self, value: f64) -> f64 {
        match self {
            Scale::Linear { from, to } => (value - from) / (to - from),
            Scale::Log { from, to } => (value.max(from * 1e-3) / from).ln() / (to / from).ln(),
            Scale::Percentile { to } => tail(value) / tail(to),
        }
    }

    /// Round values to write beside the axis, `most` or a few more or fewer.
    pub(crate) fn ticks(self, most: usize) -> Vec<f64> {
        match self {
            Scale::Linear { from, to } => linear_ticks(from, to, most),
            Scale::Log { from, to } => log_ticks(from, to, most),
            Scale::Percentile { to } => {
                [50.0, 90.0, 99.0, 99.9, 99.99, 99.999].into_iter().filter(|tick| *tick <= to).collect()
            }
        }
    }
}

/// How many nines a percentile has.
fn tail(percentile: f64) -> f64 {
    -(1.0 - percentile.min(99.999_999) / 100.0).log10()
}

fn linear_ticks(from: f64, to: f64, most: usize) -> Vec<f64> {
    let rough = (to - from) / most as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    let first = (from / step).ceil() as i64;
    (first..).map(|index| index as f64 * step).take_while(|tick| *tick <= to + step * 1e-9).collect()
}

fn log_ticks(from: f64, to: f64, most: usize) -> Vec<f64> {
    let candidates = |factors: &[f64], every: i32| {
        let decades = from.log10().floor() as i32..=to.log10().ceil() as i32;
        let ticks = decades
            .filter(|decade| decade.rem_euclid(every) == 0)
            .flat_map(|decade| factors.iter().map(move |factor| factor * 10_f64.powi(decade)))
            .filter(|tick| (from..=to).contains(tick));
        ticks.collect::<Vec<_>>()
    };
    // The densest set of round values that is not too many.
    let sets = [(&[1.0, 2.0, 5.0][..], 1), (&[1.0, 3.0][..], 1), (&[1.0][..], 1), (&[1.0][..], 2), (&[1.0][..], 3)];
    let sets = sets.map(|(factors, every)| candidates(factors, every));
    sets.into_iter().find(|ticks| ticks.len() <= most).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(Scale::Linear { from: 0.0, to: 335.0 }.ticks(4), [0.0, 100.0, 200.0, 300.0]);
        assert_eq!(Scale::Log { from: 80.0, to: 15_000.0 }.ticks(5), [100.0, 300.0, 1_000.0, 3_000.0, 10_000.0]);
        assert_eq!(Scale::Percentile { to: 99.95 }.ticks(9), [50.0, 90.0, 99.0, 99.9]);
    }

    #[test]
    fn nines_stand_equally_apart() {
        let scale = Scale::Percentile { to: 99.99 };
        let places = [0.0, 90.0, 99.0, 99.9, 99.99].map(|percentile| (scale.place(percentile) * 1e6).round() / 1e6);
        assert_eq!(places, [0.0, 0.25, 0.5, 0.75, 1.0]);
    }

    proptest! {
        #[test]
        fn every_scale_has_ticks_within_it(low in 1e-3..1e6_f64, factor in 1.5..1e6_f64, most in 3..8_usize) {
            for scale in [Scale::Linear { from: 0.0, to: low * factor }, Scale::log_over([low, low * factor])] {
                let ticks = scale.ticks(most);
                prop_assert!(ticks.len() <= most + 2, "{ticks:?}");
                prop_assert!(!ticks.is_empty());
                prop_assert!(ticks.iter().all(|tick| (-1e-9..=1.0 + 1e-9).contains(&scale.place(*tick))));
            }
        }
    }
}
