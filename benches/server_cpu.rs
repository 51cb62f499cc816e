//! CPU time of the server per request, against a bare axum handler that parses and answers the same JSON.
//!
//! Whole processes, all threads counted (the store's writer, too), driven one after the other by the same closed loop in one run:
//! `cargo bench --bench server_cpu`. The aim is a ratio of at most 1.5 with the scheme `lookup`.

#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

mod servers;

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use loadgen::{Kind, LoadSettings, Mix, Options, Plan, Slo, Wallet, prepare, run};
use passes::Share;

use servers::{Role, Server, serve_when_child};

/// Connections kept busy: enough for groups of writes, few enough for one sending thread.
const CONNECTIONS: u32 = 64;
const DURATION: Duration = Duration::from_secs(3);
/// Each server is measured so often, in turn.
const ROUNDS: usize = 5;

/// Microseconds of the server's CPU time per right answer.
fn cpu_us(role: Role, kind: Kind) -> f64 {
    // Nobody is sent away here, however busy the machine is: the figure is that of answers.
    let server = Server::start(role, None, Duration::from_secs(60));
    let mut mix = Mix::only(kind);
    mix.issues_per_resident = Some(2);
    let plan = |duration| Plan::Closed { connections: CONNECTIONS, duration, mix: mix.clone() };
    let settings = LoadSettings {
        expired_share: Share::of(0.0),
        forged_share: Share::of(0.0),
        unknown_share: Share::of(0.0),
        threads: NonZeroUsize::new(1),
        ..LoadSettings::default()
    };
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
        let prepared = prepare(&server.target, &plan(duration * 3), &mut wallet, &options);
        prepared.expect("the server registers residents and issues passes");
        let plan = plan(duration);
        let before_s = server.cpu_s();
        let result = run(&server.target, &plan, &mut wallet, &options).expect("the load can be made");
        let counts = result.kinds[&kind].counts;
        assert_eq!(counts.right, counts.answered, "{}: {counts:?}", role.name());
        (server.cpu_s() - before_s) * 1e6 / counts.right as f64
    };
    measure(Duration::from_millis(500));
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
        let roles = [Role::Bare, Role::Memory, Role::Embedded];
        let mut measured = roles.map(|_| Vec::new());
        for _ in 0..ROUNDS {
            roles.iter().zip(&mut measured).for_each(|(role, measured)| measured.push(cpu_us(*role, kind)));
        }
        let bare = measured[0].clone();
        for (role, measured) in roles.into_iter().zip(measured) {
            let ratios = measured.iter().zip(&bare).map(|(one, bare)| one / bare).collect();
            println!("{:8} {:10} {:6.1} {:5.2}", kind.name(), role.name(), median(measured), median(ratios));
        }
    }
}
