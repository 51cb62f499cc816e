//! What a simulation leaves behind.

use std::collections::BTreeMap;

use demand::{Calendar, RateSeries, RequestKind, SimTime, Trace};
use passes::Purpose;
use sim::Simulation;

use crate::bulk::{self, Format};
use crate::record::{PeakRecord, SimulateResults};
use crate::tables::{self, Cells, Table};
use crate::{ReportError, RunFolder};

const MINUTES_OF_DAY: usize = 1_440;
const MINUTE_MS: u64 = 60_000;

/// What a simulation cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// Time it took, in seconds.
    pub seconds: f64,
    /// The most memory it held, in bytes.
    pub peak_memory_bytes: u64,
}

/// Writes the summary tables of a simulation as CSV (and as Parquet beside it when that is the format), and its requests in
/// `format`; returns what goes into `run.json`. Trips, passes and checks were written by [`crate::BulkWriter`].
///
/// # Errors
/// [`ReportError::Write`], [`ReportError::Table`].
pub fn write_simulation(
    folder: &RunFolder,
    simulation: &Simulation,
    calendar: &Calendar,
    format: Format,
    effort: Effort,
) -> Result<SimulateResults, ReportError> {
    for mut table in summaries(simulation, calendar)? {
        table.write_csv(&folder.tables())?;
        if format == Format::Parquet {
            table.write_parquet(&folder.tables())?;
        }
    }
    let series = RateSeries::new(simulation.trace.requests());
    bulk::write_requests(folder, &simulation.trace, format)?;
    Ok(SimulateResults {
        residents: simulation.residents,
        days: simulation.days,
        resident_days_per_s: simulation.residents as f64 * f64::from(simulation.days) / effort.seconds.max(1e-9),
        peak_memory_bytes: effort.peak_memory_bytes,
        fingerprint: simulation.fingerprint.clone(),
        trips: simulation.trips,
        passes: simulation.passes,
        checks: simulation.checks,
        requests: RequestKind::ALL.into_iter().map(|kind| (kind, series.total(kind))).collect(),
        peaks: peaks_of(&series, calendar),
    })
}

/// The summary tables of a simulation: counts of its days, small whatever the region's size.
///
/// # Errors
/// [`ReportError::Table`].
pub fn summaries(simulation: &Simulation, calendar: &Calendar) -> Result<Vec<Table>, ReportError> {
    let series = RateSeries::new(simulation.trace.requests());
    Ok(vec![
        demand_by_minute(&series, calendar, simulation.days)?,
        days(simulation, calendar)?,
        purposes(simulation)?,
        places(simulation)?,
    ])
}

/// The busiest minute of each kind of request in `trace`, and of all together under `mix`.
pub fn peaks(trace: &Trace, calendar: &Calendar) -> BTreeMap<String, PeakRecord> {
    peaks_of(&RateSeries::new(trace.requests()), calendar)
}

fn peaks_of(series: &RateSeries, calendar: &Calendar) -> BTreeMap<String, PeakRecord> {
    let kinds = RequestKind::ALL.map(|kind| (kind.name(), series.peak(kind)));
    let all = kinds.into_iter().chain([("mix", series.peak_of_all())]);
    all.filter_map(|(name, peak)| {
        let peak = peak?;
        Some((name.to_owned(), PeakRecord { at_local: calendar.local(peak.at), rate_per_s: peak.rate_per_s }))
    })
    .collect()
}

fn demand_by_minute(series: &RateSeries, calendar: &Calendar, days: u16) -> Result<Table, ReportError> {
    // Trips of the last evening are checked after midnight, too.
    let minutes = series.minutes().len().max(usize::from(days) * MINUTES_OF_DAY);
    let kinds = RequestKind::ALL.len();
    let count = |row: usize| series.minutes().get(row / kinds).map_or(0, |minute| minute[row % kinds]);
    let rows = || 0..minutes * kinds;
    let at = (0..minutes).flat_map(|minute| {
        let at = calendar.local(SimTime::from_ms(minute as u64 * MINUTE_MS));
        std::iter::repeat_n(at, kinds)
    });
    Table::new(
        &tables::DEMAND_BY_MINUTE,
        vec![
            Cells::Counts(rows().map(|row| (row / kinds) as u64).collect()),
            Cells::texts(at),
            Cells::texts(rows().map(|row| RequestKind::ALL[row % kinds].name())),
            Cells::Counts(rows().map(|row| count(row).into()).collect()),
            Cells::Numbers(rows().map(|row| f64::from(count(row)) / 60.0).collect()),
        ],
    )
}

fn days(simulation: &Simulation, calendar: &Calendar) -> Result<Table, ReportError> {
    let days = &simulation.day_summaries;
    let total =
        |count: fn(sim::PurposeSummary) -> u64| Cells::Counts(days.iter().map(|day| count(day.total())).collect());
    let mut columns = vec![
        Cells::Counts(days.iter().map(|day| day.day.into()).collect()),
        Cells::texts(days.iter().map(|day| calendar.date(day.day).to_string())),
        total(|day| day.trips),
        total(|day| day.trips_without_pass),
        total(|day| day.passes),
        total(|day| day.cancellations),
        total(|day| day.refusals),
    ];
    for channel in 0..passes::Channel::ALL.len() {
        columns.push(Cells::Counts(days.iter().map(|day| day.registrations[channel]).collect()));
    }
    columns.push(total(|day| day.checks));
    for verdict in 0..sim::Verdict::ALL.len() {
        columns.push(Cells::Counts(days.iter().map(|day| day.checks[verdict]).collect()));
    }
    Table::new(&tables::DAYS, columns)
}

fn purposes(simulation: &Simulation) -> Result<Table, ReportError> {
    let rows: Vec<(u16, Purpose, sim::PurposeSummary)> = simulation
        .day_summaries
        .iter()
        .flat_map(|day| Purpose::ALL.into_iter().zip(day.purposes).map(|(purpose, counts)| (day.day, purpose, counts)))
        .collect();
    let counts = |count: fn(&sim::PurposeSummary) -> u64| Cells::Counts(rows.iter().map(|row| count(&row.2)).collect());
    Table::new(
        &tables::PURPOSES,
        vec![
            Cells::Counts(rows.iter().map(|row| row.0.into()).collect()),
            Cells::texts(rows.iter().map(|row| row.1.name())),
            counts(|row| row.trips),
            counts(|row| row.trips_without_pass),
            counts(|row| row.passes),
            counts(|row| row.cancellations),
            counts(|row| row.refusals),
            counts(|row| row.checks),
        ],
    )
}

fn places(simulation: &Simulation) -> Result<Table, ReportError> {
    let places = &simulation.places;
    // The rural remainder lies in many villages; the one position that the simulation gives it would mislead.
    let known = |summary: &sim::PlaceSummary| summary.place.geonames_id.is_some();
    let degrees = |degrees: fn(&sim::Place) -> f64| {
        Cells::numbers(places.iter().map(|summary| known(summary).then(|| degrees(&summary.place))))
    };
    let counts = |count: fn(&sim::PlaceSummary) -> u64| Cells::Counts(places.iter().map(count).collect());
    Table::new(
        &tables::PLACES,
        vec![
            Cells::Counts((0..places.len() as u64).collect()),
            Cells::texts(places.iter().map(|summary| summary.place.name.as_str())),
            degrees(|place| place.latitude_deg),
            degrees(|place| place.longitude_deg),
            counts(|summary| summary.place.residents.into()),
            counts(|summary| summary.households),
            counts(|summary| summary.trips),
            counts(|summary| summary.issues),
            counts(|summary| summary.checks),
        ],
    )
}
