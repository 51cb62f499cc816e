//! Published figures beside the model's.

use sim::Published;

use crate::bulk::Format;
use crate::record::Verdict;
use crate::tables::{self, Cells, Table};
use crate::{ReportError, RunFolder, RunRecord, grid};

/// A published figure and the model's.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What was published.
    pub published: Published,
    /// What the model gives, for the whole region; `None` where there was nothing to measure.
    pub simulated: Option<f64>,
}

impl Figure {
    /// Whether the model's lies within the band.
    pub fn holds(&self) -> bool {
        self.published.holds(self.simulated)
    }
}

/// Writes the table of `figures` as CSV, and as Parquet beside it when that is the format.
///
/// # Errors
/// [`ReportError::Write`], [`ReportError::Table`].
pub fn write_figures(folder: &RunFolder, figures: &[Figure], format: Format) -> Result<(), ReportError> {
    let numbers =
        |of: fn(&Published) -> f64| Cells::Numbers(figures.iter().map(|figure| of(&figure.published)).collect());
    let texts = |of: fn(&Published) -> String| Cells::texts(figures.iter().map(|figure| of(&figure.published)));
    let columns = vec![
        texts(|published| published.figure.clone()),
        texts(|published| published.measure.to_string()),
        texts(|published| published.relative_to.clone().unwrap_or_default()),
        texts(|published| published.unit().to_owned()),
        numbers(|published| published.value),
        numbers(|published| published.low),
        numbers(|published| published.high),
        Cells::numbers(figures.iter().map(|figure| figure.simulated)),
        Cells::Truths(figures.iter().map(Figure::holds).collect()),
        texts(|published| published.source.clone()),
    ];
    let mut table = Table::new(&tables::PUBLISHED, columns)?;
    table.write_csv(&folder.tables())?;
    if format == Format::Parquet {
        table.write_parquet(&folder.tables())?;
    }
    Ok(())
}

impl RunRecord {
    /// The same record, judged by `figures`: it fails when one of them is out of its band. A run that was stopped is not judged.
    pub fn held_against(mut self, figures: &[Figure]) -> Self {
        if self.status == crate::record::Status::Partial || figures.is_empty() {
            return self;
        }
        let out = figures.iter().filter(|figure| !figure.holds());
        self.failures.extend(out.map(|figure| format!("{}: {}", figure.published.terms(), grid::beside(figure))));
        let all = figures.len();
        let (verdict, sentence) = match self.failures.len() {
            0 => (Verdict::Held, format!("holds: published figures within their bands: {all} of {all}")),
            out => (Verdict::Failed, format!("breaks: published figures out of their bands: {out} of {all}")),
        };
        (self.verdict, self.sentence) = (Some(verdict), format!("{sentence}; {}", self.sentence));
        self
    }
}
