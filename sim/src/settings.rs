//! The simulator's sections of a scenario file. Each parameter stands once, with its unit (in its name where it has one), its
//! default, and its source or the word "assumption".

mod activities;
mod behaviour;
mod checks;
mod per_purpose;
mod population;
mod valid;

pub use activities::{Activities, DepartureWeights, Lengths, Spread};
pub use behaviour::{Behaviour, Seeking};
pub use checks::Checks;
use passes::Fault;
pub use population::{AGE_BANDS, LARGEST_HOUSEHOLD, Population};
use serde::{Deserialize, Serialize};

/// The sections `[region]`, `[population]`, `[activities]`, `[behaviour]` and `[checks]`.
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
    /// Whom officers check.
    #[serde(default)]
    pub checks: Checks,
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
            checks: Checks::default(),
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
        self.checks.faults(&mut faults);
        faults
    }
}
