//! What a scheme must know of the rules it serves.

use crate::{Algorithm, KeyPlan, Rules};

/// What a scheme must know of the rules it serves, and what its operator chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemeSettings {
    /// How signing keys follow one another (`signed`).
    pub keys: KeyPlan,
    /// How far the region's clock is ahead of UTC, in seconds: when a day begins (`blind`).
    pub utc_offset_s: i64,
}

impl SchemeSettings {
    /// For how long a key signs when nothing else is said, in seconds: a week.
    pub const KEY_PERIOD_S: i64 = 7 * 86_400;

    /// The settings that fit `rules`, with Ed25519 and a key a week.
    pub fn of(rules: &Rules) -> Self {
        SchemeSettings {
            keys: KeyPlan {
                algorithm: Algorithm::default(),
                period_s: Self::KEY_PERIOD_S,
                advance_s: rules.longest_advance_s(),
                longest_pass_s: rules.longest_pass_s(),
            },
            utc_offset_s: rules.utc_offset_s(),
        }
    }
}
