//! Bulk tables as CSV. No cell needs quotes: there are only whole numbers and the words of the schema.

use std::fs::File;
use std::io::{self, Write};

use super::lanes::{Lane, NO_NUMBER, NO_WORD};
use super::{Sink, words_of};
use crate::tables::TableSchema;

/// The text is handed to the file when there is this much of it.
const FLUSH_BYTES: usize = 1 << 20;
/// Digits of the greatest number and its sign.
const MOST_DIGITS: usize = 20;

/// Writes CSV through one buffer, without an allocation a row.
pub(super) struct CsvSink {
    file: File,
    words: Vec<Vec<&'static str>>,
    text: Vec<u8>,
}

impl CsvSink {
    pub(super) fn new(schema: &TableSchema, mut file: File) -> io::Result<Self> {
        writeln!(file, "{}", schema.header().join(","))?;
        Ok(CsvSink { file, words: words_of(schema), text: Vec::with_capacity(FLUSH_BYTES + 1024) })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }
}

impl Sink for CsvSink {
    fn write(&mut self, lanes: &[Lane]) -> io::Result<()> {
        let rows = lanes.first().map_or(0, Lane::len);
        for row in 0..rows {
            for (lane, words) in lanes.iter().zip(&self.words) {
                match lane {
                    Lane::Numbers(numbers) if numbers[row] == NO_NUMBER => {}
                    Lane::Numbers(numbers) => push_number(&mut self.text, numbers[row]),
                    Lane::Words(codes) if codes[row] == NO_WORD => {}
                    Lane::Words(codes) => self.text.extend_from_slice(words[usize::from(codes[row])].as_bytes()),
                }
                self.text.push(b',');
            }
            self.text.pop();
            self.text.push(b'\n');
            if self.text.len() >= FLUSH_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.flush()
    }
}

/// Appends `number` in decimal. The standard formatter is several times slower, which tens of millions of cells notice.
fn push_number(text: &mut Vec<u8>, number: i64) {
    let mut digits = [0; MOST_DIGITS];
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
    text.extend_from_slice(&digits[start..]);
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
}
