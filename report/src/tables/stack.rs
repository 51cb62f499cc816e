//! A table that grows: as CSV and, when asked for, as Parquet beside it. What was appended is on the disk, not in memory.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{CsvWriter, DataFrame, ParquetWriter, SerWriter};

use crate::ReportError;

/// The files of one table, while rows are appended to it.
pub(crate) struct Stack {
    csv: (PathBuf, File),
    parquet: Option<(PathBuf, BatchedWriter<File>)>,
}

impl Stack {
    /// Begins `FOLDER/NAME.csv`, and `FOLDER/NAME.parquet` when `parquet`, with the columns of `like` and none of its rows.
    ///
    /// # Errors
    /// [`ReportError::Write`], [`ReportError::Table`].
    pub(crate) fn create(folder: &Path, name: &str, parquet: bool, like: &DataFrame) -> Result<Self, ReportError> {
        let create = |extension| {
            let path = folder.join(format!("{name}.{extension}"));
            File::create(&path).map(|file| (path.clone(), file)).map_err(ReportError::write(&path))
        };
        let mut stack = Stack { csv: create("csv")?, parquet: None };
        stack.append_csv(&mut like.slice(0, 0), true)?;
        if parquet {
            let (path, file) = create("parquet")?;
            let writer = ParquetWriter::new(file).batched(like.schema()).map_err(ReportError::table(&path))?;
            stack.parquet = Some((path, writer));
        }
        Ok(stack)
    }

    /// Appends the rows of `frame`, which has the columns that the table began with.
    ///
    /// # Errors
    /// [`ReportError::Write`], [`ReportError::Table`].
    pub(crate) fn append(&mut self, frame: &mut DataFrame) -> Result<(), ReportError> {
        self.append_csv(frame, false)?;
        match &mut self.parquet {
            Some((path, writer)) => writer.write_batch(frame).map_err(ReportError::table(path)),
            None => Ok(()),
        }
    }

    /// Completes the table.
    ///
    /// # Errors
    /// [`ReportError::Table`], such as when the disk is full.
    pub(crate) fn finish(self) -> Result<(), ReportError> {
        match self.parquet {
            Some((path, writer)) => writer.finish().map(drop).map_err(ReportError::table(path)),
            None => Ok(()),
        }
    }

    fn append_csv(&mut self, frame: &mut DataFrame, header: bool) -> Result<(), ReportError> {
        let (path, file) = &mut self.csv;
        let mut text = Vec::new();
        CsvWriter::new(&mut text).include_header(header).finish(frame).map_err(ReportError::table(&path))?;
        file.write_all(&text).map_err(ReportError::write(path))
    }
}
