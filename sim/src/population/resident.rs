//! What one resident is like, in two bytes.

use passes::{AgeBand, Group, Occupation};

/// How a resident can reach the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phone {
    /// A smartphone that runs the app.
    App,
    /// The web only.
    Web,
    /// A telephone to talk into.
    Voice,
}

impl Phone {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Phone; 3] = [Phone::App, Phone::Web, Phone::Voice];

    /// The name in tables, such as `app`.
    pub const fn name(self) -> &'static str {
        match self {
            Phone::App => "app",
            Phone::Web => "web",
            Phone::Voice => "voice",
        }
    }
}

/// One resident: age band (3 bits), occupation (3), chronic illness (1), works in shifts of two days (1), phone (2), time of going to
/// work (6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resident(u16);

/// What is drawn for a resident once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traits {
    pub(crate) age: AgeBand,
    pub(crate) occupation: Occupation,
    pub(crate) phone: Phone,
    pub(crate) is_chronic: bool,
    /// Whether this worker has two days on and two off.
    pub(crate) rotates: bool,
    /// Where in the profile of departures this worker's own one lies, in 64ths.
    pub(crate) shift: u8,
}

impl Resident {
    pub(crate) fn new(traits: Traits) -> Self {
        let Traits { age, occupation, phone, is_chronic, rotates, shift } = traits;
        Resident(
            age as u16
                | (occupation as u16) << 3
                | u16::from(is_chronic) << 6
                | u16::from(rotates) << 7
                | (phone as u16) << 8
                | u16::from(shift & 63) << 10,
        )
    }

    #[inline]
    pub(crate) fn age(self) -> AgeBand {
        AgeBand::ALL[usize::from(self.0 & 7)]
    }

    /// Whether the resident is under 7.
    #[inline]
    pub(crate) fn is_small(self) -> bool {
        self.0 & 7 == AgeBand::Under7 as u16
    }

    /// Whether this is the resident's occupation.
    #[inline]
    pub(crate) fn is(self, occupation: Occupation) -> bool {
        self.0 >> 3 & 7 == occupation as u16
    }

    pub(crate) fn occupation(self) -> Occupation {
        Occupation::ALL[usize::from(self.0 >> 3 & 7)]
    }

    pub(crate) fn is_chronic(self) -> bool {
        self.0 >> 6 & 1 == 1
    }

    pub(crate) fn rotates(self) -> bool {
        self.0 >> 7 & 1 == 1
    }

    pub(crate) fn phone(self) -> Phone {
        Phone::ALL[usize::from(self.0 >> 8 & 3)]
    }

    /// Where in the profile of departures this worker's own one lies, in 64ths.
    #[inline]
    pub(crate) fn shift(self) -> u8 {
        (self.0 >> 10) as u8
    }

    /// Who this is in the eyes of the rules.
    pub(crate) fn group(self) -> Group {
        Group { age: self.age(), occupation: self.occupation() }
    }

    /// The number of the group of people of this age and phone, as [`GroupSummary`](crate::GroupSummary) counts them.
    #[inline]
    pub(crate) fn counted_with(self) -> usize {
        usize::from(self.0 & 7) * Phone::ALL.len() + usize::from(self.0 >> 8 & 3)
    }
}

/// Who can go out for a household: how many adults (3 bits), how many of 7 and older (3), and whether for a dog (1). Members stand in
/// this order, so that the first so many are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kin(u8);

impl Kin {
    pub(crate) fn new(members: &[Resident], has_dog: bool) -> Self {
        let of = |least: AgeBand| members.iter().filter(|member| member.age() >= least).count() as u8;
        Kin(of(AgeBand::From18) | of(AgeBand::From7) << 3 | u8::from(has_dog) << 6)
    }

    #[inline]
    pub(crate) fn adults(self) -> u32 {
        u32::from(self.0 & 7)
    }

    #[inline]
    pub(crate) fn at_least_7(self) -> u32 {
        u32::from(self.0 >> 3 & 7)
    }

    #[inline]
    pub(crate) fn has_dog(self) -> bool {
        self.0 >> 6 & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_packed_unpacks(age in 0..6_usize, occupation in 0..6_usize, phone in 0..3_usize, is_chronic: bool, rotates: bool, shift in 0..64_u8) {
            let traits = Traits {
                age: AgeBand::ALL[age],
                occupation: Occupation::ALL[occupation],
                phone: Phone::ALL[phone],
                is_chronic,
                rotates,
                shift,
            };
            let resident = Resident::new(traits);
            let unpacked = Traits {
                age: resident.age(),
                occupation: resident.occupation(),
                phone: resident.phone(),
                is_chronic: resident.is_chronic(),
                rotates: resident.rotates(),
                shift: resident.shift(),
            };
            prop_assert_eq!(unpacked, traits);
            prop_assert_eq!(resident.is_small(), traits.age == AgeBand::Under7);
            prop_assert!(Occupation::ALL.iter().all(|other| resident.is(*other) == (*other == traits.occupation)));
        }
    }
}
