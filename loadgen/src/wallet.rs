//! What residents hold: tokens, passes, codes; and the bad passes that somebody will show.

use crate::random::run_name;
use crate::schedule::People;

/// What the residents of a run hold. It grows with residents, never with requests.
#[derive(Debug)]
pub struct Wallet {
    pub(crate) shards: Vec<Shard>,
    pub(crate) bad: BadPasses,
    pub(crate) residents: u32,
    pub(crate) holders: u32,
    pub(crate) patients: u32,
    /// Passes asked for in turn so far, over all runs with this wallet.
    pub(crate) issued: u64,
    /// Runs so far; keeps the idempotency keys of one apart from those of the next.
    pub(crate) runs: u32,
    pub(crate) name: String,
}

/// Codes that permit nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct BadPasses {
    /// Genuine, and their time is over.
    pub(crate) expired: Vec<String>,
    /// Well formed, and never issued by this target.
    pub(crate) unknown: Vec<String>,
}

impl Wallet {
    /// A wallet of nobody, for `threads` sending threads.
    pub fn new(threads: usize) -> Self {
        Wallet {
            shards: (0..threads.max(1)).map(|_| Shard::default()).collect(),
            bad: BadPasses::default(),
            residents: 0,
            holders: 0,
            patients: 0,
            issued: 0,
            runs: 0,
            name: run_name(),
        }
    }

    /// How many residents there are; newcomers get their token in the run.
    pub fn residents(&self) -> u32 {
        self.residents
    }

    pub(crate) fn people(&self) -> People {
        let &Wallet { residents, holders, patients, issued, .. } = self;
        People { residents, holders, patients, issued }
    }

    /// Gives `resident` this `token`.
    pub(crate) fn set_token(&mut self, resident: u32, token: &str) {
        let (lane, place) = self.locate(resident);
        self.shards[lane].tokens.set(place, token);
        self.residents = self.residents.max(resident + 1);
    }

    /// The code that `resident` holds.
    pub(crate) fn code(&self, resident: u32) -> Option<&str> {
        let (lane, place) = self.locate(resident);
        self.shards[lane].codes.get(place)
    }

    fn locate(&self, resident: u32) -> (usize, usize) {
        let lanes = self.shards.len();
        (resident as usize % lanes, resident as usize / lanes)
    }
}

/// What the residents of one sending thread hold; `place` is the resident's number divided by the number of threads.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    pub(crate) tokens: Texts,
    pub(crate) codes: Texts,
    pub(crate) passes: Texts,
}

/// Short texts of nearly equal length in one block of memory, by number. A resident costs the length of the longest, not an
/// allocation of its own.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// Of each place: two bytes of length, then room for the longest text so far.
    bytes: Vec<u8>,
    stride: usize,
}

const LENGTH_BYTES: usize = 2;
/// No identifier, token or code of any scheme is longer; whatever is longer does not fit a QR code anyway.
pub(crate) const LONGEST_TEXT: usize = 4_096;

impl Texts {
    /// The text at `place`, if there is one.
    pub(crate) fn get(&self, place: usize) -> Option<&str> {
        let slot = self.bytes.get(place * self.stride..)?.get(..self.stride)?;
        let (length, text) = slot.split_first_chunk::<LENGTH_BYTES>()?;
        let length = usize::from(u16::from_le_bytes(*length));
        std::str::from_utf8(&text[..length]).ok().filter(|text| !text.is_empty())
    }

    /// Puts `text` at `place`; an empty text takes away what was there.
    pub(crate) fn set(&mut self, place: usize, text: &str) {
        debug_assert!(text.len() <= LONGEST_TEXT);
        if text.len() + LENGTH_BYTES > self.stride {
            self.widen(text.len() + LENGTH_BYTES);
        }
        let start = place * self.stride;
        if self.bytes.len() < start + self.stride {
            self.bytes.resize(start + self.stride, 0);
        }
        let slot = &mut self.bytes[start..start + self.stride];
        slot[..LENGTH_BYTES].copy_from_slice(&(text.len() as u16).to_le_bytes());
        slot[LENGTH_BYTES..LENGTH_BYTES + text.len()].copy_from_slice(text.as_bytes());
    }

    /// Lays the texts out anew. Happens a few times in a wallet's life: the texts of one target have one length, give or take.
    fn widen(&mut self, stride: usize) {
        let old = self.stride.max(1);
        let mut bytes = vec![0; self.bytes.len() / old * stride];
        for (from, to) in self.bytes.chunks_exact(old).zip(bytes.chunks_exact_mut(stride)) {
            to[..from.len()].copy_from_slice(from);
        }
        (self.bytes, self.stride) = (bytes, stride);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn texts_are_a_map(steps in prop::collection::vec((0..40_usize, "[a-z]{0,12}"), 0..80)) {
            let (mut texts, mut map) = (Texts::default(), HashMap::new());
            for (place, text) in &steps {
                texts.set(*place, text);
                map.insert(*place, text.as_str());
            }
            for place in 0..41 {
                let there = map.get(&place).copied().filter(|text| !text.is_empty());
                prop_assert_eq!(texts.get(place), there);
            }
        }
    }

    #[test]
    fn residents_are_dealt_to_threads_in_turn() {
        let mut wallet = Wallet::new(2);
        for (resident, token) in (0..).zip(["a", "b", "c"]) {
            wallet.set_token(resident, token);
        }
        assert_eq!(wallet.residents(), 3);
        assert_eq!(wallet.shards[0].tokens.get(1), Some("c"));
        assert_eq!(wallet.shards[1].tokens.get(0), Some("b"));
        assert_eq!(wallet.code(1), None);
    }
}
