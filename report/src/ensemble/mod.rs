//! Many simulations in one run folder: the tables of each, one run under the other, and their quantiles over the runs.
//!
//! It takes whatever summary tables a simulation has ([`crate::summaries`]) and knows none of them. Rows go to the disk run by run;
//! what stays in memory are the measures of the scenario at hand, for its quantiles.

mod quantiles;

use std::collections::BTreeMap;
use std::path::PathBuf;

use demand::Calendar;
use polars::prelude::{Column, DataFrame};
use sim::Simulation;

use crate::record::{EnsembleResults, ParameterKind, ParameterRecord, RangeRecord};
use crate::runs::{headline, summaries};
use crate::tables::{Cells, POINT, RUN_COLUMNS, Stack, Table, TableSchema, quantiles_name};
use crate::{Format, ReportError, RunFolder};
use quantiles::Spread;

/// A key of the scenario that a sweep varies.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The key, dotted; it becomes a column's name.
    pub key: String,
    /// The values it takes.
    pub values: Cells,
}

/// Which run of an ensemble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The number of the scenario that the sweep made; 0 without a sweep.
    pub point: usize,
    /// For each parameter, which of its values the scenario has.
    pub values: Vec<usize>,
    /// The number of the run of this scenario.
    pub run: u32,
    /// The seed of its draws.
    pub seed: u64,
}

/// The tables of an ensemble while its runs are made, scenario by scenario.
pub struct Ensemble {
    tables: PathBuf,
    parquet: bool,
    parameters: Vec<Parameter>,
    runs: u32,
    runs_done: u64,
    /// One for each table of a simulation.
    members: Vec<Member>,
    /// The last run that was added.
    last: Option<Mark>,
    measures: BTreeMap<String, RangeRecord>,
}

/// One table, of all runs.
struct Member {
    schema: &'static TableSchema,
    rows: Stack,
    quantiles: Option<Stack>,
    spread: Spread,
}

impl Ensemble {
    /// Begins an ensemble of `runs` runs of each scenario in `folder`. Tables are CSV, with Parquet beside it when that is the format.
    pub fn create(folder: &RunFolder, parameters: Vec<Parameter>, runs: u32, format: Format) -> Self {
        Ensemble {
            tables: folder.tables(),
            parquet: format == Format::Parquet,
            parameters,
            runs,
            runs_done: 0,
            members: Vec::new(),
            last: None,
            measures: BTreeMap::new(),
        }
    }

    /// Adds a run that was made. The runs of one scenario come one after the other.
    ///
    /// # Errors
    /// [`ReportError::Write`], [`ReportError::Table`].
    pub fn add(&mut self, mark: &Mark, simulation: &Simulation, calendar: &Calendar) -> Result<(), ReportError> {
        let headline = headline(simulation)?;
        for measure in headline.schema().measures() {
            let value = headline.numbers(measure.name)?[0];
            let range = self.measures.entry(measure.name.to_owned()).or_insert(RangeRecord::of(value));
            *range = range.with(value);
        }
        let mut tables = summaries(simulation, calendar)?;
        tables.push(headline);
        self.add_tables(mark, &tables)
    }

    /// Completes the tables of `points` scenarios. The most memory that the process held, in bytes, goes into the record.
    ///
    /// # Errors
    /// [`ReportError::Write`], [`ReportError::Table`].
    pub fn finish(mut self, points: usize, peak_memory_bytes: u64) -> Result<EnsembleResults, ReportError> {
        self.close_point()?;
        for member in self.members {
            member.rows.finish()?;
            member.quantiles.map_or(Ok(()), Stack::finish)?;
        }
        Ok(EnsembleResults {
            points: points as u64,
            runs: self.runs.into(),
            runs_done: self.runs_done,
            parameters: self.parameters.iter().map(Parameter::record).collect(),
            measures: self.measures,
            peak_memory_bytes,
        })
    }

    fn add_tables(&mut self, mark: &Mark, tables: &[Table]) -> Result<(), ReportError> {
        if self.last.as_ref().is_some_and(|last| last.point != mark.point) {
            self.close_point()?;
        }
        for (index, table) in tables.iter().enumerate() {
            let mut rows = self.marked(mark, table.frame(), true)?;
            if index == self.members.len() {
                let schema = table.schema();
                let stack = Stack::create(&self.tables, schema.name, self.parquet, &rows)?;
                self.members.push(Member { schema, rows: stack, quantiles: None, spread: Spread::new(schema) });
            }
            let member = &mut self.members[index];
            member.rows.append(&mut rows)?;
            member.spread.add(table)?;
        }
        self.last = Some(mark.clone());
        self.runs_done += 1;
        Ok(())
    }

    /// Writes the quantiles of the scenario whose runs are all there, and forgets them.
    fn close_point(&mut self) -> Result<(), ReportError> {
        let Some(mark) = self.last.take() else { return Ok(()) };
        for index in 0..self.members.len() {
            let member = &mut self.members[index];
            let quantiles = std::mem::replace(&mut member.spread, Spread::new(member.schema)).quantiles()?;
            let mut rows = self.marked(&mark, &quantiles, false)?;
            let member = &mut self.members[index];
            if member.quantiles.is_none() {
                member.quantiles =
                    Some(Stack::create(&self.tables, &quantiles_name(member.schema), self.parquet, &rows)?);
            }
            if let Some(stack) = &mut member.quantiles {
                stack.append(&mut rows)?;
            }
        }
        Ok(())
    }

    /// `frame` with columns before it that say which scenario its rows are of, and which run when `of_run`.
    fn marked(&self, mark: &Mark, frame: &DataFrame, of_run: bool) -> Result<DataFrame, ReportError> {
        let rows = frame.height();
        let count = |name: &str, value: u64| Cells::Counts(vec![value; rows]).column(name);
        let mut columns: Vec<Column> = vec![count(POINT.name, mark.point as u64)];
        for (parameter, place) in self.parameters.iter().zip(&mark.values) {
            columns.push(parameter.values.repeated(*place, rows).column(&parameter.key));
        }
        if of_run {
            let [run, seed] = RUN_COLUMNS;
            columns.extend([count(run.name, mark.run.into()), count(seed.name, mark.seed)]);
        }
        columns.extend(frame.columns().iter().cloned());
        DataFrame::new_infer_height(columns).map_err(ReportError::table(&self.tables))
    }
}

impl Parameter {
    fn record(&self) -> ParameterRecord {
        let kind = match self.values {
            Cells::Counts(_) => ParameterKind::Count,
            Cells::Numbers(_) => ParameterKind::Number,
            Cells::Truths(_) => ParameterKind::Truth,
            Cells::Texts(_) => ParameterKind::Text,
        };
        ParameterRecord { key: self.key.clone(), kind }
    }
}
