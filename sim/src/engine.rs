//! A run: day after day, intent and then resolution.

use std::sync::atomic::{AtomicBool, Ordering};

use demand::{Calendar, RateSeries, Request};
use passes::{Fault, Policy};
use rayon::prelude::*;

use crate::fingerprint::Fingerprint;
use crate::intent::Intents;
use crate::needs::Needs;
use crate::resolve::{Day, resolve};
use crate::server::Server;
use crate::standing::Standing;
use crate::world::World;
use crate::{
    Counts, DayRecords, DaySummary, GroupSummary, Observer, Place, PlaceSummary, Population, Quarters, Settings, Trips,
    complete_places, intent, summary,
};

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    /// The simulator's sections of the scenario.
    pub settings: &'a Settings,
    /// The places as read ([`read_places`](crate::read_places)), without the rural remainder.
    pub places: &'a [Place],
    /// Which days.
    pub calendar: Calendar,
    /// The rules.
    pub policy: &'a Policy,
    /// Which of all possible runs.
    pub seed: u64,
}

/// How it is simulated; none of it changes a result.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// How many threads work; 0 for as many as the machine has processors.
    pub threads: usize,
    /// Raised by another thread, it ends the run with the last whole day.
    pub stop: &'a AtomicBool,
    /// Told how far the run is, once when the population stands and after each day.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Days that are done.
    pub days_done: u16,
    /// Days in all.
    pub days: u16,
    /// Residents of the region.
    pub residents: u64,
}

/// A run's result.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// How many requests come in each minute.
    pub demand: RateSeries,
    /// How many residents there are.
    pub residents: u64,
    /// How many households there are.
    pub households: u64,
    /// How many days were simulated.
    pub days: u16,
    /// Each of these days in numbers.
    pub day_summaries: Vec<DaySummary>,
    /// Each place in numbers, the rural remainder last.
    pub places: Vec<PlaceSummary>,
    /// People of each age and kind of phone in numbers.
    pub groups: Vec<GroupSummary>,
    /// Trips made.
    pub trips: u64,
    /// Passes issued.
    pub passes: u64,
    /// Residents checked.
    pub checks: u64,
    /// 16 hexadecimal digits over all records, equal for equal scenario and seed on any number of threads.
    pub fingerprint: String,
    /// Whether all days were simulated; false when the run was stopped.
    pub complete: bool,
}

/// A run cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The scenario is wrong; all faults.
    #[error("{}", .0.iter().map(|fault| format!("{}: {}", fault.key, fault.message)).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
    /// A parameter makes no distribution; `Settings::faults` names it beforehand.
    #[error("a parameter of {0} makes no distribution")]
    Distribution(&'static str),
    /// The threads cannot be started.
    #[error("the worker threads cannot be started: {0}; try fewer")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// An observer failed, such as a writer on a full disk.
    #[error("writing the records failed: {0}")]
    Observer(#[from] std::io::Error),
}

/// Simulates the days of `model`, showing each to `observer`.
///
/// # Errors
/// [`SimError::Faults`] for a scenario that its sections' `faults` refuse, and what is listed at [`SimError`].
pub fn simulate(model: &Model<'_>, options: &Options<'_>, observer: &mut dyn Observer) -> Result<Simulation, SimError> {
    let faults = [model.settings.faults(), model.calendar.faults(), model.policy.faults()].concat();
    if !faults.is_empty() {
        return Err(SimError::Faults(faults));
    }
    let places = complete_places(model.places, model.settings.region.residents)
        .map_err(|fault| SimError::Faults(vec![fault]))?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let population = pool.install(|| Population::synthesise(&model.settings.population, &places, model.seed))?;
    let world = World::new(model, &places, &population)?;
    Run::new(&world, &places, &pool).simulate(options, observer)
}

/// The state of a run.
struct Run<'a> {
    world: &'a World<'a>,
    pool: &'a rayon::ThreadPool,
    server: Server<'a>,
    standing: Standing,
    needs: Needs,
    /// Room for one day's intents, and for what came of them.
    intents: Vec<Intents>,
    records: Day,
    requests: Vec<Request>,
    day_summaries: Vec<DaySummary>,
    places: Vec<PlaceSummary>,
    fingerprint: Fingerprint,
}

impl<'a> Run<'a> {
    fn new(world: &'a World<'a>, places: &[Place], pool: &'a rayon::ThreadPool) -> Self {
        let (standing, needs) = pool.install(|| {
            (
                Standing::new(world.population, &world.uptake),
                Needs::new(world.population, world.activities, &world.streams),
            )
        });
        Run {
            server: Server::new(&world.rules),
            standing,
            needs,
            intents: Vec::new(),
            records: Day::default(),
            requests: Vec::new(),
            day_summaries: Vec::new(),
            places: summary::of_places(places, world.population),
            fingerprint: Fingerprint::default(),
            world,
            pool,
        }
    }

    fn simulate(mut self, options: &Options<'_>, observer: &mut dyn Observer) -> Result<Simulation, SimError> {
        let days = self.world.calendar.days;
        let residents = self.world.population.residents() as u64;
        let tell = |days_done| (options.progress)(Progress { days_done, days, residents });
        tell(0);
        for day in 0..days {
            if !self.day(day, options.stop, observer)? {
                break;
            }
            tell(day + 1);
        }
        Ok(self.finished())
    }

    /// Simulates one day; false when the run was stopped meanwhile.
    fn day(&mut self, day: u16, stop: &AtomicBool, observer: &mut dyn Observer) -> Result<bool, SimError> {
        let Run { world, pool, server, standing, needs, intents, records, .. } = self;
        pool.install(|| intent::of_day(world, standing, needs, day, stop, intents));
        if stop.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let summary = pool.install(|| {
            resolve(world, intents, server, standing, needs, records);
            self.fingerprint.add(records);
            summary::of_day(day, records, &mut self.places)
        });
        observer.day(&DayRecords {
            day,
            trips: Trips { parts: std::slice::from_ref(&records.trips) },
            passes: &records.passes,
            checks: &records.checks,
            requests: &records.requests,
            quarters: Quarters {
                out: &vec![0; 96 * self.places.len()],
                in_shops: &vec![0; 96 * self.places.len()],
                places: self.places.len(),
            },
            gates: &[],
        })?;
        self.day_summaries.push(summary);
        self.requests.extend_from_slice(&records.requests);
        Ok(true)
    }

    fn finished(self) -> Simulation {
        let Run { world, pool, mut requests, day_summaries, places, fingerprint, .. } = self;
        // An evening's requests may belong to that day or to the next.
        pool.install(|| requests.par_sort_unstable());
        let sum = |of: fn(&Counts) -> u64| day_summaries.iter().map(|day| of(&day.total())).sum();
        Simulation {
            demand: RateSeries::new(&requests),
            groups: Vec::new(),
            residents: world.population.residents() as u64,
            households: world.population.households() as u64,
            days: day_summaries.len() as u16,
            trips: sum(|counts| counts.trips),
            passes: sum(|counts| counts.passes),
            checks: sum(|counts| counts.checks),
            fingerprint: fingerprint.text(),
            complete: day_summaries.len() == usize::from(world.calendar.days),
            day_summaries,
            places,
        }
    }
}
