//! What a search for capacity leaves behind.

use std::collections::BTreeMap;

use loadgen::{CapacityResult, Concurrency, Ended, Estimate, KindResult, Limit, PathCapacity, Recovery, Step, UslFit};

use crate::record::{
    BeyondRecord, CapacityResults, PathRecord, PeakRecord, Quantiles, RecoveryRecord, ScalabilityRecord,
};
use crate::tables::{self, Cells, Table};
use crate::{ReportError, RunFolder};

/// Writes the tables of a search for capacity; returns what goes into `run.json`.
///
/// `peaks` are those of the simulated demand ([`crate::peaks`]), to say how often the capacity covers them; empty when unknown.
///
/// # Errors
/// [`ReportError::Write`], [`ReportError::Table`].
pub fn write_capacity(
    folder: &RunFolder,
    result: &CapacityResult,
    peaks: &BTreeMap<String, PeakRecord>,
) -> Result<CapacityResults, ReportError> {
    paths(result)?.write_csv(&folder.tables())?;
    steps(result)?.write_csv(&folder.tables())?;
    if result.paths.iter().any(|path| !path.sweep.points.is_empty()) {
        concurrency(result)?.write_csv(&folder.tables())?;
    }
    let mut results = CapacityResults::default();
    for found in &result.paths {
        let record = PathRecord {
            usable_per_s: found.usable_per_s,
            interval_per_s: found.interval_per_s,
            knee_per_s: found.knee_per_s,
            saturation_per_s: found.saturation_per_s,
            server_cpu_us: server_cpu_us(found),
            ended: found.ended.to_string(),
            confirmed: Some(found.ended == Ended::Found),
            beyond: beyond(found),
            recovery: found.recovery.map(recovery),
            scalability: found.sweep.fit.as_ref().map(scalability),
        };
        results.paths.insert(found.path.clone(), record);
    }
    results.compare_with(peaks);
    Ok(results)
}

/// Of the step nearest to the usable load that held.
fn server_cpu_us(found: &PathCapacity) -> Option<f64> {
    let usable_per_s = found.usable_per_s?;
    let held = found.steps.iter().filter(|step| step.held && step.offered_per_s <= usable_per_s);
    let step = held.max_by(|a, b| a.offered_per_s.total_cmp(&b.offered_per_s))?;
    Some(1e6 * step.result.target_cores? / step.throughput_per_s).filter(|us| us.is_finite())
}

fn beyond(found: &PathCapacity) -> Option<BeyondRecord> {
    let step = found.furthest()?;
    let peak_share = step.goodput_per_s / found.peak_goodput_per_s().max(f64::MIN_POSITIVE);
    Some(BeyondRecord { offered_per_s: step.offered_per_s, goodput_per_s: step.goodput_per_s, peak_share })
}

fn recovery(found: Recovery) -> RecoveryRecord {
    let Recovery { overload_per_s, calm_per_s, well_after_s, watched_s } = found;
    RecoveryRecord { overload_per_s, calm_per_s, well_after_s, watched_s }
}

fn scalability(fit: &UslFit) -> ScalabilityRecord {
    let pair = |estimate: Estimate| (estimate.value, estimate.margin);
    ScalabilityRecord {
        lambda_per_s: pair(fit.lambda_per_s),
        sigma: pair(fit.sigma),
        kappa: pair(fit.kappa),
        worst_residual: fit.residuals.iter().map(|residual| residual.abs()).fold(0.0, f64::max),
        peak: fit.peak(),
        too_poor: fit.too_poor.clone(),
    }
}

/// The sweeps of all paths over concurrency, each point beside what the law gives there.
fn concurrency(result: &CapacityResult) -> Result<Table, ReportError> {
    let points: Vec<(&PathCapacity, &Concurrency)> =
        result.paths.iter().flat_map(|path| path.sweep.points.iter().map(move |point| (path, point))).collect();
    let fitted = |(path, point): &(&PathCapacity, &Concurrency)| {
        path.sweep.fit.as_ref().map(|fit| fit.throughput_per_s(f64::from(point.connections)))
    };
    Table::new(
        &tables::CAPACITY_CONCURRENCY,
        vec![
            Cells::texts(points.iter().map(|(path, _)| path.path.as_str())),
            Cells::Counts(points.iter().map(|(_, point)| point.connections.into()).collect()),
            Cells::numbers(points.iter().map(|(_, point)| Some(point.throughput_per_s))),
            Cells::numbers(points.iter().map(fitted)),
        ],
    )
}

fn paths(result: &CapacityResult) -> Result<Table, ReportError> {
    let paths = &result.paths;
    let numbers = |number: fn(&loadgen::PathCapacity) -> Option<f64>| Cells::numbers(paths.iter().map(number));
    Table::new(
        &tables::CAPACITY,
        vec![
            Cells::texts(paths.iter().map(|path| path.path.as_str())),
            numbers(|path| path.usable_per_s),
            numbers(|path| Some(path.interval_per_s.0)),
            numbers(|path| path.interval_per_s.1),
            Cells::Truths(paths.iter().map(|path| path.ended == Ended::Found).collect()),
            numbers(|path| path.knee_per_s),
            numbers(|path| Some(path.saturation_per_s)),
            numbers(server_cpu_us),
        ],
    )
}

fn steps(result: &CapacityResult) -> Result<Table, ReportError> {
    let steps: Vec<&Step> = result.paths.iter().flat_map(|path| &path.steps).collect();
    let numbers = |number: fn(&Step) -> Option<f64>| Cells::numbers(steps.iter().map(|step| number(step)));
    let counts = |count: fn(&loadgen::Counts) -> u64| {
        let sum = |step: &&Step| step.result.kinds.values().map(|kind| count(&kind.counts)).sum();
        Cells::Counts(steps.iter().map(sum).collect())
    };
    let times = |time: fn(Quantiles) -> Option<f64>| {
        Cells::numbers(steps.iter().map(|step| slowest(step, |kind| time(kind.response_time().into()))))
    };
    Table::new(
        &tables::CAPACITY_STEPS,
        vec![
            Cells::texts(steps.iter().map(|step| step.path)),
            Cells::Counts(steps.iter().map(|step| step.step.into()).collect()),
            Cells::texts(steps.iter().map(|step| step.phase.name())),
            numbers(|step| Some(step.offered_per_s)),
            numbers(|step| Some(step.result.duration_s)),
            counts(|counts| counts.asked),
            counts(|counts| counts.sent),
            counts(|counts| counts.answered),
            counts(|counts| counts.right),
            counts(|counts| counts.dropped),
            numbers(|step| Some(step.throughput_per_s)),
            numbers(|step| Some(step.goodput_per_s)),
            times(|times| times.p50),
            times(|times| times.p90),
            times(|times| times.p99),
            times(|times| times.p99_9),
            times(|times| times.max),
            numbers(|step| slowest(step, |kind| Quantiles::from(kind.send_lag()).p99)),
            numbers(|step| step.result.kinds.values().map(KindResult::right_share).min_by(f64::total_cmp)),
            Cells::Truths(steps.iter().map(|step| step.held).collect()),
            Cells::texts(steps.iter().map(|step| step.result.limited_by.map_or("", Limit::name))),
            Cells::texts(steps.iter().map(|step| step.why.as_str())),
        ],
    )
}

/// The greatest of a time over the kinds of a step: the objectives must hold for each, so the slowest decides.
fn slowest(step: &Step, time: impl Fn(&KindResult) -> Option<f64>) -> Option<f64> {
    step.result.kinds.values().filter_map(time).max_by(f64::total_cmp)
}
