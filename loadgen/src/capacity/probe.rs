//! Trying one rate against the target.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use demand::number::{rate, share, time_us};

use super::search::Trial;
use super::steady::moving;
use super::{Phase, Search, Step};
use crate::control::Control;
use crate::prepare::missing;
use crate::{
    Arrivals, LoadError, LoadResult, LoadSettings, Measure, Mix, Options, Plan, Verdict, Wallet, prepare, run,
};

/// After a failed step the target is waited for at most so long.
const LONGEST_RECOVERY: Duration = Duration::from_secs(15);
/// The target has recovered when it answers within so many times its idle answer time ...
const RECOVERED: u32 = 5;
/// ... or within this, whichever is longer: an idle answer takes fractions of a millisecond, and chance as much.
const RECOVERED_LEAST: Duration = Duration::from_millis(10);
/// A step whose percentiles move is held for at most so many times its usual length.
const MOST_STRETCHED: u32 = 4;

/// How long a pass takes to prepare is told by at least so many of them.
const TELLING: u64 = 100;

/// Tries rates, and keeps what each showed.
pub(super) struct Probe<'a> {
    pub(super) search: &'a Search<'a>,
    pub(super) mix: Mix,
    control: Control,
    idle: Duration,
    wallet: Wallet,
    steps: Vec<Step>,
    /// How many runs were made.
    played: u64,
    started: Instant,
    /// Seconds that a pass took in the last preparation that can tell.
    pass_s: f64,
}

impl<'a> Probe<'a> {
    pub(super) fn new(search: &'a Search<'a>) -> Result<Self, LoadError> {
        let control = Control::new(search.target)?;
        let mut times = (0..9).map(|_| control.answer_time()).collect::<Result<Vec<_>, _>>()?;
        times.sort_unstable();
        Ok(Probe {
            mix: search.path.mix(search.purpose, search.issues_per_resident),
            idle: times[times.len() / 2],
            control,
            wallet: Wallet::new(search.options.settings.threads()),
            steps: Vec::new(),
            played: 0,
            started: Instant::now(),
            pass_s: 0.0,
            search,
        })
    }

    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    /// Offers `rate_per_s`, for longer while it holds and its percentiles move.
    pub(super) fn step(&mut self, phase: Phase, rate_per_s: f64) -> Result<Trial, LoadError> {
        let base = self.measured(phase, rate_per_s);
        let mut stretch = 1;
        loop {
            if self.search.options.stop.load(Ordering::Relaxed) {
                return Ok(Trial::Stopped);
            }
            let plan = self.plan(Arrivals::Poisson { rate_per_s }, base * stretch);
            let longest_s = self.search.settings.longest_s;
            if self.started.elapsed().as_secs_f64() > longest_s || !self.is_ready_within(&plan, longest_s) {
                return Ok(Trial::OutOfTime);
            }
            let (trial, is_moving) = self.offer(phase, rate_per_s, &plan)?;
            if trial != Trial::Held {
                self.wait_for_recovery()?;
            }
            if !is_moving || stretch >= MOST_STRETCHED || phase == Phase::Bracket {
                return Ok(trial);
            }
            stretch *= 2;
        }
    }

    /// Offers `rate_per_s` once; what it showed, and whether percentiles moved though it held.
    fn offer(&mut self, phase: Phase, rate_per_s: f64, plan: &Plan) -> Result<(Trial, bool), LoadError> {
        let warm_up = self.warm_up();
        let result = self.play(plan, warm_up, self.search.options.settings)?;
        let (trial, mut why) = judge_step(&result, self.search.settings.tolerance.get());
        let from_second = warm_up.as_secs_f64().ceil() as u32;
        let moving = moving(&result.intervals, from_second, &self.search.options.slo).filter(|_| trial == Trial::Held);
        if let Some((kind, before_ms, after_ms)) = moving {
            why += &format!(" Not steady: {kind} {before_ms:.1} ms in the first half, {after_ms:.1} ms in the second.");
        }
        self.keep(phase, rate_per_s, result, trial == Trial::Held, why);
        Ok((trial, moving.is_some()))
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
        let missing = missing(plan, &self.wallet) as f64;
        missing == 0.0 || self.started.elapsed().as_secs_f64() + missing * self.pass_s <= within_s
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
        let options = Options { warm_up, seed, settings, ..self.search.options };
        let begun = Instant::now();
        let prepared = prepare(self.search.target, plan, &mut self.wallet, &options)?;
        if prepared.passes >= TELLING {
            self.pass_s = begun.elapsed().as_secs_f64() / prepared.passes as f64;
        }
        run(self.search.target, plan, &mut self.wallet, &options)
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

    /// Waits until the target answers about as fast as it did when idle. One that does not recover shows it in the next step.
    pub(super) fn wait_for_recovery(&self) -> Result<(), LoadError> {
        let start = Instant::now();
        let enough = (self.idle * RECOVERED).max(RECOVERED_LEAST);
        while self.control.answer_time()? > enough && start.elapsed() < LONGEST_RECOVERY {
            std::thread::sleep(RECOVERED_LEAST);
        }
        Ok(())
    }
}

/// Whether a step held, and why.
///
/// Besides the objectives the answers must keep up: with a limit of L seconds, an overload by less than L ÷ duration would not
/// show in the percentile of so short a step. So at most half the tolerance of what was asked in the measured time may be missing
/// from what was answered in it.
pub(super) fn judge_step(result: &LoadResult, tolerance: f64) -> (Trial, String) {
    if !result.complete {
        return (Trial::Stopped, "It was stopped.".into());
    }
    if result.verdict == Verdict::Unusable {
        let warnings: Vec<String> = result.warnings.iter().map(ToString::to_string).collect();
        return (Trial::Spoiled, warnings.join(" "));
    }
    if result.verdict == Verdict::Failed {
        return (Trial::Failed, result.failures.join(" "));
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
        return (Trial::Failed, why);
    }
    let kinds = result.kinds.iter().map(|(kind, result)| {
        let p99_us = result.at_percentile_us(Measure::ResponseTime, 99.0);
        format!("{kind}: 99 % within {}, {} right.", time_us(p99_us), share(result.right_share()))
    });
    (Trial::Held, kinds.collect::<Vec<_>>().join(" "))
}
