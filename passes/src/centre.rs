//! What only the centre can translate: its own names into those seen outside, and back.

use sha2::{Digest, Sha256};

use crate::derive::derive;
use crate::document::Salt;
use crate::permutation::Permutation;
use crate::spoken::{PassRange, SpokenCode, SpokenKey};
use crate::{Grant, PassId, PassName, StatusPermutation, StatusPosition};

/// The centre's keys. Nothing is kept in tables: whoever has the secret has all the names.
#[derive(Clone)]
pub struct Centre {
    names: Permutation,
    statuses: StatusPermutation,
    spoken: SpokenKey,
    salts: [u8; 32],
}

impl Centre {
    /// The centre with the secret `seed`.
    pub fn new(seed: &[u8; 32]) -> Self {
        Centre {
            names: Permutation::wide(derive(seed, "lockgate pass names 1", 0)),
            statuses: StatusPermutation::new(derive(seed, "lockgate statuses 1", 0)),
            spoken: SpokenKey::new(derive(seed, "lockgate spoken codes 1", 0)),
            salts: derive(seed, "lockgate salts 1", 0),
        }
    }

    /// The name of a pass outside.
    pub fn name(&self, pass: PassId) -> PassName {
        let inside = u128::from_be_bytes(*pass.as_bytes());
        PassName::from_bytes(self.names.forward(0, inside).to_be_bytes())
    }

    /// The pass of that name, if there is one.
    pub fn pass(&self, name: PassName) -> PassId {
        let outside = u128::from_be_bytes(*name.as_bytes());
        PassId::from_bytes(self.names.backward(0, outside).to_be_bytes())
    }

    /// Where the status of the pass with this serial number stands.
    pub fn status(&self, serial: u64) -> StatusPosition {
        self.statuses.position(serial)
    }

    /// The salt of a pass's commitment.
    pub fn salt(&self, pass: PassId) -> Salt {
        // Key and name have fixed lengths and fill one block.
        let digest = Sha256::new().chain_update(self.salts).chain_update(pass.as_bytes()).finalize();
        Salt::from_bytes(std::array::from_fn(|place| digest[place]))
    }

    /// The code of `grant` for paper and the telephone; none for a pass that ends more than 194 days after its issue.
    pub fn spoken(&self, grant: &Grant) -> Option<SpokenCode> {
        self.spoken.code(grant.pass, grant.window.until_s)
    }

    /// Among which passes the one with this code must be. Whoever finds one there compares its [`Centre::spoken`].
    pub fn locate(&self, code: SpokenCode, now_s: i64) -> PassRange {
        self.spoken.locate(code, now_s)
    }
}

impl std::fmt::Debug for Centre {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Centre(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_lead_back_and_tell_no_time(seed: [u8; 32], now_s in 0..4_000_000_000_i64, random: [u8; 12]) {
            let centre = Centre::new(&seed);
            let pass = PassId::new(now_s, random);
            prop_assert_eq!(centre.pass(centre.name(pass)), pass);
            // The next pass of the same second shares nothing that could be seen.
            let mut next = random;
            next[11] ^= 1;
            let differing = centre.name(PassId::new(now_s, next)).as_bytes().iter().zip(centre.name(pass).as_bytes());
            prop_assert!(differing.filter(|(a, b)| a != b).count() > 8);
        }
    }
}
