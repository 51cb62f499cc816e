//! What a page tells of the servers of several schemes, side by side.

use super::story::curves;
use crate::plots::{SchemeCurve, SchemeCurves};
use crate::record::{Command, Results, SchemeResults};
use crate::{ReportError, Run};

/// The searches for capacity among `runs`, if there are several, each of one scheme: by its name.
pub(super) fn of(runs: &[Run]) -> Vec<(&str, &Run)> {
    let searches: Vec<&Run> = runs.iter().filter(|run| run.record.command == Command::Capacity).collect();
    let named: Vec<(&str, &Run)> = searches.iter().filter_map(|run| Some((name(run)?, *run))).collect();
    if named.len() > 1 && named.len() == searches.len() { named } else { Vec::new() }
}

/// The scheme of the server that a search for capacity was about; none where it does not say.
pub(super) fn name(run: &Run) -> Option<&str> {
    Some(run.record.results.capacity.as_ref()?.server.as_ref()?.scheme.as_str())
}

/// What each can bear, beside the peaks of `results`, where a simulation gave some.
pub(super) fn results(schemes: &[(&str, &Run)], results: &Results) -> Option<SchemeResults> {
    let found = schemes.iter().filter_map(|(name, run)| {
        let mut capacity = run.record.results.capacity.clone()?;
        if let Some(simulate) = &results.simulate {
            capacity.compare_with(&simulate.peaks);
        }
        Some(((*name).to_owned(), capacity))
    });
    Some(found.collect::<SchemeResults>()).filter(|found| !found.is_empty())
}

/// The curves of all schemes, one picture a path.
pub(super) fn curves_by_path(
    schemes: &[(&str, &Run)],
    found: Option<&SchemeResults>,
) -> Result<Vec<SchemeCurves>, ReportError> {
    let mut paths: Vec<SchemeCurves> = Vec::new();
    for (scheme, run) in schemes {
        let capacity = found.and_then(|found| found.get(*scheme)).cloned();
        let results = Results { capacity, ..Results::default() };
        for curve in curves(&run.folder.join("tables"), &results, None)? {
            let index = paths.iter().position(|known| known.path == curve.path).unwrap_or_else(|| {
                paths.push(SchemeCurves { path: curve.path.clone(), ..SchemeCurves::default() });
                paths.len() - 1
            });
            paths[index].peak_per_s = curve.peak_per_s.or(paths[index].peak_per_s);
            let usable = curve.usable_per_s.map(|_| curve.usable);
            paths[index].curves.push(SchemeCurve { scheme: (*scheme).to_owned(), usable, steps: curve.steps });
        }
    }
    Ok(paths)
}
