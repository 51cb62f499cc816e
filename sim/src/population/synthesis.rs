//! Making a population: household by household, place by place.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::resident::Traits;
use super::{AgeBand, Composition, HOUSEHOLDS_PER_CELL, Kin, Occupation, People, Phone, Population, Resident};
use crate::draw::{Chance, Stage, Streams, Words, bounds, choose};
use crate::settings::{self, AGE_BANDS, LARGEST_HOUSEHOLD};
use crate::{Place, Settings, SimError};

/// 2^32 divided by the golden ratio: its multiples fill the circle evenly (Weyl's sequence), so that even a small place has the
/// household sizes asked for.
const GOLDEN: u32 = 0x9E37_79B9;

impl Population {
    /// The population of `places` ([`complete_places`](crate::complete_places)), the same for the same `seed` on any number of
    /// threads. It works in the current rayon pool.
    ///
    /// # Errors
    /// [`SimError::Faults`] when no such households exist.
    pub fn synthesise(settings: &Settings, places: &[Place], seed: u64) -> Result<Population, SimError> {
        let composition = Composition::new(&settings.population).map_err(|fault| SimError::Faults(vec![fault]))?;
        let (firsts, household_places) = houses(&settings.population, places, seed);
        let maker = Maker { streams: Streams::new(seed), composition, chances: Chances::new(settings) };
        let households = household_places.len();
        let cells: Vec<usize> = (0..households).step_by(HOUSEHOLDS_PER_CELL).collect();
        let cell = |first: usize| {
            let end = households.min(first + HOUSEHOLDS_PER_CELL);
            maker.people(first, &firsts[first..=end], &household_places[first..end])
        };
        Ok(Population {
            cells: cells.into_par_iter().map(cell).collect(),
            residents: firsts.last().map_or(0, |last| *last as usize),
            households,
        })
    }
}

/// The first resident of each household (and one past the last) and its place. The last household of a place takes who is left.
fn houses(settings: &settings::Population, places: &[Place], seed: u64) -> (Vec<u32>, Vec<u16>) {
    let sizes = bounds(&settings.household_size_shares.map(f64::from));
    let (mut first_residents, mut household_places) = (vec![0], Vec::new());
    let mut resident = 0;
    let mut point = seed as u32;
    for (place, number) in places.iter().zip(0..) {
        let end = resident + place.residents;
        while resident < end {
            let size = choose(&sizes, point) as u32 + 1;
            debug_assert!(size as usize <= LARGEST_HOUSEHOLD);
            point = point.wrapping_add(GOLDEN);
            resident = end.min(resident + size);
            first_residents.push(resident);
            household_places.push(number);
        }
    }
    (first_residents, household_places)
}

/// The shares of `[population]`, ready to be drawn against.
struct Chances {
    employed: [Chance; AGE_BANDS],
    /// Bounds of on-site, remote and suspended work.
    work: Vec<u32>,
    student: Chance,
    chronic: [Chance; AGE_BANDS],
    /// Bounds of app, web and voice.
    phone: [Vec<u32>; AGE_BANDS],
    dog: Chance,
    rotates: Chance,
}

impl Chances {
    fn new(settings: &Settings) -> Self {
        let rotates = settings.activities.work_rotating_share.into();
        let settings = &settings.population;
        let (essential, remote) = (settings.essential_share.get(), settings.remote_share.get());
        let phone = |band: usize| {
            let (app, web) = (settings.app_shares[band].get(), settings.web_shares[band].get());
            bounds(&[app, web, (1.0 - app - web).max(0.0)])
        };
        Chances {
            employed: settings.employed_shares.map(Chance::from),
            work: bounds(&[essential, remote, (1.0 - essential - remote).max(0.0)]),
            student: settings.student_share.into(),
            chronic: settings.chronic_shares.map(Chance::from),
            phone: std::array::from_fn(phone),
            dog: settings.dog_share.into(),
            rotates,
        }
    }
}

struct Maker {
    streams: Streams,
    composition: Composition,
    chances: Chances,
}

impl Maker {
    /// The households from number `first` on, whose first residents (with one past the last) and places are given.
    fn people(&self, first: usize, firsts: &[u32], places: &[u16]) -> People {
        let first_resident = firsts[0];
        let residents = (firsts[firsts.len() - 1] - first_resident) as usize;
        let (mut words, mut more_words) = (Words::default(), Words::default());
        self.streams.fill(&mut words, residents, first_resident, 0, Stage::Resident);
        self.streams.fill(&mut more_words, residents, first_resident, 0, Stage::ResidentMore);

        let mut people = People {
            first_household: first as u32,
            first_resident,
            firsts: firsts.iter().map(|first| (first - first_resident) as u16).collect(),
            places: places.to_vec(),
            kin: Vec::with_capacity(places.len()),
            households: Vec::with_capacity(residents),
            residents: Vec::with_capacity(residents),
            compliance: Vec::with_capacity(residents),
        };
        let mut kind: Vec<(Resident, u16)> = Vec::with_capacity(LARGEST_HOUSEHOLD);
        for household in 0..places.len() {
            let members = people.members(household);
            let of = |index: usize| {
                let ages = match (members.len(), index - members.start) {
                    (1, _) => &self.composition.alone,
                    (_, 0) => &self.composition.householder,
                    _ => &self.composition.other,
                };
                let more = more_words.at(index);
                (self.resident(ages, words.at(index), more), (more[0] >> 16) as u16)
            };
            kind.clear();
            kind.extend(members.clone().map(of));
            // Adults first, then children who go out alone, then small children. A stable sort keeps the order unique.
            kind.sort_by_key(|(resident, _)| Reverse(resident.age().min(AgeBand::From18)));
            let [dog, ..] = self.streams.block((first + household) as u32, 0, Stage::Household, 0);
            people.households.extend(members.clone().map(|_| household as u16));
            people.residents.extend(kind.iter().map(|(resident, _)| *resident));
            people.compliance.extend(kind.iter().map(|(_, compliance)| *compliance));
            people.kin.push(Kin::new(&people.residents[members], self.chances.dog.holds(dog)));
        }
        people
    }

    fn resident(&self, ages: &[u32], [age, job, phone, chronic]: [u32; 4], [_, work, _, habit]: [u32; 4]) -> Resident {
        let age = AgeBand::ALL[choose(ages, age)];
        let band = age as usize;
        let occupation = self.occupation(age, job, work);
        Resident::new(Traits {
            age,
            occupation,
            phone: Phone::ALL[choose(&self.chances.phone[band], phone)],
            is_chronic: self.chances.chronic[band].holds(chronic),
            rotates: occupation == Occupation::OnSite && self.chances.rotates.holds(habit << 6),
            shift: (habit >> 26) as u8,
        })
    }

    fn occupation(&self, age: AgeBand, job: u32, kind: u32) -> Occupation {
        if self.chances.employed[age as usize].holds(job) {
            return [Occupation::OnSite, Occupation::Remote, Occupation::Suspended][choose(&self.chances.work, kind)];
        }
        match age {
            AgeBand::Under7 => Occupation::None,
            AgeBand::From7 => Occupation::Pupil,
            AgeBand::From18 if self.chances.student.holds(kind) => Occupation::Pupil,
            AgeBand::From18 | AgeBand::From40 => Occupation::None,
            AgeBand::From60 | AgeBand::From75 => Occupation::Pensioner,
        }
    }
}
