//! Who gives passes their names.

use passes::{Grant, NameKey, PassId, PassName, Purpose, Window};

use crate::secret::Secret;

/// Turns what stands in a row into a grant, and the name of a pass into the place of its row.
#[derive(Clone, Debug)]
pub(super) struct Naming {
    names: NameKey,
}

impl Naming {
    pub(super) fn new(secret: &Secret) -> Self {
        Naming { names: secret.name_key() }
    }

    /// The grant of a row.
    pub(super) fn grant(&self, name: PassName, purpose: Purpose, window: Window) -> Grant {
        Grant { pass: self.names.seal(name), purpose, window }
    }

    /// The name that everybody sees.
    pub(super) fn pass(&self, name: PassName) -> PassId {
        self.names.seal(name)
    }

    /// Where the row of `pass` stands, if there is one: under this serial, with these random bits.
    pub(super) fn open(&self, pass: PassId) -> PassName {
        self.names.open(pass)
    }
}
