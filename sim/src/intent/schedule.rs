//! Wishes become a day that one body can live through.

use super::Planner;
use super::wishes::Wish;
use crate::profile::{DAY_MS, MINUTE_MS};

impl Planner<'_> {
    /// Orders `wishes` by resident and departure, puts off each departure until the resident is home from the trip before, and drops
    /// what no longer fits into the day. The policy has no say yet: what it forbids must not make room for other trips, or a stricter
    /// policy could lead to more permitted ones.
    pub(super) fn schedule(&mut self, wishes: &mut Vec<Wish>) {
        wishes.sort_by_key(|wish| u64::from(wish.resident) << 32 | u64::from(wish.departs_ms));
        let gap_ms = self.world.activities.gap_min * MINUTE_MS;
        wishes.retain_mut(|wish| {
            let away_min = &mut self.needs.away_min[wish.resident as usize - self.first_resident];
            wish.departs_ms = wish.departs_ms.max(u32::from(*away_min) * MINUTE_MS);
            let fits = wish.departs_ms < DAY_MS;
            if fits {
                *away_min = (wish.departs_ms + wish.length_ms + gap_ms).div_ceil(MINUTE_MS) as u16;
            }
            fits
        });
    }
}
