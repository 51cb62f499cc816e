//! The `[[published]]` entries of a scenario: what is known of its days, to be held against the model.

mod measure;
mod vocabulary;

pub use measure::Measure;
use passes::Fault;
use serde::{Deserialize, Serialize};

use crate::Place;

/// A published figure, and the band in which the model's own must lie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// What was published, in words.
    pub figure: String,
    /// The same in terms of a run, such as `passes(day=0)`.
    pub measure: Measure,
    /// What was published, in the measure's unit.
    pub value: f64,
    /// The least that the model may give.
    pub low: f64,
    /// The most that it may give.
    pub high: f64,
    /// Who published it, and when.
    pub source: String,
    /// Another scenario, by a path beside this one: then all figures are changes relative to that scenario's measure, such as -0.45
    /// for a fall of 45 %. Default: none, the measure itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative_to: Option<String>,
}

impl Published {
    /// Everything that is wrong with the entry number `index` of a scenario of `days` days and these places.
    pub fn faults(&self, index: usize, days: u16, places: &[Place]) -> Vec<Fault> {
        let fault = |key: &str, message: String| Fault::new(format!("published.{index}.{key}"), message);
        let mut faults = Vec::new();
        if !(self.low <= self.value && self.value <= self.high) {
            let message = format!("the band from {} to {} does not hold the value {}", self.low, self.high, self.value);
            faults.push(fault("value", message));
        }
        if let Some(day) = self.measure.day().filter(|day| *day >= days) {
            faults.push(fault("measure", format!("there is no day {day}; the last is day {}", days.saturating_sub(1))));
        }
        if let Some(name) = self.measure.place()
            && places.iter().all(|place| place.name != name)
        {
            faults.push(fault("measure", format!("no place of the region is called '{name}'; write one of its table")));
        }
        faults
    }

    /// What is measured, and against which scenario: `passes(day=0)`.
    pub fn terms(&self) -> String {
        let against = self.relative_to.as_ref().map_or(String::new(), |other| format!(" against {other}"));
        format!("{}{against}", self.measure)
    }

    /// The unit of its numbers.
    pub fn unit(&self) -> &'static str {
        if self.relative_to.is_some() { "change" } else { self.measure.unit() }
    }

    /// The model's figure, where it measured `here` in this scenario and `there` in the one that it is relative to, if any. `None`
    /// where there was nothing to measure.
    pub fn simulated(&self, here: Option<f64>, there: Option<f64>) -> Option<f64> {
        match self.relative_to {
            None => here,
            Some(_) => there.filter(|there| *there != 0.0).zip(here).map(|(there, here)| here / there - 1.0),
        }
    }

    /// Whether the model's figure lies within the band.
    pub fn holds(&self, simulated: Option<f64>) -> bool {
        simulated.is_some_and(|simulated| (self.low..=self.high).contains(&simulated))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(measure: &str) -> Published {
        Published {
            figure: "what the paper said".into(),
            measure: measure.parse().unwrap(),
            value: 0.5,
            low: 0.4,
            high: 0.6,
            source: "a paper".into(),
            relative_to: None,
        }
    }

    #[test]
    fn a_figure_is_within_its_band_or_not() {
        let plain = entry("trips_per_resident_day");
        let held = |simulated| plain.holds(plain.simulated(simulated, None));
        assert_eq!([Some(0.4), Some(0.61), None, Some(f64::NAN)].map(held), [true, false, false, false]);
        let fall = Published { value: -0.5, low: -0.6, high: -0.4, relative_to: Some("before.toml".into()), ..plain };
        assert_eq!(fall.simulated(Some(0.75), Some(1.5)), Some(-0.5));
        assert_eq!(fall.simulated(Some(0.75), Some(0.0)), None, "nothing to be relative to");
    }

    #[test]
    fn a_figure_of_no_day_or_place_is_a_fault() {
        let town =
            Place { geonames_id: None, name: "Bor".into(), latitude_deg: 56.0, longitude_deg: 44.0, residents: 9 };
        let faults = |published: Published| {
            let faults = published.faults(1, 3, std::slice::from_ref(&town));
            faults.into_iter().map(|fault| (fault.key, fault.message)).collect::<Vec<_>>()
        };
        assert!(faults(entry("passes(day=2)")).is_empty() && faults(entry("checks_per_day(place=Bor)")).is_empty());
        assert!(faults(entry("passes(day=3)"))[0].1.contains("the last is day 2"));
        assert!(faults(entry("checks_per_day(place=Bar)"))[0].1.contains("'Bar'"));
        assert_eq!(faults(Published { value: 0.7, ..entry("passes") })[0].0, "published.1.value");
    }

    #[test]
    fn it_is_written_as_in_a_file() {
        let text =
            "figure = \"a\"\nmeasure = \"passes(day=0, purpose=work)\"\nvalue = 3\nlow = 1.5\nhigh = 4\nsource = \"b\"";
        let read: Published = toml::from_str(text).unwrap();
        assert_eq!(read.value, 3.0);
        assert_eq!(toml::from_str::<Published>(&toml::to_string(&read).unwrap()).unwrap(), read);
    }
}
