//! The phone's half: blinds what it asks to have signed, and makes its code of the answer.

use blind_rsa_signatures::{BlindSignature, BlindingResult};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};

use super::token::{NONCE_BYTES, code, message, public_key};
use super::{PublicKey, RSA_BYTES};
use crate::base64url;
use crate::key::Key;
use crate::scheme::SchemeError;

/// What a phone keeps between asking and showing.
pub(crate) struct Blinding {
    key: PublicKey,
    message: Vec<u8>,
    blinding: BlindingResult,
}

impl Blinding {
    /// Blinds a token for `key`; all that is random about it follows from `secret`, which must be random and used once.
    pub(crate) fn new(key: &Key, secret: [u8; 32]) -> Result<Self, SchemeError> {
        let mut random = ChaCha20Rng::from_seed(secret);
        let mut nonce = [0; NONCE_BYTES];
        random.fill_bytes(&mut nonce);
        let message = message(&key.kid, &nonce);
        let key = public_key(key)?;
        let blinding = key.blind(&mut random, &message).map_err(|_| SchemeError::BadKey)?;
        Ok(Blinding { key, message, blinding })
    }

    /// What to send as `blinded`.
    pub(crate) fn blinded(&self) -> String {
        base64url::encode(&self.blinding.blind_message)
    }

    /// The code to show, of what the server sent as `blind_signature`.
    pub(crate) fn code(&self, signature: &str) -> Result<String, SchemeError> {
        let bytes = base64url::decode(signature).filter(|bytes| bytes.len() == RSA_BYTES);
        let signature = BlindSignature(bytes.ok_or(SchemeError::BadSignature)?);
        // Finalising verifies: a wrong signature is noticed here and not at the checkpoint.
        let signature = self.key.finalize(&signature, &self.blinding, &self.message);
        Ok(code(&self.message, &signature.map_err(|_| SchemeError::BadSignature)?))
    }
}
