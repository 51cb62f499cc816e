//! What a page tells: the results and tables of the runs it is given, put together.

use std::path::Path;

use demand::Calendar;
use jiff::civil::DateTime;

use super::assumptions::{Assumptions, assumptions};
use super::latency::latency;
use super::people;
use super::region::region;
use super::schemes;
use crate::grid::{Grid, kind_rank};
use crate::plots::{
    CapacityCurve, DemandCurve, FAR_BELOW, GateQueue, LatencyOverTime, PercentileCurve, RegionMap, SchemeCurves, Step,
};
use crate::record::{Command, Results, Status, Verdict};
use crate::tables::{self, Table};
use crate::verdict::{self, Judgement, usable_words};
use crate::{ReportError, Run, RunRecord};

/// Everything a page tells. What the runs do not have is missing or empty.
#[derive(Debug)]
pub(crate) struct Story<'a> {
    /// The run that the page is about: the demo, or the first of those given.
    pub(crate) lead: &'a RunRecord,
    pub(crate) runs: &'a [Run],
    pub(crate) results: Results,
    /// Partial when any of the runs is.
    pub(crate) status: Status,
    pub(crate) judgement: Judgement,
    /// The load run's own verdict; none when it can be no judgement.
    pub(crate) replay: Option<Verdict>,
    pub(crate) demand: Option<DemandCurve>,
    /// The simulated days in numbers.
    pub(crate) days: Option<Grid>,
    /// The worst gates on their worst day.
    pub(crate) queue: Option<GateQueue>,
    pub(crate) region: Option<RegionMap>,
    /// What the simulation takes as given.
    pub(crate) assumptions: Option<Assumptions>,
    /// The capacity curves of one server ...
    pub(crate) curves: Vec<CapacityCurve>,
    /// ... or of several, by scheme.
    pub(crate) scheme_curves: Vec<SchemeCurves>,
    pub(crate) latency: Vec<LatencyOverTime>,
    pub(crate) percentiles: Vec<PercentileCurve>,
}

impl<'a> Story<'a> {
    /// Puts together what `runs` have; `lead` is the first of them.
    ///
    /// # Errors
    /// [`ReportError::NoPage`] for an ensemble, [`ReportError::Twice`] when two are of one command, [`ReportError::Strangers`] when a simulation and a measurement are not of one
    /// scenario, and whatever is wrong with a table.
    pub(crate) fn gather(lead: &'a Run, runs: &'a [Run]) -> Result<Self, ReportError> {
        refuse_ensembles(runs)?;
        refuse_twins(runs)?;
        refuse_strangers(runs)?;
        let schemes = schemes::of(runs);
        let of = |command| runs.iter().find(|run| run.record.command == command);
        let mut results = merged(runs);
        if !schemes.is_empty() {
            (results.capacity, results.schemes) = (None, schemes::results(&schemes, &results));
        }
        let load = of(Command::Load);
        let partial = runs.iter().any(|run| run.record.status == Status::Partial);
        let status = Status::of(!partial);
        let judges = |run: &&Run| run.record.results.load.as_ref().is_some_and(|load| !load.closed_loop) && !partial;
        let replay = load.filter(judges).and_then(|run| run.record.verdict);
        let objective_ms = runs.iter().find_map(|run| run.record.objectives).map(|slo| slo.response_time_ms);
        let tables = |command| of(command).map(|run| run.folder.join("tables"));
        let (simulate, capacity, load) = (tables(Command::Simulate), tables(Command::Capacity), tables(Command::Load));
        let latency = of(Command::Load).map(latency).transpose()?.unwrap_or_default();
        Ok(Story {
            lead: &lead.record,
            status,
            judgement: verdict::judge(&results, replay, status),
            replay,
            demand: simulate.as_deref().map(demand).transpose()?.flatten(),
            days: simulate.as_deref().map(people::days).transpose()?.flatten(),
            queue: simulate.as_deref().map(|folder| people::queue(folder, &results)).transpose()?.flatten(),
            assumptions: simulate.as_deref().map(assumptions).transpose()?.flatten(),
            region: simulate.as_deref().map(region).transpose()?.flatten(),
            curves: capacity
                .as_deref()
                .map(|folder| curves(folder, &results, objective_ms))
                .transpose()?
                .unwrap_or_default(),
            scheme_curves: schemes::curves_by_path(&schemes, results.schemes.as_ref())?,
            percentiles: load.as_deref().map(|load| percentiles(load, &latency)).transpose()?.unwrap_or_default(),
            latency,
            results,
            runs,
        })
    }
}

fn refuse_ensembles(runs: &[Run]) -> Result<(), ReportError> {
    let has_no_page = |run: &&Run| match run.record.command {
        Command::Ensemble => true,
        // A comparison of schemes is told by their searches, which lie in its folder.
        Command::Compare => run.record.results.schemes.is_none(),
        _ => false,
    };
    match runs.iter().find(has_no_page) {
        Some(run) => Err(ReportError::NoPage { path: run.folder.clone() }),
        None => Ok(()),
    }
}

fn refuse_twins(runs: &[Run]) -> Result<(), ReportError> {
    for (index, second) in runs.iter().enumerate() {
        let is_twin = |first: &&Run| {
            let of_two_servers = schemes::server(first).zip(schemes::server(second)).is_some_and(|(a, b)| a != b);
            first.record.command == second.record.command && !of_two_servers
        };
        if let Some(first) = runs[..index].iter().find(is_twin) {
            return Err(ReportError::Twice {
                command: second.record.command.name(),
                first: first.folder.clone(),
                second: second.folder.clone(),
            });
        }
    }
    Ok(())
}

/// Refuses to compare a server with demand that was never asked of it: a headroom of two scenarios is the headroom of none.
fn refuse_strangers(runs: &[Run]) -> Result<(), ReportError> {
    let of = |has: fn(&Results) -> bool| runs.iter().filter(move |run| has(&run.record.results));
    for simulated in of(|results| results.simulate.is_some()) {
        for measured in of(|results| results.load.is_some() || results.capacity.is_some()) {
            if let Some(what) = difference(&simulated.record, &measured.record) {
                let (first, second) = (simulated.folder.clone(), measured.folder.clone());
                return Err(ReportError::Strangers { first, second, what });
            }
        }
    }
    Ok(())
}

/// In what two runs differ that should be of one scenario; what only one of them names is no difference. The seed of a run without a
/// scenario drew its load and no residents, so it is not compared.
fn difference(a: &RunRecord, b: &RunRecord) -> Option<String> {
    let (Some(scenario_a), Some(scenario_b)) = (&a.scenario, &b.scenario) else { return None };
    if scenario_a != scenario_b {
        return Some(format!("scenario {scenario_a} and scenario {scenario_b}"));
    }
    if let (Some(a), Some(b)) = (a.seed, b.seed)
        && a != b
    {
        return Some(format!("seed {a} and seed {b}"));
    }
    if demand_overrides(a) != demand_overrides(b) {
        let told = |record| match demand_overrides(record).as_slice() {
            [] => "nothing set".to_owned(),
            set => set.join(" "),
        };
        return Some(format!("{} and {}", told(a), told(b)));
    }
    let days = |calendar: Calendar| format!("{} days from {}", calendar.days, calendar.start);
    match (a.calendar, b.calendar) {
        (Some(a), Some(b)) if a != b => Some(format!("{} and {}", days(a), days(b))),
        _ => None,
    }
}

/// What was set that changes the demand; how a server is measured, each command may choose for itself.
fn demand_overrides(record: &RunRecord) -> Vec<&str> {
    let measuring =
        |set: &&str| ["server.", "load.", "slo.", "capacity.", "replay."].iter().any(|part| set.starts_with(part));
    record.overrides.iter().map(String::as_str).filter(|set| !measuring(set)).collect()
}

/// The results of all runs; peaks that a search for capacity was not told are taken from the simulation beside it.
fn merged(runs: &[Run]) -> Results {
    let mut results = Results::default();
    for run in runs {
        let Results { simulate, load, capacity, ensemble: _, comparison: _, load_comparison: _, schemes: _, ledger } =
            &run.record.results;
        results.simulate = results.simulate.or_else(|| simulate.clone());
        results.load = results.load.or_else(|| load.clone());
        results.capacity = results.capacity.or_else(|| capacity.clone());
        results.ledger = results.ledger.or_else(|| ledger.clone());
    }
    if let (Some(capacity), Some(simulate)) = (&mut results.capacity, &results.simulate) {
        capacity.compare_with(&simulate.peaks);
    }
    results
}

fn demand(folder: &Path) -> Result<Option<DemandCurve>, ReportError> {
    let Some(table) = Table::read_csv(&tables::DEMAND_BY_MINUTE, folder)? else { return Ok(None) };
    let (kinds, at, rates) = (table.texts("kind")?, table.texts("at_local")?, table.numbers("rate_per_s")?);
    let Some(start) = at.first().and_then(|at| at.get(..19)).and_then(|at| at.parse::<DateTime>().ok()) else {
        return Ok(None);
    };
    let rates = grouped(&kinds, |row| rates[row]);
    let kinds = rates.into_iter().filter(|(_, rates)| rates.iter().any(|rate| *rate > 0.0)).collect::<Vec<_>>();
    Ok((!kinds.is_empty()).then_some(DemandCurve { start, kinds }))
}

/// The capacity curve of each path of a search for capacity.
pub(super) fn curves(
    folder: &Path,
    results: &Results,
    objective_ms: Option<f64>,
) -> Result<Vec<CapacityCurve>, ReportError> {
    let Some(table) = Table::read_csv(&tables::CAPACITY_STEPS, folder)? else { return Ok(Vec::new()) };
    let (paths, limits, held) = (table.texts("path")?, table.texts("limited_by")?, table.truths("held")?);
    let phases = table.texts("phase")?;
    let [offered, goodput, p99] =
        [table.numbers("offered_per_s")?, table.numbers("goodput_per_s")?, table.numbers("response_time_p99_us")?];
    let steps = grouped(&paths, |row| Step {
        offered_per_s: offered[row],
        goodput_per_s: goodput[row],
        p99_us: p99[row],
        held: held[row],
        spoiled: limits[row] == "generator",
        beyond: phases[row] == "beyond",
    });
    let Some(capacity) = &results.capacity else { return Ok(Vec::new()) };
    let peaks = capacity.peak_demand_per_s.values().copied().filter(|peak| *peak > 0.0);
    let reach = |loads: &mut dyn Iterator<Item = f64>| {
        loads.fold((f64::INFINITY, 0.0_f64), |(least, most), load| (least.min(load), most.max(load)))
    };
    let (least_tried, most_tried) = reach(&mut offered.iter().copied());
    let (least_asked, most_asked) = reach(&mut peaks.into_iter());
    // A peak far below all that was tried would leave most of the picture empty: it stands at the edge then.
    let least = least_tried.min(least_asked.max(least_tried / FAR_BELOW));
    let most = most_tried.max(most_asked);
    let curve = |(path, steps): (String, Vec<Step>)| {
        let found = capacity.paths.get(&path);
        CapacityCurve {
            usable_per_s: found.and_then(|found| found.usable_per_s),
            usable: found.map(usable_words).unwrap_or_default(),
            knee_per_s: found.and_then(|found| found.knee_per_s),
            peak_per_s: capacity.peak_demand_per_s.get(&path).copied().filter(|peak| *peak > 0.0),
            path,
            steps,
            objective_ms,
            loads_per_s: (least, most),
        }
    };
    Ok(steps.into_iter().map(curve).collect())
}

/// The percentile curves of those kinds that have a curve over time.
fn percentiles(folder: &Path, shown: &[LatencyOverTime]) -> Result<Vec<PercentileCurve>, ReportError> {
    let Some(table) = Table::read_csv(&tables::PERCENTILES, folder)? else { return Ok(Vec::new()) };
    let (kinds, measures) = (table.texts("kind")?, table.texts("measure")?);
    let (percentiles, values) = (table.numbers("percentile")?, table.numbers("value_us")?);
    let rows = grouped(&kinds, |row| row);
    let curve = |(kind, rows): (String, Vec<usize>)| {
        let of = |measure: &str| {
            let rows = rows.iter().filter(|row| measures[**row] == measure);
            rows.map(|row| (percentiles[*row], values[*row])).collect()
        };
        PercentileCurve {
            kind,
            response_time: of("response_time"),
            service_time: of("service_time"),
            send_lag: of("send_lag"),
        }
    };
    let rows = rows.into_iter().filter(|(kind, _)| shown.iter().any(|shown| shown.kind == *kind));
    Ok(rows.map(curve).collect())
}

/// The rows of each name, names in the order of [`kind_rank`] and then of their first row.
pub(super) fn grouped<T>(names: &[String], value: impl Fn(usize) -> T) -> Vec<(String, Vec<T>)> {
    let mut groups: Vec<(String, Vec<T>)> = Vec::new();
    for (row, name) in names.iter().enumerate() {
        match groups.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value(row)),
            None => groups.push((name.clone(), vec![value(row)])),
        }
    }
    groups.sort_by_key(|(name, _)| kind_rank(name));
    groups
}
