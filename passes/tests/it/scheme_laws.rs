//! One list of laws for every scheme, and every way to sign.

use passes::{AskError, Check, DocumentDigest, Invalid, Opaque, Permit, SchemeKind};
use proptest::prelude::*;

use crate::world::{NOW_S, OTHERS, WORLDS, World, a_permit, permits};

/// What a QR code holds in its compact form (ISO/IEC 18004, alphanumeric mode).
const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// A blind pass takes milliseconds to make.
fn few() -> ProptestConfig {
    ProptestConfig::with_cases(ProptestConfig::default().cases.min(48))
}

/// Whether `check` leads to what was permitted.
fn leads_to(check: Check, permit: &Permit, world: &World) -> bool {
    let grant = &permit.grant;
    match check {
        Check::Genuine(claims) => {
            (claims.pass, claims.purpose, claims.window) == (grant.pass, grant.purpose, grant.window)
                && claims.zone == permit.zone
                && claims.status == world.scheme.centre.status(grant.pass)
        }
        Check::Spend(voucher) => (voucher.purpose, voucher.window) == (grant.purpose, world.window(permit)),
        Check::AskCentre(Opaque::Pass(pass)) => pass == grant.pass,
        Check::AskCentre(Opaque::Spoken(_)) | Check::Invalid(_) => false,
    }
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn what_is_issued_verifies_or_leads_to_its_pass(permit in permits(), secret: [u8; 32]) {
        for world in WORLDS.iter() {
            let (code, answer) = world.issue(&permit, secret);
            let at_s = permit.grant.window.from_s;
            for verifier in [&world.scheme.verifier, &world.checkpoint] {
                let check = verifier.check(&code, at_s);
                prop_assert!(leads_to(check, &permit, world), "{}: {check:?}", world.name());
            }
            prop_assert_eq!(world.issue(&permit, secret), (code, answer), "{}: a repeat has the same answer", world.name());
        }
    }

    #[test]
    fn a_code_depends_on_the_document_of_who_commits_to_it(permit in permits()) {
        let of_nobody = Permit { document: DocumentDigest::NOBODY, ..permit };
        for world in WORLDS.iter() {
            let commits = world.scheme.issuer.commits_to_document();
            prop_assert_eq!(world.code(&permit) != world.code(&of_nobody), commits, "{}", world.name());
        }
    }

    #[test]
    fn what_is_altered_never_leads_to_its_pass(permit in permits(), place: prop::sample::Index, letter: prop::sample::Index) {
        for world in WORLDS.iter() {
            let code = world.code(&permit);
            let place = place.index(code.len());
            let mut altered = code.clone().into_bytes();
            altered[place] = ALPHANUMERIC[letter.index(ALPHANUMERIC.len())];
            let mut swapped = code.clone().into_bytes();
            swapped.swap(place, (place + 1) % code.len());
            for altered in [altered, swapped].map(|bytes| String::from_utf8(bytes).unwrap()) {
                let check = world.checkpoint.check(&altered, permit.grant.window.from_s);
                prop_assert_eq!(matches!(check, Check::Invalid(_)), altered != code, "{}: {:?}", world.name(), check);
            }
        }
    }

    #[test]
    fn bytes_that_begin_well_are_answered(permit in permits(), kept: prop::sample::Index, tail in prop::collection::vec(any::<u8>(), 0..400)) {
        // What is cut and mended within the envelope: the signature does not cover it, and reading it must not fail.
        for world in WORLDS.iter() {
            let code = world.code(&permit);
            let prefix = if code.starts_with("LG") { 4 } else { 0 };
            let mut bytes = base45::decode(&code[prefix..]).unwrap_or_default();
            bytes.truncate(kept.index(bytes.len().max(1)));
            bytes.extend(&tail);
            let mended = code[..prefix].to_owned() + &base45::encode(&bytes);
            prop_assert!(mended == code || matches!(world.checkpoint.check(&mended, NOW_S), Check::Invalid(_)));
        }
    }
}

proptest! {
    #[test]
    fn any_text_at_all_is_answered(text in ".{0,600}", now_s: i64) {
        for world in WORLDS.iter() {
            for text in [text.clone(), format!("LG1:{text}"), format!("LGB:{text}")] {
                let check = world.checkpoint.check(&text, now_s);
                prop_assert!(!matches!(check, Check::Genuine(_) | Check::Spend(_)), "{} took {:?}", world.name(), text);
            }
        }
    }
}

#[test]
fn a_code_is_judged_by_the_clock_where_it_says_its_time() {
    let permit = a_permit();
    for world in WORLDS.iter() {
        let (code, window) = (world.code(&permit), world.window(&permit));
        let judged = |at_s| match world.checkpoint.check(&code, at_s) {
            Check::Invalid(why) => Err(why),
            check => {
                assert!(leads_to(check, &permit, world));
                Ok(())
            }
        };
        let says_its_time = world.kind != SchemeKind::Lookup;
        let outside = |why| if says_its_time { Err(why) } else { Ok(()) };
        assert_eq!(judged(window.from_s - 1), outside(Invalid::NotYet), "{}", world.name());
        assert_eq!((judged(window.from_s), judged(window.until_s - 1)), (Ok(()), Ok(())));
        assert_eq!(judged(window.until_s), outside(Invalid::Expired));
    }
}

#[test]
fn another_authority_s_code_is_forged_or_unknown() {
    for (world, other) in WORLDS.iter().zip(OTHERS.iter()) {
        let code = other.code(&a_permit());
        let check = world.scheme.verifier.check(&code, NOW_S);
        let only_the_centre_knows = world.kind == SchemeKind::Lookup && matches!(check, Check::AskCentre(_));
        assert!(only_the_centre_knows || check == Check::Invalid(Invalid::Forged), "{}: {check:?}", world.name());
    }
}

#[test]
fn an_imitation_is_forged_or_unknown() {
    for world in WORLDS.iter() {
        let genuine = world.code(&a_permit());
        assert_eq!(SchemeKind::of_code(&genuine), world.kind);
        let imitation = SchemeKind::imitation(&genuine, [1; 32]).unwrap();
        assert_ne!(imitation, SchemeKind::imitation(&genuine, [2; 32]).unwrap());
        match world.checkpoint.check(&imitation, NOW_S) {
            Check::AskCentre(Opaque::Pass(pass)) => assert_ne!(pass, a_permit().grant.pass),
            check => assert_eq!(check, Check::Invalid(Invalid::Forged), "{}", world.name()),
        }
    }
}

#[test]
fn a_scheme_does_not_take_the_codes_of_another() {
    for world in WORLDS.iter() {
        for other in WORLDS.iter().filter(|other| other.kind != world.kind) {
            let check = world.checkpoint.check(&other.code(&a_permit()), NOW_S);
            assert_eq!(check, Check::Invalid(Invalid::Malformed), "{} of {}", world.name(), other.name());
        }
    }
}

#[test]
fn who_starts_again_with_the_same_secret_goes_on_as_before() {
    for world in WORLDS.iter() {
        let algorithm =
            if world.name() == "signed/es256" { passes::Algorithm::Es256 } else { passes::Algorithm::Ed25519 };
        let again = World::new(world.kind, algorithm, [42; 32]);
        assert_eq!(again.keys, world.keys, "{}", world.name());
        assert_eq!(again.code(&a_permit()), world.code(&a_permit()));
    }
}

#[test]
fn a_code_fits_its_qr_code_and_says_no_more_than_it_must() {
    let permit = a_permit();
    for world in WORLDS.iter() {
        let (code, answer) = world.issue(&permit, [7; 32]);
        let longest = match world.kind {
            SchemeKind::Lookup => 28,
            SchemeKind::Signed => 250,
            SchemeKind::Blind => 448,
        };
        assert!(code.len() <= longest, "{}: {} characters", world.name(), code.len());
        assert!(code.bytes().all(|letter| ALPHANUMERIC.contains(&letter)), "{}: {code}", world.name());
        // The server knows the code, or what it signed blindly, never both; the salt only where there is a commitment.
        assert_eq!(answer.code.is_empty(), answer.blind_signature.is_some());
        assert_eq!(answer.salt.is_some(), world.kind == SchemeKind::Signed);
        assert_eq!(answer.spoken.is_some(), world.kind == SchemeKind::Lookup);
    }
}

#[test]
fn only_the_centre_can_take_a_pass_back() {
    for world in WORLDS.iter() {
        // A checkpoint has no memory: the same code is worth the same however often it is shown.
        let code = world.code(&a_permit());
        let first = world.checkpoint.check(&code, NOW_S);
        assert_eq!(world.checkpoint.check(&code, NOW_S), first, "{}", world.name());
        assert_eq!(world.scheme.issuer.can_withdraw(), !matches!(first, Check::Spend(_)));
    }
}

#[test]
fn what_is_to_be_signed_comes_where_it_is_signed_blindly_and_only_there() {
    let grant = a_permit().grant;
    for world in WORLDS.iter() {
        let accept = |blinded| world.scheme.issuer.accept(blinded, grant.purpose, grant.window).map(|_| ());
        let too_large = "_".repeat(341) + "8";
        if world.kind == SchemeKind::Blind {
            assert_eq!(accept(None), Err(AskError::NotBlinded));
            for bad in ["", "short", "AA", &too_large] {
                assert_eq!(accept(Some(bad)), Err(AskError::Malformed), "{bad:?}");
            }
            let zero = "A".repeat(342);
            assert_eq!(accept(Some(&zero)), Ok(()));
            let mut late = grant;
            late.window.from_s += 30 * 86_400;
            let accepted = world.scheme.issuer.accept(Some(&zero), late.purpose, late.window);
            assert_eq!(accepted, Err(AskError::NoKey));
        } else {
            assert_eq!((accept(None), accept(Some(&too_large))), (Ok(()), Err(AskError::NothingToSign)));
        }
    }
}

#[test]
fn published_keys_survive_their_journey_and_broken_ones_are_refused() {
    for world in WORLDS.iter() {
        for key in &world.keys {
            let sent = serde_json::to_string(&key.to_wire()).unwrap();
            let read: passes::wire::PublicKey = serde_json::from_str(&sent).unwrap();
            assert_eq!(passes::Key::from_wire(&read).as_ref(), Ok(key));
            let renamed = passes::wire::PublicKey { kid: "00".repeat(8), ..read.clone() };
            let other_algorithm = passes::wire::PublicKey { alg: "HS256".into(), ..read };
            assert!(passes::Key::from_wire(&renamed).is_err() && passes::Key::from_wire(&other_algorithm).is_err());
        }
    }
}
