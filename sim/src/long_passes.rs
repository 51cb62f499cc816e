//! Passes that hold longer than a day.

/// The low bits of a pass that tell its purpose.
const PURPOSE: u32 = 7;

/// Passes of a cell that hold longer than a day: of each resident the latest for each purpose, as [`Standing`](crate::standing::Standing)
/// packs them. Few residents have any, so this is a list by resident and purpose, not a column.
#[derive(Clone, Debug, Default)]
pub(crate) struct LongPasses {
    whose: Vec<u16>,
    passes: Vec<u32>,
}

impl LongPasses {
    /// Those of `resident`.
    #[inline]
    pub(crate) fn of(&self, resident: u16) -> &[u32] {
        let first = self.whose.partition_point(|who| *who < resident);
        let count = self.whose[first..].iter().take_while(|who| **who == resident).count();
        &self.passes[first..first + count]
    }

    /// All of them, with whose they are.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u16, u32)> {
        self.whose.iter().copied().zip(self.passes.iter().copied())
    }

    /// Notes a pass; it takes the place of one for the same purpose.
    pub(crate) fn put(&mut self, resident: u16, pass: u32) {
        match self.place(resident, pass & PURPOSE) {
            Ok(place) => self.passes[place] = pass,
            Err(place) => {
                // Much of the region may come to have one: room for twice as many, as a list makes by itself, would be too much.
                if self.whose.len() == self.whose.capacity() {
                    let more = 32.max(self.whose.len() / 8);
                    self.whose.reserve_exact(more);
                    self.passes.reserve_exact(more);
                }
                self.whose.insert(place, resident);
                self.passes.insert(place, pass);
            }
        }
    }

    /// Forgets the pass of `resident` for a purpose, if there is one.
    pub(crate) fn remove(&mut self, resident: u16, purpose: u32) {
        if let Ok(place) = self.place(resident, purpose) {
            self.whose.remove(place);
            self.passes.remove(place);
        }
    }

    /// Where the pass stands, or would.
    fn place(&self, resident: u16, purpose: u32) -> Result<usize, usize> {
        let first = self.whose.partition_point(|who| *who < resident);
        let before = self.of(resident).iter().take_while(|pass| **pass & PURPOSE < purpose).count();
        let place = first + before;
        let is_there = self.whose.get(place) == Some(&resident) && self.passes[place] & PURPOSE == purpose;
        if is_there { Ok(place) } else { Err(place) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keeps_the_latest_of_each_resident_and_purpose(
            acts in prop::collection::vec((0..6_u16, 0..7_u32, 1..100_u32, prop::bool::weighted(0.3)), 0..80),
        ) {
            let (mut list, mut wanted) = (LongPasses::default(), BTreeMap::new());
            for (resident, purpose, until, is_lost) in acts {
                if is_lost {
                    list.remove(resident, purpose);
                    wanted.remove(&(resident, purpose));
                } else {
                    list.put(resident, until << 4 | purpose);
                    wanted.insert((resident, purpose), until << 4 | purpose);
                }
            }
            let all: Vec<(u16, u32)> = wanted.iter().map(|((resident, _), pass)| (*resident, *pass)).collect();
            prop_assert_eq!(list.iter().collect::<Vec<_>>(), all.clone());
            for resident in 0..6 {
                let of: Vec<u32> = all.iter().filter(|(who, _)| *who == resident).map(|(_, pass)| *pass).collect();
                prop_assert_eq!(list.of(resident), of);
            }
        }
    }
}
