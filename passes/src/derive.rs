//! Keys from one secret.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA256 as a key derivation function: each label and number give a key of their own.
pub(crate) fn derive(seed: &[u8; 32], label: &str, number: i64) -> [u8; 32] {
    #[expect(clippy::unwrap_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(seed).unwrap();
    // The number has a fixed length, so no two pairs of label and number are one text.
    mac.update(label.as_bytes());
    mac.update(&number.to_be_bytes());
    mac.finalize().into_bytes().into()
}
