//! Trying one rate against the target.

use std::num::NonZeroU64;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use demand::number::{rate, share, time_us};

use super::ground::Ground;
use super::search::Trial;
use super::steady::{Movement, moving};
use super::{Phase, Search, Step};
use crate::{Arrivals, LoadError, LoadResult, LoadSettings, Measure, Mix, Options, Plan, RatePoint, Spacing, Verdict};

/// A step whose percentiles move is held for at most so many times its usual length.
const MOST_STRETCHED: u32 = 4;

/// Tries rates, and keeps what each showed.
pub(super) struct Probe<'a> {
    pub(super) search: &'a Search<'a>,
    pub(super) mix: Mix,
    ground: Box<dyn Ground + 'a>,
    steps: Vec<Step>,
    /// How many runs were made.
    played: u64,
    started: Instant,
}

impl<'a> Probe<'a> {
    pub(super) fn new(search: &'a Search<'a>, ground: Box<dyn Ground + 'a>) -> Self {
        let mix = search.path.mix(search.purpose, search.issues_per_resident);
        Probe { search, mix, ground, steps: Vec::new(), played: 0, started: Instant::now() }
    }

    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    /// Offers `rate_per_s`, for longer while it holds and its percentiles move, and for longer once when its answers fell behind: a
    /// stall that ends just before the step does leaves the same mark as too high a rate, but not twice. When there is no time for longer,
    /// what was shown stands.
    pub(super) fn step(&mut self, phase: Phase, rate_per_s: f64) -> Result<Trial, LoadError> {
        let base = self.measured(phase, rate_per_s);
        let (mut stretch, mut fell_behind) = (1, false);
        let mut so_far = Trial::OutOfTime;
        loop {
            if self.search.options.stop.load(Ordering::Relaxed) {
                return Ok(Trial::Stopped);
            }
            let plan = self.plan(as_many_as_meant(rate_per_s, self.warm_up() + base * stretch), base * stretch);
            let longest_s = self.search.settings.longest_s;
            if self.started.elapsed().as_secs_f64() > longest_s || !self.is_ready_within(&plan, longest_s) {
                return Ok(so_far);
            }
            let shown = self.offer(phase, rate_per_s, &plan)?;
            if shown.trial() != Trial::Held {
                self.wait_for_recovery()?;
            }
            let is_decided = match shown {
                Shown::Moving => stretch >= MOST_STRETCHED || phase == Phase::Bracket,
                Shown::Behind => std::mem::replace(&mut fell_behind, true) || stretch >= MOST_STRETCHED,
                Shown::Clear(_) => true,
            };
            so_far = shown.trial();
            if is_decided {
                return Ok(so_far);
            }
            stretch *= 2;
        }
    }

    /// Offers `rate_per_s` once; what it showed.
    fn offer(&mut self, phase: Phase, rate_per_s: f64, plan: &Plan) -> Result<Shown, LoadError> {
        let warm_up = self.warm_up();
        let result = self.play(plan, warm_up, self.search.options.settings)?;
        let (mut shown, mut why) = judge_step(&result, self.search.settings.tolerance.get());
        let whole_s = warm_up.as_secs_f64().ceil() as u32..plan.duration().as_secs_f64().floor() as u32;
        if shown.trial() == Trial::Held
            && let Some(moved) = moving(&result.intervals, whole_s, &self.search.options.slo)
        {
            let Movement { kind, percentile, before_ms, after_ms } = moved;
            let [before, after] = [before_ms, after_ms].map(|half_ms| time_us(1e3 * half_ms));
            why += &format!(" Not steady: {kind}, {percentile} %: {before} in the first half, {after} in the second.");
            shown = Shown::Moving;
        }
        self.keep(phase, rate_per_s, result, shown.trial() == Trial::Held, why);
        Ok(shown)
    }

    pub(super) fn warm_up(&self) -> Duration {
        Duration::from_secs_f64(self.search.settings.warm_up_s)
    }

    /// The path's mix at the instants of `arrivals`: `measured` long, after the warm-up.
    pub(super) fn plan(&self, arrivals: Arrivals, measured: Duration) -> Plan {
        Plan::Rate { arrivals, duration: self.warm_up() + measured, mix: self.mix.clone() }
    }

    /// Whether the passes that `plan` needs can be issued before the search is `within_s` old, as fast as the last ones were. Under
    /// `blind` each check needs a pass of its own, and each pass a signature: preparing ten times the load takes many times as long as playing it.
    pub(super) fn is_ready_within(&self, plan: &Plan, within_s: f64) -> bool {
        let ready_in_s = self.ground.ready_in_s(plan);
        ready_in_s == 0.0 || self.started.elapsed().as_secs_f64() + ready_in_s <= within_s
    }

    /// Plays `plan`, of which what comes before `warm_up` is over is not measured.
    pub(super) fn play(
        &mut self,
        plan: &Plan,
        warm_up: Duration,
        settings: LoadSettings,
    ) -> Result<LoadResult, LoadError> {
        // Each step draws anew, or a lucky sequence of arrivals would be lucky again when the edge is tried again.
        let seed = self.search.options.seed.wrapping_add(self.played);
        self.played += 1;
        self.ground.play(plan, &Options { warm_up, seed, settings, ..self.search.options })
    }

    /// Waits until the last step has no part in the next one.
    pub(super) fn wait_for_recovery(&self) -> Result<(), LoadError> {
        self.ground.wait_for_recovery()
    }

    /// Keeps a step as evidence, without its intervals.
    pub(super) fn keep(&mut self, phase: Phase, rate_per_s: f64, mut result: LoadResult, held: bool, why: String) {
        result.intervals = Vec::new();
        let step = Step {
            path: self.search.path.name(),
            step: self.steps.len() as u32,
            phase,
            offered_per_s: rate_per_s,
            throughput_per_s: result.throughput_per_s,
            goodput_per_s: result.goodput_per_s,
            held,
            why,
            result,
        };
        (self.search.on_step)(&step);
        self.steps.push(step);
    }

    /// How long a rate is measured: long enough for the objective to be believed (rule of three).
    fn measured(&self, phase: Phase, rate_per_s: f64) -> Duration {
        let step_s = match phase {
            Phase::Bracket => self.search.settings.bracket_step_s,
            Phase::Bisect | Phase::Confirm | Phase::Beyond => self.search.settings.step_s,
        };
        Duration::from_secs_f64(step_s.max(self.search.options.slo.least_requests() / rate_per_s))
    }
}

/// What one offer showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// This, whatever a longer one would show.
    Clear(Trial),
    /// It held, but its percentiles moved.
    Moving,
    /// It failed, but only in that answers were missing at its end.
    Behind,
}

impl Shown {
    /// What it counts as, if nothing more is tried.
    fn trial(self) -> Trial {
        match self {
            Shown::Clear(trial) => trial,
            Shown::Moving => Trial::Held,
            Shown::Behind => Trial::Failed,
        }
    }
}

/// Independent arrivals at `rate_per_s`, as many in all of `duration` as the rate says: chance would else offer a percent more or less,
/// which is what a search is to tell apart.
fn as_many_as_meant(rate_per_s: f64, duration: Duration) -> Arrivals {
    let of = NonZeroU64::new((rate_per_s * duration.as_secs_f64()).round() as u64).unwrap_or(NonZeroU64::MIN);
    Arrivals::Curve { points: vec![RatePoint { at_s: 0.0, rate_per_s }], spacing: Spacing::Binomial { of } }
}

/// What a step showed, and why.
///
/// Besides the objectives the answers must keep up: with a limit of L seconds, an overload by less than L ÷ duration would not
/// show in the percentile of so short a step. So at most half the tolerance of what was asked in the measured time may be missing
/// from what was answered in it.
pub(super) fn judge_step(result: &LoadResult, tolerance: f64) -> (Shown, String) {
    if !result.complete {
        return (Shown::Clear(Trial::Stopped), "It was stopped.".into());
    }
    if result.verdict == Verdict::Unusable {
        let warnings: Vec<String> = result.warnings.iter().map(ToString::to_string).collect();
        return (Shown::Clear(Trial::Spoiled), warnings.join(" "));
    }
    if result.verdict == Verdict::Failed {
        return (Shown::Clear(Trial::Failed), result.failures.join(" "));
    }
    let behind = 1.0 - result.throughput_per_s / result.asked_per_s;
    if behind > tolerance / 2.0 {
        let why = format!(
            "The answers fell behind: {} of {} asked, {} less (bound {}).",
            rate(result.throughput_per_s),
            rate(result.asked_per_s),
            share(behind),
            share(tolerance / 2.0)
        );
        return (Shown::Behind, why);
    }
    let kinds = result.kinds.iter().map(|(kind, result)| {
        let p99_us = result.at_percentile_us(Measure::ResponseTime, 99.0);
        format!("{kind}: 99 % within {}, {} right.", time_us(p99_us), share(result.right_share()))
    });
    (Shown::Clear(Trial::Held), kinds.collect::<Vec<_>>().join(" "))
}
