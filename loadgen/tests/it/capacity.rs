//! A server of exactly N slots and S milliseconds has a capacity of N / S.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use loadgen::{CapacitySettings, Ended, Kind, Path, Search, find_capacity};

use crate::server::{Server, pass_server};
use crate::support::{machine, options};

/// Slots that are each busy for a fixed time; who comes when all are busy waits his turn.
struct Slots {
    free_at: Mutex<Vec<Instant>>,
    time: Duration,
}

impl Slots {
    fn new(count: usize, time: Duration) -> Self {
        Slots { free_at: Mutex::new(vec![Instant::now(); count]), time }
    }

    /// Takes the slot that is free first, from then on for the service time. Waits for the end by the clock, not by adding up
    /// sleeps, so that late wake-ups do not lower the capacity.
    fn serve(&self) {
        let end = {
            let mut free_at = self.free_at.lock().unwrap();
            let now = Instant::now();
            let first = free_at.iter_mut().min().unwrap();
            *first = (*first).max(now) + self.time;
            *first
        };
        std::thread::sleep(end.saturating_duration_since(Instant::now()));
    }
}

#[test]
fn slots_and_milliseconds_give_the_capacity() {
    let _machine = machine();
    // 4 slots of 4 ms: 1,000 per second.
    let slots = Slots::new(4, Duration::from_millis(4));
    let server = Server::start(move |asked| {
        if asked.path == "/v1/verifications" {
            slots.serve();
        }
        pass_server(asked, |body| body == r#"{"code":"GOOD"}"#)
    });
    let mut options = options();
    options.settings.connections_max = 400;
    let search = Search {
        target: &server.target,
        settings: CapacitySettings {
            start_per_s: 700.0,
            step_s: 1.5,
            bracket_step_s: 1.0,
            warm_up_s: 0.3,
            ..CapacitySettings::default()
        },
        path: Path::Verify,
        purpose: passes::Purpose::Pet,
        issues_per_resident: None,
        options: loadgen::Options {
            slo: loadgen::Slo { right_share: passes::Share::of(0.99), ..options.slo },
            ..options
        },
        on_step: &|_| {},
    };
    let capacity = find_capacity(&search).unwrap();
    let tried: Vec<_> = capacity.steps.iter().map(|step| (step.offered_per_s, step.held, &step.why)).collect();
    assert_eq!(capacity.ended, Ended::Found, "{tried:#?}");
    let usable_per_s = capacity.usable_per_s.unwrap();
    assert!((850.0..=1_060.0).contains(&usable_per_s), "{usable_per_s}: {tried:#?}");
    assert!((900.0..=1_060.0).contains(&capacity.saturation_per_s), "{}", capacity.saturation_per_s);
    let (held, failed) = capacity.interval_per_s;
    assert!(failed.unwrap() / held <= 1.05 + 1e-9, "{held} {failed:?}");
    assert!(capacity.knee_per_s.unwrap() <= 1_400.0);
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
