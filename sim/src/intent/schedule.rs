//! Wishes become a day that one body can live through.

use passes::Purpose;

use super::wishes::Wish;
use super::{Desk, Planner};
use crate::keep::keep;
use crate::profile::{DAY_MS, MINUTE_MS};

impl Planner<'_> {
    /// Puts off departures until residents are home from the trip before, so that the wishes on the desk can be lived through. What
    /// then no longer [fits](Wish::fits) into the day comes after what does. The policy has no say yet: what it forbids must not make
    /// room for other trips, or a stricter policy could lead to more permitted ones. Outings of those who obey, where these are forbidden
    /// all day, are not among the wishes: an outing yields to errands and so makes room for none.
    pub(super) fn schedule(&mut self, desk: &mut Desk) {
        let Desk { wishes, bounds, counts, kept, .. } = desk;
        // Most go out once, if at all, and are at home when the day begins: theirs stay as they were drawn.
        keep(kept, counts, |count| *count > 1);
        for resident in kept.iter().map(|resident| usize::from(*resident)) {
            let [begin, end] = [bounds[resident], bounds[resident + 1]].map(usize::from);
            self.order(resident, &mut wishes[begin..end]);
        }
    }

    /// Puts the wishes of a resident, which come by purpose, in the order of departure: errands first, and then an outing for other
    /// purposes where they leave time for it.
    fn order(&mut self, resident: usize, wishes: &mut [Wish]) {
        let away_min = self.needs.away_min[resident];
        let has_outing = wishes.last().is_some_and(|last| last.purpose() == Purpose::Other);
        let (errands, outing) = wishes.split_at_mut(wishes.len() - usize::from(has_outing));
        let mut home_min = self.order_errands(errands, away_min);
        if let [outing] = outing {
            let gap_ms = self.world.activities.gap_min * MINUTE_MS;
            let at = fit_in(outing, errands, away_min, gap_ms);
            if outing.fits() {
                home_min = home_min.max(outing.home_min(gap_ms));
            }
            wishes[at..].rotate_right(1);
        }
        self.needs.away_min[resident] = home_min;
    }

    /// Orders errands by departure, joins a pharmacy to the shopping before, and puts each off until the resident is home from the one
    /// before. Returns when the resident, who is away until `away_min`, is home again and rested.
    fn order_errands(&self, wishes: &mut [Wish], mut away_min: u16) -> u16 {
        join_tours(wishes);
        put_in_order(wishes);
        let gap_ms = self.world.activities.gap_min * MINUTE_MS;
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
        away_min
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

/// Puts off an outing until it fits between the errands of the day, or after the last. Returns how many come before it.
fn fit_in(outing: &mut Wish, errands: &[Wish], away_min: u16, gap_ms: u32) -> usize {
    outing.put_off(away_min);
    let made = errands.partition_point(Wish::fits);
    for (before, errand) in errands[..made].iter().enumerate() {
        if outing.departs_ms + outing.length_ms + gap_ms <= errand.departs_ms {
            return before;
        }
        outing.put_off(errand.home_min(gap_ms));
    }
    made
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

#[cfg(test)]
mod tests {
    use super::*;

    const GAP_MS: u32 = 10 * MINUTE_MS;

    fn wish(purpose: Purpose, departs_min: u32, length_min: u32) -> Wish {
        let (departs_ms, length_ms) = (departs_min * MINUTE_MS, length_min * MINUTE_MS);
        Wish { departs_ms, length_ms, item: purpose as u16, ..Wish::default() }
    }

    #[test]
    fn an_outing_yields_to_errands() {
        let errands = [wish(Purpose::Pet, 480, 30), wish(Purpose::Work, 540, 480), wish(Purpose::Pet, 1_500, 30)];
        let put = |departs_min, length_min| {
            let mut outing = wish(Purpose::Other, departs_min, length_min);
            let before = fit_in(&mut outing, &errands, 0, GAP_MS);
            (before, outing.departs_ms / MINUTE_MS)
        };
        assert_eq!(put(400, 70), (0, 400), "home and rested just in time");
        assert_eq!(put(400, 71), (2, 1_030), "neither before the walk nor between that and work");
        assert_eq!(put(400, 480), (2, 1_030));
        assert_eq!(put(510, 10), (1, 520), "between the walk and work");
        assert_eq!(put(1_200, 600), (2, 1_200), "what no longer fits is in nobody's way");
    }
}
