//! What is wrong with the files that were given: the message of exit code 2.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use demand::RowFault;

/// Everything wrong with the files that were given, a line each.
#[derive(Debug, Default)]
pub(crate) struct BadFile {
    faults: BTreeSet<FileFault>,
}

/// One line of it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileFault {
    pub(crate) place: Place,
    /// The key or column, or nothing.
    pub(crate) key: String,
    pub(crate) message: String,
}

/// Where a fault lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In a line of a file, counted from 1; 0 when the file as a whole is meant.
    Line(PathBuf, usize),
    /// In a value that was set over the file's own.
    Change {
        /// Who set it, as the message begins: `--set behaviour.obey_share=2`.
        by: String,
        /// The key that was set.
        key: String,
    },
}

impl BadFile {
    /// A file that cannot be used for one reason, which has no line.
    pub(crate) fn whole(file: &Path, message: impl Into<String>) -> Self {
        let place = Place::Line(file.to_owned(), 0);
        BadFile::of([FileFault { place, key: String::new(), message: message.into() }])
    }

    /// A table with bad rows.
    pub(crate) fn rows(file: &Path, rows: &[RowFault]) -> Self {
        BadFile::of(rows.iter().map(|row| FileFault {
            place: Place::Line(file.to_owned(), row.line as usize),
            key: row.column.to_owned(),
            message: row.message.clone(),
        }))
    }

    /// All these faults.
    pub(crate) fn of(faults: impl IntoIterator<Item = FileFault>) -> Self {
        BadFile { faults: faults.into_iter().collect() }
    }

    /// These faults and those of another reading; what both tell is told once.
    pub(crate) fn and(mut self, other: BadFile) -> Self {
        self.faults.extend(other.faults);
        self
    }

    /// An error when there is any fault.
    pub(crate) fn ok(self) -> Result<(), Self> {
        if self.faults.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(file, 0) => write!(f, "{}", file.display()),
            Place::Line(file, line) => write!(f, "{}:{line}", file.display()),
            Place::Change { by, .. } => f.write_str(by),
        }
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FileFault { place, key, message } = self;
        write!(f, "{place}: ")?;
        // Who set a key has named it.
        let named = matches!(place, Place::Change { key: changed, .. } if changed == key);
        if !key.is_empty() && !named {
            write!(f, "{key}: ")?;
        }
        f.write_str(message)
    }
}

impl fmt::Display for BadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for BadFile {}
