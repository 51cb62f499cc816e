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

use loadgen::{Arrivals, Kind, LoadResult, LoadSettings, Mix, Options, Plan, Slo, Target, Wallet, prepare, run};
use passes::Purpose;
use reference_server::Limits;

use servers::{Role, Server, serve_when_child};

const SERVER_CORE: usize = 0;
const GENERATOR_CORE: usize = 1;
/// How many times the usable load, and for how many seconds: so long that the first of them, in which the server learns what it can do,
/// does not decide.
const STEPS: [(f64, u64); 6] = [(0.5, 3), (1.0, 6), (2.0, 12), (5.0, 12), (10.0, 12), (1.0, 6)];
/// How many times the usable load residents ask beside officers, and for how many seconds.
const RUSH: (f64, u64) = (10.0, 4);
/// Under `blind`, no step may be longer: at ten times, phones must have blinded all that they ask to have signed before the first asks,
/// since blinding costs them a quarter of a signature; 20,000 are kept ready.
const LONGEST_BLIND_S: u64 = 4;
/// Of all requests, so many are verifications.
const VERIFIES: f64 = 0.1;

/// Both sides are ready after so long; phones that blind beforehand need more.
const fn ready_in(role: Role) -> Duration {
    Duration::from_secs(if matches!(role, Role::Blind) { 15 } else { 3 })
}

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
        behind_a_proxy(role, usable_per_s);
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

/// Who asks, and who shows what: residents and officers are different people, with connections of their own.
struct Crowd {
    ready_in: Duration,
    residents: Wallet,
    officers: Wallet,
}

/// What came of what both asked in the same seconds.
struct Both {
    issued: LoadResult,
    checked: LoadResult,
}

/// What residents and officers ask in a step: so many requests a second, a tenth of them checks.
fn plans(residents_per_s: f64, officers_per_s: f64, seconds: u64) -> [Plan; 2] {
    [
        at(residents_per_s * (1.0 - VERIFIES), seconds, with_pets(Mix::only(Kind::Issue))),
        at(officers_per_s * VERIFIES, seconds, with_pets(Mix::only(Kind::Verify))),
    ]
}

impl Crowd {
    fn new(role: Role) -> Self {
        Crowd { ready_in: ready_in(role), residents: Wallet::new(1), officers: Wallet::new(2) }
    }

    fn prepare(&mut self, server: &Server, [issues, checks]: &[Plan; 2], options: &Options<'_>) {
        for (plan, wallet) in [(issues, &mut self.residents), (checks, &mut self.officers)] {
            prepare(&server.targets[0], plan, wallet, options)
                .expect("the server registers residents and issues passes");
        }
    }

    /// Both ask at once, the officers at this address.
    fn ask(&mut self, server: &Server, officers: &Target, [issues, checks]: &[Plan; 2], options: &Options<'_>) -> Both {
        let options = Options { start_at: Some(SystemTime::now() + self.ready_in), ..*options };
        let Crowd { residents, officers: showing, .. } = self;
        std::thread::scope(|scope| {
            let issued = scope.spawn(|| run(&server.targets[0], issues, residents, &options));
            let checked = run(officers, checks, showing, &options).expect("the load can be made");
            Both { issued: issued.join().expect("no panic").expect("the load can be made"), checked }
        })
    }
}

impl Both {
    /// Of both together, per second.
    fn per_s(&self, count: fn(&loadgen::Counts) -> u64) -> f64 {
        [&self.issued, &self.checked].map(|result| per_s(result, count)).iter().sum()
    }
}

fn per_s(result: &LoadResult, count: fn(&loadgen::Counts) -> u64) -> f64 {
    result.kinds.values().map(|kind| count(&kind.counts)).sum::<u64>() as f64 / result.duration_s
}

/// Of the requests of this kind that were sent, those answered rightly, however late.
fn right_percent(result: &LoadResult, kind: Kind) -> f64 {
    let counts = &result.kinds[&kind].counts;
    100.0 * counts.right as f64 / counts.sent.max(1) as f64
}

/// Four fifths of what a closed loop gets through: no search for the edge, but well on the safe side of it.
fn usable_per_s(role: Role) -> f64 {
    // So few that nobody is turned away: who is would ask again at once.
    let connections = if role == Role::Blind { 32 } else { 128 };
    let plan = Plan::Closed { connections, duration: Duration::from_secs(4), mix: mix() };
    0.8 * alone(role, &plan).goodput_per_s
}

/// One plan, played on connections that everybody shares.
fn alone(role: Role, plan: &Plan) -> LoadResult {
    let server = Server::start(role, Some(SERVER_CORE), Limits::default().wait);
    let stop = AtomicBool::new(false);
    let options = options(&stop);
    let mut wallet = Wallet::new(1);
    prepare(&server.targets[0], plan, &mut wallet, &options).expect("the server registers residents and issues passes");
    run(&server.targets[0], plan, &mut wallet, &options).expect("the load can be made")
}

/// One step after the other against one server.
fn steps(role: Role, usable_per_s: f64) {
    let server = Server::start(role, Some(SERVER_CORE), Limits::default().wait);
    let stop = AtomicBool::new(false);
    let options = options(&stop);
    let mut crowd = Crowd::new(role);
    let longest_s = if role == Role::Blind { LONGEST_BLIND_S } else { u64::MAX };
    let steps = STEPS.map(|(times, seconds)| {
        let (per_s, seconds) = (usable_per_s * times, seconds.min(longest_s));
        (times, seconds, plans(per_s, per_s, seconds))
    });
    println!(
        "times  asked/s   sent/s  goodput/s  late/s  turned away/s  issues right  checks right  check p99 ms  cores: server  generator"
    );
    let mut after = None;
    for (times, seconds, plans) in &steps {
        // Before each, not all at once: what is shown under `blind` is spent, and would lack in the next.
        crowd.prepare(&server, plans, &options);
        let before_s = server.cpu_s();
        let both = crowd.ask(&server, &server.targets[0], plans, &options);
        let Both { issued, checked } = &both;
        println!(
            "{times:5} {:8.0} {:8.0} {:10.0} {:7.0} {:14.0} {:11.1} % {:11.1} % {:13.1} {:14.2} {:10.2}",
            both.per_s(|counts| counts.asked),
            both.per_s(|counts| counts.sent),
            issued.goodput_per_s + checked.goodput_per_s,
            both.per_s(|counts| counts.right) - issued.goodput_per_s - checked.goodput_per_s,
            both.per_s(|counts| counts.overloaded),
            right_percent(issued, Kind::Issue),
            right_percent(checked, Kind::Verify),
            checked.kinds[&Kind::Verify].response_time().p99_us / 1_000.0,
            (server.cpu_s() - before_s) / issued.duration_s,
            (issued.generator_cpu_s + checked.generator_cpu_s) / issued.duration_s,
        );
        after = Some((both, *seconds));
    }
    let Some((both, seconds)) = after else { return };
    let mut second = vec![0; seconds as usize];
    for interval in both.issued.intervals.iter().chain(&both.checked.intervals) {
        second.get_mut(interval.second as usize).into_iter().for_each(|sum| *sum += interval.counts.right);
    }
    println!("right answers by second after the rush: {second:?}");
}

/// What residents and officers get who share their connections, as behind a proxy that hands on everything.
fn behind_a_proxy(role: Role, usable_per_s: f64) {
    let result = alone(role, &at(usable_per_s * RUSH.0, RUSH.1, mix()));
    println!(
        "all on the same connections, {} times: goodput {:.0}/s, checks {:.1} % right",
        RUSH.0,
        result.goodput_per_s,
        right_percent(&result, Kind::Verify),
    );
}

/// Checks at the rate of the usable load while residents ask for ten times theirs.
fn officers_in_a_rush(role: Role, usable_per_s: f64, own_address: bool) {
    let server = Server::start(role, Some(SERVER_CORE), Limits::default().wait);
    let stop = AtomicBool::new(false);
    let options = options(&stop);
    let mut crowd = Crowd::new(role);
    let plans = plans(usable_per_s * RUSH.0, usable_per_s, RUSH.1);
    crowd.prepare(&server, &plans, &options);
    let both = crowd.ask(&server, &server.targets[usize::from(own_address)], &plans, &options);
    let Both { issued, checked } = &both;
    let checks = &checked.kinds[&Kind::Verify];
    println!(
        "{:>18}: {:8.0} issues asked/s, {:6.0} right/s; {:6.0} checks asked/s, {:5.1} % right, p50 {:.1} ms, p99 {:.1} ms",
        if own_address { "an address apart" } else { "the same address" },
        per_s(issued, |counts| counts.asked),
        per_s(issued, |counts| counts.right),
        per_s(checked, |counts| counts.asked),
        100.0 * checks.counts.right as f64 / checks.counts.asked.max(1) as f64,
        checks.response_time().p50_us / 1_000.0,
        checks.response_time().p99_us / 1_000.0,
    );
}
