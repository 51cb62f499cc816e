//! Measures the measurement: known servers, and what must come of them.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use passes::Share;

use crate::known::{Behaviour, KnownServer, md1_mean_wait_s, queue_mean_wait_s, stall_quantile_s};
use crate::{
    Arrivals, Counts, Kind, Limit, LoadError, LoadResult, LoadSettings, Measure, Mix, Options, Plan, Slo, Target,
    Wallet, run,
};

/// A quantity whose truth is known, and what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Which known server.
    pub case: &'static str,
    /// What was measured, with its unit.
    pub quantity: String,
    /// What it is.
    pub expected: f64,
    /// What was measured.
    pub measured: f64,
    /// How far the two may be apart, as a share of what is expected; 0: not at all.
    pub tolerance: f64,
    /// How often the case was tried until it was right; another program on the machine can spoil one.
    pub tries: u32,
}

impl Check {
    /// Whether the two are as near as they must be.
    pub fn passes(&self) -> bool {
        (self.measured - self.expected).abs() <= self.tolerance * self.expected
    }

    /// The difference as a share of what is expected; 0 where both are 0.
    pub fn error(&self) -> f64 {
        let difference = self.measured - self.expected;
        if difference == 0.0 { 0.0 } else { difference / self.expected }
    }
}

/// A stalled server's percentiles are to be right within this share.
const STALL: f64 = 0.02;
/// A queue's capacity and mean wait are to be right within this share.
const QUEUE: f64 = 0.05;
/// A case is tried so often at most.
const TRIES: u32 = 3;

/// Runs every case, some 40 seconds in all, and hands the checks of each to `tell` when it is done. What another program on the machine
/// spoiled is tried again, twice at most.
///
/// # Errors
/// [`LoadError::System`] when the machine cannot run the engine or the known servers.
pub fn selftest(stop: &AtomicBool, mut tell: impl FnMut(&Check)) -> Result<bool, LoadError> {
    let mut all_pass = true;
    for case in CASES {
        let checks = case(stop)?;
        all_pass &= checks.iter().all(Check::passes);
        checks.iter().for_each(&mut tell);
    }
    Ok(all_pass)
}

/// A known server, measured.
type Case = fn(&AtomicBool) -> Result<Vec<Check>, LoadError>;

const CASES: [Case; 7] =
    [stall, capacity, |stop| queue(0.5, stop), |stop| queue(0.8, stop), slow_generator, hung_up, forgotten];

/// Runs `once` until all its checks pass, [`TRIES`] times at most.
fn tried(once: impl Fn() -> Result<Vec<Check>, LoadError>) -> Result<Vec<Check>, LoadError> {
    let mut tries = 1;
    loop {
        let checks = once()?;
        if tries == TRIES || checks.iter().all(Check::passes) {
            return Ok(checks.into_iter().map(|check| Check { tries, ..check }).collect());
        }
        tries += 1;
    }
}

fn check(case: &'static str, quantity: impl Into<String>, expected: f64, measured: f64, tolerance: f64) -> Check {
    Check { case, quantity: quantity.into(), expected, measured, tolerance, tries: 1 }
}

/// Sends GETs to `target` on one thread.
fn measure(
    target: &Target,
    arrivals: Arrivals,
    duration: Duration,
    seed: u64,
    settings: LoadSettings,
    stop: &AtomicBool,
) -> Result<LoadResult, LoadError> {
    let settings = LoadSettings { threads: std::num::NonZero::new(1), read_metrics: false, ..settings };
    let options = Options {
        settings,
        slo: Slo { right_share: Share::of(0.5), ..Slo::default() },
        seed,
        warm_up: Duration::ZERO,
        start_at: None,
        stop,
        progress: &|_| {},
    };
    let plan = Plan::Rate { arrivals, duration, mix: Mix::get("/") };
    run(target, &plan, &mut Wallet::new(1), &options)
}

fn start(behaviour: Behaviour) -> Result<KnownServer, LoadError> {
    KnownServer::start(behaviour).map_err(LoadError::System)
}

fn counts(result: &LoadResult) -> Counts {
    result.kinds.get(&Kind::Get).map(|get| get.counts).unwrap_or_default()
}

/// Eight seconds of even requests to a server that stalls for six: three in four fall into the stall.
fn stall(stop: &AtomicBool) -> Result<Vec<Check>, LoadError> {
    const CASE: &str = "stall of 6 s in 8 s";
    let (run_s, stall_s) = (8.0, 6.0);
    tried(|| {
        let (after, lasts) = (Duration::from_millis(500), Duration::from_secs_f64(stall_s));
        let server = start(Behaviour::Stall { after, lasts })?;
        let arrivals = Arrivals::Constant { rate_per_s: 60.0 };
        let result =
            measure(server.target(), arrivals, Duration::from_secs_f64(run_s), 1, LoadSettings::default(), stop)?;
        let at = |percentile| {
            let get = result.kinds.get(&Kind::Get);
            get.map_or(0.0, |get| get.at_percentile_us(Measure::ResponseTime, percentile) / 1e3)
        };
        let quantity = |(name, percentile): (&str, f64)| {
            let expected_ms = 1e3 * stall_quantile_s(percentile / 100.0, stall_s, run_s);
            check(CASE, format!("response time {name}, ms"), expected_ms, at(percentile), STALL)
        };
        Ok([("p50", 50.0), ("p90", 90.0), ("p99", 99.0), ("p99.9", 99.9), ("max", 100.0)].map(quantity).to_vec())
    })
}

/// Four slots of 40 ms serve 100 a second, however many ask.
fn capacity(stop: &AtomicBool) -> Result<Vec<Check>, LoadError> {
    const CASE: &str = "4 slots of 40 ms";
    tried(|| {
        let server = start(Behaviour::Slots { slots: 4, service: Duration::from_millis(40) })?;
        let arrivals = Arrivals::Poisson { rate_per_s: 150.0 };
        let result = measure(server.target(), arrivals, Duration::from_secs(4), 1, LoadSettings::default(), stop)?;
        Ok(vec![check(CASE, "throughput asked 150/s, 1/s", 100.0, result.throughput_per_s, QUEUE)])
    })
}

/// One slot under Poisson arrivals: the M/D/1 queue.
///
/// Over a few seconds the mean wait of one sequence of arrivals is far from the mean over all. So the sequence is taken from a seed
/// whose own mean (by Lindley's recursion, before anything is sent) is that of the formula within half a percent: what is tested is
/// the measurement; that arrivals are Poisson is tested by their own laws.
fn queue(load: f64, stop: &AtomicBool) -> Result<Vec<Check>, LoadError> {
    // A late wake-up of the server is in every wait. Where waits are short, longer service makes them long beside it.
    let (case, service_s, duration_s) =
        if load < 0.6 { ("M/D/1, 50 % load", 0.1, 10.0) } else { ("M/D/1, 80 % load", 0.04, 8.0) };
    let arrivals = Arrivals::Poisson { rate_per_s: load / service_s };
    let expected_s = md1_mean_wait_s(load, service_s);
    let seed = (0..10_000).find(|seed| {
        let arrivals_s = instants_s(&arrivals, *seed, duration_s);
        let mean_s = queue_mean_wait_s(&arrivals_s, std::iter::repeat(service_s), 1);
        (mean_s / expected_s - 1.0).abs() < 0.005
    });
    tried(|| {
        let server = start(Behaviour::Slots { slots: 1, service: Duration::from_secs_f64(service_s) })?;
        let duration = Duration::from_secs_f64(duration_s);
        let settings = LoadSettings::default();
        let result = measure(server.target(), arrivals.clone(), duration, seed.unwrap_or(0), settings, stop)?;
        let mean_ms = result.kinds.get(&Kind::Get).map_or(0.0, |get| get.mean_response_time_us() / 1e3);
        Ok(vec![check(case, "mean wait, ms", 1e3 * expected_s, mean_ms - 1e3 * service_s, QUEUE)])
    })
}

fn instants_s(arrivals: &Arrivals, seed: u64, until_s: f64) -> Vec<f64> {
    let mut process = arrivals.build(seed);
    let instants = std::iter::from_fn(|| process.next_ns()).map(|ns| ns as f64 / 1e9);
    instants.take_while(|at_s| *at_s < until_s).collect()
}

/// A generator that is asked for more than any thread can send must say that it was the limit.
fn slow_generator(stop: &AtomicBool) -> Result<Vec<Check>, LoadError> {
    tried(|| {
        let server = start(Behaviour::Forgets { every: u64::MAX })?;
        let arrivals = Arrivals::Constant { rate_per_s: 2_000_000.0 };
        let duration = Duration::from_millis(100);
        let result = measure(server.target(), arrivals, duration, 1, LoadSettings::default(), stop)?;
        let named = f64::from(u8::from(result.limited_by == Some(Limit::Generator)));
        Ok(vec![check("generator asked for 2,000,000/s", "generator named as the limit", 1.0, named, 0.0)])
    })
}

/// Every tenth request loses its connection: as many are counted as lost, and all others as right.
fn hung_up(stop: &AtomicBool) -> Result<Vec<Check>, LoadError> {
    const CASE: &str = "every 10th connection lost";
    tried(|| {
        let server = start(Behaviour::HangsUp { every: 10 })?;
        let arrivals = Arrivals::Constant { rate_per_s: 200.0 };
        let result = measure(server.target(), arrivals, Duration::from_secs(1), 1, LoadSettings::default(), stop)?;
        let Counts { failed, right, .. } = counts(&result);
        Ok(vec![
            check(CASE, "lost, requests", 20.0, failed as f64, 0.0),
            check(CASE, "right, requests", 180.0, right as f64, 0.0),
        ])
    })
}

/// Every tenth request is never answered: as many time out, with the time that was waited for them.
fn forgotten(stop: &AtomicBool) -> Result<Vec<Check>, LoadError> {
    const CASE: &str = "every 10th answer forgotten";
    tried(|| {
        let server = start(Behaviour::Forgets { every: 10 })?;
        let arrivals = Arrivals::Constant { rate_per_s: 200.0 };
        let settings = LoadSettings { timeout_ms: 1_000, ..LoadSettings::default() };
        let result = measure(server.target(), arrivals, Duration::from_secs(1), 1, settings, stop)?;
        let longest_ms = result.kinds.get(&Kind::Get).map_or(0.0, |get| get.response_time().max_us / 1e3);
        Ok(vec![
            check(CASE, "timed out, requests", 20.0, counts(&result).timed_out as f64, 0.0),
            check(CASE, "longest response time, ms", 1_000.0, longest_ms, STALL),
        ])
    })
}
