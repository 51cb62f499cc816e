//! One list of laws for every scheme.

use passes::{Check, Grant, Invalid, PassId, Purpose, SchemeKind, Window};
use proptest::prelude::*;

const SEED: [u8; 32] = [42; 32];

fn grants() -> impl Strategy<Value = Grant> {
    let window = (0..4_000_000_000_i64, 1..1_000_000_i64);
    (any::<[u8; 16]>(), 0..Purpose::ALL.len(), window).prop_map(|(random, purpose, (from_s, length_s))| Grant {
        pass: PassId::from_bytes(random),
        purpose: Purpose::ALL[purpose],
        window: Window { from_s, until_s: from_s + length_s },
    })
}

proptest! {
    #[test]
    fn what_is_issued_verifies_or_leads_to_its_pass(grant in grants()) {
        for kind in SchemeKind::ALL {
            let scheme = kind.build(&SEED);
            let code = scheme.issuer.code(&grant);
            prop_assert_eq!(&code, &scheme.issuer.code(&grant), "{:?}: a repeat has the same code", kind);
            match scheme.verifier.check(&code, grant.window.from_s) {
                Check::Genuine(read) => prop_assert_eq!(read, grant),
                Check::AskCentre(pass) => prop_assert_eq!(pass, grant.pass),
                Check::Invalid(why) => prop_assert!(false, "{:?}: refused as {:?}", kind, why),
            }
        }
    }

    #[test]
    fn what_is_altered_never_leads_to_its_pass(grant in grants(), place: prop::sample::Index, letter: prop::sample::Index) {
        let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
        for kind in SchemeKind::ALL {
            let scheme = kind.build(&SEED);
            let mut code = scheme.issuer.code(&grant).into_bytes();
            let place = place.index(code.len());
            let letter = alphabet[letter.index(alphabet.len())];
            prop_assume!(code[place] != letter);
            code[place] = letter;
            let check = scheme.verifier.check(std::str::from_utf8(&code).unwrap(), grant.window.from_s);
            prop_assert!(matches!(check, Check::Invalid(_)), "{:?}: {:?}", kind, check);
        }
    }

    #[test]
    fn any_text_at_all_is_answered(text in ".{0,600}", now_s: i64) {
        for kind in SchemeKind::ALL {
            let scheme = kind.build(&SEED);
            let genuine = matches!(scheme.verifier.check(&text, now_s), Check::Genuine(_));
            prop_assert!(!genuine, "{:?} took {:?}", kind, text);
        }
    }
}

#[test]
fn a_genuine_code_is_judged_by_the_clock() {
    let window = Window { from_s: 1_000, until_s: 2_000 };
    let grant = Grant { pass: PassId::from_bytes([1; 16]), purpose: Purpose::Pet, window };
    for (now_s, holds) in
        [(999, Err(Invalid::NotYet)), (1_000, Ok(())), (1_999, Ok(())), (2_000, Err(Invalid::Expired))]
    {
        assert_eq!(grant.holds(now_s), holds);
        let scheme = SchemeKind::Signed.build(&SEED);
        let expected = holds.map_or_else(Check::Invalid, |()| Check::Genuine(grant));
        assert_eq!(scheme.verifier.check(&scheme.issuer.code(&grant), now_s), expected);
    }
}

#[test]
fn another_server_s_signature_is_forged() {
    let window = Window { from_s: 1_000, until_s: 2_000 };
    let grant = Grant { pass: PassId::from_bytes([1; 16]), purpose: Purpose::Pet, window };
    let code = SchemeKind::Signed.build(&[1; 32]).issuer.code(&grant);
    let check = SchemeKind::Signed.build(&[2; 32]).verifier.check(&code, 1_500);
    assert_eq!(check, Check::Invalid(Invalid::Forged));
}
