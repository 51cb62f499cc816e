//! Scheme `signed`: a CWT (RFC 8392) in a `COSE_Sign1` (RFC 9052), Ed25519, in Base45 (RFC 9285) with the prefix `LG1:`.
//!
//! The claims are `nbf`, `exp`, `cti` (the pass) and a private one for the purpose: no name, no address, no route. There is no
//! compression, which makes a compact CWT larger. The algorithm follows from the key: the `alg` of a message is never believed.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::data::Tag;
use minicbor::{Decoder, Encoder};
use sha2::{Digest, Sha256};

use crate::{Check, Grant, Invalid, Issuer, Key, PassId, Purpose, SchemeError, Verifier, Window};

const PREFIX: &str = "LG1:";
/// COSE header labels and values (RFC 9052 section 3.1, RFC 9053 section 2.2).
const HEADER_ALG: u8 = 1;
const HEADER_KID: u8 = 4;
const ALG_EDDSA: i8 = -8;
const TAG_SIGN1: u64 = 18;
/// CWT claims (RFC 8392 section 3.1); the purpose is in the private range (section 9.1.1: below -65536).
const CLAIM_EXP: i32 = 4;
const CLAIM_NBF: i32 = 5;
const CLAIM_CTI: i32 = 7;
const CLAIM_PURPOSE: i32 = -65_537;
/// A longer text is no code of ours, whatever it decodes to: ours have fewer than 200 characters (`tests/it/cose_format.rs`).
const LONGEST_CODE: usize = 512;

/// The server's half: a signing key.
pub(crate) struct Signed {
    key: SigningKey,
    protected: Vec<u8>,
}

impl Signed {
    /// The key that follows from `seed`.
    pub(crate) fn new(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let protected = protected_header(&kid_of(&key.verifying_key()));
        Signed { key, protected }
    }

    pub(crate) fn verifier(&self) -> SignedVerifier {
        SignedVerifier { keys: vec![(kid_of(&self.key.verifying_key()), self.key.verifying_key())] }
    }
}

impl Issuer for Signed {
    fn code(&self, grant: &Grant) -> String {
        let payload = claims(grant);
        let signature = self.key.sign(&to_be_signed(&self.protected, &payload));
        let message = cbor(|e| {
            e.tag(Tag::new(TAG_SIGN1))?.array(4)?.bytes(&self.protected)?.map(0)?;
            e.bytes(&payload)?.bytes(&signature.to_bytes())?.ok()
        });
        PREFIX.to_owned() + &base45::encode(&message)
    }

    fn keys(&self) -> Vec<Key> {
        let public = self.key.verifying_key();
        vec![Key { kid: kid_of(&public), public: public.to_bytes() }]
    }
}

/// The checkpoint's half: the published keys and nothing else.
#[derive(Clone, Debug)]
pub struct SignedVerifier {
    keys: Vec<([u8; 8], VerifyingKey)>,
}

impl SignedVerifier {
    /// A verifier that trusts `keys`, as published by the server.
    ///
    /// # Errors
    /// [`SchemeError::BadKey`] when a key is no Ed25519 key.
    pub fn new(keys: &[Key]) -> Result<Self, SchemeError> {
        let parse = |key: &Key| {
            let public = VerifyingKey::from_bytes(&key.public).map_err(|_| SchemeError::BadKey)?;
            Ok((key.kid, public))
        };
        Ok(SignedVerifier { keys: keys.iter().map(parse).collect::<Result<_, _>>()? })
    }

    /// The grant in `code` when one of our keys signed it.
    fn open(&self, code: &str) -> Result<Grant, Invalid> {
        let text = code.strip_prefix(PREFIX).filter(|text| text.len() <= LONGEST_CODE).ok_or(Invalid::Malformed)?;
        let message = base45::decode(text).map_err(|_| Invalid::Malformed)?;
        let parts = parse_sign1(&message).ok_or(Invalid::Malformed)?;
        // Whoever changes one letter must not find a second valid code: Base45 that is not our own spelling is refused.
        if base45::encode(&message) != text {
            return Err(Invalid::Malformed);
        }
        let signed = to_be_signed(parts.protected, parts.payload);
        let signature = Signature::from_bytes(&parts.signature);
        let genuine = self.keys.iter().any(|(kid, key)| {
            protected_header(kid) == parts.protected && key.verify_strict(&signed, &signature).is_ok()
        });
        if genuine { parse_claims(parts.payload).ok_or(Invalid::Malformed) } else { Err(Invalid::Forged) }
    }
}

impl Verifier for SignedVerifier {
    fn check(&self, code: &str, now_s: i64) -> Check {
        match self.open(code).and_then(|grant| grant.holds(now_s).map(|()| grant)) {
            Ok(grant) => Check::Genuine(grant),
            Err(why) => Check::Invalid(why),
        }
    }
}

type EncodeError = minicbor::encode::Error<std::convert::Infallible>;

/// CBOR bytes by `write`.
fn cbor(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Result<(), EncodeError>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(192);
    // A vector takes all that is written.
    #[expect(clippy::unwrap_used)]
    write(&mut Encoder::new(&mut bytes)).unwrap();
    bytes
}

fn kid_of(key: &VerifyingKey) -> [u8; 8] {
    let digest = Sha256::digest(key.as_bytes());
    std::array::from_fn(|i| digest[i])
}

fn protected_header(kid: &[u8; 8]) -> Vec<u8> {
    cbor(|e| e.map(2)?.u8(HEADER_ALG)?.i8(ALG_EDDSA)?.u8(HEADER_KID)?.bytes(kid)?.ok())
}

/// The `Sig_structure` of RFC 9052 section 4.4.
fn to_be_signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    cbor(|e| e.array(4)?.str("Signature1")?.bytes(protected)?.bytes(&[])?.bytes(payload)?.ok())
}

fn claims(grant: &Grant) -> Vec<u8> {
    cbor(|e| {
        e.map(4)?.i32(CLAIM_EXP)?.i64(grant.window.until_s)?.i32(CLAIM_NBF)?.i64(grant.window.from_s)?;
        e.i32(CLAIM_CTI)?.bytes(grant.pass.as_bytes())?;
        e.i32(CLAIM_PURPOSE)?.u8(grant.purpose as u8)?.ok()
    })
}

struct Sign1<'a> {
    protected: &'a [u8],
    payload: &'a [u8],
    signature: [u8; 64],
}

/// The three parts of a tagged `COSE_Sign1` with an empty unprotected header; `None` for anything else, however near.
fn parse_sign1(message: &[u8]) -> Option<Sign1<'_>> {
    let mut d = Decoder::new(message);
    if d.tag().ok()? != Tag::new(TAG_SIGN1) || d.array().ok()? != Some(4) {
        return None;
    }
    let protected = d.bytes().ok()?;
    if d.map().ok()? != Some(0) {
        return None;
    }
    let payload = d.bytes().ok()?;
    let signature = d.bytes().ok()?.try_into().ok()?;
    (d.position() == message.len()).then_some(Sign1 { protected, payload, signature })
}

/// The grant of a payload that we signed ourselves: exactly our claims in our order.
fn parse_claims(payload: &[u8]) -> Option<Grant> {
    let mut d = Decoder::new(payload);
    if d.map().ok()? != Some(4) || d.i32().ok()? != CLAIM_EXP {
        return None;
    }
    let until_s = d.i64().ok()?;
    let from_s = (d.i32().ok()? == CLAIM_NBF).then(|| d.i64().ok())??;
    let pass = (d.i32().ok()? == CLAIM_CTI).then(|| d.bytes().ok())??;
    let purpose = (d.i32().ok()? == CLAIM_PURPOSE).then(|| d.u8().ok())??;
    Some(Grant {
        pass: PassId::from_bytes(pass.try_into().ok()?),
        purpose: Purpose::from_number(purpose)?,
        window: Window { from_s, until_s },
    })
}
