//! Whose passes: an index in memory.
//!
//! A quota is a question about one resident's last passes. A table in that order would be written at a random place for every pass,
//! and each such place is a page of the database; the index stands in memory instead, and the database is only appended to. It
//! follows from the rows and is made anew when a store is opened.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use passes::ResidentId;

/// Parts of the index; a part that outgrows its table is moved alone, while nobody waits long.
const PARTS: usize = 256;

/// For every resident the serials of the passes that are kept, from the newest on.
///
/// Each serial leads to the one before it of the same resident: a list through one array, four bytes a pass.
#[derive(Debug)]
pub(super) struct Holdings {
    newest: Vec<HashMap<ResidentId, u32, BuildHasherDefault<DigestHasher>>>,
    /// By serial, from `first` on: the serial before it of the same resident, or [`NONE`].
    before: VecDeque<u32>,
    first: u32,
}

/// No pass has this serial.
pub(super) const NONE: u32 = 0;

impl Holdings {
    pub(super) fn new() -> Self {
        Holdings { newest: vec![HashMap::default(); PARTS], before: VecDeque::new(), first: NONE + 1 }
    }

    /// Notes a pass. Serials come in ascending order; some may be left out.
    pub(super) fn push(&mut self, serial: u32, resident: ResidentId) {
        if self.before.is_empty() {
            self.first = serial;
        }
        let place = (serial - self.first) as usize;
        self.before.resize(place, NONE);
        let before = self.newest[part(&resident)].insert(resident, serial);
        self.before.push_back(before.unwrap_or(NONE));
    }

    /// Takes back the last [`Holdings::push`], which was of `resident`.
    pub(super) fn pop(&mut self, resident: ResidentId) {
        let newest = &mut self.newest[part(&resident)];
        match self.before.pop_back() {
            None | Some(NONE) => newest.remove(&resident),
            Some(before) => newest.insert(resident, before),
        };
    }

    /// The serials of the resident's passes, from the newest on. Rows of some of them may be purged already.
    pub(super) fn newest_first(&self, resident: ResidentId) -> impl Iterator<Item = u32> {
        let newest = self.newest[part(&resident)].get(&resident).copied();
        std::iter::successors(newest, |serial| self.before(*serial))
    }

    fn before(&self, serial: u32) -> Option<u32> {
        let place = serial.checked_sub(self.first)? as usize;
        self.before.get(place).copied().filter(|before| *before >= self.first)
    }

    /// Whether the index knows a pass of `resident`.
    pub(super) fn holds_any(&self, resident: ResidentId) -> bool {
        self.newest[part(&resident)].contains_key(&resident)
    }

    /// Forgets the passes below `first`, the residents who hold no other in one `part` of [`Holdings::parts`].
    pub(super) fn forget_below(&mut self, first: u32, part: usize) {
        let gone = (first.saturating_sub(self.first) as usize).min(self.before.len());
        self.before.drain(..gone);
        self.first = self.first.max(first);
        self.newest[part].retain(|_, newest| *newest >= first);
        self.newest[part].shrink_to_fit();
    }

    /// The parts of the index, so that a long work can be done in short ones.
    pub(super) fn parts() -> std::ops::Range<usize> {
        0..PARTS
    }

    /// Bytes of memory it takes.
    pub(super) fn bytes(&self) -> u64 {
        // A table has eight places for seven entries, and a byte beside each.
        let entry = size_of::<(ResidentId, u32)>() + 1;
        let tables: usize = self.newest.iter().map(|part| part.capacity() * 8 / 7 * entry).sum();
        (tables + self.before.capacity() * size_of::<u32>()) as u64
    }
}

/// The last byte of a name; the hash is of the first eight.
fn part(resident: &ResidentId) -> usize {
    usize::from(resident.as_bytes()[15])
}

/// Names of residents are digests under a secret key: their own bytes are as good as any hash of them, and nobody can choose them.
#[derive(Debug, Default)]
struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte));
    }

    /// The length, always the same.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn resident(number: u8) -> ResidentId {
        ResidentId::from_bytes([number; 16])
    }

    fn held(holdings: &Holdings, number: u8) -> Vec<u32> {
        holdings.newest_first(resident(number)).collect()
    }

    #[test]
    fn what_was_taken_back_was_never_there() {
        let mut holdings = Holdings::new();
        for (serial, number) in [(1, 1), (2, 2), (4, 1)] {
            holdings.push(serial, resident(number));
        }
        holdings.pop(resident(1));
        assert_eq!((held(&holdings, 1), held(&holdings, 2)), (vec![1], vec![2]));
        holdings.push(4, resident(3));
        holdings.pop(resident(3));
        assert!(!holdings.holds_any(resident(3)) && held(&holdings, 3).is_empty());
        holdings.push(3, resident(2));
        assert_eq!(held(&holdings, 2), [3, 2]);
    }

    proptest! {
        #[test]
        fn everybody_has_their_own_passes_newest_first(
            passes in prop::collection::vec((1..4_u32, 0..3_u8), 0..60),
            first in 0..100_u32,
        ) {
            let mut holdings = Holdings::new();
            let mut listed: Vec<(u32, u8)> = Vec::new();
            let mut serial = 0;
            for (step, number) in passes {
                serial += step;
                holdings.push(serial, resident(number));
                listed.insert(0, (serial, number));
            }
            let of = |number, first| listed.iter().filter(|pass| pass.1 == number && pass.0 >= first).map(|pass| pass.0).collect::<Vec<_>>();
            for number in 0..3 {
                prop_assert_eq!(held(&holdings, number), of(number, 0));
            }
            Holdings::parts().for_each(|part| holdings.forget_below(first, part));
            for number in 0..3 {
                prop_assert_eq!(held(&holdings, number), of(number, first));
                prop_assert_eq!(holdings.holds_any(resident(number)), !of(number, first).is_empty());
            }
            let next = serial.max(first) + 1;
            holdings.push(next, resident(0));
            prop_assert_eq!(held(&holdings, 0)[0], next);
            prop_assert_eq!(&held(&holdings, 0)[1..], &of(0, first));
        }
    }
}
