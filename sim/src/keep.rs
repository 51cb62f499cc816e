//! Finding the few among many that something holds for.

/// Puts the indices at which `holds` is true into `kept`: writes each index and keeps those that hold. Without a branch that a
/// processor would have to guess, which costs more here than the writing.
#[inline]
pub(crate) fn keep(kept: &mut Vec<u16>, holds: impl Iterator<Item = bool>) {
    let most = holds.size_hint().1.unwrap_or(0);
    kept.resize(most + 1, 0);
    let mut count = 0;
    for (index, holds) in (0..).zip(holds) {
        kept[count] = index;
        count += usize::from(holds);
    }
    kept.truncate(count);
}
