//! Which passes are revoked, as a list of bits that anybody may fetch whole.
//!
//! The form is that of the IETF's Token Status List (draft-ietf-oauth-status-list): one bit a pass, compressed with zlib, in a signed CWT. Whoever
//! fetches a list of a million passes does not tell which of them is being looked at. Which bit is whose follows from a keyed
//! permutation, so that neighbours in a list were not neighbours in a queue.

mod list;
mod position;
mod token;

pub use list::{StatusList, StatusListError};
pub use position::{StatusPermutation, StatusPosition};
pub use token::StatusToken;

/// Entries of one list, as a power of two: a million. Raw 128 KiB, and by the draft's appendix B some 14 kB at 1 % revoked.
const LIST_BITS: u32 = 20;
