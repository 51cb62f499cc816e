//! Our hand-written CBOR and COSE: read by a second implementation (coset), and closed to what others would smuggle in.

use coset::cbor::value::Value;
use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable, iana};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use passes::{
    Algorithm, Check, Grant, Invalid, PublicKey, Salt, SchemeKind, SignedVerifier, StatusList, StatusToken, Verifier,
};

use crate::world::{NOW_S, World, a_permit};

fn world(algorithm: Algorithm) -> World {
    World::new(SchemeKind::Signed, algorithm, [9; 32])
}

/// The bytes of a code.
fn bytes(code: &str) -> Vec<u8> {
    base45::decode(code.strip_prefix("LG1:").unwrap()).unwrap()
}

fn verify(world: &World, message: &CoseSign1) {
    let key = world.keys.iter().find(|key| key.kid.as_slice() == message.protected.header.key_id).unwrap();
    message
        .verify_signature(b"", |signature, data| match &key.public {
            PublicKey::Ed25519(point) => {
                VerifyingKey::from_bytes(point).unwrap().verify_strict(data, &Signature::from_slice(signature).unwrap())
            }
            PublicKey::Es256(point) => {
                use p256::ecdsa::signature::Verifier;
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&[&[4], point.as_slice()].concat()).unwrap();
                key.verify(data, &p256::ecdsa::Signature::from_slice(signature).unwrap())
            }
            PublicKey::BlindRsa { .. } => panic!("no key of this scheme"),
        })
        .unwrap();
}

#[test]
fn coset_reads_and_verifies_a_signed_pass() {
    for (algorithm, cose) in [(Algorithm::Ed25519, iana::Algorithm::EdDSA), (Algorithm::Es256, iana::Algorithm::ES256)]
    {
        let (world, permit) = (world(algorithm), a_permit());
        let (code, answer) = world.issue(&permit, [0; 32]);
        let message = CoseSign1::from_tagged_slice(&bytes(&code)).unwrap();
        assert_eq!(message.protected.header.alg, Some(coset::Algorithm::Assigned(cose)));
        verify(&world, &message);

        let claims = coset::cwt::ClaimsSet::from_slice(message.payload.as_deref().unwrap()).unwrap();
        let Grant { pass, purpose, window } = permit.grant;
        assert_eq!(claims.not_before, Some(coset::cwt::Timestamp::WholeSeconds(window.from_s)));
        assert_eq!(claims.expiration_time, Some(coset::cwt::Timestamp::WholeSeconds(window.until_s)));
        assert_eq!(claims.cwt_id.as_deref(), Some(pass.as_bytes().as_slice()));
        let commitment = permit.document.commit(&Salt::parse(&answer.salt.unwrap()).unwrap());
        let place = world.scheme.centre.status(pass);
        let values = [
            Value::from(purpose as u8),
            Value::from(permit.zone as u8),
            Value::Bytes(commitment.as_bytes().to_vec()),
            Value::from(place.list),
            Value::from(place.index),
        ];
        let label = coset::RegisteredLabelWithPrivate::PrivateUse(-65_537);
        assert_eq!(claims.rest, [(label, Value::Array(values.to_vec()))], "nothing else is in it");
        assert!(message.unprotected.is_empty(), "nothing outside the signature");
        assert!(code.len() <= 231, "{} characters", code.len());
    }
}

/// A genuine payload in a message whose header was written and signed by somebody else's rules.
fn forged(
    world: &World,
    build: impl FnOnce(HeaderBuilder, Vec<u8>) -> (HeaderBuilder, Box<dyn FnOnce(&[u8]) -> Vec<u8>>),
) -> String {
    let genuine = CoseSign1::from_tagged_slice(&bytes(&world.code(&a_permit()))).unwrap();
    let kid = genuine.protected.header.key_id.clone();
    let (header, sign) = build(HeaderBuilder::new().key_id(kid.clone()), kid);
    let message = CoseSign1Builder::new()
        .protected(header.build())
        .payload(genuine.payload.unwrap())
        .create_signature(b"", |data| sign(data))
        .build();
    "LG1:".to_owned() + &base45::encode(message.to_tagged_vec().unwrap())
}

#[test]
fn the_algorithm_follows_from_the_key_and_not_from_the_message() {
    // Another algorithm in the header, signed by another key under the name of ours; or none; or with our public key as a secret.
    let thief = SigningKey::from_bytes(&[66; 32]);
    for algorithm in Algorithm::ALL {
        let world = world(algorithm);
        let attempts =
            [iana::Algorithm::ES256, iana::Algorithm::EdDSA, iana::Algorithm::HMAC_256_256, iana::Algorithm::PS256];
        for claimed in attempts {
            let thief = thief.clone();
            let code = forged(&world, move |header, _| {
                (header.algorithm(claimed), Box::new(move |data| thief.sign(data).to_bytes().to_vec()))
            });
            assert_eq!(world.checkpoint.check(&code, NOW_S), Check::Invalid(Invalid::Forged), "{claimed:?}");
        }
        let code = forged(&world, |header, _| (header, Box::new(|_| vec![0; 64])));
        assert_eq!(world.checkpoint.check(&code, NOW_S), Check::Invalid(Invalid::Forged), "no algorithm");
    }
}

#[test]
fn a_genuine_signature_under_another_header_is_worth_nothing() {
    // The right key signs, and the header says something more: a type, a critical label. Ours say nothing of the kind.
    let world = world(Algorithm::Ed25519);
    let genuine = CoseSign1::from_tagged_slice(&bytes(&world.code(&a_permit()))).unwrap();
    let mut moved = genuine.clone();
    moved.unprotected = HeaderBuilder::new().key_id(vec![1]).build();
    let untagged = genuine.clone().to_vec().unwrap();
    for bytes in [moved.to_tagged_vec().unwrap(), untagged] {
        let code = "LG1:".to_owned() + &base45::encode(&bytes);
        assert_eq!(world.checkpoint.check(&code, NOW_S), Check::Invalid(Invalid::Malformed));
    }
}

#[test]
fn coset_reads_a_status_list_and_a_checkpoint_uses_it() {
    for algorithm in Algorithm::ALL {
        let (world, permit) = (world(algorithm), a_permit());
        let Check::Genuine(claims) = world.checkpoint.check(&world.code(&permit), NOW_S) else { panic!("genuine") };
        let mut statuses = StatusList::new();
        statuses.revoke(claims.status.index);
        let sent =
            StatusToken { list: claims.status.list, issued_s: NOW_S, expires_s: NOW_S + 60, ttl_s: 30, statuses };
        let bytes = world.scheme.issuer.sign_status(&sent).unwrap();

        let keys = SignedVerifier::new(&world.keys).unwrap();
        let read = StatusToken::open(&bytes, &keys, NOW_S + 59).unwrap();
        assert_eq!(read, sent);
        assert!(read.statuses.is_revoked(claims.status.index));
        assert_eq!(StatusToken::open(&bytes, &keys, NOW_S + 60), Err(Invalid::Expired));
        let others = SignedVerifier::new(&World::new(SchemeKind::Signed, algorithm, [8; 32]).keys).unwrap();
        assert_eq!(StatusToken::open(&bytes, &others, NOW_S), Err(Invalid::Forged));

        // A list is no pass, and a pass no list: each has its own type under the signature.
        let as_code = "LG1:".to_owned() + &base45::encode(&bytes);
        assert!(matches!(keys.check(&as_code, NOW_S), Check::Invalid(_)));
        let as_list = StatusToken::open(&self::bytes(&world.code(&permit)), &keys, NOW_S);
        assert_eq!(as_list, Err(Invalid::Forged));

        let message = CoseSign1::from_tagged_slice(&bytes).unwrap();
        verify(&world, &message);
        let payload = Value::from_slice(message.payload.as_deref().unwrap()).unwrap();
        let claims = payload.into_map().unwrap();
        let claim =
            |label: i32| claims.iter().find(|(key, _)| *key == Value::from(label)).map(|(_, value)| value.clone());
        assert_eq!(claim(2), Some(Value::Text(StatusToken::address(sent.list))));
        assert_eq!((claim(6), claim(4)), (Some(Value::from(NOW_S)), Some(Value::from(NOW_S + 60))));
        let list = claim(65_533).unwrap().into_map().unwrap();
        assert_eq!(list[0], (Value::Text("bits".into()), Value::from(1)));
        assert_eq!(StatusList::decompress(list[1].1.as_bytes().unwrap()), Ok(sent.statuses));
    }
}

#[test]
fn passes_of_yesterday_s_key_hold_after_the_key_has_changed() {
    // One key a day for passes of three days: whoever holds one shows it under four keys that came after.
    use passes::{KeyPlan, NameKey, SchemeSettings};
    let keys = KeyPlan { algorithm: Algorithm::Ed25519, period_s: 86_400, advance_s: 0, longest_pass_s: 3 * 86_400 };
    let scheme = SchemeKind::Signed.build(&[1; 32], NameKey::new([1; 32]), &SchemeSettings { keys, utc_offset_s: 0 });
    let mut permit = a_permit();
    permit.grant.window.until_s = NOW_S + 3 * 86_400;
    let passes::Showing::Code { code, .. } = scheme.issuer.show(&permit, None).unwrap() else { panic!("a code") };
    let kid = |message: &[u8]| CoseSign1::from_tagged_slice(message).unwrap().protected.header.key_id;
    for hours in [0, 12, 24, 48, 71] {
        let now_s = NOW_S + hours * 3_600;
        let published = scheme.issuer.keys(now_s);
        let checkpoint = SignedVerifier::new(&published).unwrap();
        assert!(matches!(checkpoint.check(&code, now_s), Check::Genuine(_)), "{hours} h");
        assert!(published.len() <= 6, "{} keys", published.len());
        permit.grant.window.from_s = now_s;
        let passes::Showing::Code { code: later, .. } = scheme.issuer.show(&permit, None).unwrap() else {
            panic!("a code")
        };
        assert_eq!(kid(&bytes(&later)) == kid(&bytes(&code)), hours < 15, "{hours} h");
    }
    assert_eq!(scheme.verifier.check(&code, NOW_S + 72 * 3_600), Check::Invalid(Invalid::Expired));
    let long_after = SignedVerifier::new(&scheme.issuer.keys(NOW_S + 10 * 86_400)).unwrap();
    assert_eq!(long_after.check(&code, NOW_S), Check::Invalid(Invalid::Forged), "its key is gone");
}
