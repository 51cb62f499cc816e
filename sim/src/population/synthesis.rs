//! Making a population: household by household, place by place.

use rayon::prelude::*;

use super::{AgeBand, Composition, Occupation, Phone, Population, Resident};
use crate::draw::{Chance, Stage, Streams, bounds, choose};
use crate::settings::{self, AGE_BANDS, LARGEST_HOUSEHOLD};
use crate::{Place, SimError};

/// Households that one task makes.
const CHUNK: usize = 8_192;
/// 2^32 divided by the golden ratio: its multiples fill the circle evenly (Weyl's sequence), so that even a small place has the
/// household sizes asked for.
const GOLDEN: u32 = 0x9E37_79B9;

impl Population {
    /// The population of `places` ([`complete_places`](crate::complete_places)), the same for the same `seed` on any number of
    /// threads. It works in the current rayon pool.
    ///
    /// # Errors
    /// [`SimError::Faults`] when no such households exist.
    pub fn synthesise(settings: &settings::Population, places: &[Place], seed: u64) -> Result<Population, SimError> {
        let composition = Composition::new(settings).map_err(|fault| SimError::Faults(vec![fault]))?;
        let streams = Streams::new(seed);
        let (first_residents, household_places) = houses(settings, places, seed);
        let maker = Maker { streams, composition, chances: Chances::new(settings) };
        let households: Vec<usize> = (0..household_places.len()).step_by(CHUNK).collect();
        let parts: Vec<Part> = households
            .into_par_iter()
            .map(|first| maker.part(first, &first_residents[first..household_places.len().min(first + CHUNK) + 1]))
            .collect();
        let residents = first_residents.last().map_or(0, |last| *last as usize);
        let mut population = Population {
            dogs: Vec::with_capacity(household_places.len()),
            residents: Vec::with_capacity(residents),
            compliance: Vec::with_capacity(residents),
            first_residents,
            places: household_places,
        };
        for mut part in parts {
            population.dogs.append(&mut part.dogs);
            population.residents.append(&mut part.residents);
            population.compliance.append(&mut part.compliance);
        }
        Ok(population)
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
}

impl Chances {
    fn new(settings: &settings::Population) -> Self {
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
        }
    }
}

struct Maker {
    streams: Streams,
    composition: Composition,
    chances: Chances,
}

/// The columns of some households.
#[derive(Default)]
struct Part {
    dogs: Vec<bool>,
    residents: Vec<Resident>,
    compliance: Vec<u16>,
}

impl Maker {
    /// The households from number `first` on, whose first residents are given, with one past the last.
    fn part(&self, first: usize, first_residents: &[u32]) -> Part {
        let first_resident = first_residents[0];
        let residents = (first_residents[first_residents.len() - 1] - first_resident) as usize;
        let mut words = vec![[0; 4]; residents];
        let mut more_words = vec![[0; 4]; residents];
        self.streams.fill(&mut words, first_resident, 0, Stage::Resident);
        self.streams.fill(&mut more_words, first_resident, 0, Stage::ResidentMore);

        let mut part = Part::default();
        for (members, household) in first_residents.windows(2).zip(first as u32..) {
            let [dog, ..] = self.streams.block(household, 0, Stage::Household, 0);
            part.dogs.push(self.chances.dog.holds(dog));
            for resident in members[0]..members[1] {
                let ages = match (members[1] - members[0], resident - members[0]) {
                    (1, _) => &self.composition.alone,
                    (_, 0) => &self.composition.householder,
                    _ => &self.composition.other,
                };
                let index = (resident - first_resident) as usize;
                let [compliance, work, ..] = more_words[index];
                part.residents.push(self.resident(ages, words[index], work));
                part.compliance.push((compliance >> 16) as u16);
            }
        }
        part
    }

    fn resident(&self, ages: &[u32], [age, job, phone, chronic]: [u32; 4], work: u32) -> Resident {
        let age = AgeBand::ALL[choose(ages, age)];
        let band = age as usize;
        let phone = Phone::ALL[choose(&self.chances.phone[band], phone)];
        Resident::new(age, self.occupation(age, job, work), phone, self.chances.chronic[band].holds(chronic))
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
