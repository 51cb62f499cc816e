//! The `[checks]` section.

use passes::{Fault, Share};
use serde::{Deserialize, Serialize};

use super::valid::within;

/// Whom officers check on the street.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Checks {
    /// Share of trips on which an officer on patrol meets the resident on the way. Default 0.0027: calibrated to the 1,900 people
    /// checked in the city of Nizhny Novgorod (1.27 million residents) on 13 May 2020 (vremyan.ru, 14 May 2020).
    pub trip_share: Share,
    /// Patrols begin at this hour. Default 8 (assumption).
    pub patrol_from_h: u8,
    /// Patrols end at this hour, 24 being midnight. Default 22 (assumption).
    pub patrol_until_h: u8,
}

impl Default for Checks {
    fn default() -> Self {
        Checks { trip_share: Share::of(0.0027), patrol_from_h: 8, patrol_until_h: 22 }
    }
}

impl Checks {
    pub(super) fn faults(&self, faults: &mut Vec<Fault>) {
        within(faults, "checks.patrol_until_h", self.patrol_until_h, 1, 24);
        within(faults, "checks.patrol_from_h", self.patrol_from_h, 0, self.patrol_until_h.saturating_sub(1));
    }
}
