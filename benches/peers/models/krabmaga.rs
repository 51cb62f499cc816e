//! The least that could be called our question, in krABMaga: `krabmaga-days RESIDENTS DAYS`. models/mesa_days.py does the same.
//! `run.py --build-krabmaga` builds it; it is no part of the workspace.

use std::any::Any;

use krabmaga::engine::agent::Agent;
use krabmaga::engine::schedule::Schedule;
use krabmaga::engine::state::State;

/// The chance, in a day, of going out for groceries, a walk, a pharmacy, work: 0.65 trips together.
const CHANCES: [f64; 4] = [0.25, 0.15, 0.05, 0.2];
const PLACES: u64 = 60;

struct Region {
    residents: u32,
    day: u64,
    trips_by_minute: Vec<u64>,
    /// The state of one generator for all (xorshift64*): the framework leaves random numbers to the model.
    random: u64,
}

impl Region {
    fn draw(&mut self) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    fn chance(&mut self) -> f64 {
        self.draw() as f64 / (1_u64 << 53) as f64
    }
}

#[derive(Clone)]
struct Resident {
    place: u64,
    last_out_day: Option<u64>,
}

impl Agent for Resident {
    fn step(&mut self, state: &mut dyn State) {
        let region = state.as_any_mut().downcast_mut::<Region>().expect("the one state there is");
        for chance in CHANCES {
            if region.chance() < chance {
                self.place = region.draw() % PLACES;
                self.last_out_day = Some(region.day);
                let minute = region.draw() % 1440;
                region.trips_by_minute[minute as usize] += 1;
            }
        }
    }
}

impl State for Region {
    fn init(&mut self, schedule: &mut Schedule) {
        for _ in 0..self.residents {
            let resident = Resident { place: self.draw() % PLACES, last_out_day: None };
            schedule.schedule_repeating(Box::new(resident), 0.0, 0);
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn as_state(&self) -> &dyn State {
        self
    }

    fn as_state_mut(&mut self) -> &mut dyn State {
        self
    }

    fn reset(&mut self) {}

    fn update(&mut self, step: u64) {
        self.day = step;
    }
}

fn main() {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse::<u32>().expect("RESIDENTS DAYS"));
    let (residents, days) = (numbers.next().expect("RESIDENTS"), numbers.next().expect("DAYS"));
    let mut region = Region { residents, day: 0, trips_by_minute: vec![0; 1440], random: 1 };
    let mut schedule = Schedule::new();
    region.init(&mut schedule);
    for _ in 0..days {
        schedule.step(&mut region);
    }
    println!("{} trips", region.trips_by_minute.iter().sum::<u64>());
}
