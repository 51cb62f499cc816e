//! What is answered rightly and in time while more and more is asked: once, twice, five and ten times the usable load, and once
//! again.
//!
//! Open loop; the server has one core to itself and the load generator another: `cargo bench --bench overload`. Nothing waits at
//! the generator: what finds no connection is dropped there, as a person would see no page.

#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

mod servers;

use std::num::NonZeroUsize;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use loadgen::{Arrivals, Kind, LoadResult, LoadSettings, Mix, Options, Plan, Slo, Wallet, prepare, run};
use passes::Purpose;
use reference_server::Limits;

use servers::{Role, Server, serve_when_child};

const SERVER_CORE: usize = 0;
const GENERATOR_CORE: usize = 1;
/// How many times the usable load, and for how many seconds. (At ten times, phones must have blinded all that they ask to have signed
/// before the first asks, since blinding costs them a quarter of a signature; 20,000 are kept ready.)
const STEPS: [(f64, u64); 6] = [(0.5, 3), (1.0, 6), (2.0, 6), (5.0, 6), (10.0, 4), (1.0, 6)];
/// Of all requests, so many are verifications.
const VERIFIES: f64 = 0.1;

fn main() {
    serve_when_child();
    let own = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["--pid", "--cpu-list", &GENERATOR_CORE.to_string(), &own]).output();
    assert!(pinned.is_ok_and(|pinned| pinned.status.success()), "taskset gives each side a core of its own");
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let wanted = |role: &Role| named.as_ref().is_none_or(|named| role.name().contains(named.as_str()));
    for role in [Role::Slow, Role::Busy, Role::Embedded, Role::Blind].into_iter().filter(wanted) {
        let usable_per_s = usable_per_s(role);
        println!("\n{}: {usable_per_s:.0}/s is the usable load", role.name());
        steps(role, usable_per_s);
    }
}

fn settings() -> LoadSettings {
    LoadSettings { threads: NonZeroUsize::new(1), connections_max: 2_000, backlog_max: 0, ..LoadSettings::default() }
}

fn mix() -> Mix {
    let mut mix = Mix::new(&[(Kind::Issue, 1.0 - VERIFIES), (Kind::Verify, VERIFIES)]);
    mix.purpose = Purpose::Pet;
    mix
}

fn at(rate_per_s: f64, seconds: u64) -> Plan {
    Plan::Rate { arrivals: Arrivals::Poisson { rate_per_s }, duration: Duration::from_secs(seconds), mix: mix() }
}

/// Plays `plans` one right after the other against one server; of each, the result and how many cores the server was busy on.
fn play(role: Role, plans: &[Plan], mut tell: impl FnMut(usize, &LoadResult, f64)) {
    let server = Server::start(role, Some(SERVER_CORE), Limits::default().wait);
    let stop = AtomicBool::new(false);
    let options = Options {
        settings: settings(),
        slo: Slo::default(),
        seed: 1,
        warm_up: Duration::ZERO,
        start_at: None,
        stop: &stop,
        progress: &|_| {},
    };
    let mut wallet = Wallet::new(1);
    for plan in plans {
        prepare(&server.target, plan, &mut wallet, &options).expect("the server registers residents and issues passes");
    }
    for (number, plan) in plans.iter().enumerate() {
        let before_s = server.cpu_s();
        let result = run(&server.target, plan, &mut wallet, &options).expect("the load can be made");
        tell(number, &result, (server.cpu_s() - before_s) / result.duration_s);
    }
}

/// Four fifths of what a closed loop gets through: no search for the edge, but well on the safe side of it.
fn usable_per_s(role: Role) -> f64 {
    let mut right_per_s = 0.0;
    // So few that nobody is turned away: who is would ask again at once.
    let connections = if role == Role::Blind { 32 } else { 128 };
    let plan = Plan::Closed { connections, duration: Duration::from_secs(4), mix: mix() };
    play(role, &[plan], |_, result, _| {
        right_per_s = result.kinds.values().map(|kind| kind.counts.right).sum::<u64>() as f64 / result.duration_s;
    });
    right_per_s * 0.8
}

fn steps(role: Role, usable_per_s: f64) {
    let plans: Vec<Plan> = STEPS.iter().map(|(times, seconds)| at(usable_per_s * times, *seconds)).collect();
    println!(
        "times  asked/s   sent/s  goodput/s  turned away/s  issues right  checks right  check p99 ms  cores: server  generator"
    );
    play(role, &plans, |step, result, server_cores| {
        let total = |count: fn(&loadgen::Counts) -> u64| {
            result.kinds.values().map(|kind| count(&kind.counts)).sum::<u64>() as f64 / result.duration_s
        };
        let right =
            |kind| 100.0 * result.kinds[&kind].counts.right as f64 / result.kinds[&kind].counts.sent.max(1) as f64;
        println!(
            "{:5} {:8.0} {:8.0} {:10.0} {:14.0} {:11.1} % {:11.1} % {:13.1} {:14.2} {:10.2}",
            STEPS[step].0,
            total(|counts| counts.asked),
            total(|counts| counts.sent),
            result.goodput_per_s,
            total(|counts| counts.overloaded),
            right(Kind::Issue),
            right(Kind::Verify),
            result.kinds[&Kind::Verify].response_time().p99_us / 1_000.0,
            server_cores,
            result.generator_cpu_s / result.duration_s,
        );
        if step + 1 == STEPS.len() {
            let mut second = vec![0; STEPS[step].1 as usize];
            for interval in &result.intervals {
                second.get_mut(interval.second as usize).into_iter().for_each(|sum| *sum += interval.counts.right);
            }
            println!("right answers by second after the rush: {second:?}");
        }
    });
}
