//! What one resident is like, in two bytes.

use crate::settings::AGE_BANDS;

/// How old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgeBand {
    /// 0 to 6.
    Under7,
    /// 7 to 17.
    From7,
    /// 18 to 39.
    From18,
    /// 40 to 59.
    From40,
    /// 60 to 74.
    From60,
    /// 75 and older.
    From75,
}

impl AgeBand {
    /// All bands, youngest first.
    pub const ALL: [AgeBand; AGE_BANDS] =
        [AgeBand::Under7, AgeBand::From7, AgeBand::From18, AgeBand::From40, AgeBand::From60, AgeBand::From75];

    /// The name in tables, such as `18_39`.
    pub const fn name(self) -> &'static str {
        match self {
            AgeBand::Under7 => "0_6",
            AgeBand::From7 => "7_17",
            AgeBand::From18 => "18_39",
            AgeBand::From40 => "40_59",
            AgeBand::From60 => "60_74",
            AgeBand::From75 => "75_plus",
        }
    }

    pub(crate) fn is_adult(self) -> bool {
        self >= AgeBand::From18
    }
}

/// What a resident does on weekdays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occupation {
    /// Works on site, also during the non-working days.
    OnSite,
    /// Would work on site; the work is suspended.
    Suspended,
    Remote,
    /// At school or university, which are closed.
    Pupil,
    Pensioner,
    None,
}

impl Occupation {
    pub(crate) const ALL: [Occupation; 6] = [
        Occupation::OnSite,
        Occupation::Suspended,
        Occupation::Remote,
        Occupation::Pupil,
        Occupation::Pensioner,
        Occupation::None,
    ];
}

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

/// One resident: age band (3 bits), occupation (3), phone (2), chronic illness (1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resident(u16);

impl Resident {
    pub(crate) fn new(age: AgeBand, occupation: Occupation, phone: Phone, chronic: bool) -> Self {
        Resident(age as u16 | (occupation as u16) << 3 | (phone as u16) << 6 | u16::from(chronic) << 8)
    }

    pub(crate) fn age(self) -> AgeBand {
        AgeBand::ALL[usize::from(self.0 & 7)]
    }

    pub(crate) fn occupation(self) -> Occupation {
        Occupation::ALL[usize::from(self.0 >> 3 & 7)]
    }

    pub(crate) fn phone(self) -> Phone {
        Phone::ALL[usize::from(self.0 >> 6 & 3)]
    }

    pub(crate) fn is_chronic(self) -> bool {
        self.0 >> 8 & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_unpacks() {
        for age in AgeBand::ALL {
            for occupation in Occupation::ALL {
                for phone in Phone::ALL {
                    for chronic in [false, true] {
                        let resident = Resident::new(age, occupation, phone, chronic);
                        let unpacked = (resident.age(), resident.occupation(), resident.phone(), resident.is_chronic());
                        assert_eq!(unpacked, (age, occupation, phone, chronic));
                    }
                }
            }
        }
    }
}
