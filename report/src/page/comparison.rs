//! The page of two scenarios side by side.

use std::fs;
use std::path::{Path, PathBuf};

use askama::Template;

use super::view::{Fact, Shown};
use crate::comparison::{self, Comparison};
use crate::grid::Grid;
use crate::number::{NONE, duration_s, whole};
use crate::plots::Picture;
use crate::record::{ComparisonResults, Status};
use crate::warnings::together;
use crate::{ReportError, RunRecord};

/// The whole page.
#[derive(Debug, Template)]
#[template(path = "compare.html")]
pub(super) struct ComparisonPage {
    pub(super) title: String,
    pub(super) badge: Badge,
    pub(super) sentence: String,
    pub(super) partial: bool,
    pub(super) sides: Vec<Fact>,
    /// How the comparison is made, as sentences.
    pub(super) how: &'static str,
    pub(super) figures: Vec<Shown>,
    pub(super) grid: Grid,
    pub(super) caption: &'static str,
    /// What is assumed, as sentences.
    pub(super) assumed: &'static str,
    pub(super) warnings: Vec<String>,
    pub(super) command_line: String,
    pub(super) reproduce: Vec<Fact>,
}

/// The first word of the page, in colour.
#[derive(Debug)]
pub(super) struct Badge {
    pub(super) word: &'static str,
    pub(super) class: &'static str,
}

const MODELLED: &str = "What residents do is drawn at random by a model whose parameters, each with its source or marked as an assumption, stand in docs/model.md \
                        and the scenario file.";
const SAME_PEOPLE: &str = "Both have the same residents with the same luck: every decision hangs on a random number of its own, so what differs is the \
                           doing of what was changed. The intervals say how the difference varies from seed to seed; with one run there are none.";

/// Writes `OUT/index.html`, and its picture in `OUT/plots`, about the two scenarios of `comparison`, whose record is `record`. Returns the
/// path of the page.
///
/// # Errors
/// [`ReportError::Write`] and [`ReportError::Plot`] for what is written.
pub fn write_comparison_page(
    comparison: &Comparison,
    results: &ComparisonResults,
    record: &RunRecord,
    out: &Path,
) -> Result<PathBuf, ReportError> {
    let caption = "The first run of each. Of many days each point is the greatest of the minutes it stands for.";
    let sides =
        [("Before", results.before.words()), ("After", results.after.words()), ("Runs of each", whole(results.runs))];
    let page = ComparisonPage {
        sides: facts(sides),
        how: SAME_PEOPLE,
        figures: shown(comparison.picture(["before", "after"]), caption, out)?,
        grid: comparison::grid(&comparison.differences()),
        caption: "Means over the runs. Difference: the second scenario less the first.",
        ..ComparisonPage::about(record)
    };
    page.write(out)
}

impl ComparisonPage {
    /// What every such page says of its run.
    pub(super) fn about(record: &RunRecord) -> Self {
        let reproduce = [
            ("Version", format!("lockgate {}", record.version)),
            ("First seed", record.seed.map_or(NONE.into(), |seed| seed.to_string())),
            ("Machine", record.machine.words()),
            ("Begun", record.started_at.strftime("%Y-%m-%d %H:%M UTC").to_string()),
            ("Took", duration_s(record.duration_s)),
        ];
        ComparisonPage {
            title: record.title.clone().or_else(|| record.scenario.clone()).unwrap_or_default(),
            badge: Badge { word: "Compared", class: "none" },
            sentence: record.sentence.clone(),
            partial: record.status == Status::Partial,
            sides: Vec::new(),
            how: "",
            figures: Vec::new(),
            grid: Grid::default(),
            caption: "",
            assumed: MODELLED,
            warnings: together(&record.warnings, &record.results),
            command_line: record.command_line.clone(),
            reproduce: facts(reproduce),
        }
    }

    pub(super) fn write(&self, out: &Path) -> Result<PathBuf, ReportError> {
        let path = out.join("index.html");
        fs::write(&path, self.render()?).map_err(ReportError::write(&path))?;
        Ok(path)
    }
}

pub(super) fn facts<const N: usize>(facts: [(&str, String); N]) -> Vec<Fact> {
    facts.into_iter().map(|(name, value)| Fact { name: name.into(), value }).collect()
}

/// The picture to stand in the page, and beside it in `out`.
pub(super) fn shown(picture: Option<Picture>, caption: &str, out: &Path) -> Result<Vec<Shown>, ReportError> {
    let write = |picture: Picture| {
        picture.write(&out.join("plots"))?;
        Shown::new(picture, caption)
    };
    Ok(picture.map(write).transpose()?.into_iter().collect())
}
