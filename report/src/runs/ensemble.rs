//! A whole simulation in one row, for tables of many.

use demand::RequestKind;
use sim::{Counts, DaySummary, Simulation, Verdict};

use crate::ReportError;
use crate::tables::{Cells, SWEEP, Table};

/// The measures by which runs are compared: the one row of [`SWEEP`].
pub(crate) fn headline(simulation: &Simulation) -> Result<Table, ReportError> {
    let series = &simulation.demand;
    let total = |count: fn(Counts) -> u64| simulation.day_summaries.iter().map(|day| count(day.total())).sum();
    let longest = |of: fn(&DaySummary) -> u64| simulation.day_summaries.iter().map(of).max().unwrap_or(0);
    let of_days = |of: fn(&DaySummary) -> u64| simulation.day_summaries.iter().map(of).sum::<u64>();
    let gate_arrivals = of_days(|day| day.gate_arrivals);
    let gate_wait_mean_s = of_days(|day| day.gate_wait_sum_ms) as f64 / 1e3 / gate_arrivals.max(1) as f64;
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
        gate_arrivals,
        of_days(|day| day.turned_back),
        longest(|day| day.gate_queue_max.into()),
    ];
    let requests = RequestKind::ALL.map(|kind| series.total(kind));
    let peaks = RequestKind::ALL.map(|kind| series.peak(kind)).into_iter().chain([series.peak_of_all()]);
    let peaks = peaks.map(|peak| peak.map_or(0.0, |peak| peak.rate_per_s));
    let count = |count| Cells::Counts(vec![count]);
    let number = |number| Cells::Numbers(vec![number]);
    let longest_gate_wait_s = longest(|day| day.gate_wait_max_ms) as f64 / 1e3;
    let met = counts.map(count).into_iter().chain([longest_gate_wait_s, gate_wait_mean_s].map(number));
    Table::new(&SWEEP, met.chain(requests.map(count)).chain(peaks.map(number)).collect())
}
