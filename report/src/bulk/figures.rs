//! Numbers rounded up to two figures, and a short code for each: 0, 1, .. 99, 100, 110, .. 990, 1,000, 1,100, ..
//!
//! A distance that a model draws is known no better. Rounded up, it lies on the same side of every limit of two figures, such as a
//! radius of 100 metres or of a kilometre, as before.

/// Codes of the numbers that stand for themselves.
const EXACT: u16 = 100;
/// Codes of each power of ten from there on: 10 to 99 of it.
const PER_POWER: u16 = 90;
/// The powers of ten up to the greatest whose multiples are needed.
const POWERS: [u32; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
/// The greatest number that is written in units of each power but the last.
const LIMITS: [u32; 8] = [99, 990, 9_900, 99_000, 990_000, 9_900_000, 99_000_000, 990_000_000];

/// One by each power of ten, rounded up, in units of 2^-[`ONE`]: a product and a shift take a fifth of the time of a division.
const PARTS: [u64; POWERS.len()] = {
    let mut parts = [0; POWERS.len()];
    let mut power = 0;
    while power < parts.len() {
        parts[power] = (1_u64 << ONE).div_ceil(POWERS[power] as u64);
        power += 1;
    }
    parts
};
/// So many bits that what a part has too much, less than a unit for each of fewer than 2^33, is less than one by the greatest power.
const ONE: u32 = 62;

/// The code of `number`, rounded up.
pub(super) fn code(number: u32) -> u16 {
    let power = LIMITS.iter().map(|limit| usize::from(number > *limit)).sum::<usize>();
    let below_next = u64::from(number) + u64::from(POWERS[power]) - 1;
    let figures = ((u128::from(below_next) * u128::from(PARTS[power])) >> ONE) as u16;
    match power {
        0 => figures,
        power => EXACT + (power as u16 - 1) * PER_POWER + figures - 10,
    }
}

/// The number that `code` stands for.
pub(super) fn number(code: u16) -> i64 {
    if code < EXACT {
        return code.into();
    }
    let (power, figures) = ((code - EXACT) / PER_POWER + 1, (code - EXACT) % PER_POWER + 10);
    i64::from(figures) * i64::from(POWERS[usize::from(power)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_figures_rounded_up() {
        let rounded = [0, 7, 99, 100, 101, 990, 991, 1_000, 1_049, 65_432, u32::MAX].map(|exact| number(code(exact)));
        assert_eq!(rounded, [0, 7, 99, 100, 110, 990, 1_000, 1_000, 1_100, 66_000, 4_300_000_000]);
    }

    proptest! {
        #[test]
        fn parts_divide_exactly(number in any::<u32>(), power in 0..POWERS.len(), off in 0..3_u32) {
            for number in [number, (number / POWERS[power] * POWERS[power]).saturating_add(off).saturating_sub(1)] {
                let below_next = u64::from(number) + u64::from(POWERS[power]) - 1;
                let quotient = ((u128::from(below_next) * u128::from(PARTS[power])) >> ONE) as u64;
                prop_assert_eq!(quotient, u64::from(number.div_ceil(POWERS[power])));
            }
        }

        #[test]
        fn codes_keep_the_order_and_the_size(a in any::<u32>(), b in any::<u32>()) {
            prop_assert_eq!(a.max(b), if code(a) > code(b) { a } else if code(b) > code(a) { b } else { a.max(b) });
            let rounded = number(code(a));
            prop_assert!(rounded >= i64::from(a) && rounded as f64 <= f64::from(a) * 1.1 , "{a} became {rounded}");
        }

        #[test]
        fn a_limit_of_two_figures_still_parts_the_numbers(exact in 0..200_000_u32, figures in 10..100_u32, power in 0..4_usize) {
            let limit = figures * POWERS[power];
            prop_assert_eq!(exact <= limit, number(code(exact)) <= i64::from(limit));
        }
    }
}
