//! Idempotency keys, digested.

use passes::wire::PassRequest;
use sha2::{Digest, Sha256};

/// A digest of an idempotency key. The key itself is the client's text and is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyDigest([u8; 16]);

impl KeyDigest {
    /// The digest of `key`: 128 bits of SHA-256.
    pub fn of(key: &str) -> Self {
        KeyDigest(first_bytes(key.as_bytes()))
    }

    /// The digest with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        KeyDigest(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// An idempotency key and what was asked with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The key.
    pub key: KeyDigest,
    /// 128 bits of SHA-256 over the request: a key used for two things is noticed, and nobody finds two requests that look the same,
    /// which under `blind` would be two passes for one.
    pub request: [u8; 16],
}

impl Asked {
    /// `request`, asked with `key`.
    pub fn new(key: KeyDigest, request: &PassRequest) -> Self {
        // Absent fields are written as such, so no two requests have the same text.
        let PassRequest { purpose, valid_from_s, duration_s, blinded } = request;
        let text = format!("{purpose} {valid_from_s:?} {duration_s:?} {blinded:?}");
        Asked { key, request: first_bytes(text.as_bytes()) }
    }
}

fn first_bytes<const N: usize>(message: &[u8]) -> [u8; N] {
    let digest = Sha256::digest(message);
    std::array::from_fn(|i| digest[i])
}

#[cfg(test)]
mod tests {
    use super::*;
    use passes::Purpose;

    #[test]
    fn every_part_of_a_request_counts() {
        let request =
            |purpose, valid_from_s, duration_s| PassRequest { purpose, valid_from_s, duration_s, blinded: None };
        let key = KeyDigest::of("a");
        let all = [
            request(Purpose::Pet, None, None),
            request(Purpose::Work, None, None),
            request(Purpose::Pet, Some(60), None),
            request(Purpose::Pet, None, Some(60)),
            PassRequest { blinded: Some("AA".into()), ..request(Purpose::Pet, None, None) },
        ];
        for (i, one) in all.iter().enumerate() {
            for (j, other) in all.iter().enumerate() {
                assert_eq!(Asked::new(key, one) == Asked::new(key, other), i == j);
            }
        }
        assert_ne!(KeyDigest::of("a"), KeyDigest::of("b"));
    }
}
