//! Wishes become a day that one body can live through.

use passes::Purpose;

use super::wishes::Wish;
use super::{Desk, Planner};
use crate::profile::{DAY_MS, MINUTE_MS};

impl Planner<'_> {
    /// Orders the wishes of each household by resident and departure, joins a pharmacy to the shopping before, puts off each departure
    /// until the resident is home from the trip before, and drops what no longer fits into the day. The policy has no say yet: what it
    /// forbids must not make room for other trips, or a stricter policy could lead to more permitted ones.
    pub(super) fn schedule(&mut self, desk: &mut Desk) {
        for wishes in desk.wishes.chunk_by_mut(|a, b| a.household == b.household) {
            if wishes.len() > 1 {
                join_tours(wishes);
                wishes.sort_unstable_by_key(|wish| (wish.resident, wish.departs_ms, wish.stop, wish.item));
            }
        }
        let gap_ms = self.world.activities.gap_min * MINUTE_MS;
        let patience_ms = self.world.behaviour.patience_min * MINUTE_MS;
        let mut kept = 0;
        for index in 0..desk.wishes.len() {
            let mut wish = desk.wishes[index];
            let away_min = &mut self.needs.away_min[usize::from(wish.resident)];
            let before = desk.wishes[..kept].last_mut().filter(|before| before.resident == wish.resident);
            match before {
                Some(before) if wish.stop > 0 && leaves_shop_ms(before).is_some_and(|at_ms| at_ms < DAY_MS) => {
                    // Straight on from the shop.
                    before.length_ms -= before.leg_ms;
                    before.slack_ms = 0;
                    wish.departs_ms = before.departs_ms + before.length_ms;
                }
                before => {
                    wish.stop = 0;
                    wish.departs_ms = wish.departs_ms.max(u32::from(*away_min) * MINUTE_MS);
                    if let Some(before) = before {
                        let home_ms = before.departs_ms + before.length_ms + gap_ms;
                        before.slack_ms = wish.departs_ms.saturating_sub(home_ms).min(patience_ms);
                    }
                }
            }
            if wish.departs_ms >= DAY_MS {
                continue;
            }
            let home_ms = wish.departs_ms + wish.length_ms + gap_ms;
            *away_min = home_ms.div_ceil(MINUTE_MS) as u16;
            // Whoever is home late has tomorrow to think of.
            wish.slack_ms = if home_ms + patience_ms <= DAY_MS { patience_ms } else { 0 };
            desk.wishes[kept] = wish;
            kept += 1;
        }
        desk.wishes.truncate(kept);
    }
}

/// When someone who is shopping would go on to another stop, in milliseconds after midnight.
fn leaves_shop_ms(wish: &Wish) -> Option<u32> {
    (wish.purpose == Purpose::Groceries).then(|| wish.departs_ms + wish.length_ms - wish.leg_ms)
}

/// A trip to a pharmacy follows the shopping of the same resident, if it may.
fn join_tours(wishes: &mut [Wish]) {
    let Some(shopping) = wishes.iter().find(|wish| wish.purpose == Purpose::Groceries).copied() else { return };
    let next = wishes.iter_mut().find(|wish| wish.may_chain && wish.resident == shopping.resident);
    if let Some(next) = next {
        (next.departs_ms, next.stop) = (shopping.departs_ms, 1);
    }
}
