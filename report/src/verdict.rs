//! The sentence that matters, with its numbers.

use crate::number::{count, rate, share, time_us, times, whole};
use crate::record::{
    CapacityResults, EnsembleResults, LimitedBy, LoadResults, PathRecord, Results, SimulateResults, Status, Verdict,
};

/// What the results say, in one word and one sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The word; none when no server was measured, or the run can be no judgement: it was stopped, or was a closed loop.
    pub verdict: Option<Verdict>,
    /// The sentence, without a full stop.
    pub sentence: String,
}

/// Judges `results`. `replay` is the load run's own verdict on its objectives, when there was one.
///
/// A region's launch holds when on every path the usable capacity covers the peak demand and the replay kept its objectives. What
/// could not be measured, because the generator reached its limit first, is no success: it is unusable. A run that was stopped early
/// is told and not judged. So is a closed loop, which asks only when it was answered and so does not show what people would wait.
pub fn judge(results: &Results, replay: Option<Verdict>, status: Status) -> Judgement {
    let complete = status == Status::Complete;
    let closed_loop = results.load.as_ref().is_some_and(|load| load.closed_loop);
    let replay = replay.filter(|_| complete && !closed_loop);
    let paths = results.capacity.as_ref().map(PathJudgement::all).unwrap_or_default();
    let worst = paths.iter().filter_map(|path| path.verdict).chain(replay).max_by_key(severity);
    let worst = worst.filter(|_| complete);
    let mut clauses = Vec::new();
    // The tightest path speaks for all: where it holds, the others hold with more to spare. What fails or cannot be compared with a
    // peak speaks for itself.
    let speaks = |(rank, path): &(usize, &PathJudgement)| *rank == 0 || !matches!(path.verdict, Some(Verdict::Held));
    clauses.extend(paths.iter().enumerate().filter(speaks).map(|(_, path)| path.clause.clone()));
    let load = results.load.as_ref().map(|load| load_clause(load, replay));
    // What decided the verdict is said first.
    let is_load_worse =
        replay.as_ref().map(severity) > paths.iter().filter_map(|path| path.verdict.as_ref()).map(severity).max();
    clauses.splice(if is_load_worse { 0..0 } else { clauses.len()..clauses.len() }, load);
    clauses.splice(0..0, results.schemes.as_ref().filter(|schemes| !schemes.is_empty()).map(schemes_sentence));
    if results.schemes.is_some() {
        clauses.extend(results.ledger.as_ref().and_then(crate::ledger::clause));
    }
    if clauses.is_empty() {
        clauses.extend(results.simulate.as_ref().map(demand_clause));
        clauses.extend(results.ensemble.as_ref().map(ensemble_clause));
        clauses.extend(results.ledger.as_ref().map(crate::ledger::sentence).filter(|told| !told.is_empty()));
    }
    if clauses.is_empty() && !complete {
        clauses.push("nothing was measured".into());
    }
    let word = match worst {
        Some(Verdict::Held) => "holds: ",
        Some(Verdict::Failed) => "breaks: ",
        Some(Verdict::Unusable) => "cannot tell: ",
        None if complete => "",
        None => "stopped early: ",
    };
    Judgement { verdict: worst, sentence: format!("{word}{}", clauses.join("; ")) }
}

fn severity(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Held => 0,
        Verdict::Unusable => 1,
        Verdict::Failed => 2,
    }
}

/// A search for capacity that was not stopped has so many paths: issue, verify, mix.
const PATHS: usize = 3;

/// Which schemes bear the peak, each with the headroom of its tightest path, in one sentence; with the roomiest first.
pub fn schemes_sentence(schemes: &crate::record::SchemeResults) -> String {
    let told = |(name, capacity): (&String, &CapacityResults)| {
        if let Some((verdict, why)) = nothing_held(capacity) {
            let word = if verdict == Verdict::Failed { "breaks" } else { "cannot be told" };
            return (0.0, format!("{name} {word}: {why}"));
        }
        // The path that was not searched may be the tightest.
        if capacity.paths.len() < PATHS {
            return (0.0, format!("{name} cannot be told: its search was stopped"));
        }
        let mut paths = PathJudgement::all(capacity);
        // The tightest that breaks speaks for all: one that is tighter may only be less well known.
        let speaks = paths.iter().position(|path| path.verdict == Some(Verdict::Failed)).unwrap_or(0);
        match (speaks < paths.len()).then(|| paths.swap_remove(speaks)) {
            Some(PathJudgement { verdict: Some(verdict), headroom, known, .. }) => match verdict {
                Verdict::Held => (headroom, format!("{name} holds with {known} headroom")),
                Verdict::Failed => (headroom, format!("{name} breaks: {known} headroom")),
                Verdict::Unusable => (0.0, format!("{name} cannot be told: {known} headroom")),
            },
            _ => (0.0, format!("{name} cannot be told: nothing was compared with a peak")),
        }
    };
    let mut told: Vec<(f64, String)> = schemes.iter().map(told).collect();
    told.sort_by(|a, b| b.0.total_cmp(&a.0));
    told.into_iter().map(|(_, words)| words).collect::<Vec<_>>().join(", ")
}

/// Why a search found no usable capacity on some path: because every load failed, or because none could be judged.
pub(crate) fn nothing_held(capacity: &CapacityResults) -> Option<(Verdict, String)> {
    let without = |failed: bool| {
        let is_one = |path: &&PathRecord| path.usable_per_s.is_none() && path.interval_per_s.1.is_some() == failed;
        capacity.paths.iter().find(|(_, path)| is_one(path)).map(|(path, _)| path_noun(path))
    };
    let broken = without(true).map(|noun| (Verdict::Failed, format!("no load of {noun} held every objective")));
    broken.or_else(|| without(false).map(|noun| (Verdict::Unusable, format!("no load of {noun} could be judged"))))
}

/// The path with the least headroom, first of all one on which no load held; none when none was searched.
pub(crate) fn tightest(capacity: &CapacityResults) -> Option<&str> {
    let headroom = |name: &&String| match capacity.paths[*name].usable_per_s {
        Some(_) => capacity.headroom.get(*name).copied().unwrap_or(f64::INFINITY),
        None => f64::NEG_INFINITY,
    };
    capacity.paths.keys().min_by(|a, b| headroom(a).total_cmp(&headroom(b))).map(String::as_str)
}

/// What is asked for on a path, in the plural.
pub fn path_noun(path: &str) -> &'static str {
    match path {
        "issue" => "issues",
        "verify" => "verifications",
        "register" => "registrations",
        "cancel" => "cancellations",
        "check_in" => "check-ins",
        _ => "requests",
    }
}

/// Usable capacity as a reader should hear it: `6,100/s`, `6,100 to 12,200/s` where the edge was not confirmed, `at least 6,100/s` when
/// nothing failed, or that nothing held.
pub fn usable_words(path: &PathRecord) -> String {
    path.usable_per_s.map_or_else(|| "none found".into(), |usable_per_s| edge(path, usable_per_s, bare_rate, "/s"))
}

/// `6,100` of 6,100/s.
fn bare_rate(per_s: f64) -> String {
    rate(per_s).trim_end_matches("/s").to_owned()
}

/// The edge of a path in `words`, and `unit`: `16,000 issues/s`, `16,000 to 34,900 issues/s` where it was not confirmed, `at least 16,000
/// issues/s` where no load failed.
fn edge(path: &PathRecord, usable_per_s: f64, words: impl Fn(f64) -> String, unit: &str) -> String {
    let held = words(usable_per_s);
    match path.interval_per_s.1 {
        None => format!("at least {held}{unit}"),
        Some(failed_per_s) if !path.is_confirmed() && words(failed_per_s) != held => {
            format!("{held} to {}{unit}", words(failed_per_s))
        }
        Some(_) => held + unit,
    }
}

/// The headroom of a path as exactly as it is known: `24 times`, `24 to 30 times`, `at least 24 times`; none where it was not compared
/// with a peak.
pub(crate) fn headroom_words(capacity: &CapacityResults, path: &str) -> Option<String> {
    let (headroom, found) = (capacity.headroom.get(path)?, capacity.paths.get(path)?);
    let usable_per_s = found.usable_per_s?;
    Some(edge(found, usable_per_s, |per_s| bare_times(headroom * per_s / usable_per_s), " times"))
}

/// `48.3` of 48.3 times.
fn bare_times(ratio: f64) -> String {
    times(ratio).trim_end_matches(" times").to_owned()
}

struct PathJudgement {
    verdict: Option<Verdict>,
    headroom: f64,
    /// The headroom in words, as exactly as it is known; empty where there is none.
    known: String,
    clause: String,
}

impl PathJudgement {
    /// Every path, the tightest first.
    fn all(capacity: &CapacityResults) -> Vec<Self> {
        let mut paths: Vec<Self> = capacity
            .paths
            .iter()
            .map(|(name, path)| PathJudgement::of(name, path, capacity.peak_demand_per_s.get(name).copied()))
            .collect();
        paths.sort_by(|a, b| a.headroom.total_cmp(&b.headroom));
        paths
    }

    fn of(name: &str, path: &PathRecord, peak_per_s: Option<f64>) -> Self {
        let noun = path_noun(name);
        let (low_per_s, failed_at) = path.interval_per_s;
        let asked = peak_per_s.map_or(String::new(), |peak| format!(", the peak asks {}", rate(peak)));
        let Some(usable_per_s) = path.usable_per_s else {
            // Nothing held: the server's failure if a load failed, otherwise nobody's knowledge.
            let (verdict, found) = match failed_at {
                Some(at) => (Verdict::Failed, format!("{noun} fail the objectives already at {}", rate(at))),
                None => (Verdict::Unusable, format!("no load of {noun} could be judged")),
            };
            return PathJudgement {
                verdict: Some(verdict),
                headroom: 0.0,
                known: String::new(),
                clause: found + &asked,
            };
        };
        let usable = format!("usable capacity {}", edge(path, usable_per_s, bare_rate, &format!(" {noun}/s")));
        let Some(peak_per_s) = peak_per_s.filter(|peak| *peak > 0.0) else {
            return PathJudgement { verdict: None, headroom: f64::INFINITY, known: String::new(), clause: usable };
        };
        let headroom = usable_per_s / peak_per_s;
        let verdict = match headroom {
            headroom if headroom >= 1.0 => Verdict::Held,
            // No tried load failed, and none was as high as the peak.
            _ if failed_at.is_none() => Verdict::Unusable,
            _ if low_per_s >= peak_per_s => Verdict::Held,
            // The edge lies on this side of the peak or on that.
            _ if !path.is_confirmed() && failed_at.is_some_and(|failed_per_s| failed_per_s > peak_per_s) => {
                Verdict::Unusable
            }
            _ => Verdict::Failed,
        };
        let known = edge(path, usable_per_s, |per_s| bare_times(per_s / peak_per_s), " times");
        let clause = match verdict {
            Verdict::Unusable if failed_at.is_none() => format!("{usable} as far as was tried{asked}"),
            Verdict::Unusable => format!("{usable}{asked}: on which side of it the edge lies was not confirmed"),
            Verdict::Failed => format!("{usable}{asked}: {known} what is needed"),
            Verdict::Held => format!("{usable}{asked}: {known} headroom"),
        };
        PathJudgement { verdict: Some(verdict), headroom, known, clause }
    }
}

fn load_clause(load: &LoadResults, verdict: Option<Verdict>) -> String {
    if load.closed_loop {
        let connections = load.connections.map_or(String::new(), |number| format!(" of {number} connections"));
        let answered = load.throughput_per_s.map_or(String::new(), |per_s| format!(" answered {}", rate(per_s)));
        return format!("a closed loop{connections}{answered}; it is no capacity");
    }
    let what = load.noun();
    let right_share = share(load.right_share().unwrap_or(0.0));
    let p99_us = load.kinds.values().filter_map(|kind| kind.response_time_us.p99).max_by(f64::total_cmp);
    let p99 = p99_us.map_or("no answer".into(), |us| format!("99 % within {}", time_us(us)));
    let whose = match load.limited_by {
        Some(LimitedBy::Generator) => " because the load generator reached its limit",
        Some(LimitedBy::Target) | None => "",
    };
    match verdict {
        Some(Verdict::Held) => format!("the {what} kept its objectives ({p99}, {right_share} right)"),
        Some(Verdict::Failed) => format!("the {what} missed its objectives ({p99}, {right_share} right)"),
        Some(Verdict::Unusable) => format!("the {what} is unusable{whose}"),
        None => format!("the {what} asked {} requests ({p99}, {right_share} right)", whole(load.asked())),
    }
}

fn demand_clause(simulate: &SimulateResults) -> String {
    let peak = simulate
        .peaks
        .get("mix")
        .map_or(String::new(), |peak| format!("; the busiest minute asks {} of the server", rate(peak.rate_per_s)));
    let days = if simulate.days == 1 { "1 day".into() } else { format!("{} days", simulate.days) };
    format!(
        "{} residents make {} trips in {days} and are issued {} passes{peak}",
        whole(simulate.residents),
        count(simulate.trips),
        count(simulate.passes)
    )
}

fn ensemble_clause(ensemble: &EnsembleResults) -> String {
    let measure = |name: &str| ensemble.measures.get(name).copied();
    let done = if ensemble.runs_done == 1 { "1 run".into() } else { format!("{} runs", whole(ensemble.runs_done)) };
    let runs = match (ensemble.points, ensemble.runs) {
        (1, _) => done,
        (points, runs) => format!("{done} of {} scenarios, {runs} of each", whole(points)),
    };
    let counts =
        |name| measure(name).map(|range| format!("{} to {}", count(range.min as u64), count(range.max as u64)));
    let (Some(trips), Some(passes)) = (counts("trips"), counts("passes")) else { return runs };
    let peak = measure("peak_mix_per_s").map_or(String::new(), |range| {
        format!("; the busiest minute asks {} to {} of the server", rate(range.min), rate(range.max))
    });
    format!("{runs}: residents make {trips} trips and are issued {passes} passes{peak}")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// A search with these paths: name, usable capacity, the load that failed, the peak.
    pub(crate) fn capacity(paths: &[(&str, Option<f64>, Option<f64>, f64)]) -> Results {
        let mut found = CapacityResults::default();
        for (name, usable_per_s, failed_at, peak_per_s) in paths {
            let record = PathRecord {
                usable_per_s: *usable_per_s,
                interval_per_s: (usable_per_s.unwrap_or(0.0), *failed_at),
                knee_per_s: None,
                saturation_per_s: 0.0,
                server_cpu_us: None,
                ended: String::new(),
                confirmed: Some(true),
                beyond: None,
                recovery: None,
                scalability: None,
            };
            found.paths.insert((*name).into(), record);
            found.peak_demand_per_s.insert((*name).into(), *peak_per_s);
        }
        Results { capacity: Some(found), ..Results::default() }
    }

    #[test]
    fn an_edge_that_was_not_confirmed_is_told_as_an_interval() {
        let judged = |peak_per_s: f64| {
            let json = serde_json::json!({
                "usable_per_s": 1_000.0, "interval_per_s": [1_000.0, 2_000.0], "knee_per_s": null, "saturation_per_s": 1_900.0,
                "ended": "The time for the search was used up.", "confirmed": false,
            });
            PathJudgement::of("issue", &serde_json::from_value(json).unwrap(), Some(peak_per_s))
        };
        let (holds, unknown, breaks) = (judged(100.0), judged(1_500.0), judged(4_000.0));
        assert_eq!(
            holds.clause,
            "usable capacity 1,000 to 2,000 issues/s, the peak asks 100/s: 10 to 20 times headroom"
        );
        assert_eq!(holds.verdict, Some(Verdict::Held));
        assert_eq!(unknown.verdict, Some(Verdict::Unusable), "{}", unknown.clause);
        assert_eq!(breaks.verdict, Some(Verdict::Failed));
        assert!(breaks.clause.ends_with("0.25 to 0.5 times what is needed"), "{}", breaks.clause);
    }

    #[test]
    fn schemes_are_told_by_their_tightest_path_if_all_were_searched() {
        let searched = |paths: &[(&str, Option<f64>, Option<f64>, f64)]| {
            let mut found = capacity(paths).capacity.unwrap();
            for (name, usable_per_s, _, peak_per_s) in paths {
                found.headroom.extend(usable_per_s.map(|usable| ((*name).to_owned(), usable / peak_per_s)));
            }
            found
        };
        let whole = |issue: f64| {
            let verify = ("verify", Some(800.0), None, 100.0);
            searched(&[("issue", Some(issue), Some(1.05 * issue), 100.0), verify, ("mix", Some(900.0), None, 100.0)])
        };
        let part = searched(&[("issue", Some(500.0), None, 100.0), ("verify", Some(800.0), None, 100.0)]);
        let schemes = [("lookup", whole(600.0)), ("signed", whole(50.0)), ("blind", part)];
        assert_eq!(
            schemes_sentence(&schemes.map(|(name, found)| (name.to_owned(), found)).into()),
            "lookup holds with 6 times headroom, signed breaks: 0.5 times headroom, blind cannot be told: its search was stopped"
        );
        // What breaks is said, though another path may be tighter still.
        let mut unsure = whole(30.0);
        let issue = unsure.paths.get_mut("issue").unwrap();
        (issue.confirmed, issue.interval_per_s) = (Some(false), (30.0, Some(300.0)));
        let said = |found: &CapacityResults| schemes_sentence(&[("lookup".to_owned(), found.clone())].into());
        assert_eq!(said(&unsure), "lookup cannot be told: 0.3 to 3 times headroom");
        unsure.headroom.insert("mix".into(), 0.5);
        let mix = unsure.paths.get_mut("mix").unwrap();
        (mix.usable_per_s, mix.interval_per_s) = (Some(50.0), (50.0, Some(52.0)));
        assert_eq!(said(&unsure), "lookup breaks: 0.5 times headroom");
    }

    #[test]
    fn the_tightest_path_speaks() {
        let results =
            capacity(&[("issue", Some(6_100.0), Some(6_400.0), 310.0), ("verify", Some(9_000.0), Some(9_500.0), 10.0)]);
        assert_eq!(
            judge(&results, None, Status::Complete),
            Judgement {
                verdict: Some(Verdict::Held),
                sentence: "holds: usable capacity 6,100 issues/s, the peak asks 310/s: 19.7 times headroom".into(),
            }
        );
    }

    #[test]
    fn one_broken_path_breaks_all() {
        let results =
            capacity(&[("issue", Some(200.0), Some(220.0), 310.0), ("verify", Some(9_000.0), Some(9_500.0), 10.0)]);
        assert_eq!(judge(&results, Some(Verdict::Held), Status::Complete).verdict, Some(Verdict::Failed));
        assert_eq!(
            judge(&results, None, Status::Complete).sentence,
            "breaks: usable capacity 200 issues/s, the peak asks 310/s: 0.645 times what is needed"
        );
        let nothing = capacity(&[("issue", None, Some(50.0), 310.0)]);
        assert_eq!(
            judge(&nothing, None, Status::Complete).sentence,
            "breaks: issues fail the objectives already at 50/s, the peak asks 310/s"
        );
    }

    #[test]
    fn without_peaks_every_path_is_told() {
        let mut results =
            capacity(&[("issue", Some(6_100.0), Some(6_400.0), 0.0), ("verify", Some(9_000.0), None, 0.0)]);
        results.capacity.as_mut().unwrap().peak_demand_per_s.clear();
        assert_eq!(
            judge(&results, None, Status::Complete),
            Judgement {
                verdict: None,
                sentence: "usable capacity 6,100 issues/s; usable capacity at least 9,000 verifications/s".into(),
            }
        );
    }

    #[test]
    fn what_the_generator_spoiled_is_no_success() {
        let short = capacity(&[("issue", Some(200.0), None, 310.0)]);
        assert_eq!(judge(&short, None, Status::Complete).verdict, Some(Verdict::Unusable));
        assert!(
            judge(&short, None, Status::Complete)
                .sentence
                .starts_with("cannot tell: usable capacity at least 200 issues/s")
        );
        let enough = capacity(&[("issue", Some(2_000.0), None, 310.0)]);
        assert_eq!(judge(&enough, Some(Verdict::Unusable), Status::Complete).verdict, Some(Verdict::Unusable));
        assert!(judge(&enough, None, Status::Complete).sentence.ends_with("at least 6.45 times headroom"));
    }

    fn load(closed_loop: bool, replayed: bool) -> LoadResults {
        LoadResults {
            kinds: BTreeMap::new(),
            limited_by: None,
            closed_loop,
            connections: closed_loop.then_some(4),
            replayed,
            throughput_per_s: Some(5_230.0),
            generator_cpu_s: 0.1,
            generator_spin_s: 0.0,
            target_cpu_s: None,
            assessment: None,
            target: "http://127.0.0.1:8080".into(),
            ..LoadResults::default()
        }
    }

    #[test]
    fn a_replay_can_break_what_capacity_promised() {
        let mut results = capacity(&[("issue", Some(6_100.0), Some(6_400.0), 310.0)]);
        results.load = Some(load(false, true));
        let told = judge(&results, Some(Verdict::Failed), Status::Complete);
        assert_eq!(told.verdict, Some(Verdict::Failed));
        assert!(told.sentence.starts_with("breaks: the replay missed its objectives"), "{}", told.sentence);
        let held = judge(&results, Some(Verdict::Held), Status::Complete).sentence;
        assert!(held.starts_with("holds: usable capacity 6,100 issues/s"), "{held}");
    }

    #[test]
    fn only_what_was_replayed_is_called_a_replay() {
        let sentence = |replayed| {
            let results = Results { load: Some(load(false, replayed)), ..Results::default() };
            judge(&results, Some(Verdict::Held), Status::Complete).sentence
        };
        assert!(sentence(true).starts_with("holds: the replay kept its objectives"), "{}", sentence(true));
        assert!(sentence(false).starts_with("holds: the run kept its objectives"), "{}", sentence(false));
    }

    #[test]
    fn a_closed_loop_is_told_and_not_judged() {
        let results = Results { load: Some(load(true, false)), ..Results::default() };
        let sentence = "a closed loop of 4 connections answered 5,230/s; it is no capacity".to_owned();
        for verdict in [Verdict::Held, Verdict::Failed, Verdict::Unusable] {
            let told = Judgement { verdict: None, sentence: sentence.clone() };
            assert_eq!(judge(&results, Some(verdict), Status::Complete), told);
        }
    }

    #[test]
    fn what_was_stopped_is_told_and_not_judged() {
        let measured =
            Results { load: Some(load(false, true)), ..capacity(&[("issue", Some(6_100.0), Some(6_400.0), 310.0)]) };
        let closed = Results { load: Some(load(true, false)), ..Results::default() };
        for results in [measured, closed, Results::default()] {
            for verdict in [None, Some(Verdict::Held), Some(Verdict::Failed)] {
                let told = judge(&results, verdict, Status::Partial);
                assert_eq!(told.verdict, None);
                assert!(told.sentence.starts_with("stopped early: "), "{}", told.sentence);
                assert!(!told.sentence.contains("objectives"), "{}", told.sentence);
            }
        }
    }

    #[test]
    fn nothing_measured_is_no_verdict() {
        assert_eq!(
            judge(&Results::default(), None, Status::Complete),
            Judgement { verdict: None, sentence: String::new() }
        );
    }
}
