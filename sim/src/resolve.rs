//! The second movement of a day: what was intended happens, in the order of time, against the service and the officers.
//!
//! A service that answers everyone alike leaves households nothing to take from each other: then each cell is resolved apart, in the
//! same task that planned it. Where something is scarce (a service's capacity, an officer at a gate) the events of all cells meet in
//! one order. Both are this code; only the cells it is given differ.

mod asking;
mod street;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use demand::{Request, RequestKind, SimTime};

use crate::cell::Cell;
use crate::draw::Stage;
use crate::gate_minutes::GateMinutes;
use crate::gates::Queues;
use crate::plan::{Act, Event, PlanId, PlanState, absolute_ms};
use crate::records::Wants;
use crate::service::{Answer, Seen, Service};
use crate::tally::Tally;
use crate::today::Today;
use crate::uptake::{DAY_MS, Ms};
use crate::world::World;

const DAY_MIN: u32 = 24 * 60;

/// What all share on a day, beside its cells.
pub(crate) struct Shared<'a> {
    pub(crate) service: &'a mut Service,
    pub(crate) queues: &'a mut Queues,
    pub(crate) gate_minutes: &'a mut GateMinutes,
    /// Requests of bots, if someone wants to see them.
    pub(crate) bot_requests: &'a mut Vec<Request>,
}

/// Lets the intents of a day happen to the people of `cells`.
pub(crate) fn resolve(
    (world, today, wants): (&World<'_>, &Today, Wants),
    cells: &mut [Cell<'_>],
    planned: &mut [u64],
    shared: Shared<'_>,
    tally: &mut Tally,
) {
    // Events are distinct, so that an unstable sort has one result only.
    planned.sort_unstable();
    let mut resolver =
        Resolver { world, today, wants, shared, tally, later: BinaryHeap::new(), on_hold: BTreeMap::new() };
    let mut planned = planned.iter().copied().peekable();
    loop {
        let later = resolver.later.peek().map_or(u64::MAX, |Reverse(key)| *key);
        let Some(key) = planned.next_if(|key| *key < later).or_else(|| resolver.later.pop().map(|Reverse(key)| key))
        else {
            break;
        };
        resolver.happens(cells, Event::of_key(key));
    }
    for (number, cell) in (0..).zip(cells) {
        resolver.end_day(number, cell);
    }
}

/// Who lets things happen.
struct Resolver<'a, 'w> {
    world: &'a World<'w>,
    today: &'a Today,
    wants: Wants,
    shared: Shared<'a>,
    tally: &'a mut Tally,
    /// What was not planned ahead: tries, corrections, officers who are done.
    later: BinaryHeap<Reverse<u64>>,
    /// What is to happen on the street so many milliseconds after a departure that waits for a pass.
    on_hold: BTreeMap<(PlanId, Act), i32>,
}

impl Resolver<'_, '_> {
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
    fn end_day(&mut self, number: u16, cell: &mut Cell<'_>) {
        for index in 0..cell.day.plans.len() {
            if cell.day.plans[index].state == PlanState::Waiting {
                let latest_ms = cell.day.plans[index].latest_ms;
                self.gives_up(cell, PlanId { cell: number, index: index as u16 }, latest_ms);
            }
        }
        cell.standing.begin(u32::from(self.today.day + 1) * DAY_MIN);
        let kept_s = self.world.rules.longest_quota_period_s();
        if kept_s > 0 {
            cell.ledger.forget(self.world.unix_s(self.today.day_ms) - kept_s);
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
            self.later.push(Reverse(Event { at_ms, plan, act }.key()));
        }
    }

    /// A time after the day's midnight.
    fn relative_ms(&self, at_ms: Ms) -> i32 {
        (at_ms - self.today.day_ms) as i32
    }
}

/// The place where the resident of a plan lives.
fn home(cell: &Cell<'_>, id: PlanId) -> u16 {
    cell.people.places[usize::from(cell.day.plans[usize::from(id.index)].household)]
}
