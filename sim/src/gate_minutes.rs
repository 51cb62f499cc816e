//! What happens at gates, by minute.

use demand::SimTime;

use crate::records::GateMinute;
use crate::uptake::Ms;

const MINUTE_MS: u64 = 60_000;
/// No row: nobody has come yet.
const NONE: u32 = u32::MAX;

/// One resident at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passage {
    /// When they came.
    pub(crate) at_ms: Ms,
    /// How many they found waiting.
    pub(crate) queue: u32,
    /// How long they waited until an officer was free.
    pub(crate) wait_ms: Ms,
    /// Whether an officer looked at them.
    pub(crate) checked: bool,
    /// Whether they were sent home.
    pub(crate) turned_back: bool,
}

/// Counts who comes to the gates of each kind in each place, minute by minute.
#[derive(Clone, Debug)]
pub(crate) struct GateMinutes {
    places: usize,
    rows: Vec<GateMinute>,
    /// The latest row of each kind of gate and place: nearly all who come next belong there.
    latest: Vec<u32>,
}

impl GateMinutes {
    /// For so many kinds of gates and places.
    pub(crate) fn new(gates: usize, places: usize) -> Self {
        GateMinutes { places, rows: Vec::new(), latest: vec![NONE; gates * places] }
    }

    /// Counts a resident who comes to a gate of kind `gate` in `place`.
    pub(crate) fn add(&mut self, gate: u16, place: u16, passage: Passage) {
        let minute = passage.at_ms.max(0) as u64 / MINUTE_MS * MINUTE_MS;
        let came = GateMinute {
            at: SimTime::from_ms(minute),
            arrivals: 1,
            checked: passage.checked.into(),
            turned_back: passage.turned_back.into(),
            longest_queue: passage.queue,
            wait_sum_ms: passage.wait_ms.max(0) as u64,
            wait_max_ms: u32::try_from(passage.wait_ms.max(0)).unwrap_or(u32::MAX),
            place,
            gate,
        };
        let latest = &mut self.latest[usize::from(gate) * self.places + usize::from(place)];
        match self.rows.get_mut(*latest as usize) {
            Some(row) if row.at == came.at => merge(row, &came),
            _ => {
                *latest = self.rows.len() as u32;
                self.rows.push(came);
            }
        }
    }

    /// Moves what came before `until_ms` to `told`, which is emptied first: by time, gate and place, each at most once. The rest is
    /// kept, since more may come in its minutes.
    pub(crate) fn tell(&mut self, until_ms: Ms, told: &mut Vec<GateMinute>) {
        told.clear();
        self.rows.sort_unstable_by_key(key);
        // One who came late to a minute that was left behind made a second row of it.
        self.rows.dedup_by(|later, row| {
            let same = key(later) == key(row);
            if same {
                merge(row, later);
            }
            same
        });
        let over = self.rows.partition_point(|row| (row.at.ms() as Ms) < until_ms);
        told.extend(self.rows.drain(..over));
        self.latest.fill(NONE);
    }
}

fn key(row: &GateMinute) -> (SimTime, u16, u16) {
    (row.at, row.gate, row.place)
}

/// Adds `other` to `row`: the same gates in the same minute.
fn merge(row: &mut GateMinute, other: &GateMinute) {
    row.arrivals += other.arrivals;
    row.checked += other.checked;
    row.turned_back += other.turned_back;
    row.longest_queue = row.longest_queue.max(other.longest_queue);
    row.wait_sum_ms += other.wait_sum_ms;
    row.wait_max_ms = row.wait_max_ms.max(other.wait_max_ms);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn passage(at_ms: Ms, queue: u32, wait_ms: Ms) -> Passage {
        Passage { at_ms, queue, wait_ms, checked: wait_ms > 0, turned_back: queue > 3 }
    }

    #[test]
    fn minutes_are_told_once_and_in_order() {
        let mut minutes = GateMinutes::new(2, 3);
        minutes.add(1, 2, passage(59_999, 2, 30));
        minutes.add(1, 2, passage(60_000, 0, 0));
        minutes.add(0, 2, passage(60_001, 0, 0));
        minutes.add(1, 2, passage(1, 5, 20));
        minutes.add(1, 0, passage(120_000, 1, 1));
        let mut told = Vec::new();
        minutes.tell(120_000, &mut told);
        let first = GateMinute {
            at: SimTime::from_ms(0),
            arrivals: 2,
            checked: 2,
            turned_back: 1,
            longest_queue: 5,
            wait_sum_ms: 50,
            wait_max_ms: 30,
            place: 2,
            gate: 1,
        };
        assert_eq!(told[0], first);
        assert_eq!(
            told.iter().map(|row| (row.at.ms(), row.gate)).collect::<Vec<_>>(),
            [(0, 1), (60_000, 0), (60_000, 1)]
        );
        minutes.add(1, 0, passage(120_001, 2, 2));
        minutes.tell(Ms::MAX, &mut told);
        assert_eq!(told.iter().map(|row| (row.at.ms(), row.arrivals)).collect::<Vec<_>>(), [(120_000, 2)]);
    }

    proptest! {
        #[test]
        fn nobody_is_lost(
            came in prop::collection::vec((0..3_u16, 0..4_u16, 0..1_000_000_i64, 0..9_u32, 0..9_000_i64), 0..200),
            until_ms in 0..1_000_000_i64,
        ) {
            let mut minutes = GateMinutes::new(3, 4);
            for (gate, place, at_ms, queue, wait_ms) in &came {
                minutes.add(*gate, *place, passage(*at_ms, *queue, *wait_ms));
            }
            let (mut told, mut rest) = (Vec::new(), Vec::new());
            minutes.tell(until_ms, &mut told);
            minutes.tell(Ms::MAX, &mut rest);
            told.extend(rest);
            prop_assert!(told.is_sorted_by(|a, b| key(a) < key(b)));
            let sum = |part: fn(&GateMinute) -> u64| told.iter().map(part).sum::<u64>();
            prop_assert_eq!(sum(|row| row.arrivals.into()), came.len() as u64);
            prop_assert_eq!(sum(|row| row.wait_sum_ms), came.iter().map(|came| came.4 as u64).sum::<u64>());
            prop_assert_eq!(told.iter().map(|row| row.longest_queue).max(), came.iter().map(|came| came.3).max());
        }
    }
}
