//! A summary table in memory: some thousand rows, through polars.

use std::fs;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{
    Column, CsvReadOptions, CsvWriter, DataFrame, DataType, Field, NamedFrom, ParquetWriter, PolarsResult, Schema,
    SerReader, SerWriter, Series,
};

use super::schema::{ColumnKind, TableSchema};
use crate::ReportError;

/// The cells of one column, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Whole numbers.
    Counts(Vec<u64>),
    /// Numbers; what is not finite is missing.
    Numbers(Vec<f64>),
    /// Words; what is empty is missing.
    Texts(Vec<String>),
    /// True or false.
    Truths(Vec<bool>),
}

impl Cells {
    /// Numbers of which some are missing.
    pub fn numbers(cells: impl IntoIterator<Item = Option<f64>>) -> Self {
        Cells::Numbers(cells.into_iter().map(|cell| cell.unwrap_or(f64::NAN)).collect())
    }

    /// Words from anything that has a text.
    pub fn texts<T: Into<String>>(cells: impl IntoIterator<Item = T>) -> Self {
        Cells::Texts(cells.into_iter().map(Into::into).collect())
    }

    /// The cell `index`, `rows` times.
    pub(crate) fn repeated(&self, index: usize, rows: usize) -> Self {
        match self {
            Cells::Counts(cells) => Cells::Counts(vec![cells[index]; rows]),
            Cells::Numbers(cells) => Cells::Numbers(vec![cells[index]; rows]),
            Cells::Texts(cells) => Cells::Texts(vec![cells[index].clone(); rows]),
            Cells::Truths(cells) => Cells::Truths(vec![cells[index]; rows]),
        }
    }

    pub(crate) fn column(self, name: &str) -> Column {
        match self {
            Cells::Counts(cells) => {
                Series::new(name.into(), cells.into_iter().map(|cell| cell as i64).collect::<Vec<_>>())
            }
            Cells::Numbers(cells) => Series::new(
                name.into(),
                cells.into_iter().map(|cell| cell.is_finite().then_some(cell)).collect::<Vec<_>>(),
            ),
            Cells::Texts(cells) => Series::new(
                name.into(),
                cells.into_iter().map(|cell| (!cell.is_empty()).then_some(cell)).collect::<Vec<_>>(),
            ),
            Cells::Truths(cells) => Series::new(name.into(), cells),
        }
        .into()
    }
}

/// A table that fits its schema.
#[derive(Clone, Debug)]
pub struct Table {
    schema: &'static TableSchema,
    frame: DataFrame,
}

impl Table {
    /// The table of these columns, which stand in the schema's order and are equally long.
    ///
    /// # Errors
    /// [`ReportError::Table`] when the columns are not those of the schema.
    pub fn new(schema: &'static TableSchema, columns: Vec<Cells>) -> Result<Self, ReportError> {
        let wrong = |message: String| ReportError::Table { path: schema.name.into(), message };
        if columns.len() != schema.columns.len() {
            return Err(wrong(format!("{} columns where the schema has {}", columns.len(), schema.columns.len())));
        }
        let columns: Vec<Column> =
            schema.columns.iter().zip(columns).map(|(column, cells)| cells.column(column.name)).collect();
        for (column, described) in columns.iter().zip(schema.columns) {
            if *column.dtype() != data_type(described.kind) {
                return Err(wrong(format!("column {} holds {}", described.name, column.dtype())));
            }
        }
        let frame = DataFrame::new_infer_height(columns).map_err(|error| wrong(error.to_string()))?;
        Ok(Table { schema, frame })
    }

    /// Writes it as `FOLDER/NAME.csv`.
    ///
    /// # Errors
    /// [`ReportError::Write`], [`ReportError::Table`].
    pub fn write_csv(&mut self, folder: &Path) -> Result<(), ReportError> {
        let path = folder.join(self.schema.name).with_extension("csv");
        let mut text = Vec::new();
        CsvWriter::new(&mut text).include_header(true).finish(&mut self.frame).map_err(ReportError::table(&path))?;
        fs::write(&path, text).map_err(ReportError::write(&path))
    }

    /// Writes it as `FOLDER/NAME.parquet`.
    ///
    /// # Errors
    /// [`ReportError::Write`], [`ReportError::Table`].
    pub fn write_parquet(&mut self, folder: &Path) -> Result<(), ReportError> {
        let path = folder.join(self.schema.name).with_extension("parquet");
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).finish(&mut self.frame).map_err(ReportError::table(&path))?;
        fs::write(&path, bytes).map_err(ReportError::write(&path))
    }

    /// Writes a long table as `FOLDER/NAME.csv`, and as Parquet beside it when asked to, one part after the other: only one is in memory.
    ///
    /// # Errors
    /// [`ReportError::Write`], [`ReportError::Table`], and the error of a part.
    pub(crate) fn write_parts(
        schema: &TableSchema,
        parts: impl IntoIterator<Item = Result<Self, ReportError>>,
        folder: &Path,
        parquet: bool,
    ) -> Result<(), ReportError> {
        let path = folder.join(schema.name).with_extension("csv");
        let packed_path = path.with_extension("parquet");
        let create = |path: &Path| fs::File::create(path).map(BufWriter::new).map_err(ReportError::write(path));
        let (mut text, mut packed) = (create(&path)?, None);
        for (number, part) in parts.into_iter().enumerate() {
            let mut frame = part?.frame;
            CsvWriter::new(&mut text)
                .include_header(number == 0)
                .finish(&mut frame)
                .map_err(ReportError::table(&path))?;
            if !parquet {
                continue;
            }
            let writer = match &mut packed {
                Some(writer) => writer,
                None => {
                    let writer = ParquetWriter::new(create(&packed_path)?).batched(frame.schema());
                    packed.insert(writer.map_err(ReportError::table(&packed_path))?)
                }
            };
            writer.write_batch(&frame).map_err(ReportError::table(&packed_path))?;
        }
        if let Some(writer) = packed {
            writer.finish().map_err(ReportError::table(&packed_path))?;
        }
        text.flush().map_err(ReportError::write(&path))
    }

    /// Reads `FOLDER/NAME.csv`; `None` when there is no such file.
    ///
    /// # Errors
    /// [`ReportError::Read`], or [`ReportError::Table`] when the header or a cell does not fit the schema.
    pub fn read_csv(schema: &'static TableSchema, folder: &Path) -> Result<Option<Self>, ReportError> {
        let path = folder.join(schema.name).with_extension("csv");
        if !path.is_file() {
            return Ok(None);
        }
        check_header(schema, &path)?;
        let types: Schema =
            schema.columns.iter().map(|column| Field::new(column.name.into(), data_type(column.kind))).collect();
        let frame = CsvReadOptions::default()
            .with_has_header(true)
            .with_schema(Some(Arc::new(types)))
            .try_into_reader_with_file_path(Some(path.clone()))
            .and_then(|reader| reader.finish())
            .map_err(ReportError::table(&path))?;
        Ok(Some(Table { schema, frame }))
    }

    /// What it is.
    pub(crate) fn schema(&self) -> &'static TableSchema {
        self.schema
    }

    /// Its columns.
    pub(crate) fn frame(&self) -> &DataFrame {
        &self.frame
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.frame.height()
    }

    /// A column as numbers; what is missing or no number is not a number (NaN).
    ///
    /// # Errors
    /// [`ReportError::Table`] when there is no such column.
    pub fn numbers(&self, column: &str) -> Result<Vec<f64>, ReportError> {
        let read = || -> PolarsResult<Vec<f64>> {
            let cells = self.frame.column(column)?.cast(&DataType::Float64)?;
            Ok(cells.f64()?.iter().map(|cell| cell.unwrap_or(f64::NAN)).collect())
        };
        read().map_err(ReportError::table(self.schema.name))
    }

    /// A column as words; what is missing is empty.
    ///
    /// # Errors
    /// [`ReportError::Table`] when there is no such column or it holds no words.
    pub fn texts(&self, column: &str) -> Result<Vec<String>, ReportError> {
        let read = || -> PolarsResult<Vec<String>> {
            Ok(self.frame.column(column)?.str()?.iter().map(|cell| cell.unwrap_or_default().to_owned()).collect())
        };
        read().map_err(ReportError::table(self.schema.name))
    }

    /// A column of truths; what is missing is false.
    ///
    /// # Errors
    /// [`ReportError::Table`] when there is no such column or it holds something else.
    pub fn truths(&self, column: &str) -> Result<Vec<bool>, ReportError> {
        let read = || -> PolarsResult<Vec<bool>> {
            Ok(self.frame.column(column)?.bool()?.iter().map(|cell| cell.unwrap_or_default()).collect())
        };
        read().map_err(ReportError::table(self.schema.name))
    }
}

fn check_header(schema: &TableSchema, path: &Path) -> Result<(), ReportError> {
    let file = fs::File::open(path).map_err(ReportError::read(path))?;
    let mut line = String::new();
    BufReader::new(file).read_line(&mut line).map_err(ReportError::read(path))?;
    let expected = schema.header().join(",");
    if line.trim_end() == expected {
        return Ok(());
    }
    let message = format!("line 1: the columns are {}; this version reads {expected}", line.trim_end());
    Err(ReportError::Table { path: path.to_path_buf(), message })
}

fn data_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Count => DataType::Int64,
        ColumnKind::Number(..) => DataType::Float64,
        ColumnKind::Text | ColumnKind::OneOf(_) | ColumnKind::Date | ColumnKind::Time | ColumnKind::Clock => {
            DataType::String
        }
        ColumnKind::Truth => DataType::Boolean,
    }
}
