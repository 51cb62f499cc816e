//! Small tables of words and numbers, as the page and the terminal both show them.

use std::collections::BTreeMap;

use demand::RequestKind;
use passes::SchemeKind;
use sim::Published;

use crate::Figure;
use crate::number::{self, NONE, duration_s, in_unit, rate, share, time_us, times, whole};
use crate::record::{
    CapacityResults, ChangeRecord, CrowdRecord, EnsembleResults, GateRecord, GroupRecord, KindRecord, LoadResults,
    Quantiles, SchemeResults, SimulateResults, scheme_and_store,
};
use crate::tables::{ColumnSchema, SWEEP};
use crate::verdict::{headroom_words, usable_words};

/// A table ready to read: the first column names the row, the others are numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Grid {
    pub(crate) header: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// The capacity of each path beside what the peak asks of it.
pub(crate) fn paths(capacity: &CapacityResults) -> Grid {
    let optional = |value: Option<f64>| value.map_or(NONE.into(), rate);
    let row = |(name, path): (&String, &crate::record::PathRecord)| {
        let (low, high) = path.interval_per_s;
        let between = match high {
            Some(high) => format!("{} to {}", rate(low).trim_end_matches("/s"), rate(high)),
            None => NONE.into(),
        };
        // Where it was not confirmed, the column beside it says between what it lies.
        let usable = match (path.usable_per_s, high) {
            (Some(usable_per_s), Some(_)) => rate(usable_per_s),
            _ => usable_words(path),
        };
        vec![
            name.clone(),
            usable,
            between,
            optional(path.knee_per_s),
            rate(path.saturation_per_s),
            optional(capacity.peak_demand_per_s.get(name).copied()),
            headroom_words(capacity, name).unwrap_or_else(|| NONE.into()),
        ]
    };
    let header = vec!["path", "usable capacity", "held, failed", "knee", "saturation", "peak asks", "headroom"];
    Grid { header, rows: in_order(&capacity.paths).into_iter().map(row).collect() }
}

/// What `grid` tells of each path, under each scheme: path by path, so that schemes stand under one another.
pub(crate) fn by_scheme(schemes: &SchemeResults, grid: fn(&CapacityResults) -> Grid) -> Grid {
    let mut all = Grid { header: grid(&CapacityResults::default()).header, rows: Vec::new() };
    all.header.insert(1, "scheme");
    for (scheme, capacity) in schemes_in_order(schemes) {
        for mut row in grid(capacity).rows {
            row.insert(1, scheme.clone());
            all.rows.push(row);
        }
    }
    all.rows.sort_by_key(|row| kind_rank(&row[0]));
    all
}

/// What a request costs each scheme's server; no rows where no server told.
pub(crate) fn costs(schemes: &SchemeResults) -> Grid {
    let row = |(scheme, capacity): (&String, &CapacityResults)| {
        let cpu_us = |path: &str| capacity.paths.get(path).and_then(|path| path.server_cpu_us);
        let words = |us: Option<f64>| us.map_or(NONE.into(), time_us);
        let cores = cpu_us("mix").zip(capacity.peak_demand_per_s.get("mix")).map(|(us, peak)| us * peak / 1e6);
        let all = ["issue", "verify", "mix"].map(cpu_us);
        let [issue, verify, mix] = all.map(words);
        let cores = cores.map_or(NONE.into(), |cores| format!("{} cores", number::figures(cores)));
        all.iter().any(Option::is_some).then(|| vec![scheme.clone(), issue, verify, mix, cores])
    };
    let header =
        vec!["scheme", "an issue", "a verification", "a request of the day's mix", "the mix's peak keeps busy"];
    Grid { header, rows: schemes_in_order(schemes).into_iter().filter_map(row).collect() }
}

/// What changed from one load run to another.
pub(crate) fn changes(changes: &[ChangeRecord]) -> Grid {
    let row = |change: &ChangeRecord| {
        let [before, after] = [change.before, change.after].map(|value| match change.quantity.as_str() {
            "goodput" => rate(value),
            _ => time_us(value),
        });
        let ratio = change.ratio.map_or(NONE.into(), number::figures);
        let interval = change
            .interval
            .map_or(NONE.into(), |(low, high)| format!("{} to {}", number::figures(low), number::figures(high)));
        vec![change.words(), before, after, ratio, interval, change.direction.clone()]
    };
    let header = vec!["quantity", "before", "after", "ratio", "95 % interval", "direction"];
    Grid { header, rows: changes.iter().map(row).collect() }
}

/// A server that is not well again so many seconds after a rush suffers from hysteresis: it turns a minute's rush into an outage.
const WELL_WITHIN_S: f64 = 5.0;

/// What is left of each path beyond its capacity, and how it comes back; no rows when that was not tried.
pub(crate) fn overload(capacity: &CapacityResults) -> Grid {
    let row = |(name, path): (&String, &crate::record::PathRecord)| {
        let beyond = path.beyond?;
        let well_after = path.recovery.map_or(NONE.into(), |recovery| match recovery.well_after_s {
            Some(0.0) => "at once".into(),
            Some(after_s) => duration_s(after_s),
            None => format!("not within {}", duration_s(recovery.watched_s)),
        });
        let in_time = path.recovery.map_or(NONE, |recovery| match recovery.well_after_s {
            Some(after_s) if after_s <= WELL_WITHIN_S => "yes",
            _ => "no",
        });
        let times_usable = path.usable_per_s.map_or(NONE.into(), |usable| times(beyond.offered_per_s / usable));
        Some(vec![
            name.clone(),
            rate(beyond.offered_per_s),
            times_usable,
            rate(beyond.goodput_per_s),
            share(beyond.peak_share),
            well_after,
            in_time.into(),
        ])
    };
    let header = vec!["path", "offered", "of usable", "goodput left", "of its peak", "well again", "within 5 s"];
    Grid { header, rows: in_order(&capacity.paths).into_iter().filter_map(row).collect() }
}

/// How each path grows with concurrency; no rows without a sweep.
pub(crate) fn scalability(capacity: &CapacityResults) -> Grid {
    let about = |(value, margin): (f64, f64)| match (value, margin) {
        // Neither can be negative: where the best fit would be, the law without it is fitted, and nothing tells how near it was.
        (0.0, 0.0) => "0, its least".to_owned(),
        _ => format!("{} ± {}", number::figures(value), number::figures(margin)),
    };
    let row = |(name, path): (&String, &crate::record::PathRecord)| {
        let law = path.scalability.as_ref()?;
        let peak = law.peak.map_or(NONE.into(), |(connections, peak_per_s)| {
            format!("{} at {} connections", rate(peak_per_s), whole(connections.round() as u64))
        });
        Some(vec![
            name.clone(),
            about(law.lambda_per_s),
            about(law.sigma),
            about(law.kappa),
            share(law.worst_residual),
            peak,
        ])
    };
    let header = vec!["path", "λ, one alone, 1/s", "σ, contention", "κ, coherency", "misses by", "peak"];
    Grid { header, rows: in_order(&capacity.paths).into_iter().filter_map(row).collect() }
}

/// How many requests of each kind were asked for, sent and answered.
pub(crate) fn counts(load: &LoadResults) -> Grid {
    let row = |(name, kind): (&str, &KindRecord)| {
        let right = kind.right_share().map_or(NONE.into(), share);
        let mut row = vec![name.to_owned()];
        row.extend([kind.asked, kind.sent, kind.answered, kind.right, kind.dropped].map(whole));
        row.push(right);
        row
    };
    let header = vec!["request", "asked", "sent", "answered", "right", "dropped", "right share"];
    Grid { header, rows: ordered(load).into_iter().map(row).collect() }
}

/// Why requests were not answered rightly; no rows when all were.
pub(crate) fn mishaps(load: &LoadResults) -> Grid {
    let row = |(name, kind): (&str, &KindRecord)| {
        let counts =
            [kind.refused, kind.overloaded, kind.wrong, kind.failed, kind.timed_out, kind.dropped, kind.without_pass];
        counts.iter().any(|count| *count > 0).then(|| {
            let mut row = vec![name.to_owned()];
            row.extend(counts.map(whole));
            row
        })
    };
    let header =
        vec!["request", "refused", "overloaded", "wrong", "connection lost", "timed out", "dropped", "had no pass yet"];
    Grid { header, rows: ordered(load).into_iter().filter_map(row).collect() }
}

/// How long requests of each kind took.
pub(crate) fn times_taken(load: &LoadResults) -> Grid {
    let time = |value: Option<f64>| value.map_or(NONE.into(), time_us);
    let row = |(name, kind): (&str, &KindRecord)| {
        let Quantiles { p50, p90, p99: response_p99, p99_9, max } = kind.response_time_us;
        // Of a hundred times one lies beyond the 99th percentile: of fewer it says nothing that the greatest does not.
        let p99 = |value: Option<f64>| value.filter(|_| kind.answered >= 100);
        let p99_9 = p99_9.filter(|_| kind.answered >= 1_000);
        let mut row = vec![name.to_owned()];
        row.extend(
            [p50, p90, p99(response_p99), p99_9, max, p99(kind.service_time_us.p99), p99(kind.send_lag_us.p99)]
                .map(time),
        );
        row
    };
    let header = vec!["request", "p50", "p90", "p99", "p99.9", "max", "service p99", "send lag p99"];
    Grid { header, rows: ordered(load).into_iter().map(row).collect() }
}

/// What was asked of the server in all, and in the busiest minute; no row for a kind of which there was none.
pub(crate) fn demand(simulate: &SimulateResults) -> Grid {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (kind, requests) in simulate.requests.iter().filter(|(_, requests)| **requests > 0) {
        let peak = simulate.peaks.get(kind.name());
        rows.push(vec![
            kind.name().into(),
            whole(*requests),
            peak.map_or(NONE.into(), |peak| rate(peak.rate_per_s)),
            peak.map_or(NONE.into(), |peak| clock(&peak.at_local)),
        ]);
    }
    Grid { header: vec!["request", "in all", "busiest minute", "when"], rows }
}

/// What residents met with, each with its name.
pub(crate) fn people(simulate: &SimulateResults) -> Vec<(&'static str, String)> {
    let people = &simulate.people;
    let of_trips = share(people.trips_without_pass as f64 / simulate.trips.max(1) as f64);
    let seconds = |seconds: Option<f64>| seconds.map_or(NONE.into(), duration_s);
    let mut facts = vec![
        ("Trips made", whole(simulate.trips)),
        ("Trips without a pass", format!("{} ({of_trips})", whole(people.trips_without_pass))),
        ("Trips not made", whole(people.trips_not_made)),
        ("Passes issued", whole(simulate.passes)),
        ("Passes refused", whole(people.refusals)),
        ("Passes given up", whole(people.gave_up)),
        ("Mean wait for a pass", seconds(people.pass_wait_mean_s)),
        ("Requests that failed", whole(people.failed_requests.values().sum())),
        ("Residents checked", whole(simulate.checks)),
        ("Found without a pass", whole(people.found_without_pass)),
        ("Had one, not believed", whole(people.false_refusals)),
    ];
    if people.missed_check_ins > 0 {
        facts.push(("Calls to check in missed", whole(people.missed_check_ins)));
    }
    if people.worst_gate.is_some() {
        facts.extend([
            ("Came to a gate", whole(people.gate_arrivals)),
            ("Sent home there", whole(people.turned_back)),
            ("Mean wait at gates", seconds(people.gate_wait_mean_s)),
        ]);
    }
    facts
}

/// The worst that residents met with, in sentences: at gates, and in crowds.
pub(crate) fn extremes(simulate: &SimulateResults) -> Vec<String> {
    let people = &simulate.people;
    let gate = people.worst_gate.as_ref().map(|GateRecord { gate, place, at_local }| {
        let wait = people.longest_gate_wait_s.map_or(NONE.into(), duration_s);
        let queue = people.longest_gate_queue.map_or(NONE.into(), |queue| match queue {
            1 => "1 person".into(),
            queue => format!("{} people", whole(queue.into())),
        });
        format!("Longest wait at a gate: {wait} at {gate} in {place}, {}. Longest queue: {queue}.", clock(at_local))
    });
    let crowd = people.fullest_shops.as_ref().map(|CrowdRecord { place, at_local, people }| {
        format!("Most people in shops at once: {} in {place}, {}.", whole((*people).into()), clock(at_local))
    });
    gate.into_iter().chain(crowd).collect()
}

/// Who can use the service and who goes without; no rows when nobody was counted.
pub(crate) fn equity(simulate: &SimulateResults) -> Grid {
    let row = |group: &GroupRecord| {
        vec![
            group_words(&group.group),
            whole(group.residents),
            number::figures(group.passes_per_resident),
            group.trips_without_pass_share.map_or(NONE.into(), share),
            number::figures(group.trips_not_made_per_1000),
        ]
    };
    let header = vec!["who", "residents", "passes each", "trips without a pass", "trips not made per 1,000 residents"];
    let people = &simulate.people;
    Grid { header, rows: people.by_phone.iter().chain(&people.by_age).map(row).collect() }
}

/// A group in words: `aged 18 to 39` of `18_39`.
fn group_words(group: &str) -> String {
    match (group, group.split_once('_')) {
        ("app", _) => "smartphone with the app".into(),
        ("web", _) => "web only".into(),
        ("voice", _) => "telephone only".into(),
        (_, Some((from, "plus"))) => format!("aged {from} and older"),
        (_, Some((from, to))) => format!("aged {from} to {to}"),
        _ => group.into(),
    }
}

/// Published figures beside the model's.
pub(crate) fn figures(figures: &[Figure]) -> Grid {
    let row = |figure: &Figure| {
        let simulated = figure.simulated.map_or(NONE.into(), |value| in_unit(value, figure.published.unit()));
        let within = if figure.holds() { "yes" } else { "no" };
        [&band(&figure.published)[..], &[simulated, within.into()]].concat()
    };
    Grid { header: vec!["figure", "published", "band", "simulated", "within"], rows: figures.iter().map(row).collect() }
}

/// Published figures and the bands around them.
pub(crate) fn bands(published: &[Published]) -> Grid {
    let row = |published: &Published| [&band(published)[..], &[published.terms()]].concat();
    Grid { header: vec!["figure", "published", "band", "measure"], rows: published.iter().map(row).collect() }
}

/// What was published and the band around it.
fn band(published: &Published) -> [String; 3] {
    let words = |value: f64| in_unit(value, published.unit());
    let band = format!("{} to {}", words(published.low), words(published.high));
    [published.figure.clone(), words(published.value), band]
}

/// The model's figure and the band that it should lie in.
pub(crate) fn beside(figure: &Figure) -> String {
    let simulated = figure.simulated.map_or("nothing".into(), |value| in_unit(value, figure.published.unit()));
    let [_, value, band] = band(&figure.published);
    format!("{simulated} simulated, {value} published, {band} allowed")
}

/// The least and the greatest of each measure over the runs of an ensemble.
pub(crate) fn ranges(ensemble: &EnsembleResults) -> Grid {
    let cell = |name: &str, value: f64| match name {
        name if name.ends_with("_per_s") => rate(value),
        name if name.ends_with("_s") => duration_s(value),
        _ => whole(value as u64),
    };
    let row = |measure: ColumnSchema<'_>| {
        let range = ensemble.measures.get(measure.name)?;
        Some(vec![measure.name.to_owned(), cell(measure.name, range.min), cell(measure.name, range.max)])
    };
    Grid { header: vec!["measure", "least", "greatest"], rows: SWEEP.measures().into_iter().filter_map(row).collect() }
}

/// `2020-04-02 12:04` of `2020-04-02T12:04:00.000+03:00`.
pub(crate) fn clock(at_local: &str) -> String {
    at_local.get(..16).unwrap_or(at_local).replace('T', " ")
}

/// Kinds in the order in which a resident meets them.
pub(crate) fn ordered(load: &LoadResults) -> Vec<(&str, &KindRecord)> {
    let mut kinds: Vec<(&str, &KindRecord)> = load.kinds.iter().map(|(name, kind)| (name.as_str(), kind)).collect();
    kinds.sort_by_key(|(name, _)| kind_rank(name));
    kinds
}

/// Where a kind stands in tables and pictures.
pub(crate) fn kind_rank(name: &str) -> usize {
    RequestKind::ALL.iter().position(|kind| kind.name() == name).unwrap_or(usize::MAX)
}

/// What is known by path in the order in which people meet it, as on the plots: issue, verify, mix.
pub(crate) fn in_order<T>(paths: &BTreeMap<String, T>) -> Vec<(&String, &T)> {
    let mut all: Vec<(&String, &T)> = paths.iter().collect();
    all.sort_by_key(|(name, _)| kind_rank(name));
    all
}

/// Schemes in the order of the documents.
pub(crate) fn schemes_in_order(schemes: &SchemeResults) -> Vec<(&String, &CapacityResults)> {
    let rank = |name: &str| {
        let (scheme, _) = scheme_and_store(name);
        SchemeKind::ALL.iter().position(|kind| kind.name() == scheme).unwrap_or(usize::MAX)
    };
    let mut all: Vec<(&String, &CapacityResults)> = schemes.iter().collect();
    all.sort_by_key(|(name, _)| rank(name));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_without_requests_is_not_shown() {
        let json = serde_json::json!({
            "residents": 3, "days": 1, "resident_days_per_s": 1.0, "peak_memory_bytes": 1, "fingerprint": "f", "trips": 0, "passes": 0,
            "checks": 0, "requests": { "register": 0, "issue": 0, "verify": 0, "cancel": 0, "check_in": 3 }, "peaks": {},
            "people": crate::record::PeopleRecord::default(),
        });
        let simulate: SimulateResults = serde_json::from_value(json).unwrap();
        assert_eq!(demand(&simulate).rows, [["check_in", "3", NONE, NONE]]);
        assert!(simulate.has_check_ins());
    }

    #[test]
    fn no_percentile_stands_on_a_handful_of_answers() {
        let quantiles = Quantiles { p50: Some(1.0), p90: Some(2.0), p99: Some(3.0), p99_9: Some(4.0), max: Some(5.0) };
        let row = |answered| {
            let json = serde_json::json!({
                "asked": answered, "sent": answered, "answered": answered, "right": answered, "dropped": 0, "refused": 0,
                "overloaded": 0, "wrong": 0, "failed": 0, "timed_out": 0, "without_pass": 0, "abandoned": 0,
                "response_time_us": quantiles, "service_time_us": quantiles, "send_lag_us": quantiles,
            });
            let load = serde_json::json!({
                "kinds": { "issue": json }, "limited_by": null, "closed_loop": false, "generator_cpu_s": 0.1,
                "target": "http://127.0.0.1:8080", "window": null,
            });
            times_taken(&serde_json::from_value(load).unwrap()).rows.remove(0).split_off(1).join(" ")
        };
        assert_eq!(row(99), "1 µs 2 µs – – 5 µs – –");
        assert_eq!(row(100), "1 µs 2 µs 3 µs – 5 µs 3 µs 3 µs");
        assert_eq!(row(1_000), "1 µs 2 µs 3 µs 4 µs 5 µs 3 µs 3 µs");
    }
}
