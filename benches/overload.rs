//! What is answered rightly and in time while more and more is asked: once, twice, five and ten times the usable load, and once
//! again.
//!
//! And what officers are answered while residents ask ten times as much, at an address that both share and at one of their own.
//!
//! Open loop; the server has one core to itself and the load generator another: `cargo bench --bench overload`. Nothing waits at
//! the generator: what finds no connection is dropped there, as a person would see no page.

#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

mod servers;

use std::num::NonZeroUsize;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use loadgen::{Arrivals, Kind, LoadResult, LoadSettings, Mix, Options, Plan, Slo, Wallet, prepare, run};
use passes::Purpose;
use reference_server::Limits;

use servers::{Role, Server, serve_when_child};

const SERVER_CORE: usize = 0;
const GENERATOR_CORE: usize = 1;
/// How many times the usable load, and for how many seconds. (At ten times, phones must have blinded all that they ask to have signed
/// before the first asks, since blinding costs them a quarter of a signature; 20,000 are kept ready.)
const STEPS: [(f64, u64); 6] = [(0.5, 3), (1.0, 6), (2.0, 6), (5.0, 6), (10.0, 4), (1.0, 6)];
/// How many times the usable load residents ask beside officers, and for how many seconds.
const RUSH: (f64, u64) = (10.0, 4);
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
        // A signature takes the processor from no officer: there is nothing to compare.
        if role == Role::Blind {
            continue;
        }
        println!("officers ask as always, residents ten times as much:");
        for own_address in [false, true] {
            officers_in_a_rush(role, usable_per_s, own_address);
        }
    }
}

fn settings() -> LoadSettings {
    LoadSettings { threads: NonZeroUsize::new(1), connections_max: 2_000, backlog_max: 0, ..LoadSettings::default() }
}

fn mix() -> Mix {
    with_pets(Mix::new(&[(Kind::Issue, 1.0 - VERIFIES), (Kind::Verify, VERIFIES)]))
}

fn with_pets(mut mix: Mix) -> Mix {
    mix.purpose = Purpose::Pet;
    mix
}

fn at(rate_per_s: f64, seconds: u64, mix: Mix) -> Plan {
    Plan::Rate { arrivals: Arrivals::Poisson { rate_per_s }, duration: Duration::from_secs(seconds), mix }
}

fn options(stop: &AtomicBool) -> Options<'_> {
    Options {
        settings: settings(),
        slo: Slo::default(),
        seed: 1,
        warm_up: Duration::ZERO,
        start_at: None,
        stop,
        progress: &|_| {},
    }
}

/// Plays `plans` one right after the other against one server; of each, the result and how many cores the server was busy on.
fn play(role: Role, plans: &[Plan], mut tell: impl FnMut(usize, &LoadResult, f64)) {
    let server = Server::start(role, Some(SERVER_CORE), Limits::default().wait);
    let stop = AtomicBool::new(false);
    let options = options(&stop);
    let mut wallet = Wallet::new(1);
    for plan in plans {
        prepare(&server.targets[0], plan, &mut wallet, &options)
            .expect("the server registers residents and issues passes");
    }
    for (number, plan) in plans.iter().enumerate() {
        let before_s = server.cpu_s();
        let result = run(&server.targets[0], plan, &mut wallet, &options).expect("the load can be made");
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
    let plans: Vec<Plan> = STEPS.iter().map(|(times, seconds)| at(usable_per_s * times, *seconds, mix())).collect();
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

/// Checks at the rate of the usable load while residents ask for ten times theirs.
fn officers_in_a_rush(role: Role, usable_per_s: f64, own_address: bool) {
    let server = Server::start(role, Some(SERVER_CORE), Limits::default().wait);
    let stop = AtomicBool::new(false);
    let options = options(&stop);
    let [residents, officers] = &server.targets;
    let issues = at(usable_per_s * (1.0 - VERIFIES) * RUSH.0, RUSH.1, with_pets(Mix::only(Kind::Issue)));
    let checks = at(usable_per_s * VERIFIES, RUSH.1, with_pets(Mix::only(Kind::Verify)));
    let (mut asking, mut checking) = (Wallet::new(1), Wallet::new(2));
    for (plan, wallet) in [(&issues, &mut asking), (&checks, &mut checking)] {
        prepare(residents, plan, wallet, &options).expect("the server registers residents and issues passes");
    }
    let officers = if own_address { officers } else { residents };
    // Both begin together.
    let options = Options { start_at: Some(SystemTime::now() + Duration::from_secs(1)), ..options };
    let (issued, checked) = std::thread::scope(|scope| {
        let issued = scope.spawn(|| run(residents, &issues, &mut asking, &options));
        let checked = run(officers, &checks, &mut checking, &options).expect("the load can be made");
        (issued.join().expect("no panic").expect("the load can be made"), checked)
    });
    let [issues, checks] =
        [(&issued, Kind::Issue), (&checked, Kind::Verify)].map(|(result, kind)| &result.kinds[&kind]);
    println!(
        "{:>18}: {:8.0} issues asked/s, {:6.0} right/s; {:6.0} checks asked/s, {:5.1} % right, p50 {:.1} ms, p99 {:.1} ms",
        if own_address { "an address apart" } else { "the same address" },
        issues.counts.asked as f64 / issued.duration_s,
        issues.counts.right as f64 / issued.duration_s,
        checks.counts.asked as f64 / checked.duration_s,
        100.0 * checks.counts.right as f64 / checks.counts.asked.max(1) as f64,
        checks.response_time().p50_us / 1_000.0,
        checks.response_time().p99_us / 1_000.0,
    );
}
