//! The capacity search: how much load a target carries within the objectives.

mod beyond;
mod ground;
mod probe;
#[cfg(test)]
mod reckoned;
mod search;
mod steady;
mod usl;

use std::fmt;

use passes::{Fault, Purpose, Share};
use serde::{Deserialize, Serialize};

use crate::{Kind, LoadError, LoadResult, Measure, Mix, Options, Target, Wallet};
pub use usl::{Concurrency, Estimate, UslFit, students_t};

/// How the search is made: the `[capacity]` section of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CapacitySettings {
    /// The first rate tried, in requests per second.
    pub start_per_s: f64,
    /// The highest rate tried, in requests per second.
    pub max_per_s: f64,
    /// The measured part of a step while the rate still doubles, in seconds.
    pub bracket_step_s: f64,
    /// The measured part of a step near the edge, in seconds.
    pub step_s: f64,
    /// The part before it that is sent and not measured, in seconds.
    pub warm_up_s: f64,
    /// How near the highest rate that held and the lowest that failed must come, as a share of the rate.
    pub tolerance: Share,
    /// How often the edge, and the rates next below and above it, are tried again: a rate that fails on repetition did not hold.
    pub repetitions: u32,
    /// So long after its start a search for the edge begins no further step, in seconds; what was shown by then stands.
    pub longest_s: f64,
    /// How long 1.5, 2, 5 and 10 times the usable load are offered, each, in seconds; 0: not at all, and no way back is watched.
    pub beyond_step_s: f64,
    /// How long each size of a sweep over concurrency is held, in seconds; 0: no sweep.
    pub sweep_step_s: f64,
}

impl Default for CapacitySettings {
    /// From 500/s by doubling to at most 1,000,000/s, more than a generator sends; steps of 1 s and, near the edge, 3 s after 0.5 s; 5 %; two repetitions; two
    /// minutes; then 3 s of each overload and 1 s of each concurrency (assumptions: a search takes about a minute at 10,000/s, and longer
    /// where the target is unsteady).
    fn default() -> Self {
        CapacitySettings {
            start_per_s: 500.0,
            max_per_s: 1_000_000.0,
            bracket_step_s: 1.0,
            step_s: 3.0,
            warm_up_s: 0.5,
            tolerance: Share::of(0.05),
            repetitions: 2,
            longest_s: 120.0,
            beyond_step_s: 3.0,
            sweep_step_s: 1.0,
        }
    }
}

impl CapacitySettings {
    /// Everything that is wrong with these settings though each value can be read.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let positive = [
            ("capacity.start_per_s", self.start_per_s),
            ("capacity.max_per_s", self.max_per_s),
            ("capacity.bracket_step_s", self.bracket_step_s),
            ("capacity.step_s", self.step_s),
            ("capacity.longest_s", self.longest_s),
        ];
        for (key, value) in positive {
            if !(value > 0.0 && value.is_finite()) {
                faults.push(Fault::new(key, format!("{value} is too little; write a number above 0")));
            }
        }
        let times = [
            ("capacity.warm_up_s", self.warm_up_s),
            ("capacity.beyond_step_s", self.beyond_step_s),
            ("capacity.sweep_step_s", self.sweep_step_s),
        ];
        for (key, time_s) in times {
            if !(time_s >= 0.0 && time_s.is_finite()) {
                faults.push(Fault::new(key, format!("{time_s} s is no time; write 0 or more")));
            }
        }
        if self.max_per_s < self.start_per_s {
            let message = format!("the highest rate ({}) is below the first ({})", self.max_per_s, self.start_per_s);
            faults.push(Fault::new("capacity.max_per_s", message));
        }
        if self.tolerance.get() < 0.005 {
            faults.push(Fault::new(
                "capacity.tolerance",
                "no search comes nearer than half a percent, chance is greater; write 0.005 or more",
            ));
        }
        faults
    }
}

/// What is asked in a search.
#[derive(Clone, Debug, PartialEq)]
pub enum Path {
    /// Passes are issued.
    Issue,
    /// Passes are verified.
    Verify,
    /// Kinds in these shares, such as a day's own.
    Mix(Vec<(Kind, f64)>),
}

impl Path {
    /// The name in files.
    pub const fn name(&self) -> &'static str {
        match self {
            Path::Issue => "issue",
            Path::Verify => "verify",
            Path::Mix(_) => "mix",
        }
    }

    fn mix(&self, purpose: Purpose, issues_per_resident: Option<u32>) -> Mix {
        let mut mix = match self {
            Path::Issue => Mix::only(Kind::Issue),
            Path::Verify => Mix::only(Kind::Verify),
            Path::Mix(parts) => Mix::new(parts),
        };
        (mix.purpose, mix.issues_per_resident) = (purpose, issues_per_resident);
        mix
    }
}

/// A search to be made.
pub struct Search<'a> {
    /// The server.
    pub target: &'a Target,
    /// How.
    pub settings: CapacitySettings,
    /// What is asked.
    pub path: Path,
    /// What passes are asked for; the target's policy must allow it.
    pub purpose: Purpose,
    /// How many passes for it one resident may have under that policy; none: no limit.
    pub issues_per_resident: Option<u32>,
    /// Bounds, objectives, seed, stop flag and progress; the warm-up is that of the settings.
    pub options: Options<'a>,
    /// Called after each step.
    pub on_step: &'a dyn Fn(&Step),
}

/// Where in the search a step was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The rate doubles, or halves, until the edge is between two rates.
    Bracket,
    /// The edge is narrowed down.
    Bisect,
    /// The highest rate that held is tried again, and its neighbours.
    Confirm,
    /// More than is usable is offered, to see what is left of goodput.
    Beyond,
}

impl Phase {
    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Bracket => "bracket",
            Phase::Bisect => "bisect",
            Phase::Confirm => "confirm",
            Phase::Beyond => "beyond",
        }
    }
}

/// One rate, tried once.
#[derive(Clone, Debug)]
pub struct Step {
    /// The name of the path.
    pub path: &'static str,
    /// The number of the step in its search, from 0.
    pub step: u32,
    /// Where in the search.
    pub phase: Phase,
    /// The offered load, in requests per second.
    pub offered_per_s: f64,
    /// What was measured, without its intervals.
    pub result: LoadResult,
    /// Answers per second.
    pub throughput_per_s: f64,
    /// Right answers in time, per second.
    pub goodput_per_s: f64,
    /// Whether the objectives held and the answers kept up.
    pub held: bool,
    /// Why, as sentences with numbers.
    pub why: String,
}

impl Step {
    /// Kleinrock's power: goodput divided by mean response time. The rate at which it is greatest is the knee.
    pub fn power(&self) -> f64 {
        let times = self.result.kinds.values().map(|kind| kind.times(Measure::ResponseTime));
        let (count, sum) = times.fold((0.0, 0.0), |(count, sum), times| {
            let here = times.len() as f64;
            (count + here, sum + here * times.mean())
        });
        if sum > 0.0 { self.goodput_per_s * count / sum } else { 0.0 }
    }
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The edge is known within the tolerance.
    Found,
    /// No rate held, down to a sixteenth of the first.
    NothingHeld,
    /// The highest rate allowed held.
    MaxReached,
    /// The generator was the limit of two steps in turn: what held is proven, what the target could do beyond is not known.
    GeneratorLimited,
    /// The edge failed on each repetition; the result is the highest rate below that held.
    Unsteady,
    /// Its time was used up: the edge lies between what held and what failed, and was not confirmed.
    OutOfTime,
    /// It was stopped.
    Stopped,
}

impl Ended {
    /// Whether it was the target that ended it, so that more load than was usable can be offered.
    fn is_of_target(self) -> bool {
        matches!(self, Ended::Found | Ended::Unsteady | Ended::OutOfTime)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ended::Found => "The edge was found and confirmed.",
            Ended::NothingHeld => "No rate held, down to a sixteenth of the first; write a lower capacity.start_per_s, or look at what failed.",
            Ended::MaxReached => "The highest rate allowed still held; raise capacity.max_per_s to go further.",
            Ended::GeneratorLimited => {
                "The generator, not the target, was the limit: the target can do at least what held. Use more sending threads or another machine."
            }
            Ended::Unsteady => {
                "The edge held once and failed on repetition, time and again: the target is unsteady there, and the result is cautious."
            }
            Ended::OutOfTime => {
                "The time for the search was used up: the edge lies between what held and what failed, and was not confirmed. Raise capacity.longest_s to look closer."
            }
            Ended::Stopped => "The search was stopped before its end.",
        })
    }
}

/// What was found of one path.
#[derive(Clone, Debug)]
pub struct PathCapacity {
    /// `issue`, `verify` or `mix`.
    pub path: String,
    /// The highest offered load that held, its repetition included, in requests per second.
    pub usable_per_s: Option<f64>,
    /// The highest that held each time (0 for none) and the lowest that failed each time (none when none did).
    pub interval_per_s: (f64, Option<f64>),
    /// The offered load with the greatest power (goodput ÷ mean response time).
    pub knee_per_s: Option<f64>,
    /// The highest throughput seen, whatever became of the objectives.
    pub saturation_per_s: f64,
    /// How the search ended.
    pub ended: Ended,
    /// How the target came back from overload; none when that was not asked for, or the generator could not bring it there.
    pub recovery: Option<Recovery>,
    /// What more and more concurrency brought; without points when that was not asked for.
    pub sweep: Sweep,
    /// The evidence: each step in order, spoiled ones included (their verdict says so).
    pub steps: Vec<Step>,
}

impl PathCapacity {
    /// The highest load beyond the usable one that the generator kept up with: what was offered, and the goodput that was left.
    pub fn furthest(&self) -> Option<&Step> {
        let beyond = |step: &&Step| step.phase == Phase::Beyond && step.result.verdict != crate::Verdict::Unusable;
        self.steps.iter().filter(beyond).max_by(|a, b| a.offered_per_s.total_cmp(&b.offered_per_s))
    }

    /// The highest goodput of any sound step.
    pub fn peak_goodput_per_s(&self) -> f64 {
        let sound = self.steps.iter().filter(|step| step.result.verdict != crate::Verdict::Unusable);
        sound.map(|step| step.goodput_per_s).fold(0.0, f64::max)
    }
}

/// The way back from overload: a target that stays slow long after it (hysteresis) turns a minute's rush into an hour's outage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovery {
    /// What was offered in the overload, in requests per second.
    pub overload_per_s: f64,
    /// What was offered after it.
    pub calm_per_s: f64,
    /// After so many whole seconds each further second kept its objectives; none when that was not within `watched_s`.
    pub well_after_s: Option<f64>,
    /// So long it was watched, in seconds.
    pub watched_s: f64,
}

/// A closed-loop sweep over concurrency.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sweep {
    /// Right answers per second by connections kept busy, as far as the generator was not the limit.
    pub points: Vec<Concurrency>,
    /// The law that fits them; none with fewer than four.
    pub fit: Option<UslFit>,
}

/// The capacities of several paths of one target.
#[derive(Clone, Debug, Default)]
pub struct CapacityResult {
    /// One for each path searched.
    pub paths: Vec<PathCapacity>,
}

/// Finds the usable capacity of one path. `docs/measurement.md` states the rules with their reasons.
///
/// # Errors
/// [`LoadError`] when the settings are impossible, or the target cannot be prepared.
pub fn find_capacity(search: &Search<'_>) -> Result<PathCapacity, LoadError> {
    let faults = search.settings.faults();
    if !faults.is_empty() {
        return Err(LoadError::Impossible(faults));
    }
    let server = ground::Server::new(search.target, Wallet::new(search.options.settings.threads()))?;
    find_on(Box::new(server), search)
}

/// Finds the usable capacity of `ground`.
fn find_on(ground: Box<dyn ground::Ground + '_>, search: &Search<'_>) -> Result<PathCapacity, LoadError> {
    let Search { settings, options, .. } = search;
    let mut probe = probe::Probe::new(search, ground);
    let found = search::seek(settings, options.seed, &mut |phase, rate_per_s| probe.step(phase, rate_per_s))?;
    let mut recovery = None;
    if let Some(usable_per_s) = found.held_per_s.filter(|_| settings.beyond_step_s > 0.0 && found.ended.is_of_target())
        && let Some(overload_per_s) = probe.go_beyond(usable_per_s)?
    {
        recovery = probe.recover(usable_per_s, overload_per_s)?;
    }
    let is_swept = settings.sweep_step_s > 0.0 && found.ended != Ended::Stopped;
    let sweep = if is_swept { probe.sweep()? } else { Sweep::default() };
    let steps = probe.into_steps();
    let sound = || steps.iter().filter(|step| step.result.verdict != crate::Verdict::Unusable);
    let knee = sound().filter(|step| step.power() > 0.0).max_by(|a, b| a.power().total_cmp(&b.power()));
    Ok(PathCapacity {
        path: search.path.name().to_owned(),
        usable_per_s: found.held_per_s,
        interval_per_s: (found.held_per_s.unwrap_or(0.0), found.failed_per_s),
        knee_per_s: knee.map(|step| step.offered_per_s),
        saturation_per_s: sound().map(|step| step.throughput_per_s).fold(0.0, f64::max),
        ended: found.ended,
        recovery,
        sweep,
        steps,
    })
}
