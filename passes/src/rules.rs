//! A policy resolved to Unix time: the answers that simulator and server both go by.

use crate::{Policy, Purpose, Zone};

mod clock;
mod exempted;
mod outing;
mod quota_window;
mod refusal;
mod regime;
mod window;

use clock::LocalClock;
pub use outing::{Outing, Permission};
pub use quota_window::{Limit, QuotaWindow};
pub use refusal::Refusal;
use regime::{Regime, Validity};
pub use window::Window;

/// How far behind the server's clock the start of a pass may lie, in seconds: phones' clocks differ
/// (two minutes of leeway, as in RFC 8392's advice on small leeways).
const CLOCK_LEEWAY_S: i64 = 120;

/// What is told to every request of a day for a pass ([`Rules::steady_passes`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SteadyPasses {
    /// How long before its start a pass may be asked for, in seconds.
    pub advance_s: i64,
    /// How long it lasts, in seconds.
    pub length_s: i64,
}

/// A [`Policy`] in Unix seconds, ready to be asked. No answer allocates.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    from_s: i64,
    until_s: i64,
    clock: LocalClock,
    /// What holds from one instant to the next, in the order of time; the first begins at `from_s`.
    regimes: Vec<Regime>,
    extensions: Vec<Extension>,
}

/// At `from_s`, the passes for `purpose` that still hold are prolonged until `until_s`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Extension {
    purpose: Purpose,
    from_s: i64,
    until_s: i64,
}

impl Rules {
    pub(crate) fn new(policy: &Policy, utc_offset_s: i32) -> Self {
        let clock = LocalClock::new(utc_offset_s, policy.from);
        let extensions = policy.phases.iter().flat_map(|phase| {
            let from_s = clock.unix_s(phase.from);
            let extended = phase.purposes.iter().filter(|(_, rule)| rule.extends_issued);
            extended.filter_map(move |(&purpose, rule)| {
                rule.valid_until.map(|until| Extension { purpose, from_s, until_s: clock.unix_s(until) })
            })
        });
        Rules {
            from_s: clock.unix_s(policy.from),
            until_s: clock.unix_s(policy.until),
            clock,
            regimes: policy.terms().iter().map(|terms| Regime::new(terms, &clock)).collect(),
            extensions: extensions.collect(),
        }
    }

    /// Whether the policy is in force at `at_s`.
    pub fn in_force(&self, at_s: i64) -> bool {
        (self.from_s..self.until_s).contains(&at_s)
    }

    /// From the policy's start until its sunset.
    pub const fn in_force_for(&self) -> Window {
        Window { from_s: self.from_s, until_s: self.until_s }
    }

    /// The instant such that every pass whose time, as it was issued, ended before it has ended before `at_s`, though phases prolong passes.
    pub fn ended_for_good(&self, at_s: i64) -> i64 {
        let mut safe_s = at_s;
        // A pass that was prolonged may be prolonged again: look until nothing changes.
        while let Some(extension) =
            self.extensions.iter().find(|extension| extension.until_s > safe_s && extension.from_s < safe_s)
        {
            safe_s = extension.from_s;
        }
        safe_s
    }

    /// Whether the sunset has come by `at_s`: nothing is issued and nothing new is kept of anybody.
    pub fn is_over(&self, at_s: i64) -> bool {
        at_s >= self.until_s
    }

    /// The local day that holds `at_s`, in days since 1970.
    pub fn local_day(&self, at_s: i64) -> i32 {
        self.clock.day_number(at_s)
    }

    /// Whether the policy allows going out for `purpose` at `at_s`, be it with a pass; curfews, hours and distance apart. Where
    /// the policy is not in force, everything is allowed.
    pub fn allows(&self, purpose: Purpose, at_s: i64) -> bool {
        self.regime(at_s).is_none_or(|regime| regime.allows(purpose, at_s))
    }

    /// Whether somebody on a trip for `purpose` at `at_s` may need a pass: a forbidden trip needs one too, and never gets it.
    /// Which trips do, [`Rules::permits`] tells.
    pub fn needs_pass(&self, purpose: Purpose, at_s: i64) -> bool {
        self.regime(at_s).is_some_and(|regime| regime.needs_pass(purpose))
    }

    /// What the policy says of a trip that begins now.
    pub fn permits(&self, outing: &Outing) -> Permission {
        let Some(regime) = self.regime(outing.at_s) else { return Permission::Free };
        regime.permits(outing, self.clock.second_of_day(outing.at_s))
    }

    /// What [`Rules::permits`] says of every trip for `purpose` from `from_s` until just before `until_s`, whenever, how far and by
    /// whom it is made; `None` when that depends. With it a simulator asks once a day and not once a trip.
    pub fn verdict_all_day(&self, purpose: Purpose, from_s: i64, until_s: i64) -> Option<Permission> {
        let outside = (from_s < self.from_s || until_s > self.until_s).then_some(Some(Permission::Free));
        let ends_s = self.regimes.iter().skip(1).map(|next| next.from_s).chain([self.until_s]);
        let overlapping =
            self.regimes.iter().zip(ends_s).filter(|(regime, end_s)| regime.from_s.max(from_s) < until_s.min(*end_s));
        let within = overlapping.map(|(regime, end_s)| regime.verdict(purpose, from_s, until_s.min(end_s)));
        let mut verdicts = outside.into_iter().chain(within);
        let first = verdicts.next()??;
        verdicts.all(|verdict| verdict == Some(first)).then_some(first)
    }

    /// What every request for a pass for `purpose` is told whose pass is to start from `from_s` until just before `until_s`, however
    /// long before within the time ahead: a pass from that start on, and how long it lasts. `None` when that depends, or when quotas,
    /// a delay or a later phase have a say. With it a simulator asks once a day and not once a request.
    pub fn steady_passes(&self, purpose: Purpose, from_s: i64, until_s: i64) -> Option<SteadyPasses> {
        let regime = self.regime(from_s)?;
        let asked_from_s = from_s - regime.advance_s;
        let is_one =
            std::ptr::eq(self.service(asked_from_s), regime) && std::ptr::eq(self.service(until_s - 1), regime);
        let depends = until_s > self.until_s
            || regime.earliest_start_s > 0
            || self.longest_quota_period_s() > 0
            || self.extensions.iter().any(|extension| extension.purpose == purpose)
            || regime.verdict(purpose, from_s, until_s) != Some(Permission::NeedsPass);
        match regime.validity(purpose, from_s, self.clock.second_of_day(from_s)) {
            Ok(Validity::Seconds(length_s)) if is_one && !depends => {
                Some(SteadyPasses { advance_s: regime.advance_s, length_s })
            }
            _ => None,
        }
    }

    /// How long before its start a pass may be asked for at `now_s`, in seconds.
    pub fn advance_s(&self, now_s: i64) -> i64 {
        self.service(now_s).advance_s
    }

    /// How long after it is asked for at `now_s` a pass starts to hold at the earliest, in seconds.
    pub fn earliest_start_s(&self, now_s: i64) -> i64 {
        self.service(now_s).earliest_start_s
    }

    /// The longest of all [`Rules::advance_s`]: no pass was issued longer than this before its start.
    pub fn longest_advance_s(&self) -> i64 {
        self.regimes.iter().map(|regime| regime.advance_s).max().unwrap_or(0)
    }

    /// The longest time for which a pass can hold, in seconds, prolonged ones included.
    pub fn longest_pass_s(&self) -> i64 {
        let issued = self.regimes.iter().flat_map(|regime| regime.longest_passes_s());
        let extended = self.extensions.iter().map(|extension| extension.until_s - self.from_s);
        issued.chain(extended).max().unwrap_or(0)
    }

    /// How far the region's clock is ahead of UTC, in seconds.
    pub fn utc_offset_s(&self) -> i64 {
        self.clock.utc_offset_s()
    }

    /// How far from home a pass for `purpose` permits that starts at `start_s`.
    pub fn zone(&self, purpose: Purpose, start_s: i64) -> Zone {
        Zone::of_radius(self.regime(start_s).and_then(|regime| regime.radius_m(purpose)))
    }

    /// The longest period of a quota, in seconds; 0 without quotas. A pass that started longer before another than this no longer
    /// counts.
    pub fn longest_quota_period_s(&self) -> i64 {
        self.regimes.iter().flat_map(Regime::quota_periods_s).max().unwrap_or(0)
    }

    /// Whether a quota, at whatever time, counts passes for `purpose`.
    pub fn has_quota(&self, purpose: Purpose) -> bool {
        self.regimes.iter().flat_map(|regime| &regime.quotas).any(|quota| quota.purposes.contains(purpose))
    }

    /// When a pass asked for at `now_s` would hold. `start_s` is its wanted start (default: now) and `duration_s` its wanted
    /// length (default: all that the purpose allows). Where passes start some time after they are asked for, the start moves to
    /// the earliest one allowed.
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
        let from_s = self.start(now_s, start_s.unwrap_or(now_s))?;
        let regime = self.regime(from_s).ok_or(Refusal::NotInForce)?;
        let longest_until_s = match regime.validity(purpose, from_s, self.clock.second_of_day(from_s))? {
            Validity::Seconds(seconds) => from_s + seconds,
            Validity::Day => self.clock.day(from_s).until_s,
            Validity::Until(until_s) => until_s,
        };
        let until_s = duration_s.map_or(longest_until_s, |duration_s| from_s + i64::from(duration_s));
        if (from_s + 1..=longest_until_s).contains(&until_s) {
            Ok(Window { from_s, until_s })
        } else {
            Err(Refusal::DurationNotAllowed)
        }
    }

    /// When a pass starts that is asked for at `now_s` and wanted from `wanted_s` on.
    fn start(&self, now_s: i64, wanted_s: i64) -> Result<i64, Refusal> {
        let service = self.service(now_s);
        let from_s = match service.earliest_start_s {
            // A start within the leeway stays where the phone's clock put it.
            0 => wanted_s,
            earliest_s => wanted_s.max(now_s + earliest_s),
        };
        if self.is_over(now_s) || self.is_over(from_s) {
            Err(Refusal::Sunset)
        } else if from_s < self.from_s {
            Err(Refusal::NotInForce)
        } else if wanted_s < now_s - CLOCK_LEEWAY_S {
            Err(Refusal::InThePast)
        } else if from_s - now_s > service.advance_s {
            Err(Refusal::TooFarAhead)
        } else {
            Ok(from_s)
        }
    }

    /// The limits that a pass for `purpose` starting at `start_s` must keep.
    pub fn quota_windows(&self, purpose: Purpose, start_s: i64) -> impl Iterator<Item = QuotaWindow> + '_ {
        let quotas = self.regime(start_s).map_or(&[][..], |regime| &regime.quotas);
        let applies = quotas.iter().filter(move |quota| quota.purposes.contains(purpose));
        applies.map(move |quota| quota.window(self.clock.period(quota.per, start_s)))
    }

    /// When a pass holds, as it stands at `now_s`, that was issued for `window`: a phase may prolong the passes that still hold
    /// when it begins.
    pub fn extended(&self, purpose: Purpose, window: Window, now_s: i64) -> Window {
        let begun = |extension: &&Extension| extension.purpose == purpose && extension.from_s <= now_s;
        let extensions = self.extensions.iter().filter(begun);
        extensions.fold(window, |Window { from_s, until_s }, extension| {
            let holds = (from_s..until_s).contains(&extension.from_s);
            Window { from_s, until_s: if holds { until_s.max(extension.until_s) } else { until_s } }
        })
    }

    /// What holds at `at_s`, while the policy is in force.
    fn regime(&self, at_s: i64) -> Option<&Regime> {
        self.in_force(at_s).then(|| self.service(at_s))
    }

    /// How the service works at `now_s`: as at the policy's start before it, as at its end afterwards.
    fn service(&self, now_s: i64) -> &Regime {
        let begun = self.regimes.partition_point(|regime| regime.from_s <= now_s);
        &self.regimes[begun.saturating_sub(1)]
    }
}
