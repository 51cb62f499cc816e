//! Requests that wait for a connection.

use std::collections::VecDeque;

use crate::schedule::Ask;

/// Requests in one block: 32 kB.
const BLOCK: usize = 1_024;

/// A queue in blocks. One long ring would be copied whole each time it grows: with millions of waiting requests that takes long
/// enough to be seen in the pacing lag.
#[derive(Default)]
pub(crate) struct Backlog {
    blocks: VecDeque<Vec<Ask>>,
    /// How many of the first block are taken already.
    taken: usize,
    spare: Option<Vec<Ask>>,
    len: usize,
}

impl Backlog {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn push(&mut self, ask: Ask) {
        let room = |block: &&mut Vec<Ask>| block.len() < BLOCK;
        match self.blocks.back_mut().filter(room) {
            Some(block) => block.push(ask),
            None => {
                let mut block = self.spare.take().unwrap_or_else(|| Vec::with_capacity(BLOCK));
                block.push(ask);
                self.blocks.push_back(block);
            }
        }
        self.len += 1;
    }

    /// The one who has waited longest.
    pub(crate) fn first(&self) -> Option<&Ask> {
        self.blocks.front()?.get(self.taken)
    }

    pub(crate) fn pop(&mut self) -> Option<Ask> {
        let ask = *self.first()?;
        self.taken += 1;
        self.len -= 1;
        if self.blocks.front().is_some_and(|block| self.taken == block.len()) {
            let mut block = self.blocks.pop_front()?;
            block.clear();
            self.spare = Some(block);
            self.taken = 0;
        }
        Some(ask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use passes::Purpose;
    use proptest::prelude::*;

    fn ask(index: u64) -> Ask {
        Ask { at_ns: index, index, kind: Kind::Get, resident: 0, purpose: Purpose::Pet, duration_s: None }
    }

    proptest! {
        #[test]
        fn it_is_a_queue(steps in prop::collection::vec((0..3_000_u64, 0..3_000_usize), 1..8)) {
            let (mut backlog, mut model, mut index) = (Backlog::default(), VecDeque::new(), 0);
            for (pushes, pops) in steps {
                for _ in 0..pushes {
                    backlog.push(ask(index));
                    model.push_back(ask(index));
                    index += 1;
                }
                for _ in 0..pops {
                    prop_assert_eq!(backlog.pop(), model.pop_front());
                }
                prop_assert_eq!((backlog.len(), backlog.is_empty()), (model.len(), model.is_empty()));
            }
        }
    }
}
