//! An exempt group, ready to be asked.

use crate::policy::Exempt;
use crate::{AgeBand, Group, Occupation, Purpose, PurposeSet};

/// An [`Exempt`] in bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exempted {
    ages: u8,
    occupations: u8,
    purposes: PurposeSet,
}

impl Exempted {
    pub(super) fn new(exempt: &Exempt) -> Self {
        Exempted {
            ages: bits_or_all(exempt.age.iter().map(|age| *age as u8), AgeBand::ALL.len()),
            occupations: bits_or_all(
                exempt.occupation.iter().map(|occupation| *occupation as u8),
                Occupation::ALL.len(),
            ),
            purposes: PurposeSet::named_or_all(&exempt.purposes),
        }
    }

    /// Whether somebody of `group` is exempt on a trip for `purpose`.
    pub(super) fn covers(&self, purpose: Purpose, group: Group) -> bool {
        self.purposes.contains(purpose)
            && self.ages >> group.age as u8 & 1 == 1
            && self.occupations >> group.occupation as u8 & 1 == 1
    }

    /// Whether somebody is exempt on a trip for `purpose`.
    pub(super) fn covers_somebody(&self, purpose: Purpose) -> bool {
        self.purposes.contains(purpose)
    }

    /// Whether everybody is exempt on a trip for `purpose`.
    pub(super) fn covers_everybody(&self, purpose: Purpose) -> bool {
        let all = |bits: u8, count: usize| bits.count_ones() as usize == count;
        self.purposes.contains(purpose)
            && all(self.ages, AgeBand::ALL.len())
            && all(self.occupations, Occupation::ALL.len())
    }
}

/// One bit for each number; all `count` bits for none.
fn bits_or_all(numbers: impl Iterator<Item = u8>, count: usize) -> u8 {
    match numbers.fold(0, |bits, number| bits | 1 << number) {
        0 => (1 << count) - 1,
        bits => bits,
    }
}
