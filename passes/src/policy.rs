//! The `[policy]` section of a scenario: what needs a pass.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::{Fault, Purpose, Rules};

mod curfew;
mod exempt;
mod faults;
mod hours;
mod phase;
mod purpose_rule;
mod quota;

pub use curfew::Curfew;
pub use exempt::Exempt;
pub use hours::Hours;
pub use phase::Phase;
pub(crate) use phase::Terms;
pub use purpose_rule::{PurposeRule, Validity};
pub use quota::{Period, Quota};

/// The rules of a lockdown as a planner writes them, in the region's local time.
///
/// ```toml
/// [policy]
/// from = "2020-04-02T12:00"
/// until = "2020-06-12T00:00"
/// advance_h = 24
///
/// [policy.purposes]
/// groceries = { validity_min = 180, hours = ["08:00-20:00"] }
/// work = { valid_until = "2020-04-30T23:59" }
/// pet = { validity_min = 60, near_home_m = 100, radius_m = 1000 }
///
/// [[policy.quotas]]
/// purposes = ["groceries"]
/// passes = 2
/// per = "week"
///
/// [[policy.curfews]]
/// from = "22:00"
/// until = "06:00"
/// purposes = ["work"]
///
/// [[policy.exempt]]
/// age = ["0_6", "7_17"]
///
/// [[policy.phases]]
/// from = "2020-04-28T00:00"
/// curfews = []
/// purposes.work = { valid_until = "2020-05-11T23:59", extends_issued = true }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// From when trips need a pass and passes are issued.
    pub from: DateTime,
    /// The sunset: nothing is issued from then on.
    pub until: DateTime,
    /// How long before its start a pass may be asked for, in hours. Default 24 (assumption).
    #[serde(default = "default_advance_h")]
    pub advance_h: u32,
    /// A pass starts to hold at the earliest so many minutes after it is asked for. Default 0.
    #[serde(default)]
    pub earliest_start_min: u32,
    /// The purposes that are allowed, each with its rule. What is not named here is forbidden.
    pub purposes: BTreeMap<Purpose, PurposeRule>,
    /// How many passes a resident may have. Default: no limit.
    #[serde(default)]
    pub quotas: Vec<Quota>,
    /// When nobody may be out. Default: never.
    #[serde(default)]
    pub curfews: Vec<Curfew>,
    /// Who needs no pass. Default: nobody.
    #[serde(default)]
    pub exempt: Vec<Exempt>,
    /// What changes on a date, in the order of time. Default: nothing.
    #[serde(default)]
    pub phases: Vec<Phase>,
}

const fn default_advance_h() -> u32 {
    24
}

impl Policy {
    /// The policy that allows `purposes` from `from` until `until`, and has the defaults in all else.
    pub fn new(from: DateTime, until: DateTime, purposes: BTreeMap<Purpose, PurposeRule>) -> Self {
        Policy {
            from,
            until,
            advance_h: default_advance_h(),
            earliest_start_min: 0,
            purposes,
            quotas: Vec::new(),
            curfews: Vec::new(),
            exempt: Vec::new(),
            phases: Vec::new(),
        }
    }

    /// Everything that is wrong with this policy though each value can be read.
    pub fn faults(&self) -> Vec<Fault> {
        faults::of(self)
    }

    /// The same policy resolved to Unix time, for a region `utc_offset_s` seconds ahead of UTC. A policy without
    /// [faults](Policy::faults) is understood as written.
    pub fn rules(&self, utc_offset_s: i32) -> Rules {
        Rules::new(self, utc_offset_s)
    }
}
