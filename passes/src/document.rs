//! The document a pass belongs to, without the document.
//!
//! A signed pass carries a *commitment*: a digest of the document's number with a salt. The code alone tells nothing of the number, as
//! the salt of 128 bits is not in it; with the salt, which only the phone has, an officer who holds the document in hand sees whether it is
//! the one. Without a salt all ten-digit numbers could be tried in an hour.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::code;
use crate::id::IdError;

/// A digest of a document's number, the same wherever it is made. It does not hide the number (there are too few numbers), so it is
/// kept and sent nowhere as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DocumentDigest([u8; 16]);

impl DocumentDigest {
    /// The digest of a document's number. Blanks and the case of letters do not count: one types what one reads.
    pub fn of(number: &str) -> Self {
        let plain: String =
            number.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).collect();
        let digest = Sha256::new().chain_update(b"lockgate document\0").chain_update(plain).finalize();
        DocumentDigest(std::array::from_fn(|place| digest[place]))
    }

    /// Nobody's, for who [commits to none](crate::Issuer::commits_to_document): it is no digest of a document that anybody knows.
    pub const NOBODY: DocumentDigest = DocumentDigest([0; 16]);

    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        DocumentDigest(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// What a pass says of the document: the first 128 bits of SHA-256 over salt and digest.
    pub fn commit(&self, salt: &Salt) -> Commitment {
        let digest = Sha256::new().chain_update(salt.0).chain_update(self.0).finalize();
        Commitment(std::array::from_fn(|place| digest[place]))
    }
}

impl fmt::Debug for DocumentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentDigest(..)")
    }
}

/// What opens a [`Commitment`]: each pass has its own, so two passes of one person have nothing in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt([u8; 16]);

impl Salt {
    /// The salt with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Salt(bytes)
    }

    /// Reads the 26 characters that [`Display`](fmt::Display) writes.
    ///
    /// # Errors
    /// [`IdError`] when `text` is not 26 characters of Crockford's Base32.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        code::base32_decode(text).map(Salt).ok_or(IdError)
    }
}

impl fmt::Display for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&code::base32_encode(&self.0))
    }
}

/// What a signed pass says of its holder's document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitment([u8; 16]);

impl Commitment {
    /// The commitment with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Commitment(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Whether the pass belongs to the document with this `number`.
    pub fn is_of(&self, number: &str, salt: &Salt) -> bool {
        DocumentDigest::of(number).commit(salt) == *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_number_and_salt_together_open_a_commitment() {
        let (salt, other) = (Salt::from_bytes([1; 16]), Salt::from_bytes([2; 16]));
        let commitment = DocumentDigest::of("22 04 123456ab").commit(&salt);
        assert!(commitment.is_of("2204123456AB", &salt));
        assert!(!commitment.is_of("2204123457AB", &salt));
        assert!(!commitment.is_of("2204123456AB", &other));
        assert_eq!(Salt::parse(&salt.to_string()), Ok(salt));
    }
}
