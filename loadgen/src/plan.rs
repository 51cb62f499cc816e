//! What a run asks for and when.

use std::collections::HashMap;
use std::time::Duration;

use demand::{Request, RequestKind};
use passes::{Fault, Purpose};

use crate::{Arrivals, Kind};

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
            Plan::Trace(_) => Vec::new(),
        };
        if let Plan::Rate { arrivals, .. } = self {
            let rate_per_s = arrivals.rate_per_s();
            if !(rate_per_s > 0.0 && rate_per_s.is_finite()) {
                faults.push(Fault::new(
                    "rate",
                    format!("{rate_per_s} requests per second is no rate; write a number above 0"),
                ));
            }
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
            Plan::Trace(trace) => trace.duration,
        }
    }

    /// The mean rate of `kind`, in requests a second; 0 in a closed loop, whose rate is not known beforehand.
    pub(crate) fn rate_of(&self, kind: Kind) -> f64 {
        match self {
            Plan::Rate { arrivals, mix, .. } => arrivals.rate_per_s() * mix.share(kind),
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

    /// Whom the plan needs when `issued` passes were asked for in earlier runs.
    pub(crate) fn needs(&self, issued: u64) -> Needs {
        match self {
            Plan::Rate { arrivals, duration, mix } => {
                mix_needs(mix, arrivals.rate_per_s() * duration.as_secs_f64(), issued)
            }
            Plan::Closed { duration, mix, .. } => mix_needs(mix, CLOSED_ISSUES_PER_S * duration.as_secs_f64(), issued),
            Plan::Trace(trace) => trace.needs(),
        }
    }
}

/// The first residents hold passes, the next are patients at home, all others ask for passes in turn.
fn mix_needs(mix: &Mix, requests: f64, issued: u64) -> Needs {
    let verifies = mix.share(Kind::Verify) > 0.0;
    let holders = if verifies { HOLDERS } else { 0 };
    let patients = if mix.share(Kind::CheckIn) > 0.0 { PATIENTS } else { 0 };
    let issues = requests * mix.share(Kind::Issue);
    let askers = match mix.issues_per_resident {
        _ if mix.share(Kind::Issue) + mix.share(Kind::Cancel) == 0.0 => 0,
        None => ASKERS,
        // Counts of a Poisson process scatter by their square root; five of these are never met.
        Some(most) => ((issued as f64 + issues + 5.0 * issues.sqrt()) / f64::from(most)).ceil() as u32 + 1,
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
#[derive(Clone, Debug, Default)]
pub struct TracePlan {
    pub(crate) asks: Vec<TraceAsk>,
    residents: u32,
    newcomers: Vec<u32>,
    holders: Vec<(u32, Purpose)>,
    duration: Duration,
}

/// One request of the window, 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceAsk {
    pub(crate) at_ns: u64,
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
        // Of each resident: whether a pass was asked for in the window, or is prepared.
        let mut asked = Vec::new();
        let mut plan = TracePlan { asks: Vec::with_capacity(window.len()), ..TracePlan::default() };
        for request in window {
            let next = numbers.len() as u32;
            let resident = *numbers.entry(request.resident).or_insert(next);
            if resident == next {
                asked.push(false);
                plan.newcomers.extend((request.kind == RequestKind::Register).then_some(resident));
            }
            let purpose = request.purpose.unwrap_or(Purpose::Other);
            match request.kind {
                RequestKind::Register | RequestKind::CheckIn => {}
                RequestKind::Issue => asked[resident as usize] = true,
                RequestKind::Verify | RequestKind::Cancel => {
                    // A newcomer cannot hold a pass from before: such a check finds none.
                    let earlier = !std::mem::replace(&mut asked[resident as usize], true);
                    if earlier && plan.newcomers.binary_search(&resident).is_err() {
                        plan.holders.push((resident, purpose));
                    }
                }
            }
            let at_ns = (request.at.since(start).as_nanos() as f64 / speed) as u64;
            plan.asks.push(TraceAsk { at_ns, resident, kind: request.kind.into(), purpose });
        }
        plan.residents = numbers.len() as u32;
        plan.duration = Duration::from_nanos(plan.asks.last().map_or(0, |ask| ask.at_ns + 1));
        plan
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
        let times: Vec<u64> = plan.asks.iter().map(|ask| ask.at_ns).collect();
        assert_eq!(times, [0, 250_000_000]);
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
        let needs = Plan::Trace(TracePlan::new(&window, 1.0)).needs(0);
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
        let needs = Plan::Rate { arrivals, duration: Duration::from_secs(10), mix }.needs(0);
        assert_eq!((needs.residents, needs.holders.len()), (581, 0), "(1000 + 5 * 31.6) / 2 + 1");
    }
}
