//! The list itself: a bit a pass.

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use super::LIST_BITS;

/// zlib's level 6: its default, which the draft's own figures use.
const LEVEL: u8 = 6;

/// The statuses of a million passes; a set bit is a revoked pass.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusList(Vec<u8>);

/// Bytes are no status list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a status list of {} entries in zlib form", StatusList::ENTRIES)]
pub struct StatusListError;

impl StatusList {
    /// Entries of a list.
    pub const ENTRIES: u32 = 1 << LIST_BITS;

    /// A list that revokes nothing.
    pub fn new() -> Self {
        StatusList(vec![0; Self::ENTRIES as usize / 8])
    }

    /// Marks the pass at `index` as revoked.
    ///
    /// # Panics
    /// When `index` is not below [`StatusList::ENTRIES`].
    pub fn revoke(&mut self, index: u32) {
        self.0[index as usize / 8] |= 1 << (index % 8);
    }

    /// Whether the pass at `index` is revoked. What is beyond the list is not.
    pub fn is_revoked(&self, index: u32) -> bool {
        self.0.get(index as usize / 8).is_some_and(|byte| byte >> (index % 8) & 1 == 1)
    }

    /// How many are revoked.
    pub fn revoked(&self) -> u32 {
        self.0.iter().map(|byte| byte.count_ones()).sum()
    }

    /// The bits, eight a byte, the least significant first (section 4.1 of the draft).
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bits compressed with zlib, as they are sent.
    pub fn compress(&self) -> Vec<u8> {
        compress_to_vec_zlib(&self.0, LEVEL)
    }

    /// The list that [`StatusList::compress`] made these bytes of.
    ///
    /// # Errors
    /// [`StatusListError`] when they are no zlib stream, or one of another length; what unpacks to more is not unpacked.
    pub fn decompress(bytes: &[u8]) -> Result<Self, StatusListError> {
        let length = Self::ENTRIES as usize / 8;
        let unpacked = decompress_to_vec_zlib_with_limit(bytes, length).map_err(|_| StatusListError)?;
        if unpacked.len() == length { Ok(StatusList(unpacked)) } else { Err(StatusListError) }
    }
}

impl Default for StatusList {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for StatusList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StatusList({} revoked)", self.revoked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_list_is_a_set_and_survives_its_journey(indices: BTreeSet<u16>) {
            let mut list = StatusList::new();
            let indices: BTreeSet<u32> = indices.into_iter().map(|index| u32::from(index) * 16 + 5).collect();
            indices.iter().for_each(|index| list.revoke(*index));
            let read = StatusList::decompress(&list.compress()).unwrap();
            prop_assert_eq!(&read, &list);
            prop_assert_eq!(read.revoked() as usize, indices.len());
            for index in &indices {
                prop_assert!(read.is_revoked(*index));
                prop_assert_eq!(read.is_revoked(index + 1), indices.contains(&(index + 1)));
            }
        }

        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>) {
            let _ = StatusList::decompress(&bytes);
        }
    }

    /// Section 4.1 of the draft: statuses 1 0 0 1 1 1 0 1, 1 1 0 0 0 1 0 1 are the bytes b9 a3.
    #[test]
    fn bits_stand_where_the_draft_puts_them() {
        let mut list = StatusList::new();
        for index in [0, 3, 4, 5, 7, 8, 9, 13, 15] {
            list.revoke(index);
        }
        assert_eq!(list.as_bytes()[..3], [0xb9, 0xa3, 0]);
    }

    #[test]
    fn what_is_too_long_or_too_short_is_refused() {
        for length in [0, 131_071, 131_073, 10_000_000] {
            let bytes = compress_to_vec_zlib(&vec![0; length], LEVEL);
            assert_eq!(StatusList::decompress(&bytes), Err(StatusListError), "{length}");
        }
    }
}
