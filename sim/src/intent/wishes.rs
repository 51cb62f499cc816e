//! What the members of a household need to go out for.

use passes::Purpose;
use rand_core::Rng;

use super::Planner;
use crate::atlas::Atlas;
use crate::draw::{Stage, scale};
use crate::population::{AgeBand, Occupation, Resident};
use crate::profile::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::uptake::Ms;

/// Who hears of the decree later than this stocks up on the next day.
const LAST_SHOPPING_MS: Ms = 21 * HOUR_MS as Ms;

/// A trip that a resident would make if there were no policy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) resident: u32,
    /// Whose need it meets: the resident's own, or that of a small child.
    pub(super) whose: u32,
    /// Milliseconds after midnight.
    pub(super) departs_ms: u32,
    pub(super) length_ms: u32,
    /// The time on the street on the way there, and again on the way back.
    pub(super) leg_ms: u32,
    /// Tells the trip's random numbers from those of other trips of the resident and day.
    pub(super) item: u16,
    pub(super) destination: u16,
    pub(super) purpose: Purpose,
    /// For how many days the need is met by it.
    pub(super) lasts_days: u8,
    /// The random number that decides whether officers meet the resident.
    pub(super) meets: u32,
}

impl Planner<'_> {
    /// Adds the wishes of a household and its members.
    pub(super) fn wish(&mut self, household: usize, wishes: &mut Vec<Wish>) {
        let world = self.world;
        let number = self.first_household + household;
        let range = world.population.members(number);
        let members = &world.population.residents[range.clone()];
        let first = range.start as u32;
        let [shopper, bin, walker, refill] = world.streams.block(number as u32, self.day, Stage::HouseholdNeeds, 0);
        let adult = first + nth(members, AgeBand::From18, shopper);
        let place = world.population.places[number];

        wishes.extend(self.groceries(household, adult, place, refill));
        if self.needs.rubbish[household] == 0 {
            let bearer = first + nth(members, AgeBand::From7, bin);
            let rubbish = self.errand(bearer, place, Purpose::Rubbish, 0);
            wishes.push(Wish { lasts_days: world.activities.rubbish_every_days, ..rubbish });
        }
        if world.population.dogs[number] {
            for walk in 0..world.activities.dog_walks_per_day {
                let walker = first + nth(members, AgeBand::From7, walker.rotate_left(8 * u32::from(walk)));
                wishes.push(self.errand(walker, place, Purpose::Pet, u16::from(walk)));
            }
        }
        for (member, resident) in members.iter().zip(first..) {
            // Grown-ups fetch and bring for small children; the item then tells the child.
            let (who, item) = match member.age() {
                AgeBand::Under7 => (adult, (resident - first) as u16 + 1),
                _ => (resident, 0),
            };
            let [doctor, pharmacy, work, other] = self.resident_words[resident as usize - self.first_resident];
            let mut wish = |purpose, lasts_days| {
                wishes.push(Wish { whose: resident, lasts_days, ..self.errand(who, place, purpose, item) });
            };
            if self.sees_doctor(*member, doctor) {
                wish(Purpose::Doctor, 0);
            }
            if self.needs_pharmacy(*member, resident, pharmacy) {
                wish(Purpose::Pharmacy, world.activities.prescription_days);
            }
            if self.works(*member, work) {
                wish(Purpose::Work, 0);
            }
            if member.age() >= AgeBand::From7 && world.chances.other.holds(other) {
                wish(Purpose::Other, 0);
            }
        }
    }

    /// The household's shopping: when the pantry is empty, or at once when it hears of the decree and stocks up.
    fn groceries(&self, household: usize, adult: u32, place: u16, refill: u32) -> Option<Wish> {
        let activities = self.world.activities;
        if let Some(hears_ms) = self.stocks_up_ms(household) {
            let wish = self.errand(adult, place, Purpose::Groceries, 0);
            // Within an hour of the news, unless the usual time is yet to come.
            let departs_ms = wish.departs_ms.max(hears_ms + scale(refill, HOUR_MS));
            return Some(Wish { departs_ms, lasts_days: self.world.behaviour.stocked_days, ..wish });
        }
        let (least, most) = (activities.pantry_least_days, activities.pantry_most_days);
        (self.needs.pantry[household] == 0).then(|| Wish {
            lasts_days: least + scale(refill, u32::from(most - least) + 1) as u8,
            ..self.errand(adult, place, Purpose::Groceries, 0)
        })
    }

    /// When today the household sets out to stock up, at the earliest, in milliseconds after midnight.
    fn stocks_up_ms(&self, household: usize) -> Option<u32> {
        if !self.hears_today {
            return None;
        }
        let hears_ms = self.world.uptake.stocks_up_ms((self.first_household + household) as u32)? - self.day_ms;
        let today_ms = LAST_SHOPPING_MS - Ms::from(DAY_MS)..LAST_SHOPPING_MS;
        today_ms.contains(&hears_ms).then_some(hears_ms.max(0) as u32)
    }

    fn sees_doctor(&self, member: Resident, word: u32) -> bool {
        let chances = &self.world.chances;
        if member.is_chronic() { chances.chronic_doctor.holds(word) } else { chances.doctor.holds(word) }
    }

    fn needs_pharmacy(&self, member: Resident, resident: u32, word: u32) -> bool {
        if member.is_chronic() {
            self.needs.prescription[resident as usize - self.first_resident] == 0
        } else {
            self.world.chances.pharmacy.holds(word)
        }
    }

    fn works(&self, member: Resident, word: u32) -> bool {
        let chances = &self.world.chances;
        let at_work = if self.is_weekend { chances.work_weekend } else { chances.work_weekday };
        member.occupation() == Occupation::OnSite && at_work.holds(word)
    }

    /// A trip of `resident`, who lives in `place`; `item` tells trips of one purpose apart.
    fn errand(&self, resident: u32, place: u16, purpose: Purpose, item: u16) -> Wish {
        let (world, activities) = (self.world, self.world.activities);
        let item = purpose as u16 | item << 3;
        let mut stream = world.streams.stream(resident, self.day, Stage::Trip, item);
        let [departs, meets] = [stream.next_u32(), stream.next_u32()];
        let stay_ms = world.timing.length_ms(purpose, &mut stream);
        let departs = match purpose {
            // The walks of a day are spread over it: each has its own part of the profile.
            Purpose::Pet => {
                let walks = u64::from(activities.dog_walks_per_day);
                (((u64::from(item >> 3) << 32) + u64::from(departs)) / walks) as u32
            }
            _ => departs,
        };
        let destination = match purpose {
            Purpose::Work | Purpose::Other => {
                let [word, ..] = world.streams.block(resident, self.day, Stage::Destination, item);
                world.atlas.drawn(place, word)
            }
            _ => Atlas::own(place),
        };
        let length_ms = DAY_MS.min(stay_ms + 2 * destination.travel_ms);
        let leg_ms = match purpose {
            // Out of doors all the time.
            Purpose::Pet | Purpose::Rubbish | Purpose::Other => length_ms / 2,
            _ => (activities.local_leg_min * MINUTE_MS + destination.travel_ms).min(length_ms / 2),
        };
        Wish {
            resident,
            whose: resident,
            departs_ms: world.timing.departure_ms(purpose, departs),
            length_ms,
            leg_ms,
            item,
            destination: destination.place,
            purpose,
            lasts_days: 0,
            meets,
        }
    }
}

/// The index of the member that the random number `word` falls on, of those of age `least` and older; every household has an adult.
fn nth(members: &[Resident], least: AgeBand, word: u32) -> u32 {
    let old_enough = || (0..).zip(members).filter(|(_, member)| member.age() >= least).map(|(index, _)| index);
    let chosen = scale(word, old_enough().count() as u32);
    old_enough().nth(chosen as usize).unwrap_or(0)
}
