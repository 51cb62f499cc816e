//! What each resident needs today, drawn for all of a cell at once.

use pulp::{Arch, Simd, WithSimd};

use super::{Desk, Planner};
use crate::draw::Stage;
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
        Arch::new().dispatch(Draw {
            needs,
            residents: &people.residents,
            prescription: &self.needs.prescription,
            wants_out: &self.needs.wants_out,
            words: resident_words.columns(),
            likely: &self.today.needs,
        });
        patients.clear();
        if let Some(range) = &self.today.patients {
            streams.fill(resident_words, count, people.first_resident, 0, Stage::Illness);
            let [words, ..] = resident_words.columns();
            patients.extend((0..).zip(words).filter(|(_, word)| range.contains(word)).map(|(resident, _)| resident));
            patients.iter().for_each(|patient| needs[usize::from(*patient)] = 0);
        }
    }
}

/// Draws what is needed by chance, and adds prescriptions that have ended and outings that were put off. One plain loop over columns,
/// compiled for several kinds of processors, which work on several residents at a time.
struct Draw<'a> {
    needs: &'a mut [u8],
    residents: &'a [Resident],
    prescription: &'a [u8],
    wants_out: &'a [bool],
    words: [&'a [u32]; 4],
    likely: &'a [[u32; 4]; Resident::KINDS],
}

impl WithSimd for Draw<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Draw { needs, residents, prescription, wants_out, words: [doctor, pharmacy, work, other], likely } = self;
        let state = residents.iter().zip(prescription.iter().zip(wants_out));
        let words = doctor.iter().zip(pharmacy).zip(work.iter().zip(other));
        for ((needs, (resident, (prescription, wants_out))), ((doctor, pharmacy), (work, other))) in
            needs.iter_mut().zip(state).zip(words)
        {
            let likely = likely[resident.kind()];
            let drawn = |word: &u32, index: usize| u8::from(word >> 1 < likely[index]);
            let ended = u8::from(*prescription == 0) & u8::from(resident.is_chronic());
            *needs = (drawn(doctor, 0) * DOCTOR)
                | ((drawn(pharmacy, 1) | ended) * PHARMACY)
                | (drawn(work, 2) * WORK)
                | ((drawn(other, 3) | u8::from(*wants_out)) * OTHER);
        }
    }
}
