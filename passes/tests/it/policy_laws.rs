//! Laws that hold for every policy.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use passes::{
    AgeBand, Curfew, Exempt, Group, Hours, Occupation, Outing, Period, Permission, Phase, Policy, Purpose, PurposeRule,
    Quota, QuotaWindow, Refusal, Rules, Validity, Window,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Nepal's clocks are 5 h 45 min ahead of UTC: no boundary falls together with one of UTC.
const UTC_OFFSET_S: i32 = 20_700;
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;

fn first_day() -> DateTime {
    "2020-04-02T12:00".parse().unwrap()
}

/// The policies below are in force for 40 days from the first.
fn last_day() -> DateTime {
    first_day() + 40.days()
}

fn local(at_s: i64) -> DateTime {
    Offset::from_seconds(UTC_OFFSET_S).unwrap().to_datetime(Timestamp::from_second(at_s).unwrap())
}

fn unix_s(local: DateTime) -> i64 {
    Offset::from_seconds(UTC_OFFSET_S).unwrap().to_timestamp(local).unwrap().as_second()
}

/// The resolved policy, which must be without faults.
fn rules(policy: &Policy) -> Rules {
    assert_eq!(policy.faults(), []);
    policy.rules(UTC_OFFSET_S)
}

fn purpose() -> impl Strategy<Value = Purpose> {
    select(&Purpose::ALL[..])
}

fn some_purposes() -> impl Strategy<Value = Vec<Purpose>> {
    subsequence(Purpose::ALL.to_vec(), 0..=2)
}

prop_compose! {
    /// A time of day on the quarter hour, and another.
    fn hours()(from in 0..96_i64, length in 1..96_i64) -> Hours {
        let time = |quarter: i64| jiff::civil::Time::midnight() + (quarter % 96 * 15).minutes();
        Hours { from: time(from), until: time(from + length) }
    }
}

prop_compose! {
    fn curfew()(hours in hours(), purposes in some_purposes()) -> Curfew {
        Curfew { from: hours.from, until: hours.until, purposes }
    }
}

prop_compose! {
    fn exempt()(
        age in subsequence(AgeBand::ALL.to_vec(), 1..=6),
        occupation in subsequence(Occupation::ALL.to_vec(), 0..=3),
        purposes in some_purposes(),
    ) -> Exempt {
        Exempt { age, occupation, purposes }
    }
}

fn period() -> impl Strategy<Value = Period> {
    prop_oneof![Just(Period::Day), Just(Period::Week), Just(Period::Month), (1..9_u32).prop_map(Period::Days)]
}

prop_compose! {
    fn quota()(purposes in some_purposes(), passes in any::<bool>(), much in 1..500_u32, per in period()) -> Quota {
        let quota = if passes { Quota::passes(1 + much % 4, per) } else { Quota::minutes(much, per) };
        Quota { purposes, ..quota }
    }
}

prop_compose! {
    /// A rule that may stand in a phase that begins before the 30th day.
    fn purpose_rule()(
        validity in 0..4_u8,
        minutes in 1..3_000_u32,
        day in 30..60_i64,
        needs_pass in prop::bool::weighted(0.8),
        radius_m in prop::option::weighted(0.3, 1_000..3_000_u32),
        near_home_m in prop::option::weighted(0.3, 0..1_000_u32),
        hours in prop::collection::vec(hours(), 0..3),
    ) -> PurposeRule {
        let rule = PurposeRule { needs_pass, radius_m, near_home_m, hours, ..PurposeRule::free() };
        match validity {
            0 => PurposeRule { validity: Some(Validity::Day), ..rule },
            1 => PurposeRule { valid_until: Some(first_day() + day.days()), ..rule },
            2 if !needs_pass => rule,
            _ => PurposeRule { validity_min: Some(minutes), ..rule },
        }
    }
}

fn purpose_rules() -> impl Strategy<Value = Vec<(Purpose, PurposeRule)>> {
    let forbidden = PurposeRule { allowed: false, ..PurposeRule::free() };
    let rule = prop_oneof![4 => purpose_rule(), 1 => Just(forbidden)];
    prop::collection::vec((purpose(), rule), 0..4)
}

prop_compose! {
    /// What changes some hours after the first moment.
    fn phase()(
        after_h in 1..29 * 24_i64,
        advance_h in prop::option::of(2..72_u32),
        earliest_start_min in prop::option::of(0..120_u32),
        purposes in purpose_rules(),
        quotas in prop::option::of(prop::collection::vec(quota(), 0..3)),
        curfews in prop::option::of(prop::collection::vec(curfew(), 0..2)),
        exempt in prop::option::of(prop::collection::vec(exempt(), 0..2)),
    ) -> Phase {
        let purposes = purposes.into_iter().collect();
        let from = first_day() + after_h.hours();
        Phase { from, advance_h, earliest_start_min, purposes, quotas, curfews, exempt }
    }
}

prop_compose! {
    fn policy()(
        always in purpose_rule(),
        more in purpose_rules(),
        start in phase(),
        mut phases in prop::collection::vec(phase(), 0..3),
    ) -> Policy {
        phases.sort_by_key(|phase| phase.from);
        phases.dedup_by_key(|phase| phase.from);
        let purposes = more.into_iter().chain([(Purpose::Groceries, always)]).collect();
        Policy {
            advance_h: start.advance_h.unwrap_or(24),
            earliest_start_min: start.earliest_start_min.unwrap_or(0),
            quotas: start.quotas.unwrap_or_default(),
            curfews: start.curfews.unwrap_or_default(),
            exempt: start.exempt.unwrap_or_default(),
            phases,
            ..Policy::new(first_day(), last_day(), purposes)
        }
    }
}

/// An instant around the time in which the policies are in force.
fn instant() -> impl Strategy<Value = i64> {
    let first_s = unix_s(first_day());
    first_s - 2 * DAY_S..first_s + 42 * DAY_S
}

prop_compose! {
    fn outing()(
        purpose in purpose(),
        at_s in instant(),
        distance_m in 0..4_000_u32,
        age in select(&AgeBand::ALL[..]),
        occupation in select(&Occupation::ALL[..]),
    ) -> Outing {
        Outing { purpose, at_s, distance_m, group: Group { age, occupation } }
    }
}

/// When a pass is asked for, how long before its start, and for how long.
fn ask() -> impl Strategy<Value = (i64, Option<i64>, Option<u32>)> {
    (instant(), prop::option::of(-200..3 * DAY_S), prop::option::of(0..200_000_u32))
        .prop_map(|(now_s, ahead_s, duration_s)| (now_s, ahead_s.map(|ahead_s| now_s + ahead_s), duration_s))
}

/// From forbidden (0) to free (2).
fn freedom(permission: Permission) -> u8 {
    match permission {
        Permission::Forbidden(_) => 0,
        Permission::NeedsPass => 1,
        Permission::Free => 2,
    }
}

/// Ways to make a policy stricter that leave it without faults.
fn stricter(policy: &Policy, curfew: &Curfew) -> Vec<Policy> {
    let changed = |change: &dyn Fn(&mut Policy)| {
        let mut stricter = policy.clone();
        change(&mut stricter);
        stricter
    };
    let every_rule = |policy: &mut Policy, change: &dyn Fn(&mut PurposeRule)| {
        let phases = policy.phases.iter_mut().flat_map(|phase| phase.purposes.values_mut());
        policy.purposes.values_mut().chain(phases).for_each(change);
    };
    let mut all = vec![
        changed(&|policy| {
            policy.curfews.push(curfew.clone());
            policy
                .phases
                .iter_mut()
                .filter_map(|phase| phase.curfews.as_mut())
                .for_each(|all| all.push(curfew.clone()));
        }),
        changed(&|policy| {
            policy.exempt.clear();
            policy.phases.iter_mut().for_each(|phase| phase.exempt = None);
        }),
        changed(&|policy| {
            every_rule(policy, &|rule| {
                rule.radius_m = Some(rule.radius_m.map_or(2_000, |radius_m| radius_m / 2 + 500))
            });
            every_rule(policy, &|rule| rule.near_home_m = rule.near_home_m.map(|near_m| near_m / 2));
        }),
        changed(&|policy| every_rule(policy, &|rule| rule.near_home_m = None)),
        changed(&|policy| {
            every_rule(policy, &|rule| rule.validity_min = rule.validity_min.map(|minutes| minutes.div_ceil(2)))
        }),
    ];
    for purpose in policy.purposes.keys().filter(|purpose| **purpose != Purpose::Groceries) {
        all.push(changed(&|policy| drop(policy.purposes.remove(purpose))));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_stricter_policy_never_permits_more(
        policy in policy(),
        curfew in curfew(),
        outings in prop::collection::vec(outing(), 20),
        asks in prop::collection::vec((purpose(), ask()), 20),
    ) {
        let lax = rules(&policy);
        for policy in stricter(&policy, &curfew) {
            let strict = rules(&policy);
            for outing in &outings {
                let (strict, lax) = (strict.permits(outing), lax.permits(outing));
                prop_assert!(freedom(strict) <= freedom(lax), "{outing:?}: {strict:?}, {lax:?}");
            }
            for &(purpose, (now_s, start_s, duration_s)) in &asks {
                let strict = strict.window(purpose, now_s, start_s, duration_s);
                if let Ok(strict) = strict {
                    let lax = lax.window(purpose, now_s, start_s, duration_s);
                    prop_assert!(lax.is_ok_and(|lax| lax.from_s == strict.from_s && lax.until_s >= strict.until_s));
                }
            }
        }
    }

    #[test]
    fn a_lower_quota_never_admits_more(
        quota in quota(),
        less in 1..400_u32,
        purpose in purpose(),
        at_s in instant(),
        earlier in prop::collection::vec((purpose(), -DAY_S..DAY_S, 1..10_000_i64), 0..8),
        length_s in 1..10_000_i64,
    ) {
        let with = |quota: Quota| {
            let purposes = [(Purpose::Groceries, PurposeRule::lasting(60))].into();
            rules(&Policy { quotas: vec![quota], ..Policy::new(first_day(), last_day(), purposes) })
        };
        let lower = |much: Option<u32>| much.map(|much| much.saturating_sub(less).max(1));
        let lowered = Quota { passes: lower(quota.passes), minutes: lower(quota.minutes), ..quota.clone() };
        let (strict, lax) = (with(lowered), with(quota));
        let earlier: Vec<(Purpose, Window)> = earlier
            .into_iter()
            .map(|(purpose, ahead_s, length_s)| (purpose, Window { from_s: at_s + ahead_s, until_s: at_s + ahead_s + length_s }))
            .collect();
        let new = Window { from_s: at_s, until_s: at_s + length_s };
        let admits = |rules: &Rules| {
            rules.quota_windows(purpose, at_s).all(|quota: QuotaWindow| quota.admits(earlier.iter().copied(), new))
        };
        prop_assert!(admits(&lax) || !admits(&strict));
    }

    #[test]
    fn before_a_phase_the_policy_is_as_without_it(
        policy in policy(),
        outing in outing(),
        purpose in purpose(),
        (now_s, start_s, duration_s) in ask(),
    ) {
        let all = rules(&policy);
        for number in 0..policy.phases.len() {
            let without = rules(&Policy { phases: policy.phases[..number].to_vec(), ..policy.clone() });
            let phase_s = unix_s(policy.phases[number].from);
            if outing.at_s < phase_s {
                prop_assert_eq!(all.permits(&outing), without.permits(&outing));
                prop_assert_eq!(all.allows(purpose, outing.at_s), without.allows(purpose, outing.at_s));
                prop_assert!(all.quota_windows(purpose, outing.at_s).eq(without.quota_windows(purpose, outing.at_s)));
            }
            // The latest start that this ask can come to.
            if now_s.max(start_s.unwrap_or(now_s)) + 2 * HOUR_S < phase_s {
                prop_assert_eq!(
                    all.window(purpose, now_s, start_s, duration_s),
                    without.window(purpose, now_s, start_s, duration_s)
                );
                prop_assert_eq!(all.advance_s(now_s), without.advance_s(now_s));
            }
        }
    }

    #[test]
    fn from_a_phase_on_the_policy_is_as_if_written_so_from_the_start(
        policy in policy(),
        outing in outing(),
        purpose in purpose(),
        (now_s, start_s, duration_s) in ask(),
    ) {
        let mut merged = policy.clone();
        for phase in std::mem::take(&mut merged.phases) {
            merged.purposes.extend(phase.purposes);
            merged.advance_h = phase.advance_h.unwrap_or(merged.advance_h);
            merged.earliest_start_min = phase.earliest_start_min.unwrap_or(merged.earliest_start_min);
            merged.quotas = phase.quotas.unwrap_or(merged.quotas);
            merged.curfews = phase.curfews.unwrap_or(merged.curfews);
            merged.exempt = phase.exempt.unwrap_or(merged.exempt);
        }
        // Merged, it may allow nothing, which is a fault by itself but well defined.
        let (all, merged) = (rules(&policy), merged.rules(UTC_OFFSET_S));
        let last_s = policy.phases.last().map_or(i64::MIN, |phase| unix_s(phase.from));
        if outing.at_s >= last_s {
            prop_assert_eq!(all.permits(&outing), merged.permits(&outing));
            prop_assert!(all.quota_windows(purpose, outing.at_s).eq(merged.quota_windows(purpose, outing.at_s)));
        }
        if now_s.min(start_s.unwrap_or(now_s)) >= last_s {
            prop_assert_eq!(
                all.window(purpose, now_s, start_s, duration_s),
                merged.window(purpose, now_s, start_s, duration_s)
            );
        }
    }

    #[test]
    fn a_window_keeps_to_the_rules(policy in policy(), purpose in purpose(), (now_s, start_s, duration_s) in ask()) {
        let rules = rules(&policy);
        let Ok(window) = rules.window(purpose, now_s, start_s, duration_s) else { return Ok(()) };
        prop_assert!(window.length_s() > 0 && rules.in_force(window.from_s) && rules.allows(purpose, window.from_s));
        prop_assert!(window.from_s - now_s <= rules.advance_s(now_s));
        prop_assert!(rules.advance_s(now_s) <= rules.longest_advance_s());
        prop_assert!(duration_s.is_none_or(|duration_s| window.length_s() == i64::from(duration_s)));

        // The curfews in force at its start, told without the help of the rules.
        let phases = policy.phases.iter().filter(|phase| unix_s(phase.from) <= window.from_s);
        let curfews = phases.filter_map(|phase| phase.curfews.as_ref()).next_back().unwrap_or(&policy.curfews);
        let time = local(window.from_s).time();
        for curfew in curfews.iter().filter(|curfew| !curfew.purposes.contains(&purpose)) {
            let in_curfew = match curfew.from < curfew.until {
                true => curfew.from <= time && time < curfew.until,
                false => curfew.from <= time || time < curfew.until,
            };
            prop_assert!(!in_curfew, "{window:?} starts in {curfew:?}");
        }

        // Somebody at the holder's own door may go out with it, or without.
        let group = Group { age: AgeBand::From18, occupation: Occupation::None };
        let outing = Outing { purpose, at_s: window.from_s, distance_m: 0, group };
        prop_assert!(!matches!(rules.permits(&outing), Permission::Forbidden(_)));
    }

    #[test]
    fn a_trip_that_needs_a_pass_can_have_one(policy in policy(), outing in outing()) {
        let rules = rules(&policy);
        let asked = |now_s| rules.window(outing.purpose, now_s, Some(outing.at_s), None);
        // Two hours ahead is never too early and always early enough in these policies.
        match (rules.permits(&outing), asked(outing.at_s - 2 * HOUR_S)) {
            (Permission::NeedsPass, window) => prop_assert!(window.is_ok_and(|window| window.from_s == outing.at_s)),
            (Permission::Forbidden(why), window) if why != Refusal::BeyondRadius => prop_assert_eq!(window, Err(why)),
            _ => {}
        }
    }

    #[test]
    fn a_verdict_for_all_day_holds_for_every_trip(policy in policy(), outings in prop::collection::vec(outing(), 30)) {
        let rules = rules(&policy);
        for outing in outings {
            let midnight_s = unix_s(local(outing.at_s).date().at(0, 0, 0, 0));
            if let Some(verdict) = rules.verdict_all_day(outing.purpose, midnight_s, midnight_s + DAY_S) {
                prop_assert_eq!(rules.permits(&outing), verdict, "{:?}", outing);
            }
        }
    }

    #[test]
    fn steady_passes_are_those_of_every_request(policy in policy(), outings in prop::collection::vec(outing(), 30), ahead in 0.0..=1.0) {
        let rules = rules(&policy);
        for Outing { purpose, at_s, .. } in outings {
            let midnight_s = unix_s(local(at_s).date().at(0, 0, 0, 0));
            if let Some(passes) = rules.steady_passes(purpose, midnight_s, midnight_s + DAY_S) {
                let now_s = at_s - (passes.advance_s as f64 * ahead) as i64;
                let window = Window { from_s: at_s, until_s: at_s + passes.length_s };
                prop_assert_eq!(rules.window(purpose, now_s, Some(at_s), None), Ok(window));
                prop_assert_eq!(rules.extended(purpose, window, i64::MAX), window);
                prop_assert_eq!(rules.quota_windows(purpose, at_s).count(), 0);
                prop_assert_eq!((rules.advance_s(at_s), rules.earliest_start_s(at_s)), (passes.advance_s, 0));
            }
        }
    }

    #[test]
    fn periods_begin_and_end_at_local_midnight(per in period(), at_s in instant()) {
        let purposes = [(Purpose::Groceries, PurposeRule::lasting(60))].into();
        let policy = Policy { quotas: vec![Quota::passes(1, per)], ..Policy::new(first_day(), last_day(), purposes) };
        let rules = rules(&policy);
        let Some(quota) = rules.quota_windows(Purpose::Groceries, at_s).next() else {
            prop_assert!(!rules.in_force(at_s));
            return Ok(());
        };
        prop_assert!(quota.starts.contains(at_s) && quota.starts.length_s() <= rules.longest_quota_period_s());
        let today = local(at_s).date();
        let (from, until): (Date, Date) = match per {
            Period::Day => (today, today + 1.day()),
            Period::Week => {
                let monday = today - i64::from(today.weekday().since(Weekday::Monday)).days();
                (monday, monday + 7.days())
            }
            Period::Month => (today.first_of_month(), today.last_of_month() + 1.day()),
            Period::Days(days) => {
                let since = (today - first_day().date()).get_days();
                let from = first_day().date() + i64::from(since - since % days as i32).days();
                (from, from + i64::from(days).days())
            }
        };
        prop_assert_eq!(quota.starts.from_s, unix_s(from.at(0, 0, 0, 0)));
        prop_assert_eq!(quota.starts.until_s, unix_s(until.at(0, 0, 0, 0)));
    }
}
