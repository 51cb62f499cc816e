//! What is shown: the key's name, a random number, the signature. And how a checkpoint reads it.

use blind_rsa_signatures::Signature;
use sha2::{Digest, Sha256};

use super::{PublicKey, RSA_BYTES};
use crate::key::{self, Key, Kid};
use crate::scheme::{Check, Invalid, SchemeError, Verifier};
use crate::{Purpose, Window};

const PREFIX: &str = "LGB:";
const KID_BYTES: usize = 8;
pub(super) const NONCE_BYTES: usize = 32;
const TOKEN_BYTES: usize = KID_BYTES + NONCE_BYTES + RSA_BYTES;
/// Base45 makes three characters of two bytes.
const CODE_CHARS: usize = PREFIX.len() + TOKEN_BYTES / 2 * 3;

/// What is signed: all of a token before its signature.
pub(super) fn message(kid: &Kid, nonce: &[u8; NONCE_BYTES]) -> Vec<u8> {
    [kid.as_slice(), nonce].concat()
}

/// The text of a token: prefix and Base45 of what is signed and the signature.
pub(super) fn code(message: &[u8], signature: &[u8]) -> String {
    PREFIX.to_owned() + &base45::encode([message, signature].concat())
}

/// A genuine token. It is worth something to the first who spends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// What it permits.
    pub purpose: Purpose,
    /// The day on which it does.
    pub window: Window,
    /// What the centre remembers of it when it is spent: 128 bits of SHA-256 over all that was signed.
    pub digest: [u8; 16],
}

/// The checkpoint's half: the published keys and nothing else.
#[derive(Clone, Debug, Default)]
pub struct BlindVerifier {
    keys: Vec<Trusted>,
}

#[derive(Clone, Debug)]
struct Trusted {
    kid: Kid,
    key: PublicKey,
    purpose: Purpose,
    window: Window,
}

impl BlindVerifier {
    /// A verifier that trusts `keys`, as published by the server.
    ///
    /// # Errors
    /// [`SchemeError::BadKey`] when a key is none for blind signatures, or none for one purpose.
    pub fn new(keys: &[Key]) -> Result<Self, SchemeError> {
        let trusted = |key: &Key| {
            let (ready, purpose) = (public_key(key)?, key.purpose.ok_or(SchemeError::BadKey)?);
            Ok(Trusted { kid: key.kid, key: ready, purpose, window: key.window })
        };
        Ok(BlindVerifier { keys: keys.iter().map(trusted).collect::<Result<_, _>>()? })
    }

    fn voucher(&self, code: &str) -> Result<Voucher, Invalid> {
        let text = code.strip_prefix(PREFIX).filter(|_| code.len() == CODE_CHARS).ok_or(Invalid::Malformed)?;
        let token = base45::decode(text).ok().filter(|token| token.len() == TOKEN_BYTES).ok_or(Invalid::Malformed)?;
        // Whoever changes one letter must not find a second valid code: Base45 that is not our own spelling is refused.
        if base45::encode(&token) != text {
            return Err(Invalid::Malformed);
        }
        let (message, signature) = token.split_at(KID_BYTES + NONCE_BYTES);
        let trusted = self.keys.iter().find(|trusted| message.starts_with(&trusted.kid)).ok_or(Invalid::Forged)?;
        let genuine = trusted.key.verify(&Signature(signature.to_vec()), None, message);
        genuine.map_err(|_| Invalid::Forged)?;
        let digest = Sha256::digest(message);
        let digest = std::array::from_fn(|place| digest[place]);
        Ok(Voucher { purpose: trusted.purpose, window: trusted.window, digest })
    }
}

impl Verifier for BlindVerifier {
    fn check(&self, code: &str, now_s: i64) -> Check {
        match self.voucher(code).and_then(|voucher| voucher.window.holds(now_s).map(|()| voucher)) {
            Ok(voucher) => Check::Spend(voucher),
            Err(why) => Check::Invalid(why),
        }
    }
}

/// A published key made ready for use.
pub(super) fn public_key(key: &Key) -> Result<PublicKey, SchemeError> {
    let key::PublicKey::BlindRsa { modulus, exponent } = &key.public else { return Err(SchemeError::BadKey) };
    if modulus.len() != RSA_BYTES || exponent.len() > 8 {
        return Err(SchemeError::BadKey);
    }
    let bits = 8 * RSA_BYTES as u32;
    let number = |bytes: &[u8], bits| rsa::BoxedUint::from_be_slice(bytes, bits).map_err(|_| SchemeError::BadKey);
    let inner = rsa::RsaPublicKey::new(number(modulus, bits)?, number(exponent, 64)?);
    inner.map(PublicKey::new).map_err(|_| SchemeError::BadKey)
}
