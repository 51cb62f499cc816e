//! Who goes out, as far as the rules care.

use serde::{Deserialize, Serialize};

/// How old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum AgeBand {
    /// 0 to 6 years.
    #[serde(rename = "0_6")]
    Under7,
    /// 7 to 17 years.
    #[serde(rename = "7_17")]
    From7,
    /// 18 to 39 years.
    #[serde(rename = "18_39")]
    From18,
    /// 40 to 59 years.
    #[serde(rename = "40_59")]
    From40,
    /// 60 to 74 years.
    #[serde(rename = "60_74")]
    From60,
    /// 75 years and more.
    #[serde(rename = "75_plus")]
    From75,
}

impl AgeBand {
    /// All age bands, youngest first.
    pub const ALL: [AgeBand; 6] =
        [AgeBand::Under7, AgeBand::From7, AgeBand::From18, AgeBand::From40, AgeBand::From60, AgeBand::From75];

    /// The name in files, such as `7_17`.
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

    /// Whether of age: 18 years or more.
    pub fn is_adult(self) -> bool {
        self >= AgeBand::From18
    }
}

/// What a resident does on weekdays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Occupation {
    /// Works on site, also during the non-working days.
    OnSite,
    /// Would work on site; the work is suspended.
    Suspended,
    /// Works from home.
    Remote,
    /// At school or university.
    Pupil,
    /// Draws a pension and does not work.
    Pensioner,
    /// None of these.
    None,
}

impl Occupation {
    /// All occupations, in the order of their numbers.
    pub const ALL: [Occupation; 6] = [
        Occupation::OnSite,
        Occupation::Suspended,
        Occupation::Remote,
        Occupation::Pupil,
        Occupation::Pensioner,
        Occupation::None,
    ];

    /// The name in files, such as `on_site`.
    pub const fn name(self) -> &'static str {
        match self {
            Occupation::OnSite => "on_site",
            Occupation::Suspended => "suspended",
            Occupation::Remote => "remote",
            Occupation::Pupil => "pupil",
            Occupation::Pensioner => "pensioner",
            Occupation::None => "none",
        }
    }
}

/// The group that a person belongs to in the eyes of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// How old.
    pub age: AgeBand,
    /// What the person does on weekdays.
    pub occupation: Occupation,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_lists_and_names_are_those_of_files() {
        #[derive(Deserialize)]
        struct File {
            ages: Vec<AgeBand>,
            occupations: Vec<Occupation>,
        }
        let ages = AgeBand::ALL.map(AgeBand::name).join("', '");
        let occupations = Occupation::ALL.map(Occupation::name).join("', '");
        let file: File = toml::from_str(&format!("ages = ['{ages}']\noccupations = ['{occupations}']")).unwrap();
        assert_eq!(file.ages, AgeBand::ALL);
        assert_eq!(file.occupations, Occupation::ALL);
        assert!(file.ages.iter().zip(0..).all(|(age, number)| *age as usize == number));
        assert!(file.occupations.iter().zip(0..).all(|(occupation, number)| *occupation as usize == number));
        assert!(AgeBand::From18.is_adult() && !AgeBand::From7.is_adult());
    }
}
