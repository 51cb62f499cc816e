//! What a load run leaves behind.

use std::io::Write;

use loadgen::{KindResult, LoadResult, Measure};

use crate::record::{ConsentRecord, KindRecord, LoadResults, Quantiles};
use crate::tables::{self, Cells, Table};
use crate::{ReportError, RunFolder};

/// Writes the tables of a load run and its histograms as HdrHistogram interval logs; returns what goes into `run.json`.
///
/// The tables are written as CSV and Parquet. `target` is the server and `window` says in words what was played. Of the plan the results know nothing until
/// [`LoadResults::of_plan`] tells them.
///
/// # Errors
/// [`ReportError::Write`], [`ReportError::Table`].
pub fn write_load(
    folder: &RunFolder,
    result: &LoadResult,
    target: &loadgen::Target,
    window: Option<String>,
) -> Result<LoadResults, ReportError> {
    write_result(folder, result)?;
    let consent = ConsentRecord::of(target);
    let officers = target.officers().map(loadgen::Address::url);
    Ok(LoadResults { consent, officers, ..results(result, &target.url(), window) })
}

/// Writes the tables and the histograms of `result`.
pub(crate) fn write_result(folder: &RunFolder, result: &LoadResult) -> Result<(), ReportError> {
    for mut table in [intervals(result)?, percentiles(result)?] {
        table.write_csv(&folder.tables())?;
        table.write_parquet(&folder.tables())?;
    }
    let write = |name: String, text: &dyn Fn(&mut dyn Write) -> std::io::Result<()>| {
        let mut file = folder.file(&name)?;
        text(&mut file).and_then(|()| file.flush()).map_err(ReportError::write(folder.path().join(&name)))
    };
    for measure in Measure::ALL {
        write(format!("hlog/{}.hlog", measure.name()), &|to| result.write_hlog(measure, to))?;
        for kind in result.kinds.keys() {
            let name = format!("hgrm/{}-{kind}.hgrm", measure.name());
            write(name, &|to| result.write_hgrm(*kind, measure, to))?;
        }
    }
    Ok(())
}

/// What goes into `run.json` of `result`.
pub(crate) fn results(result: &LoadResult, target: &str, window: Option<String>) -> LoadResults {
    LoadResults {
        kinds: result
            .kinds
            .iter()
            .map(|(kind, of_kind)| (kind.name().to_owned(), kind_record(of_kind, result.closed_loop)))
            .collect(),
        limited_by: result.limited_by.map(Into::into),
        closed_loop: result.closed_loop,
        connections: None,
        replayed: false,
        throughput_per_s: Some(result.throughput_per_s),
        goodput_per_s: Some(result.goodput_per_s),
        measured_s: Some(result.duration_s),
        first_due_at: jiff::Timestamp::try_from(result.started_at).ok(),
        shard: None,
        consent: None,
        generator_cpu_s: result.generator_cpu_s,
        generator_spin_s: result.generator_spin_s,
        phones_cpu_s: result.phones_cpu_s,
        target_cpu_s: result.target_cpu_s,
        assessment: Some(result.assessment.clone()),
        target: target.to_owned(),
        officers: None,
        window,
    }
}

fn kind_record(result: &KindResult, closed_loop: bool) -> KindRecord {
    let counts = result.counts;
    KindRecord {
        asked: counts.asked,
        sent: counts.sent,
        answered: counts.answered,
        right: counts.right,
        dropped: counts.dropped,
        refused: counts.refused,
        overloaded: counts.overloaded,
        wrong: counts.wrong,
        failed: counts.failed,
        timed_out: counts.timed_out,
        without_pass: counts.without_pass,
        abandoned: counts.abandoned,
        response_time_us: result.response_time().into(),
        service_time_us: result.service_time().into(),
        // Nothing is due in a closed loop, so nothing can be sent late.
        send_lag_us: if closed_loop { Quantiles::default() } else { result.send_lag().into() },
        connection_wait_us: result.connection_wait().into(),
    }
}

fn intervals(result: &LoadResult) -> Result<Table, ReportError> {
    let rows = &result.intervals;
    let counts =
        |count: fn(&loadgen::Counts) -> u64| Cells::Counts(rows.iter().map(|row| count(&row.counts)).collect());
    let times =
        |time: fn(Quantiles) -> Option<f64>| Cells::numbers(rows.iter().map(|row| time(row.response_time.into())));
    Table::new(
        &tables::INTERVALS,
        vec![
            Cells::Counts(rows.iter().map(|row| row.second.into()).collect()),
            Cells::texts(rows.iter().map(|row| row.kind.name())),
            counts(|counts| counts.asked),
            counts(|counts| counts.sent),
            counts(|counts| counts.answered),
            counts(|counts| counts.right),
            counts(|counts| counts.dropped),
            counts(|counts| counts.refused),
            counts(|counts| counts.overloaded),
            counts(|counts| counts.wrong),
            counts(|counts| counts.failed),
            counts(|counts| counts.timed_out),
            counts(|counts| counts.without_pass),
            times(|times| times.p50),
            times(|times| times.p90),
            times(|times| times.p99),
            times(|times| times.max),
        ],
    )
}

fn percentiles(result: &LoadResult) -> Result<Table, ReportError> {
    let mut rows = Vec::new();
    let closed_loop = result.closed_loop;
    for (kind, result) in &result.kinds {
        for measure in Measure::ALL.into_iter().filter(|measure| !(closed_loop && *measure == Measure::SendLag)) {
            let mut curve = result.percentile_curve(measure);
            curve.dedup_by_key(|point| point.0);
            rows.extend(curve.into_iter().map(|(percentile, us)| (kind.name(), measure.name(), percentile, us)));
        }
    }
    Table::new(
        &tables::PERCENTILES,
        vec![
            Cells::texts(rows.iter().map(|row| row.0)),
            Cells::texts(rows.iter().map(|row| row.1)),
            Cells::Numbers(rows.iter().map(|row| row.2).collect()),
            Cells::Numbers(rows.iter().map(|row| row.3).collect()),
        ],
    )
}
