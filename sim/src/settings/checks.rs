//! The `[checks]` section.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use passes::{Fault, Purpose, Share};
use serde::{Deserialize, Serialize};

use super::valid::within;

/// Officers on patrol, and gates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Checks {
    /// Officers on patrol for each 100,000 residents of a place, at the hours of full strength. Default 20 (assumption).
    pub officers_per_100k: f64,
    /// The strength of patrols in each hour of the day, from 0 to 23, as a share of the full one. Default 1 from 8 to 22 and 0 at night
    /// (assumption).
    pub hour_shares: [Share; 24],
    /// Places that have more or fewer officers: the place's name, and officers for each 100,000 of its residents. Default none.
    pub officers_in: BTreeMap<String, f64>,
    /// How often a resident on the street is stopped for each officer per 100,000 residents, in times per hour on the street. Default
    /// 0.00027: calibrated to the 1,900 people checked in the city of Nizhny Novgorod (1.27 million residents) on 13 May 2020
    /// (vremyan.ru, 14 May 2020).
    pub stops_per_h: f64,
    /// Points where everyone or a share of those who pass is checked: the doors of a metro, roads out of town. Default none.
    pub gates: Vec<Gate>,
}

/// Gates of one kind: queues where officers check residents on their way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// What they are called in tables.
    pub name: String,
    /// From when they are manned, local time.
    pub from: DateTime,
    /// Until when, local time.
    pub until: DateTime,
    /// Trips for these purposes may pass one. Default: all purposes.
    #[serde(default)]
    pub purposes: Vec<Purpose>,
    /// Share of such trips that do.
    pub trip_share: Share,
    /// Only trips at least so far pass one, in kilometres. Default 0.
    #[serde(default)]
    pub least_km: f64,
    /// Gates for each 100,000 residents of a place; a place has at least one.
    pub per_100k: f64,
    /// Officers at each gate.
    pub officers: u32,
    /// Mean time an officer takes for one resident, in seconds, the answer of the service apart; exponential.
    pub manual_s: f64,
    /// Share of residents passing that are checked: 1 checks all, less checks at random. Default 1.
    #[serde(default = "all")]
    pub checked_share: Share,
    /// Whether a resident who shows no valid pass is sent home. Default true.
    #[serde(default = "yes")]
    pub turns_back: bool,
}

fn all() -> Share {
    Share::of(1.0)
}

const fn yes() -> bool {
    true
}

impl Default for Checks {
    fn default() -> Self {
        let patrol = |hour: usize| Share::of(if (8..22).contains(&hour) { 1.0 } else { 0.0 });
        Checks {
            officers_per_100k: 20.0,
            hour_shares: std::array::from_fn(patrol),
            officers_in: BTreeMap::new(),
            stops_per_h: 0.000_27,
            gates: Vec::new(),
        }
    }
}

impl Checks {
    pub(super) fn faults(&self, faults: &mut Vec<Fault>) {
        within(faults, "checks.officers_per_100k", self.officers_per_100k, 0.0, 100_000.0);
        within(faults, "checks.stops_per_h", self.stops_per_h, 0.0, 10.0);
        for (place, officers) in &self.officers_in {
            within(faults, &format!("checks.officers_in.{place}"), *officers, 0.0, 100_000.0);
        }
        for (index, gate) in self.gates.iter().enumerate() {
            gate.faults(&format!("checks.gates.{index}"), faults);
            // Tables tell kinds of gates apart by their names.
            if self.gates[..index].iter().any(|other| other.name == gate.name) {
                let message = format!("another kind of gate is called '{}' already; write another name", gate.name);
                faults.push(Fault::new(format!("checks.gates.{index}.name"), message));
            }
        }
    }
}

impl Gate {
    fn faults(&self, key: &str, faults: &mut Vec<Fault>) {
        if self.until <= self.from {
            faults.push(Fault::new(format!("{key}.until"), format!("ends before {}; write a later time", self.from)));
        }
        within(faults, &format!("{key}.least_km"), self.least_km, 0.0, 20_000.0);
        within(faults, &format!("{key}.per_100k"), self.per_100k, 0.0, 100_000.0);
        within(faults, &format!("{key}.officers"), self.officers, 1, 1_000);
        within(faults, &format!("{key}.manual_s"), self.manual_s, 0.0, 3_600.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_gates_have_names_of_their_own() {
        let gate = |name: &str| Gate {
            name: name.into(),
            from: jiff::civil::date(2020, 4, 15).at(0, 0, 0, 0),
            until: jiff::civil::date(2020, 4, 16).at(0, 0, 0, 0),
            purposes: Vec::new(),
            trip_share: Share::of(1.0),
            least_km: 0.0,
            per_100k: 1.0,
            officers: 1,
            manual_s: 10.0,
            checked_share: Share::of(1.0),
            turns_back: false,
        };
        let checks = Checks { gates: ["metro", "roads", "metro"].map(gate).into(), ..Checks::default() };
        let mut faults = Vec::new();
        checks.faults(&mut faults);
        assert_eq!(faults.iter().map(|fault| fault.key.as_str()).collect::<Vec<_>>(), ["checks.gates.2.name"]);
    }
}
