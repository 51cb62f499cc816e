//! Who lives in the region, in columns.

mod census;
mod composition;
mod resident;
mod synthesis;

pub use census::Census;
pub(crate) use composition::Composition;
pub(crate) use passes::{AgeBand, Occupation};
pub use resident::Phone;
#[cfg(test)]
pub(crate) use resident::Traits;
pub(crate) use resident::{Kin, Resident};

/// Households of a cell. A task decides for one cell; the columns of one fit a core's cache. Fixed, since it numbers what happens.
pub(crate) const HOUSEHOLDS_PER_CELL: usize = 1_024;

/// Everyone in the region, household by household and place by place: what stays as it is while days pass. Residents and households
/// are numbered from 0; the members of a household follow each other.
#[derive(Clone, Debug, Default)]
pub struct Population {
    /// In order; all but the last hold [`HOUSEHOLDS_PER_CELL`] households.
    pub(crate) cells: Vec<People>,
    residents: usize,
    households: usize,
}

/// The people of one cell.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    /// The number of the first household in the region.
    pub(crate) first_household: u32,
    /// The number of the first resident in the region.
    pub(crate) first_resident: u32,
    /// The first resident of each household, counted within the cell, and after the last household the number of residents.
    pub(crate) firsts: Vec<u16>,
    /// The place of each household.
    pub(crate) places: Vec<u16>,
    /// Who can go out in each household.
    pub(crate) kin: Vec<Kin>,
    /// The household of each resident, counted within the cell.
    pub(crate) households: Vec<u16>,
    /// What each resident is like; the members of a household from the oldest kind to the youngest.
    pub(crate) residents: Vec<Resident>,
    /// Each resident's rank in compliance, uniform: who ranks below a share of 65,536 belongs to the share that complies.
    pub(crate) compliance: Vec<u16>,
}

impl Population {
    /// How many households there are.
    pub fn households(&self) -> usize {
        self.households
    }

    /// How many residents there are.
    pub fn residents(&self) -> usize {
        self.residents
    }
}

impl People {
    /// How many households there are.
    pub(crate) fn count_households(&self) -> usize {
        self.places.len()
    }

    /// The place where all of them live, if it is one: households follow each other place by place.
    pub(crate) fn only_place(&self) -> Option<u16> {
        let (first, last) = (self.places.first()?, self.places.last()?);
        (first == last).then_some(*first)
    }

    /// The residents of `household`, counted within the cell.
    pub(crate) fn members(&self, household: usize) -> std::ops::Range<usize> {
        usize::from(self.firsts[household])..usize::from(self.firsts[household + 1])
    }
}
