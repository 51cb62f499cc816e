//! Which trips are made with a pass, which without, and when the pass is asked for.

use demand::SimTime;
use passes::{Channel, Purpose};

use super::wishes::Wish;
use super::{Act, Event, NO_TRIP, Plan, Planner};
use crate::draw::{Stage, scale};
use crate::profile::{HOUR_MS, MINUTE_MS};
use crate::uptake::{Applicant, Ms, complies};
use crate::{PassOutcome, Trip};

/// The item of a pass asked for to try the service; those of trips are below.
const TRIAL: u16 = 1 << 9;
/// A pass asked for to try the service is given back, if at all, within this time.
const TRIAL_MS: u32 = HOUR_MS;
/// Who asks at the door does so one to three minutes before leaving.
const AT_THE_DOOR_MS: std::ops::Range<u32> = MINUTE_MS..3 * MINUTE_MS;
/// Who asks ahead allows at least this much time.
const LEAST_LEAD_MS: Ms = 3 * MINUTE_MS as Ms;

/// A resident's dealings with the service in the course of one day's intent.
struct Dealings {
    resident: u32,
    household: u32,
    /// Where the resident lives.
    place: u16,
    /// When the resident registered, will have by what is planned so far, or else first turns to the service.
    contact_ms: Ms,
    is_registered: bool,
    /// Whether the resident will register today of their own accord and that is not planned yet.
    registers_today: bool,
}

impl Planner<'_> {
    /// Turns the wishes of one resident, in the order of departure, into trips and plans.
    pub(super) fn decide_resident(
        &mut self,
        household: usize,
        resident: usize,
        wishes: &[Wish],
        registers_today: bool,
    ) {
        let mut dealings = self.dealings(household, resident, registers_today);
        let compliance = self.world.population.compliance[resident];
        for wish in wishes {
            let departs_ms = self.day_ms + Ms::from(wish.departs_ms);
            let (rules, departs_s) = (&self.world.rules, self.world.unix_s(departs_ms));
            let share = if rules.allows(wish.purpose, departs_s) {
                self.world.chances.seeks[wish.purpose as usize]
            } else {
                self.world.chances.obeys
            };
            if !rules.needs_pass(wish.purpose, departs_s) {
                self.go(household, &dealings, wish, PassOutcome::NotNeeded, None);
            } else if !complies(share, compliance) {
                self.go(household, &dealings, wish, PassOutcome::Without, None);
            } else if !rules.allows(wish.purpose, departs_s) {
                // Stays at home.
            } else if let Some(until_ms) = self.held_until_ms(resident, wish.purpose, departs_ms) {
                let channel = self.channel(&dealings, departs_ms);
                let plan = self.plan(&dealings, wish.purpose, departs_ms, channel);
                self.intents.plans[plan as usize].held_until_ms = until_ms;
                self.go(household, &dealings, wish, PassOutcome::Issued, Some(plan));
            } else {
                self.ask(household, &mut dealings, wish);
            }
        }
        if dealings.registers_today {
            self.register_of_own_accord(&dealings);
        }
    }

    fn dealings(&self, household: usize, resident: usize, registers_today: bool) -> Dealings {
        let population = self.world.population;
        let household = self.first_household + household;
        Dealings {
            resident: resident as u32,
            household: household as u32,
            place: population.places[household],
            contact_ms: self.standing.contact_ms(resident),
            is_registered: self.standing.is_registered(resident),
            registers_today,
        }
    }

    /// When the pass ends that the resident has from before and that still holds at departure.
    fn held_until_ms(&self, resident: usize, purpose: Purpose, departs_ms: Ms) -> Option<Ms> {
        self.standing.pass_until_ms(resident, purpose).filter(|until_ms| *until_ms > departs_ms)
    }

    /// Asks for a pass, having registered before; goes without one when it is too late for that.
    fn ask(&mut self, household: usize, dealings: &mut Dealings, wish: &Wish) {
        let departs_ms = self.day_ms + Ms::from(wish.departs_ms);
        let stage = Stage::Asking;
        let [asks, moment, cancels, after] = self.world.streams.block(wish.resident, self.day, stage, wish.item);
        let wanted_ms = self.wanted_ms(wish, departs_ms, asks, moment);
        let applicant = self.applicant(dealings);
        let (registers_ms, asks_ms) = self.registration_for(dealings, &applicant, wanted_ms, departs_ms);
        if asks_ms > departs_ms {
            self.go(household, dealings, wish, PassOutcome::Without, None);
            return;
        }
        let channel = self.world.uptake.channel(&applicant, asks_ms);
        let plan = self.plan(dealings, wish.purpose, departs_ms, channel);
        self.intents.plans[plan as usize].goes_anyway = self.world.chances.goes_anyway.holds(after);
        self.intents.plans[plan as usize].whose = wish.whose;
        if let Some(registers_ms) = registers_ms {
            dealings.contact_ms = registers_ms;
            (dealings.is_registered, dealings.registers_today) = (true, false);
            self.happens(registers_ms, plan, Act::Register);
        }
        self.happens(asks_ms, plan, Act::Ask);
        if self.world.chances.cancels.holds(cancels) {
            let after_ms = scale(after, (departs_ms - asks_ms) as u32);
            self.happens(asks_ms + Ms::from(after_ms), plan, Act::GiveBack);
        } else {
            self.go(household, dealings, wish, PassOutcome::Issued, Some(plan));
        }
    }

    /// When a resident who wants to ask at `wanted_ms` registers (unless that is done) and asks.
    fn registration_for(
        &self,
        dealings: &Dealings,
        applicant: &Applicant,
        wanted_ms: Ms,
        departs_ms: Ms,
    ) -> (Option<Ms>, Ms) {
        let contact_ms = dealings.contact_ms;
        if dealings.is_registered {
            return (None, wanted_ms.max(contact_ms));
        }
        let form_ms = self.world.uptake.form_ms(applicant);
        if !dealings.registers_today {
            let registers_ms = contact_ms.max(wanted_ms - form_ms);
            return (Some(registers_ms), registers_ms + form_ms);
        }
        let first_ms = contact_ms + form_ms;
        let at_once = self.world.uptake.asks_at_once(applicant) && first_ms <= departs_ms;
        let wanted_ms = if at_once { departs_ms - self.advance_ms(departs_ms) } else { wanted_ms };
        (Some(contact_ms), first_ms.max(wanted_ms))
    }

    /// When the resident would ask if nothing stood in the way: on the evening before, at the door, or some time ahead.
    fn wanted_ms(&self, wish: &Wish, departs_ms: Ms, asks: u32, moment: u32) -> Ms {
        let (world, chances) = (self.world, &self.world.chances);
        let evening_from = u32::from(world.behaviour.evening_from_h);
        let evening_ms = self.day_ms - Ms::from(scale(moment, (24 - evening_from) * HOUR_MS)) - 1;
        let in_time = evening_ms >= 0 && departs_ms - evening_ms <= self.advance_ms(departs_ms);
        if chances.evening_before.holds(asks) && in_time {
            evening_ms
        } else if chances.at_the_door_or_before.holds(asks) && !chances.evening_before.holds(asks) {
            departs_ms - Ms::from(AT_THE_DOOR_MS.start + scale(moment, AT_THE_DOOR_MS.end - AT_THE_DOOR_MS.start))
        } else {
            let lead_ms = world.uptake.lead_ms(wish.resident, self.day, wish.item).max(LEAST_LEAD_MS);
            departs_ms - lead_ms.min(self.advance_ms(departs_ms))
        }
    }

    /// How long ahead a pass for a trip that departs at `departs_ms` may be asked for.
    fn advance_ms(&self, departs_ms: Ms) -> Ms {
        self.world.rules.advance_s(self.world.unix_s(departs_ms)) * 1_000
    }

    /// Who registers of their own accord, and not for a trip, may ask for a pass all the same, to try the service.
    fn register_of_own_accord(&mut self, dealings: &Dealings) {
        let (world, registers_ms) = (self.world, dealings.contact_ms);
        let applicant = self.applicant(dealings);
        let asks_ms = registers_ms + world.uptake.form_ms(&applicant);
        let unix_s = world.unix_s(asks_ms);
        let on_offer =
            |purpose: &Purpose| world.rules.allows(*purpose, unix_s) && world.rules.needs_pass(*purpose, unix_s);
        let asks = world.uptake.asks_at_once(&applicant);
        let trial = Purpose::ALL.into_iter().find(on_offer).filter(|_| asks);
        let channel = world.uptake.channel(&applicant, registers_ms);
        let plan = self.plan(dealings, trial.unwrap_or(Purpose::Other), asks_ms, channel);
        self.happens(registers_ms, plan, Act::Register);
        if trial.is_some() {
            self.happens(asks_ms, plan, Act::Ask);
            let [cancels, given_back, ..] = world.streams.block(dealings.resident, self.day, Stage::Asking, TRIAL);
            if world.chances.cancels.holds(cancels) {
                self.happens(asks_ms + Ms::from(scale(given_back, TRIAL_MS)), plan, Act::GiveBack);
            }
        }
    }

    /// Makes the trip, with the plan of its pass if there is one.
    fn go(&mut self, household: usize, dealings: &Dealings, wish: &Wish, pass: PassOutcome, plan: Option<u32>) {
        let departs_ms = self.day_ms + Ms::from(wish.departs_ms);
        let trip = self.intents.trips.len() as u32;
        self.intents.trips.push(Trip {
            departs: SimTime::from_ms(departs_ms as u64),
            returns: SimTime::from_ms((departs_ms + Ms::from(wish.length_ms)) as u64),
            resident: wish.resident,
            household: dealings.household,
            origin: dealings.place,
            destination: wish.destination,
            purpose: wish.purpose,
            pass,
            check: None,
        });
        self.meet_need(household, wish);
        if let Some(plan) = plan {
            self.intents.plans[plan as usize].trip = trip;
        }
        if let Some(at_ms) = self.is_checked_ms(wish, departs_ms) {
            let channel = self.channel(dealings, departs_ms);
            let plan = plan.unwrap_or_else(|| self.plan(dealings, wish.purpose, departs_ms, channel));
            self.intents.plans[plan as usize].trip = trip;
            self.happens(at_ms, plan, Act::Check);
        }
    }

    /// When officers check the resident on this trip, if they do: at a random moment on the street.
    fn is_checked_ms(&self, wish: &Wish, departs_ms: Ms) -> Option<Ms> {
        let world = self.world;
        if !world.patrol.meets.holds(wish.meets) {
            return None;
        }
        let [moment, ..] = world.streams.block(wish.resident, self.day, Stage::Check, wish.item);
        let on_street_ms = scale(moment, 2 * wish.leg_ms);
        let after_ms =
            if on_street_ms < wish.leg_ms { on_street_ms } else { wish.length_ms - (2 * wish.leg_ms - on_street_ms) };
        let at_ms = departs_ms + Ms::from(after_ms);
        (world.patrol.is_out(at_ms) && world.rules.in_force(world.unix_s(at_ms))).then_some(at_ms)
    }

    fn applicant(&self, dealings: &Dealings) -> Applicant {
        let resident = self.world.population.residents[dealings.resident as usize];
        self.world.uptake.applicant(dealings.resident, resident)
    }

    /// The channel that the resident uses at `at_ms`.
    fn channel(&self, dealings: &Dealings, at_ms: Ms) -> Channel {
        self.world.uptake.channel(&self.applicant(dealings), at_ms)
    }

    /// Adds a plan for a pass that is to hold from `start_ms` on.
    fn plan(&mut self, dealings: &Dealings, purpose: Purpose, start_ms: Ms, channel: Channel) -> u32 {
        self.intents.plans.push(Plan {
            start_ms,
            held_until_ms: 0,
            trip: NO_TRIP,
            resident: dealings.resident,
            whose: dealings.resident,
            place: dealings.place,
            purpose,
            channel,
            goes_anyway: false,
        });
        self.intents.plans.len() as u32 - 1
    }

    fn happens(&mut self, at_ms: Ms, plan: u32, act: Act) {
        self.intents.events.push(Event { at_ms: at_ms as u64, plan, act });
    }
}
