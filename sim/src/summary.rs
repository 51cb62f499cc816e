//! Counts of a day, of a purpose, of a place.

use passes::{Channel, Purpose};
use rayon::prelude::*;

use crate::resolve::Day;
use crate::{PassOutcome, Place, Population, Trip, Verdict};

/// Rows that one task counts.
const CHUNK: usize = 1 << 16;

/// One day in numbers. What residents do on the evening before for a trip of this day counts to this day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaySummary {
    /// The day; 0 is the first.
    pub day: u16,
    /// By purpose, in the order of [`Purpose::ALL`].
    pub purposes: [PurposeSummary; Purpose::ALL.len()],
    /// Registrations by channel, in the order of [`Channel::ALL`].
    pub registrations: [u64; Channel::ALL.len()],
    /// Checks by verdict, in the order of [`Verdict::ALL`].
    pub checks: [u64; Verdict::ALL.len()],
}

/// One purpose on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PurposeSummary {
    /// Trips out and back that were made.
    pub trips: u64,
    /// Of these, trips that needed a pass and had none.
    pub trips_without_pass: u64,
    /// Passes issued.
    pub passes: u64,
    /// Of these, passes given back.
    pub cancellations: u64,
    /// Passes refused.
    pub refusals: u64,
    /// Residents checked on such trips.
    pub checks: u64,
}

/// One place over all days.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceSummary {
    /// The place; its number is its index in the list.
    pub place: Place,
    /// Households.
    pub households: u64,
    /// Trips of its residents.
    pub trips: u64,
    /// Passes issued to its residents.
    pub issues: u64,
    /// Checks there.
    pub checks: u64,
}

impl DaySummary {
    /// All purposes together.
    pub fn total(&self) -> PurposeSummary {
        self.purposes.iter().fold(PurposeSummary::default(), |sum, purpose| PurposeSummary {
            trips: sum.trips + purpose.trips,
            trips_without_pass: sum.trips_without_pass + purpose.trips_without_pass,
            passes: sum.passes + purpose.passes,
            cancellations: sum.cancellations + purpose.cancellations,
            refusals: sum.refusals + purpose.refusals,
            checks: sum.checks + purpose.checks,
        })
    }
}

/// The places of a run before its first day.
pub(crate) fn of_places(places: &[Place], population: &Population) -> Vec<PlaceSummary> {
    let empty = |place: &Place| PlaceSummary { place: place.clone(), households: 0, trips: 0, issues: 0, checks: 0 };
    let mut summaries: Vec<PlaceSummary> = places.iter().map(empty).collect();
    for place in &population.places {
        summaries[usize::from(*place)].households += 1;
    }
    summaries
}

/// Counts a day, and adds it to `places`.
pub(crate) fn of_day(number: u16, day: &Day, places: &mut [PlaceSummary]) -> DaySummary {
    let trips = TripCounts::of(&day.trips, places.len());
    let mut summary = DaySummary { day: number, registrations: day.registrations, ..Default::default() };
    for (purpose, counts) in summary.purposes.iter_mut().enumerate() {
        counts.trips = trips.by_purpose[purpose];
        counts.trips_without_pass = trips.without_pass[purpose];
        counts.refusals = day.refusals[purpose];
    }
    for (place, trips) in places.iter_mut().zip(&trips.by_place) {
        place.trips += trips;
    }
    for pass in &day.passes {
        let counts = &mut summary.purposes[pass.purpose as usize];
        counts.passes += 1;
        counts.cancellations += u64::from(pass.cancelled_at.is_some());
        places[usize::from(pass.place)].issues += 1;
    }
    for check in &day.checks {
        summary.purposes[check.purpose as usize].checks += 1;
        summary.checks[check.verdict as usize] += 1;
        places[usize::from(check.place)].checks += 1;
    }
    summary
}

/// Counts of trips; sums of whole numbers, so that the order of adding does not matter.
struct TripCounts {
    by_purpose: [u64; Purpose::ALL.len()],
    without_pass: [u64; Purpose::ALL.len()],
    by_place: Vec<u64>,
}

impl TripCounts {
    fn of(trips: &[Trip], places: usize) -> Self {
        let none = || TripCounts {
            by_purpose: Default::default(),
            without_pass: Default::default(),
            by_place: vec![0; places],
        };
        trips.par_chunks(CHUNK).fold(none, TripCounts::counting).reduce(none, TripCounts::plus)
    }

    fn counting(mut self, trips: &[Trip]) -> Self {
        for trip in trips {
            let without_pass = matches!(trip.pass, PassOutcome::Without | PassOutcome::Refused);
            self.by_purpose[trip.purpose as usize] += 1;
            self.without_pass[trip.purpose as usize] += u64::from(without_pass);
            self.by_place[usize::from(trip.origin)] += 1;
        }
        self
    }

    fn plus(mut self, other: Self) -> Self {
        let add = |to: &mut [u64], from: &[u64]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        add(&mut self.by_purpose, &other.by_purpose);
        add(&mut self.without_pass, &other.without_pass);
        add(&mut self.by_place, &other.by_place);
        self
    }
}
