//! What the members of a household need to go out for, and when, for how long and how far they would go.

use passes::Purpose;

use super::{Desk, Planner};
use crate::draw::{Stage, Streams, scale};
use crate::population::AgeBand;
use crate::profile::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::today::{DOCTOR, OTHER, PHARMACY, WORK};
use crate::uptake::Ms;

/// Who hears of the decree later than this stocks up on the next day.
const LAST_SHOPPING_MS: Ms = 21 * HOUR_MS as Ms;
/// Items of one purpose are told apart above these bits.
const ITEM_SHIFT: u16 = 3;

/// A trip that a resident would make if there were no policy. Residents and households are counted within the cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// Milliseconds after midnight.
    pub(super) departs_ms: u32,
    pub(super) length_ms: u32,
    /// The time on the street on the way there, and again on the way back.
    pub(super) leg_ms: u32,
    pub(super) distance_m: u32,
    /// How long the resident can put off leaving, if the trip's pass is late.
    pub(super) slack_ms: u32,
    /// The random number that decides whether officers stop the resident.
    pub(super) meets: u32,
    /// The random number that decides whether an outing not made is wanted tomorrow.
    pub(super) spare: u32,
    pub(super) household: u16,
    pub(super) resident: u16,
    /// Whose need it meets: the resident's own, or that of a small child.
    pub(super) whose: u16,
    pub(super) destination: u16,
    /// Tells the trip's random numbers from those of other trips of the resident and day.
    pub(super) item: u16,
    pub(super) purpose: Purpose,
    /// For how many days the need is met by it.
    pub(super) lasts_days: u8,
    /// Which stop of its tour it is.
    pub(super) stop: u8,
    /// Whether it may follow another trip without going home between.
    pub(super) may_chain: bool,
}

/// What a wish is before its times are drawn.
struct Errand {
    household: usize,
    resident: usize,
    whose: usize,
    purpose: Purpose,
    /// Tells errands of one purpose apart.
    number: u16,
    lasts_days: u8,
    earliest_ms: u32,
}

impl Planner<'_> {
    /// Puts the wishes of everyone on the desk, household by household.
    pub(super) fn find_wishes(&mut self, desk: &mut Desk) {
        desk.wishes.clear();
        desk.drawn.clear();
        for household in 0..self.people.households() {
            self.find_shared_wishes(household, desk);
            let members = self.people.members(household);
            let first = members.start;
            for resident in members {
                if desk.needs[resident] != 0 {
                    self.find_own_wishes(household, first, resident, desk);
                }
            }
        }
        // Whoever is ill asks others to go, and the need stays when nobody can.
        if !desk.patients.is_empty() {
            let Desk { patients, wishes, drawn, .. } = desk;
            let mut keep = wishes.iter().map(|wish| patients.binary_search(&wish.resident).is_err());
            drawn.retain(|_| keep.next().unwrap_or(true));
            wishes.retain(|wish| patients.binary_search(&wish.resident).is_err());
        }
    }

    /// Shopping, rubbish and the dog: one member goes for all.
    fn find_shared_wishes(&self, household: usize, desk: &mut Desk) {
        let (activities, kin) = (self.world.activities, self.people.kin[household]);
        let stocking = if self.today.hears_news { self.stocks_up_ms(household) } else { None };
        let (shops, bins) = (self.needs.pantry[household] == 0, self.needs.rubbish[household] == 0);
        if !shops && !bins && !kin.has_dog() && stocking.is_none() {
            return;
        }
        let [shopper, bin, walker, refill] = desk.household_words.at(household);
        let first = usize::from(self.people.firsts[household]);
        let mut add = |resident: usize, purpose, number, lasts_days, earliest_ms| {
            self.add(desk, Errand { household, resident, whose: resident, purpose, number, lasts_days, earliest_ms });
        };
        let adult = first + scale(shopper, kin.adults()) as usize;
        if let Some(hears_ms) = stocking {
            // Within an hour of the news, unless the usual time is yet to come.
            let earliest_ms = hears_ms + scale(refill, HOUR_MS);
            add(adult, Purpose::Groceries, 0, self.world.behaviour.stocked_days, earliest_ms);
        } else if shops {
            let (least, most) = (activities.pantry_least_days, activities.pantry_most_days);
            let lasts_days = least + scale(refill, u32::from(most - least) + 1) as u8;
            add(adult, Purpose::Groceries, 0, lasts_days, 0);
        }
        if bins {
            let bearer = first + scale(bin, kin.from_7()) as usize;
            add(bearer, Purpose::Rubbish, 0, activities.rubbish_every_days, 0);
        }
        if kin.has_dog() {
            for walk in 0..activities.dog_walks_per_day {
                let walker = first + scale(walker.rotate_left(8 * u32::from(walk)), kin.from_7()) as usize;
                add(walker, Purpose::Pet, u16::from(walk), 0, 0);
            }
        }
    }

    /// Doctor, pharmacy, work and what the decree does not know.
    fn find_own_wishes(&self, household: usize, first: usize, resident: usize, desk: &mut Desk) {
        let needs = desk.needs[resident];
        let member = self.people.residents[resident];
        // Grown-ups fetch and bring for small children; the number then tells the child.
        let (bearer, number) = match member.age() {
            AgeBand::Under7 => {
                let [shopper, ..] = desk.household_words.at(household);
                (first + scale(shopper, self.people.kin[household].adults()) as usize, (resident - first) as u16 + 1)
            }
            _ => (resident, 0),
        };
        let mut add = |purpose, lasts_days| {
            let errand =
                Errand { household, resident: bearer, whose: resident, purpose, number, lasts_days, earliest_ms: 0 };
            self.add(desk, errand);
        };
        if needs & DOCTOR != 0 {
            add(Purpose::Doctor, 0);
        }
        if needs & PHARMACY != 0 {
            add(Purpose::Pharmacy, self.world.activities.prescription_days);
        }
        if needs & WORK != 0 && !(member.rotates() && self.has_day_off(resident)) {
            add(Purpose::Work, 0);
        }
        if needs & OTHER != 0 {
            add(Purpose::Other, 0);
        }
    }

    /// Whether a worker who has two days on and two off is off today. Where in the four days, the last bits of a number say that has
    /// nothing to do with them.
    fn has_day_off(&self, resident: usize) -> bool {
        (self.today.day + (self.people.compliance[resident] & 3)) & 2 != 0
    }

    /// When today the household sets out to stock up, at the earliest, in milliseconds after midnight.
    fn stocks_up_ms(&self, household: usize) -> Option<u32> {
        let number = self.people.first_household + household as u32;
        let hears_ms = self.world.uptake.stocks_up_ms(number)? - self.today.day_ms;
        let today_ms = LAST_SHOPPING_MS - Ms::from(DAY_MS)..LAST_SHOPPING_MS;
        today_ms.contains(&hears_ms).then_some(hears_ms.max(0) as u32)
    }

    #[inline]
    fn add(&self, desk: &mut Desk, errand: Errand) {
        let item = errand.purpose as u16 | errand.number << ITEM_SHIFT;
        let who = self.people.first_resident + errand.resident as u32;
        desk.drawn.push(Streams::entry(who, self.today.day, item));
        desk.wishes.push(Wish {
            departs_ms: errand.earliest_ms,
            length_ms: 0,
            leg_ms: 0,
            distance_m: 0,
            slack_ms: 0,
            meets: 0,
            spare: 0,
            household: errand.household as u16,
            resident: errand.resident as u16,
            whose: errand.whose as u16,
            destination: self.people.places[errand.household],
            item,
            purpose: errand.purpose,
            lasts_days: errand.lasts_days,
            stop: 0,
            may_chain: false,
        });
    }

    /// Draws when each wish would depart, how long it would last and where it would lead.
    pub(super) fn draw_trips(&self, desk: &mut Desk) {
        let Desk { trip_words, drawn, wishes, .. } = desk;
        self.world.streams.fill_items(trip_words, drawn, Stage::Trip);
        for (index, wish) in wishes.iter_mut().enumerate() {
            self.draw_trip(wish, trip_words.at(index));
        }
    }

    #[inline]
    fn draw_trip(&self, wish: &mut Wish, [departs, stays, goes, meets]: [u32; 4]) {
        let (timing, activities, purpose) = (&self.world.timing, self.world.activities, wish.purpose);
        let own_ms = timing.length_ms(purpose, stays);
        let local_leg_ms = activities.local_leg_min * MINUTE_MS;
        (wish.meets, wish.spare) = (meets, stays);
        wish.length_ms = own_ms;
        match purpose {
            Purpose::Work | Purpose::Other => {
                let elsewhere = self.world.atlas.elsewhere(wish.destination, goes);
                let travel_ms = elsewhere.map_or(0, |to| to.travel_ms);
                wish.length_ms = DAY_MS.min(own_ms + 2 * travel_ms);
                wish.leg_ms = if purpose == Purpose::Other { DAY_MS } else { local_leg_ms + travel_ms };
                wish.distance_m = match elsewhere {
                    Some(to) => to.distance_m,
                    None => timing.distance_m(purpose, self.world.atlas.within_own(goes)),
                };
                wish.destination = elsewhere.map_or(wish.destination, |to| to.place);
            }
            // Out of doors all the time.
            Purpose::Pet | Purpose::Rubbish => wish.leg_ms = DAY_MS,
            _ => wish.leg_ms = local_leg_ms,
        }
        if !matches!(purpose, Purpose::Work | Purpose::Other) {
            wish.distance_m = timing.distance_m(purpose, goes);
        }
        wish.leg_ms = wish.leg_ms.min(wish.length_ms / 2);
        let departs_ms = match purpose {
            Purpose::Work => self.leaves_for_work_ms(usize::from(wish.resident), departs),
            // The walks of a day are spread over it: each has its own part of the profile.
            Purpose::Pet => {
                let walks = u64::from(activities.dog_walks_per_day.max(1));
                let walk = u64::from(wish.item >> ITEM_SHIFT);
                timing.departure_ms(purpose, (((walk << 32) + u64::from(departs)) / walks) as u32)
            }
            Purpose::Pharmacy => {
                wish.may_chain = self.world.chances.chains.holds(departs);
                timing.departure_ms(purpose, self.world.chances.chains.beyond(departs))
            }
            _ => timing.departure_ms(purpose, departs),
        };
        wish.departs_ms = wish.departs_ms.max(departs_ms);
    }

    /// The same time every day, within some minutes.
    fn leaves_for_work_ms(&self, resident: usize, word: u32) -> u32 {
        let shift = self.people.residents[resident].shift();
        let usual_ms = self.world.timing.departure_ms(Purpose::Work, shift << 26 | 1 << 25);
        let jitter_ms = self.world.activities.work_jitter_min * MINUTE_MS;
        (usual_ms + scale(word, 2 * jitter_ms + 1)).saturating_sub(jitter_ms).min(DAY_MS - 1)
    }
}
