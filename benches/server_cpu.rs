//! CPU time of the server per request, against a bare axum handler that parses and answers the same JSON.
//!
//! Whole processes, all threads counted (the store's writer, too), driven one after the other by the same closed loop in one run:
//! `cargo bench --bench server_cpu`. The aim is a ratio of at most 1.5 with the scheme `lookup`, and for `signed` beside that at most 1.2 times
//! what a signature takes: what a bare handler takes more when it makes or checks one for each request, under the same load. (In a loop of its
//! own, with the caches to itself, a signature takes less than it does in any server.) A round in which a disk stood still is played again.

#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

mod servers;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use loadgen::{Kind, LoadSettings, Mix, Options, Plan, Slo, Wallet, prepare, run};

use servers::{Role, Server, genuine, serve_when_child};

/// Connections kept busy: enough for groups of writes, few enough for one sending thread.
const CONNECTIONS: u32 = 64;
const DURATION: Duration = Duration::from_secs(3);
/// Each server is measured so often, in turn.
const ROUNDS: usize = 5;

/// A round that somebody else spoilt is played again at most so often.
const TRIES: usize = 5;
/// Longer than a disk stands still.
const PATIENCE_MS: u32 = 120_000;

/// Microseconds of the server's CPU time per right answer.
fn cpu_us(role: Role, kind: Kind) -> f64 {
    let measured = (0..TRIES).find_map(|_| {
        let round = try_cpu_us(role, kind);
        if let Err(why) = &round {
            println!("{}: {why}; once again", role.name());
        }
        round.ok()
    });
    measured.expect("a machine on which a few seconds go by undisturbed")
}

fn try_cpu_us(role: Role, kind: Kind) -> Result<f64, String> {
    // Nobody is sent away here, however busy the machine is: the figure is that of answers.
    let server = Server::start(role, None, Duration::from_millis(PATIENCE_MS.into()));
    let mut mix = Mix::only(kind);
    mix.issues_per_resident = Some(2);
    let plan = |duration| Plan::Closed { connections: CONNECTIONS, duration, mix: mix.clone() };
    let settings = LoadSettings { timeout_ms: PATIENCE_MS, ..genuine() };
    let stop = AtomicBool::new(false);
    let options = Options {
        settings,
        slo: Slo::default(),
        seed: 1,
        warm_up: Duration::ZERO,
        start_at: None,
        stop: &stop,
        progress: &|_| {},
    };
    let mut wallet = Wallet::new(1);
    let mut measure = |duration| {
        // A closed loop is faster than its preparation expects, and nobody may ask beyond the quota.
        prepare(&server.targets[0], &plan(duration * 6), &mut wallet, &options).map_err(|error| error.to_string())?;
        let plan = plan(duration);
        let before_s = server.cpu_s();
        let result = run(&server.targets[0], &plan, &mut wallet, &options).map_err(|error| error.to_string())?;
        let counts = result.kinds[&kind].counts;
        match counts.right == counts.sent && counts.right > 0 {
            true => Ok((server.cpu_s() - before_s) * 1e6 / counts.right as f64),
            false => Err(format!("not all were answered rightly: {counts:?}")),
        }
    };
    measure(Duration::from_millis(500))?;
    measure(DURATION)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    serve_when_child();
    println!("server CPU per request, µs (median of {ROUNDS}), and the ratio to a bare axum handler");
    for kind in [Kind::Verify, Kind::Issue] {
        let roles = [Role::Bare, Role::Memory, Role::Embedded, Role::BareSigned, Role::Signed];
        let mut measured = roles.map(|_| Vec::new());
        for _ in 0..ROUNDS {
            roles.iter().zip(&mut measured).for_each(|(role, measured)| measured.push(cpu_us(*role, kind)));
        }
        let [bare, memory, _, bare_signed, signed] = &measured;
        for (role, measured) in roles.iter().zip(&measured) {
            let ratios = measured.iter().zip(bare).map(|(one, bare)| one / bare).collect();
            println!("{:8} {:12} {:6.1} {:5.2}", kind.name(), role.name(), median(measured.clone()), median(ratios));
        }
        let more =
            |with: &[f64], without: &[f64]| with.iter().zip(without).map(|(with, without)| with - without).collect();
        let (server, alone): (Vec<f64>, Vec<f64>) = (more(signed, memory), more(bare_signed, bare));
        let ratios = server.iter().zip(&alone).map(|(server, alone)| server / alone).collect();
        println!(
            "{:8} a signature: {:.1} µs more in the bare handler, {:.1} in the server; ratio {:.2}",
            kind.name(),
            median(alone),
            median(server),
            median(ratios),
        );
    }
}
