//! How often an officer may type a spoken code that nobody holds.
//!
//! Codes in a QR picture cannot be guessed: 96 random bits, or a signature. A spoken code has 50 bits, so that it can be told over the
//! telephone, and whoever has an officer's token could try many. Check characters catch what is mistyped, so an honest officer
//! hardly ever misses. Why these figures: `docs/decisions/0026-guessing.md`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many misses are allowed to one officer ...
const MISSES: u32 = 30;
/// ... in so many seconds, which begin with the first of them.
const WITHIN_S: i64 = 600;

/// Misses of late, by the names of officers. There are no more entries than officers.
#[derive(Debug, Default)]
pub(super) struct Guesses(Mutex<HashMap<Arc<str>, Misses>>);

#[derive(Clone, Copy, Debug)]
struct Misses {
    since_s: i64,
    count: u32,
}

impl Guesses {
    /// Whether `officer` may have a spoken code looked up.
    pub(super) fn may_try(&self, officer: &str, now_s: i64) -> bool {
        let misses = self.misses().get(officer).copied();
        misses.is_none_or(|misses| misses.count < MISSES || now_s - misses.since_s >= WITHIN_S)
    }

    /// There was no pass with the code.
    pub(super) fn missed(&self, officer: &Arc<str>, now_s: i64) {
        let mut all = self.misses();
        let misses = all.entry(Arc::clone(officer)).or_insert(Misses { since_s: now_s, count: 0 });
        if now_s - misses.since_s >= WITHIN_S {
            *misses = Misses { since_s: now_s, count: 0 };
        }
        misses.count += 1;
    }

    fn misses(&self) -> MutexGuard<'_, HashMap<Arc<str>, Misses>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_officer_has_so_many_misses_at_a_time() {
        let guesses = Guesses::default();
        let [guessing, honest]: [Arc<str>; 2] = ["guessing".into(), "honest".into()];
        for second in 0..i64::from(MISSES) {
            assert!(guesses.may_try(&guessing, second));
            guesses.missed(&guessing, second);
        }
        assert!(!guesses.may_try(&guessing, WITHIN_S - 1) && guesses.may_try(&honest, 0));
        assert!(guesses.may_try(&guessing, WITHIN_S), "the first is forgotten, and all with it");
        guesses.missed(&guessing, WITHIN_S);
        assert!(guesses.may_try(&guessing, WITHIN_S + 1));
    }
}
