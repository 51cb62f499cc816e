//! A search for the capacity of a server of which it is known: two slots of 2 ms serve a thousand a second. How long it takes, which is
//! nearly all sending; that it finds the truth is a test of `loadgen`.

mod common;

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use common::Criterion;
use criterion::{criterion_group, criterion_main};
use loadgen::known::{Behaviour, KnownServer};
use loadgen::{CapacitySettings, Kind, LoadSettings, Options, Path, Search, Slo, find_capacity};
use passes::{Purpose, Share};

fn search(criterion: &mut Criterion) {
    let behaviour = Behaviour::Slots { slots: 2, service: Duration::from_millis(2) };
    let server = KnownServer::start(behaviour).expect("this machine has a free port");
    let settings = CapacitySettings {
        start_per_s: 800.0,
        bracket_step_s: 0.2,
        step_s: 0.3,
        warm_up_s: 0.05,
        repetitions: 0,
        beyond_step_s: 0.0,
        sweep_step_s: 0.0,
        tolerance: Share::of(0.2),
        ..CapacitySettings::default()
    };
    let load = LoadSettings { connections_max: 200, threads: NonZeroUsize::new(1), ..LoadSettings::default() };
    criterion.bench_function("capacity/search", |bench| {
        bench.iter(|| {
            let stop = AtomicBool::new(false);
            // Few requests are enough to believe it.
            let (slo, warm_up) = (Slo { right_share: Share::of(0.98), ..Slo::default() }, Duration::ZERO);
            let options =
                Options { settings: load, slo, seed: 1, warm_up, start_at: None, stop: &stop, progress: &|_| {} };
            let search = Search {
                target: server.target(),
                settings,
                path: Path::Mix(vec![(Kind::Get, 1.0)]),
                purpose: Purpose::Pet,
                issues_per_resident: None,
                options,
                on_step: &|_| {},
            };
            find_capacity(&search).expect("the load can be made").steps.len()
        });
    });
}

criterion_group! {
    name = benches;
    config = common::slow("capacity/");
    targets = search
}
criterion_main!(benches);
