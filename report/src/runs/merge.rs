//! Runs of several generators that shared one schedule, as one run.

use std::collections::BTreeSet;

use crate::record::{LoadResults, ShardRecord, Status};
use crate::runs::load::{results, write_result};
use crate::{ReportError, Run, RunFolder, RunRecord, verdict};

/// Whether `runs` are several parts of one schedule: load runs made with `--shard`.
pub fn are_shards(runs: &[Run]) -> bool {
    let shard = |run: &Run| run.record.results.load.as_ref().and_then(|load| load.shard);
    runs.len() > 1 && runs.iter().all(|run| shard(run).is_some())
}

/// Writes the run that `parts` make together into `folder`: counts and histograms are added exactly, and the objectives judged anew.
///
/// # Errors
/// [`ReportError::Record`] when a part is missing, doubled, or of another schedule; what reading and writing fail with.
pub fn write_merged(folder: &RunFolder, parts: &[Run]) -> Result<RunRecord, ReportError> {
    let Some(first) = parts.first() else { return Err(missing(&[], 0)) };
    let shards = check(parts)?;
    let slo = first.record.objectives.map(|objectives| objectives.slo()).unwrap_or_default();
    let read: Vec<_> = parts.iter().map(Run::part).collect::<Result<_, _>>()?;
    let result = loadgen::merge(&read, &slo);
    write_result(folder, &result)?;
    let load = first.load()?;
    let merged = LoadResults {
        replayed: load.replayed,
        consent: load.consent.clone(),
        officers: load.officers.clone(),
        ..results(&result, &load.target, load.window.clone())
    };
    let mut record = first.record.clone();
    record.results.load = Some(merged);
    record.status = Status::of(result.complete);
    record.duration_s = parts.iter().map(|part| part.record.duration_s).fold(0.0, f64::max);
    let judged = verdict::judge(&record.results, Some(result.verdict.into()), record.status);
    (record.verdict, record.sentence) = (judged.verdict, judged.sentence);
    record.failures.clone_from(&result.failures);
    let warning = |(part, shard): (&Run, &ShardRecord)| {
        let by = format!("generator {} of {}", shard.index, shard.of);
        part.record.warnings.iter().map(|warning| format!("{by}: {warning}")).collect::<Vec<_>>()
    };
    record.warnings = parts.iter().zip(&shards).flat_map(warning).collect();
    folder.write_record(&record)?;
    Ok(record)
}

/// The shards of `parts`, which must be all of one schedule.
fn check(parts: &[Run]) -> Result<Vec<ShardRecord>, ReportError> {
    let shards: Vec<ShardRecord> = parts.iter().filter_map(|part| part.record.results.load.as_ref()?.shard).collect();
    let [first, ..] = parts else { return Err(missing(parts, 0)) };
    for part in parts {
        let same = part.record.seed == first.record.seed && part.load()?.window == first.load()?.window;
        if !same {
            let what = "they played different schedules".to_owned();
            return Err(ReportError::Strangers { first: first.folder.clone(), second: part.folder.clone(), what });
        }
    }
    let of = shards.first().map_or(0, |shard| shard.of);
    let indices: BTreeSet<u32> = shards.iter().filter(|shard| shard.of == of).map(|shard| shard.index).collect();
    let all = (1..=of).eq(indices) && shards.len() == of as usize;
    if all { Ok(shards) } else { Err(missing(parts, of)) }
}

fn missing(parts: &[Run], of: u32) -> ReportError {
    let path = parts.first().map(|part| part.folder.clone()).unwrap_or_default();
    let message = format!(
        "it is one of {of} parts of a schedule, and not each of them was named once; name all {of} run folders"
    );
    ReportError::Record { path, message }
}
