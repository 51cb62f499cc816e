//! Residents and the service: registering, asking for passes, trying again, giving up.

use demand::{Request, RequestKind, SimTime};
use passes::{Channel, Refusal, Window};

use super::{Resolver, home};
use crate::cell::Cell;
use crate::draw::Stage;
use crate::plan::{Act, Flags, NO_TRIP, Plan, PlanId, PlanState, TripRow, absolute_ms};
use crate::profile::{HOUR_MS, MINUTE_MS};
use crate::service::{Answer, Seen};
use crate::standing::{Held, Lesson};
use crate::uptake::Ms;
use crate::{Pass, PassOutcome};

/// A registration that went through leaves so much time until the resident asks, who could not before.
const THEN_ASKS_MS: i32 = MINUTE_MS as i32;
/// A pass that holds for longer than a day is remembered beside the latest one.
const LONG_S: i64 = 86_400;
/// Accounts of bots; each registers and then asks for passes.
const BOT_ACCOUNTS: u32 = 10_000;

impl Resolver<'_, '_> {
    pub(super) fn register(&mut self, cell: &mut Cell<'_>, id: PlanId, at_ms: i32) {
        let index = usize::from(id.index);
        let Plan { resident, asked_ms, tries, .. } = cell.day.plans[index];
        if tries == 0 {
            self.then(asked_ms.max(at_ms), id, Act::Ask);
        }
        if cell.standing.is_registered(resident) {
            return;
        }
        let place = home(cell, id);
        match self.send(cell, id, (at_ms, RequestKind::Register), place) {
            Answer::Failed { at_ms } => self.failed(cell, id, self.relative_ms(at_ms), Act::Register),
            Answer::Answered { at_ms: answered_ms } => {
                cell.standing.register(resident, answered_ms);
                self.tally.day.registrations[cell.day.plans[index].channel as usize] += 1;
                cell.day.plans[index].tries = 0;
                self.ask_at_last(cell, id, self.relative_ms(answered_ms));
            }
        }
    }

    /// Plans of a resident that waited for the registration go on. They stand side by side.
    fn ask_at_last(&mut self, cell: &Cell<'_>, id: PlanId, at_ms: i32) {
        let plans = &cell.day.plans;
        let resident = plans[usize::from(id.index)].resident;
        let first = plans[..usize::from(id.index)].iter().rposition(|plan| plan.resident != resident);
        let own = (first.map_or(0, |before| before + 1)..).zip(&plans[first.map_or(0, |before| before + 1)..]);
        for (index, _) in
            own.take_while(|(_, plan)| plan.resident == resident).filter(|(_, plan)| plan.state == PlanState::Waiting)
        {
            self.then(at_ms + THEN_ASKS_MS, PlanId { index: index as u16, ..id }, Act::Ask);
        }
    }

    pub(super) fn ask(&mut self, cell: &mut Cell<'_>, id: PlanId, at_ms: i32) {
        let index = usize::from(id.index);
        let plan = &mut cell.day.plans[index];
        if plan.state == PlanState::Over {
            return;
        }
        if !cell.standing.is_registered(plan.resident) {
            plan.state = PlanState::Waiting;
            return;
        }
        plan.state = PlanState::Open;
        let place = home(cell, id);
        match self.send(cell, id, (at_ms, RequestKind::Issue), place) {
            Answer::Failed { at_ms } => self.failed(cell, id, self.relative_ms(at_ms), Act::Ask),
            Answer::Answered { at_ms: answered_ms } => self.answered(cell, id, (at_ms, self.relative_ms(answered_ms))),
        }
    }

    /// The service has an answer to a request for a pass.
    fn answered(&mut self, cell: &mut Cell<'_>, id: PlanId, (at_ms, answered_ms): (i32, i32)) {
        let plan = cell.day.plans[usize::from(id.index)];
        if self.is_malformed(cell, id) {
            self.tally.count(&plan, |counts| counts.malformed += 1);
            if self.world.behaviour.malformed_found_h == 0 {
                return self.correct(cell, id, answered_ms);
            }
            cell.day.plans[usize::from(id.index)].flags.set(Flags::MALFORMED, true);
        }
        let now_s = self.world.unix_s(absolute_ms(self.today.day, at_ms));
        let start_s = self.world.unix_s(absolute_ms(self.today.day, plan.start_ms.max(at_ms)));
        match self.decide(cell, &plan, now_s, start_s) {
            Ok(window) => self.issued(cell, id, window, (at_ms, answered_ms)),
            Err(_) => self.refused(cell, id, answered_ms),
        }
    }

    /// What the rules say to a request.
    fn decide(&self, cell: &mut Cell<'_>, plan: &Plan, now_s: i64, start_s: i64) -> Result<Window, Refusal> {
        let rules = &self.world.rules;
        let window = rules.window(plan.purpose, now_s, Some(start_s), None)?;
        if rules.has_quota(plan.purpose) {
            let mut quotas = rules.quota_windows(plan.purpose, window.from_s);
            if !quotas.all(|quota| quota.admits(cell.ledger.of(plan.resident), window)) {
                return Err(Refusal::QuotaExhausted);
            }
            cell.ledger.add(plan.resident, plan.purpose, window);
        }
        Ok(window)
    }

    fn issued(&mut self, cell: &mut Cell<'_>, id: PlanId, window: Window, (at_ms, answered_ms): (i32, i32)) {
        let index = usize::from(id.index);
        let plan = cell.day.plans[index];
        let instant = |unix_s| SimTime::from_ms(self.world.ms(unix_s).max(0) as u64);
        let annulled_ms =
            absolute_ms(self.today.day, at_ms) + Ms::from(self.world.behaviour.malformed_found_h) * Ms::from(HOUR_MS);
        let pass = Pass {
            asked_at: SimTime::from_ms(absolute_ms(self.today.day, at_ms).max(0) as u64),
            valid_from: instant(window.from_s),
            valid_until: instant(window.until_s),
            cancelled_at: plan.flags.has(Flags::MALFORMED).then(|| SimTime::from_ms(annulled_ms.max(0) as u64)),
            resident: cell.people.first_resident + u32::from(plan.resident),
            place: plan.place,
            purpose: plan.purpose,
            channel: plan.channel,
        };
        self.tally.fingerprint.add_pass(&pass);
        let wait_ms = (answered_ms - plan.asked_ms).max(0) as u64;
        self.tally.count(&plan, |counts| {
            counts.passes += 1;
            counts.annulled += u64::from(plan.flags.has(Flags::MALFORMED));
            counts.wait_sum_ms += wait_ms;
        });
        // A phase may prolong it; by then the holder will know.
        let until_s = self.world.rules.extended(plan.purpose, window, i64::MAX).until_s;
        let until_min = u32::try_from(self.world.ms(until_s) / Ms::from(MINUTE_MS)).unwrap_or(u32::MAX);
        let held = Held { until_min, is_annulled: plan.flags.has(Flags::MALFORMED) };
        cell.standing.hold(plan.resident, plan.purpose, held, until_s - window.from_s > LONG_S);
        let from_ms = self.world.ms(window.from_s);
        let (tomorrow_ms, minute_ms) = (absolute_ms(self.today.day + 1, 0), Ms::from(MINUTE_MS));
        let minute = |at_ms: Ms| ((at_ms + minute_ms - 1) / minute_ms) as u32;
        if from_ms > tomorrow_ms {
            cell.standing.begins_later(plan.resident, plan.purpose, minute(from_ms));
        }
        if held.is_annulled && annulled_ms > tomorrow_ms {
            cell.standing.annulled_later(plan.resident, plan.purpose, minute(annulled_ms));
        }
        let kept = &mut cell.day.plans[index];
        (kept.state, kept.held_until_min) = (PlanState::Issued, until_min);
        if self.wants.passes {
            cell.day.keep_pass(index, pass);
        }
        let holds_ms = self.relative_ms(from_ms).max(answered_ms);
        if plan.trip == NO_TRIP {
            return;
        }
        if holds_ms > plan.latest_ms {
            // The pass is there; nobody waits for it any more.
            return self.goes_without(cell, id, PassOutcome::GaveUp, holds_ms);
        }
        cell.day.put_off(plan.trip.into(), holds_ms.max(plan.start_ms) as u32);
        self.sets_out(cell, id, answered_ms);
    }

    /// The rules refuse the pass, as the resident learns at `at_ms`.
    fn refused(&mut self, cell: &mut Cell<'_>, id: PlanId, at_ms: i32) {
        let plan = &mut cell.day.plans[usize::from(id.index)];
        plan.state = PlanState::Over;
        let plan = *plan;
        self.tally.count(&plan, |counts| counts.refusals += 1);
        self.goes_without(cell, id, PassOutcome::Refused, at_ms);
    }

    /// A request failed: the resident tries again after a while, perhaps by telephone, or gives up.
    fn failed(&mut self, cell: &mut Cell<'_>, id: PlanId, at_ms: i32, act: Act) {
        let behaviour = self.world.behaviour;
        let [gives_up, switches, delay, _] = self.words_of_try(cell, id, (Stage::Retry, act));
        let plan = &mut cell.day.plans[usize::from(id.index)];
        plan.tries = plan.tries.saturating_add(1);
        let chances = &self.world.chances;
        let now_ms = absolute_ms(self.today.day, at_ms);
        let may_switch = plan.tries >= behaviour.switch_after_tries && self.world.uptake.has_phone(now_ms);
        if may_switch && chances.switches.holds(switches) {
            plan.channel = Channel::Phone;
        }
        let delay_ms = self.world.delays.retry.at(delay).min(24 * HOUR_MS) as i32;
        let next_ms = at_ms.saturating_add(delay_ms);
        let is_over =
            plan.tries >= behaviour.most_tries || chances.gives_up.holds(gives_up) || next_ms > plan.latest_ms;
        let plan = *plan;
        if act == Act::Ask {
            self.tally.count(&plan, |counts| counts.failures += 1);
        }
        if is_over {
            self.gives_up(cell, id, at_ms);
        } else {
            self.then(next_ms, id, act);
        }
    }

    /// A malformed request comes back; the resident corrects it and sends it again, if there is time.
    fn correct(&mut self, cell: &mut Cell<'_>, id: PlanId, at_ms: i32) {
        let [_, _, delay, _] = self.words_of_try(cell, id, (Stage::Malformed, Act::Ask));
        let plan = &mut cell.day.plans[usize::from(id.index)];
        plan.tries = plan.tries.saturating_add(1);
        let next_ms = at_ms.saturating_add(self.world.delays.correction.at(delay).min(24 * HOUR_MS) as i32);
        if next_ms > plan.latest_ms || plan.tries >= self.world.behaviour.most_tries {
            self.gives_up(cell, id, at_ms);
        } else {
            self.then(next_ms, id, Act::Ask);
        }
    }

    fn is_malformed(&self, cell: &Cell<'_>, id: PlanId) -> bool {
        if self.today.malformed.is_never() {
            return false;
        }
        let [malformed, ..] = self.words_of_try(cell, id, (Stage::Malformed, Act::Ask));
        self.today.malformed.holds(malformed)
    }

    /// There will be no pass, for want of an answer, as the resident knows at `at_ms`.
    pub(super) fn gives_up(&mut self, cell: &mut Cell<'_>, id: PlanId, at_ms: i32) {
        let plan = &mut cell.day.plans[usize::from(id.index)];
        plan.state = PlanState::Over;
        let plan = *plan;
        self.tally.count(&plan, |counts| counts.gave_up += 1);
        self.goes_without(cell, id, PassOutcome::GaveUp, at_ms);
    }

    /// A resident without the pass, as is known at `at_ms`, goes all the same, or stays at home with the need unmet; the household may
    /// learn from it.
    fn goes_without(&mut self, cell: &mut Cell<'_>, id: PlanId, outcome: PassOutcome, at_ms: i32) {
        let plan = cell.day.plans[usize::from(id.index)];
        let resident = cell.people.first_resident + u32::from(plan.resident);
        let household = cell.people.households[usize::from(plan.resident)];
        let [learns, ..] = self.world.streams.block(resident, self.today.day, Stage::Lesson, plan.item);
        if self.world.chances.learns_from_refusal.holds(learns) {
            cell.standing.learn(household, Lesson::GoWithout, self.world.behaviour.lesson_days);
            cell.standing.gives_up_registering(plan.resident);
        }
        // A queue may have kept the resident so long that the trip is not made in any case.
        let is_made = |trip: &usize| cell.day.trips.get(*trip).is_some_and(TripRow::is_made);
        let Some(trip) = Some(usize::from(plan.trip)).filter(is_made) else { return };
        if plan.flags.has(Flags::GOES_ANYWAY) {
            cell.day.trips[trip].set_pass(outcome);
            let leaves_ms = at_ms.clamp(plan.start_ms, plan.latest_ms);
            cell.day.put_off(trip, leaves_ms as u32);
            return self.sets_out(cell, id, at_ms);
        }
        cell.day.trips[trip].cancel();
        cell.day.goes_home_after(trip);
        self.tally.count(&plan, |counts| counts.trips_not_made += 1);
        cell.needs.stays_unmet(plan.purpose, household, plan.whose);
    }

    pub(super) fn give_back(&mut self, cell: &mut Cell<'_>, id: PlanId, at_ms: i32) {
        let plan = cell.day.plans[usize::from(id.index)];
        if plan.state != PlanState::Issued {
            return;
        }
        let place = home(cell, id);
        // Whoever gives a pass back does not try twice.
        if let Answer::Failed { .. } = self.send(cell, id, (at_ms, RequestKind::Cancel), place) {
            return;
        }
        let start_s = self.world.unix_s(absolute_ms(self.today.day, plan.start_ms));
        cell.ledger.remove(plan.resident, plan.purpose, start_s);
        cell.standing.lose(plan.resident, plan.purpose);
        if let Some(pass) = cell.day.kept_pass(id.index.into()) {
            pass.cancelled_at = Some(SimTime::from_ms(absolute_ms(self.today.day, at_ms).max(0) as u64));
        }
        self.tally.count(&plan, |counts| counts.cancellations += 1);
    }

    pub(super) fn check_in(&mut self, cell: &mut Cell<'_>, id: PlanId, at_ms: i32) {
        let place = home(cell, id);
        if let Answer::Failed { at_ms } = self.send(cell, id, (at_ms, RequestKind::CheckIn), place) {
            let [_, _, delay, _] = self.words_of_try(cell, id, (Stage::Retry, Act::CheckIn));
            let at_ms = self.relative_ms(at_ms);
            let plan = &mut cell.day.plans[usize::from(id.index)];
            plan.tries = plan.tries.saturating_add(1);
            let next_ms = at_ms.saturating_add(self.world.delays.retry.at(delay).min(24 * HOUR_MS) as i32);
            if plan.tries >= self.world.behaviour.most_tries || next_ms > plan.latest_ms {
                self.tally.day.missed_check_ins += 1;
            } else {
                self.then(next_ms, id, Act::CheckIn);
            }
        }
    }

    /// A program asks. Nobody waits for the answer.
    pub(super) fn bot_asks(&mut self, at_ms: i32, id: PlanId) {
        let number = u32::from(id.cell) << 16 | u32::from(id.index);
        let at_ms = absolute_ms(self.today.day, at_ms);
        let kind = if number < BOT_ACCOUNTS { RequestKind::Register } else { RequestKind::Issue };
        let request = Request {
            at: SimTime::from_ms(at_ms.max(0) as u64),
            resident: self.world.residents + number % BOT_ACCOUNTS,
            place: 0,
            kind,
            purpose: kind.has_purpose().then_some(passes::Purpose::Groceries),
        };
        self.tally.request(self.today.day, &request);
        self.tally.day.bot_requests += 1;
        if self.wants.requests {
            self.shared.bot_requests.push(request);
        }
        if let Answer::Failed { .. } = self.shared.service.ask(at_ms, kind, number.wrapping_mul(0x9E37_79B9), Ms::MAX) {
            self.tally.day.failed_requests[kind as usize] += 1;
        }
    }

    /// The random numbers of this try of a plan.
    fn words_of_try(&self, cell: &Cell<'_>, id: PlanId, (stage, act): (Stage, Act)) -> [u32; 4] {
        let plan = &cell.day.plans[usize::from(id.index)];
        let resident = cell.people.first_resident + u32::from(plan.resident);
        let number = (act as u32) << 8 | u32::from(plan.tries);
        self.world.streams.block_of_try(resident, self.today.day, stage, plan.item, number)
    }
}
