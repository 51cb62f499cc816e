//! How the measures of one table are spread over the runs of one scenario.

use std::collections::HashMap;

use polars::prelude::{Column, DataFrame, DataType, IdxCa, IdxSize, PolarsResult};

use crate::ReportError;
use crate::tables::{Cells, QUANTILE_COLUMNS, Table, TableSchema};

/// The quantiles that are told, in the order of their columns.
const QUANTILES: [f64; 7] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0];

/// The values that the rows of one table have in each run so far.
pub(super) struct Spread {
    schema: &'static TableSchema,
    /// What each row is about; rows stand in the order in which they first came.
    subjects: Option<DataFrame>,
    /// The row of each key.
    rows: HashMap<String, usize>,
    /// For each run the measures of its rows, row by row; what is missing is not a number. A run may know fewer rows than come later.
    runs: Vec<Vec<f64>>,
}

impl Spread {
    pub(super) fn new(schema: &'static TableSchema) -> Self {
        Spread { schema, subjects: None, rows: HashMap::new(), runs: Vec::new() }
    }

    /// Adds the table of a further run.
    pub(super) fn add(&mut self, table: &Table) -> Result<(), ReportError> {
        let rows = self.find(table)?;
        let measures =
            self.schema.measures().iter().map(|measure| table.numbers(measure.name)).collect::<Result<Vec<_>, _>>()?;
        // A row that a run does not have stands for nothing: none of what is counted there happened.
        let mut values = vec![0.0; self.rows.len() * measures.len()];
        for (from, to) in rows.into_iter().enumerate() {
            for (place, measure) in measures.iter().enumerate() {
                values[to * measures.len() + place] = measure[from];
            }
        }
        self.runs.push(values);
        Ok(())
    }

    /// For each row of `table` the row here, where keys not seen before are given one.
    fn find(&mut self, table: &Table) -> Result<Vec<usize>, ReportError> {
        let keys = keys(self.schema, table.frame()).map_err(ReportError::table(self.schema.name))?;
        let (mut rows, mut fresh) = (Vec::with_capacity(keys.len()), Vec::new());
        for (index, key) in keys.into_iter().enumerate() {
            let next = self.rows.len();
            let row = *self.rows.entry(key).or_insert_with(|| {
                fresh.push(index as IdxSize);
                next
            });
            rows.push(row);
        }
        let names = self.schema.subjects().into_iter().map(|column| column.name);
        let take =
            || -> PolarsResult<DataFrame> { table.frame().select(names)?.take(&IdxCa::from_vec("".into(), fresh)) };
        let fresh = take().map_err(ReportError::table(self.schema.name))?;
        match &mut self.subjects {
            None => self.subjects = Some(fresh),
            Some(subjects) => drop(subjects.vstack_mut(&fresh).map_err(ReportError::table(self.schema.name))?),
        }
        Ok(rows)
    }

    /// A row for each row and each of its measures: what it is about, and the columns of [`QUANTILE_COLUMNS`].
    pub(super) fn quantiles(self) -> Result<DataFrame, ReportError> {
        let measures: Vec<&str> = self.schema.measures().iter().map(|measure| measure.name).collect();
        let (rows, width) = (self.rows.len(), measures.len());
        let mut counts = Vec::with_capacity(rows * width);
        let mut columns: [Vec<f64>; QUANTILES.len() + 1] = Default::default();
        for cell in 0..rows * width {
            let mut values: Vec<f64> = self.runs.iter().map(|run| run.get(cell).copied().unwrap_or(0.0)).collect();
            values.retain(|value| !value.is_nan());
            values.sort_by(f64::total_cmp);
            counts.push(values.len() as u64);
            for (column, share) in columns.iter_mut().zip(QUANTILES) {
                column.push(quantile(&values, share));
            }
            columns[QUANTILES.len()].push(values.iter().sum::<f64>() / values.len() as f64);
        }
        let told = [Cells::texts((0..rows).flat_map(|_| measures.iter().copied())), Cells::Counts(counts)];
        let told = told.into_iter().chain(columns.map(Cells::Numbers)).zip(&QUANTILE_COLUMNS);
        let told: Vec<Column> = told.map(|(cells, column)| cells.column(column.name)).collect();
        let repeated = (0..rows).flat_map(|row| std::iter::repeat_n(row as IdxSize, width)).collect();
        let subjects = self.subjects.unwrap_or_default();
        let join = || -> PolarsResult<DataFrame> {
            match subjects.width() {
                0 => DataFrame::new_infer_height(told),
                _ => subjects.take(&IdxCa::from_vec("".into(), repeated))?.hstack(&told),
            }
        };
        join().map_err(ReportError::table(self.schema.name))
    }
}

/// The key of each row as one text. A table without a key has one row.
fn keys(schema: &TableSchema, frame: &DataFrame) -> PolarsResult<Vec<String>> {
    let mut keys = vec![String::new(); frame.height()];
    for name in schema.key {
        let cells = frame.column(name)?.cast(&DataType::String)?;
        for (key, cell) in keys.iter_mut().zip(cells.str()?.iter()) {
            key.push_str(cell.unwrap_or_default());
            key.push('\n');
        }
    }
    Ok(keys)
}

/// The quantile of `share` of sorted values, between neighbours in proportion: definition 7 of Hyndman and Fan, Sample quantiles in
/// statistical packages, The American Statistician 50 (1996), 361-365; what R and pandas do by default. Not a number when there
/// is no value.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = share * last as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (at - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::{ColumnKind, ColumnSchema};

    const SAMPLE: TableSchema = TableSchema {
        name: "sample",
        meaning: "a sample",
        columns: &[
            ColumnSchema::count("day", "", "The day"),
            ColumnSchema::of("name", ColumnKind::Text, "What it is called"),
            ColumnSchema::count("trips", "trips", "Trips"),
            ColumnSchema::number("wait_min", "minutes", "The mean wait").or_missing(),
        ],
        key: &["day"],
    };

    fn table(days: &[u64], trips: &[u64], wait_min: &[f64]) -> Table {
        let names = Cells::texts(days.iter().map(|day| format!("day {day}")));
        let cells =
            vec![Cells::Counts(days.to_vec()), names, Cells::Counts(trips.to_vec()), Cells::Numbers(wait_min.to_vec())];
        Table::new(&SAMPLE, cells).unwrap()
    }

    #[test]
    fn quantiles_are_those_of_r() {
        // quantile(c(1, 2, 4, 8), c(0, .05, .25, .5, .75, .95, 1)) in R.
        let expected = [1.0, 1.15, 1.75, 3.0, 5.0, 7.4, 8.0];
        for (share, expected) in QUANTILES.into_iter().zip(expected) {
            assert!((quantile(&[1.0, 2.0, 4.0, 8.0], share) - expected).abs() < 1e-12, "{share}");
        }
        assert_eq!(quantile(&[3.0], 0.95), 3.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn runs_are_matched_by_key_and_not_by_place() {
        let mut spread = Spread::new(&SAMPLE);
        spread.add(&table(&[0, 1], &[10, 20], &[1.0, f64::NAN])).unwrap();
        spread.add(&table(&[1, 0, 2], &[40, 30, 5], &[7.0, 3.0, 4.0])).unwrap();
        let quantiles = spread.quantiles().unwrap();
        let numbers = |name: &str| -> Vec<f64> {
            let column = quantiles.column(name).unwrap().cast(&DataType::Float64).unwrap();
            column.f64().unwrap().iter().map(|cell| cell.unwrap_or(f64::NAN)).collect()
        };
        let names: Vec<_> = quantiles.get_column_names().into_iter().map(|name| name.to_string()).collect();
        let expected = ["day", "name", "measure", "runs", "min", "p05", "p25", "p50", "p75", "p95", "max", "mean"];
        assert_eq!(names, expected);
        assert_eq!(numbers("day"), [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]);
        // An empty cell is left out; a row that a run lacks counts nothing.
        assert_eq!(numbers("runs"), [2.0, 2.0, 2.0, 1.0, 2.0, 2.0]);
        assert_eq!(numbers("p50"), [20.0, 2.0, 30.0, 7.0, 2.5, 2.0]);
        assert_eq!(numbers("mean"), numbers("p50"));
        assert_eq!(numbers("max"), [30.0, 3.0, 40.0, 7.0, 5.0, 4.0]);
    }
}
