//! Who registers, when, and what else residents ask for without a trip.

use passes::{Occupation, Purpose};

use super::{Desk, Planner};
use crate::draw::{Stage, scale};
use crate::plan::{Act, NEVER_MS, Plan};
use crate::profile::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::uptake::{Applicant, Ms};

/// The item of a pass asked for to try the service; those of trips are below.
const TRIAL: u16 = 1 << 9;
/// The item of a pass asked for because another one ends.
const RENEWAL: u16 = 1 << 9 | 1;
/// A pass asked for to try the service is given back, if at all, within this time.
const TRIAL_MS: u32 = HOUR_MS;

/// A resident's dealings with the service in the course of one day's intent. Times are in milliseconds after midnight.
pub(super) struct Dealings {
    pub(super) resident: u16,
    /// When the resident registered, will have by what is planned so far, or else first turns to the service.
    pub(super) contact_ms: i32,
    pub(super) is_registered: bool,
    /// Whether the resident will register today of their own accord and that is not planned yet.
    pub(super) registers_today: bool,
}

impl Planner<'_> {
    /// Finds who registers today of their own accord.
    pub(super) fn find_registering(&mut self, desk: &mut Desk) {
        self.standing.registering(self.today.day_ms + Ms::from(DAY_MS), &mut desk.registering);
    }

    pub(super) fn dealings(&self, resident: u16, registers_today: bool) -> Dealings {
        // Who never meant to turn to the service and has learnt better does so at once.
        let contact_ms = self.standing.contact_ms(resident).unwrap_or(0) - self.today.day_ms;
        Dealings {
            resident,
            contact_ms: contact_ms.clamp(Ms::from(i32::MIN), Ms::from(i32::MAX)) as i32,
            is_registered: self.standing.is_registered(resident),
            registers_today,
        }
    }

    /// When a resident who wants to ask at `wanted_ms` registers (unless that is done) and asks.
    pub(super) fn registration_for(
        &self,
        dealings: &Dealings,
        applicant: &Applicant,
        wanted_ms: i32,
        departs_ms: i32,
    ) -> (Option<i32>, i32) {
        let contact_ms = dealings.contact_ms;
        if dealings.is_registered {
            return (None, wanted_ms.max(contact_ms));
        }
        let form_ms = self.world.uptake.form_ms(applicant) as i32;
        // Who tried on a day before and failed, tries again when there is a trip.
        if !dealings.registers_today || contact_ms < 0 {
            let registers_ms = contact_ms.max(wanted_ms - form_ms);
            return (Some(registers_ms), registers_ms.saturating_add(form_ms));
        }
        let first_ms = contact_ms + form_ms;
        let at_once = self.world.uptake.asks_at_once(applicant) && first_ms <= departs_ms;
        let wanted_ms = if at_once { departs_ms - self.advance_ms(departs_ms) } else { wanted_ms };
        (Some(contact_ms), first_ms.max(wanted_ms))
    }

    pub(super) fn register_alone(&mut self, resident: u16) {
        self.register_of_own_accord(&self.dealings(resident, true));
    }

    /// Who registers of their own accord, and not for a trip, may ask for a pass all the same, to try the service.
    pub(super) fn register_of_own_accord(&mut self, dealings: &Dealings) {
        let world = self.world;
        let applicant = self.applicant(dealings.resident);
        let who = self.number_of(dealings.resident);
        let registers_ms = match dealings.contact_ms {
            // It failed on a day before.
            earlier_ms if earlier_ms < 0 => {
                let [_, delay, ..] = world.streams.block(who, self.today.day, Stage::Renewal, TRIAL);
                world.uptake.renews_after_ms(&applicant, 0, delay) as i32
            }
            today_ms => today_ms,
        };
        let asks_ms = registers_ms + world.uptake.form_ms(&applicant) as i32;
        let unix_s = world.unix_s(self.today.day_ms + Ms::from(asks_ms));
        let on_offer = |purpose: &Purpose| world.rules.window(*purpose, unix_s, None, None).is_ok();
        let asks = world.uptake.asks_at_once(&applicant);
        // Whoever goes to work asks for that; the others for the first thing there is.
        let works = self.people.residents[usize::from(dealings.resident)].occupation() == Occupation::OnSite;
        let wanted = works.then_some(Purpose::Work).into_iter().chain(Purpose::ALL);
        let trial = wanted.into_iter().find(on_offer).filter(|_| asks);
        let channel = world.uptake.channel(&applicant, self.today.day_ms + Ms::from(registers_ms));
        let purpose = trial.unwrap_or(Purpose::Other);
        let mut plan = Plan::new(self.people, dealings.resident, purpose, asks_ms, channel);
        (plan.item, plan.latest_ms) = (TRIAL, asks_ms + TRIAL_MS as i32);
        plan.asked_ms = if trial.is_some() { asks_ms } else { NEVER_MS };
        let plan = self.plan(plan);
        self.happens(registers_ms, plan, Act::Register);
        if trial.is_some() {
            let [cancels, given_back, ..] = world.streams.block(who, self.today.day, Stage::Asking, TRIAL);
            if world.chances.cancels.holds(cancels) {
                self.happens(asks_ms + scale(given_back, TRIAL_MS) as i32, plan, Act::GiveBack);
            }
        }
    }

    /// Those whose long pass ends today and who want the next one at once, ask for it then.
    pub(super) fn renew(&mut self, desk: &mut Desk) {
        let day_min = (self.today.day_ms / Ms::from(MINUTE_MS)) as u32;
        let today_min = day_min..day_min + DAY_MS / MINUTE_MS;
        let mut last = (u16::MAX, 0);
        for (resident, purpose, until_min) in self.standing.ending(today_min) {
            // Each of a resident's passes that end today has its own luck.
            let number = if last.0 == resident { last.1 + 1 } else { 0 };
            last = (resident, number);
            let who = self.number_of(resident);
            let [renews, delay, ..] = self.world.streams.block(who, self.today.day, Stage::Renewal, number);
            if !self.world.chances.renews.holds(renews) || desk.patients.binary_search(&resident).is_ok() {
                continue;
            }
            let applicant = self.applicant(resident);
            let ends_ms = ((until_min - day_min) * MINUTE_MS) as i32;
            let asks_ms = ends_ms + self.world.uptake.renews_after_ms(&applicant, ends_ms, delay) as i32;
            let channel = self.world.uptake.channel(&applicant, self.today.day_ms + Ms::from(asks_ms));
            let mut plan = Plan::new(self.people, resident, purpose, asks_ms, channel);
            (plan.item, plan.latest_ms) = (RENEWAL + number, asks_ms + HOUR_MS as i32);
            let plan = self.plan(plan);
            self.happens(asks_ms, plan, Act::Ask);
        }
    }
}
