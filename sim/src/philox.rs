//! Philox4x32-10: a random number as a pure function of a counter and a key.
//!
//! Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). A generator without state lets any
//! thread draw for any resident on any day and get the same numbers.

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// The four random words of `counter` under `key`.
#[inline(always)]
pub(crate) fn philox4x32(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let products =
            [u64::from(MULTIPLIERS[0]) * u64::from(counter[0]), u64::from(MULTIPLIERS[1]) * u64::from(counter[2])];
        counter = [
            (products[1] >> 32) as u32 ^ counter[1] ^ key[0],
            products[1] as u32,
            (products[0] >> 32) as u32 ^ counter[3] ^ key[1],
            products[0] as u32,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// The words of one counter after another, for tests that need many.
#[cfg(test)]
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    counter: [u32; 4],
    key: [u32; 2],
    words: Vec<u32>,
}

#[cfg(test)]
impl Stream {
    pub(crate) fn new(counter: [u32; 4], key: [u32; 2]) -> Self {
        Stream { counter, key, words: Vec::new() }
    }

    pub(crate) fn next_u32(&mut self) -> u32 {
        if self.words.is_empty() {
            self.words.extend(philox4x32(self.counter, self.key).into_iter().rev());
            self.counter[3] = self.counter[3].wrapping_add(1);
        }
        self.words.pop().unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known-answer vectors that the authors publish with their Random123 library (`kat_vectors`).
    #[test]
    fn known_answers() {
        let ones = u32::MAX;
        assert_eq!(philox4x32([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox4x32([ones; 4], [ones; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            philox4x32([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }
}
