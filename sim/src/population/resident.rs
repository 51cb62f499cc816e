//! What one resident is like, in two bytes.

use crate::settings::AGE_BANDS;

/// How old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AgeBand {
    Under7,
    From7,
    From18,
    From40,
    From60,
    From75,
}

impl AgeBand {
    pub(crate) const ALL: [AgeBand; AGE_BANDS] =
        [AgeBand::Under7, AgeBand::From7, AgeBand::From18, AgeBand::From40, AgeBand::From60, AgeBand::From75];

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
pub(crate) enum Phone {
    /// A smartphone that runs the app.
    App,
    /// The web only.
    Web,
    /// A telephone to talk into.
    Voice,
}

impl Phone {
    pub(crate) const ALL: [Phone; 3] = [Phone::App, Phone::Web, Phone::Voice];
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
