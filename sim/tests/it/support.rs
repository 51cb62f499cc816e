//! A small region, and a run of it.

use std::io;
use std::sync::atomic::AtomicBool;

use demand::{Calendar, Request};
use jiff::civil::{date, datetime};
use passes::{Policy, Purpose, PurposeRule};
use sim::{Check, DayRecords, Model, Observer, Options, Pass, Place, Region, Settings, Simulation, Trip};

/// 2 to 4 April 2020 in Nizhny Novgorod.
pub(crate) const LAUNCH: Calendar = Calendar { start: date(2020, 4, 2), days: 3, utc_offset_min: 180 };
pub(crate) const SEED: u64 = 20_200_402;

/// The decree of 2 April 2020; the durations are those of kasparov.org, April 2020.
pub(crate) fn decree() -> Policy {
    let rule = |validity_min, needs_pass| PurposeRule { needs_pass, ..PurposeRule::lasting(validity_min) };
    let purposes = [
        (Purpose::Groceries, rule(180, true)),
        (Purpose::Pharmacy, rule(180, true)),
        (Purpose::Doctor, rule(180, true)),
        (Purpose::Pet, rule(60, false)),
        (Purpose::Rubbish, rule(30, false)),
        (Purpose::Work, rule(720, true)),
    ];
    Policy::new(datetime(2020, 4, 2, 12, 0, 0, 0), datetime(2020, 6, 12, 0, 0, 0, 0), purposes.into())
}

/// Three towns near Nizhny Novgorod, with so many people in all and a tenth of them in the countryside.
pub(crate) fn towns(residents: u32) -> Vec<Place> {
    let town = |geonames_id, name: &str, latitude_deg, longitude_deg, tenths| Place {
        geonames_id: Some(geonames_id),
        name: name.into(),
        latitude_deg,
        longitude_deg,
        residents: residents / 10 * tenths,
    };
    vec![
        town(520_555, "Nizhniy Novgorod", 56.328_67, 44.002_05, 6),
        town(563_708, "Dzerzhinsk", 56.244_22, 43.455_43, 2),
        town(572_665, "Bor", 56.359_44, 44.073_04, 1),
    ]
}

/// What is simulated, with everything that a test may want to change.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) settings: Settings,
    pub(crate) places: Vec<Place>,
    pub(crate) calendar: Calendar,
    pub(crate) policy: Policy,
    pub(crate) seed: u64,
}

impl Case {
    /// The launch in a region of so many residents.
    pub(crate) fn launch(residents: u32) -> Self {
        let region = Region { places: "towns.csv".into(), residents };
        Case {
            settings: Settings::new(region),
            places: towns(residents),
            calendar: LAUNCH,
            policy: decree(),
            seed: SEED,
        }
    }

    pub(crate) fn run(&self, threads: usize) -> (Simulation, Rows) {
        let mut rows = Rows::default();
        let simulation = self.observed(threads, &mut rows);
        (simulation, rows)
    }

    pub(crate) fn observed(&self, threads: usize, observer: &mut dyn Observer) -> Simulation {
        let model = Model {
            settings: &self.settings,
            places: &self.places,
            calendar: self.calendar,
            policy: &self.policy,
            seed: self.seed,
        };
        let options = Options { threads, stop: &AtomicBool::new(false), progress: &|_| () };
        sim::simulate(&model, &options, observer).unwrap()
    }
}

/// All records of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rows {
    pub(crate) trips: Vec<Trip>,
    pub(crate) passes: Vec<Pass>,
    pub(crate) checks: Vec<Check>,
    pub(crate) requests: Vec<Request>,
}

impl Observer for Rows {
    fn day(&mut self, day: &DayRecords<'_>) -> io::Result<()> {
        assert!(day.trips.is_sorted_by_key(|trip| (trip.household, trip.resident, trip.departs)));
        assert!(day.passes.is_sorted_by_key(|pass| pass.asked_at));
        assert!(day.checks.is_sorted_by_key(|check| check.at));
        assert!(day.requests.is_sorted_by_key(|request| request.at));
        self.trips.extend_from_slice(day.trips);
        self.passes.extend_from_slice(day.passes);
        self.checks.extend_from_slice(day.checks);
        self.requests.extend_from_slice(day.requests);
        Ok(())
    }
}
