//! How many passes a resident may have.

use serde::{Deserialize, Serialize};

use crate::{Fault, Purpose};

/// At most so many passes, or so many minutes of passes, for any of `purposes` in one period. A pass counts in the period in which it
/// starts, and with its whole length; a pass that was given back does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Which purposes count together. Default: all.
    #[serde(default)]
    pub purposes: Vec<Purpose>,
    /// How many passes; at least 1. Either this or `minutes`.
    #[serde(default)]
    pub passes: Option<u32>,
    /// How many minutes all passes together may last; at least 1. Either this or `passes`.
    #[serde(default)]
    pub minutes: Option<u32>,
    /// In what time.
    pub per: Period,
}

/// A calendar period in the region's local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From Monday midnight to Monday midnight.
    Week,
    /// From the first of a month to the first of the next.
    Month,
    /// So many days, at least 1, counted in fixed periods from the date of `policy.from`. Written `{ days = 3 }`.
    Days(u32),
}

impl Quota {
    /// At most `passes` passes for all purposes together.
    pub const fn passes(passes: u32, per: Period) -> Self {
        Quota { purposes: Vec::new(), passes: Some(passes), minutes: None, per }
    }

    /// At most `minutes` minutes of passes for all purposes together.
    pub const fn minutes(minutes: u32, per: Period) -> Self {
        Quota { purposes: Vec::new(), passes: None, minutes: Some(minutes), per }
    }

    /// What is wrong with the quota that stands at `key`.
    pub(super) fn faults(&self, key: &str) -> Vec<Fault> {
        let nothing = "0 forbids the purpose; write at least 1, or leave the purpose out of [policy.purposes]";
        let faults = [
            (self.passes.is_some() == self.minutes.is_some()).then(|| {
                Fault::new(key, "a quota limits either passes or minutes; write one of passes = 2 and minutes = 240")
            }),
            (self.passes == Some(0)).then(|| Fault::new(format!("{key}.passes"), nothing)),
            (self.minutes == Some(0)).then(|| Fault::new(format!("{key}.minutes"), nothing)),
            (self.per == Period::Days(0))
                .then(|| Fault::new(format!("{key}.per.days"), "a period of 0 days is none; write at least 1")),
        ];
        faults.into_iter().flatten().collect()
    }
}
