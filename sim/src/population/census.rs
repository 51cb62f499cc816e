//! Counting a population.

use super::{AgeBand, Occupation, People, Phone, Population};
use crate::settings::{AGE_BANDS, LARGEST_HOUSEHOLD};

/// How many there are of whom: what a synthesised population is held against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Residents.
    pub residents: u64,
    /// Residents of each place.
    pub residents_by_place: Vec<u64>,
    /// Households with 1, 2, .. 6 members.
    pub households_by_size: [u64; LARGEST_HOUSEHOLD],
    /// Households without an adult.
    pub households_without_adult: u64,
    /// Households with a dog.
    pub households_with_dog: u64,
    /// Residents of 0-6, 7-17, 18-39, 40-59, 60-74, 75 and more years.
    pub by_age: [u64; AGE_BANDS],
    /// Residents of 60 and older who live alone.
    pub alone_60_plus: u64,
    /// Residents with a job, of each age band.
    pub employed_by_age: [u64; AGE_BANDS],
    /// Residents whose work goes on on site, is suspended, is done from home.
    pub by_work: [u64; 3],
    /// Residents with work on site who have two days on and two off.
    pub rotating: u64,
    /// Chronically ill residents of each age band.
    pub chronic_by_age: [u64; AGE_BANDS],
    /// Residents of each age band with a smartphone that runs the app.
    pub app_by_age: [u64; AGE_BANDS],
    /// Residents of each age band who can use the web but not the app.
    pub web_by_age: [u64; AGE_BANDS],
}

impl Population {
    /// Counts everyone.
    pub fn census(&self) -> Census {
        let last = self.cells.last().and_then(|people| people.places.last());
        let mut census =
            Census { residents_by_place: vec![0; last.map_or(0, |last| usize::from(*last) + 1)], ..Default::default() };
        for people in &self.cells {
            (0..people.count_households()).for_each(|household| census.count_household(people, household));
        }
        census
    }
}

impl Census {
    fn count_household(&mut self, people: &People, household: usize) {
        let members = &people.residents[people.members(household)];
        self.residents += members.len() as u64;
        self.residents_by_place[usize::from(people.places[household])] += members.len() as u64;
        self.households_by_size[members.len() - 1] += 1;
        self.households_without_adult += u64::from(!members.iter().any(|member| member.age().is_adult()));
        self.households_with_dog += u64::from(people.kin[household].has_dog());
        self.alone_60_plus += u64::from(members.len() == 1 && members[0].age() >= AgeBand::From60);
        for member in members {
            let band = member.age() as usize;
            self.by_age[band] += 1;
            self.chronic_by_age[band] += u64::from(member.is_chronic());
            if let Some(work) = match member.occupation() {
                Occupation::OnSite => Some(0),
                Occupation::Suspended => Some(1),
                Occupation::Remote => Some(2),
                Occupation::Pupil | Occupation::Pensioner | Occupation::None => None,
            } {
                self.by_work[work] += 1;
                self.employed_by_age[band] += 1;
                self.rotating += u64::from(work == 0 && member.rotates());
            }
            match member.phone() {
                Phone::App => self.app_by_age[band] += 1,
                Phone::Web => self.web_by_age[band] += 1,
                Phone::Voice => {}
            }
        }
    }
}
