//! A whole simulation in one row, for tables of many.

use demand::{RateSeries, RequestKind};
use sim::{PurposeSummary, Simulation};

use crate::ReportError;
use crate::tables::{Cells, SWEEP, Table};

/// The measures by which runs are compared: the one row of [`SWEEP`].
pub(crate) fn headline(simulation: &Simulation) -> Result<Table, ReportError> {
    let series = RateSeries::new(simulation.trace.requests());
    let total = |count: fn(PurposeSummary) -> u64| simulation.day_summaries.iter().map(|day| count(day.total())).sum();
    let counts = [
        simulation.residents,
        simulation.days.into(),
        simulation.trips,
        total(|day| day.trips_without_pass),
        simulation.passes,
        total(|day| day.refusals),
        simulation.checks,
    ];
    let requests = RequestKind::ALL.map(|kind| series.total(kind));
    let peaks = RequestKind::ALL.map(|kind| series.peak(kind)).into_iter().chain([series.peak_of_all()]);
    let peaks = peaks.map(|peak| peak.map_or(0.0, |peak| peak.rate_per_s));
    let counts = counts.into_iter().chain(requests).map(|count| Cells::Counts(vec![count]));
    Table::new(&SWEEP, counts.chain(peaks.map(|peak| Cells::Numbers(vec![peak]))).collect())
}
