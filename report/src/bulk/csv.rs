//! Bulk tables as CSV.

use std::fs::File;
use std::io::{self, Write};

use rayon::prelude::*;

use super::lanes::{Lane, Meaning, NO_CODE, NO_NUMBER, clock};
use super::output::Sink;
use super::{figures, words_of};
use crate::tables::TableSchema;

/// Rows that one task writes out.
const ROWS_A_TASK: usize = 1 << 13;
/// About how many bytes a row takes: room for it is made beforehand.
const ROW_BYTES: usize = 64;
/// Digits of the greatest number and its sign.
const MOST_DIGITS: usize = 20;

/// Writes CSV without an allocation a row.
pub(super) struct CsvSink {
    file: File,
    columns: Vec<Column>,
}

/// What the sink has to know of a column.
struct Column {
    words: Vec<String>,
    may_be_missing: bool,
}

impl CsvSink {
    /// `listed` are the words of the column that names things of the scenario, where there is one.
    pub(super) fn new(schema: &TableSchema, listed: &[String], mut file: File) -> io::Result<Self> {
        writeln!(file, "{}", schema.header().join(","))?;
        let column = |(column, words): (&crate::tables::ColumnSchema, Vec<String>)| Column {
            words: words.iter().map(|word| quoted(word)).collect(),
            may_be_missing: column.may_be_missing,
        };
        Ok(CsvSink { file, columns: schema.columns.iter().zip(words_of(schema, listed)).map(column).collect() })
    }

    fn text(&self, lanes: &[Lane], rows: std::ops::Range<usize>) -> Vec<u8> {
        let mut text = Vec::with_capacity(rows.len() * ROW_BYTES);
        for row in rows {
            for (lane, column) in lanes.iter().zip(&self.columns) {
                push_cell(&mut text, lane, column, row);
                text.push(b',');
            }
            text.pop();
            text.push(b'\n');
        }
        text
    }
}

impl Sink for CsvSink {
    fn write(&mut self, lanes: &[Lane]) -> io::Result<()> {
        let rows = lanes.first().map_or(0, Lane::len);
        let tasks: Vec<usize> = (0..rows).step_by(ROWS_A_TASK).collect();
        let texts: Vec<Vec<u8>> =
            tasks.into_par_iter().map(|first| self.text(lanes, first..rows.min(first + ROWS_A_TASK))).collect();
        texts.iter().try_for_each(|text| self.file.write_all(text))
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

fn push_cell(text: &mut Vec<u8>, lane: &Lane, column: &Column, row: usize) {
    match lane {
        Lane::Numbers(numbers) if numbers[row] == NO_NUMBER => {}
        Lane::Numbers(numbers) => push_number(text, numbers[row]),
        Lane::Small(numbers) => push_number(text, numbers[row].into()),
        Lane::Codes(codes, _) if column.may_be_missing && codes[row] == NO_CODE => {}
        Lane::Codes(codes, meaning) => match meaning {
            Meaning::Word => text.extend_from_slice(column.words[usize::from(codes[row])].as_bytes()),
            Meaning::Number => push_number(text, codes[row].into()),
            Meaning::TwoFigures => push_number(text, figures::number(codes[row])),
            Meaning::Clock => text.extend_from_slice(clock(codes[row]).as_bytes()),
        },
    }
}

/// A word as a cell: within quotes when it has a character that would end it.
fn quoted(word: &str) -> String {
    match word.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", word.replace('"', "\"\"")),
        false => word.to_owned(),
    }
}

/// Appends `number` in decimal. The standard formatter is several times slower, which tens of millions of cells notice.
fn push_number(text: &mut Vec<u8>, number: i64) {
    let mut digits = [0; 2 * MOST_DIGITS];
    let mut start = MOST_DIGITS;
    let mut rest = number.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        text.push(b'-');
    }
    // A copy of fixed length and a cut are quicker than a copy of any length.
    let end = text.len() + MOST_DIGITS - start;
    text.extend_from_slice(&digits[start..start + MOST_DIGITS]);
    text.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_written_as_the_standard_does(number in any::<i64>()) {
            let mut text = Vec::new();
            push_number(&mut text, number);
            prop_assert_eq!(String::from_utf8(text).unwrap(), number.to_string());
        }
    }

    #[test]
    fn only_words_that_need_quotes_have_them() {
        assert_eq!(
            ["road", "road, east", "the \"ring\""].map(quoted),
            ["road", "\"road, east\"", "\"the \"\"ring\"\"\""]
        );
    }
}
