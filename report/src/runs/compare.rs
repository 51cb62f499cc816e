//! Two load runs side by side.

use loadgen::{Change, Measure, Seconds};

use crate::record::{ChangeRecord, LoadComparisonResults};
use crate::tables::{self, Cells, Table};
use crate::{ReportError, Run, RunFolder};

/// What changed from the load run `before` to the load run `after`; changes within `margin`, a share, count as none. Whether an answer
/// was in time is judged in both by the objectives of `before`.
///
/// # Errors
/// [`ReportError::Record`] when one is no load run or was a closed loop, and what reading fails with.
pub fn compare_loads(before: &Run, after: &Run, margin: f64, seed: u64) -> Result<Vec<Change>, ReportError> {
    let slo = before.record.objectives.map(|objectives| objectives.slo()).unwrap_or_default();
    let limit_ns = |kind| (slo.of(kind).response_time_ms * 1e6) as u64;
    let read = |run: &Run| {
        if run.load()?.closed_loop {
            let message =
                "a closed loop asks less when the server is slow, so it cannot be compared; compare runs at a rate";
            return Err(ReportError::Record { path: run.folder.join("run.json"), message: message.to_owned() });
        }
        let right = run.seconds()?.into_iter().map(|(key, counts)| (key, counts.right)).collect();
        Ok(Seconds::new(run.log(Measure::ResponseTime)?, &right, limit_ns))
    };
    Ok(loadgen::compare(&read(before)?, &read(after)?, margin, seed))
}

/// Writes `changes` as the table `load_comparison`, CSV and Parquet; returns what goes into `run.json`.
///
/// # Errors
/// [`ReportError::Write`], [`ReportError::Table`].
pub fn write_changes(
    folder: &RunFolder,
    [before, after]: [&Run; 2],
    margin: f64,
    changes: &[Change],
) -> Result<LoadComparisonResults, ReportError> {
    let numbers = |value: fn(&Change) -> f64| Cells::Numbers(changes.iter().map(value).collect());
    let mut table = Table::new(
        &tables::LOAD_COMPARISON,
        vec![
            Cells::texts(changes.iter().map(|change| change.kind.name())),
            Cells::texts(changes.iter().map(|change| change.quantity)),
            numbers(|change| change.before),
            numbers(|change| change.after),
            numbers(|change| change.ratio),
            numbers(|change| change.interval.0),
            numbers(|change| change.interval.1),
            Cells::texts(changes.iter().map(|change| change.direction.name())),
        ],
    )?;
    table.write_csv(&folder.tables())?;
    table.write_parquet(&folder.tables())?;
    let [before, after] = [before, after].map(|run| run.record.command_line.clone());
    Ok(LoadComparisonResults { before, after, margin, changes: changes.iter().map(ChangeRecord::from).collect() })
}
