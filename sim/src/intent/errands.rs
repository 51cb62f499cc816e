//! Who goes out for what: one list a purpose.
//!
//! Every list is made by writing each candidate and keeping those that hold: without a branch that a processor would have to guess,
//! which costs more here than the writing.

use passes::Purpose;

use super::{Desk, Planner};
use crate::draw::scale;
use crate::population::AgeBand;
use crate::profile::{DAY_MS, HOUR_MS};
use crate::today::{DOCTOR, OTHER, PHARMACY, WORK};
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

/// A list of errands in the making.
struct Keeper<'a> {
    list: &'a mut Vec<Errand>,
    kept: usize,
}

impl<'a> Keeper<'a> {
    /// Room for so many at most.
    fn new(list: &'a mut Vec<Errand>, most: usize) -> Self {
        list.resize(most + 1, Errand::default());
        Keeper { list, kept: 0 }
    }

    #[inline]
    fn keep_if(&mut self, holds: bool, errand: Errand) {
        self.list[self.kept] = errand;
        self.kept += usize::from(holds);
    }

    fn done(self) {
        self.list.truncate(self.kept);
    }
}

impl Planner<'_> {
    /// Puts the errands of everyone on the desk, by purpose.
    pub(super) fn find_errands(&self, desk: &mut Desk) {
        self.shop(desk);
        self.take_out_rubbish(desk);
        self.walk_dogs(desk);
        self.see_to_own_needs(desk);
        // Whoever is ill asks others to go, and the need stays when nobody can.
        if !desk.patients.is_empty() {
            let patients = &desk.patients;
            for list in &mut desk.errands {
                list.retain(|errand| patients.binary_search(&errand.resident).is_err());
            }
        }
    }

    /// One adult shops for the household when the pantry is empty, or at once when the household hears of the decree and stocks up.
    fn shop(&self, desk: &mut Desk) {
        let activities = self.world.activities;
        let (least, most) = (activities.pantry_least_days, activities.pantry_most_days);
        self.stock_up(desk);
        let [shopper, _, _, refill] = desk.household_words.columns();
        let mut shopping = Keeper::new(&mut desk.errands[Purpose::Groceries as usize], self.people.count_households());
        let households = (0..).zip(&self.needs.pantry).zip(shopper.iter().zip(refill));
        for ((household, pantry), (shopper, refill)) in households {
            let lasts_days = least + scale(*refill, u32::from(most - least) + 1) as u8;
            let resident = self.adult(household, *shopper);
            let errand = Errand { resident, household, whose: resident, number: 0, lasts_days };
            shopping.keep_if(*pantry == 0, errand);
        }
        shopping.done();
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
        let lasts_days = self.world.activities.rubbish_every_days;
        let [_, bin, ..] = desk.household_words.columns();
        let mut rubbish = Keeper::new(&mut desk.errands[Purpose::Rubbish as usize], self.people.count_households());
        for ((household, full), bin) in (0..).zip(&self.needs.rubbish).zip(bin) {
            let resident = self.from_7(household, *bin);
            rubbish.keep_if(*full == 0, Errand { resident, household, whose: resident, number: 0, lasts_days });
        }
        rubbish.done();
    }

    fn walk_dogs(&self, desk: &mut Desk) {
        let walks = self.world.activities.dog_walks_per_day;
        let [_, _, walker, _] = desk.household_words.columns();
        let most = self.people.count_households() * usize::from(walks);
        let mut out = Keeper::new(&mut desk.errands[Purpose::Pet as usize], most);
        for ((household, kin), walker) in (0..).zip(&self.people.kin).zip(walker) {
            for number in 0..walks {
                let resident = self.from_7(household, walker.rotate_left(8 * u32::from(number)));
                let errand = Errand { resident, household, whose: resident, number, lasts_days: 0 };
                out.keep_if(kin.has_dog(), errand);
            }
        }
        out.done();
    }

    /// Doctor, pharmacy, work and what the decree does not know. Grown-ups fetch and bring for small children; the number then tells
    /// the child.
    fn see_to_own_needs(&self, desk: &mut Desk) {
        let Desk { needs, needy, errands, household_words, .. } = desk;
        needy.resize(needs.len() + 1, 0);
        let mut count = 0;
        for (resident, needs) in (0..).zip(needs.iter()) {
            needy[count] = resident;
            count += usize::from(*needs != 0);
        }
        needy.truncate(count);
        let lists = [
            (Purpose::Doctor, DOCTOR, 0),
            (Purpose::Pharmacy, PHARMACY, self.world.activities.prescription_days),
            (Purpose::Work, WORK, 0),
            (Purpose::Other, OTHER, 0),
        ];
        let [shopper, ..] = household_words.columns();
        for (purpose, need, lasts_days) in lists {
            let mut list = Keeper::new(&mut errands[purpose as usize], needy.len());
            for whose in needy.iter().copied() {
                let member = self.people.residents[usize::from(whose)];
                let household = self.people.households[usize::from(whose)];
                let is_small = member.age() == AgeBand::Under7;
                let first = self.people.firsts[usize::from(household)];
                let adult = self.adult(household, shopper[usize::from(household)]);
                let errand = Errand {
                    resident: if is_small { adult } else { whose },
                    household,
                    whose,
                    number: if is_small { (whose - first) as u8 + 1 } else { 0 },
                    lasts_days,
                };
                let is_off = need == WORK && member.rotates() && self.has_day_off(whose);
                list.keep_if(needs[usize::from(whose)] & need != 0 && !is_off, errand);
            }
            list.done();
        }
    }

    /// Whether a worker who has two days on and two off is off today. Where in the four days, the last bits of a number say that has
    /// nothing to do with them.
    fn has_day_off(&self, resident: u16) -> bool {
        (self.today.day + (self.people.compliance[usize::from(resident)] & 3)) & 2 != 0
    }

    /// The adult of a household that `word` falls on.
    #[inline]
    fn adult(&self, household: u16, word: u32) -> u16 {
        let household = usize::from(household);
        self.people.firsts[household] + scale(word, self.people.kin[household].adults()) as u16
    }

    /// The member of 7 or older that `word` falls on.
    #[inline]
    fn from_7(&self, household: u16, word: u32) -> u16 {
        let household = usize::from(household);
        self.people.firsts[household] + scale(word, self.people.kin[household].from_7()) as u16
    }
}
