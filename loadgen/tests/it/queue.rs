//! The waiting-time curve of a queue with exponential service times is that of Erlang's formula.

use std::time::Duration;

use loadgen::known::{Behaviour, KnownServer, exponential_s, mmc_mean_wait_s, queue_mean_wait_s};
use loadgen::{ArrivalProcess, Arrivals, Kind, Mix, Options, Plan, Wallet, run};

use crate::support::{machine, options};

const SLOTS: usize = 2;
const SERVICE_S: f64 = 0.2;
const DURATION_S: f64 = 20.0;
/// What another program on the machine spoiled is tried again.
const TRIES: u32 = 5;

/// The instants of `process` within the run, in seconds.
fn instants_s(mut process: Box<dyn ArrivalProcess>) -> Vec<f64> {
    let instants = std::iter::from_fn(|| process.next_ns()).map(|ns| ns as f64 / 1e9);
    instants.take_while(|at_s| *at_s < DURATION_S).collect()
}

/// The service times of one server, without end.
fn services_s(seed: u64) -> impl Iterator<Item = f64> {
    (0..).map(move |number| exponential_s(seed, number, SERVICE_S))
}

/// The mean wait measured at `load`, in seconds, and that of the formula.
///
/// The mean over some hundred requests is far from that of all time. So arrivals and service times are those of the first seed whose own
/// mean is that of the formula within half a percent: what is tested is the measurement.
fn measured_and_true_s(load: f64) -> (f64, f64) {
    let arrivals = Arrivals::Poisson { rate_per_s: load * SLOTS as f64 / SERVICE_S };
    let expected_s = mmc_mean_wait_s(load, SERVICE_S, SLOTS as u32);
    let off = |seed| queue_mean_wait_s(&instants_s(arrivals.build(seed)), services_s(seed), SLOTS) / expected_s - 1.0;
    let seed = (0..100_000).find(|seed| off(*seed).abs() < 0.005).unwrap();
    let mean = Duration::from_secs_f64(SERVICE_S);
    let server = KnownServer::start(Behaviour::Exponential { slots: SLOTS, mean, seed }).unwrap();
    let duration = Duration::from_secs_f64(DURATION_S);
    let plan = Plan::Rate { arrivals: arrivals.clone(), duration, mix: Mix::get("/") };
    let result = run(server.target(), &plan, &mut Wallet::new(1), &Options { seed, ..options() }).unwrap();
    let get = &result.kinds[&Kind::Get];
    let served_s = services_s(seed).take(get.counts.asked as usize).sum::<f64>() / get.counts.asked as f64;
    (get.mean_response_time_us() / 1e6 - served_s, expected_s)
}

#[test]
fn waiting_times_follow_erlangs_curve() {
    let _machine = machine();
    std::thread::scope(|scope| {
        let is_right = |(measured_s, expected_s): &(f64, f64)| (measured_s / expected_s - 1.0).abs() < 0.05;
        let points: Vec<_> = [0.5, 0.6, 0.7, 0.8, 0.9]
            .into_iter()
            .map(|load| {
                let tries = move || {
                    let mut tries = (0..TRIES).map(|_| measured_and_true_s(load));
                    tries.find(is_right)
                };
                (load, scope.spawn(tries))
            })
            .collect();
        for (load, point) in points {
            assert!(point.join().unwrap().is_some(), "the mean wait at {load} is not that of the formula within 5 %");
        }
    });
}
