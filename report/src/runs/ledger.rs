//! What a privacy ledger leaves behind.

use crate::record::{LedgerResults, LedgerRow};
use crate::tables::{self, Cells, Table};
use crate::{ReportError, RunFolder};

/// Writes the table of a privacy ledger, as CSV and as Parquet.
///
/// # Errors
/// [`ReportError::Write`], [`ReportError::Table`].
pub fn write_ledger(folder: &RunFolder, results: &LedgerResults) -> Result<(), ReportError> {
    let rows = &results.rows;
    let counts = |count: fn(&LedgerRow) -> u64| Cells::Counts(rows.iter().map(count).collect());
    let mut table = Table::new(
        &tables::PRIVACY_LEDGER,
        vec![
            Cells::texts(rows.iter().map(|row| row.scheme.as_str())),
            Cells::Truths(rows.iter().map(|row| row.log_checks).collect()),
            Cells::texts(rows.iter().map(|row| row.moment.name())),
            counts(|row| row.passes),
            counts(|row| row.checks),
            counts(|row| row.persons),
            counts(|row| row.rows),
            counts(|row| row.linked.person_time),
            counts(|row| row.linked.person_place_time),
            counts(|row| row.linked.officer_person),
            counts(|row| row.remnants),
            counts(|row| row.clear_texts),
            Cells::Truths(rows.iter().map(|row| row.proves).collect()),
        ],
    )?;
    table.write_csv(&folder.tables())?;
    table.write_parquet(&folder.tables())
}
