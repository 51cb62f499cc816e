//! The `[policy]` section of a scenario: what needs a pass.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::{Fault, Purpose, Rules};

/// The rules of a lockdown as a planner writes them, in the region's local time.
///
/// ```toml
/// [policy]
/// from = "2020-04-02T12:00"
/// until = "2020-06-12T00:00"
/// advance_h = 24
///
/// [policy.purposes]
/// groceries = { validity_min = 180 }
/// pet = { validity_min = 60, needs_pass = false }
///
/// [[policy.quotas]]
/// purposes = ["groceries"]
/// passes = 2
/// per = "week"
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
    /// The purposes that are allowed, each with its rule. What is not named here is forbidden.
    pub purposes: BTreeMap<Purpose, PurposeRule>,
    /// How many passes a resident may have. Default: no limit.
    #[serde(default)]
    pub quotas: Vec<Quota>,
}

/// What holds for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeRule {
    /// How long a pass lasts, in minutes; at least 1.
    pub validity_min: u32,
    /// Whether such a trip needs a pass at all. Default true.
    #[serde(default = "default_needs_pass")]
    pub needs_pass: bool,
}

/// At most `passes` passes for any of `purposes` in one day or one week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Which purposes count together. Default: all.
    #[serde(default)]
    pub purposes: Vec<Purpose>,
    /// How many passes; at least 1.
    pub passes: u32,
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
}

const fn default_advance_h() -> u32 {
    24
}

const fn default_needs_pass() -> bool {
    true
}

impl Policy {
    /// Everything that is wrong with this policy though each value can be read.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.until <= self.from {
            faults.push(Fault::new(
                "policy.until",
                format!("the policy ends ({}) before it starts ({}); write a later time", self.until, self.from),
            ));
        }
        if self.purposes.is_empty() {
            faults.push(Fault::new(
                "policy.purposes",
                "no purpose is allowed; name at least one, such as groceries = { validity_min = 180 }",
            ));
        }
        for (purpose, rule) in &self.purposes {
            if rule.validity_min == 0 {
                faults.push(Fault::new(
                    format!("policy.purposes.{purpose}.validity_min"),
                    "a pass of 0 minutes permits nothing; write at least 1, or leave the purpose out to forbid it",
                ));
            }
        }
        for (index, quota) in self.quotas.iter().enumerate() {
            if quota.passes == 0 {
                faults.push(Fault::new(
                    format!("policy.quotas.{index}.passes"),
                    "a quota of 0 passes forbids the purpose; write at least 1, or leave the purpose out of [policy.purposes]",
                ));
            }
        }
        faults
    }

    /// The same policy resolved to Unix time, for a region `utc_offset_s` seconds ahead of UTC.
    pub fn rules(&self, utc_offset_s: i32) -> Rules {
        Rules::new(self, utc_offset_s)
    }
}
