//! Our hand-written CBOR read by a second implementation (coset).

use coset::cbor::value::Value;
use coset::{CborSerializable, CoseSign1, TaggedCborSerializable, iana};
use ed25519_dalek::{Signature, VerifyingKey};
use passes::{Grant, PassId, Purpose, SchemeKind, Window};

#[test]
fn coset_reads_and_verifies_a_signed_pass() {
    let scheme = SchemeKind::Signed.build(&[9; 32]);
    let window = Window { from_s: 1_585_900_000, until_s: 1_585_910_800 };
    let grant = Grant { pass: PassId::from_bytes([3; 16]), purpose: Purpose::Rubbish, window };
    let code = scheme.issuer.code(&grant);
    let bytes = base45::decode(code.strip_prefix("LG1:").unwrap()).unwrap();

    let message = CoseSign1::from_tagged_slice(&bytes).unwrap();
    let key = &scheme.issuer.keys()[0];
    assert_eq!(message.protected.header.alg, Some(coset::Algorithm::Assigned(iana::Algorithm::EdDSA)));
    assert_eq!(message.protected.header.key_id, key.kid);
    message
        .verify_signature(b"", |signature, data| {
            let public = VerifyingKey::from_bytes(&key.public).unwrap();
            public.verify_strict(data, &Signature::from_slice(signature).unwrap())
        })
        .unwrap();

    let claims = coset::cwt::ClaimsSet::from_slice(message.payload.as_deref().unwrap()).unwrap();
    assert_eq!(claims.not_before, Some(coset::cwt::Timestamp::WholeSeconds(window.from_s)));
    assert_eq!(claims.expiration_time, Some(coset::cwt::Timestamp::WholeSeconds(window.until_s)));
    assert_eq!(claims.cwt_id.as_deref(), Some(grant.pass.as_bytes().as_slice()));
    let purpose = coset::RegisteredLabelWithPrivate::PrivateUse(-65_537);
    assert_eq!(claims.rest, [(purpose, Value::from(Purpose::Rubbish as u8))]);
    assert!(message.unprotected.is_empty(), "nothing outside the signature");
    assert!(code.len() < 200, "{} characters: keep the QR code small", code.len());
}
