//! The first movement of a day: every household decides from its own state and its own random numbers alone.

mod asking;
mod plan;
mod schedule;
mod wishes;

use std::sync::atomic::{AtomicBool, Ordering};

use passes::Purpose;
pub(crate) use plan::{Act, Event, Intents, NO_TRIP, Plan};
use rayon::prelude::*;
use wishes::Wish;

use crate::draw::Stage;
use crate::needs::{Needs, NeedsMut};
use crate::standing::Standing;
use crate::uptake::{DAY_MS, Ms};
use crate::world::World;

/// Households that one task decides for. Fixed, so that results do not depend on the number of threads.
const CHUNK: usize = 4_096;

/// Puts what everyone intends on `day` into `intents`, chunk by chunk of households; incomplete when `stop` was raised meanwhile.
pub(crate) fn of_day(
    world: &World<'_>,
    standing: &Standing,
    needs: &mut Needs,
    day: u16,
    stop: &AtomicBool,
    intents: &mut Vec<Intents>,
) {
    let chunks = needs.chunks_mut(world.population, CHUNK);
    intents.resize_with(chunks.len(), Intents::default);
    let decide = |(chunk, (needs, intents)): (usize, (NeedsMut<'_>, &mut Intents))| {
        intents.clear(needs.prescription.len());
        if !stop.load(Ordering::Relaxed) {
            Planner::new(world, standing, needs, day, chunk * CHUNK, intents).decide_all();
        }
    };
    chunks.into_par_iter().zip(intents).enumerate().for_each(decide);
}

/// Decides for the households of one chunk.
struct Planner<'a> {
    world: &'a World<'a>,
    standing: &'a Standing,
    needs: NeedsMut<'a>,
    day: u16,
    day_ms: Ms,
    is_weekend: bool,
    /// Whether households may be hearing of the decree today, so that some stock up.
    hears_today: bool,
    first_household: usize,
    first_resident: usize,
    /// The random numbers of each resident's needs of the day.
    resident_words: Vec<[u32; 4]>,
    intents: &'a mut Intents,
}

impl<'a> Planner<'a> {
    fn new(
        world: &'a World<'a>,
        standing: &'a Standing,
        needs: NeedsMut<'a>,
        day: u16,
        first_household: usize,
        intents: &'a mut Intents,
    ) -> Self {
        let day_ms = Ms::from(day) * DAY_MS;
        let first_resident = world.population.first_residents[first_household];
        let mut resident_words = vec![[0; 4]; needs.prescription.len()];
        world.streams.fill(&mut resident_words, first_resident, day, Stage::ResidentNeeds);
        Planner {
            day,
            day_ms,
            is_weekend: world.calendar.is_weekend(day),
            hears_today: world.uptake.news_is_fresh(day_ms),
            first_household,
            first_resident: first_resident as usize,
            resident_words,
            intents,
            world,
            standing,
            needs,
        }
    }

    fn decide_all(&mut self) {
        let mut wishes = Vec::new();
        for household in 0..self.needs.pantry.len() {
            wishes.clear();
            self.wish(household, &mut wishes);
            self.schedule(&mut wishes);
            self.decide(household, &wishes);
        }
        self.needs.end_day();
    }

    /// Turns the wishes of a household, in order of resident and departure, into trips, plans and what happens to them.
    fn decide(&mut self, household: usize, wishes: &[Wish]) {
        let mut rest = wishes;
        for resident in self.world.population.members(self.first_household + household) {
            let count = rest.iter().take_while(|wish| wish.resident as usize == resident).count();
            let (own, others) = rest.split_at(count);
            rest = others;
            let registers_today = self.registers_today(resident);
            if !own.is_empty() || registers_today {
                self.decide_resident(household, resident, own, registers_today);
            }
        }
    }

    /// Whether `resident` registers today of their own accord, trip or no trip.
    fn registers_today(&self, resident: usize) -> bool {
        let people = self.world.population;
        !self.standing.is_registered(resident)
            && self.standing.contact_ms(resident) < self.day_ms + DAY_MS
            && self.world.uptake.registers(people.residents[resident], people.compliance[resident])
    }

    /// What was needed and is now had lasts so many days.
    fn meet_need(&mut self, household: usize, wish: &Wish) {
        match wish.purpose {
            Purpose::Groceries => self.needs.pantry[household] = wish.lasts_days,
            Purpose::Rubbish => self.needs.rubbish[household] = wish.lasts_days,
            Purpose::Pharmacy => self.needs.prescription[wish.whose as usize - self.first_resident] = wish.lasts_days,
            Purpose::Pet | Purpose::Doctor | Purpose::Work | Purpose::Other => {}
        }
    }
}
