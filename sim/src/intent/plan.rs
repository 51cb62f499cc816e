//! What comes of intent: trips, and the plans that need the server or meet an officer.

use passes::{Channel, Purpose};

use crate::Trip;
use crate::uptake::Ms;

/// The trip of a plan that has none: a registration alone, a pass to try the service, a pass that is given back.
pub(crate) const NO_TRIP: u32 = u32::MAX;

/// The intents of one chunk of households.
#[derive(Debug, Default)]
pub(crate) struct Intents {
    /// By household, resident and departure. Where a pass is asked for, the outcome stands as hoped for.
    pub(crate) trips: Vec<Trip>,
    /// Only of those who act.
    pub(crate) plans: Vec<Plan>,
    /// In the order of plans.
    pub(crate) events: Vec<Event>,
}

/// Someone's dealings with the service or an officer, for one trip or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// From when the pass is to hold.
    pub(crate) start_ms: Ms,
    /// When the pass ends that the resident holds for it; 0 before there is one.
    pub(crate) held_until_ms: Ms,
    /// The index of the trip within the chunk, or [`NO_TRIP`].
    pub(crate) trip: u32,
    pub(crate) resident: u32,
    /// Whose need the trip meets.
    pub(crate) whose: u32,
    /// Where the resident lives.
    pub(crate) place: u16,
    pub(crate) purpose: Purpose,
    pub(crate) channel: Channel,
    /// Whether the resident goes without the pass when it is refused.
    pub(crate) goes_anyway: bool,
}

/// Something that happens to a plan. Ordered by time, then plan, then act, so that the order of a day is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Event {
    pub(crate) at_ms: u64,
    /// The index of the plan within the chunk.
    pub(crate) plan: u32,
    pub(crate) act: Act,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Act {
    Register,
    Ask,
    GiveBack,
    Check,
}

impl Intents {
    /// Forgets a day and keeps the room it took, as days are alike; the first time makes room for so many residents, by experience.
    pub(crate) fn clear(&mut self, residents: usize) {
        self.trips.clear();
        self.trips.reserve(residents * 4 / 5);
        self.plans.clear();
        self.plans.reserve(residents / 4);
        self.events.clear();
        self.events.reserve(residents / 3);
    }
}
