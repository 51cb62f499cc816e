//! Passes that are issued as soon as they are asked for, which is what becomes of most where the service answers everyone alike.
//!
//! Such a pass needs no plan and no event: nothing that happens to others, nor what the resident does before leaving, can change what
//! comes of it. So they are found and counted in plain loops over all of a cell. Wherever that is not certain, the same outcome is
//! found event by event in resolution.

use demand::{Request, RequestKind, SimTime};

use super::courses::Course;
use super::wishes::Wish;
use super::{Desk, Planner};
use crate::draw::{Stage, Words};
use crate::lanes::look_up;
use crate::plan::absolute_ms;
use crate::profile::MINUTE_MS;
use crate::standing::Held;
use crate::uptake::{Applicant, Ms};
use crate::{Pass, PassOutcome};

/// Room for the passes that are issued at once.
#[derive(Clone, Debug, Default)]
pub(super) struct AtOnce {
    /// How long ahead the residents of the open wishes would ask, if they asked neither at the door nor on the evening before.
    leads_ms: Vec<u32>,
    /// When they ask, in milliseconds after midnight.
    asks_ms: Vec<i32>,
    /// Which residents have more on their hands than passes that are issued at once.
    is_busy: Vec<bool>,
    /// The wishes whose passes are issued at once.
    numbers: Vec<u16>,
    /// How their residents take to the service.
    uptake: Words,
}

impl Planner<'_> {
    /// Finds among the open wishes those whose passes are issued at once; the others stay open.
    pub(super) fn ask_at_once(&self, desk: &mut Desk) {
        let Desk { wishes, courses, open, open_words: [asking, _], entries, registering, at_once, .. } = desk;
        let AtOnce { leads_ms, asks_ms, is_busy, numbers, uptake } = at_once;
        numbers.clear();
        if self.today.terms.iter().all(|terms| terms.passes.is_none()) {
            return;
        }
        self.draw_for(wishes, open, entries, (asking, Stage::Asking));
        let [how, moment, cancels, _] = asking.columns();
        look_up(self.world.uptake.lead_ms(), moment, leads_ms);
        is_busy.clear();
        is_busy.resize(self.people.residents.len(), false);
        registering.iter().for_each(|resident| is_busy[usize::from(*resident)] = true);
        let words = how.iter().zip(moment).zip(cancels.iter().zip(&*leads_ms));
        asks_ms.clear();
        asks_ms.extend(open.iter().zip(words).map(|(number, ((how, moment), (cancels, lead_ms)))| {
            let wish = &wishes[usize::from(*number)];
            let asks_ms = self.asks_ms(wish, [*how, *moment, *lead_ms]);
            is_busy[usize::from(wish.resident)] |= !self.is_issued_at_once(wish, asks_ms, *cancels);
            asks_ms
        }));
        // Both lists are written in any case, and one of them is kept: there is nothing to guess.
        numbers.resize(open.len(), 0);
        let (mut issued, mut others) = (0, 0);
        for index in 0..open.len() {
            let number = open[index];
            let is_busy = is_busy[usize::from(wishes[usize::from(number)].resident)];
            (numbers[issued], asks_ms[issued]) = (number, asks_ms[index]);
            open[others] = number;
            issued += usize::from(!is_busy);
            others += usize::from(is_busy);
        }
        numbers.truncate(issued);
        open.truncate(others);
        for number in &*numbers {
            courses[usize::from(*number)] = Course::Goes(PassOutcome::Issued);
        }
        self.draw_for(wishes, numbers, entries, (uptake, Stage::Uptake));
    }

    /// When the registered resident of `wish` asks for its pass, in milliseconds after midnight.
    #[inline]
    fn asks_ms(&self, wish: &Wish, [how, moment, lead_ms]: [u32; 3]) -> i32 {
        let advance_ms = self.today.terms[wish.purpose() as usize].passes.map_or(0, |passes| passes.advance_ms);
        let wanted_ms = self.wanted_ms(wish.departs_ms as i32, (how, moment), lead_ms, (0, advance_ms));
        let contact_ms = self.standing.contact_ms(wish.resident).unwrap_or(0) - self.today.day_ms;
        wanted_ms.max(contact_ms.clamp(Ms::from(i32::MIN), Ms::from(i32::MAX)) as i32)
    }

    /// Whether the resident of `wish` asks for a pass at `asks_ms`, has none yet, has it in time and keeps it, and nobody looks at it on
    /// the way.
    #[inline]
    fn is_issued_at_once(&self, wish: &Wish, asks_ms: i32, cancels: u32) -> bool {
        let terms = &self.today.terms[wish.purpose() as usize];
        let Some(passes) = &terms.passes else { return false };
        let complies = u32::from(self.people.compliance[usize::from(wish.resident)]) < terms.ranks;
        let in_time = asks_ms >= self.today.begins_ms() && asks_ms + passes.answer_ms <= wish.departs_ms as i32;
        let keeps = !self.world.chances.cancels.holds(cancels) & !wish.may_be_stopped;
        wish.fits()
            & complies
            & in_time
            & keeps
            & !self.standing.has_learnt(wish.household)
            & self.standing.is_registered(wish.resident)
            && !self.standing.holds_any(wish.resident, self.departs_min(wish))
    }

    /// Issues the passes that are issued at once.
    pub(super) fn issue(&mut self, desk: &Desk) {
        let Desk { wishes, at_once: AtOnce { asks_ms, numbers, uptake, .. }, .. } = desk;
        let wish = |number: &u16| &wishes[usize::from(*number)];
        let issued = numbers.iter().map(|number| (wish(number).resident, wish(number).purpose()));
        self.tally.issue_at_once(self.people, issued);
        let mut last = (u16::MAX, 0);
        let [app, ..] = uptake.columns();
        for ((number, asks_ms), app) in numbers.iter().zip(asks_ms).zip(app) {
            let wish = wish(number);
            // Of several passes of a resident the last one asked for is remembered.
            let is_last = last.0 != wish.resident || *asks_ms >= last.1;
            self.issue_for(wish, *asks_ms, (*app, is_last));
            last = (wish.resident, if last.0 == wish.resident { last.1.max(*asks_ms) } else { *asks_ms });
        }
    }

    #[inline]
    fn issue_for(&mut self, wish: &Wish, asks_ms: i32, (app, is_last): (u32, bool)) {
        let people = self.people;
        let purpose = wish.purpose();
        let Some(passes) = &self.today.terms[purpose as usize].passes else { return };
        let who = people.first_resident + u32::from(wish.resident);
        let place = people.places[usize::from(wish.household)];
        let asked_ms = absolute_ms(self.today.day, asks_ms);
        // Passes hold from a whole second on.
        let from_ms = absolute_ms(self.today.day, wish.departs_ms as i32 / 1_000 * 1_000);
        let until_ms = from_ms + Ms::from(passes.length_ms);
        let applicant = Applicant::new(people.residents[usize::from(wish.resident)], [app, 0, 0, 0]);
        let instant = |ms: Ms| SimTime::from_ms(ms as u64);
        let asked_at = instant(asked_ms);
        let request = Request { at: asked_at, resident: who, place, kind: RequestKind::Issue, purpose: Some(purpose) };
        let pass = Pass {
            asked_at,
            valid_from: instant(from_ms),
            valid_until: instant(until_ms),
            cancelled_at: None,
            resident: who,
            place,
            purpose,
            channel: self.world.uptake.channel(&applicant, asked_ms),
        };
        self.tally.request(self.today.day, &request);
        self.tally.fingerprint.add_pass(&pass);
        if is_last {
            let held = Held { until_min: (until_ms / Ms::from(MINUTE_MS)) as u32, is_annulled: false };
            self.standing.hold(wish.resident, purpose, held, false);
        }
        if self.wants.requests {
            self.day.requests.push(request);
        }
        if self.wants.passes {
            self.day.passes.push(pass);
        }
    }
}
