//! A small region, and a run of it.

use std::io;
use std::sync::atomic::AtomicBool;

use demand::{Calendar, Request, RequestKind};
use jiff::civil::{DateTime, date};
use passes::{Policy, Purpose, PurposeRule, Share};
use proptest::prelude::ProptestConfig;
use sim::settings::Gate;
use sim::{
    CapacityCurve, Check, DayRecords, GateMinute, Model, Observer, Options, Pass, Place, Quarters, Region, Settings,
    Shard, SimError, Simulation, Trip,
};

/// 2 to 5 April 2020 in Nizhny Novgorod: Thursday to Sunday.
pub(crate) const LAUNCH: Calendar = Calendar { start: date(2020, 4, 2), days: 4, utc_offset_min: 180 };
pub(crate) const SEED: u64 = 20_200_402;

/// An hour of one of these days, counted from the first midnight.
pub(crate) fn at_h(hours: i64) -> DateTime {
    LAUNCH.start.at(0, 0, 0, 0).saturating_add(jiff::Span::new().hours(hours))
}

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
    Policy::new(at_h(12), date(2020, 6, 12).at(0, 0, 0, 0), purposes.into())
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

/// Gates that every trip for these purposes passes, manned in all four days' hours from `hours.start` to `hours.end`.
pub(crate) fn gate(purposes: &[Purpose], hours: std::ops::Range<i64>) -> Gate {
    Gate {
        name: "metro".into(),
        from: at_h(hours.start),
        until: at_h(hours.end),
        purposes: purposes.to_vec(),
        trip_share: Share::of(1.0),
        least_km: 0.0,
        per_100k: 20.0,
        officers: 1,
        manual_s: 20.0,
        checked_share: Share::of(1.0),
        turns_back: true,
    }
}

/// What is simulated, with everything that a test may want to change.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) settings: Settings,
    pub(crate) places: Vec<Place>,
    pub(crate) calendar: Calendar,
    pub(crate) policy: Policy,
    pub(crate) curve: Option<CapacityCurve>,
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
            curve: None,
            seed: SEED,
        }
    }

    /// The same with something changed.
    pub(crate) fn with(&self, change: impl FnOnce(&mut Case)) -> Self {
        let mut case = self.clone();
        change(&mut case);
        case
    }

    /// The whole region, with all that happens in it.
    pub(crate) fn run(&self, threads: usize) -> (Simulation, Rows) {
        self.run_part(threads, Shard::WHOLE)
    }

    /// All that happens, where the result does not matter.
    pub(crate) fn rows(&self) -> Rows {
        self.run(1).1
    }

    /// The result, where nobody looks on.
    pub(crate) fn result(&self) -> Simulation {
        self.simulated(1, Shard::WHOLE, &mut ()).unwrap()
    }

    pub(crate) fn run_part(&self, threads: usize, shard: Shard) -> (Simulation, Rows) {
        let mut rows = Rows::default();
        let simulation = self.simulated(threads, shard, &mut rows).unwrap();
        (simulation, rows)
    }

    pub(crate) fn simulated(
        &self,
        threads: usize,
        shard: Shard,
        observer: &mut dyn Observer,
    ) -> Result<Simulation, SimError> {
        let options = Options { threads, shard, stop: &AtomicBool::new(false), progress: &|_| () };
        sim::simulate(&self.model(), &options, observer)
    }

    pub(crate) fn model(&self) -> Model<'_> {
        Model {
            settings: &self.settings,
            places: &self.places,
            calendar: self.calendar,
            policy: &self.policy,
            curve: self.curve.as_ref(),
            seed: self.seed,
        }
    }

    /// The instant of a local time, in milliseconds after the first midnight.
    pub(crate) fn ms(&self, local: DateTime) -> i64 {
        local.duration_since(self.calendar.start.at(0, 0, 0, 0)).as_millis() as i64
    }
}

/// What an observer saw of one day.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DayRows {
    pub(crate) trips: Vec<Trip>,
    pub(crate) passes: Vec<Pass>,
    pub(crate) checks: Vec<Check>,
    pub(crate) requests: Vec<Request>,
    /// By quarter of an hour and place: people out, people in shops.
    pub(crate) quarters: Vec<[u32; 2]>,
    pub(crate) gates: Vec<GateMinute>,
}

/// All that an observer saw of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rows {
    pub(crate) days: Vec<DayRows>,
    /// What was shown when the run was stopped.
    pub(crate) late_requests: Vec<Request>,
}

impl Rows {
    pub(crate) fn trips(&self) -> impl Iterator<Item = &Trip> {
        self.days.iter().flat_map(|day| &day.trips)
    }

    pub(crate) fn passes(&self) -> impl Iterator<Item = &Pass> {
        self.days.iter().flat_map(|day| &day.passes)
    }

    pub(crate) fn checks(&self) -> impl Iterator<Item = &Check> {
        self.days.iter().flat_map(|day| &day.checks)
    }

    pub(crate) fn requests(&self) -> impl Iterator<Item = &Request> {
        self.days.iter().flat_map(|day| &day.requests)
    }

    pub(crate) fn requests_of(&self, kind: RequestKind) -> impl Iterator<Item = &Request> {
        self.requests().filter(move |request| request.kind == kind)
    }

    pub(crate) fn gates(&self) -> impl Iterator<Item = &GateMinute> {
        self.days.iter().flat_map(|day| &day.gates)
    }
}

impl Observer for Rows {
    fn day(&mut self, day: &DayRecords<'_>) -> io::Result<()> {
        assert_eq!(usize::from(day.day), self.days.len(), "days come in order");
        let quarters = |quarter| (0..day.quarters.places()).map(move |place| (quarter, place));
        let quarters = (0..Quarters::PER_DAY).flat_map(quarters);
        self.days.push(DayRows {
            trips: day.trips.iter().collect(),
            passes: day.passes.to_vec(),
            checks: day.checks.to_vec(),
            requests: day.requests.to_vec(),
            quarters: quarters
                .map(|(quarter, place)| [day.quarters.out(quarter, place), day.quarters.in_shops(quarter, place)])
                .collect(),
            gates: day.gates.to_vec(),
        });
        Ok(())
    }

    fn stopped(&mut self, requests: &[Request]) -> io::Result<()> {
        self.late_requests = requests.to_vec();
        Ok(())
    }
}

/// So many generated cases, or as many as `PROPTEST_CASES` in the environment asks for.
pub(crate) fn cases_in_ci(cases: u32) -> ProptestConfig {
    let asked_for = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() { asked_for } else { ProptestConfig { cases, ..asked_for } }
}
