//! A quota at one instant: the question a store answers from a resident's passes.

use super::Window;
use crate::policy::{Period, Quota};
use crate::{Purpose, PurposeSet};

/// One limit that a new pass must not break: the resident's passes (cancelled ones apart) for any of `purposes` that start within
/// `starts`, the new one included, keep to `limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaWindow {
    /// Which purposes count together.
    pub purposes: PurposeSet,
    /// The period in which the new pass starts.
    pub starts: Window,
    /// The limit.
    pub limit: Limit,
}

/// How much of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// At most so many passes.
    Passes(u32),
    /// Passes that together last at most so many minutes.
    Minutes(u32),
}

impl Limit {
    /// How many passes of `length_s` seconds it leaves room for.
    pub fn passes_of(self, length_s: i64) -> u32 {
        match self {
            Limit::Passes(passes) => passes,
            Limit::Minutes(minutes) => (i64::from(minutes) * 60 / length_s.max(1)).try_into().unwrap_or(u32::MAX),
        }
    }
}

impl QuotaWindow {
    /// Whether there is room for a pass that holds during `new`, beside the resident's `earlier` passes that were not given back.
    /// The new one's purpose is one of [`QuotaWindow::purposes`], and it starts within [`QuotaWindow::starts`].
    pub fn admits(&self, earlier: impl IntoIterator<Item = (Purpose, Window)>, new: Window) -> bool {
        let counts = |&(purpose, window): &(Purpose, Window)| {
            self.purposes.contains(purpose) && self.starts.contains(window.from_s)
        };
        let counted = earlier.into_iter().filter(counts).map(|(_, window)| window).chain([new]);
        match self.limit {
            Limit::Passes(most) => counted.count() <= most as usize,
            Limit::Minutes(most) => counted.map(|window| window.length_s()).sum::<i64>() <= i64::from(most) * 60,
        }
    }
}

/// A [`Quota`], ready to be asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ResolvedQuota {
    pub(super) purposes: PurposeSet,
    pub(super) per: Period,
    limit: Limit,
}

impl ResolvedQuota {
    pub(super) fn new(quota: &Quota) -> Self {
        // Exactly one of the two is there in a policy without faults.
        let limit = match (quota.passes, quota.minutes) {
            (Some(passes), _) => Limit::Passes(passes),
            (None, minutes) => Limit::Minutes(minutes.unwrap_or(u32::MAX)),
        };
        ResolvedQuota { purposes: PurposeSet::named_or_all(&quota.purposes), per: quota.per, limit }
    }

    /// The limit on passes that start within `starts`.
    pub(super) fn window(&self, starts: Window) -> QuotaWindow {
        QuotaWindow { purposes: self.purposes, starts, limit: self.limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_and_minutes_are_counted_with_the_new_pass() {
        let window = |from_s, minutes: i64| Window { from_s, until_s: from_s + minutes * 60 };
        let starts = Window { from_s: 0, until_s: 1_000 };
        let purposes = PurposeSet::from_iter([Purpose::Groceries, Purpose::Pet]);
        let earlier = [
            (Purpose::Groceries, window(0, 60)),
            (Purpose::Pet, window(999, 30)),
            (Purpose::Work, window(0, 60)),
            (Purpose::Pet, window(1_000, 60)),
            (Purpose::Pet, window(-1, 60)),
        ];
        let admits = |limit, minutes| QuotaWindow { purposes, starts, limit }.admits(earlier, window(500, minutes));
        assert!(admits(Limit::Passes(3), 600) && !admits(Limit::Passes(2), 1));
        assert!(admits(Limit::Minutes(120), 30) && !admits(Limit::Minutes(120), 31));
    }

    #[test]
    fn a_limit_in_minutes_has_room_for_whole_passes() {
        assert_eq!(Limit::Passes(2).passes_of(3_600), 2);
        assert_eq!(Limit::Minutes(240).passes_of(3_600), 4);
        assert_eq!(Limit::Minutes(240).passes_of(3_601), 3);
        assert_eq!(Limit::Minutes(u32::MAX).passes_of(0), u32::MAX);
    }
}
