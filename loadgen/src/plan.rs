//! What a run asks for and when.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use demand::{Request, RequestKind};
use passes::{Fault, Purpose};

use serde::{Deserialize, Serialize};

use crate::arrival::ArrivalProcess;
use crate::random::{Draw, keyed};
use crate::schedule::{Feed, Mixed, People, Source};
use crate::{Arrivals, Kind, Target};

/// What a run asks for and when.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Open loop: a mix of requests at the instants of an arrival process.
    Rate {
        /// When.
        arrivals: Arrivals,
        /// For how long.
        duration: Duration,
        /// What.
        mix: Mix,
    },
    /// Open loop: several kinds at once, each at the instants of an arrival process of its own.
    Streams(Streams),
    /// Open loop: the requests of a trace at their own times.
    Trace(TracePlan),
    /// Closed loop: so many connections, each asking again as soon as it is answered. Finds saturation; says nothing of the
    /// waiting that independent people would see, and never becomes a capacity.
    Closed {
        /// Connections kept busy.
        connections: u32,
        /// For how long.
        duration: Duration,
        /// What.
        mix: Mix,
    },
}

/// One kind of request with an arrival process of its own: an entry of `[[load.streams]]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// What is asked.
    pub kind: Kind,
    /// When.
    pub arrivals: Arrivals,
}

/// Several streams at once.
#[derive(Clone, Debug)]
pub struct Streams {
    streams: Vec<Stream>,
    duration: Duration,
    /// By whom; the shares are what the streams expect.
    mix: Mix,
}

impl Streams {
    /// `streams` for `duration`. Of `asking` the purpose, the passes of a resident and the path of GETs are taken; the shares follow
    /// from the streams.
    pub fn new(streams: Vec<Stream>, duration: Duration, asking: Mix) -> Self {
        let expected = |stream: &Stream| match stream.arrivals.faults("").is_empty() {
            true => (stream.kind, stream.arrivals.expected(duration.as_secs_f64())),
            false => (stream.kind, 0.0),
        };
        let shares: Vec<(Kind, f64)> = streams.iter().map(expected).collect();
        Streams { streams, duration, mix: Mix { weights: Mix::new(&shares).weights, ..asking } }
    }

    fn requests(&self) -> f64 {
        self.mix.weights.iter().sum()
    }

    fn faults(&self) -> Vec<Fault> {
        let streams = self.streams.iter().enumerate();
        let mut faults: Vec<Fault> = streams
            .flat_map(|(index, stream)| stream.arrivals.faults(&format!("load.streams.{index}.arrivals")))
            .collect();
        if faults.is_empty() && self.requests() <= 0.0 {
            faults
                .push(Fault::new("load.streams", "nothing is asked within the run; write streams with rates above 0"));
        }
        faults
    }
}

/// Which kinds of request, in which proportion, by whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    weights: [f64; Kind::ALL.len()],
    /// What passes are asked for.
    pub purpose: Purpose,
    /// How many passes one resident may have under the policy of the target; none: no limit.
    pub issues_per_resident: Option<u32>,
    /// The path of [`Kind::Get`] requests.
    pub get_path: String,
}

impl Mix {
    /// A mix of `parts`, each a kind and its weight (of any sum). Passes are asked for groceries, without limit.
    pub fn new(parts: &[(Kind, f64)]) -> Self {
        let mut weights = [0.0; Kind::ALL.len()];
        for (kind, weight) in parts {
            weights[*kind as usize] += weight;
        }
        Mix { weights, purpose: Purpose::Groceries, issues_per_resident: None, get_path: "/".to_owned() }
    }

    /// Nothing but `kind`.
    pub fn only(kind: Kind) -> Self {
        Mix::new(&[(kind, 1.0)])
    }

    /// Nothing but GETs of `path`.
    pub fn get(path: impl Into<String>) -> Self {
        Mix { get_path: path.into(), ..Mix::only(Kind::Get) }
    }

    /// The share of `kind`, 0 to 1.
    pub fn share(&self, kind: Kind) -> f64 {
        self.weights[kind as usize] / self.weights.iter().sum::<f64>()
    }

    /// The kind at `place` (0 to below 1) when the shares lie one behind the other.
    pub(crate) fn kind_at(&self, place: f64) -> Kind {
        let mut rest = place * self.weights.iter().sum::<f64>();
        let weighted = Kind::ALL.into_iter().filter(|kind| self.weights[*kind as usize] > 0.0);
        let mut last = Kind::Get;
        for kind in weighted {
            last = kind;
            rest -= self.weights[kind as usize];
            if rest < 0.0 {
                break;
            }
        }
        last
    }

    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.weights.iter().any(|weight| !(*weight >= 0.0 && weight.is_finite()))
            || self.weights.iter().sum::<f64>() <= 0.0
        {
            faults.push(Fault::new("mix", "no kind of request has a share above 0; name one, such as issue"));
        }
        if self.issues_per_resident == Some(0) {
            faults.push(Fault::new(
                "mix.issues_per_resident",
                "residents who may have no pass cannot ask for one; write at least 1",
            ));
        }
        faults
    }
}

/// Whom a plan needs before it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// How many residents have a place in the wallet.
    pub(crate) residents: u32,
    /// Those who register in the run itself, in order.
    pub(crate) newcomers: Vec<u32>,
    /// Residents who hold a pass from the start, with its purpose.
    pub(crate) holders: Vec<(u32, Purpose)>,
    /// How many residents only check in; in a mix they come next after the holders.
    pub(crate) patients: u32,
    /// Whether passes are shown at all.
    pub(crate) verifies: bool,
}

/// So many residents hold the passes that a mix verifies: enough that no row of the target's store is hot, few enough to be issued
/// in a second (assumption).
const HOLDERS: u32 = 2_000;
/// So many patients at home answer prompts: enough that no row of the target's store is hot (assumption).
const PATIENTS: u32 = 10_000;
/// Without a quota so many residents ask for passes in turn (assumption).
const ASKERS: u32 = 10_000;
/// A closed loop's rate is not known beforehand; with a quota, residents are prepared for so many issues a second (assumption).
const CLOSED_ISSUES_PER_S: f64 = 20_000.0;

impl Plan {
    /// Everything that makes this plan impossible.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = match self {
            Plan::Rate { mix, .. } | Plan::Closed { mix, .. } => mix.faults(),
            Plan::Streams(streams) => streams.faults(),
            Plan::Trace(_) => Vec::new(),
        };
        if let Plan::Rate { arrivals, .. } = self {
            faults.extend(arrivals.faults("arrivals"));
        }
        if matches!(self, Plan::Closed { connections: 0, .. }) {
            faults.push(Fault::new("closed", "0 connections ask nothing; write at least 1"));
        }
        faults
    }

    /// How long requests are asked, answers apart.
    pub fn duration(&self) -> Duration {
        match self {
            Plan::Rate { duration, .. } | Plan::Closed { duration, .. } => *duration,
            Plan::Streams(streams) => streams.duration,
            Plan::Trace(trace) => trace.duration,
        }
    }

    /// The mean rate of `kind`, in requests a second; 0 in a closed loop, whose rate is not known beforehand.
    pub(crate) fn rate_of(&self, kind: Kind) -> f64 {
        let mean = |arrivals: &Arrivals, duration: Duration| {
            arrivals.expected(duration.as_secs_f64()) / duration.as_secs_f64().max(1e-9)
        };
        match self {
            Plan::Rate { arrivals, duration, mix } => mean(arrivals, *duration) * mix.share(kind),
            Plan::Streams(all) => {
                let streams = all.streams.iter().filter(|stream| stream.kind == kind);
                streams.map(|stream| mean(&stream.arrivals, all.duration)).sum()
            }
            Plan::Trace(trace) => {
                let count = trace.asks.iter().filter(|ask| ask.kind == kind).count();
                count as f64 / trace.duration.as_secs_f64().max(1e-9)
            }
            Plan::Closed { .. } => 0.0,
        }
    }

    /// Whether sending waits for answers.
    pub const fn is_closed(&self) -> bool {
        matches!(self, Plan::Closed { .. })
    }

    /// The highest mean rate at any time in requests per second, streams added up; none in a closed loop, which has no rate.
    pub fn peak_per_s(&self) -> Option<f64> {
        match self {
            Plan::Rate { arrivals, .. } => Some(arrivals.peak_per_s()),
            Plan::Streams(all) => Some(all.streams.iter().map(|stream| stream.arrivals.peak_per_s()).sum()),
            Plan::Trace(trace) => Some(trace.arrivals.peak_per_s()),
            Plan::Closed { .. } => None,
        }
    }

    /// The kinds of request that are asked.
    pub fn kinds(&self) -> Vec<Kind> {
        let asked = |kind: &Kind| match self {
            Plan::Rate { mix, .. } | Plan::Closed { mix, .. } => mix.share(*kind) > 0.0,
            Plan::Streams(all) => all.streams.iter().any(|stream| stream.kind == *kind),
            Plan::Trace(trace) => trace.asks.iter().any(|ask| ask.kind == *kind),
        };
        Kind::ALL.into_iter().filter(asked).collect()
    }

    /// Everything of this plan that `target` cannot do, or may not be asked.
    pub(crate) fn faults_at(&self, target: &Target) -> Vec<Fault> {
        let interface = target.interface();
        let mut faults = [interface.faults(), target.staff().faults(interface), self.faults_above(target)].concat();
        let interface = interface.resolved(false);
        let kinds = self.kinds();
        let unmapped = kinds.iter().filter(|kind| **kind != Kind::Get && interface.act(**kind).is_none());
        faults.extend(unmapped.map(|kind| {
            let message =
                format!("the plan asks for {kind}, and the target does not say how; write a section [target.{kind}]");
            Fault::new(format!("target.{kind}"), message)
        }));
        let shows = kinds.contains(&Kind::Verify) || kinds.contains(&Kind::Cancel);
        if shows && interface.issue.is_none() {
            let message =
                "passes are shown or given back, and none can be issued before; write a section [target.issue]";
            faults.push(Fault::new("target.issue", message));
        }
        faults
    }

    /// The path of plain GETs.
    pub(crate) fn get_path(&self) -> &str {
        match self {
            Plan::Rate { mix, .. } | Plan::Closed { mix, .. } => &mix.get_path,
            Plan::Streams(all) => &all.mix.get_path,
            Plan::Trace(_) => "/",
        }
    }

    /// The requests in order, asked by `people`.
    pub(crate) fn source(&self, people: People, seed: u64) -> Source<'_> {
        let until_ns = self.duration().as_nanos() as u64;
        let mixed = |mix, feeds, until_ns| Source::Mixed(Mixed::new(mix, people, seed, feeds, until_ns));
        match self {
            Plan::Rate { arrivals, mix, .. } => mixed(mix, vec![Feed::new(arrivals.build(seed), None)], until_ns),
            Plan::Streams(all) => {
                let streams = all.streams.iter().enumerate();
                let seed_of = |index| keyed(seed, Draw::Stream, index as u64);
                let feed = |(index, stream): (usize, &Stream)| {
                    Feed::new(stream.arrivals.build(seed_of(index)), Some(stream.kind))
                };
                mixed(&all.mix, streams.map(feed).collect(), until_ns)
            }
            Plan::Closed { mix, .. } => mixed(mix, Vec::new(), u64::MAX),
            Plan::Trace(trace) => Source::Trace(&trace.asks, trace.arrivals.build(seed)),
        }
    }

    /// The arrival processes by themselves, to ask them for their rate.
    fn processes(&self) -> Vec<Box<dyn ArrivalProcess>> {
        match self {
            Plan::Rate { arrivals, .. } => vec![arrivals.build(0)],
            Plan::Streams(all) => all.streams.iter().map(|stream| stream.arrivals.build(0)).collect(),
            Plan::Trace(trace) => vec![trace.arrivals.build(0)],
            Plan::Closed { .. } => Vec::new(),
        }
    }

    /// The rate that is meant so long after the start, in requests per second; none in a closed loop.
    pub fn rate_at(&self, at: Duration) -> Option<f64> {
        let processes = self.processes();
        let at_ns = at.as_nanos() as u64;
        (!self.is_closed()).then(|| processes.iter().map(|process| process.rate_at(at_ns)).sum())
    }

    /// Whom the plan needs when `issued` passes were asked for in earlier runs; `single_use` says that each check needs a pass of
    /// its own.
    pub(crate) fn needs(&self, issued: u64, single_use: bool) -> Needs {
        let of_mix = |mix: &Mix, requests| mix_needs(mix, requests, issued, single_use);
        match self {
            Plan::Rate { arrivals, duration, mix } => of_mix(mix, arrivals.expected(duration.as_secs_f64())),
            Plan::Streams(all) => of_mix(&all.mix, all.requests()),
            Plan::Closed { duration, mix, .. } => of_mix(mix, CLOSED_ISSUES_PER_S * duration.as_secs_f64()),
            Plan::Trace(trace) => trace.needs(),
        }
    }
}

/// So many of a Poisson count with this mean are never exceeded: counts scatter by their square root, and five of these are never met.
fn at_most(mean: f64) -> f64 {
    mean + 5.0 * mean.sqrt()
}

/// The first residents hold passes, the next are patients at home, all others ask for passes in turn.
fn mix_needs(mix: &Mix, requests: f64, issued: u64, single_use: bool) -> Needs {
    let verifies = mix.share(Kind::Verify) > 0.0;
    let holders = match (verifies, single_use) {
        (false, _) => 0,
        (true, false) => HOLDERS,
        (true, true) => at_most(requests * mix.share(Kind::Verify)).ceil() as u32 + 1,
    };
    let patients = if mix.share(Kind::CheckIn) > 0.0 { PATIENTS } else { 0 };
    let issues = requests * mix.share(Kind::Issue);
    let askers = match mix.issues_per_resident {
        _ if mix.share(Kind::Issue) + mix.share(Kind::Cancel) == 0.0 => 0,
        None => ASKERS,
        Some(most) => ((issued as f64 + at_most(issues)) / f64::from(most)).ceil() as u32 + 1,
    };
    Needs {
        residents: holders + patients + askers,
        holders: (0..holders).map(|number| (number, mix.purpose)).collect(),
        newcomers: Vec::new(),
        patients,
        verifies,
    }
}

/// A window of a trace, ready to be played: residents are numbered from 0, times count from the start of the window.
#[derive(Clone, Debug)]
pub struct TracePlan {
    asks: Vec<TraceAsk>,
    arrivals: Arrivals,
    residents: u32,
    newcomers: Vec<u32>,
    holders: Vec<(u32, Purpose)>,
    duration: Duration,
}

/// One request of the window, without its instant: 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceAsk {
    pub(crate) resident: u32,
    pub(crate) kind: Kind,
    pub(crate) purpose: Purpose,
}

impl TracePlan {
    /// Plays `window` (such as [`demand::Trace::between`] gives) from its first request on, `speed` times as fast as it was.
    ///
    /// Whoever shows or cancels a pass in the window that was issued before it is given one in preparation.
    ///
    /// # Panics
    /// Panics when `speed` is not a positive finite number.
    pub fn new(window: &[Request], speed: f64) -> Self {
        assert!(speed > 0.0 && speed.is_finite(), "speed is a positive number");
        let start = window.first().map_or(demand::SimTime::default(), |request| request.at);
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        // Passes that were asked for in the window, or are prepared.
        let mut known: HashSet<(u32, Purpose)> = HashSet::new();
        let (mut asks, mut instants_ns) = (Vec::with_capacity(window.len()), Vec::with_capacity(window.len()));
        let (mut newcomers, mut holders): (Vec<u32>, _) = (Vec::new(), Vec::new());
        for request in window {
            let next = numbers.len() as u32;
            let resident = *numbers.entry(request.resident).or_insert(next);
            if resident == next && request.kind == RequestKind::Register {
                newcomers.push(resident);
            }
            let purpose = request.purpose.unwrap_or(Purpose::Other);
            if matches!(request.kind, RequestKind::Issue | RequestKind::Verify | RequestKind::Cancel) {
                let earlier = known.insert((resident, purpose)) && request.kind != RequestKind::Issue;
                // A newcomer cannot hold a pass from before: such a check finds none.
                if earlier && newcomers.binary_search(&resident).is_err() {
                    holders.push((resident, purpose));
                }
            }
            instants_ns.push((request.at.since(start).as_nanos() as f64 / speed) as u64);
            asks.push(TraceAsk { resident, kind: request.kind.into(), purpose });
        }
        let duration = Duration::from_nanos(instants_ns.last().map_or(0, |last_ns| last_ns + 1));
        let arrivals = Arrivals::Recorded(instants_ns.into());
        TracePlan { asks, arrivals, residents: numbers.len() as u32, newcomers, holders, duration }
    }

    /// How many requests the window has.
    pub fn requests(&self) -> usize {
        self.asks.len()
    }

    /// How many residents appear in it.
    pub fn residents(&self) -> u32 {
        self.residents
    }

    fn needs(&self) -> Needs {
        let verifies = self.asks.iter().any(|ask| ask.kind == Kind::Verify);
        Needs {
            residents: self.residents,
            newcomers: self.newcomers.clone(),
            holders: self.holders.clone(),
            patients: 0,
            verifies,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use demand::SimTime;

    fn request(ms: u64, resident: u32, kind: RequestKind) -> Request {
        let purpose = kind.has_purpose().then_some(Purpose::Pet);
        Request { at: SimTime::from_ms(ms), resident, place: 0, kind, purpose }
    }

    #[test]
    fn a_window_starts_at_its_first_request_and_can_be_hurried() {
        let window = [request(5_000, 7, RequestKind::Issue), request(6_000, 9, RequestKind::Register)];
        let plan = TracePlan::new(&window, 4.0);
        assert_eq!(plan.arrivals, Arrivals::Recorded([0, 250_000_000].into()));
        assert_eq!(plan.residents(), 2);
    }

    #[test]
    fn only_passes_from_before_the_window_are_prepared() {
        use RequestKind::{Cancel, CheckIn, Issue, Verify};
        let window = [
            request(0, 1, Verify),
            request(1, 2, Issue),
            request(2, 2, Verify),
            request(3, 1, Cancel),
            request(4, 3, Cancel),
            request(5, 4, CheckIn),
        ];
        let needs = Plan::Trace(TracePlan::new(&window, 1.0)).needs(0, false);
        assert_eq!(needs.holders, [(0, Purpose::Pet), (2, Purpose::Pet)]);
        assert_eq!((needs.residents, needs.verifies), (4, true), "who checks in needs a token and no pass");
    }

    #[test]
    fn a_mix_keeps_its_shares() {
        let mix = Mix::new(&[(Kind::Issue, 1.0), (Kind::Verify, 3.0)]);
        let count = (0..1_000).filter(|place| mix.kind_at(f64::from(*place) / 1_000.0) == Kind::Issue).count();
        assert_eq!(count, 250);
        assert!((mix.share(Kind::Verify) - 0.75).abs() < 1e-12);
        assert_eq!(mix.kind_at(0.999_999_999_999), Kind::Verify);
    }

    #[test]
    fn impossible_plans_are_refused() {
        let duration = Duration::from_secs(1);
        let arrivals = Arrivals::Poisson { rate_per_s: 0.0 };
        assert_eq!(Plan::Rate { arrivals, duration, mix: Mix::new(&[]) }.faults().len(), 2);
        assert_eq!(Plan::Closed { connections: 0, duration, mix: Mix::only(Kind::Issue) }.faults().len(), 1);
    }

    #[test]
    fn a_quota_decides_how_many_residents_are_needed() {
        let mix = Mix { issues_per_resident: Some(2), ..Mix::only(Kind::Issue) };
        let arrivals = Arrivals::Constant { rate_per_s: 100.0 };
        let needs = Plan::Rate { arrivals, duration: Duration::from_secs(10), mix }.needs(0, false);
        assert_eq!((needs.residents, needs.holders.len()), (581, 0), "(1000 + 5 * 31.6) / 2 + 1");
    }

    #[test]
    fn streams_add_up() {
        let stream = |kind, rate_per_s| Stream { kind, arrivals: Arrivals::Poisson { rate_per_s } };
        let all = vec![stream(Kind::Issue, 10.0), stream(Kind::Verify, 30.0)];
        let plan = Plan::Streams(Streams::new(all, Duration::from_secs(4), Mix::only(Kind::Get)));
        assert_eq!((plan.peak_per_s(), plan.rate_at(Duration::ZERO), plan.faults()), (Some(40.0), Some(40.0), vec![]));
        assert_eq!(plan.kinds(), [Kind::Issue, Kind::Verify]);
        assert_eq!(plan.needs(0, false).holders.len(), HOLDERS as usize);
        assert_eq!(plan.needs(0, true).holders.len(), 176, "120 + 5 * 11 + 1");
        let plan =
            Plan::Streams(Streams::new(vec![stream(Kind::Issue, 0.0)], Duration::from_secs(4), Mix::only(Kind::Get)));
        assert_eq!(plan.faults()[0].key, "load.streams.0.arrivals.poisson.rate_per_s");
    }

    #[test]
    fn a_target_must_do_what_is_asked_of_it() {
        let verify = serde_json::json!({ "verify": { "path": "/v", "invalid": [404] } });
        let interface: crate::Interface = serde_json::from_value(verify).unwrap();
        let plan = |kind| Plan::Closed { connections: 1, duration: Duration::from_secs(1), mix: Mix::only(kind) };
        let target = Target::parse("http://127.0.0.1:1", &[]).unwrap();
        let other = target.clone().speaking(interface);
        let keys = |kind| plan(kind).faults_at(&other).into_iter().map(|fault| fault.key).collect::<Vec<_>>();
        assert_eq!(keys(Kind::Verify), ["target.issue"]);
        assert_eq!(keys(Kind::CheckIn), ["target.check_in"]);
        assert!(keys(Kind::Get).is_empty() && plan(Kind::Cancel).faults_at(&target).is_empty());
    }
}
