//! The page of two scenarios side by side.

use std::fs;
use std::path::{Path, PathBuf};

use askama::Template;

use super::view::{Fact, Shown};
use crate::comparison::{self, Comparison};
use crate::grid::Grid;
use crate::number::{NONE, duration_s, whole};
use crate::record::{ComparisonResults, Status};
use crate::{ReportError, RunRecord};

/// The whole page.
#[derive(Debug, Template)]
#[template(path = "compare.html")]
struct ComparisonPage {
    title: String,
    sentence: String,
    partial: bool,
    sides: Vec<Fact>,
    demand: Option<Shown>,
    grid: Grid,
    command_line: String,
    reproduce: Vec<Fact>,
}

/// Writes `OUT/index.html`, and its picture in `OUT/plots`, about `comparison`, whose record is `record`. Returns the path of the page.
///
/// # Errors
/// [`ReportError::Write`] and [`ReportError::Plot`] for what is written.
pub fn write_comparison_page(
    comparison: &Comparison,
    results: &ComparisonResults,
    record: &RunRecord,
    out: &Path,
) -> Result<PathBuf, ReportError> {
    let [before, after] = [&results.before, &results.after];
    let picture = comparison.picture(["before", "after"]);
    if let Some(picture) = &picture {
        picture.write(&out.join("plots"))?;
    }
    let caption = "The first run of each. Of many days each point is the greatest of the minutes it stands for.";
    let fact = |name: &str, value: String| Fact { name: name.into(), value };
    let page = ComparisonPage {
        title: record.title.clone().unwrap_or_else(|| before.scenario.clone()),
        sentence: record.sentence.clone(),
        partial: record.status == Status::Partial,
        sides: vec![
            fact("Before", before.words()),
            fact("After", after.words()),
            fact("Runs of each", whole(results.runs)),
        ],
        demand: picture.map(|picture| Shown::new(picture, caption)).transpose()?,
        grid: comparison::grid(&comparison.differences()),
        command_line: record.command_line.clone(),
        reproduce: vec![
            fact("Version", format!("lockgate {}", record.version)),
            fact("First seed", record.seed.map_or(NONE.into(), |seed| seed.to_string())),
            fact("Machine", record.machine.words()),
            fact("Begun", record.started_at.strftime("%Y-%m-%d %H:%M UTC").to_string()),
            fact("Took", duration_s(record.duration_s)),
        ],
    };
    let path = out.join("index.html");
    fs::write(&path, page.render()?).map_err(ReportError::write(&path))?;
    Ok(path)
}
