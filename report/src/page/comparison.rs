//! Pages of things side by side: two scenarios, or the three schemes.

use std::fs;
use std::path::{Path, PathBuf};

use askama::Template;

use super::story;
use super::view::{Fact, Shown};
use crate::comparison::{self, Comparison};
use crate::grid::{self, Grid};
use crate::number::{NONE, duration_s, rate, whole};
use crate::plots::{Picture, SchemeCurve, SchemeCurves};
use crate::record::{ComparisonResults, SchemeResults, Status};
use crate::{ReportError, Run, RunRecord};

/// The whole page.
#[derive(Debug, Template)]
#[template(path = "compare.html")]
struct ComparisonPage {
    title: String,
    sentence: String,
    partial: bool,
    sides: Vec<Fact>,
    /// How the comparison is made, as sentences.
    how: &'static str,
    figures: Vec<Shown>,
    grid: Grid,
    caption: &'static str,
    warnings: Vec<String>,
    command_line: String,
    reproduce: Vec<Fact>,
}

const SAME_PEOPLE: &str = "Both have the same residents with the same luck: every decision hangs on a random number of its own, so what differs is the \
                           doing of what was changed. The intervals say how the difference varies from seed to seed; with one run there are none.";
const SAME_LOAD: &str = "Each scheme's server was started anew on this machine, and the load on it was raised step by step until an objective failed. \
                         Usable capacity is the highest load at which every objective held; headroom is that divided by what the simulated peak asks. \
                         What each design lets its operator learn stands in docs/schemes.md.";

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

/// Writes `OUT/index.html`, and its pictures in `OUT/plots`, about `schemes`: the searches for capacity in `runs`, each of one scheme, in their
/// order. Returns the path of the page.
///
/// # Errors
/// [`ReportError::Read`] and [`ReportError::Table`] for their tables, [`ReportError::Write`] and [`ReportError::Plot`] for what is written.
pub fn write_schemes_page(
    schemes: &SchemeResults,
    runs: &[(String, Run)],
    record: &RunRecord,
    out: &Path,
) -> Result<PathBuf, ReportError> {
    let caption = "Full dots: every objective held each time. Rings: one failed. Dotted: every request answered rightly and in time. Steps at which the \
                   load generator was the limit are left out.";
    let mut figures = Vec::new();
    for picture in scheme_curves(runs)? {
        figures.extend(shown(Some(picture.picture()), caption, out)?);
    }
    let peak = schemes.values().find_map(|found| found.peak_demand_per_s.get("mix"));
    let names: Vec<&str> = schemes.keys().map(String::as_str).collect();
    let sides = [
        ("Scenario", record.scenario.clone().unwrap_or_else(|| NONE.into())),
        ("Schemes", names.join(", ")),
        ("The peak asks", peak.map_or(NONE.into(), |peak| rate(*peak))),
    ];
    let page = ComparisonPage {
        sides: facts(sides),
        how: SAME_LOAD,
        figures,
        grid: grid::schemes(schemes),
        caption: "Capacity by path and scheme. 'Held, failed': the highest load that held and the lowest that failed.",
        ..ComparisonPage::about(record)
    };
    page.write(out)
}

impl ComparisonPage {
    /// What every such page says of its run.
    fn about(record: &RunRecord) -> Self {
        let reproduce = [
            ("Version", format!("lockgate {}", record.version)),
            ("First seed", record.seed.map_or(NONE.into(), |seed| seed.to_string())),
            ("Machine", record.machine.words()),
            ("Begun", record.started_at.strftime("%Y-%m-%d %H:%M UTC").to_string()),
            ("Took", duration_s(record.duration_s)),
        ];
        ComparisonPage {
            title: record.title.clone().or_else(|| record.scenario.clone()).unwrap_or_default(),
            sentence: record.sentence.clone(),
            partial: record.status == Status::Partial,
            sides: Vec::new(),
            how: "",
            figures: Vec::new(),
            grid: Grid::default(),
            caption: "",
            warnings: record.warnings.clone(),
            command_line: record.command_line.clone(),
            reproduce: facts(reproduce),
        }
    }

    fn write(&self, out: &Path) -> Result<PathBuf, ReportError> {
        let path = out.join("index.html");
        fs::write(&path, self.render()?).map_err(ReportError::write(&path))?;
        Ok(path)
    }
}

fn facts<const N: usize>(facts: [(&str, String); N]) -> Vec<Fact> {
    facts.into_iter().map(|(name, value)| Fact { name: name.into(), value }).collect()
}

/// The picture to stand in the page, and beside it in `out`.
fn shown(picture: Option<Picture>, caption: &str, out: &Path) -> Result<Vec<Shown>, ReportError> {
    let write = |picture: Picture| {
        picture.write(&out.join("plots"))?;
        Shown::new(picture, caption)
    };
    Ok(picture.map(write).transpose()?.into_iter().collect())
}

/// The curves of all schemes, one picture a path.
fn scheme_curves(runs: &[(String, Run)]) -> Result<Vec<SchemeCurves>, ReportError> {
    let mut paths: Vec<SchemeCurves> = Vec::new();
    for (scheme, run) in runs {
        for curve in story::curves(&run.folder.join("tables"), &run.record.results, None)? {
            let index = paths.iter().position(|known| known.path == curve.path).unwrap_or_else(|| {
                paths.push(SchemeCurves { path: curve.path.clone(), ..SchemeCurves::default() });
                paths.len() - 1
            });
            paths[index].peak_per_s = curve.peak_per_s.or(paths[index].peak_per_s);
            let found = SchemeCurve { scheme: scheme.clone(), usable_per_s: curve.usable_per_s, steps: curve.steps };
            paths[index].curves.push(found);
        }
    }
    Ok(paths)
}
