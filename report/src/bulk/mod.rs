//! The bulk of a simulation, row by row as it happens: trips, passes, checks, requests.
//!
//! These tables have millions of rows and stream past polars. A format is one file and one line in [`Format`]; each takes the same
//! columns and writes equal bytes for equal rows. Memory does not grow with the number of days.

mod csv;
mod lanes;
mod parquet;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use demand::Trace;
use sim::{DayRecords, Observer};

use crate::tables::{CHECKS, ColumnKind, ColumnSchema, PASSES, REQUESTS, TRIPS, TableSchema};
use crate::{ReportError, RunFolder};
use lanes::Lane;

/// Rows that are laid out at once; a row group of a Parquet file.
const ROWS_AT_ONCE: usize = 1 << 17;

/// How the bulk tables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text that anything reads.
    Csv,
    /// Columns, packed: a sixth of the size (the launch of Nizhny Novgorod: 82 MB where CSV takes 473 MB).
    Parquet,
    /// Not at all.
    None,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 3] = [Format::Csv, Format::Parquet, Format::None];

    /// The name on the command line, which is also the file extension.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Parquet => "parquet",
            Format::None => "none",
        }
    }

    /// The writer of the table `schema` in `folder`.
    fn build(self, schema: &'static TableSchema, folder: &Path) -> io::Result<Box<dyn Sink>> {
        let create = || File::create(self.path(schema, folder));
        Ok(match self {
            Format::Csv => Box::new(csv::CsvSink::new(schema, create()?)?),
            Format::Parquet => Box::new(parquet::ParquetSink::new(schema, create()?)?),
            Format::None => Box::new(Nowhere),
        })
    }

    fn path(self, schema: &TableSchema, folder: &Path) -> PathBuf {
        folder.join(schema.name).with_extension(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Format::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            let names = Format::ALL.map(Format::name).join(", ");
            format!("no format is called '{text}'; write one of {names}")
        })
    }
}

/// Where rows of one table go.
trait Sink: Send {
    /// Writes some rows, given as one lane a column, in the schema's order.
    fn write(&mut self, lanes: &[Lane]) -> io::Result<()>;

    /// Writes what is still to be written.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// The words of each column by their code; none for a column of numbers.
fn words_of(schema: &TableSchema) -> Vec<Vec<&'static str>> {
    let words = |column: &ColumnSchema| match column.kind {
        ColumnKind::OneOf(words) => words(),
        _ => Vec::new(),
    };
    schema.columns.iter().map(words).collect()
}

struct Nowhere;

impl Sink for Nowhere {
    fn write(&mut self, _: &[Lane]) -> io::Result<()> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

/// One table being written, with the path for what goes wrong.
struct Output {
    path: PathBuf,
    sink: Box<dyn Sink>,
}

impl Output {
    fn create(format: Format, schema: &'static TableSchema, folder: &Path) -> Result<Self, ReportError> {
        let path = format.path(schema, folder);
        let sink = format.build(schema, folder).map_err(ReportError::write(&path))?;
        Ok(Output { path, sink })
    }

    fn write<R>(&mut self, rows: &[R], lanes: impl Fn(&[R]) -> Vec<Lane>) -> Result<(), ReportError> {
        for rows in rows.chunks(ROWS_AT_ONCE) {
            self.sink.write(&lanes(rows)).map_err(ReportError::write(&self.path))?;
        }
        Ok(())
    }

    fn finish(self) -> Result<(), ReportError> {
        self.sink.finish().map_err(ReportError::write(&self.path))
    }
}

/// Writes trips, passes and checks of a simulation as its days pass.
pub struct BulkWriter {
    trips: Output,
    passes: Output,
    checks: Output,
}

impl BulkWriter {
    /// Begins the three tables in `folder`.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn create(folder: &RunFolder, format: Format) -> Result<Self, ReportError> {
        let output = |schema| Output::create(format, schema, &folder.tables());
        Ok(BulkWriter { trips: output(&TRIPS)?, passes: output(&PASSES)?, checks: output(&CHECKS)? })
    }

    /// Completes the three tables.
    ///
    /// # Errors
    /// [`ReportError::Write`], such as when the disk is full.
    pub fn finish(self) -> Result<(), ReportError> {
        self.trips.finish()?;
        self.passes.finish()?;
        self.checks.finish()
    }
}

impl Observer for BulkWriter {
    fn day(&mut self, day: &DayRecords<'_>) -> io::Result<()> {
        self.trips
            .write(day.trips, lanes::trips)
            .and_then(|()| self.passes.write(day.passes, lanes::passes))
            .and_then(|()| self.checks.write(day.checks, lanes::checks))
            .map_err(io::Error::other)
    }
}

/// Writes all requests of a run.
pub(crate) fn write_requests(folder: &RunFolder, trace: &Trace, format: Format) -> Result<(), ReportError> {
    let mut output = Output::create(format, &REQUESTS, &folder.tables())?;
    output.write(trace.requests(), lanes::requests)?;
    output.finish()
}
