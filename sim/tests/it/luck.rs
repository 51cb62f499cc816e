//! Common random numbers: a change touches only those whom it concerns, and of two shares the greater holds all that the smaller does.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;

use demand::{Request, RequestKind};
use passes::{Curfew, Period, Phase, Purpose, PurposeRule, Quota, Share};
use sim::{Check, Pass, PassOutcome, Trip};

use crate::support::{Case, Rows, at_h, gate};

/// All that one household did and met with.
#[derive(Debug, Default, PartialEq)]
struct Life {
    trips: Vec<Trip>,
    passes: Vec<Pass>,
    checks: Vec<Check>,
    requests: Vec<Request>,
}

/// The lives of all residents; who lives with whom, trips tell, and who makes none lives alone here.
fn lives(rows: &Rows, households: &HashMap<u32, u32>) -> HashMap<Result<u32, u32>, Life> {
    let home = |resident: u32| households.get(&resident).copied().ok_or(resident);
    let mut lives: HashMap<_, Life> = HashMap::new();
    rows.trips().for_each(|trip| lives.entry(home(trip.resident)).or_default().trips.push(*trip));
    rows.passes().for_each(|pass| lives.entry(home(pass.resident)).or_default().passes.push(*pass));
    rows.checks().for_each(|check| lives.entry(home(check.resident)).or_default().checks.push(*check));
    rows.requests().for_each(|request| lives.entry(home(request.resident)).or_default().requests.push(*request));
    lives
}

/// Holds two runs against each other: households that have nothing to do with `purposes` in the first live the same in the second, and
/// some of the others do not.
fn leaves_others_alone(before: &Case, after: &Case, purposes: &[Purpose]) {
    let (before, after) = (before.rows(), after.rows());
    let households = before.trips().chain(after.trips()).map(|trip| (trip.resident, trip.household)).collect();
    let (before, after) = (lives(&before, &households), lives(&after, &households));
    let concerned = |life: &Life| {
        let is_one = |purpose: &Purpose| purposes.contains(purpose);
        life.trips.iter().any(|trip| is_one(&trip.purpose))
            || life.passes.iter().any(|pass| is_one(&pass.purpose))
            || life.requests.iter().any(|request| request.purpose.as_ref().is_some_and(is_one))
    };
    let mut compared = 0;
    for (who, life) in before.iter().filter(|(_, life)| !concerned(life)) {
        assert_eq!(after.get(who), Some(life), "{who:?} has nothing to do with {purposes:?}");
        compared += 1;
    }
    assert!(compared > 1_000, "{compared} households have nothing to do with {purposes:?}");
    assert!(before.iter().any(|(who, life)| after.get(who) != Some(life)), "something changes");
}

#[test]
fn a_policy_leaves_the_days_of_others_alone() {
    let case = Case::launch(20_000).with(|case| case.settings.checks.stops_per_h = 0.01);
    let work =
        |change: fn(&mut PurposeRule)| case.with(|case| change(case.policy.purposes.get_mut(&Purpose::Work).unwrap()));
    leaves_others_alone(&case, &work(|rule| rule.allowed = false), &[Purpose::Work]);
    leaves_others_alone(&case, &work(|rule| rule.validity_min = Some(60)), &[Purpose::Work]);
    leaves_others_alone(&case, &work(|rule| rule.radius_m = Some(2_000)), &[Purpose::Work]);
    leaves_others_alone(&case, &work(|rule| rule.needs_pass = false), &[Purpose::Work]);
    let quota = Quota { purposes: vec![Purpose::Work, Purpose::Doctor], ..Quota::passes(1, Period::Week) };
    let quota = case.with(|case| case.policy.quotas = vec![quota]);
    leaves_others_alone(&case, &quota, &[Purpose::Work, Purpose::Doctor]);
}

#[test]
fn a_phase_changes_nothing_before_it() {
    let case = Case::launch(20_000).with(|case| case.settings.checks.stops_per_h = 0.01);
    let curfew = Curfew { from: at_h(18).time(), until: at_h(6).time(), purposes: vec![] };
    let phase = Phase {
        curfews: Some(vec![curfew]),
        quotas: Some(vec![Quota::passes(1, Period::Day)]),
        purposes: [(Purpose::Work, PurposeRule { allowed: false, ..PurposeRule::free() })].into(),
        ..Phase::new(at_h(48))
    };
    let (before, after) = (case.rows(), case.with(|case| case.policy.phases = vec![phase]).rows());
    for day in 0..2 {
        let (before, after) = (&before.days[day], &after.days[day]);
        assert!(before.trips == after.trips && before.passes == after.passes && before.checks == after.checks);
    }
    // Requests for a day may come on the day before.
    let first = |rows: &Rows| rows.requests().copied().filter(|request| request.at.day() < 1).collect::<Vec<_>>();
    assert!(first(&before) == first(&after));
    assert!(before.days[2] != after.days[2]);
}

#[track_caller]
fn nested<T: Debug + Eq + Hash>(sets: impl IntoIterator<Item = HashSet<T>>) {
    let sets: Vec<HashSet<T>> = sets.into_iter().collect();
    for pair in sets.windows(2) {
        let lost = pair[0].difference(&pair[1]).next();
        assert!(lost.is_none(), "{lost:?} is in the set of the smaller share only");
        assert!(pair[0].len() < pair[1].len(), "{} and {}", pair[0].len(), pair[1].len());
    }
}

/// A region in the first days of the decree, with a share changed.
fn with_share(share: f64, change: impl FnOnce(&mut Case, Share)) -> Rows {
    Case::launch(20_000).with(|case| change(case, Share::of(share))).rows()
}

fn residents_of(rows: &Rows, kind: RequestKind) -> HashSet<u32> {
    rows.requests_of(kind).map(|request| request.resident).collect()
}

#[test]
fn more_checks_meet_a_superset() {
    nested([0.010, 0.011, 0.1].map(|rate| {
        let rows = Case::launch(20_000).with(|case| case.settings.checks.stops_per_h = rate).rows();
        rows.days[0].checks.iter().map(|check| (check.resident, check.at)).collect()
    }));
}

#[test]
fn more_registrations_are_a_superset() {
    nested([0.0, 0.2, 0.21, 1.0].map(|share| {
        let rows = with_share(share, |case, share| case.settings.behaviour.registration_share = share);
        residents_of(&rows, RequestKind::Register)
    }));
}

#[test]
fn more_seekers_are_a_superset() {
    nested([0.0, 0.3, 0.31, 1.0].map(|share| {
        let rows = with_share(share, |case, share| {
            case.settings.behaviour.seeking.work = share;
            // Whoever is fined for going without asks from then on: only those who went without.
            case.settings.behaviour.fine_lesson_share = Share::of(0.0);
        });
        let with_pass = |trip: &&Trip| trip.purpose == Purpose::Work && trip.pass == PassOutcome::Issued;
        rows.trips().filter(with_pass).map(|trip| (trip.resident, trip.departs)).collect()
    }));
}

#[test]
fn obedience_keeps_a_superset_at_home() {
    nested([1.0, 0.8, 0.79, 0.0].map(|share| {
        let rows = with_share(share, |case, share| case.settings.behaviour.obey_share = share);
        let outings = rows.trips().filter(|trip| trip.purpose == Purpose::Other);
        outings.map(|trip| (trip.resident, trip.departs)).collect()
    }));
}

#[test]
fn more_who_pass_a_gate_are_a_superset() {
    let met = |change: fn(&mut sim::settings::Gate, Share), share| {
        let rows = with_share(share, |case, share| {
            let mut gate = gate(&[Purpose::Work, Purpose::Groceries], 12..24);
            (gate.turns_back, gate.officers) = (false, 3);
            change(&mut gate, share);
            case.settings.checks.gates = vec![gate];
            case.settings.checks.officers_per_100k = 0.0;
        });
        rows.days[0].checks.iter().map(|check| (check.resident, check.purpose)).collect::<HashSet<_>>()
    };
    nested([0.0, 0.3, 0.32, 1.0].map(|share| met(|gate, share| gate.checked_share = share, share)));
    nested([0.0, 0.3, 0.32, 1.0].map(|share| met(|gate, share| gate.trip_share = share, share)));
}

#[test]
fn more_cases_are_a_superset_of_patients() {
    nested([0.0, 0.02, 0.021, 0.3].map(|share| {
        let rows = with_share(share, |case, share| {
            case.settings.patients.first_day_share = share;
            case.settings.patients.answer_share = Share::of(1.0);
        });
        residents_of(&rows, RequestKind::CheckIn)
    }));
}

#[test]
fn the_policy_does_not_decide_who_is_ill() {
    let patients = |obey| {
        let rows = with_share(0.03, |case, share| {
            case.settings.patients.first_day_share = share;
            case.settings.behaviour.obey_share = Share::of(obey);
        });
        let check_ins: Vec<Request> = rows.requests_of(RequestKind::CheckIn).copied().collect();
        check_ins
    };
    assert!(!patients(1.0).is_empty());
    assert_eq!(patients(1.0), patients(0.0));
}
