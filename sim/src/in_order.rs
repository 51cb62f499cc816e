//! Putting a day's records in the order of time.

use rayon::prelude::*;

use crate::uptake::Ms;

/// Records of one minute lie together before they are compared with each other.
const MINUTE_MS: Ms = 60_000;
/// Records within so many minutes are parted; later ones, of which there are few, lie together.
const MINUTES: usize = 1 << 13;

/// Puts records in order, with room that is used again each day.
#[derive(Clone, Debug)]
pub(crate) struct InOrder<T> {
    room: Vec<T>,
}

impl<T> Default for InOrder<T> {
    fn default() -> Self {
        InOrder { room: Vec::new() }
    }
}

impl<T: Copy + Send> InOrder<T> {
    /// Orders `records` by `at_ms` and, within the same minute, by `key`, which begins with that time and is of no two records the
    /// same. First all are dealt out to their minutes, which needs no comparison; then each minute, which fits a core's cache, is
    /// sorted. Works in the current rayon pool.
    pub(crate) fn sort<K: Ord>(
        &mut self,
        records: &mut Vec<T>,
        at_ms: impl Fn(&T) -> Ms + Sync,
        key: impl Fn(&T) -> K + Sync,
    ) {
        let Some(first_ms) = records.iter().map(&at_ms).min() else { return };
        let minute = |record: &T| (((at_ms(record) - first_ms) / MINUTE_MS) as usize).min(MINUTES - 1);
        let mut next = vec![0_usize; MINUTES + 1];
        records.iter().for_each(|record| next[minute(record) + 1] += 1);
        for index in 1..next.len() {
            next[index] += next[index - 1];
        }
        self.room.clear();
        self.room.resize(records.len(), records[0]);
        for record in &*records {
            let place = &mut next[minute(record)];
            self.room[*place] = *record;
            *place += 1;
        }
        std::mem::swap(records, &mut self.room);
        let of_minutes = records.par_chunk_by_mut(|a, b| minute(a) == minute(b));
        of_minutes.for_each(|records| records.sort_unstable_by_key(&key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn as_any_other_sort_does(
            mut records in prop::collection::vec((-90_000_000..900_000_000_i64, any::<u8>()), 0..300),
        ) {
            let mut wanted = records.clone();
            wanted.sort_unstable();
            let mut in_order = InOrder::default();
            for _ in 0..2 {
                in_order.sort(&mut records, |record| record.0, |record| *record);
                prop_assert_eq!(&records, &wanted);
                records.reverse();
            }
        }
    }
}
