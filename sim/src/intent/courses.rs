//! What comes of each wish: most are settled by a comparison, in plain loops over all of a cell.

use passes::Purpose;

use super::wishes::Wish;
use super::{Desk, Planner};
use crate::PassOutcome;
use crate::keep::keep;
use crate::plan::{NO_TRIP, TripRow};
use crate::today::{CARRIES, OTHER, STAYS_IN};

/// What comes of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// The trip is made.
    Goes(PassOutcome),
    /// The resident obeys and does without the trip.
    StaysAtHome,
    /// There is no trip, for another reason.
    ComesToNothing,
    /// More must be known than the purpose and the resident's compliance.
    IsOpen,
}

impl Planner<'_> {
    /// Settles the course of each wish for which the purpose and the resident's compliance suffice, and lists those that are open.
    pub(super) fn settle(&self, desk: &mut Desk) {
        let Desk { wishes, courses, open, .. } = desk;
        // By purpose, and by whether the resident complies.
        let (mut ranks, mut settled) = ([0; 8], [[Course::IsOpen; 2]; 8]);
        for (number, terms) in self.today.terms.iter().enumerate().filter(|_| !self.today.has_gates) {
            (ranks[number], settled[number]) = (terms.ranks, [terms.beyond, terms.within]);
        }
        courses.clear();
        courses.extend(wishes.iter().map(|wish| {
            let purpose = usize::from(wish.purpose_number());
            let complies = u32::from(self.people.compliance[usize::from(wish.resident)]) < ranks[purpose];
            let course = settled[purpose][usize::from(complies)];
            let is_open = !wish.fits() | wish.may_be_stopped | self.standing.has_learnt(wish.household);
            if is_open { Course::IsOpen } else { course }
        }));
        keep(open, courses, |course| *course == Course::IsOpen);
    }

    /// Counts the trips that are not made in obedience to the policy; their needs stay.
    pub(super) fn stay_at_home(&mut self, desk: &mut Desk) {
        let Desk { needs, wishes, courses, kept, .. } = desk;
        keep(kept, needs, |needs| needs & STAYS_IN != 0);
        self.tally.stay_at_home(self.people, kept.iter().map(|resident| (*resident, Purpose::Other)));
        for (wants_out, needs) in self.needs.wants_out.iter_mut().zip(&*needs) {
            let is_over = needs & (STAYS_IN | OTHER) != 0;
            let carries = needs & (STAYS_IN | CARRIES) == STAYS_IN | CARRIES;
            *wants_out = (*wants_out & !is_over) | carries;
        }
        keep(kept, courses, |course| *course == Course::StaysAtHome);
        let stays = kept.iter().map(|index| &wishes[usize::from(*index)]);
        self.tally.stay_at_home(self.people, stays.clone().map(|wish| (wish.resident, wish.purpose())));
        for wish in stays {
            self.needs.stays_unmet(wish.purpose(), wish.household, wish.whose);
            if wish.purpose() == Purpose::Other {
                self.needs.wants_out[usize::from(wish.resident)] = needs[usize::from(wish.resident)] & CARRIES != 0;
            }
        }
    }

    /// Makes the trips. Plans, which knew their wish so far, learn which trip it became.
    pub(super) fn set_out(&mut self, desk: &mut Desk) {
        let Desk { wishes, courses, trip_of, .. } = desk;
        trip_of.clear();
        let trips = &mut self.day.trips;
        trips.resize(wishes.len() + 1, TripRow::default());
        let mut count = 0;
        trip_of.extend(wishes.iter().zip(courses).map(|(wish, course)| {
            let (goes, pass) = match course {
                Course::Goes(pass) => (true, *pass),
                _ => (false, PassOutcome::NotNeeded),
            };
            let before = if count > 0 { Some(&trips[count - 1]) } else { None };
            trips[count] = row(wish, before, pass);
            count += usize::from(goes);
            // Of a trip that is made.
            (count as u16).wrapping_sub(1)
        }));
        trips.truncate(count);
        for plan in self.day.plans.iter_mut().filter(|plan| plan.trip != NO_TRIP) {
            plan.trip = trip_of[usize::from(plan.trip)];
        }
    }
}

/// The trip of a wish after the trip `before`. Where the stop before came to nothing, it begins at home.
#[inline]
fn row(wish: &Wish, before: Option<&TripRow>, pass: PassOutcome) -> TripRow {
    let follows =
        || before.is_some_and(|before| (before.resident, before.returns_ms()) == (wish.resident, wish.departs_ms));
    let stop = if wish.stop > 0 && follows() { wish.stop } else { 0 };
    TripRow::new(
        (wish.departs_ms, wish.length_ms),
        wish.resident,
        (wish.destination, wish.distance_dam),
        wish.purpose_number(),
        stop,
        pass,
    )
}
