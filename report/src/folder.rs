//! Run folders: how results are laid down so that nothing half-written looks whole.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use passes::SchemeKind;

use crate::{ReportError, RunRecord, datapackage, page};

/// Stands in a folder until it is finished, and marks one that never was.
const MARK: &str = "UNFINISHED";
const MARK_TEXT: &str = "This run did not end. What is here is not complete.\n";

/// A run folder while it is being written.
///
/// It grows beside its final name, as `OUT.partial` with a file `UNFINISHED` in it, and [`RunFolder::finish`] gives it the final name
/// in one step. So a folder under its final name is whole, or its `run.json` says `"status": "partial"`; a folder that is left
/// behind by a crash keeps the other name and the mark.
#[derive(Debug)]
pub struct RunFolder {
    target: PathBuf,
    partial: PathBuf,
}

impl RunFolder {
    /// Begins the run folder `out`. An earlier run folder of this name stays until this one is finished.
    ///
    /// # Errors
    /// [`ReportError::Taken`] when `out` holds something else than a run folder or a page, [`ReportError::Write`] when there is no writing there.
    pub fn create(out: &Path) -> Result<Self, ReportError> {
        let Some(name) = out.file_name() else { return Err(ReportError::Taken { path: out.to_path_buf() }) };
        let mut name = name.to_owned();
        name.push(".partial");
        let partial = out.with_file_name(name);
        for path in [out, &partial, &replaced(&partial)] {
            if !is_ours_or_free(path)? {
                return Err(ReportError::Taken { path: path.to_path_buf() });
            }
        }
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(ReportError::write(&partial))?;
        }
        for folder in [&partial, &partial.join("tables")] {
            fs::create_dir_all(folder).map_err(ReportError::write(folder))?;
        }
        let folder = RunFolder { target: out.to_path_buf(), partial };
        folder.write_text(MARK, MARK_TEXT)?;
        Ok(folder)
    }

    /// Where to write now.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Where tables are written now.
    pub fn tables(&self) -> PathBuf {
        self.partial.join("tables")
    }

    /// A new file at `name` (such as `hlog/send_lag.hlog`) in the folder, buffered. Flush it to hear of a full disk.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn file(&self, name: &str) -> Result<BufWriter<File>, ReportError> {
        let path = self.partial.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(ReportError::write(parent))?;
        }
        File::create(&path).map(BufWriter::new).map_err(ReportError::write(&path))
    }

    /// Writes the file `name` with this text, such as the scenario as read.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn write_text(&self, name: &str, text: &str) -> Result<(), ReportError> {
        let mut file = self.file(name)?;
        file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(ReportError::write(self.partial.join(name)))
    }

    /// Writes `run.json`, and `datapackage.json` about the tables that are there.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn write_record(&self, record: &RunRecord) -> Result<(), ReportError> {
        self.write_json("run.json", record)?;
        match datapackage::describe(&self.partial, record)? {
            Some(package) => self.write_json("datapackage.json", &package),
            None => Ok(()),
        }
    }

    fn write_json(&self, name: &str, value: &impl serde::Serialize) -> Result<(), ReportError> {
        let mut json = serde_json::to_string_pretty(value)
            .map_err(|error| ReportError::write(self.partial.join(name))(error.into()))?;
        json.push('\n');
        self.write_text(name, &json)
    }

    /// Gives the folder its final name, in place of an earlier run folder of that name, and returns it.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn finish(self) -> Result<PathBuf, ReportError> {
        let mark = self.partial.join(MARK);
        fs::remove_file(&mark).map_err(ReportError::write(&mark))?;
        // Only an empty folder can be removed so: a run without tables shows none.
        let _ = fs::remove_dir(self.tables());
        if self.target.exists() {
            // Two renames, so that at no moment a mixture of two runs stands under the name.
            let earlier = replaced(&self.partial);
            if earlier.exists() {
                fs::remove_dir_all(&earlier).map_err(ReportError::write(&earlier))?;
            }
            fs::rename(&self.target, &earlier).map_err(ReportError::write(&self.target))?;
            fs::rename(&self.partial, &self.target).map_err(ReportError::write(&self.target))?;
            fs::remove_dir_all(&earlier).map_err(ReportError::write(&earlier))?;
        } else {
            fs::rename(&self.partial, &self.target).map_err(ReportError::write(&self.target))?;
        }
        Ok(self.target)
    }
}

/// Where an earlier run folder waits for the moment in which the new one takes its name.
fn replaced(partial: &Path) -> PathBuf {
    partial.with_extension("replaced")
}

/// Whether `path` is free, an empty folder, a run folder or the remains of one, or a page with its pictures.
fn is_ours_or_free(path: &Path) -> Result<bool, ReportError> {
    if !path.exists() {
        return Ok(true);
    }
    let mut entries = fs::read_dir(path).map_err(ReportError::write(path))?;
    Ok(path.join(MARK).is_file()
        || RunRecord::read(&path.join("run.json")).is_ok()
        || page::is_page(path)
        || entries.next().is_none())
}

impl RunRecord {
    /// Reads the `run.json` at `path`.
    ///
    /// # Errors
    /// [`ReportError::Read`], or [`ReportError::Record`] that names the key at fault.
    pub fn read(path: &Path) -> Result<Self, ReportError> {
        let json = fs::read_to_string(path).map_err(ReportError::read(path))?;
        RunRecord::parse(&json).map_err(|message| ReportError::Record { path: path.to_path_buf(), message })
    }
}

/// A run folder to read.
#[derive(Clone, Debug)]
pub struct Run {
    /// Where it is.
    pub folder: PathBuf,
    /// Its `run.json`.
    pub record: RunRecord,
}

impl Run {
    /// Opens the run folder `folder`; its tables are read when asked for.
    ///
    /// # Errors
    /// [`ReportError::NoRun`] when it is no run folder, [`ReportError::Record`] when its `run.json` is not sound.
    pub fn open(folder: &Path) -> Result<Self, ReportError> {
        let path = folder.join("run.json");
        if !path.is_file() {
            let hint = match () {
                () if !folder.exists() => "; the folder does not exist",
                () if folder.join(MARK).is_file() => "; the run that began it did not end",
                () if folder.is_file() => "; name the folder, not a file in it",
                () => "",
            };
            return Err(ReportError::NoRun { path: folder.to_path_buf(), hint });
        }
        Ok(Run { folder: folder.to_path_buf(), record: RunRecord::read(&path)? })
    }

    /// Opens a run folder and those it holds (a demo's `simulate`, `capacity` and `load`, the schemes of a comparison), in that order.
    ///
    /// # Errors
    /// As [`Run::open`].
    pub fn open_all(folder: &Path) -> Result<Vec<Self>, ReportError> {
        let mut runs = vec![Run::open(folder)?];
        let parts = ["simulate", "capacity", "load"].into_iter().chain(SchemeKind::ALL.map(SchemeKind::name));
        for part in parts.map(|part| folder.join(part)) {
            if part.join("run.json").is_file() {
                runs.push(Run::open(&part)?);
            }
        }
        Ok(runs)
    }
}
