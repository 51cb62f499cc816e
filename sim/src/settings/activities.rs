//! The `[activities]` section.

use passes::{Fault, Purpose, Share};
use serde::{Deserialize, Serialize};

use super::per_purpose::per_purpose;
use super::valid::within;

/// What residents need, and when, for how long and how far they go out for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Activities {
    /// The least time from one shopping trip of a household to the next, in days. Default 2 (assumption).
    pub pantry_least_days: u8,
    /// The longest time from one shopping trip of a household to the next, in days. Default 5 (assumption).
    pub pantry_most_days: u8,
    /// Days from one time a household takes out its rubbish to the next. Default 3 (assumption).
    pub rubbish_every_days: u8,
    /// Walks of a dog in a day; 0 to 4. Default 2 (assumption).
    pub dog_walks_per_day: u8,
    /// Days that a chronically ill resident's prescription lasts. Default 30 (assumption).
    pub prescription_days: u8,
    /// Share of the other residents who need a pharmacy on a day. Default 0.004 (assumption).
    pub pharmacy_share: Share,
    /// Share of residents who need a doctor on a day. Default 0.003 (assumption).
    pub doctor_share: Share,
    /// The same of chronically ill residents. Default 0.008 (assumption).
    pub chronic_doctor_share: Share,
    /// Share of on-site workers at work on a weekday. Default 0.9 (assumption).
    pub work_weekday_share: Share,
    /// Share of on-site workers at work on a Saturday or Sunday. Default 0.4 (assumption).
    pub work_weekend_share: Share,
    /// Share of residents aged 7 and older who want to go out on a day for something the decree does not know: a visit, a stroll,
    /// the dacha. Default 0.25 (assumption: about half of normal days, when people had been asked to stay at home since 30 March).
    pub other_share: Share,
    /// Of those who wanted such an outing and stayed at home, the share that still wants it on the next day. Default 0.2 (assumption).
    pub other_carry_share: Share,
    /// Share of on-site workers who work two days and have two off, whatever the day of the week. Default 0.3 (assumption: shops,
    /// transport, hospitals).
    pub work_rotating_share: Share,
    /// A worker leaves for work at the same time every day, within so many minutes. Default 15 (assumption).
    pub work_jitter_min: u32,
    /// Share of pupils and students at school on a weekday; such trips are for work. Default 0: schools were closed (nn.rbc.ru,
    /// March 2020).
    pub school_share: Share,
    /// Share of trips to a pharmacy that follow a shopping trip of the same resident and day, without going home between. Default 0.6
    /// (assumption).
    pub chain_share: Share,
    /// Relative number of departures in each hour of the day, from 0 to 23, by purpose.
    pub departure_weights: DepartureWeights,
    /// How long a trip lasts from door to door when it stays in its place, by purpose.
    pub lengths: Lengths,
    /// How far from home the destination lies when the trip stays in its place, by purpose.
    pub distances: Distances,
    /// The least time at home between two trips, in minutes. Default 10 (assumption).
    pub gap_min: u32,
    /// Share of trips to work and for other purposes that stay in the resident's own place. Default 0.75 (assumption).
    pub own_place_share: Share,
    /// Distance over which a place's pull falls to 1/e, in kilometres (gravity model with exponential decay). Default 12 (assumption).
    pub gravity_km: f64,
    /// The farthest destination, in kilometres as the crow flies. Default 80 (assumption).
    pub reach_km: f64,
    /// Distance from the rural remainder, which has no position, to any town, in kilometres. Default 20 (assumption).
    pub rural_km: f64,
    /// Speed of trips between places as the crow flies, in km/h. Default 35 (assumption).
    pub speed_kmh: f64,
    /// Time on the street from the door to a destination in the same place, in minutes. Default 8 (assumption).
    pub local_leg_min: u32,
}

/// A log-normal distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// The median, in minutes.
    pub median_min: f64,
    /// The standard deviation of the logarithm; 0 makes all equal.
    pub sigma: f64,
}

/// A log-normal distribution of distances.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// The median, in metres.
    pub median_m: f64,
    /// The standard deviation of the logarithm; 0 makes all equal.
    pub sigma: f64,
}

const fn reach(median_m: f64, sigma: f64) -> Reach {
    Reach { median_m, sigma }
}

const fn spread(median_min: f64, sigma: f64) -> Spread {
    Spread { median_min, sigma }
}

/// Shops and pharmacies, open 8 to 22: late morning and late afternoon.
const SHOPPING: [f64; 24] = [
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 3.0, 6.0, 9.0, 10.0, 9.0, 7.0, 7.0, 7.0, 8.0, 9.0, 9.0, 7.0, 5.0, 2.0, 0.5,
    0.0,
];

per_purpose! {
    /// Relative number of departures in each hour of the day, from 0 to 23. Measured profiles under the lockdown were not found: all
    /// are assumptions.
    pub struct DepartureWeights: [f64; 24] {
        /// The shops' hours, 8 to 22, with a broad morning and a late-afternoon peak (assumption).
        groceries / Groceries = SHOPPING,
        /// As for shops (assumption).
        pharmacy / Pharmacy = SHOPPING,
        /// Early morning and evening (assumption).
        pet / Pet = [
            0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 6.0, 11.0, 10.0, 6.0, 3.0, 2.0, 2.0, 2.0, 2.0, 2.0, 3.0, 5.0, 8.0, 10.0, 10.0, 8.0, 4.0, 1.0,
        ],
        /// Morning and evening (assumption).
        rubbish / Rubbish = [
            0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 4.0, 9.0, 9.0, 7.0, 6.0, 5.0, 5.0, 4.0, 4.0, 4.0, 5.0, 7.0, 9.0, 9.0, 7.0, 4.0, 2.0, 0.5,
        ],
        /// Surgery hours (assumption).
        doctor / Doctor = [
            0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 8.0, 14.0, 14.0, 12.0, 10.0, 8.0, 7.0, 7.0, 6.0, 5.0, 3.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0,
        ],
        /// Day, late and night shifts (assumption).
        work / Work = [
            0.5, 0.2, 0.1, 0.2, 0.8, 4.0, 14.0, 26.0, 20.0, 8.0, 3.0, 2.0, 2.0, 3.0, 3.0, 2.0, 1.5, 1.5, 2.0, 3.0, 1.5, 0.8, 0.5, 0.4,
        ],
        /// Afternoon (assumption).
        other / Other = [
            0.3, 0.1, 0.0, 0.0, 0.0, 0.2, 0.8, 2.0, 4.0, 6.0, 8.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 8.0, 7.0, 5.0, 3.5, 2.0, 1.0, 0.6,
        ],
    }
}

per_purpose! {
    /// How long a trip lasts from door to door, log-normal. All are assumptions; the decree allowed 180 minutes for shop, pharmacy and
    /// doctor, 60 for a pet and 30 for rubbish (kasparov.org, April 2020).
    pub struct Lengths: Spread {
        /// Default 45 minutes, sigma 0.5 (assumption).
        groceries / Groceries = spread(45.0, 0.5),
        /// Default 30 minutes, sigma 0.4 (assumption).
        pharmacy / Pharmacy = spread(30.0, 0.4),
        /// Default 28 minutes, sigma 0.4 (assumption).
        pet / Pet = spread(28.0, 0.4),
        /// Default 6 minutes, sigma 0.4 (assumption).
        rubbish / Rubbish = spread(6.0, 0.4),
        /// Default 100 minutes, sigma 0.4 (assumption).
        doctor / Doctor = spread(100.0, 0.4),
        /// Default 540 minutes, sigma 0.12 (assumption).
        work / Work = spread(540.0, 0.12),
        /// Default 80 minutes, sigma 0.6 (assumption).
        other / Other = spread(80.0, 0.6),
    }
}

per_purpose! {
    /// How far from home the destination of a trip within its place lies, as the crow flies, log-normal. All are assumptions: the
    /// decree sent people to the nearest shop and pharmacy.
    pub struct Distances: Reach {
        /// Default 450 m, sigma 0.7 (assumption).
        groceries / Groceries = reach(450.0, 0.7),
        /// Default 500 m, sigma 0.7 (assumption).
        pharmacy / Pharmacy = reach(500.0, 0.7),
        /// Default 150 m, sigma 0.6 (assumption).
        pet / Pet = reach(150.0, 0.6),
        /// Default 50 m, sigma 0.4 (assumption).
        rubbish / Rubbish = reach(50.0, 0.4),
        /// Default 1500 m, sigma 0.8 (assumption).
        doctor / Doctor = reach(1_500.0, 0.8),
        /// Default 4000 m, sigma 0.8 (assumption).
        work / Work = reach(4_000.0, 0.8),
        /// Default 900 m, sigma 1.0 (assumption).
        other / Other = reach(900.0, 1.0),
    }
}

impl Default for Activities {
    fn default() -> Self {
        Activities {
            pantry_least_days: 2,
            pantry_most_days: 5,
            rubbish_every_days: 3,
            dog_walks_per_day: 2,
            prescription_days: 30,
            pharmacy_share: Share::of(0.004),
            doctor_share: Share::of(0.003),
            chronic_doctor_share: Share::of(0.008),
            work_weekday_share: Share::of(0.9),
            work_weekend_share: Share::of(0.4),
            other_share: Share::of(0.25),
            other_carry_share: Share::of(0.2),
            work_rotating_share: Share::of(0.3),
            work_jitter_min: 15,
            school_share: Share::of(0.0),
            chain_share: Share::of(0.6),
            departure_weights: DepartureWeights::default(),
            lengths: Lengths::default(),
            distances: Distances::default(),
            gap_min: 10,
            own_place_share: Share::of(0.75),
            gravity_km: 12.0,
            reach_km: 80.0,
            rural_km: 20.0,
            speed_kmh: 35.0,
            local_leg_min: 8,
        }
    }
}

impl Activities {
    pub(super) fn faults(&self, faults: &mut Vec<Fault>) {
        within(faults, "activities.pantry_most_days", self.pantry_most_days, 1, 60);
        within(faults, "activities.pantry_least_days", self.pantry_least_days, 1, self.pantry_most_days.max(1));
        within(faults, "activities.rubbish_every_days", self.rubbish_every_days, 1, 60);
        within(faults, "activities.dog_walks_per_day", self.dog_walks_per_day, 0, 4);
        within(faults, "activities.prescription_days", self.prescription_days, 1, 180);
        within(faults, "activities.work_jitter_min", self.work_jitter_min, 0, 240);
        within(faults, "activities.gap_min", self.gap_min, 1, 1_440);
        within(faults, "activities.gravity_km", self.gravity_km, 0.1, 10_000.0);
        within(faults, "activities.reach_km", self.reach_km, 0.0, 20_000.0);
        within(faults, "activities.rural_km", self.rural_km, 0.0, 20_000.0);
        within(faults, "activities.speed_kmh", self.speed_kmh, 1.0, 1_000.0);
        within(faults, "activities.local_leg_min", self.local_leg_min, 1, 240);
        for purpose in Purpose::ALL {
            let key = format!("activities.lengths.{purpose}");
            within(faults, &format!("{key}.median_min"), self.lengths.of(purpose).median_min, 1.0, 1_440.0);
            within(faults, &format!("{key}.sigma"), self.lengths.of(purpose).sigma, 0.0, 2.0);
            let key = format!("activities.distances.{purpose}");
            within(faults, &format!("{key}.median_m"), self.distances.of(purpose).median_m, 1.0, 100_000.0);
            within(faults, &format!("{key}.sigma"), self.distances.of(purpose).sigma, 0.0, 2.0);
            let weights = self.departure_weights.of(purpose);
            let sound = weights.iter().all(|weight| (0.0..=1e6).contains(weight)) && weights.iter().sum::<f64>() > 1e-6;
            if !sound {
                let message = "write 24 numbers from 0 to 1000000, one at least above 0";
                faults.push(Fault::new(format!("activities.departure_weights.{purpose}"), message));
            }
        }
    }
}
