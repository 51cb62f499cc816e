//! `COSE_Sign1` (RFC 9052 section 4.2), the envelope of passes and of status lists.

use minicbor::data::Tag;
use minicbor::{Decoder, Encoder};

use crate::key::{Algorithm, Kid};
use crate::signer::{SIGNATURE_BYTES, Signer};

/// Header labels (RFC 9052 section 3.1; RFC 9596 for the type).
const HEADER_ALG: u8 = 1;
const HEADER_KID: u8 = 4;
const HEADER_TYPE: u8 = 16;
const TAG_SIGN1: u64 = 18;

type EncodeError = minicbor::encode::Error<std::convert::Infallible>;

/// CBOR bytes by `write`.
pub(crate) fn cbor(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Result<(), EncodeError>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(192);
    #[expect(clippy::unwrap_used, reason = "a vector takes all that is written")]
    write(&mut Encoder::new(&mut bytes)).unwrap();
    bytes
}

/// The header under the signature: algorithm, key and, where the media type is told, the type. It follows from the key, so a verifier
/// writes it too and compares; it never reads one.
pub(crate) fn header(algorithm: Algorithm, kid: &Kid, media_type: Option<&str>) -> Vec<u8> {
    cbor(|e| {
        e.map(2 + u64::from(media_type.is_some()))?;
        e.u8(HEADER_ALG)?.i8(algorithm.cose())?.u8(HEADER_KID)?.bytes(kid)?;
        media_type.map_or(Ok(()), |media_type| e.u8(HEADER_TYPE)?.str(media_type)?.ok())
    })
}

/// The message that `signer` makes of `payload`.
pub(crate) fn sign1(signer: &Signer, header: &[u8], payload: &[u8]) -> Vec<u8> {
    let signature = signer.sign(&to_be_signed(header, payload));
    cbor(|e| {
        e.tag(Tag::new(TAG_SIGN1))?.array(4)?.bytes(header)?.map(0)?;
        e.bytes(payload)?.bytes(&signature)?.ok()
    })
}

/// The parts of a message.
pub(crate) struct Sign1<'a> {
    pub(crate) header: &'a [u8],
    pub(crate) payload: &'a [u8],
    pub(crate) signature: [u8; SIGNATURE_BYTES],
}

impl<'a> Sign1<'a> {
    /// The parts of `message`; `None` for what [`sign1`] does not write, such as anything in the unprotected header.
    pub(crate) fn parse(message: &'a [u8]) -> Option<Self> {
        let mut d = Decoder::new(message);
        if d.tag().ok()? != Tag::new(TAG_SIGN1) || d.array().ok()? != Some(4) {
            return None;
        }
        let header = d.bytes().ok()?;
        if d.map().ok()? != Some(0) {
            return None;
        }
        let payload = d.bytes().ok()?;
        let signature = d.bytes().ok()?.try_into().ok()?;
        (d.position() == message.len()).then_some(Sign1 { header, payload, signature })
    }

    /// What was signed.
    pub(crate) fn signed(&self) -> Vec<u8> {
        to_be_signed(self.header, self.payload)
    }
}

/// `Sig_structure` (RFC 9052 section 4.4).
fn to_be_signed(header: &[u8], payload: &[u8]) -> Vec<u8> {
    cbor(|e| e.array(4)?.str("Signature1")?.bytes(header)?.bytes(&[])?.bytes(payload)?.ok())
}
