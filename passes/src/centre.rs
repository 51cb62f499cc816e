//! What only the centre can translate: its own names for passes into what is seen of them outside, and back.

use sha2::{Digest, Sha256};

use crate::derive::derive;
use crate::document::Salt;
use crate::spoken::{SpokenCode, SpokenKey};
use crate::{Grant, NameKey, PassId, StatusPermutation, StatusPosition};

/// The centre's keys. No table is kept: whoever has the secret finds all of it.
#[derive(Clone)]
pub struct Centre {
    names: NameKey,
    statuses: StatusPermutation,
    spoken: SpokenKey,
    salts: [u8; 32],
}

impl Centre {
    /// The centre with the secret `seed` and the key of its passes' names.
    pub fn new(seed: &[u8; 32], names: NameKey) -> Self {
        Centre {
            names,
            statuses: StatusPermutation::new(derive(seed, "lockgate statuses 1", 0)),
            spoken: SpokenKey::new(derive(seed, "lockgate spoken codes 1", 0)),
            salts: derive(seed, "lockgate salts 1", 0),
        }
    }

    /// Where the status of a pass stands.
    pub fn status(&self, pass: PassId) -> StatusPosition {
        self.status_of(self.names.open(pass).serial)
    }

    /// Where the status of the pass that is kept under this number stands.
    pub fn status_of(&self, serial: u32) -> StatusPosition {
        self.statuses.position(serial)
    }

    /// The salt of a pass's commitment.
    pub fn salt(&self, pass: PassId) -> Salt {
        // Key and name have fixed lengths and fill one block.
        let digest = Sha256::new().chain_update(self.salts).chain_update(pass.as_bytes()).finalize();
        Salt::from_bytes(std::array::from_fn(|place| digest[place]))
    }

    /// The code of a pass as it was granted, for paper and the telephone.
    pub fn spoken(&self, grant: &Grant) -> SpokenCode {
        self.spoken.code(self.names.open(grant.pass), grant.window.until_s)
    }

    /// Under which number the pass with this code is kept, if there is one. Whoever finds one there compares its [`Centre::spoken`].
    pub fn locate(&self, code: SpokenCode) -> u32 {
        self.spoken.serial(code)
    }
}

impl std::fmt::Debug for Centre {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Centre(..)")
    }
}
