//! What holds from one instant to the next.

use super::clock::{self, LocalClock};
use super::exempted::Exempted;
use super::quota_window::ResolvedQuota;
use super::{Outing, Permission, Refusal};
use crate::policy::{self, Hours, PurposeRule, Terms};
use crate::{Purpose, PurposeSet};

/// The policy's terms in Unix seconds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Regime {
    pub(super) from_s: i64,
    pub(super) advance_s: i64,
    pub(super) earliest_start_s: i64,
    pub(super) quotas: Vec<ResolvedQuota>,
    purposes: [Option<Rule>; Purpose::ALL.len()],
    /// When nobody may be out, except for these purposes.
    curfews: Vec<(Stretch, PurposeSet)>,
    exempt: Vec<Exempted>,
}

/// How long a pass lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Validity {
    /// So many seconds.
    Seconds(i64),
    /// To the next local midnight.
    Day,
    /// Until this Unix second; none is issued from then on.
    Until(i64),
}

/// What holds for an allowed purpose.
#[derive(Clone, Debug, PartialEq)]
struct Rule {
    /// `None`: there is no pass for it.
    validity: Option<Validity>,
    needs_pass: bool,
    radius_m: Option<u32>,
    near_home_m: Option<u32>,
    hours: Vec<Stretch>,
}

/// A stretch of every day, in seconds after local midnight. One that ends at or before its start runs over midnight.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    from_s: u32,
    until_s: u32,
}

impl Stretch {
    fn new(hours: Hours) -> Self {
        Stretch { from_s: clock::second_of(hours.from), until_s: clock::second_of(hours.until) }
    }

    fn contains(self, second_of_day: u32) -> bool {
        let (begun, ended) = (second_of_day >= self.from_s, second_of_day >= self.until_s);
        if self.from_s < self.until_s { begun && !ended } else { begun || !ended }
    }
}

impl Regime {
    pub(super) fn new(terms: &Terms, clock: &LocalClock) -> Self {
        let mut purposes = [const { None }; Purpose::ALL.len()];
        for (purpose, rule) in terms.purposes.iter().filter(|(_, rule)| rule.allowed) {
            purposes[*purpose as usize] = Some(Rule::new(rule, clock));
        }
        let curfew = |curfew: &policy::Curfew| {
            let stretch = Stretch::new(Hours { from: curfew.from, until: curfew.until });
            (stretch, curfew.purposes.iter().copied().collect())
        };
        Regime {
            from_s: clock.unix_s(terms.from),
            advance_s: i64::from(terms.advance_h) * 3_600,
            earliest_start_s: i64::from(terms.earliest_start_min) * 60,
            quotas: terms.quotas.iter().map(ResolvedQuota::new).collect(),
            purposes,
            curfews: terms.curfews.iter().map(curfew).collect(),
            exempt: terms.exempt.iter().map(Exempted::new).collect(),
        }
    }

    /// Whether `purpose` is allowed at `at_s`, be it with a pass.
    pub(super) fn allows(&self, purpose: Purpose, at_s: i64) -> bool {
        self.rule(purpose).is_some_and(|rule| !rule.needs_pass || rule.pass(at_s).is_some())
    }

    /// Whether some trip for `purpose` needs a pass.
    pub(super) fn needs_pass(&self, purpose: Purpose) -> bool {
        self.rule(purpose).is_none_or(|rule| rule.needs_pass)
    }

    /// What holds for a trip that begins `second_of_day` after midnight.
    ///
    /// A curfew holds for everybody; the exempt are asked for nothing else; then come the limits of the purpose.
    pub(super) fn permits(&self, outing: &Outing, second_of_day: u32) -> Permission {
        let purpose = outing.purpose;
        if self.is_curfew(purpose, second_of_day) {
            Permission::Forbidden(Refusal::Curfew)
        } else if self.exempt.iter().any(|exempt| exempt.covers(purpose, outing.group)) {
            Permission::Free
        } else {
            self.rule(purpose).map_or(Permission::Forbidden(Refusal::PurposeNotAllowed), |rule| {
                rule.permits(outing.at_s, second_of_day, outing.distance_m)
            })
        }
    }

    /// What holds for every trip for `purpose` from `from_s` until just before `until_s`; `None` when that depends.
    pub(super) fn verdict(&self, purpose: Purpose, from_s: i64, until_s: i64) -> Option<Permission> {
        if self.curfews.iter().any(|(_, spared)| !spared.contains(purpose)) {
            None
        } else if self.exempt.iter().any(|exempt| exempt.covers_everybody(purpose)) {
            Some(Permission::Free)
        } else {
            let exempts = self.exempt.iter().any(|exempt| exempt.covers_somebody(purpose));
            let verdict = match self.rule(purpose) {
                Some(rule) => rule.verdict(from_s, until_s)?,
                None => Permission::Forbidden(Refusal::PurposeNotAllowed),
            };
            (!exempts || verdict == Permission::Free).then_some(verdict)
        }
    }

    /// How long a pass for `purpose` lasts that starts at `from_s`, `second_of_day` after midnight.
    pub(super) fn validity(&self, purpose: Purpose, from_s: i64, second_of_day: u32) -> Result<Validity, Refusal> {
        if self.is_curfew(purpose, second_of_day) {
            return Err(Refusal::Curfew);
        }
        let rule = self.rule(purpose).ok_or(Refusal::PurposeNotAllowed)?;
        if !rule.is_open(second_of_day) {
            return Err(Refusal::OutsideHours);
        }
        let none = if rule.needs_pass { Refusal::PurposeNotAllowed } else { Refusal::PassNotNeeded };
        rule.pass(from_s).ok_or(none)
    }

    /// How long passes can hold that start under this regime, in seconds.
    pub(super) fn longest_passes_s(&self) -> impl Iterator<Item = i64> + '_ {
        self.purposes.iter().flatten().filter_map(|rule| rule.validity).map(|validity| match validity {
            Validity::Seconds(seconds) => seconds,
            Validity::Day => clock::DAY_S,
            Validity::Until(until_s) => until_s - self.from_s,
        })
    }

    /// How far from home a trip for `purpose` may go, where that is limited.
    pub(super) fn radius_m(&self, purpose: Purpose) -> Option<u32> {
        self.rule(purpose).and_then(|rule| rule.radius_m)
    }

    /// How long the quotas' periods can last, in seconds.
    pub(super) fn quota_periods_s(&self) -> impl Iterator<Item = i64> + '_ {
        self.quotas.iter().map(|quota| clock::longest_s(quota.per))
    }

    fn rule(&self, purpose: Purpose) -> Option<&Rule> {
        self.purposes[purpose as usize].as_ref()
    }

    fn is_curfew(&self, purpose: Purpose, second_of_day: u32) -> bool {
        self.curfews.iter().any(|(stretch, spared)| stretch.contains(second_of_day) && !spared.contains(purpose))
    }
}

impl Rule {
    fn new(rule: &PurposeRule, clock: &LocalClock) -> Self {
        // Exactly one of the three is there in a policy without faults, unless no pass is needed.
        let validity = rule.validity_min.map(|minutes| Validity::Seconds(i64::from(minutes) * 60));
        let validity = validity.or(rule.validity.map(|policy::Validity::Day| Validity::Day));
        Rule {
            validity: validity.or(rule.valid_until.map(|until| Validity::Until(clock.unix_s(until)))),
            needs_pass: rule.needs_pass,
            radius_m: rule.radius_m,
            near_home_m: rule.near_home_m,
            hours: rule.hours.iter().copied().map(Stretch::new).collect(),
        }
    }

    fn permits(&self, at_s: i64, second_of_day: u32, distance_m: u32) -> Permission {
        if !self.is_open(second_of_day) {
            Permission::Forbidden(Refusal::OutsideHours)
        } else if self.radius_m.is_some_and(|radius_m| distance_m > radius_m) {
            Permission::Forbidden(Refusal::BeyondRadius)
        } else if self.near_home_m.is_some_and(|near_home_m| distance_m <= near_home_m) {
            Permission::Free
        } else {
            self.anywhere(at_s)
        }
    }

    /// What holds at `at_s` for a trip within the hours and the radius, but not near home.
    fn anywhere(&self, at_s: i64) -> Permission {
        match (self.needs_pass, self.pass(at_s)) {
            (false, _) => Permission::Free,
            (true, Some(_)) => Permission::NeedsPass,
            (true, None) => Permission::Forbidden(Refusal::PurposeNotAllowed),
        }
    }

    fn verdict(&self, from_s: i64, until_s: i64) -> Option<Permission> {
        let varies =
            !self.hours.is_empty() || self.radius_m.is_some() || (self.needs_pass && self.near_home_m.is_some());
        let first = self.anywhere(from_s);
        (!varies && first == self.anywhere(until_s - 1)).then_some(first)
    }

    /// How long a pass lasts that starts at `at_s`, if there is one.
    fn pass(&self, at_s: i64) -> Option<Validity> {
        self.validity.filter(|validity| !matches!(validity, Validity::Until(until_s) if at_s >= *until_s))
    }

    fn is_open(&self, second_of_day: u32) -> bool {
        self.hours.is_empty() || self.hours.iter().any(|stretch| stretch.contains(second_of_day))
    }
}
