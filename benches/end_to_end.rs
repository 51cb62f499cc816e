//! Issue and verify over loopback, from the load engine to a server in a process of its own and back: as fast as they go (closed loop),
//! at a fixed rate (response time, counted from the intended instant), and what a request costs the engine with few and many connections.

mod common;
mod servers;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use common::Criterion;
use criterion::{BenchmarkId, Throughput, criterion_group};
use loadgen::{Arrivals, Kind, LoadResult, LoadSettings, Mix, Options, Plan, Slo, Wallet, prepare, run};
use passes::Purpose;

use servers::{Role, Server, genuine, serve_when_child};

/// How long each sample is played.
const PLAYED: Duration = Duration::from_millis(250);
/// A rate that any machine answers.
const RATE_PER_S: f64 = 1_000.0;
/// How many connections the engine keeps busy, in the scaling group.
const CONNECTIONS: [u32; 5] = [1, 10, 100, 1_000, 10_000];

/// Plays `plan` against `server`, whose every answer must be right.
fn play(server: &Server, plan: &Plan, connections: u32) -> LoadResult {
    let settings = LoadSettings { connections_max: connections, ..genuine() };
    let stop = AtomicBool::new(false);
    let (slo, warm_up) = (Slo::default(), Duration::ZERO);
    let options = Options { settings, slo, seed: 1, warm_up, start_at: None, stop: &stop, progress: &|_| {} };
    let mut wallet = Wallet::new(1);
    let prepared = prepare(&server.targets[0], plan, &mut wallet, &options);
    prepared.expect("the server registers residents and issues passes");
    let result = run(&server.targets[0], plan, &mut wallet, &options).expect("the load can be made");
    let wrong = result.kinds.values().map(|kind| kind.counts.answered - kind.counts.right).sum::<u64>();
    assert_eq!(wrong, 0, "{:?}", result.kinds.values().map(|kind| kind.counts).collect::<Vec<_>>());
    result
}

/// Passes that have no quota: nobody can say beforehand how many a closed loop asks for.
fn mix(kind: Kind) -> Mix {
    let mut mix = Mix::only(kind);
    mix.purpose = Purpose::Pet;
    mix
}

/// The seconds that `of` finds in a run, for each iteration criterion asks for: one run stands for all of a sample.
fn seconds(iterations: u64, of: impl FnOnce() -> f64) -> Duration {
    Duration::from_secs_f64(of() * iterations as f64)
}

fn answered(result: &LoadResult) -> f64 {
    result.kinds.values().map(|kind| kind.counts.right).sum::<u64>().max(1) as f64
}

/// Seconds a request, as fast as 64 connections go.
fn closed(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("end_to_end/closed_loop");
    group.throughput(Throughput::Elements(1));
    for role in [Role::Bare, Role::Memory, Role::Embedded] {
        let server = Server::start(role, None, Duration::from_secs(60));
        for kind in [Kind::Verify, Kind::Issue] {
            let plan = Plan::Closed { connections: 64, duration: PLAYED, mix: mix(kind) };
            group.bench_function(format!("{}/{}", kind.name(), role.name().replace(' ', "_")), |bench| {
                bench.iter_custom(|iterations| {
                    seconds(iterations, || {
                        let result = play(&server, &plan, 64);
                        result.duration_s / answered(&result)
                    })
                });
            });
        }
    }
    group.finish();
}

/// Mean response time at a rate far below the edge.
fn paced(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("end_to_end/response_time_at_1000_per_s");
    for role in [Role::Bare, Role::Memory, Role::Embedded] {
        let server = Server::start(role, None, Duration::from_secs(60));
        for kind in [Kind::Verify, Kind::Issue] {
            let arrivals = Arrivals::Poisson { rate_per_s: RATE_PER_S };
            let plan = Plan::Rate { arrivals, duration: PLAYED, mix: mix(kind) };
            group.bench_function(format!("{}/{}", kind.name(), role.name().replace(' ', "_")), |bench| {
                bench.iter_custom(|iterations| {
                    seconds(iterations, || play(&server, &plan, 600).kinds[&kind].mean_response_time_us() / 1e6)
                });
            });
        }
    }
    group.finish();
}

/// The engine's own processor time a request, by connections: the group that `summary` draws a slope through.
fn scaling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scaling/engine_request");
    group.throughput(Throughput::Elements(1));
    let server = Server::start(Role::Bare, None, Duration::from_secs(60));
    for connections in CONNECTIONS {
        // Each connection must be opened before it can be busy.
        let duration = PLAYED.max(Duration::from_micros(200) * connections);
        let plan = Plan::Closed { connections, duration, mix: mix(Kind::Verify) };
        group.bench_function(BenchmarkId::new("connections", connections), |bench| {
            bench.iter_custom(|iterations| {
                seconds(iterations, || {
                    let result = play(&server, &plan, connections);
                    result.generator_cpu_s / answered(&result)
                })
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = common::slow("end_to_end/");
    targets = closed, paced, scaling
}

fn main() {
    serve_when_child();
    benches();
    criterion::Criterion::default().configure_from_args().final_summary();
}
