//! Who goes out for what: one list a purpose.

use passes::Purpose;

use super::{Desk, Planner};
use crate::draw::{Words, scale};
use crate::keep::keep;
use crate::profile::{DAY_MS, HOUR_MS};
use crate::today::{DOCTOR, GOES_OUT, OTHER, PHARMACY, WORK};
use crate::uptake::Ms;

/// Who hears of the decree later than this stocks up on the next day.
const LAST_SHOPPING_MS: Ms = 21 * HOUR_MS as Ms;

/// A need that someone goes out for. Residents and households are counted within the cell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Errand {
    pub(super) resident: u16,
    pub(super) household: u16,
    /// Whose need it is: the resident's own, or that of a small child.
    pub(super) whose: u16,
    /// Tells errands of one resident and purpose apart.
    pub(super) number: u8,
    /// For how many days the need is met by it.
    pub(super) lasts_days: u8,
}

impl Planner<'_> {
    /// Puts the errands of everyone on the desk, by purpose.
    pub(super) fn find_errands(&self, desk: &mut Desk) {
        self.shop(desk);
        self.take_out_rubbish(desk);
        self.walk_dogs(desk);
        self.see_to_own_needs(desk);
        // Whoever is ill stays at home; the need stays until a day on which it falls to someone else.
        if !desk.patients.is_empty() {
            let patients = &desk.patients;
            for list in &mut desk.errands {
                list.retain(|errand| patients.binary_search(&errand.resident).is_err());
            }
        }
    }

    /// One adult shops for the household when the pantry is empty, or at once when the household hears of the decree and stocks up.
    fn shop(&self, desk: &mut Desk) {
        self.stock_up(desk);
        let Desk { kept, errands, household_words, .. } = desk;
        let (least, most) = (self.world.activities.pantry_least_days, self.world.activities.pantry_most_days);
        keep(kept, &self.needs.pantry, |pantry| *pantry == 0);
        let shopping = &mut errands[Purpose::Groceries as usize];
        shopping.clear();
        shopping.extend(kept.iter().map(|household| {
            let [shopper, _, _, refill] = household_words.at(usize::from(*household));
            let lasts_days = least + scale(refill, u32::from(most - least) + 1) as u8;
            let resident = self.adult(*household, shopper);
            Errand { resident, household: *household, whose: resident, number: 0, lasts_days }
        }));
        if !desk.stocking.is_empty() {
            self.replace_by_stocking(desk);
        }
    }

    /// Finds the households that set out today to stock up, and when at the earliest, in milliseconds after midnight.
    fn stock_up(&self, desk: &mut Desk) {
        desk.stocking.clear();
        if !self.today.hears_news {
            return;
        }
        let (world, people) = (self.world, self.people);
        world.uptake.draw_stocking(&mut desk.stocking_words, people.count_households(), people.first_household);
        let [stocks_up, hears, ..] = desk.stocking_words.columns();
        for (household, (stocks_up, hears)) in (0..).zip(stocks_up.iter().zip(hears)) {
            let Some(hears_ms) = world.uptake.stocks_up_ms(*stocks_up, *hears) else { continue };
            let hears_ms = hears_ms - self.today.day_ms;
            if (LAST_SHOPPING_MS - Ms::from(DAY_MS)..LAST_SHOPPING_MS).contains(&hears_ms) {
                desk.stocking.push((household, hears_ms.max(0) as u32));
            }
        }
    }

    /// Those who stock up go for that, and not for their usual shopping.
    fn replace_by_stocking(&self, desk: &mut Desk) {
        let Desk { stocking, errands, household_words, .. } = desk;
        let shopping = &mut errands[Purpose::Groceries as usize];
        shopping
            .retain(|errand| stocking.binary_search_by_key(&errand.household, |(household, _)| *household).is_err());
        for (household, _) in stocking {
            let [shopper, ..] = household_words.at(usize::from(*household));
            let resident = self.adult(*household, shopper);
            let lasts_days = self.world.behaviour.stocked_days;
            shopping.push(Errand { resident, household: *household, whose: resident, number: 0, lasts_days });
        }
    }

    fn take_out_rubbish(&self, desk: &mut Desk) {
        let Desk { kept, errands, household_words, .. } = desk;
        let lasts_days = self.world.activities.rubbish_every_days;
        keep(kept, &self.needs.rubbish, |rubbish| *rubbish == 0);
        let rubbish = &mut errands[Purpose::Rubbish as usize];
        rubbish.clear();
        rubbish.extend(kept.iter().map(|household| {
            let [_, bin, ..] = household_words.at(usize::from(*household));
            let resident = self.member_of_7(*household, bin);
            Errand { resident, household: *household, whose: resident, number: 0, lasts_days }
        }));
    }

    fn walk_dogs(&self, desk: &mut Desk) {
        let Desk { kept, errands, household_words, .. } = desk;
        keep(kept, &self.people.kin, |kin| kin.has_dog());
        let out = &mut errands[Purpose::Pet as usize];
        out.clear();
        for number in 0..self.world.activities.dog_walks_per_day {
            out.extend(kept.iter().map(|household| {
                let [_, _, walker, _] = household_words.at(usize::from(*household));
                let resident = self.member_of_7(*household, walker.rotate_left(8 * u32::from(number)));
                Errand { resident, household: *household, whose: resident, number, lasts_days: 0 }
            }));
        }
    }

    /// Doctor, pharmacy, work and what the decree does not know.
    fn see_to_own_needs(&self, desk: &mut Desk) {
        let Desk { needs, needy, kept, errands, household_words, .. } = desk;
        keep(needy, needs, |needs| needs & GOES_OUT != 0);
        for resident in needy.iter().map(|resident| usize::from(*resident)) {
            let has_day_off = self.people.residents[resident].rotates() & self.has_day_off(resident);
            needs[resident] &= !(u8::from(has_day_off) * WORK);
        }
        for (purpose, need, lasts_days) in
            [(Purpose::Doctor, DOCTOR, 0), (Purpose::Pharmacy, PHARMACY, self.world.activities.prescription_days)]
        {
            keep(kept, needy, |resident| needs[usize::from(*resident)] & need != 0);
            let list = &mut errands[purpose as usize];
            list.clear();
            list.extend(
                kept.iter().map(|index| self.own_errand(needy[usize::from(*index)], lasts_days, household_words)),
            );
        }
        // Small children neither work nor go out alone.
        for (purpose, need) in [(Purpose::Work, WORK), (Purpose::Other, OTHER)] {
            keep(kept, needy, |resident| needs[usize::from(*resident)] & need != 0);
            let list = &mut errands[purpose as usize];
            list.clear();
            list.extend(kept.iter().map(|index| {
                let resident = needy[usize::from(*index)];
                let household = self.people.households[usize::from(resident)];
                Errand { resident, household, whose: resident, number: 0, lasts_days: 0 }
            }));
        }
    }

    /// An errand of `whose` own. Grown-ups fetch and bring for small children; the number then tells the child.
    #[inline]
    fn own_errand(&self, whose: u16, lasts_days: u8, household_words: &Words) -> Errand {
        let household = self.people.households[usize::from(whose)];
        let is_small = self.people.residents[usize::from(whose)].is_small();
        let [shopper, ..] = household_words.at(usize::from(household));
        let first = self.people.firsts[usize::from(household)];
        let grown_up = self.adult(household, shopper);
        Errand {
            resident: if is_small { grown_up } else { whose },
            household,
            whose,
            number: if is_small { (whose - first) as u8 + 1 } else { 0 },
            lasts_days,
        }
    }

    /// Whether a worker who has two days on and two off is off today. Where in the four days, the last bits of a number say that has
    /// nothing to do with them.
    fn has_day_off(&self, resident: usize) -> bool {
        (self.today.day + (self.people.compliance[resident] & 3)) & 2 != 0
    }

    /// The adult of a household that `word` falls on.
    #[inline]
    fn adult(&self, household: u16, word: u32) -> u16 {
        let household = usize::from(household);
        self.people.firsts[household] + scale(word, self.people.kin[household].adults()) as u16
    }

    /// The member of 7 or older that `word` falls on.
    #[inline]
    fn member_of_7(&self, household: u16, word: u32) -> u16 {
        let household = usize::from(household);
        self.people.firsts[household] + scale(word, self.people.kin[household].at_least_7()) as u16
    }
}
