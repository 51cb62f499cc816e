//! From a pass's serial number to its place in a status list, and back.

use super::LIST_BITS;
use crate::permutation::Permutation;

/// Where the status of a pass stands: a list, and a bit in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusPosition {
    /// The number of the list: a million passes each, in the order in which they were issued.
    pub list: u32,
    /// The bit in the list, `0..StatusList::ENTRIES`.
    pub index: u32,
}

/// Gives every serial number its own place: the list by counting, the bit in it as if drawn by lot.
#[derive(Clone)]
pub struct StatusPermutation(Permutation);

impl StatusPermutation {
    /// The permutation with these 32 secret bytes.
    pub const fn new(key: [u8; 32]) -> Self {
        StatusPermutation(Permutation::narrow(key, LIST_BITS / 2))
    }

    /// The place of the pass with this serial number.
    pub fn position(&self, serial: u32) -> StatusPosition {
        let list = serial >> LIST_BITS;
        let low = u128::from(serial & ((1 << LIST_BITS) - 1));
        StatusPosition { list, index: self.0.forward(u64::from(list), low) as u32 }
    }

    /// The serial number whose place `position` is.
    pub fn serial(&self, position: StatusPosition) -> u32 {
        let low = self.0.backward(u64::from(position.list), u128::from(position.index)) as u32;
        position.list << LIST_BITS | low
    }
}

impl std::fmt::Debug for StatusPermutation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StatusPermutation(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StatusList;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_place_leads_back_to_its_pass(key: [u8; 32], serial: u32) {
            let permutation = StatusPermutation::new(key);
            let position = permutation.position(serial);
            prop_assert_eq!(position.list, serial >> 20);
            prop_assert!(position.index < StatusList::ENTRIES);
            prop_assert_eq!(permutation.serial(position), serial);
        }
    }

    #[test]
    fn a_million_passes_have_a_million_places() {
        let permutation = StatusPermutation::new([5; 32]);
        let mut taken = vec![false; StatusList::ENTRIES as usize];
        for serial in 0..StatusList::ENTRIES {
            let position = permutation.position(serial);
            assert_eq!(position.list, 0);
            assert!(!std::mem::replace(&mut taken[position.index as usize], true));
        }
    }

    #[test]
    fn neighbours_in_time_are_no_neighbours_in_the_list() {
        let permutation = StatusPermutation::new([6; 32]);
        let index = |serial| f64::from(permutation.position(serial).index);
        let distances: f64 = (0..1_000).map(|serial| (index(serial) - index(serial + 1)).abs()).sum::<f64>() / 1_000.0;
        // Two places drawn by lot are a third of the list apart on average; the mean of a thousand has a deviation of 0.8 %.
        let expected = f64::from(StatusList::ENTRIES) / 3.0;
        assert!((distances - expected).abs() < 0.05 * expected, "{distances}");
    }
}
