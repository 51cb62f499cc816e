//! Names of passes and residents, and the resident's credential.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::code;
use crate::derive::derive;
use crate::document::DocumentDigest;
use crate::permutation::Permutation;

/// A text is not an identifier or token: wrong length or alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a well-formed identifier")]
pub struct IdError;

/// The name of a pass as everybody sees it: 128 bits that tell nothing, neither when it was issued nor how many there are.
///
/// A server that wants to know where it keeps a pass makes its names with [`NameKey`](crate::NameKey).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PassId([u8; 16]);

impl PassId {
    /// The name with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        PassId(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads the 26 characters that [`Display`](fmt::Display) writes.
    ///
    /// # Errors
    /// [`IdError`] when `text` is not 26 characters of Crockford's Base32.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        code::base32_decode(text).map(PassId).ok_or(IdError)
    }
}

impl fmt::Display for PassId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&code::base32_encode(&self.0))
    }
}

impl fmt::Debug for PassId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PassId({self})")
    }
}

/// The server's name for a resident: the digest of the document number behind a keyed permutation, so that one document is one
/// resident and the number itself is kept nowhere. Only the server's key leads back to the digest ([`TokenKey::document`]).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResidentId([u8; 16]);

impl ResidentId {
    /// The resident with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        ResidentId(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for ResidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&code::base32_encode(&self.0))
    }
}

impl fmt::Debug for ResidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResidentId({self})")
    }
}

/// The bearer credential of a resident: the resident's name and a MAC over it, 52 characters. The server keeps no table of
/// credentials; [`TokenKey::open`] recomputes the MAC.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The text to send as `Authorization: Bearer`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The server's secret from which resident names and tokens follow.
#[derive(Clone)]
pub struct TokenKey {
    residents: Permutation,
    /// Keyed once: that is half the work of a MAC over one name.
    tokens: Hmac<Sha256>,
}

impl TokenKey {
    /// The key with these 32 secret bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        let residents = Permutation::wide(derive(&bytes, "lockgate residents 1", 0));
        #[expect(clippy::unwrap_used, reason = "HMAC takes keys of any length")]
        let tokens = Hmac::new_from_slice(&derive(&bytes, "lockgate tokens 1", 0)).unwrap();
        TokenKey { residents, tokens }
    }

    /// The name of the resident who holds the document with this number.
    pub fn resident(&self, document: &str) -> ResidentId {
        let digest = u128::from_be_bytes(*DocumentDigest::of(document).as_bytes());
        ResidentId(self.residents.forward(0, digest).to_be_bytes())
    }

    /// The digest of the document that `resident` holds: enough to commit to it, too little to show it.
    pub fn document(&self, resident: ResidentId) -> DocumentDigest {
        let name = u128::from_be_bytes(resident.0);
        DocumentDigest::from_bytes(self.residents.backward(0, name).to_be_bytes())
    }

    /// The credential of `resident`.
    pub fn token(&self, resident: ResidentId) -> Token {
        let mac = self.mac(&resident.0);
        Token(code::base32_encode(&resident.0) + &code::base32_encode(&mac))
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// [`IdError`] when `token` is malformed or was not made with this key.
    pub fn open(&self, token: &str) -> Result<ResidentId, IdError> {
        let (name, mac) = token.split_at_checked(code::BASE32_CHARS).ok_or(IdError)?;
        let resident = code::base32_decode(name).ok_or(IdError)?;
        let mac = code::base32_decode(mac).ok_or(IdError)?;
        // Compared in constant time: how long a wrong token takes must not tell how nearly right it was.
        let differing = self.mac(&resident).iter().zip(mac).fold(0, |all, (a, b)| all | (a ^ b));
        if differing == 0 { Ok(ResidentId(resident)) } else { Err(IdError) }
    }

    fn mac(&self, message: &[u8]) -> [u8; 16] {
        let digest = self.tokens.clone().chain_update(message).finalize().into_bytes();
        std::array::from_fn(|i| digest[i])
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pass_ids_read_back() {
        let pass = PassId::from_bytes([0xa7; 16]);
        assert_eq!(PassId::parse(&pass.to_string()), Ok(pass));
        assert_eq!(PassId::parse("short"), Err(IdError));
    }

    #[test]
    fn a_resident_is_a_document_and_the_key_leads_back_to_its_digest() {
        let key = TokenKey::new([7; 32]);
        let resident = key.resident("22 04 123456");
        assert_eq!(key.resident("2204123456"), resident);
        assert_ne!(TokenKey::new([8; 32]).resident("2204123456"), resident);
        assert_eq!(key.document(resident), DocumentDigest::of("2204 123456"));
    }

    #[test]
    fn only_the_right_key_opens_a_token() {
        let key = TokenKey::new([7; 32]);
        let resident = key.resident("22 04 123456");
        let token = key.token(resident);
        assert_eq!(token.as_str().len(), 52);
        assert_eq!(key.open(token.as_str()), Ok(resident));
        assert_eq!(TokenKey::new([8; 32]).open(token.as_str()), Err(IdError));
        assert_eq!(key.open("ü"), Err(IdError));
        let other = key.token(key.resident("22 04 123457"));
        let mixed = token.as_str()[..26].to_owned() + &other.as_str()[26..];
        assert_eq!(key.open(&mixed), Err(IdError));
    }
}
