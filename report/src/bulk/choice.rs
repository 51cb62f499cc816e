//! Which bulk tables are written, and how.

use std::str::FromStr;

use crate::tables;

/// How the bulk tables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text that anything reads.
    Csv,
    /// Columns, packed: less than 8 bytes a trip, about a seventh of CSV.
    Parquet,
    /// Not at all.
    None,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 3] = [Format::Csv, Format::Parquet, Format::None];

    /// The name on the command line, which is also the file extension.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Parquet => "parquet",
            Format::None => "none",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Format::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            let names = Format::ALL.map(Format::name).join(", ");
            format!("no format is called '{text}'; write one of {names}")
        })
    }
}

/// A table that grows row by row as days pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkTable {
    /// Trips.
    Trips,
    /// Passes that were issued.
    Passes,
    /// Officers' checks.
    Checks,
    /// Requests to the server.
    Requests,
    /// Who is out, by place and quarter of an hour.
    QuarterHours,
    /// The queues at gates, minute by minute; only where the scenario has gates.
    Gates,
}

impl BulkTable {
    /// All bulk tables.
    pub const ALL: [BulkTable; 6] = [
        BulkTable::Trips,
        BulkTable::Passes,
        BulkTable::Checks,
        BulkTable::Requests,
        BulkTable::QuarterHours,
        BulkTable::Gates,
    ];

    /// The name on the command line, which is also that of the file.
    pub const fn name(self) -> &'static str {
        match self {
            BulkTable::Trips => tables::TRIPS.name,
            BulkTable::Passes => tables::PASSES.name,
            BulkTable::Checks => tables::CHECKS.name,
            BulkTable::Requests => tables::REQUESTS.name,
            BulkTable::QuarterHours => tables::QUARTER_HOURS.name,
            BulkTable::Gates => tables::GATES.name,
        }
    }
}

impl FromStr for BulkTable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        BulkTable::ALL.into_iter().find(|table| table.name() == text).ok_or_else(|| {
            let names = BulkTable::ALL.map(BulkTable::name).join(", ");
            format!("no table of rows is called '{text}'; write some of {names}; summaries are always written")
        })
    }
}

/// Which bulk tables are written, and how. What nobody writes is not even put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// How.
    pub format: Format,
    /// Which.
    pub tables: Vec<BulkTable>,
}

impl Bulk {
    /// All tables in one format.
    pub fn all(format: Format) -> Self {
        Bulk { format, tables: BulkTable::ALL.into() }
    }

    /// How `table` is written.
    pub(super) fn format_of(&self, table: BulkTable) -> Format {
        if self.tables.contains(&table) { self.format } else { Format::None }
    }
}
