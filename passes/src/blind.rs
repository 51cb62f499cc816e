//! Scheme `blind`: a token that issuer and verifier cannot link, good for one check.
//!
//! Blind RSA signatures (RFC 9474, RSABSSA-SHA384-PSS-Deterministic, 2,048 bits, as in Privacy Pass's token type 2, RFC 9578). The phone makes
//! up a random number and sends it *blinded*; the server counts the pass against the quota and signs what it cannot read; the phone
//! unblinds the signature. Whoever sees the token sees a signature that the server has never seen. What it permits is said by the key
//! alone: each purpose and local day has its own, so all tokens of one purpose and day look the same.
//!
//! A token is copied as easily as it is shown. So a check spends it: the centre keeps a digest of every token spent until its day is
//! over, and nothing of who spent it.

mod days;
mod phone;
mod token;

use std::sync::Arc;

use crate::base64url;
use crate::key::Key;
use crate::scheme::{AskError, Check, Issuer, Permit, Showing, Verifier};
use crate::{Purpose, Window};

pub(crate) use days::BlindDays;
pub(crate) use phone::Blinding;
pub use token::{BlindVerifier, Voucher};

/// Bytes of a modulus, of what is signed, and of signatures.
const RSA_BYTES: usize = 256;
/// A hash and padding of RFC 9474 with a random salt; the message is random itself and needs no other randomness.
type PublicKey = blind_rsa_signatures::PublicKeySha384PSSDeterministic;
type SecretKey = blind_rsa_signatures::SecretKeySha384PSSDeterministic;
type KeyPair = blind_rsa_signatures::KeyPairSha384PSSDeterministic;

/// What a phone wants signed, blinded.
#[derive(Clone, PartialEq, Eq)]
pub struct Blinded(Vec<u8>);

impl Blinded {
    /// Reads what a phone sent: 256 bytes in unpadded base64url.
    ///
    /// # Errors
    /// [`AskError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, AskError> {
        let bytes = base64url::decode(text).filter(|bytes| bytes.len() == RSA_BYTES);
        bytes.map(Blinded).ok_or(AskError::Malformed)
    }
}

impl std::fmt::Debug for Blinded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Blinded(..)")
    }
}

/// The server's half.
pub(crate) struct Blind(pub(crate) Arc<BlindDays>);

impl Issuer for Blind {
    fn prepare(&self, now_s: i64) {
        self.0.prepare(now_s);
    }

    fn accept(&self, blinded: Option<&str>, purpose: Purpose, window: Window) -> Result<Option<Blinded>, AskError> {
        let blinded = Blinded::parse(blinded.ok_or(AskError::NotBlinded)?)?;
        let key = self.0.key(purpose, window.from_s).ok_or(AskError::NoKey)?;
        if key.takes(&blinded) { Ok(Some(blinded)) } else { Err(AskError::Malformed) }
    }

    fn show(&self, permit: &Permit, blinded: Option<&Blinded>) -> Result<Showing, AskError> {
        let grant = &permit.grant;
        let window = self.0.day(grant.window.from_s);
        let sign = |blinded| {
            let key = self.0.key(grant.purpose, grant.window.from_s).ok_or(AskError::NoKey)?;
            key.sign(blinded)
        };
        Ok(Showing::Blind { window, signature: blinded.map(sign).transpose()? })
    }

    fn keys(&self, _now_s: i64) -> Vec<Key> {
        self.0.published()
    }

    fn can_withdraw(&self) -> bool {
        false
    }
}

impl Verifier for Arc<BlindDays> {
    fn check(&self, code: &str, now_s: i64) -> Check {
        self.made().verifier.check(code, now_s)
    }
}
