//! Nobody is in two places; nothing comes of nothing.

use std::collections::{HashMap, HashSet};

use demand::{Request, RequestKind, Trace};
use passes::{Period, Purpose, Quota};
use sim::{PassOutcome, Verdict};

use crate::support::{Case, Rows};

/// The launch, and a stricter regime with a quota and many refusals.
fn cases() -> Vec<Case> {
    let launch = Case::launch(20_000);
    let mut quota = launch.clone();
    quota.policy.quotas = vec![Quota::passes(1, Period::Week)];
    vec![launch, quota]
}

fn of_kind(rows: &Rows, kind: RequestKind) -> Vec<&Request> {
    rows.requests.iter().filter(|request| request.kind == kind).collect()
}

#[test]
fn nobody_is_in_two_places() {
    for case in cases() {
        let (_, rows) = case.run(2);
        let mut last_return = HashMap::new();
        let mut homes = HashMap::new();
        for trip in &rows.trips {
            assert!(trip.departs < trip.returns);
            let home_at = last_return.insert(trip.resident, trip.returns);
            assert!(home_at.is_none_or(|home_at| home_at <= trip.departs), "{trip:?} before {home_at:?}");
            let home = (trip.household, trip.origin);
            assert_eq!(*homes.entry(trip.resident).or_insert(home), home, "one household and place a resident");
        }
    }
}

#[test]
fn every_pass_was_asked_for_by_someone_registered() {
    for case in cases() {
        let (simulation, rows) = case.run(2);
        let mut registered = HashMap::new();
        for request in of_kind(&rows, RequestKind::Register) {
            assert!(registered.insert(request.resident, request.at).is_none(), "registered twice");
        }
        let issues = of_kind(&rows, RequestKind::Issue);
        assert!(issues.iter().all(|issue| registered.get(&issue.resident).is_some_and(|at| *at <= issue.at)));
        let asked: HashSet<_> = issues.iter().map(|issue| (issue.resident, issue.at, issue.purpose)).collect();
        assert!(rows.passes.iter().all(|pass| asked.contains(&(pass.resident, pass.asked_at, Some(pass.purpose)))));
        let refusals: u64 = simulation.day_summaries.iter().map(|day| day.total().refusals).sum();
        assert_eq!(issues.len() as u64, simulation.passes + refusals);
        assert_eq!(refusals > 0, !case.policy.quotas.is_empty(), "only a quota refuses anything");
        let registrations: u64 = simulation.day_summaries.iter().flat_map(|day| day.registrations).sum();
        assert_eq!(registrations, registered.len() as u64);
    }
}

#[test]
fn every_trip_with_a_pass_has_one() {
    for case in cases() {
        let (_, rows) = case.run(2);
        let mut passes: HashMap<_, Vec<_>> = HashMap::new();
        for pass in &rows.passes {
            passes.entry((pass.resident, pass.purpose)).or_default().push(pass);
        }
        for trip in rows.trips.iter().filter(|trip| trip.pass == PassOutcome::Issued) {
            let held = passes.get(&(trip.resident, trip.purpose)).is_some_and(|passes| {
                passes.iter().any(|pass| {
                    let holds = pass.valid_from <= trip.departs && trip.departs < pass.valid_until;
                    holds && pass.asked_at <= trip.departs && pass.cancelled_at.is_none()
                })
            });
            assert!(held, "{trip:?}");
        }
    }
}

#[test]
fn what_is_given_back_was_issued() {
    let (simulation, rows) = Case::launch(20_000).run(2);
    let given_back: Vec<_> = rows.passes.iter().filter(|pass| pass.cancelled_at.is_some()).collect();
    assert!(!given_back.is_empty());
    assert!(given_back.iter().all(|pass| pass.cancelled_at >= Some(pass.asked_at)));
    let requests: HashSet<_> =
        of_kind(&rows, RequestKind::Cancel).into_iter().map(|cancel| (cancel.resident, Some(cancel.at))).collect();
    let records: HashSet<_> = given_back.iter().map(|pass| (pass.resident, pass.cancelled_at)).collect();
    assert_eq!(requests, records);
    let counted: u64 = simulation.day_summaries.iter().map(|day| day.total().cancellations).sum();
    assert_eq!(counted, given_back.len() as u64);
}

#[test]
fn checks_happen_on_trips() {
    let mut case = Case::launch(20_000);
    case.settings.checks.trip_share = passes::Share::of(0.2);
    let (simulation, rows) = case.run(2);
    let mut trips: HashMap<_, Vec<_>> = HashMap::new();
    for trip in &rows.trips {
        trips.entry(trip.resident).or_default().push(trip);
    }
    for check in &rows.checks {
        let on_trip = trips[&check.resident].iter().any(|trip| {
            let place = check.place == trip.origin || check.place == trip.destination;
            trip.check == Some(check.verdict) && (trip.departs..trip.returns).contains(&check.at) && place
        });
        assert!(on_trip, "{check:?}");
    }
    assert_eq!(rows.checks.len(), rows.trips.iter().filter(|trip| trip.check.is_some()).count());
    let shown = |verdict: &Verdict| matches!(verdict, Verdict::Valid | Verdict::Expired);
    let shown = rows.checks.iter().filter(|check| shown(&check.verdict)).count();
    assert_eq!(of_kind(&rows, RequestKind::Verify).len(), shown);
    let seen: HashSet<Verdict> = rows.checks.iter().map(|check| check.verdict).collect();
    assert_eq!(seen.len(), Verdict::ALL.len(), "every verdict occurs");
    assert_eq!(simulation.checks, rows.checks.len() as u64);
}

#[test]
fn summaries_and_trace_agree_with_the_records() {
    let (simulation, rows) = Case::launch(20_000).run(2);
    assert_eq!(simulation.trace, Trace::new(rows.requests.clone()));
    assert_eq!((simulation.trips, simulation.passes), (rows.trips.len() as u64, rows.passes.len() as u64));
    assert_eq!(simulation.places.iter().map(|place| place.trips).sum::<u64>(), simulation.trips);
    assert_eq!(simulation.places.iter().map(|place| place.issues).sum::<u64>(), simulation.passes);
    assert_eq!(simulation.places.iter().map(|place| place.checks).sum::<u64>(), simulation.checks);
    assert_eq!(simulation.places.iter().map(|place| u64::from(place.place.residents)).sum::<u64>(), 20_000);
    assert_eq!(simulation.residents, 20_000);
    let pets = |day: &sim::DaySummary| day.purposes[Purpose::Pet as usize].trips;
    let walks = rows.trips.iter().filter(|trip| trip.purpose == Purpose::Pet).count() as u64;
    assert_eq!(simulation.day_summaries.iter().map(pets).sum::<u64>(), walks);
}
