//! Counting what happens on a day: whole numbers, so that it does not matter who counts what, nor in which order.

use demand::{Request, RequestKind};
use passes::Purpose;

use crate::fingerprint::Fingerprint;
use crate::plan::{KINDS, Plan, TripRow};
use crate::population::{AgeBand, People, Phone};
use crate::records::Quarters;
use crate::today::Today;
use crate::{Counts, DaySummary, PassOutcome};

const MINUTE_MS: i64 = 60_000;
const QUARTER_MS: u32 = 15 * 60_000;
/// Kinds of people that are counted apart: ages and phones.
pub(crate) const GROUPS: usize = AgeBand::ALL.len() * Phone::ALL.len();
/// What is counted by kind: trips by the outcomes of their passes, those not made in obedience, and passes that were issued at once.
const OUTCOMES: usize = KINDS / PURPOSES;
const NOT_MADE: usize = PassOutcome::ALL.len();
const ISSUED_AT_ONCE: usize = NOT_MADE + 1;
/// Room for purposes and groups in the number of a kind: powers of two, so that a number is put together without a look at its bounds.
const PURPOSES: usize = 8;
const GROUPS_ROOM: usize = 32;
const SHOPS: u32 = 1 << Purpose::Groceries as u32 | 1 << Purpose::Pharmacy as u32;
const DAY_MIN: usize = 24 * 60;
/// Requests of a day lie within the day before, the day, and three after.
const MINUTES: usize = 5 * DAY_MIN;
/// Trips of a day end on this day or the next; later quarters count to the last.
const QUARTERS: usize = 2 * Quarters::PER_DAY + 1;

/// How many are out, and how many of them in shops: in the low and the high half of one number, so that both are counted by one addition.
#[derive(Clone, Copy, Debug, Default)]
struct Out(i64);

impl Out {
    const fn one(in_shops: i64) -> Self {
        Out(1 + (in_shops << 32))
    }

    const fn parts(self) -> [i32; 2] {
        let out = self.0 as i32;
        [out, ((self.0 - out as i64) >> 32) as i32]
    }
}

/// The counts of one worker on one day.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    /// The day in numbers, but for the trips, which are counted below.
    pub(crate) day: DaySummary,
    pub(crate) groups: [Counts; GROUPS],
    pub(crate) places: Vec<Counts>,
    pub(crate) checks_there: Vec<u64>,
    pub(crate) fingerprint: Fingerprint,
    /// Requests by minute, from the midnight of the day before.
    pub(crate) minutes: Vec<[u32; RequestKind::ALL.len()]>,
    /// By place and quarter of an hour: how many more are out, and in shops, than in the quarter before.
    presence: Vec<[Out; QUARTERS]>,
    /// Trips by outcome, purpose and group.
    trips: Box<[u64; KINDS * GROUPS_ROOM]>,
    /// Trips of the residents of each place by outcome.
    place_trips: Vec<[u64; OUTCOMES]>,
}

impl Tally {
    pub(crate) fn new(places: usize) -> Self {
        Tally {
            day: DaySummary::default(),
            groups: Default::default(),
            places: vec![Counts::default(); places],
            checks_there: vec![0; places],
            fingerprint: Fingerprint::default(),
            minutes: vec![Default::default(); MINUTES],
            presence: vec![[Out::default(); QUARTERS]; places],
            trips: Box::new([0; KINDS * GROUPS_ROOM]),
            place_trips: vec![[0; OUTCOMES]; places],
        }
    }

    /// Counts something that happened to a resident on account of a trip or pass.
    #[inline]
    pub(crate) fn count(&mut self, plan: &Plan, change: impl Fn(&mut Counts)) {
        change(&mut self.day.purposes[plan.purpose as usize]);
        change(&mut self.groups[usize::from(plan.group)]);
        change(&mut self.places[usize::from(plan.place)]);
    }

    /// Counts a request.
    #[inline]
    pub(crate) fn request(&mut self, day: u16, request: &Request) {
        self.day.requests[request.kind as usize] += 1;
        let minute = request.at.ms() as i64 / MINUTE_MS - (i64::from(day) - 1) * DAY_MIN as i64;
        self.minutes[minute.clamp(0, MINUTES as i64 - 1) as usize][request.kind as usize] += 1;
        self.fingerprint.add_request(request);
    }

    /// Counts those of these trips that were made.
    pub(crate) fn add_trips<'a>(
        &mut self,
        day: u16,
        people: &People,
        trips: impl IntoIterator<Item = &'a TripRow, IntoIter: Clone>,
    ) {
        let common = Fingerprint::trips_of(day, people.first_resident);
        let made = trips.into_iter().filter(|trip| trip.is_made());
        for trip in made.clone() {
            self.fingerprint.add_trip(common, trip);
            self.add_presence(trip);
        }
        self.add_kinds(people, made.map(|trip| (trip.resident, trip.kind())));
    }

    /// Counts trips that residents of a cell do not make, in obedience to the policy.
    pub(crate) fn stay_at_home(&mut self, people: &People, wishes: impl Iterator<Item = (u16, Purpose)>) {
        self.add_kinds(people, wishes.map(|(resident, purpose)| (resident, kind(purpose, NOT_MADE))));
    }

    /// Counts passes that residents of a cell are issued at once.
    pub(crate) fn issue_at_once(&mut self, people: &People, wishes: impl Iterator<Item = (u16, Purpose)>) {
        self.add_kinds(people, wishes.map(|(resident, purpose)| (resident, kind(purpose, ISSUED_AT_ONCE))));
    }

    /// Counts what happens to residents of a cell, by [`kind`].
    #[inline]
    fn add_kinds(&mut self, people: &People, rows: impl Iterator<Item = (u16, usize)>) {
        let mut outcomes = [0; OUTCOMES];
        let only_place = people.only_place();
        for (resident, kind) in rows {
            let group = people.residents[usize::from(resident)].counted_with();
            self.trips[kind * GROUPS_ROOM + group % GROUPS_ROOM] += 1;
            let outcome = kind / PURPOSES;
            if only_place.is_some() {
                outcomes[outcome] += 1;
            } else {
                let home = people.places[usize::from(people.households[usize::from(resident)])];
                self.place_trips[usize::from(home)][outcome] += 1;
            }
        }
        if let Some(place) = only_place {
            add(&mut self.place_trips[usize::from(place)], &outcomes);
        }
    }

    /// Whoever is out as a quarter of an hour begins is counted in it.
    #[inline]
    fn add_presence(&mut self, trip: &TripRow) {
        let returns_ms = trip.departs_ms + trip.length_ms;
        let [from, until] =
            [trip.departs_ms, returns_ms].map(|at_ms| (at_ms.div_ceil(QUARTER_MS) as usize).min(QUARTERS - 1));
        // Who is back within the quarter comes and goes in the same one, and is not seen: no branch is needed for that.
        let out = Out::one((SHOPS >> (trip.kind() % PURPOSES) & 1).into());
        let presence = &mut self.presence[usize::from(trip.destination)];
        presence[from].0 += out.0;
        presence[until].0 -= out.0;
    }

    /// Adds what `other` has counted, and empties it.
    pub(crate) fn take(&mut self, other: &mut Tally) {
        let places = other.places.len();
        let other = std::mem::replace(other, Tally::new(places));
        self.day.add(&other.day);
        add_counts(&mut self.groups, &other.groups);
        add_counts(&mut self.places, &other.places);
        add(&mut self.checks_there, &other.checks_there);
        self.fingerprint.join(other.fingerprint);
        add(self.minutes.as_flattened_mut(), other.minutes.as_flattened());
        let of_both = self.presence.as_flattened_mut().iter_mut().zip(other.presence.as_flattened());
        of_both.for_each(|(to, from)| to.0 += from.0);
        add(self.trips.as_mut_slice(), other.trips.as_slice());
        add(self.place_trips.as_flattened_mut(), other.place_trips.as_flattened());
    }

    /// Adds what was counted by kind to the counts.
    pub(crate) fn settle(&mut self, today: &Today) {
        let wait_ms = today.sure_answer_ms.map_or(0, |ms| ms as u64);
        for (index, trips) in self.trips.iter_mut().enumerate() {
            let trips = std::mem::take(trips);
            if trips == 0 {
                continue;
            }
            let (group, kind) = (index % GROUPS_ROOM, index / GROUPS_ROOM);
            let (purpose, outcome) = (kind % PURPOSES, kind / PURPOSES);
            add_outcomes(&mut self.day.purposes[purpose], outcome, trips, wait_ms);
            add_outcomes(&mut self.groups[group], outcome, trips, wait_ms);
        }
        for (counts, trips) in self.places.iter_mut().zip(&mut self.place_trips) {
            for (outcome, trips) in std::mem::take(trips).into_iter().enumerate().filter(|(_, trips)| *trips > 0) {
                add_outcomes(counts, outcome, trips, wait_ms);
            }
        }
    }

    /// The day in numbers.
    pub(crate) fn summary(&self, day: u16) -> DaySummary {
        DaySummary { day, ..self.day.clone() }
    }

    /// How many more are out, and in shops, in each place than in the quarter before.
    fn presence(&self) -> &[[Out; QUARTERS]] {
        &self.presence
    }
}

/// The number under which a purpose and an outcome are counted; that of a [trip](TripRow::kind) that was made.
const fn kind(purpose: Purpose, outcome: usize) -> usize {
    purpose as usize + outcome * PURPOSES
}

/// Adds `number` of what has this outcome; a pass that was issued at once took `wait_ms`.
fn add_outcomes(counts: &mut Counts, outcome: usize, number: u64, wait_ms: u64) {
    match outcome {
        NOT_MADE => counts.trips_not_made += number,
        ISSUED_AT_ONCE => {
            counts.passes += number;
            counts.wait_sum_ms += number * wait_ms;
        }
        pass => {
            let pass = PassOutcome::ALL[pass];
            let without = matches!(pass, PassOutcome::Without | PassOutcome::Refused | PassOutcome::GaveUp);
            counts.trips += number;
            counts.trips_without_pass += if without { number } else { 0 };
        }
    }
}

fn add<T: Copy + std::ops::AddAssign>(to: &mut [T], from: &[T]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += *from);
}

fn add_counts(to: &mut [Counts], from: &[Counts]) {
    to.iter_mut().zip(from).for_each(|(to, from)| to.add(from));
}

/// How many are out as each quarter of an hour begins, carried over midnight.
#[derive(Clone, Debug)]
pub(crate) struct Presence {
    /// Who is out, and who is in shops, beyond the end of the day before: by place and quarter.
    carried: [Vec<[i32; Quarters::PER_DAY]>; 2],
    /// By quarter and place.
    shown: [Vec<u32>; 2],
}

impl Presence {
    pub(crate) fn new(places: usize) -> Self {
        let carried = || vec![[0; Quarters::PER_DAY]; places];
        let shown = || vec![0; places * Quarters::PER_DAY];
        Presence { carried: [carried(), carried()], shown: [shown(), shown()] }
    }

    /// Turns the changes of a day into numbers of people, and keeps those that are out beyond its end.
    pub(crate) fn follow(&mut self, tally: &Tally) {
        for (which, (carried, shown)) in self.carried.iter_mut().zip(&mut self.shown).enumerate() {
            let places = carried.len();
            for (place, (changes, carried)) in tally.presence().iter().zip(carried).enumerate() {
                let mut out = 0;
                for quarter in 0..Quarters::PER_DAY {
                    out += changes[quarter].parts()[which];
                    shown[quarter * places + place] = (out + carried[quarter]).max(0) as u32;
                }
                for (quarter, carried) in carried.iter_mut().enumerate() {
                    out += changes[Quarters::PER_DAY + quarter].parts()[which];
                    *carried = out;
                }
            }
        }
    }

    pub(crate) fn quarters(&self) -> Quarters<'_> {
        let [out, in_shops] = &self.shown;
        Quarters { out, in_shops, places: self.carried[0].len() }
    }
}
