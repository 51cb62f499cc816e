//! Scheme `signed`: a CWT (RFC 8392) in a `COSE_Sign1` (RFC 9052), Ed25519 or ES256, in Base45 (RFC 9285) with the prefix `LG1:`.
//!
//! There is no compression, which makes a compact CWT larger. The algorithm follows from the key: the `alg` of a message is never
//! believed.

use std::sync::Arc;

use minicbor::Decoder;

use crate::blind::Blinded;
use crate::centre::Centre;
use crate::cose::{Sign1, cbor, header, sign1};
use crate::document::{Commitment, Salt};
use crate::key::Key;
use crate::ring::KeyRing;
use crate::scheme::{AskError, Check, Invalid, Issuer, Permit, SchemeError, Showing, Verifier};
use crate::signer::SignatureKey;
use crate::{PassId, Purpose, StatusPosition, StatusToken, Window, Zone};

const PREFIX: &str = "LG1:";
/// CWT claims (RFC 8392 section 3.1), and one in the range for private use (section 9.1.1: below -65536).
const CLAIM_EXP: i32 = 4;
const CLAIM_NBF: i32 = 5;
const CLAIM_CTI: i32 = 7;
const CLAIM_LOCKGATE: i32 = -65_537;
/// A longer text is no code of ours, whatever it decodes to: ours have at most 250 characters (`tests/it/cose_format.rs`).
const LONGEST_CODE: usize = 512;

/// All that a signed pass says: no name, no address, no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The name of the pass.
    pub pass: PassId,
    /// What it permits.
    pub purpose: Purpose,
    /// When it holds.
    pub window: Window,
    /// How far from home.
    pub zone: Zone,
    /// Whose document it belongs to, for whoever has the salt.
    pub commitment: Commitment,
    /// Where to see whether it was revoked.
    pub status: StatusPosition,
}

impl Claims {
    /// CBOR: expiry, start, name, and under one private claim the array of purpose, zone, commitment, list and index. (The `status`
    /// claim of the draft would name the list by a URI, and the QR code would grow beyond 250 characters.)
    fn encode(&self) -> Vec<u8> {
        cbor(|e| {
            e.map(4)?.i32(CLAIM_EXP)?.i64(self.window.until_s)?.i32(CLAIM_NBF)?.i64(self.window.from_s)?;
            e.i32(CLAIM_CTI)?.bytes(self.pass.as_bytes())?.i32(CLAIM_LOCKGATE)?.array(5)?;
            e.u8(self.purpose as u8)?.u8(self.zone as u8)?.bytes(self.commitment.as_bytes())?;
            e.u32(self.status.list)?.u32(self.status.index)?.ok()
        })
    }

    /// The claims of a payload that we signed ourselves: exactly ours, in our order.
    fn decode(payload: &[u8]) -> Option<Self> {
        let mut d = Decoder::new(payload);
        let (4, CLAIM_EXP) = (d.map().ok()??, d.i32().ok()?) else { return None };
        let until_s = d.i64().ok()?;
        let from_s = (d.i32().ok()? == CLAIM_NBF).then(|| d.i64().ok())??;
        let pass = (d.i32().ok()? == CLAIM_CTI).then(|| d.bytes().ok())??;
        let (CLAIM_LOCKGATE, 5) = (d.i32().ok()?, d.array().ok()??) else { return None };
        let claims = Claims {
            pass: PassId::from_bytes(pass.try_into().ok()?),
            window: Window { from_s, until_s },
            purpose: Purpose::from_number(d.u8().ok()?)?,
            zone: Zone::from_number(d.u8().ok()?)?,
            commitment: Commitment::from_bytes(d.bytes().ok()?.try_into().ok()?),
            status: StatusPosition { list: d.u32().ok()?, index: d.u32().ok()? },
        };
        (d.position() == payload.len()).then_some(claims)
    }
}

/// The server's half.
pub(crate) struct Signed {
    pub(crate) ring: Arc<KeyRing>,
    pub(crate) centre: Arc<Centre>,
}

impl Signed {
    fn code(&self, permit: &Permit, salt: &Salt) -> String {
        let grant = &permit.grant;
        let claims = Claims {
            pass: grant.pass,
            purpose: grant.purpose,
            window: grant.window,
            zone: permit.zone,
            commitment: permit.document.commit(salt),
            status: self.centre.status(grant.pass),
        };
        let signer = self.ring.signer(grant.window.from_s);
        let header = header(signer.algorithm(), &signer.public().kid(), None);
        PREFIX.to_owned() + &base45::encode(sign1(&signer, &header, &claims.encode()))
    }
}

impl Issuer for Signed {
    fn prepare(&self, now_s: i64) {
        self.ring.era(now_s);
    }

    fn accept(&self, blinded: Option<&str>, _purpose: Purpose, _window: Window) -> Result<Option<Blinded>, AskError> {
        blinded.map_or(Ok(None), |_| Err(AskError::NothingToSign))
    }

    fn commits_to_document(&self) -> bool {
        true
    }

    fn show(&self, permit: &Permit, _blinded: Option<&Blinded>) -> Result<Showing, AskError> {
        let salt = self.centre.salt(permit.grant.pass);
        Ok(Showing::Code { code: self.code(permit, &salt), spoken: None, salt: Some(salt) })
    }

    fn keys(&self, now_s: i64) -> Vec<Key> {
        self.ring.era(now_s).keys.clone()
    }

    fn sign_status(&self, list: &StatusToken) -> Option<Vec<u8>> {
        Some(list.sign(&self.ring))
    }
}

/// The checkpoint's half: the published keys and nothing else.
#[derive(Clone, Debug, Default)]
pub struct SignedVerifier {
    keys: Vec<Trusted>,
}

#[derive(Clone, Debug)]
struct Trusted {
    pass_header: Vec<u8>,
    list_header: Vec<u8>,
    key: SignatureKey,
    window: Window,
}

/// What a signed message is.
#[derive(Clone, Copy)]
pub(crate) enum Message {
    Pass,
    StatusList,
}

impl SignedVerifier {
    /// A verifier that trusts `keys`, as published by the server.
    ///
    /// # Errors
    /// [`SchemeError::BadKey`] when a key is none of a signature.
    pub fn new(keys: &[Key]) -> Result<Self, SchemeError> {
        let trusted = |key: &Key| {
            let ready = SignatureKey::new(&key.public).ok_or(SchemeError::BadKey)?;
            let header = |media_type| header(ready.algorithm(), &key.kid, media_type);
            let (pass_header, list_header) = (header(None), header(Some(crate::wire::STATUS_LIST_CWT)));
            Ok(Trusted { pass_header, list_header, key: ready, window: key.window })
        };
        Ok(SignedVerifier { keys: keys.iter().map(trusted).collect::<Result<_, _>>()? })
    }

    /// The payload of `message` when one of our keys signed it as this kind, and when that key signs.
    pub(crate) fn open<'a>(&self, message: &'a [u8], kind: Message) -> Result<(&'a [u8], Window), Invalid> {
        let parts = Sign1::parse(message).ok_or(Invalid::Malformed)?;
        let header = |trusted: &&Trusted| {
            let header = match kind {
                Message::Pass => &trusted.pass_header,
                Message::StatusList => &trusted.list_header,
            };
            header == parts.header
        };
        let trusted = self.keys.iter().find(header).ok_or(Invalid::Forged)?;
        let genuine = trusted.key.verifies(&parts.signed(), &parts.signature);
        if genuine { Ok((parts.payload, trusted.window)) } else { Err(Invalid::Forged) }
    }

    fn claims(&self, code: &str) -> Result<Claims, Invalid> {
        let text = code.strip_prefix(PREFIX).filter(|text| text.len() <= LONGEST_CODE).ok_or(Invalid::Malformed)?;
        let message = base45::decode(text).map_err(|_| Invalid::Malformed)?;
        let (payload, signs) = self.open(&message, Message::Pass)?;
        // Whoever changes one letter must not find a second valid code: Base45 that is not our own spelling is refused.
        if base45::encode(&message) != text {
            return Err(Invalid::Malformed);
        }
        let claims = Claims::decode(payload).ok_or(Invalid::Malformed)?;
        // A key that was stolen when its time was over makes no new passes.
        if claims.window.until_s <= signs.until_s { Ok(claims) } else { Err(Invalid::Forged) }
    }
}

impl Verifier for SignedVerifier {
    fn check(&self, code: &str, now_s: i64) -> Check {
        match self.claims(code).and_then(|claims| claims.window.holds(now_s).map(|()| claims)) {
            Ok(claims) => Check::Genuine(claims),
            Err(why) => Check::Invalid(why),
        }
    }
}

/// The checkpoint's half as the centre runs it: with the keys of the moment.
pub(crate) struct RingVerifier(pub(crate) Arc<KeyRing>);

impl Verifier for RingVerifier {
    fn check(&self, code: &str, now_s: i64) -> Check {
        self.0.era(now_s).verifier.check(code, now_s)
    }
}
