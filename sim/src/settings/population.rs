//! The `[population]` section.

use passes::{Fault, Share};
use serde::{Deserialize, Serialize};

use super::valid::{at_most_one, sums_to_one};
use crate::population::Composition;

/// How many age bands there are: 0-6, 7-17, 18-39, 40-59, 60-74, 75 and older.
pub const AGE_BANDS: usize = 6;
/// The size of the largest household; larger ones count as this.
pub const LARGEST_HOUSEHOLD: usize = 6;

/// Who lives in the region. Lists by age run over the bands 0-6, 7-17, 18-39, 40-59, 60-74, 75 and older.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Population {
    /// Share of households with 1, 2, .. 6 members. Default 0.26, 0.27, 0.22, 0.15, 0.06, 0.04: shaped to a mean of 2.6 (census of
    /// Russia 2010) and 26.4 % living alone (Krasnoyarsk krai 2010, urban, as a proxy); the rest is an assumption.
    pub household_size_shares: [Share; LARGEST_HOUSEHOLD],
    /// Share of residents in each age band. Default 0.08, 0.115, 0.285, 0.28, 0.175, 0.065 (assumption).
    pub age_band_shares: [Share; AGE_BANDS],
    /// Of those who live alone, the share that is 60 or older. Default 0.5 (assumption: more than their share of adults, which is
    /// 0.3).
    pub alone_60_plus_share: Share,
    /// Share of each age band with a job. Default 0, 0, 0.75, 0.8, 0.25, 0.02 (assumption).
    pub employed_shares: [Share; AGE_BANDS],
    /// Of those employed, the share that goes on working on site during the non-working days that began on 30 March 2020.
    /// Default 0.33 (assumption).
    pub essential_share: Share,
    /// Of those employed, the share that works from home; the work of the others is suspended. Default 0.17 (assumption).
    pub remote_share: Share,
    /// Of those aged 18-39 without a job, the share that studies. Default 0.5 (assumption).
    pub student_share: Share,
    /// Share of each age band with a chronic illness that needs prescriptions. Default 0.03, 0.04, 0.1, 0.25, 0.5, 0.7 (assumption).
    pub chronic_shares: [Share; AGE_BANDS],
    /// Share of each age band with a smartphone that can run the app. Default 0, 0.85, 0.92, 0.75, 0.45, 0.15: shaped to 67 % of
    /// people using a smartphone for the internet ("secretmag.ru", 22 September 2020); the split by age is an assumption.
    pub app_shares: [Share; AGE_BANDS],
    /// Share of each age band that can use the web but not the app; the others have a telephone only. Default 0, 0.05, 0.05, 0.13,
    /// 0.2, 0.12: shaped to 78 % of people online monthly (Mediascope, September 2020); the split by age is an assumption.
    pub web_shares: [Share; AGE_BANDS],
    /// Share of households with a dog. Default 0.29 (press report of a poll, undated; VCIOM polls say a third).
    pub dog_share: Share,
}

impl Default for Population {
    fn default() -> Self {
        let by_age = |shares: [f64; AGE_BANDS]| shares.map(Share::of);
        Population {
            household_size_shares: [0.26, 0.27, 0.22, 0.15, 0.06, 0.04].map(Share::of),
            age_band_shares: by_age([0.08, 0.115, 0.285, 0.28, 0.175, 0.065]),
            alone_60_plus_share: Share::of(0.5),
            employed_shares: by_age([0.0, 0.0, 0.75, 0.8, 0.25, 0.02]),
            essential_share: Share::of(0.33),
            remote_share: Share::of(0.17),
            student_share: Share::of(0.5),
            chronic_shares: by_age([0.03, 0.04, 0.1, 0.25, 0.5, 0.7]),
            app_shares: by_age([0.0, 0.85, 0.92, 0.75, 0.45, 0.15]),
            web_shares: by_age([0.0, 0.05, 0.05, 0.13, 0.2, 0.12]),
            dog_share: Share::of(0.29),
        }
    }
}

impl Population {
    pub(super) fn faults(&self, faults: &mut Vec<Fault>) {
        let before = faults.len();
        sums_to_one(faults, "population.household_size_shares", &self.household_size_shares);
        sums_to_one(faults, "population.age_band_shares", &self.age_band_shares);
        if faults.len() == before {
            faults.extend(Composition::new(self).err());
        }
        at_most_one(faults, "population.remote_share", &[self.essential_share, self.remote_share]);
        for (app, web) in self.app_shares.into_iter().zip(self.web_shares) {
            at_most_one(faults, "population.web_shares", &[app, web]);
        }
    }
}
