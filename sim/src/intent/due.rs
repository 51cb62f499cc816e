//! What each resident needs today, drawn for all of a cell at once.

use super::{Desk, Planner};
use crate::draw::{Stage, Words};
use crate::needs::Needs;
use crate::population::{People, Resident};
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
        draw(needs, people, self.needs, &self.today.needs, resident_words);
        patients.clear();
        if let Some(range) = &self.today.patients {
            streams.fill(resident_words, count, people.first_resident, 0, Stage::Illness);
            let [words, ..] = resident_words.columns();
            patients.extend((0..).zip(words).filter(|(_, word)| range.contains(word)).map(|(resident, _)| resident));
            patients.iter().for_each(|patient| needs[usize::from(*patient)] = 0);
        }
    }
}

/// Draws what is needed by chance, and adds prescriptions that have ended and outings that were put off. One plain loop over slices, so
/// that the compiler can work on several residents at a time.
fn draw(needs: &mut [u8], people: &People, state: &Needs, likely: &[[u32; 4]; Resident::KINDS], words: &Words) {
    let [doctor, pharmacy, work, other] = words.columns();
    let words = doctor.iter().zip(pharmacy).zip(work.iter().zip(other));
    let state = state.prescription.iter().zip(&state.wants_out);
    let residents = people.residents.iter().zip(state);
    for ((needs, (resident, (prescription, wants_out))), ((doctor, pharmacy), (work, other))) in
        needs.iter_mut().zip(residents).zip(words)
    {
        let likely = &likely[resident.kind()];
        let drawn = |word: &u32, index: usize| u8::from(word >> 1 < likely[index]);
        let ended = u8::from(*prescription == 0) & u8::from(resident.is_chronic());
        *needs = (drawn(doctor, 0) * DOCTOR)
            | ((drawn(pharmacy, 1) | ended) * PHARMACY)
            | (drawn(work, 2) * WORK)
            | ((drawn(other, 3) | u8::from(*wants_out)) * OTHER);
    }
}
