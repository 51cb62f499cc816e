//! Wishes become a day that one body can live through.

use passes::Purpose;

use super::Planner;
use super::wishes::Wish;
use crate::profile::{DAY_MS, MINUTE_MS};

impl Planner<'_> {
    /// Orders the wishes of a resident by departure, joins a pharmacy to the shopping before, puts off each departure until the
    /// resident is home from the trip before, and drops what no longer fits into the day: so many are left, at the beginning. The
    /// policy has no say yet: what it forbids must not make room for other trips, or a stricter policy could lead to more permitted
    /// ones.
    #[inline]
    pub(super) fn schedule(&mut self, wishes: &mut [Wish]) -> usize {
        let Some(Wish { resident, .. }) = wishes.first() else { return 0 };
        let resident = usize::from(*resident);
        let gap_ms = self.world.activities.gap_min * MINUTE_MS;
        if wishes.len() > 1 {
            join_tours(wishes);
            wishes.sort_unstable_by_key(|wish| (wish.departs_ms, wish.stop, wish.item));
        }
        let mut kept = 0;
        for index in 0..wishes.len() {
            let mut wish = wishes[index];
            match wishes[..kept].last_mut().filter(|_| wish.stop > 0) {
                Some(before) if leaves_shop_ms(before).is_some_and(|at_ms| at_ms < DAY_MS) => {
                    // Straight on from the shop.
                    before.length_ms -= before.leg_ms;
                    wish.departs_ms = before.departs_ms + before.length_ms;
                }
                _ => {
                    wish.stop = 0;
                    wish.departs_ms = wish.departs_ms.max(u32::from(self.needs.away_min[resident]) * MINUTE_MS);
                }
            }
            if wish.departs_ms < DAY_MS {
                let home_ms = wish.departs_ms + wish.length_ms + gap_ms;
                self.needs.away_min[resident] = home_ms.div_ceil(MINUTE_MS) as u16;
                wishes[kept] = wish;
                kept += 1;
            } else {
                self.needs.stays_unmet(wish.purpose(), wish.household, wish.whose);
            }
        }
        kept
    }

    /// How long a resident can put off leaving on the first of these trips, if its pass is late, before the next one or the next day is
    /// upset.
    pub(super) fn slack_ms(&self, wishes: &[Wish]) -> u32 {
        let patience_ms = self.world.behaviour.patience_min * MINUTE_MS;
        let Some(wish) = wishes.first() else { return 0 };
        let home_ms = wish.departs_ms + wish.length_ms + self.world.activities.gap_min * MINUTE_MS;
        match wishes.get(1) {
            Some(next) => next.departs_ms.saturating_sub(home_ms).min(patience_ms),
            None if home_ms + patience_ms <= DAY_MS => patience_ms,
            None => 0,
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
