//! How verifications came out: counters without time, place, officer or pass.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use passes::Invalid;

/// Verifications since the server started, by outcome.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    valid: AtomicU64,
    invalid: [AtomicU64; Invalid::ALL.len()],
}

impl Outcomes {
    pub(super) fn count(&self, invalid: Option<Invalid>) {
        let counter = invalid.map_or(&self.valid, |why| &self.invalid[why as usize]);
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts by name.
    pub(super) fn read(&self) -> BTreeMap<&'static str, u64> {
        let invalid = Invalid::ALL.into_iter().map(|why| (why.name(), &self.invalid[why as usize]));
        let all = invalid.chain([("valid", &self.valid)]);
        all.map(|(name, counter)| (name, counter.load(Ordering::Relaxed))).collect()
    }
}
