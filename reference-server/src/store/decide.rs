//! The one decision that every store takes inside its transaction.

use passes::Grant;

use super::{Asked, Issuance, NewPass};

/// An earlier pass of the resident who asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Earlier {
    pub(super) grant: Grant,
    pub(super) cancelled: bool,
    pub(super) asked: Asked,
}

/// Whether `new` may be issued beside the `earlier` passes of the same resident: all those since [`NewPass::since_s`].
///
/// Answers what stands in the way, or `None` when nothing does and the pass is to be issued. A repeat is recognised before any limit is looked at: who has been answered gets the same answer again.
pub(super) fn decide(earlier: &[Earlier], new: &NewPass) -> Option<Issuance> {
    if let Some(answer) = replay(earlier, new.asked) {
        return Some(answer);
    }
    if earlier.len() >= new.at_most {
        return Some(Issuance::TooMany);
    }
    let kept = earlier.iter().filter(|pass| !pass.cancelled).map(|pass| (pass.grant.purpose, pass.grant.window));
    let exhausted = !new.quotas.iter().all(|quota| quota.admits(kept.clone(), new.window));
    exhausted.then_some(Issuance::QuotaExhausted)
}

/// What was answered to the same idempotency key before; `None` for a new key.
pub(super) fn replay(earlier: &[Earlier], asked: Asked) -> Option<Issuance> {
    let before = earlier.iter().find(|pass| pass.asked.key == asked.key)?;
    Some(if before.asked == asked { Issuance::Replayed(before.grant) } else { Issuance::KeyReused })
}
