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
    let (out, _) = in_folder(&out, |folder| {
        if report::are_shards(&runs) {
            let (merged, _) = in_folder(&folder.path().join("load"), |folder| {
                report::write_merged(folder, &runs).map_err(of_report)
            })?;
            runs = vec![Run::open(&merged).map_err(of_report)?];
        }
        report::write_page(&runs, folder.path()).map_err(of_report)
    })?;
    println!("{}", out.join("index.html").display());
    Ok(Ending::Held)
}
