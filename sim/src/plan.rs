//! What comes of intent: trips, the plans that need the service or meet an officer, and what happens to these.

use demand::SimTime;
use passes::{Channel, Purpose};

use crate::population::People;
use crate::uptake::{DAY_MS, Ms};
use crate::{PassOutcome, Trip, Verdict};

/// The trip of a plan that has none: a registration alone, a pass to try the service, a pass that is given back.
pub(crate) const NO_TRIP: u16 = u16::MAX;

/// A time that does not come.
pub(crate) const NEVER_MS: i32 = i32::MAX;

/// The purpose with the number that the low bits of `bits` hold. The table is as long as the bits can tell, so that no bound is checked.
#[inline]
pub(crate) const fn purpose_of(bits: u16) -> Purpose {
    const PADDED: [Purpose; 8] = {
        let mut padded = [Purpose::Other; 8];
        let mut number = 0;
        while number < Purpose::ALL.len() {
            padded[number] = Purpose::ALL[number];
            number += 1;
        }
        padded
    };
    PADDED[(bits & 7) as usize]
}

/// A trip of a day, packed: most of what a simulation writes are these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TripRow {
    /// Milliseconds after midnight.
    pub(crate) departs_ms: u32,
    pub(crate) length_ms: u32,
    /// Counted within the cell.
    pub(crate) resident: u16,
    pub(crate) destination: u16,
    /// Tens of metres.
    distance_dam: u16,
    /// Purpose (3 bits), pass (3), one more than the verdict of a check (3), stop (2), not made (1).
    bits: u16,
}

/// Distances are kept in tens of metres.
const METRES_TO_DAM: u32 = 10;
/// Kinds of trips: purposes (3 bits) and what became of the pass (3).
pub(crate) const KINDS: usize = 1 << 6;
const STOP_SHIFT: u32 = 9;
const NOT_MADE: u16 = 1 << 11;

impl TripRow {
    #[inline]
    pub(crate) fn new(
        (departs_ms, length_ms): (u32, u32),
        resident: u16,
        (destination, distance_dam): (u16, u16),
        purpose: u16,
        stop: u8,
        pass: PassOutcome,
    ) -> Self {
        TripRow {
            departs_ms,
            length_ms,
            resident,
            destination,
            distance_dam,
            bits: purpose | (pass as u16) << 3 | u16::from(stop & 3) << STOP_SHIFT,
        }
    }

    /// When the resident is home again or leaves for the next stop, in milliseconds after midnight.
    #[inline]
    pub(crate) fn returns_ms(&self) -> u32 {
        self.departs_ms + self.length_ms
    }

    #[inline]
    pub(crate) fn purpose(&self) -> Purpose {
        purpose_of(self.bits)
    }

    #[inline]
    pub(crate) fn pass(&self) -> PassOutcome {
        PassOutcome::ALL[usize::from(self.bits >> 3 & 7)]
    }

    /// The purpose and what became of the pass, as one number below [`KINDS`].
    #[inline]
    pub(crate) fn kind(&self) -> usize {
        usize::from(self.bits) % KINDS
    }

    pub(crate) fn set_pass(&mut self, pass: PassOutcome) {
        self.bits = self.bits & !(7 << 3) | (pass as u16) << 3;
    }

    fn check(&self) -> Option<Verdict> {
        usize::from(self.bits >> 6 & 7).checked_sub(1).map(|verdict| Verdict::ALL[verdict])
    }

    pub(crate) fn set_check(&mut self, verdict: Verdict) {
        self.bits = self.bits & !(7 << 6) | (verdict as u16 + 1) << 6;
    }

    #[inline]
    pub(crate) fn is_made(&self) -> bool {
        self.bits & NOT_MADE == 0
    }

    /// The trip is not made after all.
    pub(crate) fn cancel(&mut self) {
        self.bits |= NOT_MADE;
    }

    /// Whether it follows another stop of the same tour.
    pub(crate) fn follows(&self) -> bool {
        self.bits >> STOP_SHIFT & 3 != 0
    }

    /// It begins at home after all.
    pub(crate) fn begins_at_home(&mut self) {
        self.bits &= !(3 << STOP_SHIFT);
    }

    #[inline]
    pub(crate) fn distance_m(&self) -> u32 {
        u32::from(self.distance_dam) * METRES_TO_DAM
    }

    /// The row as two words, for the fingerprint.
    #[inline]
    pub(crate) fn words(&self) -> [u64; 2] {
        [
            u64::from(self.departs_ms) | u64::from(self.length_ms) << 32,
            u64::from(self.resident)
                | u64::from(self.destination) << 16
                | u64::from(self.distance_dam) << 32
                | u64::from(self.bits) << 48,
        ]
    }

    /// The trip of `day` in full, made by one of `people`.
    pub(crate) fn full(&self, people: &People, day: u16) -> Trip {
        let household = usize::from(people.households[usize::from(self.resident)]);
        let departs = SimTime::on_day(day, self.departs_ms.into());
        Trip {
            departs,
            returns: SimTime::from_ms(departs.ms() + u64::from(self.length_ms)),
            resident: people.first_resident + u32::from(self.resident),
            household: people.first_household + household as u32,
            distance_m: self.distance_m(),
            origin: people.places[household],
            destination: self.destination,
            stop: (self.bits >> STOP_SHIFT & 3) as u8,
            purpose: self.purpose(),
            pass: self.pass(),
            check: self.check(),
        }
    }
}

/// Someone's dealings with the service or an officer, for one trip or none. Times are in milliseconds after the day's midnight.
///
/// In 32 bytes with all that a try needs: where many ask at once, what costs time is to fetch plans from memory, and where all share
/// a service, plans are most of a day's memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// From when the pass is to hold.
    pub(crate) start_ms: i32,
    /// Until when the resident waits for the pass, at the latest, before going without it or not going.
    pub(crate) latest_ms: i32,
    /// When the resident first asks; [`NEVER_MS`] for who only registers.
    pub(crate) asked_ms: i32,
    /// When the pass ends that the resident holds for it, in minutes after the first midnight; 0 before there is one.
    pub(crate) held_until_min: u32,
    /// The index of the trip within the cell, or [`NO_TRIP`]; during intent, of the wish for it.
    pub(crate) trip: u16,
    /// Tells the plan's random numbers from those of other plans of the resident and day.
    pub(crate) item: u16,
    /// Counted within the cell.
    pub(crate) resident: u16,
    /// Whose need the trip meets.
    pub(crate) whose: u16,
    /// Where the resident lives.
    pub(crate) place: u16,
    /// With whom the resident is [counted](crate::population::Resident::counted_with).
    pub(crate) group: u8,
    pub(crate) purpose: Purpose,
    pub(crate) channel: Channel,
    /// Requests made so far, failed or malformed.
    pub(crate) tries: u8,
    pub(crate) state: PlanState,
    pub(crate) flags: Flags,
}

/// What is so or not of a plan, in a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Flags {
    /// The resident goes without the pass when it is not to be had.
    pub(crate) const GOES_ANYWAY: Flags = Flags(1);
    /// The pass is one that the service will annul.
    pub(crate) const MALFORMED: Flags = Flags(1 << 1);
    /// The check on the street was put off with the departure.
    pub(crate) const CHECK_PUT_OFF: Flags = Flags(1 << 2);
    /// The coming to a gate was.
    pub(crate) const COMING_PUT_OFF: Flags = Flags(1 << 3);

    pub(crate) const fn has(self, flag: Flags) -> bool {
        self.0 & flag.0 != 0
    }

    pub(crate) const fn set(&mut self, flag: Flags, is_so: bool) {
        self.0 = if is_so { self.0 | flag.0 } else { self.0 & !flag.0 };
    }
}

/// How far a plan has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlanState {
    /// Nothing was asked for yet.
    Open,
    /// The resident wants to ask and is not registered yet.
    Waiting,
    /// A pass was issued, now or on a day before.
    Issued,
    /// There will be no pass.
    Over,
}

/// What happens to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Act {
    /// A resident registers, to ask when the plan says.
    Register,
    Ask,
    GiveBack,
    Check,
    CheckIn,
    /// A resident comes to a gate.
    Come,
    /// An officer at a gate is done with a resident.
    Done,
    /// A bot asks.
    Bot,
}

impl Act {
    const ALL: [Act; 8] =
        [Act::Register, Act::Ask, Act::GiveBack, Act::Check, Act::CheckIn, Act::Come, Act::Done, Act::Bot];
}

/// Something that happens to a plan, at a time after the day's midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) at_ms: i32,
    pub(crate) plan: PlanId,
    pub(crate) act: Act,
}

/// A plan among those of all cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PlanId {
    pub(crate) cell: u16,
    pub(crate) index: u16,
}

/// Events lie within two days before and four after a midnight.
const FIRST_MS: i32 = -2 * DAY_MS as i32;
/// Where the milliseconds begin in the number of an event.
pub(crate) const KEY_BITS_OF_MS: u32 = 35;

impl Event {
    /// A number for the event, ordered by time, then plan, then act, so that the order of a day is unique.
    #[inline]
    pub(crate) fn key(self) -> u64 {
        let at = (self.at_ms - FIRST_MS) as u64 & 0x1fff_ffff;
        at << KEY_BITS_OF_MS | u64::from(self.plan.cell) << 19 | u64::from(self.plan.index) << 3 | self.act as u64
    }

    /// The event of a number.
    #[inline]
    pub(crate) fn of_key(key: u64) -> Self {
        Event {
            at_ms: (key >> KEY_BITS_OF_MS) as i32 + FIRST_MS,
            plan: PlanId { cell: (key >> 19) as u16, index: (key >> 3) as u16 },
            act: Act::ALL[(key & 7) as usize],
        }
    }

    /// The number of the same event when its cell is this one.
    #[inline]
    pub(crate) fn in_cell(key: u64, cell: u16) -> u64 {
        key | u64::from(cell) << 19
    }
}

impl Plan {
    /// A plan for a pass that is to hold from `start_ms` on, with nothing asked for yet.
    pub(crate) fn new(people: &People, resident: u16, purpose: Purpose, start_ms: i32, channel: Channel) -> Self {
        Plan {
            start_ms,
            latest_ms: start_ms,
            asked_ms: start_ms,
            held_until_min: 0,
            trip: NO_TRIP,
            item: purpose as u16,
            resident,
            whose: resident,
            place: people.places[usize::from(people.households[usize::from(resident)])],
            group: people.residents[usize::from(resident)].counted_with() as u8,
            purpose,
            channel,
            tries: 0,
            state: PlanState::Open,
            flags: Flags::default(),
        }
    }
}

/// The time after the first midnight of a time after the midnight of `day`.
#[inline]
pub(crate) fn absolute_ms(day: u16, at_ms: i32) -> Ms {
    Ms::from(day) * DAY_MS + Ms::from(at_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_are_compact() {
        assert_eq!(size_of::<TripRow>(), 16);
        assert!(size_of::<Plan>() <= 32, "{}", size_of::<Plan>());
    }

    proptest! {
        #[test]
        fn keys_lead_back_and_order_by_time(a in -172_800_000..345_600_000_i32, b in -172_800_000..345_600_000_i32, cell: u16, index: u16, act in 0..8_usize) {
            let event = |at_ms| Event { at_ms, plan: PlanId { cell, index }, act: Act::ALL[act] };
            prop_assert_eq!(Event::of_key(event(a).key()), event(a));
            prop_assert_eq!(event(a).key().cmp(&event(b).key()), a.cmp(&b));
        }
    }
}
