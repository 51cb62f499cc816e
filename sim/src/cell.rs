//! A cell of the region: some households, what they need and how they stand, and what they do on a day.

use demand::Request;

use crate::ledger::Ledger;
use crate::needs::Needs;
use crate::plan::{NO_TRIP, Plan, TripRow};
use crate::population::People;
use crate::records::Wants;
use crate::standing::Standing;
use crate::world::World;
use crate::{Check, Pass};

/// Some households with all that is theirs, so that one task can live a day for them without looking elsewhere.
#[derive(Debug)]
pub(crate) struct Cell<'a> {
    pub(crate) people: &'a People,
    pub(crate) needs: Needs,
    pub(crate) standing: Standing,
    pub(crate) ledger: Ledger,
    pub(crate) day: CellDay,
}

/// What the people of a cell do on a day. Kept only while others have a part in it: a service that all share, or an observer.
#[derive(Clone, Debug, Default)]
pub(crate) struct CellDay {
    /// By household, resident and departure. Where a pass is asked for, the outcome stands as hoped for until it is known.
    pub(crate) trips: Vec<TripRow>,
    /// Only of those who deal with the service or an officer.
    pub(crate) plans: Vec<Plan>,
    /// The events that are planned ahead and not yet on the agenda, as [`Event::key`](crate::plan::Event::key)s.
    pub(crate) events: Vec<u64>,
    /// Passes issued; empty unless someone wants to see them.
    pub(crate) passes: Vec<Pass>,
    /// Which of these is the pass of each plan; empty while there are none.
    pass_of: Vec<u32>,
    /// Checks; empty unless someone wants to see them.
    pub(crate) checks: Vec<Check>,
    /// Requests; empty unless someone wants to see them.
    pub(crate) requests: Vec<Request>,
}

impl<'a> Cell<'a> {
    /// The cell on the first morning.
    pub(crate) fn new(world: &World<'_>, people: &'a People) -> Self {
        Cell {
            people,
            needs: Needs::new(people, world.activities, &world.streams),
            standing: Standing::new(people, &world.uptake),
            ledger: Ledger::default(),
            day: CellDay::default(),
        }
    }
}

impl CellDay {
    /// Forgets a day and keeps the room it took, as days are alike.
    pub(crate) fn clear(&mut self) {
        let CellDay { trips, plans, events, passes, pass_of, checks, requests } = self;
        trips.clear();
        plans.clear();
        events.clear();
        passes.clear();
        pass_of.clear();
        checks.clear();
        requests.clear();
    }

    /// The same intents in no more room than they take, with the soonest event last; for a day that waits for those of other cells.
    pub(crate) fn compact(&mut self) -> CellDay {
        self.events.sort_unstable_by(|a, b| b.cmp(a));
        CellDay {
            trips: self.trips.as_slice().into(),
            plans: self.plans.as_slice().into(),
            events: self.events.as_slice().into(),
            passes: std::mem::take(&mut self.passes),
            requests: std::mem::take(&mut self.requests),
            ..CellDay::default()
        }
    }

    /// Takes of a whole `day` what an observer will look at. The room that this took on the day before serves again.
    pub(crate) fn keep_shown(&mut self, day: &CellDay, wants: Wants) {
        let CellDay { trips, passes, checks, requests, .. } = self;
        keep(trips, if wants.trips { &day.trips } else { &[] });
        // None of these is there unless it is wanted.
        keep(passes, &day.passes);
        keep(checks, &day.checks);
        keep(requests, &day.requests);
    }

    /// Lets go of what nobody will ask for once the day is over, and of the room it took; of trips only if they will not be shown.
    pub(crate) fn forget_intents(&mut self, keeps_trips: bool) {
        (self.plans, self.events, self.pass_of) = Default::default();
        if !keeps_trips {
            self.trips = Vec::new();
        }
    }

    /// Lets go of the trips of residents without plans, after having shown them to `settled`: nothing can change them any more.
    pub(crate) fn settle(&mut self, mut settled: impl FnMut(&[TripRow])) {
        let CellDay { trips, plans, .. } = self;
        // By resident, as trips are.
        let mut plans = plans.iter_mut().filter(|plan| plan.trip != NO_TRIP).peekable();
        let (mut from, mut kept) = (0, 0);
        while from < trips.len() {
            let resident = trips[from].resident;
            let until = from + trips[from..].iter().take_while(|trip| trip.resident == resident).count();
            if plans.peek().is_some_and(|plan| plan.resident == resident) {
                trips.copy_within(from..until, kept);
                while let Some(plan) = plans.next_if(|plan| plan.resident == resident) {
                    plan.trip -= (from - kept) as u16;
                }
                kept += until - from;
            } else {
                settled(&trips[from..until]);
            }
            from = until;
        }
        trips.truncate(kept);
    }

    /// Notes the pass of a plan, for those who want to see it.
    pub(crate) fn keep_pass(&mut self, plan: usize, pass: Pass) {
        self.pass_of.resize(self.plans.len(), u32::MAX);
        self.pass_of[plan] = self.passes.len() as u32;
        self.passes.push(pass);
    }

    /// The pass of a plan, if it has one that was kept.
    pub(crate) fn kept_pass(&mut self, plan: usize) -> Option<&mut Pass> {
        self.passes.get_mut(*self.pass_of.get(plan)? as usize)
    }

    /// A trip does not begin before `at_ms`. Where it follows another stop, the resident stays there until then.
    pub(crate) fn put_off(&mut self, trip: usize, at_ms: u32) {
        let late_ms = at_ms.saturating_sub(self.trips[trip].departs_ms);
        self.trips[trip].departs_ms += late_ms;
        if self.trips[trip].follows() {
            self.trips[trip - 1].length_ms += late_ms;
        }
    }

    /// A trip takes so much longer: the resident goes on to the next stop later by as much, and to no other trip before being home.
    /// Returns when the resident is home from the last trip that this puts off, in milliseconds after midnight.
    pub(crate) fn lengthen(&mut self, trip: usize, by_ms: u32) -> u32 {
        self.trips[trip].length_ms += by_ms;
        let resident = self.trips[trip].resident;
        let mut home_ms = self.trips[trip].returns_ms();
        let next = self.trips[trip + 1..].iter_mut().take_while(|next| next.resident == resident);
        for next in next.filter(|next| next.is_made()) {
            if next.departs_ms >= home_ms {
                break;
            }
            next.departs_ms = home_ms;
            home_ms = next.returns_ms();
        }
        home_ms
    }

    /// A trip leads home, or is not made: one that was to follow it begins at home.
    pub(crate) fn goes_home_after(&mut self, trip: usize) {
        let resident = self.trips[trip].resident;
        if let Some(next) = self.trips.get_mut(trip + 1).filter(|next| next.resident == resident && next.follows()) {
            next.begins_at_home();
        }
    }
}

fn keep<T: Copy>(kept: &mut Vec<T>, of: &[T]) {
    kept.clear();
    kept.extend_from_slice(of);
}

#[cfg(test)]
mod tests {
    use passes::{Channel, Purpose};

    use super::*;
    use crate::PassOutcome;
    use crate::population::{AgeBand, Occupation, Phone, Resident, Traits};

    const MINUTE_MS: u32 = 60_000;

    /// Trips of resident, departure and length in minutes, and stop.
    fn day(trips: &[(u16, u32, u32, u8)]) -> CellDay {
        let trip = |(resident, departs, length, stop): &(u16, u32, u32, u8)| {
            let times = (departs * MINUTE_MS, length * MINUTE_MS);
            TripRow::new(times, *resident, (0, 0), Purpose::Groceries as u16, *stop, PassOutcome::Issued)
        };
        CellDay { trips: trips.iter().map(trip).collect(), ..CellDay::default() }
    }

    fn minutes(day: &CellDay) -> Vec<(u32, u32)> {
        day.trips.iter().map(|trip| (trip.departs_ms / MINUTE_MS, trip.returns_ms() / MINUTE_MS)).collect()
    }

    #[test]
    fn what_takes_longer_puts_off_what_follows_as_far_as_needed() {
        let mut day = day(&[(1, 60, 30, 0), (1, 90, 30, 1), (1, 130, 20, 0), (1, 180, 10, 0), (2, 60, 10, 0)]);
        assert_eq!(day.lengthen(0, 15 * MINUTE_MS), 155 * MINUTE_MS);
        assert_eq!(minutes(&day), [(60, 105), (105, 135), (135, 155), (180, 190), (60, 70)]);
        day.trips[1].cancel();
        assert_eq!(day.lengthen(0, 5 * MINUTE_MS), 110 * MINUTE_MS, "a trip that is not made is in nobody's way");
    }

    #[test]
    fn a_trip_is_put_off_once() {
        let mut day = day(&[(1, 60, 30, 0), (1, 90, 30, 1)]);
        day.put_off(1, 100 * MINUTE_MS);
        day.put_off(1, 95 * MINUTE_MS);
        assert_eq!(minutes(&day), [(60, 100), (100, 130)]);
    }

    #[test]
    fn who_has_no_plan_is_settled() {
        let mut day = day(&[(0, 60, 30, 0), (1, 60, 30, 0), (1, 90, 30, 0), (2, 60, 10, 0), (3, 60, 10, 0)]);
        let people =
            People { places: vec![7], households: vec![0; 4], residents: vec![resident(); 4], ..People::default() };
        for (resident, trip) in [(1, 2), (3, 4)] {
            let plan = Plan::new(&people, resident, Purpose::Groceries, 0, Channel::Web);
            day.plans.push(Plan { trip, ..plan });
        }
        let mut settled = Vec::new();
        day.settle(|trips| settled.extend(trips.iter().map(|trip| trip.resident)));
        assert_eq!(settled, [0, 2]);
        assert_eq!(day.trips.iter().map(|trip| trip.resident).collect::<Vec<_>>(), [1, 1, 3]);
        assert_eq!(day.plans.iter().map(|plan| plan.trip).collect::<Vec<_>>(), [1, 2]);
    }

    fn resident() -> Resident {
        let (age, occupation) = (AgeBand::From18, Occupation::Remote);
        Resident::new(Traits { age, occupation, phone: Phone::Web, is_chronic: false, rotates: false, shift: 0 })
    }
}
