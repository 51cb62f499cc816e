//! A stricter policy never leads to more permitted trips.

use passes::{Period, Purpose, Quota};
use sim::PassOutcome;

use crate::support::Case;

/// Trips with a pass and trips that need none.
fn permitted(case: &Case) -> usize {
    let permitted = |outcome| matches!(outcome, PassOutcome::Issued | PassOutcome::NotNeeded);
    case.run(1).1.trips.iter().filter(|trip| permitted(trip.pass)).count()
}

#[test]
fn forbidding_a_purpose_permits_fewer_trips() {
    let case = Case::launch(10_000);
    let before = permitted(&case);
    for purpose in case.policy.purposes.keys() {
        let mut stricter = case.clone();
        stricter.policy.purposes.remove(purpose);
        let after = permitted(&stricter);
        assert!(after < before, "without {purpose}: {after}, with it: {before}");
    }
}

#[test]
fn a_quota_permits_fewer_trips() {
    let mut case = Case::launch(10_000);
    let before = permitted(&case);
    case.policy.quotas = vec![Quota::passes(1, Period::Week)];
    assert!(permitted(&case) < before);
}

#[test]
fn before_the_decree_nothing_needs_a_pass() {
    let case = Case::launch(10_000);
    let noon = demand::SimTime::on_day(0, 43_200_000);
    let (simulation, rows) = case.run(1);
    assert!(rows.trips.iter().filter(|trip| trip.departs < noon).all(|trip| trip.pass == PassOutcome::NotNeeded));
    assert!(simulation.trace.requests().iter().all(|request| request.at >= noon));
}

#[test]
fn a_quota_is_kept() {
    let mut case = Case::launch(10_000);
    case.policy.quotas =
        vec![Quota { purposes: vec![Purpose::Groceries, Purpose::Work], ..Quota::passes(1, Period::Day) }];
    let (_, rows) = case.run(1);
    let mut counted = std::collections::HashMap::new();
    let applies = |purpose| matches!(purpose, Purpose::Groceries | Purpose::Work);
    for pass in rows.passes.iter().filter(|pass| applies(pass.purpose) && pass.cancelled_at.is_none()) {
        *counted.entry((pass.resident, pass.valid_from.day())).or_insert(0) += 1;
    }
    assert!(!counted.is_empty() && counted.values().all(|passes| *passes == 1));
}

#[test]
fn a_long_pass_serves_more_than_one_trip() {
    let issues = |validity_min| {
        let mut case = Case::launch(10_000);
        case.policy.purposes.get_mut(&Purpose::Work).unwrap().validity_min = Some(validity_min);
        let (simulation, _) = case.run(1);
        simulation.day_summaries.iter().map(|day| day.purposes[Purpose::Work as usize].passes).sum::<u64>()
    };
    assert!(issues(30 * 1_440) < issues(720));
}
