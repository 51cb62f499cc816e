//! Distributions as tables of integers: how long something takes, from one random word.
//!
//! While days pass no floating-point function is called: the tables are made once, with functions that are the same on every
//! platform (`libm`), and rounded to integers. So every machine draws the same values.

use std::f64::consts::{PI, SQRT_2};
use std::ops::RangeInclusive;

use crate::lanes::{LANES, Lookup};

/// A probability of `2^-10` lies between two knots, and above the last of these `2^-20`.
const CELLS: usize = 1 << 10;
/// The two tables share a knot: the end of the first is the beginning of the second.
const KNOTS: usize = 2 * CELLS;
/// The last knot is exceeded with this probability: nearly never, yet it is no infinite value. With about `e^-2` of the last cell
/// (`2^-20`) the mean of an exponential distribution is kept.
const LAST_SURVIVAL: f64 = 1.0 / (1 << 23) as f64;

/// The inverse of a distribution function, linear between knots. The upper 1/1024 of the probability has a table of its own, as fine
/// again, since that is where the values are far apart.
#[derive(Clone, Debug)]
pub(crate) struct Quantiles {
    knots: Box<[u32; KNOTS]>,
}

impl Quantiles {
    /// The log-normal distribution with this median, in the unit of the values (more than 0), and this standard deviation of the
    /// logarithm. Values beyond `within` become its ends.
    pub(crate) fn log_normal(median: f64, sigma: f64, within: RangeInclusive<u32>) -> Self {
        // Without a spread even the least value is the median; zero times minus infinity would be no number.
        let logarithm = |survival| if sigma > 0.0 { sigma * normal(survival) } else { 0.0 };
        Self::of(within, |survival| median * libm::exp(logarithm(survival)))
    }

    /// The exponential distribution with this mean, in the unit of the values. Values beyond `within` become its ends.
    pub(crate) fn exponential(mean: f64, within: RangeInclusive<u32>) -> Self {
        Self::of(within, |survival| -mean * libm::log(survival))
    }

    /// The distribution whose value exceeded with probability `p` is `exceeded(p)`.
    fn of(within: RangeInclusive<u32>, exceeded: impl Fn(f64) -> f64) -> Self {
        let (least, most) = within.into_inner();
        let knot = |knot| (exceeded(survival(knot)).round() as u32).max(least).min(most);
        Quantiles { knots: Box::new(std::array::from_fn(knot)) }
    }

    /// The value that `word` falls on: of two words the greater never gets the smaller value.
    #[inline(always)]
    pub(crate) fn at(&self, word: u32) -> u32 {
        // How far above its knot the word lies is brought to the whole scale of a word in either table, so that there is no branch.
        let cell = (word >> 22) as usize;
        let (knot, share) =
            if cell < CELLS - 1 { (cell, word << 10) } else { (CELLS - 1 + (word >> 12) as usize % CELLS, word << 20) };
        let (below, above) = (self.knots[knot % KNOTS], self.knots[(knot + 1) % KNOTS]);
        below + ((u64::from(above - below) * u64::from(share) + (1 << 31)) >> 32) as u32
    }
}

impl Lookup for Quantiles {
    #[inline(always)]
    fn lanes(&self, words: [u32; LANES]) -> [u32; LANES] {
        let mut values = [0; LANES];
        for lane in 0..LANES {
            values[lane] = self.at(words[lane]);
        }
        values
    }
}

/// The probability that the value of `knot` is exceeded.
fn survival(knot: usize) -> f64 {
    const CELL: f64 = 1.0 / CELLS as f64;
    match knot {
        0..CELLS => (CELLS - knot) as f64 * CELL,
        CELLS..2047 => (KNOTS - 1 - knot) as f64 * CELL * CELL,
        _ => LAST_SURVIVAL,
    }
}

/// The value that a standard normal variable exceeds with probability `survival`.
fn normal(survival: f64) -> f64 {
    if survival > 0.5 {
        return if survival < 1.0 { -normal(1.0 - survival) } else { f64::NEG_INFINITY };
    }
    // Newton's method on the logarithm of the survival function Q, which is concave. It begins to the right of the root, since
    // Q(z) <= exp(-z^2 / 2) / 2 (Chang, Cosman and Milstein, "Chernoff-type bounds for the Gaussian error function", IEEE Trans.
    // Commun. 59, 2011), and so comes down to it without overshooting. Six steps are more than the precision of f64 asks for.
    let mut z = (-2.0 * libm::log(2.0 * survival)).sqrt();
    for _ in 0..6 {
        let exceeded = 0.5 * libm::erfc(z / SQRT_2);
        let density = libm::exp(-0.5 * z * z) / (2.0 * PI).sqrt();
        z += libm::log(exceeded / survival) * exceeded / density;
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: RangeInclusive<u32> = 0..=u32::MAX;
    const HALF: u32 = 1 << 31;

    /// The mean over all words: the table is linear within a cell, so that the middle of a cell stands for it.
    fn mean(quantiles: &Quantiles) -> f64 {
        let body: f64 = (0..1_023_u32).map(|cell| f64::from(quantiles.at(cell << 22 | 1 << 21))).sum();
        let tail: f64 = (0..1_024_u32).map(|cell| f64::from(quantiles.at(0xFFC0_0000 | cell << 12 | 1 << 11))).sum();
        (body + tail / 1_024.0) / 1_024.0
    }

    /// The share of words whose value is greater than `value`.
    fn share_above(quantiles: &Quantiles, value: f64) -> f64 {
        let (mut below, mut above) = (0_u64, 1 << 32);
        while below < above {
            let word = u64::midpoint(below, above);
            if f64::from(quantiles.at(word as u32)) > value { above = word } else { below = word + 1 }
        }
        1.0 - above as f64 / 4_294_967_296.0
    }

    #[test]
    fn normal_quantiles_are_those_of_tables() {
        // Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), table 26.5.
        for (survival, z) in [(0.5, 0.0), (0.1, 1.281_551_566), (0.01, 2.326_347_874), (0.001, 3.090_232_306)] {
            assert!((normal(survival) - z).abs() < 1e-9, "{survival}: {}", normal(survival));
            assert!((normal(1.0 - survival) + z).abs() < 1e-9);
        }
        assert!((libm::erfc(normal(1e-6) / SQRT_2) / 2e-6 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_median_is_exact() {
        assert_eq!(Quantiles::log_normal(18_000_000.4, 1.2, ALL).at(HALF), 18_000_000);
        let exponential = Quantiles::exponential(90_000.0, ALL).at(HALF);
        assert_eq!(exponential, (90_000.0 * std::f64::consts::LN_2).round() as u32);
    }

    #[test]
    fn without_spread_all_are_equal() {
        let equal = Quantiles::log_normal(1_000.0, 0.0, ALL);
        assert_eq!([0, 1, HALF, u32::MAX].map(|word| equal.at(word)), [1_000; 4]);
    }

    #[test]
    fn means_are_within_half_a_percent() {
        for sigma in [0.0, 0.3, 0.6, 0.9, 1.2] {
            let wanted = 1e6 * (sigma * sigma / 2.0_f64).exp();
            let mean = mean(&Quantiles::log_normal(1e6, sigma, ALL));
            assert!((mean / wanted - 1.0).abs() < 0.005, "sigma {sigma}: {mean} for {wanted}");
        }
        let mean = mean(&Quantiles::exponential(1e6, ALL));
        assert!((mean / 1e6 - 1.0).abs() < 0.001, "{mean}");
    }

    #[test]
    fn tails_have_their_probability() {
        let log_normal = Quantiles::log_normal(1e6, 1.2, ALL);
        let exponential = Quantiles::exponential(1e6, ALL);
        for share in [0.9, 0.5, 0.1, 0.01, 1e-3, 1e-4, 1e-5] {
            let value = 1e6 * (1.2 * normal(share)).exp();
            assert!((share_above(&log_normal, value) / share - 1.0).abs() < 0.03, "log-normal {share}");
            let value = -1e6 * share.ln();
            assert!((share_above(&exponential, value) / share - 1.0).abs() < 0.03, "exponential {share}");
        }
    }

    /// Values to the last digit: another result on another machine, or with another library, would change the fingerprint of runs.
    #[test]
    fn the_same_integers_everywhere() {
        const WORDS: [u32; 6] = [0, 1 << 20, 1 << 28, HALF + 12_345, 0xFFC0_1234, u32::MAX];
        let log_normal = Quantiles::log_normal(18_000_000.0, 1.0, ALL);
        assert_eq!(
            WORDS.map(|word| log_normal.at(word)),
            [0, 203_276, 3_881_615, 18_000_130, 398_604_761, 3_155_394_484]
        );
        let exponential = Quantiles::exponential(90_000.0, 1_000..=1_200_000);
        assert_eq!(WORDS.map(|word| exponential.at(word)), [1_000, 1_000, 5_808, 62_384, 623_932, 1_200_000]);
    }

    #[test]
    fn extremes_stay_within() {
        let wide = Quantiles::log_normal(1e9, 3.0, 5..=u32::MAX);
        assert_eq!([0, u32::MAX].map(|word| wide.at(word)), [5, u32::MAX]);
        let none = Quantiles::exponential(0.0, 0..=10);
        assert_eq!([0, HALF, u32::MAX].map(|word| none.at(word)), [0; 3]);
    }

    proptest! {
        #[test]
        fn greater_words_have_greater_values(sigma in 0.0..3.0, a in any::<u32>(), b in any::<u32>(), step in 0..5_000_u32) {
            let quantiles = Quantiles::log_normal(1_000.0, sigma, 3..=1_000_000);
            for (a, b) in [(a, b), (a, a.saturating_add(step))] {
                let (small, great) = (quantiles.at(a.min(b)), quantiles.at(a.max(b)));
                prop_assert!(3 <= small && small <= great && great <= 1_000_000);
            }
        }
    }
}
