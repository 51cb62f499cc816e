//! Residents and officers: checks on the street, queues at gates.

use demand::{RequestKind, SimTime};

use super::{Resolver, home};
use crate::cell::Cell;
use crate::draw::Stage;
use crate::gate_minutes::Passage;
use crate::gates::{QueueId, Queues};
use crate::officers::Waiting;
use crate::plan::{Act, Flags, PlanId, PlanState, absolute_ms};
use crate::profile::MINUTE_MS;
use crate::service::Answer;
use crate::standing::Lesson;
use crate::uptake::Ms;
use crate::{Check, PassOutcome, Verdict};

impl Resolver<'_, '_> {
    /// An officer on patrol stops a resident.
    pub(super) fn check(&mut self, cell: &mut Cell<'_>, id: PlanId, at_ms: i32) {
        if self.is_on_the_way(cell, id, at_ms, Act::Check) {
            let plan = cell.day.plans[usize::from(id.index)];
            let trip = cell.day.trips[usize::from(plan.trip)];
            let is_out = at_ms - (trip.departs_ms as i32) < (trip.length_ms / 2) as i32;
            let place = if is_out { home(cell, id) } else { trip.destination };
            self.examine(cell, id, at_ms, place);
        }
    }

    /// Whether the resident is out as planned at `at_ms`. What happens on a trip that leaves late happens later by as much; while the
    /// resident is still waiting for the pass, nobody knows by how much.
    fn is_on_the_way(&mut self, cell: &mut Cell<'_>, id: PlanId, at_ms: i32, act: Act) -> bool {
        let plan = &mut cell.day.plans[usize::from(id.index)];
        let Some(trip) = cell.day.trips.get(usize::from(plan.trip)).filter(|trip| trip.is_made()) else { return false };
        if matches!(plan.state, PlanState::Open | PlanState::Waiting) {
            self.on_hold.insert((id, act), at_ms - plan.start_ms);
            return false;
        }
        let late_ms = trip.departs_ms as i32 - plan.start_ms;
        let put_off = put_off(act);
        if late_ms > 0 && !plan.flags.has(put_off) {
            plan.flags.set(put_off, true);
            self.then(at_ms + late_ms, id, act);
            return false;
        }
        if at_ms < trip.departs_ms as i32 {
            // A queue has kept the resident once more.
            self.then(trip.departs_ms as i32, id, act);
            return false;
        }
        // Who was turned back at a gate may be home already.
        at_ms < trip.returns_ms() as i32
    }

    /// At `now_ms` it has become clear when the trip of a plan leaves: what waited for that happens in its course.
    pub(super) fn sets_out(&mut self, cell: &mut Cell<'_>, id: PlanId, now_ms: i32) {
        for act in [Act::Check, Act::Come] {
            if let Some(after_ms) = self.on_hold.remove(&(id, act)) {
                let plan = &mut cell.day.plans[usize::from(id.index)];
                plan.flags.set(put_off(act), true);
                let at_ms = cell.day.trips[usize::from(plan.trip)].departs_ms as i32 + after_ms;
                self.then(at_ms.max(now_ms), id, act);
            }
        }
    }

    /// An officer looks at what the resident has to show. Returns when the officer knows, and whether the resident may go on.
    fn examine(&mut self, cell: &mut Cell<'_>, id: PlanId, at_ms: i32, place: u16) -> (i32, bool) {
        let plan = cell.day.plans[usize::from(id.index)];
        let trip = usize::from(plan.trip);
        let shown = self.shown(cell, id, at_ms);
        let mut known_ms = at_ms;
        let verdict = match shown {
            Verdict::Valid | Verdict::Expired | Verdict::Annulled => {
                let answer = self.send(cell, id, (at_ms, RequestKind::Verify), place);
                known_ms = self.relative_ms(answer.at_ms());
                if matches!(answer, Answer::Answered { .. }) { shown } else { Verdict::NoAnswer }
            }
            other => other,
        };
        cell.day.trips[trip].set_check(verdict);
        let check = Check {
            at: SimTime::from_ms(absolute_ms(self.today.day, at_ms).max(0) as u64),
            resident: cell.people.first_resident + u32::from(plan.resident),
            place,
            purpose: plan.purpose,
            verdict,
        };
        self.tally.fingerprint.add_check(&check);
        self.tally.day.checks[verdict as usize] += 1;
        self.tally.checks_there[usize::from(place)] += 1;
        // A pass that held and was not believed.
        let is_false = matches!((shown, verdict), (Verdict::Annulled, _) | (Verdict::Valid, Verdict::NoAnswer));
        self.tally.count(&plan, |counts| {
            counts.checks += 1;
            counts.found_without_pass += u64::from(verdict == Verdict::NoPass);
            counts.false_refusals += u64::from(is_false);
        });
        if self.wants.checks {
            cell.day.checks.push(check);
        }
        self.learn(cell, id, verdict);
        (known_ms, matches!(verdict, Verdict::Valid | Verdict::NotNeeded))
    }

    /// What the resident has to show.
    fn shown(&self, cell: &Cell<'_>, id: PlanId, at_ms: i32) -> Verdict {
        let plan = &cell.day.plans[usize::from(id.index)];
        let minute = absolute_ms(self.today.day, at_ms) / Ms::from(MINUTE_MS);
        match cell.day.trips[usize::from(plan.trip)].pass() {
            PassOutcome::NotNeeded => Verdict::NotNeeded,
            PassOutcome::Refused | PassOutcome::Without | PassOutcome::GaveUp => Verdict::NoPass,
            PassOutcome::Issued if minute >= Ms::from(plan.held_until_min) => Verdict::Expired,
            PassOutcome::Issued if plan.flags.has(Flags::MALFORMED) && self.is_annulled_by(plan.asked_ms, at_ms) => {
                Verdict::Annulled
            }
            PassOutcome::Issued => Verdict::Valid,
        }
    }

    /// Whether a malformed pass that was asked for at `asked_ms` has been annulled by `at_ms`.
    fn is_annulled_by(&self, asked_ms: i32, at_ms: i32) -> bool {
        let found_ms = self.world.behaviour.malformed_found_h as i32 * 3_600_000;
        at_ms.saturating_sub(asked_ms) >= found_ms
    }

    /// A fine teaches a household to ask; an annulled pass is worth nothing any more.
    fn learn(&mut self, cell: &mut Cell<'_>, id: PlanId, verdict: Verdict) {
        let plan = cell.day.plans[usize::from(id.index)];
        match verdict {
            Verdict::NoPass | Verdict::Expired => {
                let resident = cell.people.first_resident + u32::from(plan.resident);
                let [_, learns, ..] = self.world.streams.block(resident, self.today.day, Stage::Lesson, plan.item);
                if self.world.chances.learns_from_fine.holds(learns) {
                    let household = cell.people.households[usize::from(plan.resident)];
                    cell.standing.learn(household, Lesson::Ask, self.world.behaviour.lesson_days);
                }
            }
            Verdict::Annulled => cell.standing.lose(plan.resident, plan.purpose),
            Verdict::Valid | Verdict::NotNeeded | Verdict::NoAnswer => {}
        }
    }

    /// A resident comes to a gate: walks through, is taken by an officer, or waits.
    pub(super) fn come(&mut self, cell: &mut Cell<'_>, id: PlanId, at_ms: i32) {
        if !self.is_on_the_way(cell, id, at_ms, Act::Come) {
            return;
        }
        let plan = cell.day.plans[usize::from(id.index)];
        let place = home(cell, id);
        let distance_m = cell.day.trips[usize::from(plan.trip)].distance_m();
        let now_ms = absolute_ms(self.today.day, at_ms);
        let errand = (place, plan.purpose, distance_m);
        let words = |kind| self.words_at_gate(cell, id, kind);
        let Some(queue) = Queues::choose(self.world, now_ms, errand, words) else { return };
        let [_, _, checked, _] = words(queue.kind.into());
        self.tally.day.gate_arrivals += 1;
        let gate = &self.world.gates[usize::from(queue.kind)];
        if !gate.checked.holds(checked) {
            let passage = Passage { at_ms: now_ms, queue: 0, wait_ms: 0, checked: false, turned_back: false };
            self.shared.gate_minutes.add(queue.kind, place, passage);
            return;
        }
        if let Some(taken) = self.shared.queues.at(queue).come(id, at_ms) {
            self.serve(cell, queue, taken, at_ms);
        }
    }

    /// An officer is done, and takes the next in the queue.
    pub(super) fn done(&mut self, cells: &mut [Cell<'_>], id: PlanId, at_ms: i32) {
        let Some(queue) = self.at_gates.remove(&id) else { return };
        if let Some(next) = self.shared.queues.at(queue).done() {
            self.serve(&mut cells[usize::from(next.who.cell)], queue, next, at_ms);
        }
    }

    /// An officer at a gate takes a resident.
    fn serve(&mut self, cell: &mut Cell<'_>, queue: QueueId, taken: Waiting, at_ms: i32) {
        let id = taken.who;
        self.at_gates.insert(id, queue);
        let place = home(cell, id);
        let trip = &cell.day.trips[usize::from(cell.day.plans[usize::from(id.index)].trip)];
        let returns_ms = trip.returns_ms() as i32;
        if at_ms >= returns_ms {
            // Gone home meanwhile; the officer turns to the next.
            self.waited(queue, place, taken, returns_ms, (false, false));
            return self.then(at_ms, id, Act::Done);
        }
        let [.., manual] = self.words_at_gate(cell, id, queue.kind.into());
        let (known_ms, may_go_on) = self.examine(cell, id, at_ms, place);
        let gate = &self.world.gates[usize::from(queue.kind)];
        let done_ms = known_ms.saturating_add(gate.manual_ms.at(manual) as i32);
        let turned_back = gate.turns_back && !may_go_on;
        let plan = cell.day.plans[usize::from(id.index)];
        let (trip, delay_ms) = (usize::from(plan.trip), (done_ms - taken.came_ms).max(0) as u32);
        if turned_back {
            // Home again by the way they came, with the need unmet.
            let row = &mut cell.day.trips[trip];
            let came_after_ms = (taken.came_ms - row.departs_ms as i32).max(0) as u32;
            row.length_ms = 2 * came_after_ms + delay_ms;
            cell.day.goes_home_after(trip);
            let household = cell.people.households[usize::from(plan.resident)];
            cell.needs.stays_unmet(plan.purpose, household, plan.whose);
            self.tally.day.turned_back += 1;
        }
        let (home_ms, not_made) = cell.day.lengthen(trip, if turned_back { 0 } else { delay_ms });
        not_made.into_iter().for_each(|trip| self.is_too_late(cell, trip));
        cell.needs.is_away_until(plan.resident, home_ms);
        self.waited(queue, place, taken, at_ms, (true, turned_back));
        self.then(done_ms, id, Act::Done);
    }

    /// A queue has kept the resident so long that a later trip of the day is not made: its need stays.
    fn is_too_late(&mut self, cell: &mut Cell<'_>, trip: usize) {
        let row = cell.day.trips[trip];
        let (resident, purpose) = (row.resident, row.purpose());
        let plan = cell.day.plans.iter().find(|plan| usize::from(plan.trip) == trip);
        let whose = plan.map_or(resident, |plan| plan.whose);
        cell.day.goes_home_after(trip);
        cell.needs.stays_unmet(purpose, cell.people.households[usize::from(resident)], whose);
        self.tally.stay_at_home(cell.people, std::iter::once((resident, purpose)));
    }

    /// Counts someone who waited at a gate of `place` until `until_ms`.
    fn waited(
        &mut self,
        queue: QueueId,
        place: u16,
        who: Waiting,
        until_ms: i32,
        (checked, turned_back): (bool, bool),
    ) {
        let wait_ms = Ms::from(until_ms - who.came_ms);
        self.tally.day.gate_wait_sum_ms += wait_ms as u64;
        self.tally.day.gate_wait_max_ms = self.tally.day.gate_wait_max_ms.max(wait_ms as u64);
        self.tally.day.gate_queue_max = self.tally.day.gate_queue_max.max(who.found);
        let at_ms = absolute_ms(self.today.day, who.came_ms);
        let passage = Passage { at_ms, queue: who.found, wait_ms, checked, turned_back };
        self.shared.gate_minutes.add(queue.kind, place, passage);
    }

    /// The random numbers of a plan's trip at gates of a kind: whether it passes one, where, whether it is checked, how long the officer
    /// takes.
    fn words_at_gate(&self, cell: &Cell<'_>, id: PlanId, kind: u32) -> [u32; 4] {
        let plan = &cell.day.plans[usize::from(id.index)];
        let resident = cell.people.first_resident + u32::from(plan.resident);
        self.world.streams.block_of_try(resident, self.today.day, Stage::Gate, plan.item, kind)
    }
}

/// The flag of a plan for what was put off with the departure.
const fn put_off(act: Act) -> Flags {
    match act {
        Act::Come => Flags::COMING_PUT_OFF,
        _ => Flags::CHECK_PUT_OFF,
    }
}
