//! What a page tells of residents and officers, read from the tables of a simulation.

use std::path::Path;

use jiff::civil::Date;

use crate::ReportError;
use crate::grid::Grid;
use crate::number::whole;
use crate::plots::GateQueue;
use crate::record::Results;
use crate::tables::{self, Table};

const MS_A_MINUTE: f64 = 60_000.0;

/// The simulated days in numbers; `None` when there are none.
pub(super) fn days(folder: &Path) -> Result<Option<Grid>, ReportError> {
    let Some(table) = Table::read_csv(&tables::DAYS, folder)? else { return Ok(None) };
    let count = |name: &str| table.numbers(name);
    let registered = [count("registrations_web")?, count("registrations_app")?, count("registrations_phone")?];
    let columns = [
        ("trips", "trips"),
        ("without pass", "trips_without_pass"),
        ("not made", "trips_not_made"),
        ("passes", "passes"),
        ("refused", "refusals"),
        ("gave up", "gave_up"),
        ("checked", "checks"),
        ("found without", "found_without_pass"),
        ("not believed", "false_refusals"),
    ];
    let cells = columns.iter().map(|(_, column)| count(column)).collect::<Result<Vec<_>, _>>()?;
    let row = |(row, date): (usize, String)| {
        let registered = registered.iter().map(|channel| channel[row]).sum::<f64>();
        let cells = cells.iter().map(|column| whole(column[row] as u64));
        [date, whole(registered as u64)].into_iter().chain(cells).collect()
    };
    let header = ["day", "registered"].into_iter().chain(columns.map(|(words, _)| words)).collect();
    Ok(Some(Grid { header, rows: table.texts("date")?.into_iter().enumerate().map(row).collect() }))
}

/// The worst gates on their worst day; `None` when there are none, or the results do not say where they stand.
pub(super) fn queue(folder: &Path, results: &Results) -> Result<Option<GateQueue>, ReportError> {
    let Some(table) = Table::read_csv(&tables::WORST_GATE, folder)? else { return Ok(None) };
    let worst = results.simulate.as_ref().and_then(|simulate| simulate.people.worst_gate.as_ref());
    let named = worst.and_then(|worst| Some((worst, worst.at_local.get(..10)?.parse::<Date>().ok()?)));
    let Some((worst, date)) = named else { return Ok(None) };
    let minutes = |column: &str| {
        let ms = table.numbers(column)?;
        Ok::<_, ReportError>(ms.into_iter().map(|ms| ms / MS_A_MINUTE).collect())
    };
    let minute: Option<Vec<f64>> = table.texts("time_local")?.iter().map(|time| minute_of_day(time)).collect();
    Ok(Some(GateQueue {
        gate: worst.gate.clone(),
        place: worst.place.clone(),
        date,
        minute: minute.ok_or_else(|| ReportError::Table {
            path: folder.join(tables::WORST_GATE.name),
            message: "column time_local holds what is no time of day such as 07:15".into(),
        })?,
        wait_mean_min: minutes("wait_mean_ms")?,
        wait_max_min: minutes("wait_max_ms")?,
        queue: table.numbers("longest_queue")?,
    }))
}

fn minute_of_day(time: &str) -> Option<f64> {
    let (hours, minutes) = time.split_once(':')?;
    Some(hours.parse::<f64>().ok()? * 60.0 + minutes.parse::<f64>().ok()?)
}
