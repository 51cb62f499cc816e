//! The second movement of a day: all intents meet in the order of time, against the server and the officers.

use demand::{Request, RequestKind, SimTime};
use passes::{Channel, Purpose};
use rayon::prelude::*;

use crate::intent::{Act, Event, Intents, NO_TRIP, Plan};
use crate::needs::Needs;
use crate::server::Server;
use crate::standing::Standing;
use crate::uptake::Ms;
use crate::world::World;
use crate::{Check, Pass, PassOutcome, Trip, Verdict};

/// What happened on a day.
#[derive(Debug, Default)]
pub(crate) struct Day {
    pub(crate) trips: Vec<Trip>,
    pub(crate) passes: Vec<Pass>,
    pub(crate) checks: Vec<Check>,
    pub(crate) requests: Vec<Request>,
    /// Refused passes by purpose.
    pub(crate) refusals: [u64; Purpose::ALL.len()],
    /// Registrations by channel.
    pub(crate) registrations: [u64; Channel::ALL.len()],
}

/// Lets the intents of a day happen: outcomes go into `standing` and `needs`, the state of the next day, and into `day`, whose room is
/// used again.
pub(crate) fn resolve(
    world: &World<'_>,
    intents: &[Intents],
    server: &mut Server<'_>,
    standing: &mut Standing,
    needs: &mut Needs,
    day: &mut Day,
) {
    day.clear();
    let (plans, mut events) = join(intents, &mut day.trips);
    // Events are distinct, so that an unstable sort has one result only.
    events.par_sort_unstable();
    day.requests.reserve(events.len());
    day.passes.reserve(events.iter().filter(|event| event.act == Act::Ask).count());
    let passes = vec![NO_PASS; plans.len()];
    let mut resolver = Resolver { world, server, standing, needs, plans, passes, not_made: Vec::new(), day };
    for event in &events {
        resolver.happens(*event);
    }
    resolver.forget_trips_not_made();
}

impl Day {
    fn clear(&mut self) {
        let Day { trips, passes, checks, requests, refusals, registrations } = self;
        trips.clear();
        passes.clear();
        checks.clear();
        requests.clear();
        (*refusals, *registrations) = Default::default();
    }
}

/// Appends the trips of all chunks to `trips`, and returns their plans and events, numbered through.
fn join(chunks: &[Intents], trips: &mut Vec<Trip>) -> (Vec<Plan>, Vec<Event>) {
    let count = |of: fn(&Intents) -> usize| chunks.iter().map(of).sum();
    let mut plans = Vec::with_capacity(count(|chunk| chunk.plans.len()));
    let mut events = Vec::with_capacity(count(|chunk| chunk.events.len()));
    trips.reserve(count(|chunk| chunk.trips.len()));
    for chunk in chunks {
        let (first_trip, first_plan) = (trips.len() as u32, plans.len() as u32);
        trips.extend_from_slice(&chunk.trips);
        plans.extend(chunk.plans.iter().map(|plan| match plan.trip {
            NO_TRIP => *plan,
            trip => Plan { trip: first_trip + trip, ..*plan },
        }));
        events.extend(chunk.events.iter().map(|event| Event { plan: first_plan + event.plan, ..*event }));
    }
    (plans, events)
}

const NO_PASS: u32 = u32::MAX;

struct Resolver<'a, 'r> {
    world: &'a World<'a>,
    server: &'a mut Server<'r>,
    standing: &'a mut Standing,
    needs: &'a mut Needs,
    plans: Vec<Plan>,
    /// The index of each plan's pass in the records, or [`NO_PASS`].
    passes: Vec<u32>,
    /// The indices of trips that were refused a pass and not made.
    not_made: Vec<u32>,
    day: &'a mut Day,
}

impl Resolver<'_, '_> {
    fn happens(&mut self, event: Event) {
        let at = SimTime::from_ms(event.at_ms);
        let plan = self.plans[event.plan as usize];
        match event.act {
            Act::Register => {
                self.request(at, RequestKind::Register, &plan, plan.place);
                self.standing.register(plan.resident as usize, event.at_ms as Ms);
                self.day.registrations[plan.channel as usize] += 1;
            }
            Act::Ask => self.ask(at, event.plan as usize),
            Act::GiveBack => self.give_back(at, event.plan as usize),
            Act::Check => self.check(at, &plan),
        }
    }

    fn ask(&mut self, at: SimTime, index: usize) {
        let plan = self.plans[index];
        self.request(at, RequestKind::Issue, &plan, plan.place);
        let (now_s, start_s) = (self.world.unix_s(at.ms() as Ms), self.world.unix_s(plan.start_ms));
        match self.server.issue(plan.resident, plan.purpose, now_s, start_s) {
            Ok(window) => {
                let [from_ms, until_ms] = [window.from_s, window.until_s].map(|unix_s| self.world.ms(unix_s));
                self.plans[index].held_until_ms = until_ms;
                self.passes[index] = self.day.passes.len() as u32;
                self.standing.hold(plan.resident as usize, plan.purpose, until_ms);
                self.day.passes.push(Pass {
                    asked_at: at,
                    valid_from: SimTime::from_ms(from_ms.max(0) as u64),
                    valid_until: SimTime::from_ms(until_ms.max(0) as u64),
                    cancelled_at: None,
                    resident: plan.resident,
                    place: plan.place,
                    purpose: plan.purpose,
                    channel: plan.channel,
                });
            }
            Err(_) => {
                self.day.refusals[plan.purpose as usize] += 1;
                self.refused(&plan);
            }
        }
    }

    fn refused(&mut self, plan: &Plan) {
        if plan.trip == NO_TRIP {
            return;
        }
        let trip = &mut self.day.trips[plan.trip as usize];
        trip.pass = PassOutcome::Refused;
        if !plan.goes_anyway {
            self.not_made.push(plan.trip);
            self.needs.stays_unmet(plan.purpose, trip.household as usize, plan.whose as usize);
        }
    }

    fn give_back(&mut self, at: SimTime, index: usize) {
        if self.passes[index] == NO_PASS {
            return;
        }
        let plan = self.plans[index];
        self.request(at, RequestKind::Cancel, &plan, plan.place);
        self.day.passes[self.passes[index] as usize].cancelled_at = Some(at);
        self.server.cancel(plan.resident, plan.purpose, self.world.unix_s(plan.start_ms));
        self.standing.give_back(plan.resident as usize);
    }

    fn check(&mut self, at: SimTime, plan: &Plan) {
        let trip = &mut self.day.trips[plan.trip as usize];
        let verdict = match trip.pass {
            PassOutcome::NotNeeded => Verdict::NotNeeded,
            PassOutcome::Issued if (at.ms() as Ms) < plan.held_until_ms => Verdict::Valid,
            PassOutcome::Issued => Verdict::Expired,
            PassOutcome::Refused if !plan.goes_anyway => return,
            PassOutcome::Refused | PassOutcome::Without | PassOutcome::GaveUp => Verdict::NoPass,
        };
        trip.check = Some(verdict);
        let is_out = at.ms() - trip.departs.ms() < (trip.returns.ms() - trip.departs.ms()) / 2;
        let place = if is_out { trip.origin } else { trip.destination };
        self.day.checks.push(Check { at, resident: plan.resident, place, purpose: plan.purpose, verdict });
        if matches!(verdict, Verdict::Valid | Verdict::Expired) {
            self.request(at, RequestKind::Verify, plan, place);
        }
    }

    fn request(&mut self, at: SimTime, kind: RequestKind, plan: &Plan, place: u16) {
        let purpose = (kind != RequestKind::Register).then_some(plan.purpose);
        self.day.requests.push(Request { at, resident: plan.resident, place, kind, purpose });
    }

    fn forget_trips_not_made(mut self) {
        if self.not_made.is_empty() {
            return;
        }
        self.not_made.sort_unstable();
        let mut not_made = self.not_made.iter().peekable();
        let mut index = 0;
        self.day.trips.retain(|_| {
            let made = not_made.next_if(|not_made| **not_made == index).is_none();
            index += 1;
            made
        });
    }
}
