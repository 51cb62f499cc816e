//! Bulk tables as Parquet: numbers delta-packed, words by dictionary, one row group for each batch of rows.

use std::fs::File;
use std::io;
use std::sync::Arc;

use parquet::basic::{Encoding, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};

use super::lanes::{Lane, NO_NUMBER, NO_WORD};
use super::{Sink, words_of};
use crate::tables::{ColumnKind, TableSchema};

/// Writes row groups as they come.
pub(super) struct ParquetSink {
    writer: SerializedFileWriter<File>,
    words: Vec<Vec<ByteArray>>,
    may_be_missing: Vec<bool>,
}

impl ParquetSink {
    pub(super) fn new(schema: &TableSchema, file: File) -> io::Result<Self> {
        let writer = SerializedFileWriter::new(file, message_type(schema)?, Arc::new(properties(schema)))?;
        let words = words_of(schema).into_iter().map(|words| words.into_iter().map(ByteArray::from).collect());
        let may_be_missing = schema.columns.iter().map(|column| column.may_be_missing).collect();
        Ok(ParquetSink { writer, words: words.collect(), may_be_missing })
    }
}

impl Sink for ParquetSink {
    fn write(&mut self, lanes: &[Lane]) -> io::Result<()> {
        let mut group = self.writer.next_row_group()?;
        for ((lane, words), may_be_missing) in lanes.iter().zip(&self.words).zip(&self.may_be_missing) {
            let Some(mut column) = group.next_column()? else { break };
            write_lane(&mut column, lane, words, *may_be_missing)?;
            column.close()?;
        }
        group.close()?;
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.writer.close()?;
        Ok(())
    }
}

/// Writes a column of a row group: the values that are there, and, where some may be missing, a level for each row that says so.
fn write_lane(
    column: &mut SerializedColumnWriter<'_>,
    lane: &Lane,
    words: &[ByteArray],
    may_be_missing: bool,
) -> Result<(), ParquetError> {
    let levels: Option<Vec<i16>> = may_be_missing.then(|| match lane {
        Lane::Numbers(numbers) => numbers.iter().map(|number| i16::from(*number != NO_NUMBER)).collect(),
        Lane::Words(codes) => codes.iter().map(|code| i16::from(*code != NO_WORD)).collect(),
    });
    match lane {
        Lane::Numbers(numbers) => {
            let present: Vec<i64> = numbers.iter().copied().filter(|number| *number != NO_NUMBER).collect();
            column.typed::<Int64Type>().write_batch(&present, levels.as_deref(), None)?;
        }
        Lane::Words(codes) => {
            let present = codes.iter().filter(|code| **code != NO_WORD);
            let present: Vec<ByteArray> = present.map(|code| words[usize::from(*code)].clone()).collect();
            column.typed::<ByteArrayType>().write_batch(&present, levels.as_deref(), None)?;
        }
    }
    Ok(())
}

fn message_type(schema: &TableSchema) -> Result<Arc<Type>, ParquetError> {
    let field = |column: &crate::tables::ColumnSchema| {
        let repetition = if column.may_be_missing { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        let field = match column.kind {
            ColumnKind::OneOf(_) => Type::primitive_type_builder(column.name, Physical::BYTE_ARRAY)
                .with_logical_type(Some(LogicalType::String)),
            _ => Type::primitive_type_builder(column.name, Physical::INT64),
        };
        field.with_repetition(repetition).build().map(Arc::new)
    };
    let fields = schema.columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder(schema.name).with_fields(fields).build()?))
}

fn properties(schema: &TableSchema) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::DELTA_BINARY_PACKED);
    for column in schema.columns.iter().filter(|column| matches!(column.kind, ColumnKind::OneOf(_))) {
        let path = ColumnPath::from(column.name);
        properties =
            properties.set_column_dictionary_enabled(path.clone(), true).set_column_encoding(path, Encoding::PLAIN);
    }
    properties.build()
}
