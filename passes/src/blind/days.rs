//! A key for every day and purpose.
//!
//! The keys follow from the secret: a generator seeded with it makes the same primes every time, so processes that share the secret have
//! the same keys, and a server that restarts goes on with those it had. (How primes are sought is the crate's affair: another version
//! of it may find others, and then the tokens of that day are void. That is why its version is pinned.)

use std::sync::{Arc, PoisonError, RwLock};

use blind_rsa_signatures::BlindMessage;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;

use super::{BlindVerifier, Blinded, KeyPair, RSA_BYTES, SecretKey};
use crate::derive::derive;
use crate::key::{Key, PublicKey};
use crate::scheme::AskError;
use crate::{Purpose, Window};

const DAY_S: i64 = 86_400;
const RSA_BITS: usize = 8 * RSA_BYTES;

/// The keys of a server, by day and purpose.
pub(crate) struct BlindDays {
    seed: [u8; 32],
    utc_offset_s: i64,
    advance_s: i64,
    made: RwLock<Arc<Made>>,
}

/// The keys that there are.
#[derive(Default)]
pub(super) struct Made {
    keys: Vec<Arc<DayKey>>,
    pub(super) verifier: BlindVerifier,
}

/// The key of a purpose on a day.
pub(super) struct DayKey {
    public: Key,
    secret: SecretKey,
}

impl BlindDays {
    pub(crate) fn new(seed: &[u8; 32], utc_offset_s: i64, advance_s: i64) -> Self {
        BlindDays { seed: *seed, utc_offset_s, advance_s, made: RwLock::default() }
    }

    /// The local day that holds `at_s`.
    pub(super) fn day(&self, at_s: i64) -> Window {
        let from_s = (at_s + self.utc_offset_s).div_euclid(DAY_S) * DAY_S - self.utc_offset_s;
        Window { from_s, until_s: from_s + DAY_S }
    }

    /// Makes the keys of today and of the days for which passes can be asked for already; forgets those of days before yesterday.
    /// A key takes a tenth of a second.
    pub(super) fn prepare(&self, now_s: i64) {
        let today_s = self.day(now_s).from_s;
        let days = (today_s..=now_s + self.advance_s.max(DAY_S)).step_by(DAY_S as usize);
        for (from_s, purpose) in days.flat_map(|from_s| Purpose::ALL.map(|purpose| (from_s, purpose))) {
            if self.key(purpose, from_s).is_none() {
                // Made while others go on reading; who makes the same one at the same time makes the same one.
                let key = self.make(purpose, self.day(from_s));
                let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
                let kept = made.keys.iter().filter(|key| key.public.window.until_s > today_s - DAY_S);
                *made = Arc::new(Made::of(kept.cloned().chain(key).collect()));
            }
        }
    }

    fn make(&self, purpose: Purpose, window: Window) -> Option<Arc<DayKey>> {
        let seed = derive(&self.seed, &format!("lockgate blind {purpose} 1"), window.from_s);
        let pair = KeyPair::generate(&mut ChaCha20Rng::from_seed(seed), RSA_BITS).ok()?;
        let numbers = pair.pk.components();
        let exponent = numbers.e().into_iter().skip_while(|byte| *byte == 0).collect();
        let public = PublicKey::BlindRsa { modulus: numbers.n(), exponent };
        Some(Arc::new(DayKey { public: Key::new(public, window, Some(purpose)), secret: pair.sk }))
    }

    pub(super) fn made(&self) -> Arc<Made> {
        Arc::clone(&self.made.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key for `purpose` on the day that holds `at_s`, when it is made.
    pub(super) fn key(&self, purpose: Purpose, at_s: i64) -> Option<Arc<DayKey>> {
        let its = |key: &&Arc<DayKey>| key.public.purpose == Some(purpose) && key.public.window.contains(at_s);
        self.made().keys.iter().find(its).cloned()
    }

    pub(super) fn published(&self) -> Vec<Key> {
        self.made().keys.iter().map(|key| key.public.clone()).collect()
    }
}

impl Made {
    fn of(keys: Vec<Arc<DayKey>>) -> Self {
        let public: Vec<Key> = keys.iter().map(|key| key.public.clone()).collect();
        // Keys that were just made are keys.
        Made { keys, verifier: BlindVerifier::new(&public).unwrap_or_default() }
    }
}

impl DayKey {
    /// Whether this key can sign it: it must be a number below the modulus.
    pub(super) fn takes(&self, blinded: &Blinded) -> bool {
        matches!(&self.public.public, PublicKey::BlindRsa { modulus, .. } if blinded.0 < *modulus)
    }

    /// `BlindSign` (RFC 9474 section 4.3): 256 bytes.
    pub(super) fn sign(&self, blinded: &Blinded) -> Result<Vec<u8>, AskError> {
        let message = BlindMessage(blinded.0.clone());
        self.secret.blind_sign(&message).map(|signature| signature.0).map_err(|_| AskError::Malformed)
    }
}
