//! What a simulation takes as given.

use crate::bulk::Format;
use crate::tables::{self, Cells, Table};
use crate::{ReportError, RunFolder};

/// A parameter of a scenario in one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// Its key in the scenario, dotted.
    pub key: String,
    /// Its value, as a scenario writes it.
    pub value: String,
    /// The unit of the value; empty where it has none.
    pub unit: String,
    /// What it is.
    pub meaning: String,
    /// Who set it.
    pub origin: Origin,
    /// Where the value comes from, or why it was assumed; empty where nobody said.
    pub source: String,
}

/// Who set a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: it is the model's default.
    Default,
    /// The scenario's file.
    Scenario,
    /// The command line, over the file.
    CommandLine,
}

impl Origin {
    /// All of them.
    pub const ALL: [Origin; 3] = [Origin::Default, Origin::Scenario, Origin::CommandLine];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Origin::Default => "default",
            Origin::Scenario => "scenario",
            Origin::CommandLine => "command_line",
        }
    }
}

impl Assumption {
    /// Whether the value, or a part of it, is assumed: its source says so, or it is a default without one.
    pub fn is_assumed(&self) -> bool {
        self.source.contains("assum") || (self.source.is_empty() && self.origin == Origin::Default)
    }
}

/// Writes `assumptions` as the table `assumptions` into `folder`: as CSV, and as Parquet where `format` asks for it.
///
/// # Errors
/// [`ReportError::Write`], [`ReportError::Table`].
pub fn write_assumptions(folder: &RunFolder, assumptions: &[Assumption], format: Format) -> Result<(), ReportError> {
    let texts = |text: fn(&Assumption) -> &str| Cells::texts(assumptions.iter().map(text));
    let columns = vec![
        texts(|it| &it.key),
        texts(|it| &it.value),
        texts(|it| &it.unit),
        texts(|it| &it.meaning),
        texts(|it| it.origin.name()),
        Cells::Truths(assumptions.iter().map(Assumption::is_assumed).collect()),
        texts(|it| &it.source),
    ];
    let mut table = Table::new(&tables::ASSUMPTIONS, columns)?;
    table.write_csv(&folder.tables())?;
    if format == Format::Parquet {
        table.write_parquet(&folder.tables())?;
    }
    Ok(())
}
