//! What a page tells of response times over a load run, read from its interval log and its counts by second.

use loadgen::{Kind, LoggedInterval, Measure};

use super::story::grouped;
use crate::plots::{Heat, HeatSecond, LatencyOverTime};
use crate::tables::{self, Table};
use crate::{ReportError, Run};

/// A kind with fewer answers stands in the tables and has no curves: a percentile of a handful of times says nothing.
const FEWEST_ANSWERS: f64 = 100.0;

/// Each kind of request over the time of `run`; nothing where its table or its log was taken away.
pub(super) fn latency(run: &Run) -> Result<Vec<LatencyOverTime>, ReportError> {
    let Some(table) = Table::read_csv(&tables::INTERVALS, &run.folder.join("tables"))? else { return Ok(Vec::new()) };
    if !run.has_log(Measure::ResponseTime) {
        return Ok(Vec::new());
    }
    let mut log = run.log(Measure::ResponseTime)?;
    log.sort_by_key(|interval| interval.second);
    let column = |name: &str| table.numbers(name);
    let (second, asked, without_pass) = (column("second")?, column("asked")?, column("without_pass")?);
    let answered = column("answered")?;
    let kinds = grouped(&table.texts("kind")?, |row| row);
    let of_kind = |(kind, rows): (String, Vec<usize>)| {
        let of = |column: &[f64]| rows.iter().map(|row| column[*row]).collect::<Vec<f64>>();
        let seconds = rows.iter().map(|row| HeatSecond {
            second: second[*row] as u32,
            due: (asked[*row] - without_pass[*row]).max(0.0) as u64,
            times: times_of(&log, &kind, second[*row] as u32),
        });
        LatencyOverTime {
            heat: Heat::new(seconds.collect()),
            second: of(&second),
            asked: of(&asked),
            answered: of(&answered),
            kind,
        }
    };
    let answers = |kind: &LatencyOverTime| kind.answered.iter().sum::<f64>();
    Ok(kinds.into_iter().map(of_kind).filter(|kind| answers(kind) >= FEWEST_ANSWERS).collect())
}

/// The times of one kind in one second, in microseconds.
fn times_of(log: &[LoggedInterval], kind: &str, second: u32) -> Vec<(f64, u64)> {
    let from = log.partition_point(|interval| interval.second < second);
    let of_second = log[from..].iter().take_while(|interval| interval.second == second);
    let of_kind = of_second.filter(|interval| Kind::name(interval.kind) == kind);
    of_kind.flat_map(|interval| interval.values.iter().map(|(ns, count)| (*ns as f64 / 1e3, *count))).collect()
}
