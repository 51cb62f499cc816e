//! Who lives in the region, in columns.

mod census;
mod composition;
mod resident;
mod synthesis;

pub use census::Census;
pub(crate) use composition::Composition;
pub use resident::{AgeBand, Phone};
pub(crate) use resident::{Occupation, Resident};

/// Everyone in the region, household by household and place by place: what stays as it is while days pass. Residents and households
/// are numbered from 0; the members of a household follow each other.
#[derive(Clone, Debug, Default)]
pub struct Population {
    /// The first resident of each household, and after the last household the number of residents.
    pub(crate) first_residents: Vec<u32>,
    /// The place of each household.
    pub(crate) places: Vec<u16>,
    /// Whether each household has a dog.
    pub(crate) dogs: Vec<bool>,
    /// What each resident is like.
    pub(crate) residents: Vec<Resident>,
    /// Each resident's rank in compliance, uniform: who ranks below a share of 65,536 belongs to the share that complies.
    pub(crate) compliance: Vec<u16>,
}

impl Population {
    /// How many households there are.
    pub fn households(&self) -> usize {
        self.places.len()
    }

    /// How many residents there are.
    pub fn residents(&self) -> usize {
        self.residents.len()
    }

    /// The residents of `household`.
    pub(crate) fn members(&self, household: usize) -> std::ops::Range<usize> {
        self.first_residents[household] as usize..self.first_residents[household + 1] as usize
    }
}
