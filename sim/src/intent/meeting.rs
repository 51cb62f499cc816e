//! Whom officers will meet on the way: patrols on the street, gates.

use super::Planner;
use super::wishes::Wish;
use crate::draw::{Stage, scale};
use crate::gates::Queues;
use crate::profile::DAY_MS;
use crate::uptake::Ms;

impl Planner<'_> {
    /// When officers on patrol stop the resident on this trip, if they do: at a random moment on the street.
    #[inline]
    pub(super) fn is_stopped_ms(&self, wish: &Wish) -> Option<i32> {
        if !wish.may_be_stopped {
            return None;
        }
        let world = self.world;
        let home = self.people.places[usize::from(wish.household)];
        let who = self.number_of(wish.resident);
        let [.., meets] = world.streams.block(who, self.today.day, Stage::Trip, wish.item);
        let [moment, ..] = world.streams.block(who, self.today.day, Stage::Check, wish.item);
        let on_street_ms = scale(moment, 2 * wish.leg_ms);
        let after_ms =
            if on_street_ms < wish.leg_ms { on_street_ms } else { wish.length_ms - (2 * wish.leg_ms - on_street_ms) };
        let at_ms = wish.departs_ms + after_ms;
        if !world.patrol.stops(home, at_ms % DAY_MS, 2 * wish.leg_ms, meets) {
            return None;
        }
        let is_in_force = world.rules.in_force(world.unix_s(self.today.day_ms + Ms::from(at_ms)));
        is_in_force.then_some(at_ms as i32)
    }

    /// When the resident comes to a gate on this trip, if one lies on the way: on the way there.
    pub(super) fn comes_to_gate_ms(&self, wish: &Wish) -> Option<i32> {
        if !self.today.has_gates {
            return None;
        }
        let who = self.number_of(wish.resident);
        let at_ms = (wish.departs_ms + wish.leg_ms / 2) as i32;
        let errand = (self.people.places[usize::from(wish.household)], wish.purpose(), wish.distance_m());
        let words = |kind| self.world.streams.block_of_try(who, self.today.day, Stage::Gate, wish.item, kind);
        Queues::choose(self.world, self.today.day_ms + Ms::from(at_ms), errand, words).map(|_| at_ms)
    }
}
