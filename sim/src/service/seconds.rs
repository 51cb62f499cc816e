//! A number for each second of the last 24 hours.

use crate::uptake::Ms;

const KEPT: i64 = 86_400;

/// The second that `at_ms` falls in, counted from the first midnight.
pub(super) const fn second(at_ms: Ms) -> i64 {
    at_ms.div_euclid(1_000)
}

/// A ring of the latest seconds up to the newest one that was reached.
#[derive(Clone, Debug)]
pub(super) struct Seconds {
    values: Box<[u32]>,
    newest: i64,
}

impl Seconds {
    pub(super) fn new() -> Self {
        Seconds { values: vec![0; KEPT as usize].into(), newest: i64::MIN }
    }

    /// The newest second that was reached.
    pub(super) const fn newest(&self) -> i64 {
        self.newest
    }

    /// Goes on to `second`, unless it was reached before; those newly reached are filled with their `value`.
    pub(super) fn reach(&mut self, second: i64, value: impl Fn(i64) -> u32) {
        for new in self.newest.saturating_add(1).max(second - KEPT + 1)..=second {
            self.values[slot(new)] = value(new);
        }
        self.newest = self.newest.max(second);
    }

    /// The number of `second`; 0 when it is not kept.
    pub(super) fn get(&self, second: i64) -> u32 {
        if self.keeps(second) { self.values[slot(second)] } else { 0 }
    }

    /// Sets the number of `second`, if it is kept.
    pub(super) fn set(&mut self, second: i64, value: u32) {
        if self.keeps(second) {
            self.values[slot(second)] = value;
        }
    }

    fn keeps(&self, second: i64) -> bool {
        second <= self.newest && second > self.newest.saturating_sub(KEPT)
    }
}

const fn slot(second: i64) -> usize {
    second.rem_euclid(KEPT) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_is_kept() {
        let mut seconds = Seconds::new();
        assert_eq!(seconds.get(0), 0);
        seconds.reach(-10, |_| 1);
        seconds.reach(5, |second| if second == -9 { 2 } else { 3 });
        assert_eq!([-11, -10, -9, 0, 5, 6].map(|second| seconds.get(second)), [1, 1, 2, 3, 3, 0]);
        seconds.reach(-10, |_| 9);
        seconds.set(6, 9);
        seconds.set(0, 4);
        seconds.reach(KEPT, |_| 5);
        assert_eq!([-9, 0, 1, 5, 6, KEPT].map(|second| seconds.get(second)), [0, 0, 3, 3, 5, 5]);
        seconds.reach(i64::from(u32::MAX), |_| 7);
        assert_eq!(seconds.values.iter().filter(|value| **value == 7).count(), KEPT as usize);
    }
}
