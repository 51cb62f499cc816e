//! The `[patients]` section.

use passes::{Fault, Share};
use serde::{Deserialize, Serialize};

use super::valid::within;

/// Patients who are at home and must check in when the service asks them to (Moscow's "social monitoring", April to June 2020: near
/// 70,000 users). They make no trips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Patients {
    /// Share of residents who fall ill on the first day. Default 0: nobody is followed.
    pub first_day_share: Share,
    /// How many fall ill on a day for each who did on the day before. Default 1.1 (assumption).
    pub growth_per_day: f64,
    /// How long a patient stays at home, in days. Default 14 (the quarantine of spring 2020).
    pub days_at_home: u8,
    /// How often the service asks on a day. Default 3 (assumption).
    pub prompts_per_day: u8,
    /// It asks from this hour on. Default 9 (assumption).
    pub prompts_from_h: u8,
    /// It asks until this hour. Default 22 (assumption).
    pub prompts_until_h: u8,
    /// Share of prompts that are answered. Default 0.95 (assumption).
    pub answer_share: Share,
    /// Mean time from a prompt to its answer, in minutes, exponential. Default 10 (assumption).
    pub answer_mean_min: f64,
}

impl Default for Patients {
    fn default() -> Self {
        Patients {
            first_day_share: Share::of(0.0),
            growth_per_day: 1.1,
            days_at_home: 14,
            prompts_per_day: 3,
            prompts_from_h: 9,
            prompts_until_h: 22,
            answer_share: Share::of(0.95),
            answer_mean_min: 10.0,
        }
    }
}

impl Patients {
    pub(super) fn faults(&self, faults: &mut Vec<Fault>) {
        within(faults, "patients.growth_per_day", self.growth_per_day, 0.0, 10.0);
        within(faults, "patients.days_at_home", self.days_at_home, 1, 60);
        within(faults, "patients.prompts_per_day", self.prompts_per_day, 0, 8);
        within(faults, "patients.prompts_until_h", self.prompts_until_h, 1, 24);
        within(faults, "patients.prompts_from_h", self.prompts_from_h, 0, self.prompts_until_h.saturating_sub(1));
        within(faults, "patients.answer_mean_min", self.answer_mean_min, 0.1, 1_440.0);
    }
}
