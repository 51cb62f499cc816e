//! Finding the few among many that something holds for.

/// So many are looked at together.
const CHUNK: usize = 16;

/// Puts the indices of `items` for which `holds` is true into `kept`: writes each index and keeps those that hold. Without a branch that a
/// processor would have to guess, which costs more here than the writing; and chunk by chunk, so that there is one look at the bounds for
/// sixteen, which halves the instructions.
#[inline]
pub(crate) fn keep<T>(kept: &mut Vec<u16>, items: &[T], holds: impl Fn(&T) -> bool) {
    kept.resize(items.len() + CHUNK, 0);
    let (chunks, last) = items.as_chunks::<CHUNK>();
    let (mut count, mut index) = (0, 0);
    for chunk in chunks {
        let Some(room) = kept[count..].first_chunk_mut::<CHUNK>() else { break };
        let mut held = 0;
        for item in chunk {
            // Never more than were looked at.
            room[held % CHUNK] = index;
            held += usize::from(holds(item));
            index += 1;
        }
        count += held;
    }
    for item in last {
        kept[count] = index;
        count += usize::from(holds(item));
        index += 1;
    }
    kept.truncate(count);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn those_are_kept_for_which_it_holds(items in prop::collection::vec(any::<bool>(), 0..100)) {
            let mut kept = Vec::new();
            keep(&mut kept, &items, |item| *item);
            let wanted: Vec<u16> = (0..).zip(&items).filter(|(_, item)| **item).map(|(index, _)| index).collect();
            prop_assert_eq!(kept, wanted);
        }
    }
}
