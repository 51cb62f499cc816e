//! What each resident needs today, drawn for all of a cell at once.

use pulp::{Arch, Simd, WithSimd};

use super::{Desk, Planner};
use crate::draw::Stage;
use crate::population::{Occupation, Resident};
use crate::today::{CARRIES, DOCTOR, Likely, OTHER, PHARMACY, STAYS_IN, WORK};

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
            compliance: &people.compliance,
            prescription: &self.needs.prescription,
            wants_out: &self.needs.wants_out,
            words: resident_words.columns(),
            likely: self.today.likely,
            carry_ranks: self.world.chances.other_carry.ranks(),
            stay_in: self.today.stay_in,
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
    compliance: &'a [u16],
    prescription: &'a [u8],
    wants_out: &'a [bool],
    words: [&'a [u32]; 4],
    likely: Likely,
    /// How many of 65,536 ranks still want an outing on the day after they did without it.
    carry_ranks: u32,
    /// How many ranks of compliance do without it.
    stay_in: u32,
}

impl WithSimd for Draw<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Draw { needs, residents, compliance, prescription, wants_out, words, likely, carry_ranks, stay_in } = self;
        let [doctor, pharmacy, work, other] = words;
        let state = residents.iter().zip(compliance).zip(prescription.iter().zip(wants_out));
        let words = doctor.iter().zip(pharmacy).zip(work.iter().zip(other));
        for ((needs, ((resident, compliance), (prescription, wants_out))), ((doctor, pharmacy), (work, other))) in
            needs.iter_mut().zip(state).zip(words)
        {
            // Chosen, not looked up in a table: so the processor does it for many residents at a time, which saves 43 instructions a resident.
            let (is_chronic, is_on_site) = (resident.is_chronic(), resident.is(Occupation::OnSite));
            let at_work = if resident.rotates() { likely.rotating_work } else { likely.work };
            let at_school = if resident.is(Occupation::Pupil) { likely.school } else { 0 };
            let drawn = |word: &u32, likely: u32| u8::from(word >> 1 < likely);
            let doctor = drawn(doctor, if is_chronic { likely.chronic_doctor } else { likely.doctor });
            let pharmacy = drawn(pharmacy, if is_chronic { 0 } else { likely.pharmacy });
            let works = drawn(work, if is_on_site { at_work } else { at_school });
            let wants_out = drawn(other, if resident.is_small() { 0 } else { likely.other }) | u8::from(*wants_out);
            let ended = u8::from(*prescription == 0) & u8::from(is_chronic);
            let stays_in = u8::from(u32::from(*compliance) < stay_in);
            // The low half of a word says nothing of what the whole of it has decided.
            let carries = u8::from(work & 0xffff < carry_ranks);
            *needs = (doctor * DOCTOR)
                | ((pharmacy | ended) * PHARMACY)
                | (works * WORK)
                | ((wants_out & !stays_in) * OTHER)
                | ((wants_out & stays_in) * STAYS_IN)
                | (carries * CARRIES);
        }
    }
}
