//! The server's one secret, and the keys that follow from it.

use hmac::{Hmac, KeyInit, Mac};
use passes::{NameKey, TokenKey};
use sha2::Sha256;

/// 32 random bytes that belong to a store: residents' names, their tokens and the signing key all follow from them, so a server
/// that restarts with its store goes on as if nothing had happened.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// A new secret.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Secret(bytes))
    }

    /// The secret with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Secret(bytes)
    }

    /// The 32 bytes. Keep them to yourself.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of residents' names and tokens.
    pub fn token_key(&self) -> TokenKey {
        TokenKey::new(self.derive(b"lockgate token key 1"))
    }

    /// The key of passes' names.
    pub fn name_key(&self) -> NameKey {
        NameKey::new(self.derive(b"lockgate name key 1"))
    }

    /// The seed of the signing key.
    pub fn signing_seed(&self) -> [u8; 32] {
        self.derive(b"lockgate signing seed 1")
    }

    /// HMAC-SHA256 as a key derivation function: each label gives a key of its own.
    fn derive(&self, label: &[u8]) -> [u8; 32] {
        #[expect(clippy::unwrap_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).unwrap();
        mac.update(label);
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}
