//! One bulk table being written.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rayon::ThreadPool;

use super::lanes::{Lane, Lanes, Row};
use super::{Format, csv, parquet};
use crate::ReportError;

/// Rows that are laid out at once: they stay in the processor's nearest cache meanwhile.
const ROWS_LAID_OUT: usize = 1 << 9;
/// Rows that are written at once; a row group of a Parquet file.
const ROWS_WRITTEN: usize = 1 << 17;

/// Where the columns of one table go.
pub(super) trait Sink: Send {
    /// Writes some rows, given as one lane a column, in the schema's order.
    fn write(&mut self, lanes: &[Lane]) -> io::Result<()>;

    /// Writes what is still to be written.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// A table being written row by row, with the path for what goes wrong.
pub(super) struct Output<R> {
    path: PathBuf,
    /// Nowhere, when nothing is to be written.
    sink: Option<Box<dyn Sink>>,
    block: Vec<R>,
    lanes: Lanes,
}

impl<R: Row> Output<R> {
    /// Begins the table in `folder`. `listed` are the words of the column that names things of the scenario, where there is one.
    pub(super) fn create(format: Format, folder: &Path, listed: &[String]) -> Result<Self, ReportError> {
        let path = folder.join(R::SCHEMA.name).with_extension(format.name());
        let sink = || -> io::Result<Option<Box<dyn Sink>>> {
            Ok(match format {
                Format::Csv => Some(Box::new(csv::CsvSink::new(R::SCHEMA, listed, File::create(&path)?)?)),
                Format::Parquet => Some(Box::new(parquet::ParquetSink::new(R::SCHEMA, listed, File::create(&path)?)?)),
                Format::None => None,
            })
        };
        let sink = sink().map_err(ReportError::write(&path))?;
        Ok(Output { path, sink, block: Vec::with_capacity(ROWS_LAID_OUT), lanes: Lanes::default() })
    }

    /// Whether rows are written at all.
    pub(super) fn writes(&self) -> bool {
        self.sink.is_some()
    }

    /// Writes rows, on the threads of `pool`.
    pub(super) fn write(&mut self, rows: impl IntoIterator<Item = R>, pool: &ThreadPool) -> Result<(), ReportError> {
        if !self.writes() {
            return Ok(());
        }
        rows.into_iter().try_for_each(|row| self.push(row, pool))
    }

    /// Writes a row of a table that is [written](Self::writes).
    #[inline]
    pub(super) fn push(&mut self, row: R, pool: &ThreadPool) -> Result<(), ReportError> {
        self.block.push(row);
        if self.block.len() < ROWS_LAID_OUT { Ok(()) } else { self.block_is_full(pool) }
    }

    #[inline(never)]
    fn block_is_full(&mut self, pool: &ThreadPool) -> Result<(), ReportError> {
        self.lay_out();
        if self.lanes.rows() < ROWS_WRITTEN { Ok(()) } else { self.flush(pool) }
    }

    /// Completes the table.
    pub(super) fn finish(mut self, pool: &ThreadPool) -> Result<(), ReportError> {
        self.lay_out();
        self.flush(pool)?;
        self.sink.map_or(Ok(()), Sink::finish).map_err(ReportError::write(&self.path))
    }

    fn lay_out(&mut self) {
        self.lanes.lay(&self.block);
        self.block.clear();
    }

    fn flush(&mut self, pool: &ThreadPool) -> Result<(), ReportError> {
        if let Some(sink) = &mut self.sink
            && self.lanes.rows() > 0
        {
            pool.install(|| sink.write(self.lanes.all())).map_err(ReportError::write(&self.path))?;
            self.lanes.clear();
        }
        Ok(())
    }
}
