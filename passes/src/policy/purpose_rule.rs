//! What holds for one purpose.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::Hours;
use crate::Fault;

/// What holds for one purpose.
///
/// A purpose that needs a pass says how long one lasts, in exactly one of three ways: `validity_min`, `validity` or `valid_until`.
/// A purpose that needs none may say so too: then whoever asks gets one all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeRule {
    /// Whether going out for it is allowed at all. Default true; a phase forbids a purpose with false.
    #[serde(default = "yes")]
    pub allowed: bool,
    /// A pass lasts so many minutes; at least 1.
    #[serde(default)]
    pub validity_min: Option<u32>,
    /// A pass lasts for a natural stretch of time.
    #[serde(default)]
    pub validity: Option<Validity>,
    /// Every pass holds until this local time, and none is issued from then on.
    #[serde(default)]
    pub valid_until: Option<DateTime>,
    /// In a phase, with `valid_until`: the passes that still hold when the phase begins now hold until then too. Default false.
    #[serde(default)]
    pub extends_issued: bool,
    /// Whether such a trip needs a pass at all. Default true.
    #[serde(default = "yes")]
    pub needs_pass: bool,
    /// How far from home such a trip may go, in metres; at least 1. Default: as far as one likes.
    #[serde(default)]
    pub radius_m: Option<u32>,
    /// Up to this distance from home, in metres, no pass is needed: the passport shows who lives there. Default: none.
    #[serde(default)]
    pub near_home_m: Option<u32>,
    /// When such trips may begin. Default: at any time.
    #[serde(default)]
    pub hours: Vec<Hours>,
}

/// A stretch of time that a pass may last for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// To the end of the day on which it starts, at local midnight.
    Day,
}

const fn yes() -> bool {
    true
}

impl PurposeRule {
    /// The purpose is allowed and needs no pass, nor is there one.
    pub const fn free() -> Self {
        PurposeRule {
            allowed: true,
            validity_min: None,
            validity: None,
            valid_until: None,
            extends_issued: false,
            needs_pass: false,
            radius_m: None,
            near_home_m: None,
            hours: Vec::new(),
        }
    }

    /// The purpose needs a pass, which lasts `validity_min` minutes.
    pub fn lasting(validity_min: u32) -> Self {
        PurposeRule { validity_min: Some(validity_min), needs_pass: true, ..PurposeRule::free() }
    }

    /// Whether there are passes for the purpose, needed or not.
    pub const fn gives_passes(&self) -> bool {
        self.allowed && (self.validity_min.is_some() || self.validity.is_some() || self.valid_until.is_some())
    }

    /// What is wrong with the rule that stands at `key` and holds from `from` on; `in_phase` when it is part of a phase.
    pub(super) fn faults(&self, key: &str, from: DateTime, in_phase: bool) -> Vec<Fault> {
        let said = [self.validity_min.is_some(), self.validity.is_some(), self.valid_until.is_some()];
        let ways = said.into_iter().filter(|is_said| *is_said).count();
        let faults = [
            (self.allowed && self.needs_pass && ways == 0).then(|| {
                Fault::new(
                    key,
                    "nothing says how long a pass lasts; write one of validity_min = 60, validity = \"day\" and \
                     valid_until = \"2020-04-30T23:59\", or needs_pass = false",
                )
            }),
            (ways > 1).then(|| {
                Fault::new(key, "a pass lasts in two ways; keep one of validity_min, validity and valid_until")
            }),
            (self.validity_min == Some(0)).then(|| {
                Fault::new(
                    format!("{key}.validity_min"),
                    "a pass of 0 minutes permits nothing; write at least 1, or leave the purpose out to forbid it",
                )
            }),
            self.valid_until.filter(|until| *until <= from).map(|until| {
                let message = format!("passes end ({until}) before the rule begins ({from}); write a later time");
                Fault::new(format!("{key}.valid_until"), message)
            }),
            (self.extends_issued && !(in_phase && self.valid_until.is_some())).then(|| {
                let message = "only a phase with a valid_until extends the passes issued before; leave it out here";
                Fault::new(format!("{key}.extends_issued"), message)
            }),
            (self.radius_m == Some(0)).then(|| {
                let message = "within 0 m of home there is nowhere to go; write at least 1, or leave the purpose out to forbid it";
                Fault::new(format!("{key}.radius_m"), message)
            }),
            self.near_home_m.zip(self.radius_m).filter(|(near, radius)| near > radius).map(|(near, radius)| {
                let message = format!("near home ({near} m) is further than one may go ({radius} m); write at most {radius}");
                Fault::new(format!("{key}.near_home_m"), message)
            }),
        ];
        faults.into_iter().flatten().collect()
    }
}
