//! The page as its template sees it: words, tables and pictures, nothing left to compute.

use std::path::Path;

use askama::Template;

use super::assumptions::Assumptions;
use super::files::{FileEntry, files};
use super::ledger::Learnt;
use super::schemes;
use super::story::Story;
use crate::designs;
use crate::grid::{self, Grid};
use crate::number::{NONE, bytes, count, duration_s, rate, share, time_us, whole};
use crate::plots::{CapacityCurve, LatencyOverTime, Picture, RegionMap, Step};
use crate::record::{CapacityResults, LoadResults, Results, SimulateResults, Status, Verdict};
use crate::verdict::{headroom_words, nothing_held, path_noun, tightest, usable_words};
use crate::warnings::together;
use crate::{ReportError, Run, RunRecord};

/// One of the numbers under the headline.
#[derive(Debug)]
pub(crate) struct KeyNumber {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) meaning: String,
}

/// A picture in the page.
#[derive(Debug)]
pub(crate) struct Shown {
    picture: Picture,
    pub(crate) svg: String,
    pub(crate) caption: String,
}

impl Shown {
    pub(super) fn new(picture: Picture, caption: impl Into<String>) -> Result<Self, ReportError> {
        Ok(Shown { svg: picture.inline_svg()?, picture, caption: caption.into() })
    }
}

/// A term of the trade and what it means.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The whole page.
#[derive(Debug, Template)]
#[template(path = "page.html")]
pub(crate) struct Page {
    title: String,
    badge: Badge,
    sentence: String,
    partial: bool,
    keys: Vec<KeyNumber>,
    warnings: Vec<String>,
    failures: Vec<String>,
    objective: Option<String>,
    asked: Vec<Fact>,
    demand: Vec<Shown>,
    demand_grid: Option<Grid>,
    check_ins: bool,
    region: Option<Shown>,
    capacity: Vec<Shown>,
    schemes: Vec<Shown>,
    schemes_grid: Option<Grid>,
    costs_grid: Option<Grid>,
    designs: Option<Designs>,
    capacity_grid: Option<Grid>,
    overload_grid: Option<Grid>,
    scalability_grid: Option<Grid>,
    capacity_ends: Vec<Fact>,
    people: Vec<Fact>,
    extremes: Vec<String>,
    days: Option<Grid>,
    equity: Option<Grid>,
    queue: Option<Shown>,
    replay: Option<Replay>,
    learnt: Option<Learnt>,
    measured: bool,
    assumed: bool,
    assumptions: Option<Assumptions>,
    command_lines: Vec<String>,
    reproduce: Vec<Fact>,
    files: Vec<FileEntry>,
}

/// What each design costs beside what its operator learns.
#[derive(Debug)]
struct Designs {
    grid: Grid,
    /// How many residents the ledger was made with.
    counted: String,
}

/// The verdict in one coloured word.
#[derive(Debug)]
struct Badge {
    word: &'static str,
    class: &'static str,
}

/// The load run's part of the page.
#[derive(Debug)]
struct Replay {
    noun: &'static str,
    words: String,
    latency: Vec<Shown>,
    percentiles: Vec<Shown>,
    counts: Grid,
    times: Grid,
    mishaps: Option<Grid>,
    closed_loop: bool,
    closed_by: Option<&'static str>,
}

impl Page {
    /// The page about `story`, to lie in the folder `out`.
    pub(crate) fn new(story: &Story, out: &Path) -> Result<Self, ReportError> {
        let lead = story.lead;
        let results = &story.results;
        let sentence = &story.judgement.sentence;
        let partial = story.status == Status::Partial;
        let found = results.capacity.is_some() || results.schemes.is_some();
        let measured = results.load.is_some() || found;
        // A closed loop is not judged, so a page about nothing else names no objectives.
        let closed_loop = results.load.as_ref().is_some_and(|load| load.closed_loop);
        let judged = measured && (found || !closed_loop);
        let objective_ms = story
            .runs
            .iter()
            .find_map(|run| run.record.objectives)
            .filter(|_| !closed_loop)
            .map(|slo| slo.response_time_ms);
        let records = || story.runs.iter().map(|run| &run.record);
        Ok(Page {
            title: lead.title.clone().or_else(|| lead.scenario.clone()).unwrap_or_else(|| "A load run".into()),
            badge: badge(story.judgement.verdict, partial, measured, results),
            sentence: sentence
                .split_once(": ")
                .filter(|_| story.judgement.verdict.is_some() || partial)
                .map_or_else(|| sentence.clone(), |(_, rest)| rest.to_owned()),
            partial,
            keys: key_numbers(story),
            warnings: together(&warnings(story), results),
            failures: distinct_texts(records().flat_map(|record| &record.failures)),
            objective: records().find_map(|record| record.objectives).filter(|_| judged).map(|slo| {
                format!(
                    "{} of the requests of each kind answered within {}, and {} answered rightly",
                    share(slo.within_share),
                    time_us(slo.response_time_ms * 1e3),
                    share(slo.right_share)
                )
            }),
            asked: asked(story),
            demand: demand(story)?,
            demand_grid: results.simulate.as_ref().map(grid::demand).filter(|grid| !grid.rows.is_empty()),
            check_ins: results.simulate.as_ref().is_some_and(SimulateResults::has_check_ins),
            region: match &story.region {
                Some(region) => Some(Shown::new(region.picture(), region_caption(region))?),
                None => None,
            },
            capacity: story
                .curves
                .iter()
                .map(|curve| Shown::new(curve.picture(), capacity_caption(curve)))
                .collect::<Result<_, _>>()?,
            schemes: story
                .scheme_curves
                .iter()
                .map(|curves| {
                    let steps: Vec<_> = curves.curves.iter().flat_map(|curve| curve.steps.iter().copied()).collect();
                    Shown::new(curves.picture(), format!("{SCHEMES_CAPTION}{}", past_failed(&steps)))
                })
                .collect::<Result<_, _>>()?,
            schemes_grid: results.schemes.as_ref().map(|schemes| grid::by_scheme(schemes, grid::paths)),
            costs_grid: results.schemes.as_ref().map(grid::costs).filter(|grid| !grid.rows.is_empty()),
            designs: designs_of(results),
            capacity_grid: results.capacity.as_ref().map(grid::paths),
            overload_grid: found_in(results, grid::overload),
            scalability_grid: found_in(results, grid::scalability),
            capacity_ends: capacity_ends(results),
            people: results.simulate.as_ref().map(people).unwrap_or_default(),
            extremes: results.simulate.as_ref().map(grid::extremes).unwrap_or_default(),
            days: story.days.clone(),
            equity: results.simulate.as_ref().map(grid::equity).filter(|grid| !grid.rows.is_empty()),
            queue: match &story.queue {
                Some(queue) => Some(Shown::new(queue.picture(), QUEUE_CAPTION)?),
                None => None,
            },
            replay: match &results.load {
                Some(load) => Some(replay(story, load, objective_ms)?),
                None => None,
            },
            learnt: results.ledger.as_ref().map(Learnt::of),
            measured,
            assumed: results.simulate.is_some(),
            assumptions: story.assumptions.clone(),
            command_lines: distinct_texts(records().map(|record| &record.command_line)),
            reproduce: reproduce(story),
            files: story.runs.iter().flat_map(|run| files(run, out)).collect(),
        })
    }

    /// Every picture of the page.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = &Picture> {
        let replay = self.replay.iter().flat_map(|replay| replay.latency.iter().chain(&replay.percentiles));
        self.demand
            .iter()
            .chain(&self.queue)
            .chain(&self.region)
            .chain(&self.capacity)
            .chain(&self.schemes)
            .chain(replay)
            .map(|shown| &shown.picture)
    }
}

/// How the search of each path ended, of the one server or of each of several; paths that ended alike stand together. Of several servers the
/// caption of their table says when a law must not be extended.
fn capacity_ends(results: &Results) -> Vec<Fact> {
    let of_one = results.capacity.iter().map(|capacity| (String::new(), capacity));
    let of_several = results.schemes.iter().flat_map(grid::schemes_in_order);
    let servers = of_one.chain(of_several.map(|(scheme, capacity)| (format!("{scheme} "), capacity)));
    let paths = servers.flat_map(|(scheme, capacity)| {
        grid::in_order(&capacity.paths).into_iter().map(move |(path, found)| (format!("{scheme}{path}"), found))
    });
    let mut ends: Vec<Fact> = Vec::new();
    for (name, path) in paths {
        let law = path.scalability.as_ref().filter(|_| results.schemes.is_none());
        let poor = law.and_then(|law| law.too_poor.as_ref());
        let poor = poor.map_or(String::new(), |why| format!(" Not to be extended beyond the sweep: {why}."));
        let value = format!("{}{poor}", path.ended);
        match ends.iter_mut().find(|known| known.value == value) {
            Some(known) => known.name += &format!(", {name}"),
            None => ends.push(Fact { name, value }),
        }
    }
    ends
}

/// What `grid` tells of the one server, or of each of several.
fn found_in(results: &Results, grid: fn(&CapacityResults) -> Grid) -> Option<Grid> {
    let of_one = results.capacity.as_ref().map(grid);
    let told = of_one.or_else(|| results.schemes.as_ref().map(|schemes| grid::by_scheme(schemes, grid)));
    told.filter(|grid| !grid.rows.is_empty())
}

/// Cost beside learning, where both were found out.
fn designs_of(results: &Results) -> Option<Designs> {
    let (schemes, ledger) = results.schemes.as_ref().zip(results.ledger.as_ref())?;
    Some(Designs { grid: designs::grid(schemes, ledger), counted: whole(ledger.residents) })
}

/// The warnings of all runs; those of several schemes' servers say whose they are.
fn warnings(story: &Story) -> Vec<String> {
    let of_run = |run: &Run| {
        let scheme = schemes::name(run, story.runs).filter(|_| story.results.schemes.is_some());
        let words =
            |warning: &String| scheme.as_ref().map_or_else(|| warning.clone(), |scheme| format!("{scheme}: {warning}"));
        run.record.warnings.iter().map(words).collect::<Vec<_>>()
    };
    story.runs.iter().flat_map(of_run).collect()
}

/// Each of `texts` once, in the order of the first.
fn distinct_texts<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        if !all.contains(text) {
            all.push(text.clone());
        }
    }
    all
}

fn badge(verdict: Option<Verdict>, partial: bool, measured: bool, results: &Results) -> Badge {
    match verdict {
        Some(Verdict::Held) => Badge { word: "Holds", class: "held" },
        Some(Verdict::Failed) => Badge { word: "Breaks", class: "failed" },
        Some(Verdict::Unusable) => Badge { word: "Cannot tell", class: "unusable" },
        None if partial => Badge { word: "Stopped early", class: "none" },
        None if results.schemes.is_some() => Badge { word: "Compared", class: "none" },
        None if measured => Badge { word: "Measured", class: "none" },
        None if results.simulate.is_some() => Badge { word: "Simulated", class: "none" },
        None => Badge { word: "Counted", class: "none" },
    }
}

fn key_numbers(story: &Story) -> Vec<KeyNumber> {
    let results = &story.results;
    let mut keys = Vec::new();
    let mut push =
        |name: &str, value: String, meaning: String| keys.push(KeyNumber { name: name.into(), value, meaning });
    let path = results.capacity.as_ref().and_then(tightest).unwrap_or("mix");
    if let Some(peak) = results.simulate.as_ref().and_then(|simulate| simulate.peaks.get(path)) {
        let meaning = format!("{} in the busiest minute, {}", path_noun(path), grid::clock(&peak.at_local));
        push("Peak demand", rate(peak.rate_per_s), meaning);
    }
    if let Some(capacity) = &results.capacity
        && let Some(path) = tightest(capacity)
    {
        let found = &capacity.paths[path];
        let what = if found.is_confirmed() { "the most" } else { "not confirmed: about the most" };
        let meaning = format!("{what} {} that met every objective; the tightest path", path_noun(path));
        push("Usable capacity", usable_words(found), meaning);
        if let Some(headroom) = headroom_words(capacity, path) {
            push("Headroom", headroom, format!("usable capacity over the peak of {}", path_noun(path)));
        }
    }
    for (scheme, capacity) in results.schemes.iter().flat_map(grid::schemes_in_order) {
        let name = format!("Headroom, {scheme}");
        if let Some((_, why)) = nothing_held(capacity) {
            push(&name, "none".into(), why);
        } else if let Some(path) = tightest(capacity) {
            let headroom = headroom_words(capacity, path).unwrap_or_else(|| NONE.into());
            let usable = usable_words(&capacity.paths[path]);
            push(&name, headroom, format!("usable capacity {usable} for {}, the tightest path", path_noun(path)));
        }
    }
    if let Some(load) = &results.load {
        let slowest =
            grid::ordered(load).into_iter().filter_map(|(name, kind)| Some((name, kind.response_time_us.p99?)));
        if let Some((name, us)) = slowest.max_by(|a, b| a.1.total_cmp(&b.1)) {
            push(
                &format!("p99 of the {}", load.noun()),
                time_us(us),
                format!("99 % of {} were answered within this time; the slowest kind", path_noun(name)),
            );
        }
        if let Some(right_share) = load.right_share() {
            push(
                "Answered rightly",
                share(right_share),
                format!("of {} requests in the {}", whole(load.asked()), load.noun()),
            );
        }
    }
    keys
}

fn asked(story: &Story) -> Vec<Fact> {
    let lead = story.lead;
    let mut facts = Vec::new();
    let mut push = |name: &str, value: String| facts.push(Fact { name: name.into(), value });
    if let Some(scenario) = &lead.scenario {
        push("Scenario", scenario.clone());
    }
    if let Some(calendar) = story.runs.iter().find_map(|run| run.record.calendar) {
        let (first, last) = (calendar.date(0), calendar.date(calendar.days.saturating_sub(1)));
        let days = if first == last { first.to_string() } else { format!("{first} to {last}") };
        push("Days", days);
    }
    if let Some(simulate) = &story.results.simulate {
        push("Residents", whole(simulate.residents));
        push("Trips", count(simulate.trips));
        push("Passes issued", count(simulate.passes));
        push("Checks by officers", count(simulate.checks));
    }
    if let Some(window) = story.results.load.as_ref().and_then(|load| load.window.clone()) {
        push("Played", window);
    }
    facts
}

fn demand(story: &Story) -> Result<Vec<Shown>, ReportError> {
    let Some(demand) = &story.demand else { return Ok(Vec::new()) };
    Ok(vec![
        Shown::new(demand.over_days(), "Each strip has its own height; the dot marks the busiest minute.")?,
        Shown::new(demand.worst_hour(), "The hour round the busiest minute (dotted), all kinds on one scale.")?,
    ])
}

fn people(simulate: &SimulateResults) -> Vec<Fact> {
    grid::people(simulate).into_iter().map(|(name, value)| Fact { name: name.into(), value }).collect()
}

const SCHEMES_CAPTION: &str = "Full dots: every objective held each time. Rings: one failed; thin lines lead on beyond what held. Dotted: every request answered rightly and in time. Steps at which the load generator was the limit are left out.";

/// Why a curve does not lead through all rings, where it does not.
const PAST_FAILED: &str = " Thin lines lead through what was offered to see what is left, past steps of the search that failed, in which all who came waited without end.";

const QUEUE_CAPTION: &str =
    "The gates and the day of the longest wait until an officer is free; each minute, those who came in it.";

fn region_caption(region: &RegionMap) -> String {
    let mut words = String::from(
        "Each circle is a place of the region; its area counts the passes issued to those who live there. North is up.",
    );
    if region.places.iter().any(|place| place.queues.is_some()) {
        words += " A ring: the hours that all who came to the gates there waited; beside the name, the longest wait of one of them.";
    }
    let (named, all) = (region.named(), region.places.len());
    if named < all {
        words +=
            &format!(" Of {all} places {named} are named, as far as there is room; all stand in tables/places.csv.");
    }
    if region.elsewhere > 0 {
        words += &format!(" Not shown: {} passes of villages whose position is not known.", count(region.elsewhere));
    }
    words
}

fn past_failed(steps: &[Step]) -> &'static str {
    if steps.iter().any(|step| step.beyond) { PAST_FAILED } else { "" }
}

fn capacity_caption(curve: &CapacityCurve) -> String {
    let what = match curve.path.as_str() {
        "mix" => "All kinds, in the proportions of the simulated days".into(),
        path => format!("Only {}", path_noun(path)),
    };
    let spoiled = if curve.steps.iter().any(|step| step.spoiled) {
        " Steps at which the load generator was the limit are left out."
    } else {
        ""
    };
    format!(
        "{what}. A full dot: every objective held, each time the load was decided. A ring: one failed, there or at a lower load; a thin line leads on beyond what held. Dotted: every request answered rightly and in time.{spoiled}{}",
        past_failed(&curve.steps)
    )
}

fn replay(story: &Story, load: &LoadResults, objective_ms: Option<f64>) -> Result<Replay, ReportError> {
    let noun = load.noun();
    let words = match story.replay {
        Some(Verdict::Held) => format!("The {noun} kept every objective."),
        Some(Verdict::Failed) => format!("The {noun} missed an objective."),
        Some(Verdict::Unusable) => format!("The {noun} cannot be judged."),
        None => String::new(),
    };
    let latency = story.latency.iter().map(|kind| Shown::new(kind.picture(objective_ms), latency_caption(kind)));
    let percentiles = story.percentiles.iter().map(|kind| {
        Shown::new(
            kind.picture(objective_ms),
            "Where response and service time part, requests waited before they were sent.",
        )
    });
    Ok(Replay {
        noun,
        words,
        latency: latency.collect::<Result<_, _>>()?,
        percentiles: percentiles.collect::<Result<_, _>>()?,
        closed_loop: load.closed_loop,
        counts: grid::counts(load),
        times: grid::times_taken(load),
        mishaps: Some(grid::mishaps(load)).filter(|grid| !grid.rows.is_empty()),
        closed_by: load.limited_by.map(|side| match side {
            crate::record::LimitedBy::Generator => {
                "The load generator reached its limit, so the run cannot judge the server."
            }
            crate::record::LimitedBy::Target => "The server reached its limit.",
        }),
    })
}

fn latency_caption(kind: &LatencyOverTime) -> String {
    let lost = if kind.heat.has_lost() { " Row 'none': never sent, or the connection was lost." } else { "" };
    format!(
        "Dark: how long most answers took; pale: a few. A stall shows as a slope: who asked first waited longest.{lost} Below, the grey band is what was asked, the black line what was answered."
    )
}

fn reproduce(story: &Story) -> Vec<Fact> {
    let RunRecord { version, seed, machine, started_at, duration_s: took_s, .. } = story.lead;
    let mut facts = vec![
        Fact { name: "Version".into(), value: format!("lockgate {version}") },
        Fact { name: "Seed".into(), value: seed.map_or(NONE.into(), |seed| seed.to_string()) },
        Fact { name: "Machine".into(), value: machine.words() },
        Fact { name: "Begun".into(), value: started_at.strftime("%Y-%m-%d %H:%M UTC").to_string() },
        Fact { name: "Took".into(), value: duration_s(*took_s) },
    ];
    if let Some(simulate) = &story.results.simulate {
        let speed = format!("{} resident-days a second", count(simulate.resident_days_per_s as u64));
        facts.push(Fact {
            name: "Simulated".into(),
            value: format!("{speed}, {} of memory at most", bytes(simulate.peak_memory_bytes)),
        });
        facts.push(Fact { name: "Fingerprint".into(), value: simulate.fingerprint.clone() });
    }
    if let Some(load) = &story.results.load {
        facts.push(Fact { name: "Server under test".into(), value: load.target.clone() });
        facts.extend(load.officers.iter().map(|url| Fact { name: "Checks went to".into(), value: url.clone() }));
        facts.push(Fact { name: "Generator's own processor time".into(), value: duration_s(load.generator_cpu_s) });
    }
    facts
}
