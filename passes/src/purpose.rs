//! Why someone goes out.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The purpose of a trip, and of the pass that permits it.
///
/// The names are those of the decree of Nizhny Novgorod (2 April 2020); `Other` is everything the rules do not know: visits,
/// strolls, the dacha.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Purpose {
    /// The nearest shop.
    Groceries,
    /// A pharmacy.
    Pharmacy,
    /// Walking a pet.
    Pet,
    /// Taking out the rubbish.
    Rubbish,
    /// A doctor or clinic.
    Doctor,
    /// On-site work.
    Work,
    /// Anything else.
    Other,
}

impl Purpose {
    /// All purposes, in the order of their numbers.
    pub const ALL: [Purpose; 7] = [
        Purpose::Groceries,
        Purpose::Pharmacy,
        Purpose::Pet,
        Purpose::Rubbish,
        Purpose::Doctor,
        Purpose::Work,
        Purpose::Other,
    ];

    /// The name in files and on the wire, such as `groceries`.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Groceries => "groceries",
            Purpose::Pharmacy => "pharmacy",
            Purpose::Pet => "pet",
            Purpose::Rubbish => "rubbish",
            Purpose::Doctor => "doctor",
            Purpose::Work => "work",
            Purpose::Other => "other",
        }
    }

    /// The purpose of this number (`purpose as u8`), if there is one.
    pub fn from_number(number: u8) -> Option<Purpose> {
        Purpose::ALL.get(usize::from(number)).copied()
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Purpose {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Purpose::ALL.into_iter().find(|purpose| purpose.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Purpose::ALL.iter().map(|purpose| purpose.name()).collect();
            format!("no purpose is called '{text}'; the purposes are {}", names.join(", "))
        })
    }
}

/// A set of purposes, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PurposeSet(u8);

impl PurposeSet {
    /// The set of every purpose.
    pub const fn all() -> Self {
        PurposeSet(0x7f)
    }

    /// The set of the purposes `named` in a file, where naming none means all.
    pub(crate) fn named_or_all(named: &[Purpose]) -> Self {
        if named.is_empty() { PurposeSet::all() } else { named.iter().copied().collect() }
    }

    /// Whether `purpose` is in the set.
    pub const fn contains(self, purpose: Purpose) -> bool {
        self.0 >> purpose as u8 & 1 == 1
    }

    /// The members in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Purpose> {
        Purpose::ALL.into_iter().filter(move |purpose| self.contains(*purpose))
    }
}

impl FromIterator<Purpose> for PurposeSet {
    fn from_iter<I: IntoIterator<Item = Purpose>>(purposes: I) -> Self {
        PurposeSet(purposes.into_iter().fold(0, |bits, purpose| bits | 1 << purpose as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_lead_back() {
        for purpose in Purpose::ALL {
            assert_eq!(purpose.name().parse::<Purpose>(), Ok(purpose));
            assert_eq!(Purpose::from_number(purpose as u8), Some(purpose));
        }
        assert_eq!(Purpose::from_number(7), None);
        assert!("shop".parse::<Purpose>().unwrap_err().contains("groceries"));
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let set = PurposeSet::from_iter([Purpose::Pet, Purpose::Other]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Purpose::Pet, Purpose::Other]);
        assert_eq!(PurposeSet::all().iter().count(), Purpose::ALL.len());
    }
}
