//! The page of two load runs side by side.

use std::path::{Path, PathBuf};

use super::comparison::{Badge, ComparisonPage, facts, shown};
use crate::grid;
use crate::number::share;
use crate::plots::{ChangedRow, Changes};
use crate::record::{LoadComparisonResults, Verdict};
use crate::{ReportError, RunRecord};

const HOW: &str = "Both runs are cut into seconds, and their seconds drawn again and again in blocks: the intervals say how much the ratio would differ if \
                   the runs were made again. A change counts when its whole interval lies beyond the margin.";
const MEASURED: &str = "Nothing on this page is assumed: every time was measured, by sending real requests to a running server. Whether an answer was in time \
                        is judged in both runs by the objectives of the first.";

/// Writes `OUT/index.html`, and its picture in `OUT/plots`, about the two load runs of `results`, whose record is `record`. Returns the path
/// of the page.
///
/// # Errors
/// [`ReportError::Write`] and [`ReportError::Plot`] for what is written.
pub fn write_load_comparison_page(
    results: &LoadComparisonResults,
    record: &RunRecord,
    out: &Path,
) -> Result<PathBuf, ReportError> {
    let rows = results.changes.iter().map(|change| ChangedRow {
        name: change.words(),
        ratio: change.ratio,
        interval: change.interval,
        direction: change.direction.clone(),
    });
    let picture = Changes { rows: rows.collect(), margin: results.margin }.picture();
    let badge = match record.verdict {
        Some(Verdict::Failed) => Badge { word: "Regression", class: "failed" },
        _ if results.changes.iter().any(|change| change.direction == "unclear") => {
            Badge { word: "Not certain", class: "unusable" }
        }
        _ => Badge { word: "No regression", class: "held" },
    };
    let sides = [
        ("Before", results.before.clone()),
        ("After", results.after.clone()),
        ("Margin", format!("a change of more than {} counts", share(results.margin))),
    ];
    let page = ComparisonPage {
        badge,
        sentence: record.sentence.split_once(": ").map_or(&*record.sentence, |(_, rest)| rest).to_owned(),
        sides: facts(sides),
        how: HOW,
        figures: shown(Some(picture), "Right of the band the quantity grew, left of it it fell.", out)?,
        grid: grid::changes(&results.changes),
        caption: "Response times by kind of request, and goodput: right answers in time, per second.",
        assumed: MEASURED,
        ..ComparisonPage::about(record)
    };
    page.write(out)
}
