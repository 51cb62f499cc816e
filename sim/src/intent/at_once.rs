//! Passes that are issued as soon as they are asked for, which is what happens to most where the service answers everyone alike.
//!
//! Such a pass needs no plan and no event: nothing that happens to others, nor what the resident does before leaving, can change what
//! comes of it. They are counted in one loop over all of a cell. Where that is not certain, the same outcome is found event by event
//! in resolution.

use demand::{Request, RequestKind, SimTime};

use super::wishes::Wish;
use super::{Desk, Planner};
use crate::Pass;
use crate::draw::Words;
use crate::plan::absolute_ms;
use crate::profile::MINUTE_MS;
use crate::standing::Held;
use crate::uptake::{Applicant, Ms};

/// A pass that is issued at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Issue {
    /// The index of the wish.
    pub(super) number: u16,
    /// The index of the wish's random numbers among those of the open ones.
    pub(super) block: u16,
    /// When the resident asks, in milliseconds after midnight.
    pub(super) asks_ms: i32,
}

impl Planner<'_> {
    /// Whether the pass for `wish` is there in time if a registered resident asks for it at `asks_ms`, and nobody looks at it on the way.
    #[inline]
    pub(super) fn is_issued_at_once(&self, wish: &Wish, asks_ms: i32) -> bool {
        let Some(passes) = &self.today.terms[wish.purpose() as usize].passes else { return false };
        asks_ms >= self.today.begins_ms()
            && asks_ms + passes.answer_ms <= wish.departs_ms as i32
            && self.is_stopped_ms(wish).is_none()
    }

    /// Issues the passes that are issued at once.
    pub(super) fn issue(&mut self, desk: &Desk) {
        let Desk { wishes, issues, open_words: [.., uptake], .. } = desk;
        for issue in issues {
            self.issue_for(&wishes[usize::from(issue.number)], issue, uptake);
        }
    }

    #[inline]
    fn issue_for(&mut self, wish: &Wish, issue: &Issue, uptake: &Words) {
        let (world, people) = (self.world, self.people);
        let purpose = wish.purpose();
        let Some(passes) = &self.today.terms[purpose as usize].passes else { return };
        let who = people.first_resident + u32::from(wish.resident);
        let place = people.places[usize::from(wish.household)];
        let asked_ms = absolute_ms(self.today.day, issue.asks_ms);
        // Passes hold from a whole second on.
        let from_ms = absolute_ms(self.today.day, wish.departs_ms as i32 / 1_000 * 1_000);
        let until_ms = from_ms + Ms::from(passes.length_ms);
        let applicant = Applicant::new(people.residents[usize::from(wish.resident)], uptake.at(issue.block.into()));
        let instant = |ms: Ms| SimTime::from_ms(ms as u64);
        let request =
            Request { at: instant(asked_ms), resident: who, place, kind: RequestKind::Issue, purpose: Some(purpose) };
        let pass = Pass {
            asked_at: instant(asked_ms),
            valid_from: instant(from_ms),
            valid_until: instant(until_ms),
            cancelled_at: None,
            resident: who,
            place,
            purpose,
            channel: world.uptake.channel(&applicant, asked_ms),
        };
        self.tally.request(self.today.day, &request);
        self.tally.fingerprint.add_pass(&pass);
        self.tally.issued_at_once(people, wish.resident, wish.household, purpose);
        let held = Held { until_min: (until_ms / Ms::from(MINUTE_MS)) as u32, is_annulled: false };
        self.standing.hold(wish.resident, purpose, held, false);
        if self.wants.requests {
            self.day.requests.push(request);
        }
        if self.wants.records {
            self.day.passes.push(pass);
        }
    }
}
