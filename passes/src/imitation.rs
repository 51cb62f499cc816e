//! Codes that look like ours and are not: what a checkpoint must refuse, for tests and load generators.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};

use crate::code::{base32_encode, check_characters};
use crate::cose::{Sign1, sign1};
use crate::key::Algorithm;
use crate::scheme::SchemeKind;
use crate::signer::Signer;

impl SchemeKind {
    /// The scheme that `code` looks like.
    pub fn of_code(code: &str) -> Self {
        match code.get(..4) {
            Some("LG1:") => SchemeKind::Signed,
            Some("LGB:") => SchemeKind::Blind,
            _ => SchemeKind::Lookup,
        }
    }

    /// A code like `genuine` that nobody ever issued, with the same key named where one is named: refusing it costs the whole
    /// verification. `None` when `genuine` is no code of ours.
    pub fn imitation(genuine: &str, random: [u8; 32]) -> Option<String> {
        let mut drawn = ChaCha20Rng::from_seed(random);
        let scheme = SchemeKind::of_code(genuine);
        let prefix = if scheme == SchemeKind::Lookup { "" } else { &genuine[..4] };
        let imitated = match scheme {
            SchemeKind::Lookup => {
                let mut name = [0; 16];
                drawn.fill_bytes(&mut name);
                let mut code = base32_encode(&name);
                code.extend(check_characters(&code).into_iter().flatten());
                code
            }
            SchemeKind::Signed => {
                let message = base45::decode(&genuine[4..]).ok()?;
                let parts = Sign1::parse(&message)?;
                // Either way of signing has 64 bytes; a stranger's are none of ours.
                let stranger = Signer::new(Algorithm::Ed25519, &random, 0);
                base45::encode(sign1(&stranger, parts.header, parts.payload))
            }
            SchemeKind::Blind => {
                let mut token = base45::decode(&genuine[4..]).ok()?;
                drawn.fill_bytes(token.get_mut(8..)?);
                base45::encode(&token)
            }
        };
        Some(prefix.to_owned() + &imitated)
    }
}
