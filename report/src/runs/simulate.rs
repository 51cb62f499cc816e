//! What a simulation leaves behind.

use std::collections::BTreeMap;
use std::ops::Range;

use demand::{Calendar, RateSeries, RequestKind, SimTime};
use passes::Purpose;
use sim::{Counts, DaySummary, Simulation};

use crate::bulk::{Format, GatesOfPlace, Seen, WorstGate, mean_wait_ms, time_local};
use crate::record::{PeakRecord, SimulateResults};
use crate::runs::people::people;
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

/// Writes the summary tables of a simulation as CSV (and as Parquet beside it when that is the format); returns what goes into
/// `run.json`. `seen` is what the [`crate::BulkWriter`] noticed that wrote the other tables.
///
/// # Errors
/// [`ReportError::Write`], [`ReportError::Table`].
pub fn write_simulation(
    folder: &RunFolder,
    simulation: &Simulation,
    seen: &Seen,
    calendar: &Calendar,
    format: Format,
    effort: Effort,
) -> Result<SimulateResults, ReportError> {
    let parquet = format == Format::Parquet;
    Table::write_parts(&tables::DEMAND_BY_MINUTE, demand_by_day(simulation, calendar), &folder.tables(), parquet)?;
    let worst = seen.worst_gate.as_ref().map(worst_gate).transpose()?;
    let gates = (!seen.gates_of.is_empty()).then(|| gates_by_place(seen)).transpose()?;
    for mut table in counts_of(simulation, calendar)?.into_iter().chain(worst).chain(gates) {
        table.write_csv(&folder.tables())?;
        if parquet {
            table.write_parquet(&folder.tables())?;
        }
    }
    Ok(SimulateResults {
        residents: simulation.residents,
        days: simulation.days,
        resident_days_per_s: simulation.residents as f64 * f64::from(simulation.days) / effort.seconds.max(1e-9),
        peak_memory_bytes: effort.peak_memory_bytes,
        fingerprint: simulation.fingerprint.clone(),
        trips: simulation.trips,
        passes: simulation.passes,
        checks: simulation.checks,
        requests: RequestKind::ALL.into_iter().map(|kind| (kind, simulation.demand.total(kind))).collect(),
        peaks: peaks(&simulation.demand, calendar),
        people: people(simulation, seen, calendar),
    })
}

/// The summary tables of a simulation: counts of its days, small whatever the region's size.
///
/// # Errors
/// [`ReportError::Table`].
pub fn summaries(simulation: &Simulation, calendar: &Calendar) -> Result<Vec<Table>, ReportError> {
    let mut tables = vec![demand_in(&simulation.demand, calendar, 0..minutes_of(simulation))?];
    tables.extend(counts_of(simulation, calendar)?);
    Ok(tables)
}

/// The counts by day, purpose, place and group.
fn counts_of(simulation: &Simulation, calendar: &Calendar) -> Result<[Table; 4], ReportError> {
    Ok([days(simulation, calendar)?, purposes(simulation)?, places(simulation)?, groups(simulation)?])
}

/// The busiest minute of each kind of request in `demand`, and of all together under `mix`.
pub fn peaks(demand: &RateSeries, calendar: &Calendar) -> BTreeMap<String, PeakRecord> {
    let kinds = RequestKind::ALL.map(|kind| (kind.name(), demand.peak(kind)));
    let all = kinds.into_iter().chain([("mix", demand.peak_of_all())]);
    all.filter_map(|(name, peak)| {
        let peak = peak?;
        Some((name.to_owned(), PeakRecord { at_local: calendar.local(peak.at), rate_per_s: peak.rate_per_s }))
    })
    .collect()
}

/// Minutes from the first midnight to the last that is told of: the end of the last day, or of the night after as far as it brings
/// requests, since trips of the last evening are checked after midnight, too.
fn minutes_of(simulation: &Simulation) -> usize {
    simulation.demand.minutes().len().max(usize::from(simulation.days) * MINUTES_OF_DAY)
}

/// The demand by minute in parts of a day.
fn demand_by_day<'a>(
    simulation: &'a Simulation,
    calendar: &'a Calendar,
) -> impl Iterator<Item = Result<Table, ReportError>> + 'a {
    let minutes = minutes_of(simulation);
    let day = move |first: usize| demand_in(&simulation.demand, calendar, first..minutes.min(first + MINUTES_OF_DAY));
    (0..minutes).step_by(MINUTES_OF_DAY).map(day)
}

fn demand_in(demand: &RateSeries, calendar: &Calendar, minutes: Range<usize>) -> Result<Table, ReportError> {
    let kinds = RequestKind::ALL.len();
    let count = |row: usize| demand.minutes().get(row / kinds).map_or(0, |minute| minute[row % kinds]);
    let rows = || minutes.start * kinds..minutes.end * kinds;
    let at = minutes.clone().flat_map(|minute| {
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

/// The columns of these counts, a row each.
fn counts(rows: &[Counts]) -> Vec<Cells> {
    let columns: [fn(&Counts) -> u64; 14] = [
        |counts| counts.trips,
        |counts| counts.trips_without_pass,
        |counts| counts.trips_not_made,
        |counts| counts.passes,
        |counts| counts.cancellations,
        |counts| counts.annulled,
        |counts| counts.refusals,
        |counts| counts.malformed,
        |counts| counts.failures,
        |counts| counts.gave_up,
        |counts| counts.wait_sum_ms,
        |counts| counts.checks,
        |counts| counts.found_without_pass,
        |counts| counts.false_refusals,
    ];
    columns.into_iter().map(|column| Cells::Counts(rows.iter().map(column).collect())).collect()
}

fn days(simulation: &Simulation, calendar: &Calendar) -> Result<Table, ReportError> {
    let days = &simulation.day_summaries;
    let numbers = |number: &dyn Fn(&DaySummary) -> u64| Cells::Counts(days.iter().map(number).collect());
    let mut columns =
        vec![numbers(&|day| day.day.into()), Cells::texts(days.iter().map(|day| calendar.date(day.day).to_string()))];
    columns.extend(counts(&days.iter().map(DaySummary::total).collect::<Vec<_>>()));
    columns.extend((0..passes::Channel::ALL.len()).map(|channel| numbers(&|day| day.registrations[channel])));
    columns.extend((0..RequestKind::ALL.len()).map(|kind| numbers(&|day| day.requests[kind])));
    columns.extend((0..RequestKind::ALL.len()).map(|kind| numbers(&|day| day.failed_requests[kind])));
    columns.push(numbers(&|day| day.bot_requests));
    columns.extend((0..sim::Verdict::ALL.len()).map(|verdict| numbers(&|day| day.checks[verdict])));
    columns.extend([
        numbers(&|day| day.patients),
        numbers(&|day| day.missed_check_ins),
        numbers(&|day| day.gate_arrivals),
        numbers(&|day| day.turned_back),
        numbers(&|day| day.gate_wait_sum_ms),
        numbers(&|day| day.gate_wait_max_ms),
        numbers(&|day| day.gate_queue_max.into()),
    ]);
    Table::new(&tables::DAYS, columns)
}

fn purposes(simulation: &Simulation) -> Result<Table, ReportError> {
    let days = &simulation.day_summaries;
    let mut columns = vec![
        Cells::Counts(days.iter().flat_map(|day| [u64::from(day.day); Purpose::ALL.len()]).collect()),
        Cells::texts(days.iter().flat_map(|_| Purpose::ALL.map(Purpose::name))),
    ];
    columns.extend(counts(&days.iter().flat_map(|day| day.purposes).collect::<Vec<_>>()));
    Table::new(&tables::PURPOSES, columns)
}

fn places(simulation: &Simulation) -> Result<Table, ReportError> {
    let places = &simulation.places;
    // The rural remainder lies in many villages; the one position that the simulation gives it would mislead.
    let known = |summary: &sim::PlaceSummary| summary.place.geonames_id.is_some();
    let degrees = |degrees: fn(&sim::Place) -> f64| {
        Cells::numbers(places.iter().map(|summary| known(summary).then(|| degrees(&summary.place))))
    };
    let numbers = |number: fn(&sim::PlaceSummary) -> u64| Cells::Counts(places.iter().map(number).collect());
    let mut columns = vec![
        Cells::Counts((0..places.len() as u64).collect()),
        Cells::texts(places.iter().map(|summary| summary.place.name.as_str())),
        degrees(|place| place.latitude_deg),
        degrees(|place| place.longitude_deg),
        numbers(|summary| summary.place.residents.into()),
        numbers(|summary| summary.households),
    ];
    columns.extend(counts(&places.iter().map(|summary| summary.counts).collect::<Vec<_>>()));
    columns.push(numbers(|summary| summary.checks_there));
    Table::new(&tables::PLACES, columns)
}

fn groups(simulation: &Simulation) -> Result<Table, ReportError> {
    let groups = &simulation.groups;
    let mut columns = vec![
        Cells::texts(groups.iter().map(|group| group.age.name())),
        Cells::texts(groups.iter().map(|group| group.phone.name())),
        Cells::Counts(groups.iter().map(|group| group.residents).collect()),
    ];
    columns.extend(counts(&groups.iter().map(|group| group.counts).collect::<Vec<_>>()));
    Table::new(&tables::GROUPS, columns)
}

fn gates_by_place(seen: &Seen) -> Result<Table, ReportError> {
    let numbers = |number: fn(&GatesOfPlace) -> u64| Cells::Counts(seen.gates_of.values().map(number).collect());
    Table::new(
        &tables::GATES_BY_PLACE,
        vec![
            Cells::Counts(seen.gates_of.keys().map(|place| u64::from(*place)).collect()),
            numbers(|gates| gates.arrivals),
            numbers(|gates| gates.turned_back),
            numbers(|gates| gates.longest_queue.into()),
            numbers(|gates| gates.wait_max_ms.into()),
            numbers(|gates| gates.wait_sum_ms),
        ],
    )
}

fn worst_gate(worst: &WorstGate) -> Result<Table, ReportError> {
    let minutes = &worst.minutes;
    let numbers = |number: fn(&sim::GateMinute) -> u64| Cells::Counts(minutes.iter().map(number).collect());
    Table::new(
        &tables::WORST_GATE,
        vec![
            numbers(|minute| minute.at.day()),
            Cells::texts(minutes.iter().map(|minute| time_local(minute.at))),
            Cells::texts(minutes.iter().map(|_| worst.gate.as_str())),
            numbers(|minute| minute.place.into()),
            numbers(|minute| minute.arrivals.into()),
            numbers(|minute| minute.checked.into()),
            numbers(|minute| minute.turned_back.into()),
            numbers(|minute| minute.longest_queue.into()),
            numbers(mean_wait_ms),
            numbers(|minute| minute.wait_max_ms.into()),
            numbers(|minute| minute.wait_sum_ms),
        ],
    )
}
