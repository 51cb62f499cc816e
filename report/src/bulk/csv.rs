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
    /// The cell of each code: all words from the beginning, numbers and times of day as far as they have come.
    cells: Vec<String>,
    may_be_missing: bool,
}

impl CsvSink {
    /// `listed` are the words of the column that names things of the scenario, where there is one.
    pub(super) fn new(schema: &TableSchema, listed: &[String], mut file: File) -> io::Result<Self> {
        writeln!(file, "{}", schema.header().join(","))?;
        let column = |(column, words): (&crate::tables::ColumnSchema, Vec<String>)| Column {
            cells: words.iter().map(|word| quoted(word)).collect(),
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
        self.columns.iter_mut().zip(lanes).for_each(|(column, lane)| column.make_cells(lane));
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

impl Column {
    /// Makes the cells of the codes in `lane`: there are few codes and many rows.
    fn make_cells(&mut self, lane: &Lane) {
        let Lane::Codes(codes, meaning) = lane else { return };
        let cell = |code: u16| match meaning {
            Meaning::Number => code.to_string(),
            Meaning::TwoFigures => figures::number(code).to_string(),
            Meaning::Clock => clock(code),
            // All known from the beginning.
            Meaning::Word => String::new(),
        };
        let there = codes.iter().copied().filter(|code| !self.may_be_missing || *code != NO_CODE);
        let greatest = there.max().map_or(0, usize::from);
        self.cells.extend((self.cells.len()..=greatest).map(|code| cell(code as u16)));
    }
}

fn push_cell(text: &mut Vec<u8>, lane: &Lane, column: &Column, row: usize) {
    match lane {
        Lane::Numbers(numbers) if numbers[row] == NO_NUMBER => {}
        Lane::Numbers(numbers) => push_number(text, numbers[row]),
        Lane::Small(numbers) => push_number(text, numbers[row].into()),
        Lane::Codes(codes, _) if column.may_be_missing && codes[row] == NO_CODE => {}
        Lane::Codes(codes, _) => text.extend_from_slice(column.cells[usize::from(codes[row])].as_bytes()),
    }
}

/// A word as a cell: within quotes when it has a character that would end it.
fn quoted(word: &str) -> String {
    match word.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", word.replace('"', "\"\"")),
        false => word.to_owned(),
    }
}

/// The numbers below a hundred, two digits each, so that one division makes two digits.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < pairs.len() {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Appends `number` in decimal. The standard formatter is several times slower, which tens of millions of cells notice.
fn push_number(text: &mut Vec<u8>, number: i64) {
    let mut digits = [0; 2 * MOST_DIGITS];
    let mut start = MOST_DIGITS;
    let mut rest = number.unsigned_abs();
    while rest >= 10 {
        start -= 2;
        digits[start..start + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    // What is left has one digit, which zero has alone.
    if rest > 0 || start == MOST_DIGITS {
        start -= 1;
        digits[start] = b'0' + rest as u8;
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
