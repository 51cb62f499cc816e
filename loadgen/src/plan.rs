//! What a run asks for and when.

mod mix;
mod needs;
mod streams;
mod trace;

use std::time::Duration;

use passes::Fault;

use crate::arrival::ArrivalProcess;
use crate::random::{Draw, keyed};
use crate::schedule::{Feed, Mixed, People, Source};
use crate::{Arrivals, Kind, Target};

pub(crate) use needs::Needs;
pub(crate) use trace::TraceAsk;

pub use mix::Mix;
pub use streams::{Stream, Streams};
pub use trace::TracePlan;

use needs::{closed_per_s, mix_needs};

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
            Plan::Closed { duration, mix, .. } => of_mix(mix, closed_per_s(mix, single_use) * duration.as_secs_f64()),
            Plan::Trace(trace) => trace.needs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::needs::HOLDERS;
    use super::*;

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
