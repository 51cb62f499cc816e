//! Residents and the policy: who asks for a pass and when, who registers, who will meet an officer.

use std::hint::select_unpredictable;

use passes::{Channel, Outing, Permission};

use super::courses::Course;
use super::registering::Dealings;
use super::wishes::Wish;
use super::{Desk, Planner};
use crate::PassOutcome;
use crate::draw::{Stage, Streams, Words, scale};
use crate::plan::{Act, Event, Flags, NO_TRIP, Plan, PlanId, PlanState};
use crate::profile::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::standing::{Held, Lesson};
use crate::uptake::{Applicant, Ms, complies};

/// Who asks at the door does so one to three minutes before leaving.
const AT_THE_DOOR_MS: std::ops::Range<u32> = MINUTE_MS..3 * MINUTE_MS;
/// Who asks ahead allows at least this much time.
const LEAST_LEAD_MS: u32 = 3 * MINUTE_MS;
/// Nobody asks for tomorrow's trips before today.
const LONGEST_LEAD_MS: Ms = DAY_MS as Ms;

/// A wish whose course is open, with the random numbers that may matter.
struct Open {
    /// The index of the wish.
    number: u16,
    asking: [u32; 4],
    applicant: Applicant,
}

impl Planner<'_> {
    /// Deals with the wishes whose course is open, and lets those register who do so today, resident by resident.
    pub(super) fn deal(&mut self, desk: &mut Desk) {
        self.draw_for_open(desk);
        let Desk { wishes, courses, open, open_words, registering, .. } = desk;
        let mut registering = registering.iter().copied().peekable();
        let resident = |number: u16| wishes[usize::from(number)].resident;
        let mut blocks = 0..;
        for numbers in open.chunk_by(|a, b| resident(*a) == resident(*b)) {
            let Wish { resident, .. } = wishes[usize::from(numbers[0])];
            while let Some(other) = registering.next_if(|other| *other < resident) {
                self.register_alone(other);
            }
            let registers_today = registering.next_if_eq(&resident).is_some();
            let mut dealings = registers_today.then(|| self.dealings(resident, true));
            for (number, block) in numbers.iter().zip(&mut blocks) {
                let [asking, uptake] = open_words.each_ref().map(|words| words.at(block));
                let applicant = Applicant::new(self.people.residents[usize::from(resident)], uptake);
                let open = Open { number: *number, asking, applicant };
                let wish = usize::from(*number);
                courses[wish] = self.decide_wish(&mut dealings, &wishes[wish..], &open);
            }
            if let Some(dealings) = dealings.filter(|dealings| dealings.registers_today) {
                self.register_of_own_accord(&dealings);
            }
        }
        registering.for_each(|other| self.register_alone(other));
        self.renew(desk);
    }

    /// Draws what may matter for the wishes that are open.
    fn draw_for_open(&self, desk: &mut Desk) {
        let Desk { wishes, open, entries, open_words: [asking, uptake], .. } = desk;
        self.draw_for(wishes, open, entries, (asking, Stage::Asking));
        self.draw_for(wishes, open, entries, (uptake, Stage::Uptake));
    }

    /// Draws for the wishes with these numbers what decides how they are asked for, or how their residents take to the service, which is
    /// the same on all days.
    pub(super) fn draw_for(
        &self,
        wishes: &[Wish],
        numbers: &[u16],
        entries: &mut Vec<[u32; 2]>,
        (words, stage): (&mut Words, Stage),
    ) {
        let wish = |number: &u16| &wishes[usize::from(*number)];
        entries.clear();
        if let Stage::Uptake = stage {
            entries.extend(numbers.iter().map(|number| Streams::entry(self.number_of(wish(number).resident), 0, 0)));
        } else {
            let entry = |wish: &Wish| Streams::entry(self.number_of(wish.resident), self.today.day, wish.item);
            entries.extend(numbers.iter().map(|number| entry(wish(number))));
        }
        self.world.streams.fill_items(words, entries, stage);
    }

    /// Decides about the first of these wishes, knowing what comes after it.
    fn decide_wish(&mut self, dealings: &mut Option<Dealings>, wishes: &[Wish], open: &Open) -> Course {
        let number = open.number;
        let wish = &wishes[0];
        if !wish.fits() {
            self.needs.stays_unmet(wish.purpose(), wish.household, wish.whose);
            return Course::ComesToNothing;
        }
        let compliance = self.people.compliance[usize::from(wish.resident)];
        match self.permission(wish) {
            Permission::Free => self.go(wish, number, PassOutcome::NotNeeded, None),
            Permission::Forbidden(_) if complies(self.world.chances.obeys, compliance) => Course::StaysAtHome,
            Permission::Forbidden(_) => self.go(wish, number, PassOutcome::Without, None),
            Permission::NeedsPass if !self.seeks(wish, compliance) => self.go(wish, number, PassOutcome::Without, None),
            Permission::NeedsPass => match self.held(wish) {
                Some(held) => self.go(wish, number, PassOutcome::Issued, Some(held)),
                None => {
                    let mut known = dealings.take().unwrap_or_else(|| self.dealings(wish.resident, false));
                    let course = self.ask(&mut known, wishes, open);
                    *dealings = Some(known);
                    course
                }
            },
        }
    }

    #[inline]
    fn permission(&self, wish: &Wish) -> Permission {
        self.today.terms[wish.purpose() as usize].permission.unwrap_or_else(|| {
            self.world.rules.permits(&Outing {
                purpose: wish.purpose(),
                at_s: self.world.unix_s(self.today.day_ms + Ms::from(wish.departs_ms)),
                distance_m: wish.distance_m(),
                group: self.people.residents[usize::from(wish.resident)].group(),
            })
        })
    }

    /// Whether the resident cares for a pass: by nature, or by what the household has learnt.
    #[inline]
    fn seeks(&self, wish: &Wish, compliance: u16) -> bool {
        match self.standing.lesson(wish.household) {
            Some(Lesson::Ask) => true,
            Some(Lesson::GoWithout) => false,
            None => complies(self.world.chances.seeks[wish.purpose() as usize], compliance),
        }
    }

    /// The minute of departure, after the first midnight.
    #[inline]
    pub(super) fn departs_min(&self, wish: &Wish) -> u32 {
        u32::from(self.today.day) * (DAY_MS / MINUTE_MS) + wish.departs_ms / MINUTE_MS
    }

    /// The pass that the resident has from before and that still holds at departure.
    fn held(&self, wish: &Wish) -> Option<Held> {
        let departs_min = self.departs_min(wish);
        let held = self.standing.held(wish.resident, wish.purpose()).filter(|held| held.until_min > departs_min);
        held.filter(|_| !self.standing.begins_after(wish.resident, wish.purpose(), departs_min))
    }

    /// Asks for a pass, having registered before; goes without one when it is too late for that.
    fn ask(&mut self, dealings: &mut Dealings, wishes: &[Wish], open: &Open) -> Course {
        let wish = &wishes[0];
        let departs_ms = wish.departs_ms as i32;
        let [how, moment, cancels, after] = open.asking;
        let lead_ms = self.world.uptake.lead_ms().at(moment);
        let ahead_ms = (self.earliest_ms(departs_ms), self.advance_ms(departs_ms));
        let wanted_ms = self.wanted_ms(departs_ms, (how, moment), lead_ms, ahead_ms);
        let (registers_ms, asks_ms) = self.registration_for(dealings, &open.applicant, wanted_ms, departs_ms);
        if asks_ms > departs_ms {
            return self.go(wish, open.number, PassOutcome::Without, None);
        }
        let channel = self.world.uptake.channel(&open.applicant, self.today.day_ms + Ms::from(asks_ms));
        let mut plan = Plan::new(self.people, wish.resident, wish.purpose(), departs_ms, channel);
        (plan.item, plan.whose, plan.asked_ms) = (wish.item, wish.whose, asks_ms);
        plan.latest_ms = departs_ms + self.slack_ms(wishes) as i32;
        plan.flags.set(Flags::GOES_ANYWAY, self.world.chances.goes_anyway.holds(after));
        let plan = self.plan(plan);
        match registers_ms {
            Some(registers_ms) => {
                dealings.contact_ms = registers_ms;
                (dealings.is_registered, dealings.registers_today) = (true, false);
                self.happens(registers_ms, plan, Act::Register);
            }
            None => self.happens(asks_ms, plan, Act::Ask),
        }
        if self.world.chances.cancels.holds(cancels) {
            let after_ms = scale(after, (departs_ms - asks_ms) as u32) as i32;
            self.happens(asks_ms + after_ms, plan, Act::GiveBack);
            self.needs.stays_unmet(wish.purpose(), wish.household, wish.whose);
            Course::ComesToNothing
        } else {
            self.go_with(wish, open.number, PassOutcome::Issued, Some(plan))
        }
    }

    /// When a resident would ask for the pass of a trip that departs at `departs_ms`, if nothing stood in the way: on the evening before,
    /// at the door, or `lead_ms` ahead. One may ask between so long before the departure.
    #[inline]
    pub(super) fn wanted_ms(
        &self,
        departs_ms: i32,
        (how, moment): (u32, u32),
        lead_ms: u32,
        (least_ms, most_ms): (i32, i32),
    ) -> i32 {
        let chances = &self.world.chances;
        let evening_hours = 24 - u32::from(self.world.behaviour.evening_from_h);
        let evening_ms = -(scale(moment, evening_hours * HOUR_MS) as i32) - 1;
        let in_evening = chances.evening_before.holds(how);
        let at_the_door = chances.at_the_door_or_before.holds(how) & !in_evening;
        let door_ms = AT_THE_DOOR_MS.start + scale(moment, AT_THE_DOOR_MS.end - AT_THE_DOOR_MS.start);
        let ahead_ms = select_unpredictable(at_the_door, door_ms, lead_ms.clamp(LEAST_LEAD_MS, DAY_MS)) as i32;
        let may_be_evening = in_evening & (self.today.day > 0) & (departs_ms - evening_ms <= most_ms);
        select_unpredictable(may_be_evening, evening_ms, departs_ms - ahead_ms.max(least_ms).min(most_ms))
    }

    /// How long ahead a pass for a trip that departs at `departs_ms` may be asked for.
    pub(super) fn advance_ms(&self, departs_ms: i32) -> i32 {
        let departs_s = self.world.unix_s(self.today.day_ms + Ms::from(departs_ms));
        (self.world.rules.advance_s(departs_s) * 1_000).min(LONGEST_LEAD_MS) as i32
    }

    /// How long before leaving one must ask for the pass to hold by then, with a minute to spare; nothing where it holds at once.
    pub(super) fn earliest_ms(&self, departs_ms: i32) -> i32 {
        let departs_s = self.world.unix_s(self.today.day_ms + Ms::from(departs_ms));
        match self.world.rules.earliest_start_s(departs_s) {
            0 => 0,
            earliest_s => ((earliest_s + 60) * 1_000).min(LONGEST_LEAD_MS) as i32,
        }
    }

    /// Makes a trip for which nothing is asked for.
    fn go(&mut self, wish: &Wish, number: u16, pass: PassOutcome, held: Option<Held>) -> Course {
        // Hardly anyone meets an officer.
        let meets = self.is_stopped_ms(wish).is_some() || self.comes_to_gate_ms(wish).is_some();
        let plan = meets.then(|| {
            let channel = Channel::Web;
            let mut plan = Plan::new(self.people, wish.resident, wish.purpose(), wish.departs_ms as i32, channel);
            (plan.item, plan.whose, plan.state) = (wish.item, wish.whose, PlanState::Over);
            if let Some(held) = held {
                plan.held_until_min = held.until_min;
                plan.flags.set(Flags::MALFORMED, held.is_annulled);
                plan.asked_ms = self.asked_before_ms(wish);
                plan.state = PlanState::Issued;
            }
            self.plan(plan)
        });
        self.go_with(wish, number, pass, plan)
    }

    /// When the pass was asked for that the resident of `wish` has from a day before, as far as it matters: should it be annulled today,
    /// it is at its hour.
    fn asked_before_ms(&self, wish: &Wish) -> i32 {
        let Some(annulled_min) = self.standing.annulled_from(wish.resident, wish.purpose()) else { return i32::MIN };
        let found_ms = Ms::from(self.world.behaviour.malformed_found_h) * Ms::from(HOUR_MS);
        let asked_ms = Ms::from(annulled_min) * Ms::from(MINUTE_MS) - found_ms - self.today.day_ms;
        asked_ms.clamp(i32::MIN.into(), i32::MAX.into()) as i32
    }

    /// Makes the trip, with the plan of its pass if there is one.
    fn go_with(&mut self, wish: &Wish, number: u16, pass: PassOutcome, plan: Option<u16>) -> Course {
        if let Some(plan) = plan {
            self.day.plans[usize::from(plan)].trip = number;
            if let Some(at_ms) = self.is_stopped_ms(wish) {
                self.happens(at_ms, plan, Act::Check);
            }
            if let Some(at_ms) = self.comes_to_gate_ms(wish) {
                self.happens(at_ms, plan, Act::Come);
            }
        }
        Course::Goes(pass)
    }

    pub(super) fn applicant(&self, resident: u16) -> Applicant {
        self.world.uptake.applicant(self.number_of(resident), self.people.residents[usize::from(resident)])
    }

    /// The number in the region of a resident of this cell.
    #[inline]
    pub(super) fn number_of(&self, resident: u16) -> u32 {
        self.people.first_resident + u32::from(resident)
    }

    pub(super) fn plan(&mut self, plan: Plan) -> u16 {
        debug_assert!(plan.trip == NO_TRIP);
        self.day.plans.push(plan);
        (self.day.plans.len() - 1) as u16
    }

    pub(super) fn happens(&mut self, at_ms: i32, plan: u16, act: Act) {
        let at_ms = at_ms.max(self.today.begins_ms());
        self.day.events.push(Event { at_ms, plan: PlanId { cell: 0, index: plan }, act }.key());
    }
}
