//! What happens beyond the edge: goodput at many times the usable load, the way back, and a sweep over concurrency.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::probe::{Probe, judge_step};
use super::steady::well_again;
use super::usl::{Concurrency, UslFit};
use super::{Phase, Recovery, Sweep};
use crate::{Arrivals, LoadError, LoadSettings, Plan, Spacing, Verdict};

/// How many times the usable load is offered, one after the other.
const TIMES_USABLE: [f64; 4] = [1.5, 2.0, 5.0, 10.0];
/// After the overload this part of the usable load is offered, which a healthy target serves with ease.
const CALM: f64 = 0.5;
/// So long the way back is watched.
const WATCHED_S: f64 = 8.0;
/// The sizes of a sweep double up to this.
const MOST_CONNECTIONS: u32 = 256;

impl Probe<'_> {
    /// Offers more than is usable, up to ten times, and no more than `max_per_s` of the settings; the highest rate that the generator kept up with.
    ///
    /// A person who finds no connection goes away, as at a full accept queue: no more wait than connections are allowed, and the
    /// others are dropped, and counted. With an endless queue in front of it no server could answer in time.
    pub(super) fn go_beyond(&mut self, usable_per_s: f64) -> Result<Option<f64>, LoadError> {
        let settings = self.search.settings;
        let mut highest_per_s = None;
        for times in TIMES_USABLE {
            let rate_per_s = times * usable_per_s;
            let plan = self.plan(Arrivals::Poisson { rate_per_s }, Duration::from_secs_f64(settings.beyond_step_s));
            if self.is_stopped() || rate_per_s > settings.max_per_s || !self.is_worth_preparing(&plan) {
                break;
            }
            let result = self.play(&plan, self.warm_up(), self.impatient())?;
            let is_sound = result.verdict != Verdict::Unusable;
            let (_, why) = judge_step(&result, settings.tolerance.get());
            self.keep(Phase::Beyond, rate_per_s, result, false, why);
            self.wait_for_recovery()?;
            if !is_sound {
                break;
            }
            highest_per_s = Some(rate_per_s);
        }
        Ok(highest_per_s)
    }

    /// Offers `overload_per_s` and then, without a pause, half of what is usable: how long the target still suffers.
    /// None when its passes would take too long to prepare, or the generator was the limit.
    pub(super) fn recover(&mut self, usable_per_s: f64, overload_per_s: f64) -> Result<Option<Recovery>, LoadError> {
        let overload_s = self.search.settings.beyond_step_s.max(1.0).round();
        let calm_per_s = CALM * usable_per_s;
        let jump = |at_s, rate_per_s| crate::RatePoint { at_s, rate_per_s };
        let points = vec![jump(0.0, overload_per_s), jump(overload_s, overload_per_s), jump(overload_s, calm_per_s)];
        let arrivals = Arrivals::Curve { points, spacing: Spacing::Poisson };
        let duration = Duration::from_secs_f64(overload_s + WATCHED_S);
        let plan = Plan::Rate { arrivals, duration, mix: self.mix.clone() };
        if !self.is_worth_preparing(&plan) {
            return Ok(None);
        }
        let result = self.play(&plan, Duration::ZERO, self.impatient())?;
        let well_after = well_again(&result.intervals, overload_s as u32, &self.search.options.slo);
        self.wait_for_recovery()?;
        // Whose generator fell behind says nothing of the way back.
        if result.verdict == Verdict::Unusable {
            return Ok(None);
        }
        let well_after_s = well_after.map(f64::from);
        Ok(Some(Recovery { overload_per_s, calm_per_s, well_after_s, watched_s: WATCHED_S }))
    }

    /// Keeps more and more connections busy, and fits the Universal Scalability Law to what is answered.
    pub(super) fn sweep(&mut self) -> Result<Sweep, LoadError> {
        let settings = self.search.settings;
        let mut points = Vec::new();
        let most = MOST_CONNECTIONS.min(self.search.options.settings.connections_max);
        let sizes = std::iter::successors(Some(1), |size| Some(2 * size)).take_while(|size| *size <= most);
        for connections in sizes {
            let duration = self.warm_up() + Duration::from_secs_f64(settings.sweep_step_s);
            let plan = Plan::Closed { connections, duration, mix: self.mix.clone() };
            if self.is_stopped() || !self.is_worth_preparing(&plan) {
                break;
            }
            let result = self.play(&plan, self.warm_up(), self.search.options.settings)?;
            if result.verdict != Verdict::Unusable {
                let right: u64 = result.kinds.values().map(|kind| kind.counts.right).sum();
                let answered: u64 = result.kinds.values().map(|kind| kind.counts.answered).sum();
                let throughput_per_s = result.throughput_per_s * right as f64 / answered.max(1) as f64;
                points.push(Concurrency { connections, throughput_per_s });
            }
        }
        Ok(Sweep { fit: UslFit::of(&points), points })
    }

    /// What lies beyond the edge may take as long as the edge itself, where passes must be issued for it.
    fn is_worth_preparing(&self, plan: &Plan) -> bool {
        self.is_ready_within(plan, 2.0 * self.search.settings.longest_s)
    }

    fn is_stopped(&self) -> bool {
        self.search.options.stop.load(Ordering::Relaxed)
    }

    /// The settings with no longer a queue than connections.
    fn impatient(&self) -> LoadSettings {
        let settings = self.search.options.settings;
        LoadSettings { backlog_max: settings.connections_max, ..settings }
    }
}
