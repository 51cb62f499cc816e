//! A server of exactly N slots and S milliseconds has a capacity of N / S.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loadgen::known::{Behaviour, KnownServer};
use loadgen::{CapacitySettings, Ended, Interface, Kind, Path, PathCapacity, Phase, Search, find_capacity};
use passes::Share;

use crate::server::{Server, pass_server};
use crate::support::{machine, measured, options, undisturbed};

/// Searches the capacity of `slots` slots of 4 ms.
fn search_slots(slots: usize, seed: u64, settings: CapacitySettings) -> PathCapacity {
    let server = KnownServer::start(Behaviour::Slots { slots, service: Duration::from_millis(4) }).unwrap();
    let mut options = options();
    options.settings.connections_max = 600;
    options.settings.threads = NonZeroUsize::new(1);
    options.seed = seed;
    options.slo = loadgen::Slo { right_share: Share::of(0.99), response_time_ms: 250.0, ..options.slo };
    let search = Search {
        target: server.target(),
        settings,
        path: Path::Mix(vec![(Kind::Get, 1.0)]),
        purpose: passes::Purpose::Pet,
        issues_per_resident: None,
        options,
        on_step: &|_| {},
    };
    find_capacity(&search).unwrap()
}

/// How many searches over sockets a test run makes, unless this variable says another number.
const SEARCHES: (&str, u64) = ("CAPACITY_SEARCHES", 2);

/// That a search finds it a hundred times out of a hundred is a law of its rules, and is held without a clock by each test run
/// (`capacity/reckoned.rs`). This is the same over sockets, where what other programs take from the machine is measured, too: ten searches
/// take seven minutes of a machine that does nothing else, and are for those who change the search (CONTRIBUTING.md).
#[test]
fn the_capacity_is_right_within_three_percent_each_time() {
    let _machine = machine();
    let searches = std::env::var(SEARCHES.0).map_or(SEARCHES.1, |number| number.parse().unwrap());
    // 8 slots of 4 ms: 2,000 per second.
    let settings = CapacitySettings {
        start_per_s: 1_400.0,
        tolerance: Share::of(0.02),
        step_s: 3.0,
        bracket_step_s: 1.0,
        warm_up_s: 0.3,
        repetitions: 1,
        beyond_step_s: 0.0,
        sweep_step_s: 0.0,
        ..CapacitySettings::default()
    };
    // Where another program took the machine, a search says that it cannot tell: then it is made again. What it does tell is right.
    let found = |seed: u64| {
        undisturbed(|again| {
            let capacity = search_slots(8, 1_000 * seed + 100 * again, settings);
            if capacity.ended == Ended::Found { Ok(capacity) } else { Err(capacity.ended) }
        })
    };
    // Two at a time: more take so much of two cores that they disturb each other.
    for first in (0..searches).step_by(2) {
        std::thread::scope(|scope| {
            let pair = [first, first + 1].map(|seed| scope.spawn(move || found(seed)));
            for search in pair {
                let capacity = search.join().unwrap();
                let tried = || {
                    let steps = capacity.steps.iter();
                    steps.map(|step| (step.offered_per_s, step.held, &step.why)).collect::<Vec<_>>()
                };
                let usable_per_s = capacity.usable_per_s.unwrap();
                assert!((1_940.0..=2_060.0).contains(&usable_per_s), "{usable_per_s}: {:#?}", tried());
                let (held, failed) = capacity.interval_per_s;
                assert!(held == usable_per_s && failed.is_some_and(|failed| failed > held), "{held} {failed:?}");
            }
        });
    }
}

#[test]
fn beyond_the_edge_and_back() {
    measured(|| {
        let settings = CapacitySettings {
            start_per_s: 700.0,
            bracket_step_s: 1.0,
            step_s: 1.5,
            warm_up_s: 0.3,
            repetitions: 0,
            beyond_step_s: 2.0,
            sweep_step_s: 0.5,
            ..CapacitySettings::default()
        };
        let capacity = search_slots(4, 1, settings);
        let usable_per_s = capacity.usable_per_s.unwrap();
        // Slots serve on however many ask: with at most as many waiting as there are connections, all that is served is served in time,
        // and when the rush is over nothing of it is left.
        let beyond: Vec<_> = capacity.steps.iter().filter(|step| step.phase == Phase::Beyond).collect();
        assert!((2..=4).contains(&beyond.len()), "{beyond:#?}");
        let furthest = capacity.furthest().unwrap();
        assert!(furthest.offered_per_s >= 2.0 * usable_per_s && !furthest.held, "{furthest:?}");
        assert!((900.0..1_050.0).contains(&furthest.throughput_per_s), "{furthest:?}");
        let recovery = capacity.recovery.unwrap();
        assert_eq!((recovery.overload_per_s, recovery.calm_per_s), (furthest.offered_per_s, usable_per_s / 2.0));
        assert!(recovery.well_after_s.is_some_and(|after_s| after_s <= 2.0), "{recovery:?}");
        // Four slots: throughput grows fourfold and then not at all, which is a law of its own.
        let of = |connections| capacity.sweep.points.iter().find(|point| point.connections == connections).unwrap();
        let ratio = of(4).throughput_per_s / of(1).throughput_per_s;
        assert!((3.5..4.5).contains(&ratio), "{ratio}: {:?}", capacity.sweep);
        let fit = capacity.sweep.fit.as_ref().unwrap();
        assert!(fit.sigma.value > 0.1 && fit.too_poor.is_some(), "{fit:?}");
    });
}

#[test]
fn residents_with_a_quota_never_run_out() {
    let _machine = machine();
    // A server that refuses a third pass would refuse here, were residents not counted; this one counts for itself.
    let passes: Mutex<u64> = Mutex::new(0);
    let residents: Mutex<u64> = Mutex::new(0);
    let server = Server::start(move |asked| {
        let registered = asked.body.matches("\"document\"").count() as u64;
        *residents.lock().unwrap() += registered;
        if asked.path == "/v1/passes" {
            let mut passes = passes.lock().unwrap();
            *passes += 1;
            if *passes > 2 * *residents.lock().unwrap() {
                return crate::server::Answer::empty(409);
            }
        }
        pass_server(asked, |_| true)
    });
    let mut options = options();
    // Who is asked twice too often refuses; how quick the machine is, is not the question.
    (options.slo.right_share, options.slo.response_time_ms) = (passes::Share::of(0.99), 10_000.0);
    options.settings.threads = NonZeroUsize::new(2);
    let settings = CapacitySettings {
        start_per_s: 200.0,
        max_per_s: 800.0,
        bracket_step_s: 0.5,
        warm_up_s: 0.1,
        ..CapacitySettings::default()
    };
    let path = Path::Mix(vec![(Kind::Issue, 1.0), (Kind::Get, 0.2)]);
    let search = Search {
        target: &server.target,
        settings,
        path,
        purpose: passes::Purpose::Pet,
        issues_per_resident: Some(2),
        options,
        on_step: &|_| {},
    };
    let capacity = find_capacity(&search).unwrap();
    assert_eq!(capacity.ended, Ended::MaxReached, "{:?}", capacity.steps.last().map(|step| &step.why));
    let refused = capacity.steps.iter().flat_map(|step| step.result.kinds.values()).map(|kind| kind.counts.refused);
    assert_eq!(refused.sum::<u64>(), 0);
}

#[test]
fn no_pass_is_prepared_for_a_step_that_would_come_too_late() {
    let _machine = machine();
    // One pass at a time, two milliseconds each, and each good for one check: so many checks cannot be prepared as can be answered.
    let (issued, desk) = (Arc::new(AtomicU64::new(0)), Mutex::new(()));
    let counted = Arc::clone(&issued);
    let server = Server::start(move |asked| {
        if asked.path == "/v1/passes" {
            let _turn = desk.lock().unwrap();
            std::thread::sleep(Duration::from_millis(2));
            counted.fetch_add(1, Ordering::SeqCst);
        }
        pass_server(asked, |_| true)
    });
    let interface = Interface { single_use: true, ..Interface::default() };
    let target = server.target.clone().speaking(interface);
    let mut options = options();
    (options.slo.right_share, options.slo.response_time_ms) = (passes::Share::of(0.5), 10_000.0);
    let settings = CapacitySettings {
        start_per_s: 200.0,
        bracket_step_s: 0.5,
        warm_up_s: 0.1,
        longest_s: 3.0,
        ..CapacitySettings::default()
    };
    let search = Search {
        target: &target,
        settings,
        path: Path::Verify,
        purpose: passes::Purpose::Pet,
        issues_per_resident: None,
        options,
        on_step: &|_| {},
    };
    let capacity = find_capacity(&search).unwrap();
    assert_eq!(capacity.ended, Ended::OutOfTime, "{:?}", capacity.steps.last().map(|step| &step.why));
    // The edge and what lies beyond may take three seconds each, which is 3,000 passes; a doubling more would be 100,000 in the end.
    let issued = issued.load(Ordering::SeqCst);
    assert!(issued < 5_000, "{issued} passes were issued");
}

#[test]
fn a_step_that_the_generator_spoiled_enters_no_curve() {
    let _machine = machine();
    let server = Server::start(|asked| pass_server(asked, |_| true));
    let mut options = options();
    // No generator is on time to a ten-billionth of a second, so every step is its own doing.
    options.slo.response_time_ms = 1e-6;
    let settings =
        CapacitySettings { start_per_s: 200.0, bracket_step_s: 0.2, warm_up_s: 0.1, ..CapacitySettings::default() };
    options.slo.right_share = passes::Share::of(0.9);
    let search = Search {
        target: &server.target,
        settings,
        path: Path::Issue,
        purpose: passes::Purpose::Pet,
        issues_per_resident: None,
        options,
        on_step: &|_| {},
    };
    let capacity = find_capacity(&search).unwrap();
    assert_eq!(capacity.ended, Ended::GeneratorLimited);
    assert_eq!(capacity.steps.len(), 2, "tried once more, since another process may have taken the core");
    for step in &capacity.steps {
        assert!(!step.held && step.throughput_per_s > 0.0, "{}", step.why);
        assert!(step.result.assessment.starts_with("GENERATOR-LIMITED: "), "{}", step.result.assessment);
    }
    assert_eq!((capacity.usable_per_s, capacity.knee_per_s), (None, None));
    assert_eq!((capacity.interval_per_s, capacity.saturation_per_s), ((0.0, None), 0.0));
}
