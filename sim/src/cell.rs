//! A cell of the region: some households, what they need and how they stand, and what they do on a day.

use demand::Request;

use crate::ledger::Ledger;
use crate::needs::Needs;
use crate::plan::{Plan, TripRow};
use crate::population::People;
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
    /// The events that are planned ahead, as [`Event::key`](crate::plan::Event::key)s.
    pub(crate) events: Vec<u64>,
    /// Passes issued; empty unless someone wants to see them.
    pub(crate) passes: Vec<Pass>,
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
            standing: Standing::new(people, &world.uptake, world.has_long_passes),
            ledger: Ledger::default(),
            day: CellDay::default(),
        }
    }
}

impl CellDay {
    /// Forgets a day and keeps the room it took, as days are alike.
    pub(crate) fn clear(&mut self) {
        let CellDay { trips, plans, events, passes, checks, requests } = self;
        trips.clear();
        plans.clear();
        events.clear();
        passes.clear();
        checks.clear();
        requests.clear();
    }

    /// A trip begins so much later than planned. Where it follows another stop, the resident stays there until then.
    pub(crate) fn put_off(&mut self, trip: usize, late_ms: u32) {
        self.trips[trip].departs_ms += late_ms;
        if self.trips[trip].follows() {
            self.trips[trip - 1].length_ms += late_ms;
        }
    }

    /// A trip leads home, or is not made: one that was to follow it begins at home.
    pub(crate) fn goes_home_after(&mut self, trip: usize) {
        let resident = self.trips[trip].resident;
        if let Some(next) = self.trips.get_mut(trip + 1).filter(|next| next.resident == resident && next.follows()) {
            next.begins_at_home();
        }
    }
}
