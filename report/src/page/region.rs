//! What a page tells of the places of a region: the demand of those who live there, and the queues at gates.

use std::path::Path;

use crate::ReportError;
use crate::plots::{Circle, Queues, RegionMap};
use crate::tables::{self, Table};

const MS_AN_HOUR: f64 = 3.6e6;

/// The map of the places in `folder`; `None` when there are fewer than two with a position.
pub(super) fn region(folder: &Path) -> Result<Option<RegionMap>, ReportError> {
    let Some(table) = Table::read_csv(&tables::PLACES, folder)? else { return Ok(None) };
    let names = table.texts("name")?;
    let numbers = table.numbers("place")?;
    let [latitudes, longitudes, passes] =
        [table.numbers("latitude_deg")?, table.numbers("longitude_deg")?, table.numbers("passes")?];
    let queues = queues(folder)?;
    let places = names.into_iter().enumerate().map(|(row, name)| Circle {
        name,
        latitude_deg: latitudes[row],
        longitude_deg: longitudes[row],
        passes: passes[row],
        queues: queues.iter().find(|(place, _)| *place == numbers[row]).map(|(_, queues)| *queues),
    });
    let placed = |place: &Circle| place.latitude_deg.is_finite() && place.longitude_deg.is_finite();
    let (places, unplaced): (Vec<Circle>, Vec<Circle>) = places.partition(placed);
    let elsewhere = unplaced.iter().map(|place| place.passes).sum::<f64>() as u64;
    Ok((places.len() > 1).then_some(RegionMap { places, elsewhere }))
}

/// The queues of each place that has gates, by its number.
fn queues(folder: &Path) -> Result<Vec<(f64, Queues)>, ReportError> {
    let Some(table) = Table::read_csv(&tables::GATES_BY_PLACE, folder)? else { return Ok(Vec::new()) };
    let (places, sums, longest) =
        (table.numbers("place")?, table.numbers("wait_sum_ms")?, table.numbers("wait_max_ms")?);
    let of = |row: usize| Queues { waited_h: sums[row] / MS_AN_HOUR, longest_wait_s: longest[row] / 1e3 };
    Ok(places.iter().enumerate().map(|(row, place)| (*place, of(row))).collect())
}
