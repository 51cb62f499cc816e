//! The bulk of a simulation, row by row as it happens: trips, passes, checks, requests, who is out, and the queues at gates.
//!
//! These tables have millions of rows and stream past polars. A format is one file, a name in [`Format`] and a line in `output`; each
//! takes the same columns and writes equal bytes for equal rows, on any number of threads. Memory does not grow with the number of
//! days.

mod choice;
mod csv;
mod figures;
mod lanes;
mod output;
mod packing;
mod parquet;
mod watch;

use std::io;

use demand::Request;
use rayon::{ThreadPool, ThreadPoolBuilder};
use sim::settings::Gate;
use sim::{Check, DayRecords, GateMinute, Observer, Pass, Quarters, Trip, Wants};

use crate::tables::{ColumnKind, ColumnSchema, TableSchema};
use crate::{ReportError, RunFolder};
pub use choice::{Bulk, BulkTable, Format};
use lanes::QuarterHour;
pub(crate) use lanes::{mean_wait_ms, time_local};
use output::Output;
pub use watch::{GatesOfPlace, Seen, WorstGate};

/// The words of each column by their code; none for a column of numbers. `listed` are those of a column that names things of the
/// scenario.
fn words_of(schema: &TableSchema, listed: &[String]) -> Vec<Vec<String>> {
    let words = |column: &ColumnSchema| match column.kind {
        ColumnKind::OneOf(words) => words().into_iter().map(str::to_owned).collect(),
        ColumnKind::Text => listed.to_vec(),
        _ => Vec::new(),
    };
    schema.columns.iter().map(words).collect()
}

/// Writes the bulk tables of a simulation as its days pass, and notices what is worth telling of them.
pub struct BulkWriter {
    pool: ThreadPool,
    trips: Output<Trip>,
    passes: Output<Pass>,
    checks: Output<Check>,
    requests: Output<Request>,
    quarter_hours: Output<QuarterHour>,
    /// Only where the scenario has gates.
    gates: Output<GateMinute>,
    gate_names: Vec<String>,
    seen: Seen,
}

impl BulkWriter {
    /// Begins the tables of `bulk` in `folder`; `gates` are those of the scenario. It works on `threads` threads; 0 for as many as the
    /// machine has processors.
    ///
    /// # Errors
    /// [`ReportError::Write`], [`ReportError::Threads`].
    pub fn create(folder: &RunFolder, bulk: &Bulk, gates: &[Gate], threads: usize) -> Result<Self, ReportError> {
        let gate_names: Vec<String> = gates.iter().map(|gate| gate.name.clone()).collect();
        let tables = folder.tables();
        let gates_format = if gates.is_empty() { Format::None } else { bulk.format_of(BulkTable::Gates) };
        Ok(BulkWriter {
            pool: ThreadPoolBuilder::new().num_threads(threads).build()?,
            trips: Output::create(bulk.format_of(BulkTable::Trips), &tables, &[])?,
            passes: Output::create(bulk.format_of(BulkTable::Passes), &tables, &[])?,
            checks: Output::create(bulk.format_of(BulkTable::Checks), &tables, &[])?,
            requests: Output::create(bulk.format_of(BulkTable::Requests), &tables, &[])?,
            quarter_hours: Output::create(bulk.format_of(BulkTable::QuarterHours), &tables, &[])?,
            gates: Output::create(gates_format, &tables, &gate_names)?,
            gate_names,
            seen: Seen::default(),
        })
    }

    /// Completes the tables; returns what was noticed.
    ///
    /// # Errors
    /// [`ReportError::Write`], such as when the disk is full.
    pub fn finish(self) -> Result<Seen, ReportError> {
        let BulkWriter { pool, trips, passes, checks, requests, quarter_hours, gates, seen, .. } = self;
        trips.finish(&pool)?;
        passes.finish(&pool)?;
        checks.finish(&pool)?;
        requests.finish(&pool)?;
        quarter_hours.finish(&pool)?;
        gates.finish(&pool)?;
        Ok(seen)
    }

    fn write(&mut self, day: &DayRecords<'_>) -> Result<(), ReportError> {
        if self.trips.writes() {
            day.trips.try_for_each(|trip| self.trips.push(trip, &self.pool))?;
        }
        self.passes.write(day.passes.iter().copied(), &self.pool)?;
        self.checks.write(day.checks.iter().copied(), &self.pool)?;
        self.requests.write(day.requests.iter().copied(), &self.pool)?;
        self.quarter_hours.write(quarter_hours(day), &self.pool)?;
        self.gates.write(day.gates.iter().copied(), &self.pool)
    }
}

impl Observer for BulkWriter {
    fn wants(&self) -> Wants {
        Wants {
            trips: self.trips.writes(),
            passes: self.passes.writes(),
            checks: self.checks.writes(),
            requests: self.requests.writes(),
        }
    }

    fn day(&mut self, day: &DayRecords<'_>) -> io::Result<()> {
        self.seen.look(day, &self.gate_names);
        self.write(day).map_err(io::Error::other)
    }

    fn stopped(&mut self, requests: &[Request]) -> io::Result<()> {
        self.requests.write(requests.iter().copied(), &self.pool).map_err(io::Error::other)
    }
}

/// The places and quarters of an hour of `day` in which somebody is out, in the order of time.
fn quarter_hours(day: &DayRecords<'_>) -> impl Iterator<Item = QuarterHour> {
    let (day, quarters) = (day.day, day.quarters);
    let places = quarters.places();
    let row = move |index: usize| {
        let (quarter, place) = (index / places, index % places);
        let (out, in_shops) = (quarters.out(quarter, place), quarters.in_shops(quarter, place));
        QuarterHour { day, quarter: quarter as u16, place: place as u16, out, in_shops }
    };
    (0..Quarters::PER_DAY * places).map(row).filter(|row| row.out > 0)
}
