//! A stretch of every day.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

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
            Some(Hours { from: time_of_day(from.trim())?, until: time_of_day(until.trim())? })
        });
        hours.filter(|Hours { from, until }| from != until).ok_or_else(|| {
            format!("'{text}' is no stretch of a day; write two different times, such as \"08:00-20:00\"")
        })
    }
}

/// Reads a whole minute of the day, such as `08:00`.
fn time_of_day(text: &str) -> Option<Time> {
    text.parse().ok().filter(|time: &Time| time.second() == 0 && time.subsec_nanosecond() == 0)
}

/// Reads a time of day from a file, and says what to write instead of another text.
pub(super) fn read_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let text = String::deserialize(deserializer)?;
    time_of_day(&text)
        .ok_or_else(|| D::Error::custom(format_args!("'{text}' is no time of day; write one such as \"22:00\"")))
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
