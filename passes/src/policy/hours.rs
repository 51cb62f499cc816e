//! A stretch of every day.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

/// A stretch of every day in local time, written `"08:00-10:00"`. It ends just before its second time; one that ends at or before
/// its start runs over midnight (`"20:00-00:00"` to the end of the day).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    /// The first moment.
    pub from: Time,
    /// The first moment after it.
    pub until: Time,
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hours = text.split_once('-').and_then(|(from, until)| {
            Some(Hours { from: from.trim().parse().ok()?, until: until.trim().parse().ok()? })
        });
        hours.filter(|Hours { from, until }| from != until && from.second() == 0 && until.second() == 0).ok_or_else(
            || format!("'{text}' is no stretch of a day; write two different times, such as \"08:00-20:00\""),
        )
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Hours { from, until } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from.hour(), from.minute(), until.hour(), until.minute())
    }
}

impl TryFrom<String> for Hours {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> String {
        hours.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_times_make_hours_and_lead_back() {
        for text in ["08:00-20:00", "20:00-00:00", "22:30-06:15"] {
            assert_eq!(text.parse::<Hours>().map(String::from), Ok(text.to_owned()));
        }
        for wrong in ["08:00", "08:00-08:00", "8 to 20", "08:00-24:00", "08:00:30-09:00", ""] {
            assert!(wrong.parse::<Hours>().unwrap_err().contains("08:00-20:00"), "{wrong}");
        }
    }
}
