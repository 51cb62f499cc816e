//! Numbers inside, other numbers outside: keyed permutations.
//!
//! What is counted or ordered inside must not be read off a code that strangers see. A permutation hides it without a table: whoever
//! has the key goes either way, everybody else sees numbers that look drawn by lot, and no two inside meet outside.

use sha2::{Digest, Sha256};

/// A permutation of the numbers of `2 * half_bits` bits: a balanced Feistel network with SHA-256 as its round function.
///
/// The key, round, tweak and half fill less than one block of SHA-256, and all inputs have one length, so a round is one compression.
/// Four rounds with independent random functions cannot be told from a random permutation before some 2^(half bits / 2) numbers were seen
/// (Luby and Rackoff, "How to construct pseudorandom permutations from pseudorandom functions", 1988); small domains need more
/// (NIST SP 800-38G takes ten).
#[derive(Clone)]
pub(crate) struct Permutation {
    key: [u8; 32],
    half_bits: u32,
    rounds: u8,
}

impl Permutation {
    /// Of the numbers of 128 bits.
    pub(crate) const fn wide(key: [u8; 32]) -> Self {
        Permutation { key, half_bits: 64, rounds: 6 }
    }

    /// Of the numbers of `2 * half_bits` bits.
    pub(crate) const fn narrow(key: [u8; 32], half_bits: u32) -> Self {
        Permutation { key, half_bits, rounds: 10 }
    }

    /// Where `number` goes. Each `tweak` is a permutation of its own.
    pub(crate) fn forward(&self, tweak: u64, number: u128) -> u128 {
        let (left, right) = (0..self.rounds).fold(self.split(number), |(left, right), round| {
            (right, left ^ self.round(round, tweak, right)) //
        });
        self.join(left, right)
    }

    /// What [`Permutation::forward`] takes to `number`.
    pub(crate) fn backward(&self, tweak: u64, number: u128) -> u128 {
        let (left, right) = (0..self.rounds).rev().fold(self.split(number), |(left, right), round| {
            (right ^ self.round(round, tweak, left), left) //
        });
        self.join(left, right)
    }

    fn split(&self, number: u128) -> (u64, u64) {
        ((number >> self.half_bits) as u64 & self.mask(), number as u64 & self.mask())
    }

    fn join(&self, left: u64, right: u64) -> u128 {
        u128::from(left) << self.half_bits | u128::from(right)
    }

    fn mask(&self) -> u64 {
        u64::MAX >> (64 - self.half_bits)
    }

    fn round(&self, round: u8, tweak: u64, half: u64) -> u64 {
        let mut input = [0; 49];
        input[..32].copy_from_slice(&self.key);
        input[32] = round;
        input[33..41].copy_from_slice(&tweak.to_be_bytes());
        input[41..].copy_from_slice(&half.to_be_bytes());
        let digest = Sha256::digest(input);
        u64::from_be_bytes(std::array::from_fn(|place| digest[place])) & self.mask()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn it_leads_back(key: [u8; 32], tweak: u64, number: u128, half_bits in 1..=64_u32) {
            let permutation = Permutation::narrow(key, half_bits);
            let number = number & (u128::MAX >> (128 - 2 * half_bits));
            prop_assert_eq!(permutation.backward(tweak, permutation.forward(tweak, number)), number);
            prop_assert_eq!(permutation.forward(tweak, permutation.backward(tweak, number)), number);
            let wide = Permutation::wide(key);
            prop_assert_eq!(wide.backward(tweak, wide.forward(tweak, number)), number);
        }
    }

    #[test]
    fn no_two_numbers_meet_and_key_and_tweak_matter() {
        let permuted = |key, tweak| {
            let permutation = Permutation::narrow([key; 32], 5);
            (0..1_024).map(|number| permutation.forward(tweak, number)).collect::<Vec<_>>()
        };
        let all: HashSet<u128> = permuted(1, 0).into_iter().collect();
        assert_eq!(all.len(), 1_024);
        assert!(all.iter().all(|number| *number < 1_024));
        assert_ne!(permuted(1, 0), permuted(2, 0));
        assert_ne!(permuted(1, 0), permuted(1, 1));
    }
}
