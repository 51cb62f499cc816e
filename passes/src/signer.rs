//! The two ways to sign: the one place where signature crates are called.

use ed25519_dalek::{Signer as _, Verifier as _};

use crate::derive::derive;
use crate::key::{Algorithm, PublicKey};

/// Bytes of a signature, in either way.
pub(crate) const SIGNATURE_BYTES: usize = 64;

/// A secret key.
pub(crate) enum Signer {
    Ed25519(ed25519_dalek::SigningKey),
    Es256(p256::ecdsa::SigningKey),
}

impl Signer {
    /// The key number `number` that follows from `seed`.
    pub(crate) fn new(algorithm: Algorithm, seed: &[u8; 32], number: i64) -> Self {
        let bytes = derive(seed, algorithm.name(), number);
        match algorithm {
            Algorithm::Ed25519 => Signer::Ed25519(ed25519_dalek::SigningKey::from_bytes(&bytes)),
            Algorithm::Es256 => Signer::Es256(p256_key(bytes)),
        }
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        match self {
            Signer::Ed25519(_) => Algorithm::Ed25519,
            Signer::Es256(_) => Algorithm::Es256,
        }
    }

    pub(crate) fn public(&self) -> PublicKey {
        match self {
            Signer::Ed25519(key) => PublicKey::Ed25519(key.verifying_key().to_bytes()),
            Signer::Es256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                // The first byte says that both coordinates follow.
                PublicKey::Es256(std::array::from_fn(|place| point.as_bytes()[1 + place]))
            }
        }
    }

    /// The signature of `message`; always the same.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        match self {
            Signer::Ed25519(key) => key.sign(message).to_bytes(),
            Signer::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.normalize_s().to_bytes().into()
            }
        }
    }
}

/// A P-256 key of `bytes`. One in 2³² is no number below the order of the curve: then the next is taken.
fn p256_key(mut bytes: [u8; 32]) -> p256::ecdsa::SigningKey {
    loop {
        match p256::ecdsa::SigningKey::from_slice(&bytes) {
            Ok(key) => return key,
            Err(_) => bytes = derive(&bytes, "again", 0),
        }
    }
}

/// A public key made ready to verify.
#[derive(Clone, Debug)]
pub(crate) enum SignatureKey {
    Ed25519(ed25519_dalek::VerifyingKey),
    Es256(p256::ecdsa::VerifyingKey),
}

impl SignatureKey {
    /// The key with these numbers; `None` when they are no point of the curve, or of another kind.
    pub(crate) fn new(public: &PublicKey) -> Option<Self> {
        match public {
            PublicKey::Ed25519(point) => ed25519_dalek::VerifyingKey::from_bytes(point).ok().map(SignatureKey::Ed25519),
            PublicKey::Es256(point) => {
                let sec1 = [&[4], point.as_slice()].concat();
                p256::ecdsa::VerifyingKey::from_sec1_bytes(&sec1).ok().map(SignatureKey::Es256)
            }
            PublicKey::BlindRsa { .. } => None,
        }
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        match self {
            SignatureKey::Ed25519(_) => Algorithm::Ed25519,
            SignatureKey::Es256(_) => Algorithm::Es256,
        }
    }

    /// Whether `signature` is this key's signature of `message`, in its only form: nobody makes a second valid one of it.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        match self {
            SignatureKey::Ed25519(key) => key.verify_strict(message, &signature.into()).is_ok(),
            SignatureKey::Es256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| signature.normalize_s() == signature && key.verify(message, &signature).is_ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_belongs_to_its_key_and_message_and_has_one_form() {
        for algorithm in Algorithm::ALL {
            let signer = Signer::new(algorithm, &[1; 32], 7);
            let key = SignatureKey::new(&signer.public()).unwrap();
            let signature = signer.sign(b"message");
            assert_eq!(signature, Signer::new(algorithm, &[1; 32], 7).sign(b"message"));
            assert!(key.verifies(b"message", &signature));
            assert!(!key.verifies(b"massage", &signature));
            let other = Signer::new(algorithm, &[1; 32], 8);
            assert!(!SignatureKey::new(&other.public()).unwrap().verifies(b"message", &signature));
        }
        // ECDSA's other form of the same signature: s and n - s are both right by the book.
        let signer = Signer::new(Algorithm::Es256, &[1; 32], 7);
        let signature = p256::ecdsa::Signature::from_slice(&signer.sign(b"message")).unwrap();
        let (r, s) = signature.split_scalars();
        let twin = p256::ecdsa::Signature::from_scalars(r, -s).unwrap();
        assert!(!SignatureKey::new(&signer.public()).unwrap().verifies(b"message", &twin.to_bytes().into()));
    }
}
