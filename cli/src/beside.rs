//! Files that a scenario names: they lie beside it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sim::{CapacityCurve, CurveError, Place, PlacesError};

use crate::bad_file::BadFile;

/// The places file `name` of the scenario `file`; `built_in` is its content when no file is read.
pub(crate) fn places(file: &Path, built_in: Option<&'static str>, name: &str) -> Result<Vec<Place>, BadFile> {
    let path = file.with_file_name(name);
    let reader: Box<dyn Read> = match built_in {
        Some(content) => Box::new(content.as_bytes()),
        None => Box::new(open(&path, "region.places")?),
    };
    sim::read_places(reader).map_err(|error| match error {
        PlacesError::Faults(rows) => BadFile::rows(&path, &rows),
        PlacesError::Csv(error) => BadFile::whole(&path, error.to_string()),
    })
}

/// The capacity curve `name` of the scenario `file`; none when it names none.
pub(crate) fn curve(file: &Path, name: &str) -> Result<Option<CapacityCurve>, BadFile> {
    if name.is_empty() {
        return Ok(None);
    }
    let path = file.with_file_name(name);
    let curve = sim::read_capacity_curve(open(&path, "service.curve")?).map_err(|error| match error {
        CurveError::Faults(rows) => BadFile::rows(&path, &rows),
        other => BadFile::whole(&path, other.to_string()),
    })?;
    Ok(Some(curve))
}

fn open(path: &Path, key: &str) -> Result<File, BadFile> {
    File::open(path).map_err(|error| {
        BadFile::whole(path, format!("cannot be read: {error}; {key} names it, beside the scenario file"))
    })
}
