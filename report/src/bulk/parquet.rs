//! Bulk tables as Parquet: numbers packed by their differences, other cells by dictionary, one row group for each batch of rows.
//!
//! The columns of a row group are packed side by side on the threads of the pool, each into its own buffer, and then laid one after
//! the other into the file, whose bytes so do not depend on the threads. The file, its pages and its footer are the library's.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Encoding, LogicalType, Repetition, Type as Physical};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::properties::WriterProperties;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::types::{ColumnDescPtr, Type};
use rayon::prelude::*;

use super::lanes::{Lane, Meaning, NO_CODE, NO_NUMBER, clock};
use super::output::Sink;
use super::packing::{Number, pack_codes, pack_numbers, width_of};
use super::{figures, words_of};
use crate::tables::{ColumnKind, ColumnSchema, TableSchema};

/// Room made for a number before it is packed; most columns take less.
const USUAL_BYTES: usize = 3;
/// Room made for the headers of pages.
const HEADERS: usize = 256;

/// Writes row groups as they come.
pub(super) struct ParquetSink {
    writer: SerializedFileWriter<File>,
    columns: Vec<Column>,
}

/// What the sink has to know of a column.
struct Column {
    described: ColumnDescPtr,
    words: Vec<String>,
    may_be_missing: bool,
}

/// The cells of a column in one row group, packed.
struct Chunk {
    bytes: Vec<u8>,
    about: ColumnCloseResult,
}

impl ParquetSink {
    /// `listed` are the words of the column that names things of the scenario, where there is one.
    pub(super) fn new(schema: &TableSchema, listed: &[String], file: File) -> io::Result<Self> {
        let properties = WriterProperties::builder().build();
        let writer = SerializedFileWriter::new(file, message_type(schema)?, Arc::new(properties))?;
        let columns = schema.columns.iter().zip(words_of(schema, listed)).enumerate();
        let columns = columns.map(|(index, (column, words))| Column {
            described: writer.schema_descr().column(index),
            words,
            may_be_missing: column.may_be_missing,
        });
        Ok(ParquetSink { columns: columns.collect(), writer })
    }
}

impl Sink for ParquetSink {
    fn write(&mut self, lanes: &[Lane]) -> io::Result<()> {
        let columns = self.columns.par_iter().zip(lanes);
        let chunks: Vec<Chunk> = columns.map(|(column, lane)| column.chunk(lane)).collect::<Result<_, _>>()?;
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks {
            group.append_column(&Bytes::from(chunk.bytes), chunk.about)?;
        }
        group.close()?;
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.writer.close()?;
        Ok(())
    }
}

/// The cells of a column in one row group, before they are a page.
struct Packed {
    data: Vec<u8>,
    /// What the codes in the data stand for, and how many there are; none for numbers that stand for themselves.
    dictionary: Option<(Vec<u8>, u32)>,
    /// The least and the greatest number; none when there is none.
    range: Option<(i64, i64)>,
    missing: usize,
}

impl Column {
    /// Packs the cells of `lane`: a dictionary where there is one, and one page of data.
    fn chunk(&self, lane: &Lane) -> Result<Chunk, ParquetError> {
        let Packed { data, dictionary, range, missing } = match lane {
            Lane::Numbers(numbers) => {
                let (data, there) = self.present(numbers, NO_NUMBER);
                packed(data, &there, numbers.len() - there.len())
            }
            Lane::Small(numbers) => packed(Vec::new(), numbers, 0),
            Lane::Codes(codes, meaning) => self.pack_codes(codes, *meaning),
        };
        let words = dictionary.as_ref().map_or(0, |(bytes, _)| bytes.len());
        let mut chunk = TrackedWrite::new(Vec::with_capacity(data.len() + words + HEADERS));
        let mut pages = SerializedPageWriter::new(&mut chunk);
        let (encoding, mut encodings) = match dictionary {
            Some(_) => (Encoding::RLE_DICTIONARY, vec![Encoding::PLAIN]),
            None => (Encoding::DELTA_BINARY_PACKED, Vec::new()),
        };
        encodings.extend([Encoding::RLE, encoding]);
        let dictionary = dictionary.map(|(bytes, words)| Page::DictionaryPage {
            buf: bytes.into(),
            num_values: words,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        });
        let data_offset = dictionary.map(|page| write_page(&mut pages, page)).transpose()?;
        let page = Page::DataPage {
            buf: data.into(),
            num_values: lane.len() as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        write_page(&mut pages, page)?;
        let bytes = chunk.into_inner()?;
        let (least, greatest) = range.unzip();
        let metadata = ColumnChunkMetaData::builder(Arc::clone(&self.described))
            .set_encodings(encodings)
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(bytes.len() as i64)
            .set_num_values(lane.len() as i64)
            .set_dictionary_page_offset(data_offset.map(|_| 0))
            .set_data_page_offset(data_offset.unwrap_or(0))
            .set_statistics(match self.described.physical_type() {
                Physical::BYTE_ARRAY => Statistics::byte_array(None, None, None, Some(missing as u64), false),
                _ => Statistics::int64(least, greatest, None, Some(missing as u64), false),
            })
            .build()?;
        let about = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: lane.len() as u64,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok(Chunk { bytes, about })
    }

    fn pack_codes(&self, codes: &[u16], meaning: Meaning) -> Packed {
        let (mut data, there) = self.present(codes, NO_CODE);
        let least = there.iter().copied().min();
        let greatest = there.iter().copied().max();
        let width = width_of(greatest.unwrap_or(0));
        data.reserve(codes.len() * width as usize / 8 + HEADERS);
        data.push(width as u8);
        pack_codes(&there, width, &mut data);
        let number = |code| match meaning {
            Meaning::TwoFigures => figures::number(code),
            Meaning::Number | Meaning::Word | Meaning::Clock => code.into(),
        };
        let known = greatest.map_or(0..0, |greatest| 0..greatest + 1);
        let words = u32::from(known.end);
        let mut dictionary = Vec::new();
        for code in known {
            match meaning {
                Meaning::Word => push_text(&mut dictionary, &self.words[usize::from(code)]),
                Meaning::Clock => push_text(&mut dictionary, &clock(code)),
                Meaning::Number | Meaning::TwoFigures => dictionary.extend_from_slice(&number(code).to_le_bytes()),
            }
        }
        Packed {
            data,
            dictionary: Some((dictionary, words)),
            range: least.map(number).zip(greatest.map(number)),
            missing: codes.len() - there.len(),
        }
    }

    /// The cells that are there; before them, where some may be missing, a level for each row that says so.
    fn present<'a, C: Copy + PartialEq>(&self, cells: &'a [C], missing: C) -> (Vec<u8>, Cow<'a, [C]>) {
        if !self.may_be_missing {
            return (Vec::new(), Cow::Borrowed(cells));
        }
        let levels: Vec<u16> = cells.iter().map(|cell| u16::from(*cell != missing)).collect();
        let mut packed = Vec::new();
        pack_codes(&levels, 1, &mut packed);
        let mut data = (packed.len() as u32).to_le_bytes().to_vec();
        data.append(&mut packed);
        (data, cells.iter().copied().filter(|cell| *cell != missing).collect())
    }
}

/// Packs the numbers that are `there`, after the levels that say which are, if some are `missing`.
fn packed<N: Number>(mut data: Vec<u8>, there: &[N], missing: usize) -> Packed {
    data.reserve(there.len() * USUAL_BYTES);
    pack_numbers(there, &mut data);
    let range = there.iter().copied().min().zip(there.iter().copied().max());
    Packed { data, dictionary: None, range: range.map(|(least, greatest)| (least.into(), greatest.into())), missing }
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// Writes a page as it is; returns its length.
fn write_page(pages: &mut SerializedPageWriter<'_, Vec<u8>>, page: Page) -> Result<i64, ParquetError> {
    let length = page.buffer().len();
    Ok(pages.write_page(CompressedPage::new(page, length))?.bytes_written as i64)
}

fn message_type(schema: &TableSchema) -> Result<Arc<Type>, ParquetError> {
    let field = |column: &ColumnSchema| {
        let repetition = if column.may_be_missing { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        let field = match column.kind {
            ColumnKind::OneOf(_) | ColumnKind::Text | ColumnKind::Clock => {
                Type::primitive_type_builder(column.name, Physical::BYTE_ARRAY)
                    .with_logical_type(Some(LogicalType::String))
            }
            _ => Type::primitive_type_builder(column.name, Physical::INT64),
        };
        field.with_repetition(repetition).build().map(Arc::new)
    };
    let fields = schema.columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder(schema.name).with_fields(fields).build()?))
}
