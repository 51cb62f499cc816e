//! Scheme `lookup`: an opaque code, and the centre is asked at every check.
//!
//! The code is the name of the pass with two check characters: 28 capitals and digits, short enough for paper and the phone.

use crate::code::{BASE32_CHARS, check_characters};
use crate::{Check, Grant, Invalid, Issuer, Key, PassId, Verifier};

/// Both halves of the scheme; it has no secret, the 96 random bits of the pass are one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup;

impl Issuer for Lookup {
    fn code(&self, grant: &Grant) -> String {
        let mut text = grant.pass.to_string();
        text.extend(check_characters(&text));
        text
    }

    fn keys(&self) -> Vec<Key> {
        Vec::new()
    }
}

impl Verifier for Lookup {
    fn check(&self, code: &str, _now_s: i64) -> Check {
        let (body, check) = code.split_at_checked(BASE32_CHARS).unwrap_or_default();
        let well_formed = check_characters(body).is_some_and(|right| right.eq_ignore_ascii_case(check));
        match PassId::parse(body) {
            Ok(pass) if well_formed => Check::AskCentre(pass),
            _ => Check::Invalid(Invalid::Malformed),
        }
    }
}
