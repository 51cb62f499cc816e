//! What is wrong with a row of a table that somebody wrote.

use std::fmt;

/// One thing wrong with a CSV file: shown as `line 3, column at_ms: what is the matter`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The line, counted from 1.
    pub line: u64,
    /// The column, or nothing when the line as a whole is meant.
    pub column: &'static str,
    /// What is the matter and what to write instead.
    pub message: String,
}

impl RowFault {
    /// So many faults are told; a file with more is usually wrong in one way throughout.
    pub const MOST: usize = 20;

    /// All of `faults`, a line each.
    pub fn lines(faults: &[RowFault]) -> String {
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            "" => write!(f, "line {}: {}", self.line, self.message),
            column => write!(f, "line {}, column {column}: {}", self.line, self.message),
        }
    }
}
