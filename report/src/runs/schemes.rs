//! The servers of several schemes, path by path, in one table.

use crate::grid::{in_order, schemes_in_order};
use crate::record::{CapacityResults, PathRecord, RecoveryRecord, ScalabilityRecord, SchemeResults, ServerRecord};
use crate::tables::{self, Cells, Table};
use crate::{ReportError, RunFolder};

/// Writes `schemes` as the table `scheme_comparison`, CSV and Parquet.
///
/// # Errors
/// [`ReportError::Write`], [`ReportError::Table`].
pub fn write_schemes(folder: &RunFolder, schemes: &SchemeResults) -> Result<(), ReportError> {
    let mut table = table(schemes)?;
    table.write_csv(&folder.tables())?;
    table.write_parquet(&folder.tables())
}

/// One path of the server of one scheme.
struct Row<'a> {
    scheme: &'a String,
    capacity: &'a CapacityResults,
    name: &'a String,
    path: &'a PathRecord,
}

fn table(schemes: &SchemeResults) -> Result<Table, ReportError> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (scheme, capacity) in schemes_in_order(schemes) {
        rows.extend(in_order(&capacity.paths).into_iter().map(|(name, path)| Row { scheme, capacity, name, path }));
    }
    let server = |row: &Row<'_>, of: fn(&ServerRecord) -> &String, other: &str| {
        row.capacity.server.as_ref().map_or_else(|| other.to_owned(), |server| of(server).clone())
    };
    let numbers = |of: &dyn Fn(&Row<'_>) -> Option<f64>| Cells::numbers(rows.iter().map(of));
    let law = |of: fn(&ScalabilityRecord) -> f64| numbers(&|row| row.path.scalability.as_ref().map(of));
    let well_after_s = |recovery: RecoveryRecord| recovery.well_after_s;
    Table::new(
        &tables::SCHEME_COMPARISON,
        vec![
            Cells::texts(rows.iter().map(|row| server(row, |server| &server.scheme, row.scheme))),
            Cells::texts(rows.iter().map(|row| server(row, |server| &server.store, ""))),
            Cells::texts(rows.iter().map(|row| row.name.as_str())),
            numbers(&|row| row.path.usable_per_s),
            numbers(&|row| Some(row.path.interval_per_s.0)),
            numbers(&|row| row.path.interval_per_s.1),
            Cells::Truths(rows.iter().map(|row| row.path.is_confirmed()).collect()),
            numbers(&|row| row.path.knee_per_s),
            numbers(&|row| Some(row.path.saturation_per_s)),
            numbers(&|row| row.capacity.peak_demand_per_s.get(row.name).copied()),
            numbers(&|row| row.capacity.headroom.get(row.name).copied()),
            numbers(&|row| row.path.server_cpu_us),
            numbers(&|row| row.path.beyond.map(|beyond| beyond.offered_per_s)),
            numbers(&|row| row.path.beyond.map(|beyond| beyond.goodput_per_s)),
            numbers(&|row| row.path.beyond.map(|beyond| beyond.peak_share)),
            numbers(&|row| row.path.recovery.and_then(well_after_s)),
            numbers(&|row| row.path.recovery.map(|recovery| recovery.watched_s)),
            law(|law| law.lambda_per_s.0),
            law(|law| law.sigma.0),
            law(|law| law.kappa.0),
            law(|law| law.worst_residual),
        ],
    )
}
