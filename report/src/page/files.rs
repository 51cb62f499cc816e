//! The files of the runs, as the page lists them.

use std::path::Path;

use crate::Run;
use crate::tables;

/// A file a reader may want to open.
#[derive(Debug, PartialEq)]
pub(crate) struct FileEntry {
    /// Its path from the page, with `/` between the parts; empty when it does not lie below the page.
    pub(crate) href: String,
    /// How it is called on the page.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) meaning: String,
}

/// The files of `run` that exist, seen from a page in `out`.
pub(crate) fn files(run: &Run, out: &Path) -> Vec<FileEntry> {
    let mut known = vec![
        ("run.json".to_owned(), "what ran and what came of it, for scripts".to_owned()),
        ("scenario.toml".into(), "the scenario as it was read".into()),
        ("datapackage.json".into(), "every column of every table: type, unit, meaning".into()),
    ];
    for schema in tables::ALL {
        for format in ["csv", "parquet"] {
            known.push((format!("tables/{}.{format}", schema.name), schema.meaning.to_owned()));
        }
    }
    for measure in ["response_time", "service_time", "send_lag"] {
        let meaning = format!("{} as HdrHistogram log, by kind of request", measure.replace('_', " "));
        known.push((format!("hlog/{measure}.hlog"), meaning));
    }
    let below = run.folder.strip_prefix(out).ok();
    let existing = known.into_iter().filter(|(path, _)| run.folder.join(path).is_file());
    existing
        .map(|(path, meaning)| {
            let href = below.map_or(String::new(), |below| portable(&below.join(&path)));
            let name = if href.is_empty() { run.folder.join(&path).display().to_string() } else { href.clone() };
            FileEntry { href, name, meaning }
        })
        .collect()
}

fn portable(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
