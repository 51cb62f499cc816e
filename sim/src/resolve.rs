//! The second movement of a day: what was intended happens, in the order of time, against the service and the officers.
//!
//! A service that answers everyone alike leaves households nothing to take from each other: then each cell is resolved apart, in the
//! same task that planned it. Where something is scarce (a service's capacity, an officer at a gate) the events of all cells meet in
//! one order. Both are this code; only the cells it is given differ.

mod agenda;
mod asking;
mod street;

use std::collections::BTreeMap;
use std::hint::black_box;

pub(crate) use agenda::Agenda;
use demand::{Request, RequestKind, SimTime};

use crate::cell::Cell;
use crate::draw::Stage;
use crate::gate_minutes::GateMinutes;
use crate::gates::{QueueId, Queues};
use crate::plan::{Act, Event, PlanId, PlanState, absolute_ms};
use crate::records::Wants;
use crate::service::{Answer, Seen, Service};
use crate::tally::Tally;
use crate::today::Today;
use crate::uptake::{DAY_MS, Ms};
use crate::world::World;

const DAY_MIN: u32 = 24 * 60;
/// Plans whose memory is asked for together, ahead of the events that need it.
const AHEAD: usize = 64;

/// What all share on a day, beside its cells.
pub(crate) struct Shared<'a> {
    pub(crate) service: &'a mut Service,
    pub(crate) queues: &'a mut Queues,
    pub(crate) gate_minutes: &'a mut GateMinutes,
    /// Requests of bots, if someone wants to see them.
    pub(crate) bot_requests: &'a mut Vec<Request>,
}

/// Lets the intents of a day happen to the people of one cell, to whom everything happens as if they were alone.
pub(crate) fn resolve_apart(
    about: (&World<'_>, &Today, Wants),
    cell: &mut Cell<'_>,
    shared: Shared<'_>,
    tally: &mut Tally,
) {
    // Taken out, since the cell changes meanwhile; given back for the room it takes.
    let mut planned = std::mem::take(&mut cell.day.events);
    // Events are distinct, so that an unstable sort has one result only.
    planned.sort_unstable();
    let mut agenda = Agenda::of_cell();
    let mut resolver = Resolver::new(about, shared, &mut agenda, tally);
    let cells = std::slice::from_mut(cell);
    resolver.live(cells, &planned);
    resolver.end_day(cells);
    cells[0].day.events = planned;
}

/// Lets the intents of a day happen to the people of all cells, who meet at the service and at gates, and to bots, whose events are
/// `bots`. These are in order, the events of each cell with the soonest last.
pub(crate) fn resolve_together(
    about: (&World<'_>, &Today, Wants),
    cells: &mut [Cell<'_>],
    bots: &[u64],
    (shared, agenda): (Shared<'_>, &mut Agenda),
    tally: &mut Tally,
) {
    agenda.begin();
    let mut resolver = Resolver::new(about, shared, agenda, tally);
    while let Some(due) = resolver.agenda.next_slice(cells, bots) {
        resolver.live(cells, &due);
        resolver.agenda.is_over(due);
    }
    resolver.end_day(cells);
}

/// Who lets things happen.
struct Resolver<'a, 'w> {
    world: &'a World<'w>,
    today: &'a Today,
    wants: Wants,
    shared: Shared<'a>,
    /// What was not planned ahead: tries, corrections, officers who are done.
    agenda: &'a mut Agenda,
    tally: &'a mut Tally,
    /// What is to happen on the street so many milliseconds after a departure that waits for a pass.
    on_hold: BTreeMap<(PlanId, Act), i32>,
    /// At which gate an officer looks at whom.
    at_gates: BTreeMap<PlanId, QueueId>,
}

impl<'a, 'w> Resolver<'a, 'w> {
    fn new(
        (world, today, wants): (&'a World<'w>, &'a Today, Wants),
        shared: Shared<'a>,
        agenda: &'a mut Agenda,
        tally: &'a mut Tally,
    ) -> Self {
        Resolver { world, today, wants, shared, agenda, tally, on_hold: BTreeMap::new(), at_gates: BTreeMap::new() }
    }

    /// Lets the events of `due` happen, which are in order, and what follows from them soon.
    fn live(&mut self, cells: &mut [Cell<'_>], due: &[u64]) {
        for some in due.chunks(AHEAD) {
            fetch(cells, some);
            for key in some {
                self.catch_up(cells, *key);
                self.happens(cells, Event::of_key(*key));
            }
        }
        self.catch_up(cells, u64::MAX);
    }

    /// Lets happen what was noted meanwhile and comes before `key`.
    fn catch_up(&mut self, cells: &mut [Cell<'_>], key: u64) {
        while let Some(sooner) = self.agenda.sooner_than(key) {
            self.happens(cells, Event::of_key(sooner));
        }
    }

    fn happens(&mut self, cells: &mut [Cell<'_>], event: Event) {
        let Event { at_ms, plan: id, act } = event;
        if act == Act::Bot {
            return self.bot_asks(at_ms, id);
        }
        let cell = &mut cells[usize::from(id.cell)];
        match act {
            Act::Register => self.register(cell, id, at_ms),
            Act::Ask => self.ask(cell, id, at_ms),
            Act::GiveBack => self.give_back(cell, id, at_ms),
            Act::CheckIn => self.check_in(cell, id, at_ms),
            Act::Check => self.check(cell, id, at_ms),
            Act::Come => self.come(cell, id, at_ms),
            Act::Done => self.done(cells, id, at_ms),
            Act::Bot => {}
        }
    }

    /// What nobody will answer any more is over; what counts against quotas is kept for as long as it can.
    fn end_day(&mut self, cells: &mut [Cell<'_>]) {
        let kept_s = self.world.rules.longest_quota_period_s();
        for (number, cell) in (0..).zip(cells) {
            for index in 0..cell.day.plans.len() {
                if cell.day.plans[index].state == PlanState::Waiting {
                    let latest_ms = cell.day.plans[index].latest_ms;
                    self.gives_up(cell, PlanId { cell: number, index: index as u16 }, latest_ms);
                }
            }
            cell.standing.begin(u32::from(self.today.day + 1) * DAY_MIN);
            if kept_s > 0 {
                cell.ledger.forget(self.world.unix_s(self.today.day_ms) - kept_s);
            }
        }
    }

    /// Sends a request of the resident of a plan; whether and when the service answers.
    fn send(&mut self, cell: &mut Cell<'_>, id: PlanId, (at_ms, kind): (i32, RequestKind), place: u16) -> Answer {
        let plan = &cell.day.plans[usize::from(id.index)];
        let resident = cell.people.first_resident + u32::from(plan.resident);
        let at_ms = absolute_ms(self.today.day, at_ms);
        let request = Request {
            at: SimTime::from_ms(at_ms.max(0) as u64),
            resident,
            place,
            kind,
            purpose: kind.has_purpose().then_some(plan.purpose),
        };
        let luck = if self.shared.service.needs_luck() {
            let number = (kind as u32) << 8 | u32::from(plan.tries);
            let streams = &self.world.streams;
            let [luck, ..] = streams.block_of_try(resident, self.today.day, Stage::Service, plan.item, number);
            luck
        } else {
            0
        };
        self.tally.request(self.today.day, &request);
        if self.wants.requests {
            cell.day.requests.push(request);
        }
        let answer = self.shared.service.ask(at_ms, kind, luck, self.world.time_out_ms());
        if matches!(answer, Answer::Failed { .. }) {
            self.tally.day.failed_requests[kind as usize] += 1;
        }
        answer
    }

    /// Something more will happen to a plan. What would lie beyond two days is left to be.
    fn then(&mut self, at_ms: i32, plan: PlanId, act: Act) {
        const LAST_MS: i32 = 3 * DAY_MS as i32;
        if at_ms < LAST_MS {
            self.agenda.add(Event { at_ms, plan, act }.key());
        }
    }

    /// A time after the day's midnight.
    fn relative_ms(&self, at_ms: Ms) -> i32 {
        (at_ms - self.today.day_ms) as i32
    }
}

/// The place where the resident of a plan lives.
fn home(cell: &Cell<'_>, id: PlanId) -> u16 {
    cell.day.plans[usize::from(id.index)].place
}

/// Has the processor fetch what these events will need. In the order of time plans lie anywhere in memory; one after the other, each
/// would be waited for, and that would take most of the time. Nothing depends on what is read here, so it is read side by side.
fn fetch(cells: &[Cell<'_>], keys: &[u64]) {
    let of_cells = || keys.iter().map(|key| Event::of_key(*key)).filter(|event| event.act != Act::Bot);
    let plan = |id: PlanId| &cells[usize::from(id.cell)].day.plans[usize::from(id.index)];
    let plans = of_cells().fold(0, |sum, event| sum ^ plan(event.plan).resident);
    let standings = of_cells().fold(0, |sum, event| {
        let (cell, plan) = (&cells[usize::from(event.plan.cell)], plan(event.plan));
        let trip = cell.day.trips.get(usize::from(plan.trip)).map_or(0, |trip| trip.departs_ms);
        sum ^ cell.standing.glance(plan.resident) ^ trip ^ cell.people.first_resident
    });
    black_box((plans, standings));
}
