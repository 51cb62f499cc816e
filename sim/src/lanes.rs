//! Doing the same with many random words, as many at a time as the processor at hand can.
//!
//! The loop is compiled for several kinds of processors, and the one for the processor at hand is taken when the program runs. It
//! works on a few words that stand by themselves, from which the compiler sees that no result overwrites the tables it looks into.

use pulp::{Arch, Simd, WithSimd};

/// How many words are worked on at a time: as many as the widest registers hold.
pub(crate) const LANES: usize = 16;

/// What is found for each of some words.
pub(crate) trait Lookup {
    /// What is found for each of these words.
    fn lanes(&self, words: [u32; LANES]) -> [u32; LANES];
}

/// Puts what is found for each of `words` into `values`.
pub(crate) fn look_up(lookup: &impl Lookup, words: &[u32], values: &mut Vec<u32>) {
    values.resize(words.len(), 0);
    Arch::new().dispatch(All { lookup, words, values });
}

struct All<'a, L> {
    lookup: &'a L,
    words: &'a [u32],
    values: &'a mut [u32],
}

impl<L: Lookup> WithSimd for All<'_, L> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (words, last_words) = self.words.as_chunks::<LANES>();
        let (values, last_values) = self.values.as_chunks_mut::<LANES>();
        for (values, words) in values.iter_mut().zip(words) {
            *values = self.lookup.lanes(*words);
        }
        let mut last = [0; LANES];
        last[..last_words.len()].copy_from_slice(last_words);
        last_values.copy_from_slice(&self.lookup.lanes(last)[..last_words.len()]);
    }
}
