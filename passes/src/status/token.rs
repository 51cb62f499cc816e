//! A status list as it is sent: signed, so that whoever passes it on cannot shorten it.

use minicbor::Decoder;

use super::StatusList;
use crate::cose::{cbor, header, sign1};
use crate::ring::KeyRing;
use crate::scheme::Invalid;
use crate::signed::{Message, SignedVerifier};
use crate::wire::STATUS_LIST_CWT;

/// CWT claims (RFC 8392 section 3.1), and those of draft-ietf-oauth-status-list section 5.2.
const CLAIM_SUB: u16 = 2;
const CLAIM_EXP: u16 = 4;
const CLAIM_IAT: u16 = 6;
const CLAIM_STATUS_LIST: u16 = 65_533;
const CLAIM_TTL: u16 = 65_534;
/// What the address of a list begins with; its number follows.
const ADDRESS: &str = "/v1/revocations/";

/// A status list and until when it may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusToken {
    /// The number of the list.
    pub list: u32,
    /// When it was made, in Unix seconds.
    pub issued_s: i64,
    /// When it must no longer be used, in Unix seconds.
    pub expires_s: i64,
    /// After how many seconds to fetch the next one.
    pub ttl_s: u32,
    /// The list.
    pub statuses: StatusList,
}

impl StatusToken {
    /// Where the list with this number is fetched.
    pub fn address(list: u32) -> String {
        format!("{ADDRESS}{list}")
    }

    /// The list as a CWT in a `COSE_Sign1`, signed by the key of the moment.
    pub(crate) fn sign(&self, ring: &KeyRing) -> Vec<u8> {
        let payload = cbor(|e| {
            e.map(5)?.u16(CLAIM_SUB)?.str(&StatusToken::address(self.list))?;
            e.u16(CLAIM_EXP)?.i64(self.expires_s)?.u16(CLAIM_IAT)?.i64(self.issued_s)?;
            e.u16(CLAIM_STATUS_LIST)?.map(2)?.str("bits")?.u8(1)?.str("lst")?.bytes(&self.statuses.compress())?;
            e.u16(CLAIM_TTL)?.u32(self.ttl_s)?.ok()
        });
        let signer = ring.signer(self.issued_s);
        sign1(&signer, &header(signer.algorithm(), &signer.public().kid(), Some(STATUS_LIST_CWT)), &payload)
    }

    /// The list in `bytes`, as a checkpoint reads it at `now_s`.
    ///
    /// # Errors
    /// [`Invalid::Malformed`], [`Invalid::Forged`] or [`Invalid::Expired`].
    pub fn open(bytes: &[u8], keys: &SignedVerifier, now_s: i64) -> Result<Self, Invalid> {
        let (payload, _) = keys.open(bytes, Message::StatusList)?;
        let token = StatusToken::decode(payload).ok_or(Invalid::Malformed)?;
        if now_s < token.expires_s { Ok(token) } else { Err(Invalid::Expired) }
    }

    /// The claims of a payload that we signed ourselves: exactly ours, in our order.
    fn decode(payload: &[u8]) -> Option<Self> {
        let mut d = Decoder::new(payload);
        let (5, CLAIM_SUB) = (d.map().ok()??, d.u16().ok()?) else { return None };
        let list = d.str().ok()?.strip_prefix(ADDRESS)?.parse().ok()?;
        let expires_s = (d.u16().ok()? == CLAIM_EXP).then(|| d.i64().ok())??;
        let issued_s = (d.u16().ok()? == CLAIM_IAT).then(|| d.i64().ok())??;
        let (CLAIM_STATUS_LIST, 2) = (d.u16().ok()?, d.map().ok()??) else { return None };
        let ("bits", 1, "lst") = (d.str().ok()?, d.u8().ok()?, d.str().ok()?) else { return None };
        let statuses = StatusList::decompress(d.bytes().ok()?).ok()?;
        let ttl_s = (d.u16().ok()? == CLAIM_TTL).then(|| d.u32().ok())??;
        (d.position() == payload.len()).then_some(StatusToken { list, issued_s, expires_s, ttl_s, statuses })
    }
}
