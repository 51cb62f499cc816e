//! What each resident needs today, drawn for all of a cell at once.

use super::{Desk, Planner};
use crate::draw::{Stage, Words};
use crate::population::Resident;
use crate::today::{DOCTOR, OTHER, PHARMACY, WORK};

impl Planner<'_> {
    /// Fills the desk with the daily needs of everyone. Patients stay at home and have none.
    #[inline(never)]
    pub(super) fn find_needs(&self, desk: &mut Desk) {
        let Desk { resident_words, household_words, needs, patients, .. } = desk;
        let (people, streams, day) = (self.people, &self.world.streams, self.today.day);
        let count = people.residents.len();
        streams.fill(resident_words, count, people.first_resident, day, Stage::ResidentNeeds);
        streams.fill(household_words, people.count_households(), people.first_household, day, Stage::HouseholdNeeds);
        needs.resize(count, 0);
        draw(needs, &people.residents, &self.today.needs, resident_words);
        self.carry_over(needs);
        patients.clear();
        if let Some(range) = &self.today.patients {
            streams.fill(resident_words, count, people.first_resident, 0, Stage::Illness);
            let [words, ..] = resident_words.columns();
            patients.extend((0..).zip(words).filter(|(_, word)| range.contains(word)).map(|(resident, _)| resident));
            patients.iter().for_each(|patient| needs[usize::from(*patient)] = 0);
        }
    }

    /// Prescriptions that have ended, and outings that were put off.
    #[inline(never)]
    fn carry_over(&self, needs: &mut [u8]) {
        let state = self.needs.prescription.iter().zip(&self.needs.wants_out);
        for ((needs, resident), (prescription, wants_out)) in needs.iter_mut().zip(&self.people.residents).zip(state) {
            let pharmacy = if *prescription == 0 && resident.is_chronic() { PHARMACY } else { 0 };
            let other = if *wants_out { OTHER } else { 0 };
            *needs |= pharmacy | other;
        }
    }
}

/// One plain loop over slices, so that the compiler can compare several words at a time.
#[inline(never)]
fn draw(needs: &mut [u8], residents: &[Resident], likely: &[[u32; 4]; Resident::KINDS], words: &Words) {
    let [doctor, pharmacy, work, other] = words.columns();
    let words = doctor.iter().zip(pharmacy).zip(work.iter().zip(other));
    for ((needs, resident), ((doctor, pharmacy), (work, other))) in needs.iter_mut().zip(residents).zip(words) {
        let likely = &likely[resident.kind()];
        let drawn = |word: &u32, index: usize, need: u8| if word >> 1 < likely[index] { need } else { 0 };
        *needs =
            drawn(doctor, 0, DOCTOR) | drawn(pharmacy, 1, PHARMACY) | drawn(work, 2, WORK) | drawn(other, 3, OTHER);
    }
}
