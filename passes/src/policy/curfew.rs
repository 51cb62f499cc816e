//! When nobody may be out.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::hours::read_time;
use crate::{Fault, Purpose};

/// A stretch of every day, in local time, in which nobody may be out and no pass starts. One that ends before it starts runs over
/// midnight. A pass from before does not suspend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curfew {
    /// The first moment, a whole minute.
    #[serde(deserialize_with = "read_time")]
    pub from: Time,
    /// The first moment after it, a whole minute.
    #[serde(deserialize_with = "read_time")]
    pub until: Time,
    /// The purposes that it spares. Default: none.
    #[serde(default)]
    pub purposes: Vec<Purpose>,
}

impl Curfew {
    /// What is wrong with the curfew that stands at `key`.
    pub(super) fn faults(&self, key: &str) -> Option<Fault> {
        let message =
            "the curfew ends when it starts; write another time, or forbid the purposes for a ban of whole days";
        (self.from == self.until).then(|| Fault::new(format!("{key}.until"), message))
    }
}
