//! Common random numbers: a change touches only those whom it concerns.

use std::collections::{HashMap, HashSet};

use passes::{Purpose, Share};
use sim::Trip;

use crate::support::{Case, Rows};

/// The trips of each resident.
fn days(rows: &Rows) -> HashMap<u32, Vec<Trip>> {
    let mut days: HashMap<u32, Vec<Trip>> = HashMap::new();
    for trip in &rows.trips {
        days.entry(trip.resident).or_default().push(*trip);
    }
    days
}

#[test]
fn a_policy_leaves_the_days_of_others_alone() {
    let case = Case::launch(20_000);
    let mut stricter = case.clone();
    stricter.policy.purposes.remove(&Purpose::Work);
    let (before, after) = (days(&case.run(1).1), days(&stricter.run(1).1));
    let workers: HashSet<u32> = before
        .iter()
        .filter(|(_, trips)| trips.iter().any(|trip| trip.purpose == Purpose::Work))
        .map(|(resident, _)| *resident)
        .collect();
    let others = before.iter().filter(|(resident, _)| !workers.contains(resident));
    let mut compared = 0;
    for (resident, trips) in others {
        assert_eq!(after.get(resident), Some(trips), "resident {resident} does not work");
        compared += 1;
    }
    assert!(compared > 8_000, "{compared}");
    assert!(workers.iter().any(|worker| after.get(worker) != before.get(worker)));
}

#[test]
fn more_checks_meet_a_superset() {
    let checked = |share| {
        let mut case = Case::launch(20_000);
        case.settings.checks.trip_share = Share::of(share);
        let rows = case.run(1).1;
        rows.checks.iter().map(|check| (check.resident, check.at)).collect::<HashSet<_>>()
    };
    let (some, more) = (checked(0.10), checked(0.11));
    assert!(some.is_subset(&more) && more.len() > some.len());
}

#[test]
fn more_registrations_are_a_superset() {
    let registered = |share| {
        let mut case = Case::launch(20_000);
        case.settings.behaviour.registration_share = Share::of(share);
        let (_, rows) = case.run(1);
        let kind = demand::RequestKind::Register;
        rows.requests
            .iter()
            .filter(|request| request.kind == kind)
            .map(|request| request.resident)
            .collect::<HashSet<_>>()
    };
    let (some, more) = (registered(0.2), registered(0.22));
    assert!(some.is_subset(&more) && more.len() > some.len());
}

#[test]
fn obedience_keeps_a_superset_at_home() {
    let out = |share| {
        let mut case = Case::launch(20_000);
        case.settings.behaviour.obey_share = Share::of(share);
        let trips = case.run(1).1.trips;
        trips
            .iter()
            .filter(|trip| trip.purpose == Purpose::Other)
            .map(|trip| (trip.resident, trip.departs))
            .collect::<HashSet<_>>()
    };
    let (few, many) = (out(0.8), out(0.7));
    assert!(few.is_subset(&many) && few.len() < many.len());
}
