//! `lockgate report`: run folders to one page.

use report::Run;

use crate::args::Report;
use crate::failure::Ending;
use crate::session::{in_folder, of_report, output};

/// Writes the page about the named runs. The verdicts of runs are told, not judged again: this ends well whatever they are.
pub(crate) fn run(arguments: &Report) -> anyhow::Result<Ending> {
    let mut runs = Vec::new();
    for folder in &arguments.runs {
        runs.extend(Run::open_all(folder).map_err(of_report)?);
    }
    let out = output(arguments.output.out.as_deref(), "report");
    let (out, _) = in_folder(&out, |folder| report::write_page(&runs, folder.path()).map_err(of_report))?;
    println!("{}", out.join("index.html").display());
    Ok(Ending::Held)
}
