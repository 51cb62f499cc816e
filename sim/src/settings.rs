//! The simulator's sections of a scenario file. Each parameter stands once, with its unit (in its name where it has one), its
//! default, and its source or the word "assumption".

mod activities;
mod behaviour;
mod checks;
mod patients;
mod per_purpose;
mod population;
mod service;
mod valid;

use crate::Place;
pub use activities::{Activities, DepartureWeights, Distances, Lengths, Reach, Spread};
pub use behaviour::{Behaviour, Bots, Seeking};
pub use checks::{Checks, Gate};
use passes::Fault;
pub use patients::Patients;
pub use population::{AGE_BANDS, LARGEST_HOUSEHOLD, Population};
use serde::{Deserialize, Serialize};
pub use service::{Outage, Service, ServiceKind};

/// The sections `[region]`, `[population]`, `[activities]`, `[behaviour]`, `[service]`, `[checks]` and `[patients]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Which region; has no default.
    pub region: Region,
    /// Who lives there.
    #[serde(default)]
    pub population: Population,
    /// What they need and when they go out for it.
    #[serde(default)]
    pub activities: Activities,
    /// What they do about the policy.
    #[serde(default)]
    pub behaviour: Behaviour,
    /// The pass service as they meet it.
    #[serde(default)]
    pub service: Service,
    /// Whom officers check.
    #[serde(default)]
    pub checks: Checks,
    /// Who is ill and must check in.
    #[serde(default)]
    pub patients: Patients,
}

/// The `[region]` section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// The table of places ([`read_places`](crate::read_places)): a path beside the scenario file.
    pub places: String,
    /// How many people live in the region, those outside the listed places included.
    pub residents: u32,
}

impl Settings {
    /// The defaults for a region.
    pub fn new(region: Region) -> Self {
        Settings {
            region,
            population: Population::default(),
            activities: Activities::default(),
            behaviour: Behaviour::default(),
            service: Service::default(),
            checks: Checks::default(),
            patients: Patients::default(),
        }
    }

    /// The same for a smaller copy of the region with so many residents. Service and bots shrink in proportion, so that the service is as
    /// hard pressed as the whole one; a measured curve cannot.
    pub fn shrunk(&self, residents: u32) -> Self {
        let share = f64::from(residents) / f64::from(self.region.residents.max(1));
        let mut shrunk = self.clone();
        shrunk.region.residents = residents;
        shrunk.service.rate_per_s *= share;
        shrunk.service.queue = (f64::from(self.service.queue) * share).ceil() as u32;
        shrunk.behaviour.bots.iter_mut().for_each(|bots| bots.per_s *= share);
        shrunk
    }

    /// What is wrong with these sections in a region of `places`.
    pub fn faults_in(&self, places: &[Place]) -> Vec<Fault> {
        let is_unknown = |name: &&String| places.iter().all(|place| place.name != **name);
        let fault = |name: &String| {
            Fault::new(
                format!("checks.officers_in.{name}"),
                "no such place in the region; write a name of the places file",
            )
        };
        self.checks.officers_in.keys().filter(is_unknown).map(fault).collect()
    }

    /// Everything that is wrong with these sections though each value can be read.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.region.residents == 0 {
            faults.push(Fault::new("region.residents", "nobody lives in the region; write at least 1"));
        }
        self.population.faults(&mut faults);
        self.activities.faults(&mut faults);
        self.behaviour.faults(&mut faults);
        self.service.faults(&mut faults);
        self.checks.faults(&mut faults);
        self.patients.faults(&mut faults);
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smaller_copy_is_as_hard_pressed() {
        let mut whole = Settings::new(Region { places: "none".into(), residents: 2_000_000 });
        (whole.service.rate_per_s, whole.service.queue) = (150.0, 3_001);
        let noon = jiff::civil::datetime(2020, 4, 2, 12, 0, 0, 0);
        whole.behaviour.bots = vec![Bots { from: noon, until: noon, per_s: 20.0 }];
        let copy = whole.shrunk(1_000_000);
        assert_eq!((copy.region.residents, copy.service.rate_per_s, copy.service.queue), (1_000_000, 75.0, 1_501));
        assert_eq!(copy.behaviour.bots[0].per_s, 10.0);
        assert_eq!(whole.shrunk(2_000_000), whole);
    }
}
