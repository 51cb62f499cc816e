//! Draws that follow from a seed alone.

use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};

use rand_core::TryRng;

/// `SplitMix64` (Steele, Lea & Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014): a counter and a mixing
/// function. Small, fast, and good enough for arrival times; not for secrets.
#[derive(Clone, Debug)]
pub(crate) struct SplitMix64(u64);

/// The odd constant of the paper: 2⁶⁴ divided by the golden ratio.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> Self {
        SplitMix64(seed)
    }

    fn step(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }
}

impl TryRng for SplitMix64 {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.step() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.step())
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for chunk in to.chunks_mut(8) {
            chunk.copy_from_slice(&self.step().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// The mixing function of `SplitMix64`.
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What a draw is for; keeps the draws of one request independent of each other.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(crate) enum Draw {
    /// When requests come.
    Arrivals = 1,
    /// Which kind of request.
    Kind,
    /// Which resident.
    Resident,
    /// Whether the pass shown is good.
    PassShown,
    /// Which bad pass.
    BadPass,
    /// Which seconds a resample takes.
    Resample,
    /// The seed of one of several arrival processes.
    Stream,
    /// Whether a connection is closed after a request.
    Closing,
    /// How long a known server serves.
    Service,
}

/// The number that belongs to `(seed, draw, index)`: the same on any thread and in any order.
pub(crate) const fn keyed(seed: u64, draw: Draw, index: u64) -> u64 {
    mix(mix(seed ^ (draw as u64).wrapping_mul(GAMMA)).wrapping_add(index.wrapping_mul(GAMMA)))
}

/// A number from 0 to just below 1, from 53 of the 64 bits.
pub(crate) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// A number below `bound` (Lemire's multiplication; the bias is below `bound` / 2⁶⁴).
pub(crate) fn below(bits: u64, bound: u64) -> u64 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u64
}

/// Sixteen hexadecimal characters that no other run has, so that its documents and idempotency keys are fresh. They name things
/// and decide nothing: a run's schedule follows from its seed.
pub(crate) fn run_name() -> String {
    // The standard library keys its hash maps from the operating system; an empty hash under such a key is as good as random.
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// Bytes that nobody can foretell, for what phones make up under the scheme `blind`. They decide nothing of a run's schedule.
pub(crate) fn unpredictable() -> [u8; 24] {
    let words = [(); 3].map(|()| RandomState::new().hash_one(std::process::id()).to_le_bytes());
    std::array::from_fn(|place| words[place / 8][place % 8])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::Rng;

    #[test]
    fn the_published_values() {
        // Test vector of the reference implementation (Vigna, splitmix64.c) for seed 1234567.
        let mut random = SplitMix64::new(1_234_567);
        assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn keyed_draws_are_uniform_and_differ_by_purpose() {
        let mean = (0..10_000).map(|index| unit(keyed(7, Draw::Kind, index))).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        assert_ne!(keyed(7, Draw::Kind, 3), keyed(7, Draw::Resident, 3));
        assert!((0..1_000).all(|index| below(keyed(7, Draw::Resident, index), 10) < 10));
    }

    #[test]
    fn no_two_runs_have_one_name() {
        assert_ne!(run_name(), run_name());
    }
}
