//! A run: day after day, intent and then resolution.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use demand::{Calendar, Request, SimTime};
use passes::{Fault, Policy};
use rayon::prelude::*;

use crate::cell::{Cell, CellDay};
use crate::gate_minutes::GateMinutes;
use crate::gates::Queues;
use crate::in_order::InOrder;
use crate::intent::{self, Desk};
use crate::records::{GateMinute, Trips};
use crate::resolve::{Agenda, Shared, resolve_apart, resolve_together};
use crate::service::{self, CapacityCurve, CurveError, Seen, Service};
use crate::simulation::{Results, Simulation};
use crate::tally::{Presence, Tally};
use crate::today::Today;
use crate::uptake::{DAY_MS, Ms};
use crate::world::World;
use crate::{Check, DayRecords, Observer, Pass, Place, Population, Settings, Wants, bots, complete_places};

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
    /// How a measured service answers; wanted by `service.kind = "curve"`.
    pub curve: Option<&'a CapacityCurve>,
    /// Which of all possible runs.
    pub seed: u64,
}

/// How it is simulated; none of it changes a result.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// How many threads work; 0 for as many as the machine has processors.
    pub threads: usize,
    /// Which part of the region is simulated.
    pub shard: Shard,
    /// Raised by another thread, it ends the run with the last whole day.
    pub stop: &'a AtomicBool,
    /// Told how far the run is, once when the population stands and after each day.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

/// One of `of` parts of the region, about alike in size. The parts together are the region ([`Simulation::join`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 0.
    pub index: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    /// The whole region.
    pub const WHOLE: Shard = Shard { index: 0, of: 1 };

    fn range(self, cells: usize) -> std::ops::Range<usize> {
        let at = |index: u32| (cells as u64 * u64::from(index) / u64::from(self.of.max(1))) as usize;
        at(self.index.min(self.of))..at((self.index + 1).min(self.of))
    }
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

/// A run cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The scenario is wrong; all faults.
    #[error("{}", .0.iter().map(|fault| format!("{}: {}", fault.key, fault.message)).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
    /// The region is more than one program can hold.
    #[error("{0} households; at most 67 million can be simulated at once, try a part of the region")]
    TooLarge(usize),
    /// Parts of a region cannot be simulated apart, since something is scarce for all of them.
    #[error("a service with a capacity and gates with queues are shared by the whole region; simulate it in one part")]
    Shared,
    /// The measured service is not there.
    #[error(transparent)]
    Curve(#[from] CurveError),
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
    let faults = model.settings.faults_in(&places);
    if !faults.is_empty() {
        return Err(SimError::Faults(faults));
    }
    let service = service::build(&model.settings.service, model.curve, &model.calendar)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let population = pool.install(|| Population::synthesise(model.settings, &places, model.seed))?;
    if population.cells.len() > usize::from(u16::MAX) {
        return Err(SimError::TooLarge(population.households()));
    }
    let world = World::new(model, &places);
    if options.shard != Shard::WHOLE && (service.is_scarce() || !world.gates.is_empty()) {
        return Err(SimError::Shared);
    }
    let run = pool.install(|| Run::new(&world, &places, &population, options.shard, service));
    run.simulate(&pool, options, observer)
}

/// What one task works with, used again by the next.
#[derive(Debug)]
struct Bench {
    desk: Desk,
    day: CellDay,
    tally: Tally,
    /// Of services that answer everyone alike, any copy will do.
    service: Service,
    queues: Queues,
    gate_minutes: GateMinutes,
    bot_requests: Vec<Request>,
}

/// Room for what observers are shown of a day, used again for the next.
#[derive(Default)]
struct Shown {
    passes: Vec<Pass>,
    checks: Vec<Check>,
    sorted_passes: InOrder<Pass>,
    sorted_checks: InOrder<Check>,
    sorted_requests: InOrder<Request>,
}

/// The state of a run.
struct Run<'a> {
    world: &'a World<'a>,
    cells: Vec<Cell<'a>>,
    places: usize,
    service: Service,
    queues: Queues,
    gate_minutes: GateMinutes,
    /// Where all cells meet; made when there is something to note.
    agenda: Option<Agenda>,
    benches: Mutex<Vec<Bench>>,
    presence: Presence,
    shown: Shown,
    /// Requests that were made but may be preceded by others that are not known yet.
    held_back: Vec<Request>,
    bot_requests: Vec<Request>,
    /// Whether the first bots are this part's.
    has_bots: bool,
    results: Results,
}

impl<'a> Run<'a> {
    fn new(world: &'a World<'a>, places: &[Place], population: &'a Population, shard: Shard, service: Service) -> Self {
        let range = shard.range(population.cells.len());
        let cells: Vec<Cell<'a>> = population.cells[range].par_iter().map(|people| Cell::new(world, people)).collect();
        Run {
            world,
            results: Results::new(places, &cells),
            cells,
            places: places.len(),
            service,
            queues: Queues::new(world),
            gate_minutes: GateMinutes::new(world.gates.len(), places.len()),
            agenda: None,
            benches: Mutex::new(Vec::new()),
            presence: Presence::new(places.len()),
            shown: Shown::default(),
            held_back: Vec::new(),
            bot_requests: Vec::new(),
            has_bots: shard.index == 0,
        }
    }

    fn simulate(
        mut self,
        pool: &rayon::ThreadPool,
        options: &Options<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Simulation, SimError> {
        let days = self.world.calendar.days;
        let residents = self.results.residents();
        let tell = |days_done| (options.progress)(Progress { days_done, days, residents });
        let wants = observer.wants();
        tell(0);
        for day in 0..days {
            let today = Today::new(self.world, &self.service, day);
            let tally = pool.install(|| self.live(&today, wants, options.stop));
            let Some(mut tally) = tally else {
                observer.stopped(&self.held_back)?;
                break;
            };
            tally.settle(&today);
            self.presence.follow(&tally);
            self.show(pool, &today, day + 1 == days, observer)?;
            self.results.add(day, &tally);
            tell(day + 1);
        }
        Ok(self.results.finished(days))
    }

    /// Lets everyone live a day; what it came to, or nothing when the run was stopped meanwhile.
    fn live(&mut self, today: &Today, wants: Wants, stop: &AtomicBool) -> Option<Tally> {
        let together = self.service.is_scarce() || today.has_gates;
        let (world, benches) = (self.world, &self.benches);
        let (service, places) = (&self.service, self.places);
        self.cells.par_iter_mut().for_each(|cell| {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let mut bench = take(benches).unwrap_or_else(|| Bench::new(world, service, places));
            // One day's room serves one cell after the other: memory holds no more than others have a part in, or will look at.
            std::mem::swap(&mut cell.day, &mut bench.day);
            intent::of_cell((world, today, wants), cell, &mut bench.desk, &mut bench.tally);
            if together {
                let (people, tally) = (cell.people, &mut bench.tally);
                if !wants.trips {
                    cell.day.settle(|trips| tally.add_trips(today.day, people, trips));
                }
                let compact = cell.day.compact();
                bench.day = std::mem::replace(&mut cell.day, compact);
            } else {
                let (shared, tally) = bench.shared();
                resolve_apart((world, today, wants), cell, shared, tally);
                tally.add_trips(today.day, cell.people, &cell.day.trips);
                cell.standing.end_day();
                std::mem::swap(&mut cell.day, &mut bench.day);
                cell.day.keep_shown(&bench.day, wants);
            }
            give_back(benches, bench);
        });
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let mut tally = Tally::new(places);
        self.resolve_together(today, wants, together, &mut tally);
        let mut benches = self.benches.lock().unwrap_or_else(PoisonError::into_inner);
        benches.iter_mut().for_each(|bench| tally.take(&mut bench.tally));
        Some(tally)
    }

    /// What all cells share happens in one order: everything when something is scarce, else only what bots do.
    fn resolve_together(&mut self, today: &Today, wants: Wants, together: bool, tally: &mut Tally) {
        let mut bots = Vec::new();
        if self.has_bots {
            bots::of_day(self.world, today.day, &mut bots);
            bots.sort_unstable();
        }
        if !together && bots.is_empty() {
            return;
        }
        if together {
            self.service.begin_batch();
        }
        let shared = Shared {
            service: &mut self.service,
            queues: &mut self.queues,
            gate_minutes: &mut self.gate_minutes,
            bot_requests: &mut self.bot_requests,
        };
        let agenda = self.agenda.get_or_insert_with(Agenda::of_all);
        let cells = if together { self.cells.as_mut_slice() } else { &mut [] };
        resolve_together((self.world, today, wants), cells, &bots, (shared, agenda), tally);
        if together {
            self.queues.close(self.world);
            let (benches, world, service, places) = (&self.benches, self.world, &self.service, self.places);
            self.cells.par_iter_mut().for_each(|cell| {
                let mut bench = take(benches).unwrap_or_else(|| Bench::new(world, service, places));
                bench.tally.add_trips(today.day, cell.people, &cell.day.trips);
                cell.standing.end_day();
                cell.day.forget_intents(wants.trips);
                give_back(benches, bench);
            });
        }
    }

    /// Shows a day to the observer, as far as it wants to see it.
    fn show(
        &mut self,
        pool: &rayon::ThreadPool,
        today: &Today,
        is_last: bool,
        observer: &mut dyn Observer,
    ) -> Result<(), SimError> {
        let Shown { passes, checks, sorted_passes, sorted_checks, sorted_requests } = &mut self.shown;
        passes.clear();
        checks.clear();
        for cell in &mut self.cells {
            passes.append(&mut cell.day.passes);
            checks.append(&mut cell.day.checks);
            self.held_back.append(&mut cell.day.requests);
        }
        self.held_back.append(&mut self.bot_requests);
        let held_back = &mut self.held_back;
        let ms = |at: SimTime| at.ms() as Ms;
        pool.install(|| {
            let key = |pass: &Pass| (pass.asked_at, pass.resident, pass.purpose, pass.valid_from);
            sorted_passes.sort(passes, |pass| ms(pass.asked_at), key);
            sorted_checks.sort(checks, |check| ms(check.at), |check| (check.at, check.resident, check.purpose));
            sorted_requests.sort(held_back, |request| ms(request.at), |request| *request);
        });
        // Requests for tomorrow's trips may still come for today, none for the day before.
        let until_ms = if is_last { Ms::MAX } else { today.day_ms };
        let known = self.held_back.partition_point(|request| (request.at.ms() as Ms) < until_ms);
        let mut gates: Vec<GateMinute> = Vec::new();
        self.gate_minutes.tell(if is_last { Ms::MAX } else { today.day_ms + DAY_MS }, &mut gates);
        self.results.note_gates(&gates);
        observer.day(&DayRecords {
            day: today.day,
            trips: Trips::of_cells(&self.cells, today.day),
            passes,
            checks,
            requests: &self.held_back[..known],
            quarters: self.presence.quarters(),
            gates: &gates,
        })?;
        self.results.note_quarters(today.day, self.presence.quarters());
        self.held_back.drain(..known);
        Ok(())
    }
}

impl Bench {
    fn new(world: &World<'_>, service: &Service, places: usize) -> Self {
        Bench {
            desk: Desk::default(),
            day: CellDay::default(),
            tally: Tally::new(places),
            service: service.clone(),
            queues: Queues::default(),
            gate_minutes: GateMinutes::new(world.gates.len(), places),
            bot_requests: Vec::new(),
        }
    }

    fn shared(&mut self) -> (Shared<'_>, &mut Tally) {
        let shared = Shared {
            service: &mut self.service,
            queues: &mut self.queues,
            gate_minutes: &mut self.gate_minutes,
            bot_requests: &mut self.bot_requests,
        };
        (shared, &mut self.tally)
    }
}

fn take(benches: &Mutex<Vec<Bench>>) -> Option<Bench> {
    benches.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn give_back(benches: &Mutex<Vec<Bench>>, bench: Bench) {
    benches.lock().unwrap_or_else(PoisonError::into_inner).push(bench);
}
