//! What a page tells of the servers of several schemes, side by side.

use super::story::curves;
use crate::plots::{SchemeCurve, SchemeCurves};
use crate::record::{Command, Results, SchemeResults, ServerRecord};
use crate::{ReportError, Run};

/// The searches for capacity among `runs`, if there are several, each of one kind of server: by its name.
pub(super) fn of(runs: &[Run]) -> Vec<(String, &Run)> {
    let searches: Vec<&Run> = runs.iter().filter(|run| run.record.command == Command::Capacity).collect();
    let named: Vec<(String, &Run)> = searches.iter().filter_map(|run| Some((name(run, runs)?, *run))).collect();
    if named.len() > 1 && named.len() == searches.len() { named } else { Vec::new() }
}

/// What the server of `run` is called beside those of the other `runs`: its scheme, and its store where another has the same scheme; none
/// where the run does not say.
pub(super) fn name(run: &Run, runs: &[Run]) -> Option<String> {
    let own = server(run)?;
    let same_scheme = runs.iter().filter_map(server).filter(|server| server.scheme == own.scheme).count();
    Some(if same_scheme > 1 { own.words() } else { own.scheme.clone() })
}

/// The kind of server that a search for capacity was about; none where it does not say.
pub(super) fn server(run: &Run) -> Option<&ServerRecord> {
    run.record.results.capacity.as_ref()?.server.as_ref()
}

/// What each can bear, beside the peaks of `results`, where a simulation gave some.
pub(super) fn results(schemes: &[(String, &Run)], results: &Results) -> Option<SchemeResults> {
    let found = schemes.iter().filter_map(|(name, run)| {
        let mut capacity = run.record.results.capacity.clone()?;
        if let Some(simulate) = &results.simulate {
            capacity.compare_with(&simulate.peaks);
        }
        Some((name.clone(), capacity))
    });
    Some(found.collect::<SchemeResults>()).filter(|found| !found.is_empty())
}

/// The curves of all schemes, one picture a path.
pub(super) fn curves_by_path(
    schemes: &[(String, &Run)],
    found: Option<&SchemeResults>,
) -> Result<Vec<SchemeCurves>, ReportError> {
    let mut paths: Vec<SchemeCurves> = Vec::new();
    for (scheme, run) in schemes {
        let capacity = found.and_then(|found| found.get(scheme)).cloned();
        let results = Results { capacity, ..Results::default() };
        for curve in curves(&run.folder.join("tables"), &results, None)? {
            let index = paths.iter().position(|known| known.path == curve.path).unwrap_or_else(|| {
                paths.push(SchemeCurves { path: curve.path.clone(), ..SchemeCurves::default() });
                paths.len() - 1
            });
            paths[index].peak_per_s = curve.peak_per_s.or(paths[index].peak_per_s);
            let usable = curve.usable_per_s.map(|_| curve.usable);
            paths[index].curves.push(SchemeCurve { scheme: scheme.clone(), usable, steps: curve.steps });
        }
    }
    Ok(paths)
}
