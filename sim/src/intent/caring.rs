//! Patients at home: when they are asked to check in, and answer.

use passes::{Channel, Purpose};

use super::{Desk, Planner};
use crate::draw::{Stage, scale};
use crate::plan::{Act, Plan};
use crate::profile::HOUR_MS;

impl Planner<'_> {
    /// Plans the answers of today's patients. The prompts of a day are spread over its hours, each in its own part of them.
    pub(super) fn patients_check_in(&mut self, desk: &Desk) {
        let settings = self.world.patients;
        let from_ms = u32::from(settings.prompts_from_h) * HOUR_MS;
        let length_ms = u32::from(settings.prompts_until_h) * HOUR_MS - from_ms;
        self.tally.day.patients += desk.patients.len() as u64;
        for patient in &desk.patients {
            let who = self.number_of(*patient);
            for prompt in 0..u16::from(settings.prompts_per_day) {
                let words = self.world.streams.block(who, self.today.day, Stage::CheckIn, prompt);
                let [moment, answers, delay, _] = words;
                if !self.world.chances.answers.holds(answers) {
                    self.tally.day.missed_check_ins += 1;
                    continue;
                }
                let part_ms = length_ms / u32::from(settings.prompts_per_day);
                let asked_ms = from_ms + u32::from(prompt) * part_ms + scale(moment, part_ms);
                let after_ms = self.world.delays.check_in.at(delay).min(12 * HOUR_MS);
                let answered_ms = (asked_ms + after_ms) as i32;
                let plan = Plan::new(self.people, *patient, Purpose::Doctor, answered_ms, Channel::App);
                let plan = self.plan(Plan { item: prompt, latest_ms: answered_ms + HOUR_MS as i32, ..plan });
                self.happens(answered_ms, plan, Act::CheckIn);
            }
        }
    }
}
