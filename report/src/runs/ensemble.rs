//! A whole simulation in one row, for tables of many.

use demand::RequestKind;
use sim::{Counts, Simulation, Verdict};

use crate::ReportError;
use crate::tables::{Cells, SWEEP, Table};

/// The measures by which runs are compared: the one row of [`SWEEP`].
pub(crate) fn headline(simulation: &Simulation) -> Result<Table, ReportError> {
    let series = &simulation.demand;
    let total = |count: fn(Counts) -> u64| simulation.day_summaries.iter().map(|day| count(day.total())).sum();
    let longest_wait_ms = simulation.day_summaries.iter().map(|day| day.gate_wait_max_ms).max();
    let found = |verdict: Verdict| simulation.day_summaries.iter().map(|day| day.checks[verdict as usize]).sum();
    let counts = [
        simulation.residents,
        simulation.days.into(),
        simulation.trips,
        total(|day| day.trips_without_pass),
        total(|day| day.trips_not_made),
        simulation.passes,
        total(|day| day.refusals),
        total(|day| day.gave_up),
        simulation.checks,
        found(Verdict::Expired),
        found(Verdict::NoPass),
        total(|day| day.false_refusals),
        longest_wait_ms.unwrap_or(0) / 1_000,
    ];
    let requests = RequestKind::ALL.map(|kind| series.total(kind));
    let peaks = RequestKind::ALL.map(|kind| series.peak(kind)).into_iter().chain([series.peak_of_all()]);
    let peaks = peaks.map(|peak| peak.map_or(0.0, |peak| peak.rate_per_s));
    let counts = counts.into_iter().chain(requests).map(|count| Cells::Counts(vec![count]));
    Table::new(&SWEEP, counts.chain(peaks.map(|peak| Cells::Numbers(vec![peak]))).collect())
}
