//! A stricter policy never leads to more permitted trips.

use std::collections::HashMap;

use demand::SimTime;
use jiff::civil::Time;
use passes::{Curfew, Period, Policy, Purpose, PurposeRule, Quota, Share, Validity};
use proptest::prelude::*;
use proptest::sample::select;
use sim::PassOutcome;

use crate::generated;
use crate::support::{Case, LAUNCH, Rows, at_h, cases_in_ci};

/// Trips with a pass and trips that need none, by resident.
fn permitted(rows: &Rows) -> HashMap<u32, u32> {
    let mut permitted = HashMap::new();
    for trip in rows.trips().filter(|trip| matches!(trip.pass, PassOutcome::Issued | PassOutcome::NotNeeded)) {
        *permitted.entry(trip.resident).or_default() += 1;
    }
    permitted
}

/// One way of being stricter.
#[derive(Clone, Debug)]
enum Step {
    Forbid(Purpose),
    NeedPass(Purpose),
    LowerRadius(Purpose, u32),
    ShortenValidity(Purpose, u32),
    LowerQuota,
    AddCurfew(Time, Time),
}

fn step() -> impl Strategy<Value = Step> {
    let purpose = || select(&Purpose::ALL[..]);
    let time = || (0..24_i8).prop_map(|hour| jiff::civil::time(hour, 0, 0, 0));
    prop_oneof![
        purpose().prop_map(Step::Forbid),
        purpose().prop_map(Step::NeedPass),
        (purpose(), 1..3_000_u32).prop_map(|(purpose, radius_m)| Step::LowerRadius(purpose, radius_m)),
        (purpose(), 1..600_u32).prop_map(|(purpose, minutes)| Step::ShortenValidity(purpose, minutes)),
        Just(Step::LowerQuota),
        (time(), time()).prop_map(|(from, until)| Step::AddCurfew(from, until)),
    ]
}

/// Makes `policy`, which has no phases, stricter. Some steps change nothing.
fn tighten(policy: &mut Policy, step: &Step) {
    match step {
        Step::Forbid(purpose) => drop(policy.purposes.remove(purpose)),
        Step::NeedPass(purpose) => {
            if let Some(rule) = policy.purposes.get_mut(purpose) {
                rule.needs_pass = true;
                rule.validity = (!rule.gives_passes()).then_some(Validity::Day).or(rule.validity);
            }
        }
        Step::LowerRadius(purpose, radius_m) => {
            if let Some(rule) = policy.purposes.get_mut(purpose) {
                let lower = |before: Option<u32>| before.map_or(*radius_m, |before| before.min(*radius_m));
                rule.radius_m = Some(lower(rule.radius_m));
                rule.near_home_m = rule.near_home_m.map(|near_m| lower(Some(near_m)));
            }
        }
        Step::ShortenValidity(purpose, minutes) => {
            if let Some(minutes_before) = policy.purposes.get_mut(purpose).and_then(|rule| rule.validity_min.as_mut()) {
                *minutes_before = (*minutes_before).min(*minutes);
            }
        }
        Step::LowerQuota => match policy.quotas.first_mut() {
            Some(quota) => quota.passes = quota.passes.map(|passes| (passes / 2).max(1)),
            None => policy.quotas = vec![Quota::passes(1, Period::Day)],
        },
        Step::AddCurfew(from, until) if from != until => {
            policy.curfews.push(Curfew { from: *from, until: *until, purposes: vec![] });
        }
        Step::AddCurfew(..) => {}
    }
}

prop_compose! {
    /// A policy with one quota of passes at most: of several, each may turn away what would have used up another.
    fn policy()(
        policy in generated::policy().boxed(),
        from_h in 0..14_i64,
        quota in prop::option::of((1..4_u32, select(&[Period::Day, Period::Week][..]))),
    ) -> Policy {
        let quotas = quota.map(|(passes, per)| Quota::passes(passes, per)).into_iter().collect();
        let mut policy = Policy { from: at_h(from_h), until: at_h(200), quotas, phases: vec![], earliest_start_min: 0, advance_h: 24, ..policy };
        // Something is left when a purpose is forbidden.
        policy.purposes.entry(Purpose::Rubbish).or_insert_with(PurposeRule::free);
        for rule in policy.purposes.values_mut() {
            rule.allowed = true;
            rule.valid_until = rule.valid_until.map(|until| until.max(at_h(from_h + 1)));
        }
        policy
    }
}

proptest! {
    #![proptest_config(cases_in_ci(200))]

    /// On the first day it holds of every resident. Later days remember: who stayed at home yesterday goes today. Nobody gives a pass
    /// back here, since it would depend on the moment whether that makes room under a quota.
    #[test]
    fn nobody_has_more_permitted_trips_under_a_stricter_policy(policy in policy(), step in step(), seed in any::<u64>()) {
        let mut case = Case::launch(400);
        case.calendar.days = 1;
        case.settings.behaviour.announced_at = at_h(-100);
        case.settings.behaviour.cancel_share = Share::of(0.0);
        case.settings.service.latency_ms = 0.0;
        (case.policy, case.seed) = (policy, seed);
        let stricter = case.with(|case| tighten(&mut case.policy, &step));
        prop_assume!(case.policy.faults().is_empty() && stricter.policy.faults().is_empty());
        let (before, after) = (permitted(&case.rows()), permitted(&stricter.rows()));
        for (resident, trips) in after {
            let trips_before = before.get(&resident).copied().unwrap_or(0);
            prop_assert!(trips <= trips_before, "resident {resident}: {trips} trips, before {trips_before}");
        }
    }
}

/// Over more days the law holds of the region: needs that were not met come back.
#[test]
fn a_stricter_policy_permits_fewer_trips() {
    let case = Case::launch(20_000);
    let permitted = |policy: &Policy| {
        let rows = case.with(|case| case.policy = policy.clone()).rows();
        permitted(&rows).values().sum::<u32>()
    };
    let before = permitted(&case.policy);
    let mut steps = vec![
        Step::NeedPass(Purpose::Pet),
        Step::LowerRadius(Purpose::Groceries, 300),
        Step::LowerQuota,
        Step::AddCurfew(at_h(18).time(), at_h(7).time()),
    ];
    steps.extend(case.policy.purposes.keys().copied().map(Step::Forbid));
    for step in steps {
        let mut policy = case.policy.clone();
        tighten(&mut policy, &step);
        let after = permitted(&policy);
        assert!(after < before, "{step:?}: {after}, without: {before}");
    }
}

#[test]
fn before_the_decree_nothing_needs_a_pass() {
    let noon = SimTime::on_day(0, 43_200_000);
    let rows = Case::launch(10_000).rows();
    let mut before = rows.trips().filter(|trip| trip.departs < noon);
    assert!(before.all(|trip| trip.pass == PassOutcome::NotNeeded));
    assert!(rows.requests().all(|request| request.at >= noon));
}

#[test]
fn after_the_sunset_nothing_is_issued() {
    let sunset = SimTime::on_day(1, 64_800_000);
    let case =
        Case::launch(10_000).with(|case| case.policy.until = LAUNCH.start.at(18, 0, 0, 0) + jiff::Span::new().days(1));
    let rows = case.rows();
    assert!(rows.passes().all(|pass| pass.asked_at < sunset && pass.valid_from < sunset));
    let mut after = rows.trips().filter(|trip| trip.departs >= sunset);
    assert!(after.all(|trip| trip.pass == PassOutcome::NotNeeded));
}

#[test]
fn a_quota_is_kept() {
    let case = Case::launch(10_000).with(|case| {
        let purposes = vec![Purpose::Groceries, Purpose::Work];
        case.policy.quotas = vec![Quota { purposes, ..Quota::passes(1, Period::Day) }];
    });
    let rows = case.rows();
    let mut counted = HashMap::new();
    let applies = |purpose| matches!(purpose, Purpose::Groceries | Purpose::Work);
    for pass in rows.passes().filter(|pass| applies(pass.purpose) && pass.cancelled_at.is_none()) {
        *counted.entry((pass.resident, pass.valid_from.day())).or_insert(0) += 1;
    }
    assert!(!counted.is_empty() && counted.values().all(|passes| *passes == 1));
    assert!(case.result().day_summaries.iter().any(|day| day.total().refusals > 0));
}

#[test]
fn a_long_pass_serves_more_than_one_trip() {
    let issues = |validity_min| {
        let work = PurposeRule::lasting(validity_min);
        let case = Case::launch(10_000).with(|case| drop(case.policy.purposes.insert(Purpose::Work, work)));
        case.result().day_summaries.iter().map(|day| day.purposes[Purpose::Work as usize].passes).sum::<u64>()
    };
    assert!(issues(30 * 1_440) < issues(720));
}
