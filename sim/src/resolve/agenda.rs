//! What will happen on a day, in the order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::cell::Cell;
use crate::plan::{Event, KEY_BITS_OF_MS};

/// Events of about four seconds, 2^12 ms, are put in order together.
const SLICE_SHIFT: u32 = KEY_BITS_OF_MS + 12;
/// All slices that keys can tell apart.
const SLICES: usize = 1 << (u64::BITS - SLICE_SHIFT);
/// So many slices, a good quarter of an hour, are filled together with what was planned: the more, the more room they take.
const FILLED_AT_ONCE: usize = 1 << 8;

/// Keys of events ([`Event::key`]) until they are due.
///
/// Where all cells meet, millions of events wait. They lie in slices of time, which are put in order when they come up: to note an
/// event then costs the same however many there are. A cell alone has few, and does with the heap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agenda {
    /// Of the slices to come; empty for a cell alone.
    slices: Vec<Vec<u64>>,
    /// The slice at hand: what falls into it, or before, waits in `soon`.
    at: usize,
    soon: BinaryHeap<Reverse<u64>>,
    /// Up to which slice those hold what was planned.
    filled: usize,
    /// How many of the planned events that are no cell's are in slices.
    told_alone: usize,
    /// Room that slices of the past took.
    spare: Vec<Vec<u64>>,
}

impl Agenda {
    /// For one cell.
    pub(crate) fn of_cell() -> Self {
        Agenda { at: usize::MAX, ..Agenda::default() }
    }

    /// For all cells together.
    pub(crate) fn of_all() -> Self {
        Agenda { slices: vec![Vec::new(); SLICES], ..Agenda::default() }
    }

    /// Notes an event; nothing happens earlier than what happened last.
    #[inline]
    pub(super) fn add(&mut self, key: u64) {
        let slice = slice_of(key);
        if slice <= self.at {
            return self.soon.push(Reverse(key));
        }
        let slice = &mut self.slices[slice];
        if slice.capacity() == 0 {
            *slice = self.spare.pop().unwrap_or_default();
        }
        slice.push(key);
    }

    /// The first event of the slice at hand that was noted while it was at hand, if it comes before `key`.
    #[inline]
    pub(super) fn sooner_than(&mut self, key: u64) -> Option<u64> {
        let Reverse(first) = *self.soon.peek()?;
        if first < key {
            self.soon.pop();
        }
        (first < key).then_some(first)
    }

    /// A new day begins.
    pub(super) fn begin(&mut self) {
        (self.at, self.filled, self.told_alone) = (0, 0, 0);
        // Who gave up as the day ended may have set out once more; that day is over.
        self.soon.clear();
    }

    /// The events of the next slice in order, of what `cells` have planned, `alone` (which are no cell's, in order) and what was noted;
    /// none when the day is over.
    pub(super) fn next_slice(&mut self, cells: &mut [Cell<'_>], alone: &[u64]) -> Option<Vec<u64>> {
        loop {
            let next = (self.at..self.filled).find(|slice| !self.slices[*slice].is_empty());
            self.at = next.unwrap_or(self.filled);
            if let Some(slice) = next {
                let mut due = std::mem::take(&mut self.slices[slice]);
                // Events are distinct, so that an unstable sort has one result only.
                due.sort_unstable();
                return Some(due);
            }
            if self.filled == self.slices.len() {
                return None;
            }
            self.fill(cells, alone);
        }
    }

    /// Takes back the room of a slice that is over.
    pub(super) fn is_over(&mut self, mut due: Vec<u64>) {
        due.clear();
        self.spare.push(due);
    }

    /// Puts what was planned for the next slices into them.
    fn fill(&mut self, cells: &mut [Cell<'_>], alone: &[u64]) {
        self.filled = self.slices.len().min(self.filled + FILLED_AT_ONCE);
        let slices = &mut self.slices[..self.filled];
        for slice in &mut slices[self.at..] {
            if slice.capacity() == 0 {
                *slice = self.spare.pop().unwrap_or_default();
            }
        }
        for (number, cell) in (0..).zip(cells) {
            let planned = &mut cell.day.events;
            let put = put(slices, planned.iter().rev().map(|key| Event::in_cell(*key, number)));
            planned.truncate(planned.len() - put);
            // Slices take up the room that their events leave here.
            if planned.len() < planned.capacity() / 2 {
                planned.shrink_to_fit();
            }
        }
        self.told_alone += put(slices, alone[self.told_alone..].iter().copied());
    }
}

/// Puts the first of `keys` into `slices`, as far as these reach; how many.
fn put(slices: &mut [Vec<u64>], keys: impl Iterator<Item = u64>) -> usize {
    let within = keys.map_while(|key| slices.get_mut(slice_of(key)).map(|slice| slice.push(key)));
    within.count()
}

fn slice_of(key: u64) -> usize {
    (key >> SLICE_SHIFT) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_after_the_day_is_not_of_the_next() {
        let mut agenda = Agenda::of_all();
        agenda.begin();
        assert_eq!(agenda.next_slice(&mut [], &[]), None);
        agenda.add(1 << SLICE_SHIFT);
        agenda.begin();
        assert_eq!((agenda.next_slice(&mut [], &[]), agenda.sooner_than(u64::MAX)), (None, None));
    }
}
