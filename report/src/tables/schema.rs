//! How a table is described: once, for its writer, its reader and its data dictionary.

/// A table: one row an observation.
#[derive(Debug)]
pub struct TableSchema {
    /// The file name without extension.
    pub name: &'static str,
    /// What a row is.
    pub meaning: &'static str,
    /// The columns in order.
    pub columns: &'static [ColumnSchema<'static>],
    /// The columns that together tell rows apart; none when rows are only in order.
    pub key: &'static [&'static str],
}

impl TableSchema {
    /// The names of the columns in order.
    pub fn header(&self) -> Vec<&'static str> {
        self.columns.iter().map(|column| column.name).collect()
    }

    /// The columns that hold numbers of what happened, which differ from run to run.
    pub fn measures(&self) -> Vec<ColumnSchema<'static>> {
        self.columns.iter().filter(|column| self.is_measure(column)).copied().collect()
    }

    /// The columns that say what a row is about: its key, its labels, and whatever is no number.
    pub fn subjects(&self) -> Vec<ColumnSchema<'static>> {
        self.columns.iter().filter(|column| !self.is_measure(column)).copied().collect()
    }

    fn is_measure(&self, column: &ColumnSchema<'_>) -> bool {
        let number = matches!(column.kind, ColumnKind::Count | ColumnKind::Number(..));
        number && !column.label && !self.key.contains(&column.name)
    }
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct ColumnSchema<'a> {
    /// Its name in the header; ends with the unit where one is needed.
    pub name: &'a str,
    /// What stands in it.
    pub kind: ColumnKind,
    /// The unit in words; empty where there is none.
    pub unit: &'a str,
    /// What it means.
    pub meaning: &'a str,
    /// Whether a cell may be empty.
    pub may_be_missing: bool,
    /// Whether it says what the row is about, and not what happened: equal in every run of one scenario.
    pub label: bool,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug)]
pub enum ColumnKind {
    /// Whole numbers from 0.
    Count,
    /// Numbers from the first to the second.
    Number(f64, f64),
    /// Words.
    Text,
    /// One of these words.
    OneOf(fn() -> Vec<&'static str>),
    /// `true` or `false`.
    Truth,
    /// A calendar date: `2020-04-02`.
    Date,
    /// A time with its offset: `2020-04-02T12:00:00.000+03:00`.
    Time,
    /// A local time of day: `07:15`.
    Clock,
}

impl<'a> ColumnSchema<'a> {
    /// A column of whole numbers from 0.
    pub const fn count(name: &'a str, unit: &'a str, meaning: &'a str) -> Self {
        ColumnSchema { unit, ..Self::of(name, ColumnKind::Count, meaning) }
    }

    /// A column of numbers from 0.
    pub const fn number(name: &'a str, unit: &'a str, meaning: &'a str) -> Self {
        ColumnSchema { unit, ..Self::of(name, ColumnKind::Number(0.0, f64::INFINITY), meaning) }
    }

    /// A column without unit.
    pub const fn of(name: &'a str, kind: ColumnKind, meaning: &'a str) -> Self {
        ColumnSchema { name, kind, unit: "", meaning, may_be_missing: false, label: false }
    }

    /// The same column, in which cells may be empty.
    pub const fn or_missing(mut self) -> Self {
        self.may_be_missing = true;
        self
    }

    /// The same column, which says what the row is about.
    pub const fn label(mut self) -> Self {
        self.label = true;
        self
    }
}

/// The columns of `parts` one after the other; `COLUMNS` is how many there are.
pub(super) const fn concat<const COLUMNS: usize>(
    parts: &[&[ColumnSchema<'static>]],
) -> [ColumnSchema<'static>; COLUMNS] {
    let mut columns = [ColumnSchema::count("", "", ""); COLUMNS];
    let (mut filled, mut part) = (0, 0);
    while part < parts.len() {
        let (taken, _) = columns.split_at_mut(filled + parts[part].len());
        let (_, room) = taken.split_at_mut(filled);
        room.copy_from_slice(parts[part]);
        filled += parts[part].len();
        part += 1;
    }
    assert!(filled == COLUMNS, "the parts do not fill the table");
    columns
}

/// The names of request kinds.
pub(crate) fn request_kinds() -> Vec<&'static str> {
    demand::RequestKind::ALL.iter().map(|kind| kind.name()).collect()
}

/// The names of purposes.
pub(crate) fn purposes() -> Vec<&'static str> {
    passes::Purpose::ALL.iter().map(|purpose| purpose.name()).collect()
}
