//! A number of a run, named in a scenario file: `passes(day=0, purpose=work)`.

use std::fmt;
use std::str::FromStr;

use demand::RequestKind;
use passes::{Channel, Purpose};
use serde::{Deserialize, Serialize};

use super::vocabulary::{self, Word};
use crate::Simulation;

/// A number of a run: a word of the vocabulary, and of what part of the run it is taken. Written `passes(day=0, purpose=work)`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Measure {
    word: &'static Word,
    part: Part,
}

/// Of what part of a run a number is taken; what is left out stands for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Of this day; 0 is the first.
    pub(super) day: Option<u16>,
    /// Of this day, or of each, up to this hour.
    pub(super) until_h: Option<u16>,
    pub(super) purpose: Option<Purpose>,
    pub(super) kind: Option<RequestKind>,
    pub(super) channel: Option<Channel>,
    /// Of the place with this name.
    pub(super) place: Option<String>,
}

impl Measure {
    /// The names of all measures, in the order of the documentation.
    pub fn names() -> impl Iterator<Item = &'static str> {
        vocabulary::WORDS.iter().map(|word| word.name)
    }

    /// The unit it is given in.
    pub fn unit(&self) -> &'static str {
        self.word.unit
    }

    /// The day it is taken of, when it is taken of one; 0 is the first.
    pub fn day(&self) -> Option<u16> {
        self.part.day
    }

    /// The place it is taken of, when it is taken of one.
    pub fn place(&self) -> Option<&str> {
        self.part.place.as_deref()
    }

    /// Whether it grows with the number of residents, as passes do and passes per resident do not.
    pub fn scales(&self) -> bool {
        self.word.scales
    }

    /// Its value in `simulation`, for a region of `residents` people: what grows with their number is scaled up when fewer of them were
    /// simulated. `None` where there was nothing to measure, such as a share of no passes.
    pub fn value(&self, simulation: &Simulation, residents: u64) -> Option<f64> {
        let scale = if self.scales() { residents as f64 / simulation.residents as f64 } else { 1.0 };
        (self.word.value)(simulation, &self.part).map(|value| value * scale)
    }
}

impl PartialEq for Measure {
    fn eq(&self, other: &Self) -> bool {
        self.word.name == other.word.name && self.part == other.part
    }
}

impl Part {
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let whole = |most: u16| {
            let number = value.parse().ok().filter(|number| *number <= most);
            number.ok_or_else(|| format!("{name}={value}: write a whole number from 0 to {most}"))
        };
        match name {
            "day" => self.day = Some(whole(365)?),
            "until_h" => self.until_h = Some(whole(24)?),
            "purpose" => self.purpose = Some(value.parse()?),
            "kind" => self.kind = Some(value.parse()?),
            "channel" => {
                let found = Channel::ALL.into_iter().find(|channel| channel.name() == value);
                let names = Channel::ALL.map(Channel::name).join(", ");
                self.channel =
                    Some(found.ok_or_else(|| format!("no channel is called '{value}'; write one of {names}"))?);
            }
            _ => self.place = Some(value.to_owned()),
        }
        Ok(())
    }

    /// What is set, by its name in files.
    fn set_values(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        let values = [
            ("day", self.day.map(|day| day.to_string())),
            ("until_h", self.until_h.map(|hour| hour.to_string())),
            ("purpose", self.purpose.map(|purpose| purpose.to_string())),
            ("kind", self.kind.map(|kind| kind.to_string())),
            ("channel", self.channel.map(|channel| channel.name().to_owned())),
            ("place", self.place.clone()),
        ];
        values.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

impl FromStr for Measure {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, arguments) = match text.split_once('(') {
            None => (text, ""),
            Some((name, rest)) => {
                let closed = rest.strip_suffix(')');
                (name, closed.ok_or_else(|| format!("'{text}' lacks its last ')'"))?)
            }
        };
        let word = vocabulary::WORDS.iter().find(|word| word.name == name).ok_or_else(|| {
            let names: Vec<&str> = Measure::names().collect();
            format!("no measure is called '{name}'; write one of {}", names.join(", "))
        })?;
        let mut part = Part::default();
        for argument in arguments.split(',').map(str::trim).filter(|argument| !argument.is_empty()) {
            let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
            if !word.takes(name) {
                return Err(format!("{} takes no '{name}'; {}", word.name, word.usage()));
            }
            part.set(name, value)?;
        }
        match word.needs {
            Some(needed) if part.set_values().all(|(name, _)| name != needed) => {
                Err(format!("it lacks {needed}; {}", word.usage()))
            }
            _ => Ok(Measure { word, part }),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<String> = self.part.set_values().map(|(name, value)| format!("{name}={value}")).collect();
        match arguments.is_empty() {
            true => f.write_str(self.word.name),
            false => write!(f, "{}({})", self.word.name, arguments.join(", ")),
        }
    }
}

impl TryFrom<String> for Measure {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Measure> for String {
    fn from(measure: Measure) -> String {
        measure.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_is_read_as_it_is_written() {
        for text in [
            "passes",
            "passes(day=0, purpose=work)",
            "requests(day=2, until_h=10, kind=issue)",
            "checks_per_day(place=Nizhniy Novgorod)",
        ] {
            assert_eq!(text.parse::<Measure>().map(String::from), Ok(text.to_owned()));
        }
        assert_ne!("passes(day=0)".parse::<Measure>(), "passes(day=1)".parse());
    }

    #[test]
    fn what_is_no_measure_is_told_with_what_to_write() {
        for (text, told) in [
            ("pass", "write one of trips_per_resident_day, passes,"),
            ("passes(day=0", "lacks its last ')'"),
            ("passes(hour=0)", "passes takes no 'hour'; write passes or passes(day=.., purpose=..)"),
            ("passes(day=one)", "write a whole number from 0 to 365"),
            ("passes(purpose=fun)", "'fun'"),
            ("registrations(channel=fax)", "write one of web, app, phone"),
            ("passes_share", "it lacks purpose; write passes_share(day=.., purpose=..)"),
        ] {
            let error = text.parse::<Measure>().unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
