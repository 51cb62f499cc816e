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
