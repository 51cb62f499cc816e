//! Wishes become a day that one body can live through.

use std::hint::select_unpredictable;

use passes::Purpose;

use super::wishes::Wish;
use super::{Desk, Planner};
use crate::keep::keep;
use crate::profile::{DAY_MS, MINUTE_MS};

impl Planner<'_> {
    /// Puts off departures until residents are home from the trip before, so that the wishes on the desk can be lived through. What
    /// then no longer [fits](Wish::fits) into the day comes after what does. The policy has no say yet: what it forbids must not make
    /// room for other trips, or a stricter policy could lead to more permitted ones.
    pub(super) fn schedule(&mut self, desk: &mut Desk) {
        let Desk { wishes, bounds, counts, kept, .. } = desk;
        // Most go out once, if at all: theirs were put off as they were drawn.
        keep(kept, counts.iter().map(|count| *count > 1));
        for resident in kept.iter().map(|resident| usize::from(*resident)) {
            let [begin, end] = [bounds[resident], bounds[resident + 1]].map(usize::from);
            self.order(resident, &mut wishes[begin..end]);
        }
    }

    /// Puts off the only wish of a resident until the resident is home from a trip of the day before. One that is not the only one is
    /// left as it is.
    #[inline]
    pub(super) fn put_off_alone(&mut self, wish: &mut Wish, is_only: bool) {
        let gap_ms = self.world.activities.gap_min * MINUTE_MS;
        let away_min = &mut self.needs.away_min[usize::from(wish.resident)];
        // Every other wish is the only one: a branch would often be guessed wrong.
        wish.departs_ms = wish.departs_ms.max(select_unpredictable(is_only, u32::from(*away_min) * MINUTE_MS, 0));
        *away_min = select_unpredictable(is_only & wish.fits(), wish.home_min(gap_ms), *away_min);
    }

    /// Orders the wishes of a resident by departure, joins a pharmacy to the shopping before, and puts each off until the resident is
    /// home from the one before.
    fn order(&mut self, resident: usize, wishes: &mut [Wish]) {
        join_tours(wishes);
        put_in_order(wishes);
        let gap_ms = self.world.activities.gap_min * MINUTE_MS;
        let mut away_min = self.needs.away_min[resident];
        for index in 0..wishes.len() {
            let (before, rest) = wishes.split_at_mut(index);
            let wish = &mut rest[0];
            match before.last_mut().filter(|before| wish.stop > 0 && before.fits()) {
                Some(before) if leaves_shop_ms(before).is_some_and(|at_ms| at_ms < DAY_MS) => {
                    // Straight on from the shop.
                    before.length_ms -= before.leg_ms;
                    wish.departs_ms = before.departs_ms + before.length_ms;
                }
                _ => wish.put_off(away_min),
            }
            if wish.fits() {
                away_min = wish.home_min(gap_ms);
            }
        }
        self.needs.away_min[resident] = away_min;
    }

    /// How long a resident can put off leaving on the first of these trips, if its pass is late, before the next one or the next day is
    /// upset.
    pub(super) fn slack_ms(&self, wishes: &[Wish]) -> u32 {
        let patience_ms = self.world.behaviour.patience_min * MINUTE_MS;
        let Some(wish) = wishes.first() else { return 0 };
        let home_ms = wish.departs_ms + wish.length_ms + self.world.activities.gap_min * MINUTE_MS;
        match wishes.get(1).filter(|next| next.resident == wish.resident && next.fits()) {
            Some(next) => next.departs_ms.saturating_sub(home_ms).min(patience_ms),
            None if home_ms + patience_ms <= DAY_MS => patience_ms,
            None => 0,
        }
    }
}

/// Sorts the few wishes of a resident by departure. They come nearly in order of purpose, so that inserting is best.
fn put_in_order(wishes: &mut [Wish]) {
    let order = |wish: &Wish| u64::from(wish.departs_ms) << 32 | u64::from(wish.stop) << 16 | u64::from(wish.item);
    for next in 1..wishes.len() {
        let mut at = next;
        while at > 0 && order(&wishes[at]) < order(&wishes[at - 1]) {
            wishes.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// When someone who is shopping would go on to another stop, in milliseconds after midnight.
fn leaves_shop_ms(wish: &Wish) -> Option<u32> {
    (wish.purpose() == Purpose::Groceries).then(|| wish.departs_ms + wish.length_ms - wish.leg_ms)
}

/// A trip to a pharmacy follows the shopping, if it may.
fn join_tours(wishes: &mut [Wish]) {
    let Some(next) = wishes.iter().position(|wish| wish.may_chain) else { return };
    let shopping = wishes.iter().find(|wish| wish.purpose() == Purpose::Groceries);
    if let Some(departs_ms) = shopping.map(|wish| wish.departs_ms) {
        (wishes[next].departs_ms, wishes[next].stop) = (departs_ms, 1);
    }
}
