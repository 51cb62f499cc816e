//! What a run comes to.

use demand::RateSeries;

use crate::cell::Cell;
use crate::fingerprint::Fingerprint;
use crate::population::{AgeBand, Phone};
use crate::records::{GateMinute, Quarters};
use crate::tally::{GROUPS, Tally};
use crate::{Counts, DaySummary, GroupSummary, Place, PlaceSummary};

/// A run's result.
#[derive(Clone, Debug, Default)]
pub struct Simulation {
    /// How many requests come in each minute.
    pub demand: RateSeries,
    /// How many residents there are.
    pub residents: u64,
    /// How many households there are.
    pub households: u64,
    /// How many days were simulated.
    pub days: u16,
    /// Each of these days in numbers.
    pub day_summaries: Vec<DaySummary>,
    /// Each place in numbers, the rural remainder last.
    pub places: Vec<PlaceSummary>,
    /// People of each age and kind of phone in numbers.
    pub groups: Vec<GroupSummary>,
    /// The quarter of an hour and listed place in which most people are shopping; none when nobody is.
    pub fullest_shops: Option<Crowd>,
    /// The minute, gate and place of the longest wait; none when nobody comes to a gate.
    pub longest_wait: Option<GateMinute>,
    /// Trips made.
    pub trips: u64,
    /// Passes issued.
    pub passes: u64,
    /// Residents checked.
    pub checks: u64,
    /// 16 hexadecimal digits over all trips, passes, checks and requests, equal for equal scenario and seed on any number of threads, in any number of parts.
    pub fingerprint: String,
    /// Whether all days were simulated; false when the run was stopped.
    pub complete: bool,
    pub(crate) sum: Fingerprint,
}

/// Many people in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// The day; 0 is the first.
    pub day: u16,
    /// The quarter of an hour of the day.
    pub quarter: u16,
    /// The number of the place.
    pub place: u16,
    /// How many.
    pub people: u32,
}

impl Simulation {
    /// The whole of which these are the parts ([`Shard`](crate::Shard)), in any order. Crowds and waits, which do not add up, are those
    /// of the part that has the greatest.
    pub fn join(parts: impl IntoIterator<Item = Simulation>) -> Option<Simulation> {
        parts.into_iter().reduce(|mut whole, part| {
            whole.demand.add(&part.demand);
            whole.residents += part.residents;
            whole.households += part.households;
            whole.days = whole.days.min(part.days);
            whole.day_summaries.truncate(usize::from(whole.days));
            whole.day_summaries.iter_mut().zip(&part.day_summaries).for_each(|(day, other)| day.add(other));
            for (place, other) in whole.places.iter_mut().zip(&part.places) {
                place.households += other.households;
                place.counts.add(&other.counts);
                place.checks_there += other.checks_there;
            }
            for (group, other) in whole.groups.iter_mut().zip(&part.groups) {
                group.residents += other.residents;
                group.counts.add(&other.counts);
            }
            whole.fullest_shops = greatest(whole.fullest_shops, part.fullest_shops, |crowd| crowd.people);
            whole.longest_wait = greatest(whole.longest_wait, part.longest_wait, |minute| minute.wait_max_ms);
            whole.trips += part.trips;
            whole.passes += part.passes;
            whole.checks += part.checks;
            whole.sum.join(part.sum);
            whole.fingerprint = whole.sum.text();
            whole.complete &= part.complete;
            whole
        })
    }
}

/// The greater of two, the first of equals.
fn greatest<T: Copy>(a: Option<T>, b: Option<T>, size: fn(&T) -> u32) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if size(&b) > size(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// Results in the making.
#[derive(Debug)]
pub(crate) struct Results {
    simulation: Simulation,
}

impl Results {
    pub(crate) fn new(places: &[Place], cells: &[Cell<'_>]) -> Self {
        let empty = |place: &Place| PlaceSummary {
            place: place.clone(),
            households: 0,
            counts: Counts::default(),
            checks_there: 0,
        };
        let mut places: Vec<PlaceSummary> = places.iter().map(empty).collect();
        let mut residents = [0_u64; GROUPS];
        for cell in cells {
            cell.people.places.iter().for_each(|place| places[usize::from(*place)].households += 1);
            cell.people.residents.iter().for_each(|resident| residents[resident.counted_with()] += 1);
        }
        let groups = AgeBand::ALL.into_iter().flat_map(|age| Phone::ALL.map(|phone| (age, phone)));
        let group = |((age, phone), residents): ((AgeBand, Phone), u64)| GroupSummary {
            age,
            phone,
            residents,
            counts: Counts::default(),
        };
        let simulation = Simulation {
            demand: RateSeries::default(),
            residents: residents.iter().sum(),
            households: places.iter().map(|place| place.households).sum(),
            days: 0,
            day_summaries: Vec::new(),
            places,
            groups: groups.zip(residents).map(group).collect(),
            fullest_shops: None,
            longest_wait: None,
            trips: 0,
            passes: 0,
            checks: 0,
            fingerprint: String::new(),
            complete: false,
            sum: Fingerprint::default(),
        };
        Results { simulation }
    }

    pub(crate) fn residents(&self) -> u64 {
        self.simulation.residents
    }

    /// Adds what was counted on `day`.
    pub(crate) fn add(&mut self, day: u16, tally: &Tally) {
        let whole = &mut self.simulation;
        let first_minute = (i64::from(day) - 1) * 24 * 60;
        for (minute, counts) in (first_minute..).zip(&tally.minutes) {
            whole.demand.count_at(minute.max(0) as usize, counts);
        }
        for ((place, counts), checks) in whole.places.iter_mut().zip(&tally.places).zip(&tally.checks_there) {
            place.counts.add(counts);
            place.checks_there += checks;
        }
        whole.groups.iter_mut().zip(&tally.groups).for_each(|(group, counts)| group.counts.add(counts));
        let summary = tally.summary(day);
        let total = summary.total();
        whole.trips += total.trips;
        whole.passes += total.passes;
        whole.checks += total.checks;
        whole.day_summaries.push(summary);
        whole.days += 1;
        whole.sum.join(tally.fingerprint);
    }

    pub(crate) fn note_gates(&mut self, minutes: &[GateMinute]) {
        let worst = minutes.iter().max_by_key(|minute| (minute.wait_max_ms, std::cmp::Reverse(minute.at))).copied();
        let longest = &mut self.simulation.longest_wait;
        *longest = greatest(*longest, worst, |minute| minute.wait_max_ms);
    }

    pub(crate) fn note_quarters(&mut self, day: u16, quarters: Quarters<'_>) {
        for quarter in 0..Quarters::PER_DAY {
            for place in 0..quarters.places() {
                // Those outside the listed places do not share their shops.
                if self.simulation.places[place].place.geonames_id.is_none() {
                    continue;
                }
                let people = quarters.in_shops(quarter, place);
                if people > self.simulation.fullest_shops.map_or(0, |crowd| crowd.people) {
                    let (quarter, place) = (quarter as u16, place as u16);
                    self.simulation.fullest_shops = Some(Crowd { day, quarter, place, people });
                }
            }
        }
    }

    pub(crate) fn finished(self, days: u16) -> Simulation {
        let simulation = self.simulation;
        Simulation { fingerprint: simulation.sum.text(), complete: simulation.days == days, ..simulation }
    }
}
