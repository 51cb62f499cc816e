//! Signing keys that follow one another.
//!
//! Time is cut into periods, and each has a key of its own that follows from the secret and the number of the period. So keys change by
//! themselves, processes that share the secret have the same ones, and nothing has to be kept. A pass is signed by the key of the period
//! in which it begins to hold, for good; that key stays published until the last pass that it signed is over, and the next ones are
//! published ahead, for checkpoints that fetch keys only now and then.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Window;
use crate::key::{Algorithm, Key};
use crate::signed::SignedVerifier;
use crate::signer::Signer;

/// How signing keys follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPlan {
    /// How is signed.
    pub algorithm: Algorithm,
    /// For how long a key signs, in seconds.
    pub period_s: i64,
    /// How long before its start a pass may be issued, in seconds.
    pub advance_s: i64,
    /// How long a pass may hold, in seconds.
    pub longest_pass_s: i64,
}

/// The keys of a server.
pub(crate) struct KeyRing {
    seed: [u8; 32],
    plan: KeyPlan,
    era: Mutex<Arc<Era>>,
}

/// All keys that are published during one period.
pub(crate) struct Era {
    period: i64,
    signers: Vec<(i64, Arc<Signer>)>,
    pub(crate) keys: Vec<Key>,
    pub(crate) verifier: SignedVerifier,
}

impl KeyRing {
    pub(crate) fn new(seed: &[u8; 32], plan: KeyPlan) -> Self {
        KeyRing { seed: *seed, plan, era: Mutex::new(Arc::new(Era::new(seed, &plan, 0))) }
    }

    /// What is published at `now_s`. Keys are made when a period begins: some 50 µs each.
    pub(crate) fn era(&self, now_s: i64) -> Arc<Era> {
        let period = self.period(now_s);
        // A thread that panicked while it held the lock left a whole era behind: it is only replaced.
        let mut era = self.era.lock().unwrap_or_else(PoisonError::into_inner);
        if era.period != period {
            *era = Arc::new(Era::new(&self.seed, &self.plan, period));
        }
        Arc::clone(&era)
    }

    /// The key that signs what holds from `from_s` on.
    pub(crate) fn signer(&self, from_s: i64) -> Arc<Signer> {
        let period = self.period(from_s);
        let era = Arc::clone(&self.era.lock().unwrap_or_else(PoisonError::into_inner));
        let known = era.signers.iter().find(|(number, _)| *number == period);
        known.map_or_else(|| Arc::new(self.plan.signer(&self.seed, period)), |(_, signer)| Arc::clone(signer))
    }

    fn period(&self, at_s: i64) -> i64 {
        at_s.div_euclid(self.plan.period_s)
    }
}

impl KeyPlan {
    fn signer(&self, seed: &[u8; 32], period: i64) -> Signer {
        Signer::new(self.algorithm, seed, period)
    }

    /// From the first signature of a period's key until nothing that it signed holds any more.
    fn window(&self, period: i64) -> Window {
        let from_s = period * self.period_s;
        Window { from_s, until_s: from_s + self.period_s + self.longest_pass_s }
    }
}

impl Era {
    fn new(seed: &[u8; 32], plan: &KeyPlan, period: i64) -> Self {
        let oldest = period - 1 - plan.longest_pass_s.div_euclid(plan.period_s);
        let begins_s = period * plan.period_s;
        let newest = period + 1 + plan.advance_s.div_euclid(plan.period_s);
        let periods = (oldest..=newest).filter(|number| plan.window(*number).until_s > begins_s);
        let signers: Vec<(i64, Arc<Signer>)> =
            periods.map(|number| (number, Arc::new(plan.signer(seed, number)))).collect();
        let keys: Vec<Key> =
            signers.iter().map(|(number, signer)| Key::new(signer.public(), plan.window(*number), None)).collect();
        // Keys that were just made are keys.
        let verifier = SignedVerifier::new(&keys).unwrap_or_default();
        Era { period, signers, keys, verifier }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: KeyPlan =
        KeyPlan { algorithm: Algorithm::Ed25519, period_s: 1_000, advance_s: 500, longest_pass_s: 2_500 };

    #[test]
    fn a_key_is_published_from_before_its_first_pass_until_after_its_last() {
        let ring = KeyRing::new(&[1; 32], PLAN);
        for from_s in [10_000, 10_500, 10_999] {
            let kid = ring.signer(from_s).public().kid();
            let published = |at_s| ring.era(at_s).keys.iter().any(|key| key.kid == kid);
            assert!(published(from_s - 1_000), "a period ahead");
            assert!(published(from_s) && published(from_s + PLAN.longest_pass_s));
            assert!(!published(10_000 - 1_001));
            assert!(!published(10_999 + PLAN.longest_pass_s + PLAN.period_s), "gone in the period after its end");
        }
    }

    #[test]
    fn every_period_has_another_key_and_every_process_the_same() {
        let (ring, twin) = (KeyRing::new(&[1; 32], PLAN), KeyRing::new(&[1; 32], PLAN));
        assert_eq!(ring.signer(1_000).public(), twin.signer(1_999).public());
        assert_ne!(ring.signer(1_000).public(), ring.signer(2_000).public());
        assert_eq!(ring.era(55_000).keys, twin.era(55_999).keys);
        // An older one than is published still signs: whoever asks for an old pass gets the same code.
        assert_eq!(ring.signer(1_000).public(), twin.signer(1_000).public());
    }
}
