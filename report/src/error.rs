//! What can go wrong between results and what people read.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Something could not be written, read or drawn.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The output folder holds something that is not ours to replace.
    #[error("{} holds files that are no run folder of lockgate; name another folder, or empty this one", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder cannot be written.
    #[error("{} cannot be written: {}", path.display(), advice(source))]
    Write {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file or folder cannot be read.
    #[error("{} cannot be read: {}", path.display(), advice(source))]
    Read {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A folder is no run folder.
    #[error("{} is no run folder: it has no run.json{}", path.display(), .hint)]
    NoRun {
        /// The folder.
        path: PathBuf,
        /// What the reader may have meant; empty or a clause that begins with a separator.
        hint: &'static str,
    },
    /// A `run.json` does not say what its command promises.
    #[error("{}: {message}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Which key, and what is the matter with it.
        message: String,
    },
    /// A table does not fit its schema.
    #[error("{}: {message}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// Which column, and what is the matter with it.
        message: String,
    },
    /// A plot cannot be drawn.
    #[error("the plot {plot} cannot be drawn: {message}")]
    Plot {
        /// Its file name without extension.
        plot: String,
        /// What the drawing library says.
        message: String,
    },
    /// Two runs of one command were given for one page.
    #[error("{} and {} are both runs of {command}; a page tells of one, or of one search for capacity by scheme; name one of them", first.display(), second.display())]
    Twice {
        /// The command.
        command: &'static str,
        /// The one folder.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A simulation and a measurement of something else were given for one page.
    #[error("{} and {} do not belong together ({what}); name runs of one scenario, seed and days", first.display(), second.display())]
    Strangers {
        /// The folder of the simulation.
        first: PathBuf,
        /// The folder of the load run or the search for capacity.
        second: PathBuf,
        /// In what they differ.
        what: String,
    },
    /// The threads that write tables cannot be started.
    #[error("the threads that write tables cannot be started: {0}; try fewer")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// A page was asked for of many simulations.
    #[error("{} is an ensemble or a comparison, and a page tells of one run; read what lies in that folder, or name one run", path.display())]
    NoPage {
        /// The folder.
        path: PathBuf,
    },
    /// The page cannot be filled in.
    #[error("the page cannot be filled in: {0}")]
    Page(#[from] askama::Error),
}

impl ReportError {
    /// For `map_err`: `path` could not be written.
    pub(crate) fn write(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| ReportError::Write { path: path.as_ref().to_path_buf(), source }
    }

    /// For `map_err`: `path` could not be read.
    pub(crate) fn read(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| ReportError::Read { path: path.as_ref().to_path_buf(), source }
    }

    /// For `map_err`: the table at `path` is not as its schema says.
    pub(crate) fn table<E: std::fmt::Display>(path: impl AsRef<Path>) -> impl FnOnce(E) -> Self {
        move |error| ReportError::Table { path: path.as_ref().to_path_buf(), message: error.to_string() }
    }
}

/// The cause in words that say what to do.
fn advice(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => "no permission; choose a folder you may write to".into(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only; choose a folder elsewhere".into(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk is full; free some space or choose another".into()
        }
        ErrorKind::NotFound => "it does not exist".into(),
        ErrorKind::NotADirectory => "a part of the path is a file, not a folder".into(),
        _ => error.to_string(),
    }
}
