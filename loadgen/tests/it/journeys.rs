//! Whole journeys against the reference server: what one request brings, a later one uses.

use std::time::Duration;

use demand::{Request, RequestKind, SimTime};
use loadgen::{
    Arrivals, CapacitySettings, Ended, Kind, KindResult, Measure, Mix, Path, Plan, Search, Target, TracePlan, Wallet,
    Warning,
};
use loadgen::{find_capacity, prepare, run};
use passes::{Period, Policy, Purpose, PurposeRule, Quota, SchemeKind};
use reference_server::{Clock, Config, StoreKind};
use tokio::sync::oneshot;

use crate::support::{machine, measured, options, undisturbed};

/// Runs `body` against a server of its own.
fn with_server(scheme: SchemeKind, body: impl FnOnce(&Target)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let target = Target::parse(&format!("http://{}", listener.local_addr().unwrap()), &[]).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = runtime.spawn(reference_server::run(listener, config(scheme), async {
        let _ = stopped.await;
    }));
    body(&target);
    stop.send(()).unwrap();
    runtime.block_on(served).unwrap().unwrap();
}

/// A server with a pretended clock and two shopping passes a week.
pub(crate) fn config(scheme: SchemeKind) -> Config {
    let purposes = [Purpose::Groceries, Purpose::Pet].map(|purpose| (purpose, PurposeRule::lasting(180)));
    let policy = Policy {
        quotas: vec![Quota { purposes: vec![Purpose::Groceries], ..Quota::passes(2, Period::Week) }],
        ..Policy::new("2020-04-02T12:00".parse().unwrap(), "2020-06-12T00:00".parse().unwrap(), purposes.into())
    };
    // 2020-04-02T13:00+03:00: the verdicts must not depend on the generator's own clock.
    let clock = Clock::StartingAt { start_s: 1_585_821_600 };
    Config { scheme, clock, ..Config::new(StoreKind::Memory, policy.rules(3 * 3_600)) }
}

#[test]
fn every_verdict_of_the_server_is_expected() {
    let _machine = machine();
    for scheme in [SchemeKind::Lookup, SchemeKind::Signed] {
        with_server(scheme, |target| {
            let mut options = options();
            for share in [
                &mut options.settings.expired_share,
                &mut options.settings.forged_share,
                &mut options.settings.unknown_share,
            ] {
                *share = passes::Share::of(0.2);
            }
            let mut mix = Mix::new(&[
                (Kind::Get, 0.5),
                (Kind::Register, 0.5),
                (Kind::Issue, 1.0),
                (Kind::Verify, 2.0),
                (Kind::Cancel, 0.2),
                (Kind::CheckIn, 0.5),
            ]);
            mix.issues_per_resident = Some(2);
            mix.get_path = "/health".into();
            let arrivals = Arrivals::Poisson { rate_per_s: 500.0 };
            let plan = Plan::Rate { arrivals, duration: Duration::from_millis(1_200), mix };
            let mut wallet = Wallet::new(1);
            options.warm_up = Duration::from_millis(400);
            // Each run goes on where the one before stopped, its warm-up included: residents whose quota is used up do not ask again.
            for _ in 0..3 {
                let prepared = prepare(target, &plan, &mut wallet, &options).unwrap();
                assert_eq!(prepared.warnings, [], "{scheme:?}");
                let result = run(target, &plan, &mut wallet, &options).unwrap();
                assert_eq!(result.kinds.len(), Kind::ALL.len());
                for (kind, result) in &result.kinds {
                    let counts = result.counts;
                    assert_eq!(counts.right + counts.without_pass, counts.asked, "{scheme:?} {kind}: {counts:?}");
                }
            }
        });
    }
}

/// Phones blind what they ask to have signed, and make their codes of the answers; a code is good once.
#[test]
fn every_verdict_on_blind_tokens_is_expected() {
    let _machine = machine();
    with_server(SchemeKind::Blind, |target| {
        let mut options = options();
        options.settings.replayed_share = passes::Share::of(0.2);
        let mut mix = Mix::new(&[(Kind::Register, 0.5), (Kind::Issue, 1.0), (Kind::Verify, 2.0), (Kind::Cancel, 0.2)]);
        mix.issues_per_resident = Some(2);
        let arrivals = Arrivals::Poisson { rate_per_s: 100.0 };
        let plan = Plan::Rate { arrivals, duration: Duration::from_secs(1), mix };
        let mut wallet = Wallet::new(2);
        // In the second run others hold the passes of those who spent theirs in the first.
        for _ in 0..2 {
            let prepared = prepare(target, &plan, &mut wallet, &options).unwrap();
            assert_eq!(prepared.warnings, [Warning::NoneExpiredBlind]);
            let result = run(target, &plan, &mut wallet, &options).unwrap();
            for (kind, result) in &result.kinds {
                // Who has just shown a pass, or tried to give it back, holds none until the next is there.
                let without_pass = if *kind == Kind::Cancel { result.counts.without_pass } else { 0 };
                assert_eq!(result.counts.right + without_pass, result.counts.asked, "{kind}: {:?}", result.counts);
            }
            let computed = result.warnings.iter().find_map(|warning| match warning {
                Warning::PhonesComputed { blinded, opened, .. } => Some((*blinded, *opened)),
                _ => None,
            });
            let issues = result.kinds[&Kind::Issue].counts.right;
            assert_eq!(computed, Some((issues, issues)));
            assert!(result.kinds[&Kind::Cancel].counts.right > 0, "nothing can be given back, and saying so is right");
            assert!(result.phones_cpu_s > 0.0);
        }
    });
}

#[test]
fn a_closed_loop_in_which_nobody_asks_for_a_pass_ends_under_blind() {
    let _machine = machine();
    with_server(SchemeKind::Blind, |target| {
        let options = options();
        let plan = Plan::Closed { connections: 2, duration: Duration::from_millis(300), mix: Mix::only(Kind::Verify) };
        let mut wallet = Wallet::new(1);
        prepare(target, &plan, &mut wallet, &options).unwrap();
        let result = run(target, &plan, &mut wallet, &options).unwrap();
        assert!(result.complete && result.kinds[&Kind::Verify].counts.right > 0);
    });
}

#[test]
fn a_blind_trace_makes_its_residents_journeys() {
    measured(|| {
        with_server(SchemeKind::Blind, |target| {
            let groceries = Some(Purpose::Groceries);
            let request =
                |ms, resident, kind, purpose| Request { at: SimTime::from_ms(ms), resident, place: 0, kind, purpose };
            let requests = (0..40).flat_map(|resident| {
                let start = 20 * u64::from(resident);
                [
                    request(start, resident, RequestKind::Register, None),
                    request(start + 500, resident, RequestKind::Issue, groceries),
                    request(start + 1_500, resident, RequestKind::Verify, groceries),
                    // It was good for one check.
                    request(start + 1_700, resident, RequestKind::Verify, groceries),
                ]
            });
            let trace = demand::Trace::new(requests.collect());
            let mut options = options();
            (options.settings.forged_share, options.settings.unknown_share) =
                (passes::Share::of(0.0), passes::Share::of(0.0));
            let plan = Plan::Trace(TracePlan::new(trace.requests(), 1.0));
            let mut wallet = Wallet::new(1);
            prepare(target, &plan, &mut wallet, &options).unwrap();
            let result = run(target, &plan, &mut wallet, &options).unwrap();
            let verify = result.kinds[&Kind::Verify].counts;
            assert_eq!((verify.asked, verify.right, verify.without_pass), (80, 40, 40));
            assert_eq!(result.kinds[&Kind::Issue].counts.right, 40);
        });
    });
}

#[test]
fn a_trace_makes_its_residents_journeys() {
    let _machine = machine();
    with_server(SchemeKind::Lookup, |target| {
        let request =
            |ms, resident, kind, purpose| Request { at: SimTime::from_ms(ms), resident, place: 0, kind, purpose };
        let groceries = Some(Purpose::Groceries);
        let mut requests = Vec::new();
        for resident in 0..100 {
            let start = 20 * u64::from(resident);
            if resident % 2 == 0 {
                requests.push(request(start, resident, RequestKind::Register, None));
                requests.push(request(start + 300, resident, RequestKind::Issue, groceries));
            }
            // Odd residents come with a pass from before the window.
            requests.push(request(start + 600, resident, RequestKind::Verify, groceries));
            requests.push(request(start + 900, resident, RequestKind::Cancel, groceries));
            requests.push(request(start + 1_200, resident, RequestKind::Verify, groceries));
        }
        // Patients at home: half of them register in the window, the others are known.
        for patient in 100..140 {
            let start = 50 * u64::from(patient - 100);
            if patient % 2 == 0 {
                requests.push(request(start, patient, RequestKind::Register, None));
            }
            requests.push(request(start + 300, patient, RequestKind::CheckIn, None));
            requests.push(request(start + 600, patient, RequestKind::CheckIn, None));
        }
        let trace = demand::Trace::new(requests);
        let mut options = options();
        for share in [
            &mut options.settings.expired_share,
            &mut options.settings.forged_share,
            &mut options.settings.unknown_share,
        ] {
            *share = passes::Share::of(0.0);
        }
        let plan = Plan::Trace(TracePlan::new(trace.requests(), 1.0));
        let result = undisturbed(|_| {
            let mut wallet = Wallet::new(2);
            let prepared = prepare(target, &plan, &mut wallet, &options).unwrap();
            assert_eq!((prepared.residents, prepared.passes), (70, 50));
            let result = run(target, &plan, &mut wallet, &options).unwrap();
            // A resident's next request is 300 ms away: where an answer took as long, they overtook each other.
            let slowest_us = |kind: &KindResult| kind.at_percentile_us(Measure::ResponseTime, 100.0);
            let slowest_us = result.kinds.values().map(slowest_us).fold(0.0, f64::max);
            if slowest_us < 150_000.0 { Ok(result) } else { Err(slowest_us) }
        });
        let verify = result.kinds[&Kind::Verify].counts;
        assert_eq!(
            (verify.asked, verify.right, verify.without_pass),
            (200, 100, 100),
            "half come after giving it back"
        );
        assert_eq!(result.kinds[&Kind::Cancel].counts.right, 100);
        assert_eq!(result.kinds[&Kind::CheckIn].counts.right, 80);
    });
}

#[test]
fn a_capacity_is_found_within_quotas() {
    let _machine = machine();
    with_server(SchemeKind::Lookup, |target| {
        let mut options = options();
        options.slo.right_share = passes::Share::of(0.99);
        let settings = CapacitySettings {
            start_per_s: 200.0,
            max_per_s: 400.0,
            bracket_step_s: 0.5,
            warm_up_s: 0.1,
            ..CapacitySettings::default()
        };
        let search = Search {
            target,
            settings,
            path: Path::Mix(vec![(Kind::Issue, 1.0), (Kind::Verify, 1.0)]),
            purpose: Purpose::Groceries,
            issues_per_resident: Some(2),
            options,
            on_step: &|_| {},
        };
        let capacity = undisturbed(|_| {
            let capacity = find_capacity(&search).unwrap();
            if capacity.ended == Ended::GeneratorLimited { Err(capacity.ended) } else { Ok(capacity) }
        });
        assert_eq!((capacity.ended, capacity.usable_per_s), (Ended::MaxReached, Some(400.0)));
        assert_eq!(capacity.steps.len(), 2);
    });
}
