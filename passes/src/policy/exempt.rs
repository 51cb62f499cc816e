//! Who needs no pass.

use serde::{Deserialize, Serialize};

use crate::{AgeBand, Fault, Occupation, Purpose};

/// A group that needs no pass. What is named must all fit; what is left out fits everybody.
///
/// The exempt need none for forbidden purposes either, unless `purposes` says for which ones they are exempt. A curfew holds for
/// them as for everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exempt {
    /// Of any of these ages. Default: of any age.
    #[serde(default)]
    pub age: Vec<AgeBand>,
    /// With any of these occupations. Default: any.
    #[serde(default)]
    pub occupation: Vec<Occupation>,
    /// On trips for any of these purposes. Default: all.
    #[serde(default)]
    pub purposes: Vec<Purpose>,
}

impl Exempt {
    /// What is wrong with the entry that stands at `key`.
    pub(super) fn faults(&self, key: &str) -> Option<Fault> {
        let is_everybody = self.age.is_empty() && self.occupation.is_empty() && self.purposes.is_empty();
        let message = "this exempts everybody from everything; name at least one of age, occupation and purposes";
        is_everybody.then(|| Fault::new(key, message))
    }
}
