//! Numbers that must lie between 0 and 1.

use serde::{Deserialize, Serialize};

/// A share or probability: a number from 0 to 1. Reading anything else from a file fails with a message that says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(f64);

impl Share {
    /// The share `value`, for constants known to be sound.
    ///
    /// # Panics
    /// Panics when `value` is not between 0 and 1; in a constant that is an error at compile time.
    pub const fn of(value: f64) -> Self {
        assert!(value >= 0.0 && value <= 1.0, "a share lies between 0 and 1");
        Share(value)
    }

    /// The share as a number from 0 to 1.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        if (0.0..=1.0).contains(&value) {
            Ok(Share(value))
        } else {
            Err(format!("{value} is not a share; write a number from 0 to 1 (0.25 for a quarter)"))
        }
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> f64 {
        share.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shares_are_shares() {
        assert_eq!(Share::try_from(0.25), Ok(Share::of(0.25)));
        for wrong in [1.4, -0.1, f64::NAN, f64::INFINITY] {
            assert!(Share::try_from(wrong).is_err(), "{wrong} must be refused");
        }
    }
}
