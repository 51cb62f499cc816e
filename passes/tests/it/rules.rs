//! What the rules answer, key by key of a policy.

use std::collections::BTreeMap;

use jiff::civil::{date, time};
use passes::{
    AgeBand, Curfew, Exempt, Group, Occupation, Outing, Period, Permission, Phase, Policy, Purpose, PurposeRule, Quota,
    Refusal, Rules, Validity, Window,
};

const DAY_S: i64 = 86_400;
const HOUR_S: i64 = 3_600;
/// 2020-04-02T00:00+03:00, a Thursday.
const MIDNIGHT_S: i64 = 1_585_774_800;
const PENSIONER: Group = Group { age: AgeBand::From75, occupation: Occupation::Pensioner };

/// Groceries with a pass, pets without, from noon of 2 April until 12 June 2020.
fn policy() -> Policy {
    let pet = PurposeRule { needs_pass: false, ..PurposeRule::lasting(60) };
    let purposes = BTreeMap::from([(Purpose::Groceries, PurposeRule::lasting(180)), (Purpose::Pet, pet)]);
    let groceries = Quota { purposes: vec![Purpose::Groceries], ..Quota::passes(2, Period::Week) };
    let (from, until) = (date(2020, 4, 2).at(12, 0, 0, 0), date(2020, 6, 12).at(0, 0, 0, 0));
    Policy { quotas: vec![groceries], ..Policy::new(from, until, purposes) }
}

fn in_moscow_time(policy: &Policy) -> Rules {
    assert_eq!(policy.faults(), []);
    policy.rules(3 * 3_600)
}

fn outing(purpose: Purpose, at_s: i64, distance_m: u32) -> Outing {
    Outing { purpose, at_s, distance_m, group: PENSIONER }
}

#[test]
fn local_times_become_unix_times() {
    let rules = in_moscow_time(&policy());
    let noon_s = MIDNIGHT_S + 12 * HOUR_S;
    assert!(!rules.in_force(noon_s - 1) && rules.in_force(noon_s));
    let permits = |purpose, at_s| rules.permits(&outing(purpose, at_s, 500));
    assert_eq!(permits(Purpose::Groceries, noon_s - 1), Permission::Free);
    assert_eq!(permits(Purpose::Groceries, noon_s), Permission::NeedsPass);
    assert_eq!(permits(Purpose::Pet, noon_s), Permission::Free);
    assert_eq!(permits(Purpose::Other, noon_s), Permission::Forbidden(Refusal::PurposeNotAllowed));
    assert!(rules.needs_pass(Purpose::Other, noon_s), "forbidden trips need the pass they cannot get");
    assert!(!rules.needs_pass(Purpose::Other, noon_s - 1) && rules.allows(Purpose::Other, noon_s - 1));
}

#[test]
fn each_refusal_has_its_case() {
    let rules = in_moscow_time(&policy());
    let now_s = MIDNIGHT_S + 13 * HOUR_S;
    let ask = |purpose, start_s, duration_s| rules.window(purpose, now_s, start_s, duration_s);
    assert_eq!(ask(Purpose::Groceries, None, None), Ok(Window { from_s: now_s, until_s: now_s + 10_800 }));
    assert_eq!(ask(Purpose::Groceries, None, Some(1)).map(|window| window.until_s), Ok(now_s + 1));
    assert_eq!(ask(Purpose::Other, None, None), Err(Refusal::PurposeNotAllowed));
    assert_eq!(ask(Purpose::Groceries, Some(now_s - 121), None), Err(Refusal::InThePast));
    assert_eq!(ask(Purpose::Groceries, Some(now_s - 3_601), None), Err(Refusal::NotInForce));
    assert_eq!(ask(Purpose::Groceries, Some(now_s + 86_401), None), Err(Refusal::TooFarAhead));
    assert_eq!(ask(Purpose::Groceries, None, Some(10_801)), Err(Refusal::DurationNotAllowed));
    assert_eq!(ask(Purpose::Groceries, None, Some(0)), Err(Refusal::DurationNotAllowed));
    assert_eq!(rules.window(Purpose::Groceries, MIDNIGHT_S + 80 * DAY_S, None, None), Err(Refusal::Sunset));
    assert_eq!(ask(Purpose::Groceries, Some(i64::MIN), None), Err(Refusal::NotInForce));
    assert_eq!(ask(Purpose::Groceries, Some(i64::MAX), None), Err(Refusal::Sunset));
}

#[test]
fn what_needs_no_pass_has_one_only_if_it_says_for_how_long() {
    let mut policy = policy();
    policy.purposes.insert(Purpose::Rubbish, PurposeRule::free());
    let rules = in_moscow_time(&policy);
    let now_s = MIDNIGHT_S + 13 * HOUR_S;
    assert_eq!(rules.window(Purpose::Pet, now_s, None, None).map(|window| window.length_s()), Ok(HOUR_S));
    assert_eq!(rules.window(Purpose::Rubbish, now_s, None, None), Err(Refusal::PassNotNeeded));
}

#[test]
fn nobody_is_out_in_a_curfew_and_the_exempt_need_no_pass() {
    let mut policy = policy();
    policy.curfews = vec![Curfew { from: time(22, 0, 0, 0), until: time(6, 0, 0, 0), purposes: vec![Purpose::Pet] }];
    policy.exempt = vec![Exempt { age: vec![AgeBand::From75], ..Exempt::default() }];
    let rules = in_moscow_time(&policy);
    let evening_s = MIDNIGHT_S + 22 * HOUR_S;
    let permits = |purpose, at_s| rules.permits(&outing(purpose, at_s, 500));
    assert_eq!(permits(Purpose::Other, evening_s - 1), Permission::Free, "exempt from all of it");
    assert_eq!(permits(Purpose::Groceries, evening_s), Permission::Forbidden(Refusal::Curfew));
    assert_eq!(permits(Purpose::Pet, evening_s), Permission::Free);
    let younger =
        Outing { group: Group { age: AgeBand::From60, ..PENSIONER }, ..outing(Purpose::Groceries, evening_s - 1, 0) };
    assert_eq!(rules.permits(&younger), Permission::NeedsPass);
    let ask =
        |start_s| rules.window(Purpose::Groceries, evening_s - 60, Some(start_s), None).map(|window| window.from_s);
    assert_eq!(ask(evening_s - 1), Ok(evening_s - 1));
    assert_eq!(ask(evening_s), Err(Refusal::Curfew));
    assert_eq!(ask(evening_s + 8 * HOUR_S - 1), Err(Refusal::Curfew));
    assert_eq!(ask(evening_s + 8 * HOUR_S), Ok(evening_s + 8 * HOUR_S));
}

#[test]
fn hours_radius_and_nearness_bound_a_purpose() {
    let mut policy = policy();
    let hours = vec!["07:00-09:00".parse().unwrap(), "20:00-00:00".parse().unwrap()];
    let walk = PurposeRule { hours, radius_m: Some(1_000), near_home_m: Some(100), ..PurposeRule::lasting(60) };
    policy.purposes.insert(Purpose::Pet, walk);
    let rules = in_moscow_time(&policy);
    let friday_s = MIDNIGHT_S + DAY_S;
    let permits = |hour, distance_m| rules.permits(&outing(Purpose::Pet, friday_s + hour * HOUR_S, distance_m));
    assert_eq!(
        [permits(7, 100), permits(23, 101), permits(23, 1_000)],
        [Permission::Free, Permission::NeedsPass, Permission::NeedsPass]
    );
    assert_eq!(permits(8, 1_001), Permission::Forbidden(Refusal::BeyondRadius));
    assert_eq!(permits(9, 0), Permission::Forbidden(Refusal::OutsideHours), "not even near home");
    assert_eq!(permits(24, 0), Permission::Forbidden(Refusal::OutsideHours));
    let window = rules.window(Purpose::Pet, friday_s, Some(friday_s + 9 * HOUR_S), None);
    assert_eq!(window, Err(Refusal::OutsideHours));
}

#[test]
fn a_pass_lasts_for_minutes_or_the_day_or_until_a_date() {
    let mut policy = policy();
    let day = PurposeRule { validity: Some(Validity::Day), needs_pass: true, ..PurposeRule::free() };
    let until =
        PurposeRule { valid_until: Some(date(2020, 4, 30).at(23, 59, 0, 0)), needs_pass: true, ..PurposeRule::free() };
    policy.purposes.extend([(Purpose::Doctor, day), (Purpose::Work, until)]);
    let rules = in_moscow_time(&policy);
    let now_s = MIDNIGHT_S + 20 * HOUR_S;
    let until_s = |purpose, now_s| rules.window(purpose, now_s, None, None).map(|window| window.until_s);
    assert_eq!(until_s(Purpose::Groceries, now_s), Ok(now_s + 3 * HOUR_S));
    assert_eq!(until_s(Purpose::Doctor, now_s), Ok(MIDNIGHT_S + DAY_S));
    let end_s = MIDNIGHT_S + 29 * DAY_S - 60;
    assert_eq!(until_s(Purpose::Work, now_s), Ok(end_s));
    assert_eq!(until_s(Purpose::Work, end_s - 1), Ok(end_s));
    assert_eq!(until_s(Purpose::Work, end_s), Err(Refusal::PurposeNotAllowed));
    assert!(rules.allows(Purpose::Work, end_s - 1) && !rules.allows(Purpose::Work, end_s));
    let permits = |at_s| rules.permits(&outing(Purpose::Work, at_s, 0));
    assert_eq!(permits(end_s - 1), Permission::NeedsPass);
    assert_eq!(permits(end_s), Permission::Forbidden(Refusal::PurposeNotAllowed), "no pass is to be had");
    assert_eq!(rules.verdict_all_day(Purpose::Work, end_s - 60, end_s), Some(Permission::NeedsPass));
    assert_eq!(rules.verdict_all_day(Purpose::Work, end_s - 60, end_s + 1), None);
}

#[test]
fn a_pass_may_start_only_some_time_after_it_is_asked_for() {
    let rules = in_moscow_time(&Policy { earliest_start_min: 15, ..policy() });
    let now_s = MIDNIGHT_S + 13 * HOUR_S;
    let from_s = |start_s| rules.window(Purpose::Groceries, now_s, start_s, None).map(|window| window.from_s);
    assert_eq!(from_s(None), Ok(now_s + 900));
    assert_eq!(from_s(Some(now_s + 899)), Ok(now_s + 900));
    assert_eq!(from_s(Some(now_s + 901)), Ok(now_s + 901));
    assert_eq!(from_s(Some(now_s - 121)), Err(Refusal::InThePast));
}

#[test]
fn a_phase_changes_what_it_names_and_extends_what_it_says() {
    let mut policy = policy();
    let work = |day, extends_issued| PurposeRule {
        valid_until: Some(date(2020, 5, day).at(0, 0, 0, 0)),
        extends_issued,
        needs_pass: true,
        ..PurposeRule::free()
    };
    policy.purposes.insert(Purpose::Work, work(1, false));
    let forbidden = PurposeRule { allowed: false, ..PurposeRule::free() };
    policy.phases = vec![Phase {
        advance_h: Some(48),
        purposes: [(Purpose::Work, work(12, true)), (Purpose::Pet, forbidden)].into(),
        quotas: Some(vec![]),
        ..Phase::new(date(2020, 4, 30).at(0, 0, 0, 0))
    }];
    let rules = in_moscow_time(&policy);
    let phase_s = MIDNIGHT_S + 28 * DAY_S;
    assert_eq!([rules.advance_s(0), rules.advance_s(phase_s - 1), rules.advance_s(phase_s)], [86_400, 86_400, 172_800]);
    assert_eq!(rules.longest_advance_s(), 172_800);
    assert!(rules.allows(Purpose::Pet, phase_s - 1) && !rules.allows(Purpose::Pet, phase_s));
    assert!(rules.allows(Purpose::Groceries, phase_s), "stays as it was");
    assert_eq!(rules.quota_windows(Purpose::Groceries, phase_s - 1).count(), 1);
    assert_eq!(rules.quota_windows(Purpose::Groceries, phase_s).count(), 0);
    assert_eq!(rules.longest_quota_period_s(), 7 * DAY_S);

    let before = rules.window(Purpose::Work, phase_s - 1, None, None).unwrap();
    let after = rules.window(Purpose::Work, phase_s, None, None).unwrap();
    assert_eq!((before.until_s, after.until_s), (MIDNIGHT_S + 29 * DAY_S, MIDNIGHT_S + 40 * DAY_S));
    assert_eq!(rules.extended(Purpose::Work, before, phase_s - 1), before, "not yet");
    assert_eq!(rules.extended(Purpose::Work, before, phase_s), Window { until_s: after.until_s, ..before });
    assert_eq!(rules.extended(Purpose::Groceries, before, phase_s), before);
    let over = Window { from_s: MIDNIGHT_S, until_s: phase_s };
    assert_eq!(rules.extended(Purpose::Work, over, phase_s), over, "what has ended stays ended");
}

#[test]
fn a_day_of_one_verdict_is_known_as_such() {
    let mut policy = policy();
    policy.purposes.insert(Purpose::Rubbish, PurposeRule { near_home_m: Some(100), ..PurposeRule::lasting(30) });
    policy.exempt =
        vec![Exempt { age: vec![AgeBand::Under7], purposes: vec![Purpose::Groceries], ..Exempt::default() }];
    let phase = Phase { exempt: Some(vec![]), ..Phase::new(date(2020, 4, 4).at(12, 0, 0, 0)) };
    policy.phases = vec![phase];
    let rules = in_moscow_time(&policy);
    let day = |purpose, day| rules.verdict_all_day(purpose, MIDNIGHT_S + day * DAY_S, MIDNIGHT_S + (day + 1) * DAY_S);
    let forbidden = Some(Permission::Forbidden(Refusal::PurposeNotAllowed));
    assert_eq!(
        [day(Purpose::Work, -1), day(Purpose::Work, 0), day(Purpose::Work, 1)],
        [Some(Permission::Free), None, forbidden]
    );
    assert_eq!(
        [day(Purpose::Work, 2), day(Purpose::Work, 70), day(Purpose::Work, 71)],
        [forbidden, forbidden, Some(Permission::Free)]
    );
    assert_eq!([day(Purpose::Pet, 0), day(Purpose::Pet, 2)], [Some(Permission::Free); 2]);
    let groceries = [1, 2, 3].map(|number| day(Purpose::Groceries, number));
    assert_eq!(groceries, [None, None, Some(Permission::NeedsPass)], "small children are exempt until the 4th at noon");
    assert_eq!(day(Purpose::Rubbish, 3), None, "it depends on the distance");
}

#[test]
fn periods_begin_at_local_midnight() {
    let mut policy = policy();
    policy.quotas = [Period::Day, Period::Week, Period::Month, Period::Days(3)].map(|per| Quota::passes(1, per)).into();
    let rules = in_moscow_time(&policy);
    let starts = |at_s| rules.quota_windows(Purpose::Groceries, at_s).map(|quota| quota.starts).collect::<Vec<_>>();
    let days =
        |from: i64, until: i64| Window { from_s: MIDNIGHT_S + from * DAY_S, until_s: MIDNIGHT_S + until * DAY_S };
    // 2 April is a Thursday, and the first day of the first three.
    assert_eq!(starts(MIDNIGHT_S + DAY_S - 1), [days(0, 1), days(-3, 4), days(-1, 29), days(0, 3)]);
    assert_eq!(starts(MIDNIGHT_S + 29 * DAY_S), [days(29, 30), days(25, 32), days(29, 60), days(27, 30)]);
    assert_eq!(rules.longest_quota_period_s(), 31 * DAY_S);
    assert_eq!(starts(MIDNIGHT_S), [], "not yet in force");
}
