//! A policy resolved to Unix time: the answers that simulator and server both go by.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Period, Policy, Purpose, PurposeRule, PurposeSet};

const DAY_S: i64 = 86_400;
/// Unix time began on a Thursday; the Monday of that week was three days earlier.
const FIRST_MONDAY_S: i64 = -3 * DAY_S;

/// A [`Policy`] in Unix seconds, ready to be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    from_s: i64,
    until_s: i64,
    advance_s: i64,
    utc_offset_s: i64,
    purposes: [Option<PurposeRule>; Purpose::ALL.len()],
    quotas: Vec<(PurposeSet, u32, Period)>,
}

/// When a pass holds: from `from_s` until just before `until_s`, both in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first second it holds.
    pub from_s: i64,
    /// The first second it no longer holds.
    pub until_s: i64,
}

/// One limit that a new pass must not break: of the resident's passes (cancelled ones apart) for any of `purposes` that start
/// within `starts`, there may be at most `passes`, the new one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaWindow {
    /// Which purposes count together.
    pub purposes: PurposeSet,
    /// The period in which the new pass starts.
    pub starts: Window,
    /// The limit.
    pub passes: u32,
}

/// Why a pass is not issued. Its [name](Refusal::name) is the stable last part of the problem type on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The policy is not in force at the start of the pass.
    NotInForce,
    /// The sunset has come: the service issues nothing any more.
    Sunset,
    /// The purpose is not one the policy allows.
    PurposeNotAllowed,
    /// The pass would start further ahead than may be asked for.
    TooFarAhead,
    /// The pass would start in the past.
    InThePast,
    /// A longer time was asked for than the purpose allows, or none.
    DurationNotAllowed,
    /// The resident has had all passes of this period.
    QuotaExhausted,
}

impl Refusal {
    /// The name on the wire, such as `quota-exhausted`.
    pub const fn name(self) -> &'static str {
        match self {
            Refusal::NotInForce => "not-in-force",
            Refusal::Sunset => "sunset",
            Refusal::PurposeNotAllowed => "purpose-not-allowed",
            Refusal::TooFarAhead => "too-far-ahead",
            Refusal::InThePast => "in-the-past",
            Refusal::DurationNotAllowed => "duration-not-allowed",
            Refusal::QuotaExhausted => "quota-exhausted",
        }
    }

    /// A sentence for the resident.
    pub const fn sentence(self) -> &'static str {
        match self {
            Refusal::NotInForce => "At that time no pass is needed.",
            Refusal::Sunset => "This service has ended; no passes are issued any more.",
            Refusal::PurposeNotAllowed => "The rules do not allow going out for this purpose.",
            Refusal::TooFarAhead => "It is too early to ask for a pass that starts then.",
            Refusal::InThePast => "A pass cannot start in the past.",
            Refusal::DurationNotAllowed => "A pass for this purpose cannot last that long.",
            Refusal::QuotaExhausted => "You have had all passes for this period.",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How far behind the server's clock the start of a pass may lie, in seconds: phones' clocks differ
/// (two minutes of leeway, as in RFC 8392's advice on small leeways).
const CLOCK_LEEWAY_S: i64 = 120;

impl Rules {
    pub(crate) fn new(policy: &Policy, utc_offset_s: i32) -> Self {
        let utc_offset_s = i64::from(utc_offset_s);
        let unix_s = |local: jiff::civil::DateTime| {
            local.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |utc| utc.timestamp().as_second()) - utc_offset_s
        };
        let mut purposes = [None; Purpose::ALL.len()];
        for (purpose, rule) in &policy.purposes {
            purposes[*purpose as usize] = Some(*rule);
        }
        let set_of = |named: &[Purpose]| match named {
            [] => PurposeSet::all(),
            named => named.iter().copied().collect(),
        };
        Rules {
            from_s: unix_s(policy.from),
            until_s: unix_s(policy.until),
            advance_s: i64::from(policy.advance_h) * 3_600,
            utc_offset_s,
            purposes,
            quotas: policy.quotas.iter().map(|quota| (set_of(&quota.purposes), quota.passes, quota.per)).collect(),
        }
    }

    /// Whether the policy is in force at `at_s`.
    pub fn in_force(&self, at_s: i64) -> bool {
        (self.from_s..self.until_s).contains(&at_s)
    }

    /// Whether the sunset has come by `at_s`.
    pub fn is_over(&self, at_s: i64) -> bool {
        at_s >= self.until_s
    }

    /// Whether a trip for `purpose` at `at_s` needs a pass. A forbidden purpose needs one too, and never gets it.
    pub fn needs_pass(&self, purpose: Purpose, at_s: i64) -> bool {
        self.in_force(at_s) && self.purposes[purpose as usize].is_none_or(|rule| rule.needs_pass)
    }

    /// Whether the policy allows going out for `purpose` at all.
    pub fn allows(&self, purpose: Purpose) -> bool {
        self.purposes[purpose as usize].is_some()
    }

    /// How long a pass for `purpose` lasts, in seconds, when the purpose is allowed.
    fn validity_s(&self, purpose: Purpose) -> Option<u32> {
        self.purposes[purpose as usize].map(|rule| rule.validity_min.saturating_mul(60))
    }

    /// How long before its start a pass may be asked for, in seconds.
    pub fn advance_s(&self) -> i64 {
        self.advance_s
    }

    /// When a pass asked for at `now_s` would hold. `start_s` is its wanted start (default: now) and `duration_s` its wanted
    /// length (default: all that the purpose allows).
    ///
    /// # Errors
    /// The [`Refusal`] that applies, quotas apart: those need the resident's other passes ([`Rules::quota_windows`]).
    pub fn window(
        &self,
        purpose: Purpose,
        now_s: i64,
        start_s: Option<i64>,
        duration_s: Option<u32>,
    ) -> Result<Window, Refusal> {
        let from_s = start_s.unwrap_or(now_s);
        let longest_s = self.validity_s(purpose).ok_or(Refusal::PurposeNotAllowed)?;
        let duration_s = duration_s.unwrap_or(longest_s);
        if self.is_over(now_s) || self.is_over(from_s) {
            Err(Refusal::Sunset)
        } else if from_s < self.from_s {
            Err(Refusal::NotInForce)
        } else if from_s < now_s - CLOCK_LEEWAY_S {
            Err(Refusal::InThePast)
        } else if from_s - now_s > self.advance_s {
            Err(Refusal::TooFarAhead)
        } else if duration_s == 0 || duration_s > longest_s {
            Err(Refusal::DurationNotAllowed)
        } else {
            Ok(Window { from_s, until_s: from_s + i64::from(duration_s) })
        }
    }

    /// The limits that a pass for `purpose` starting at `start_s` must keep.
    pub fn quota_windows(&self, purpose: Purpose, start_s: i64) -> impl Iterator<Item = QuotaWindow> + '_ {
        let applies = move |quota: &&(PurposeSet, u32, Period)| quota.0.contains(purpose);
        self.quotas.iter().filter(applies).map(move |&(purposes, passes, per)| QuotaWindow {
            purposes,
            passes,
            starts: self.period(per, start_s),
        })
    }

    /// The local day or week that holds `at_s`.
    fn period(&self, per: Period, at_s: i64) -> Window {
        let local_s = at_s + self.utc_offset_s;
        let (first_s, length_s) = match per {
            Period::Day => (0, DAY_S),
            Period::Week => (FIRST_MONDAY_S, 7 * DAY_S),
        };
        let from_s = local_s - (local_s - first_s).rem_euclid(length_s) - self.utc_offset_s;
        Window { from_s, until_s: from_s + length_s }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quota;
    use std::collections::BTreeMap;

    /// 2020-04-02T00:00+03:00, a Thursday.
    const MIDNIGHT_S: i64 = 1_585_774_800;

    fn policy() -> Policy {
        let rule = |validity_min| PurposeRule { validity_min, needs_pass: true };
        Policy {
            from: jiff::civil::datetime(2020, 4, 2, 12, 0, 0, 0),
            until: jiff::civil::datetime(2020, 6, 12, 0, 0, 0, 0),
            advance_h: 24,
            purposes: BTreeMap::from([
                (Purpose::Groceries, rule(180)),
                (Purpose::Pet, PurposeRule { validity_min: 60, needs_pass: false }),
            ]),
            quotas: vec![Quota { purposes: vec![Purpose::Groceries], passes: 2, per: Period::Week }],
        }
    }

    #[test]
    fn local_times_become_unix_times() {
        let rules = policy().rules(3 * 3_600);
        let noon_s = MIDNIGHT_S + 12 * 3_600;
        assert!(!rules.in_force(noon_s - 1) && rules.in_force(noon_s));
        assert!(rules.needs_pass(Purpose::Groceries, noon_s));
        assert!(!rules.needs_pass(Purpose::Pet, noon_s), "exempt");
        assert!(rules.needs_pass(Purpose::Other, noon_s), "forbidden trips need the pass they cannot get");
    }

    #[test]
    fn each_refusal_has_its_case() {
        let rules = policy().rules(3 * 3_600);
        let now_s = MIDNIGHT_S + 13 * 3_600;
        let ask = |purpose, start_s, duration_s| rules.window(purpose, now_s, start_s, duration_s);
        assert_eq!(ask(Purpose::Groceries, None, None), Ok(Window { from_s: now_s, until_s: now_s + 10_800 }));
        assert_eq!(ask(Purpose::Groceries, None, Some(1)).map(|window| window.until_s), Ok(now_s + 1));
        assert_eq!(ask(Purpose::Other, None, None), Err(Refusal::PurposeNotAllowed));
        assert_eq!(ask(Purpose::Groceries, Some(now_s - 121), None), Err(Refusal::InThePast));
        assert_eq!(ask(Purpose::Groceries, Some(now_s - 3_601), None), Err(Refusal::NotInForce));
        assert_eq!(ask(Purpose::Groceries, Some(now_s + 86_401), None), Err(Refusal::TooFarAhead));
        assert_eq!(ask(Purpose::Groceries, None, Some(10_801)), Err(Refusal::DurationNotAllowed));
        assert_eq!(ask(Purpose::Groceries, None, Some(0)), Err(Refusal::DurationNotAllowed));
        let after_s = MIDNIGHT_S + 80 * DAY_S;
        assert_eq!(rules.window(Purpose::Groceries, after_s, None, None), Err(Refusal::Sunset));
    }

    #[test]
    fn a_week_runs_from_local_monday() {
        let rules = policy().rules(3 * 3_600);
        let windows: Vec<_> = rules.quota_windows(Purpose::Groceries, MIDNIGHT_S + 5).collect();
        let monday_s = MIDNIGHT_S - 3 * DAY_S;
        assert_eq!(windows.len(), 1);
        assert_eq!(windows[0].starts, Window { from_s: monday_s, until_s: monday_s + 7 * DAY_S });
        assert_eq!(rules.quota_windows(Purpose::Pet, MIDNIGHT_S).count(), 0);
    }
}
