//! One run: threads out, results together.

mod gathered;
mod meter;
mod play;

use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use crate::engine::Pace;
use crate::live::Progress;
use crate::ports::{Ports, opened_per_s};
use crate::record::{Counts, Measured};
use crate::schedule::{Errand, Source};
use crate::{Kind, LoadError, LoadResult, LoadSettings, Plan, Slo, Target, Wallet, Warning};

pub(crate) use gathered::{add_times, kinds, sum};

use gathered::{Gathered, Surroundings};
use play::{Play, Played};

/// How a run is made.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Bounds, threads and bad passes.
    pub settings: LoadSettings,
    /// The objectives to judge by.
    pub slo: Slo,
    /// Everything random follows from it.
    pub seed: u64,
    /// What is due in this first part is sent and not measured.
    pub warm_up: Duration,
    /// When the first request is due; none: as soon as all is ready.
    pub start_at: Option<SystemTime>,
    /// Set it, and the run ends soon; what was measured is kept.
    pub stop: &'a AtomicBool,
    /// Called a few times a second.
    pub progress: &'a (dyn Fn(&Progress) + Sync),
}

/// Plays `plan` against `target` with the tokens and passes of `wallet`, which [`prepare`](crate::prepare) filled for it.
///
/// # Errors
/// [`LoadError::Impossible`] for a plan or settings that cannot be, [`LoadError::Tls`] when connections cannot be secured,
/// [`LoadError::System`] when the machine cannot poll sockets.
pub fn run(target: &Target, plan: &Plan, wallet: &mut Wallet, options: &Options<'_>) -> Result<LoadResult, LoadError> {
    let faults = [plan.faults(), plan.faults_at(target), options.settings.faults(), options.slo.faults()];
    let faults = faults.concat();
    if !faults.is_empty() {
        return Err(LoadError::Impossible(faults));
    }
    let measured = measured(plan, options);
    let pace = match plan {
        Plan::Closed { connections, .. } => Pace::Closed { connections: *connections as usize },
        _ => Pace::Open,
    };
    let people = wallet.people();
    let source = || plan.source(people, options.seed);
    let play = Play {
        target,
        get_path: plan.get_path(),
        pace,
        measured,
        start_at: options.start_at,
        metered: options.settings.read_metrics,
        source: &source,
    };
    let Played { started_at, target_cpu, reports } = play.all(wallet, options)?;
    wallet.issued += reports.iter().map(|report| report.issues).sum::<u64>();
    let surroundings = Surroundings {
        closed_loop: plan.is_closed(),
        started_at,
        target_cpu,
        target_is_here: target.is_loopback(),
        few_ports: few_ports(target, plan, &options.settings),
    };
    Ok(Gathered::new(reports).result(surroundings, measured, options))
}

/// Which part of `plan` is measured.
pub(crate) fn measured(plan: &Plan, options: &Options<'_>) -> Measured {
    let [from_ns, until_ns] = [options.warm_up, plan.duration()].map(|time| time.as_nanos() as u64);
    Measured { from_ns, until_ns, limits_ns: options.slo.limits_ns() }
}

/// What a run would have found of which this is the report.
#[cfg(test)]
pub(crate) fn result_of(report: crate::engine::LaneReport, plan: &Plan, options: &Options<'_>) -> LoadResult {
    let surroundings = Surroundings {
        closed_loop: plan.is_closed(),
        started_at: SystemTime::UNIX_EPOCH,
        target_cpu: None,
        target_is_here: false,
        few_ports: None,
    };
    Gathered::new(vec![report]).result(surroundings, measured(plan, options), options)
}

/// Says so when `plan` will need more local ports than this machine has.
fn few_ports(target: &Target, plan: &Plan, settings: &LoadSettings) -> Option<Warning> {
    let ports = Ports::of_this_machine(target.is_loopback())?;
    ports.warning(settings, opened_per_s(settings, |kind| plan.rate_of(kind)), plan.duration())
}

/// Makes the requests of `errands` as fast as `connections` allow; what they bring goes into `wallet`. For preparation only.
pub(crate) fn run_errands(
    target: &Target,
    errands: &[Errand],
    connections: u32,
    wallet: &mut Wallet,
    options: &Options<'_>,
) -> Result<Counts, LoadError> {
    let measured = Measured { from_ns: 0, until_ns: u64::MAX, limits_ns: [u64::MAX; Kind::ALL.len()] };
    // Of a foreign host no more is asked in preparation than in the run.
    let (pace, gap_ns) = match target.ceilings() {
        Some(ceilings) => (Pace::Open, (1e9 / ceilings.rate_per_s) as u64),
        None => (Pace::Closed { connections: connections as usize }, 0),
    };
    let source = || Source::Errands { errands, gap_ns };
    let play = Play { target, get_path: "/", pace, measured, start_at: None, metered: false, source: &source };
    Ok(Gathered::new(play.all(wallet, options)?.reports).counts())
}
