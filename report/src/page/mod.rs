//! The page: one self-contained HTML file for the person who decides.

mod assumptions;
mod changes;
mod comparison;
mod files;
mod latency;
mod ledger;
mod people;
mod region;
mod schemes;
mod story;
mod view;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use askama::Template;

use crate::{ReportError, Run};
pub use changes::write_load_comparison_page;
pub use comparison::write_comparison_page;
use story::Story;
use view::Page;

/// Writes `OUT/index.html`, and its pictures as SVG and PNG in `OUT/plots`, about `runs`: a demo with its parts, or one run of
/// one command or of several; several searches for capacity stand side by side when each is of a scheme. What the runs do not have is left out of the page. Returns the path of the page.
///
/// The page needs no network and no script, and no other file: its pictures stand in it. Equal runs give equal bytes.
///
/// # Errors
/// [`ReportError::NoRun`] when `runs` is empty, [`ReportError::NoPage`] for an ensemble, [`ReportError::Twice`] when two are of one command, [`ReportError::Strangers`]
/// when a simulation and a measurement are not of one scenario, seed and days, [`ReportError::Read`] and
/// [`ReportError::Table`] for their tables, [`ReportError::Write`] and [`ReportError::Plot`] for what is written.
pub fn write_page(runs: &[Run], out: &Path) -> Result<PathBuf, ReportError> {
    let Some(lead) = runs.first() else {
        return Err(ReportError::NoRun { path: out.to_path_buf(), hint: "; name at least one run folder" });
    };
    let page = Page::new(&Story::gather(lead, runs)?, out)?;
    fs::create_dir_all(out).map_err(ReportError::write(out))?;
    for picture in page.pictures() {
        picture.write(&out.join("plots"))?;
    }
    let path = out.join("index.html");
    fs::write(&path, page.render()?).map_err(ReportError::write(&path))?;
    Ok(path)
}

/// How a page says whose it is, as `templates/page.html` has it.
const GENERATOR: &str = r#"<meta name="generator" content="lockgate">"#;

/// Whether `folder` holds a page and its pictures and nothing else, so that another page may take its place.
pub(crate) fn is_page(folder: &Path) -> bool {
    let ours = |name: &OsStr| name == "index.html" || name == "plots";
    let nothing_else = fs::read_dir(folder)
        .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| ours(&entry.file_name()))));
    nothing_else && fs::read_to_string(folder.join("index.html")).is_ok_and(|page| page.contains(GENERATOR))
}
