//! What must hold: the `[slo]` section.

use passes::{Fault, Share};
use serde::{Deserialize, Serialize};

use crate::Kind;

/// What must hold for each kind of request: the `[slo]` section.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Slo {
    /// Which percentile of the response time is limited, above 0 and up to 100.
    pub percentile: f64,
    /// The limit of that percentile, in milliseconds.
    pub response_time_ms: f64,
    /// Share of requests that must be answered rightly.
    pub right_share: Share,
    /// Share of requests that may be dropped, never sent for want of a connection.
    pub dropped_share: Share,
    /// What else holds for plain GETs.
    pub get: Option<KindSlo>,
    /// What else holds for registrations.
    pub register: Option<KindSlo>,
    /// What else holds for issues.
    pub issue: Option<KindSlo>,
    /// What else holds for verifications.
    pub verify: Option<KindSlo>,
    /// What else holds for cancellations.
    pub cancel: Option<KindSlo>,
    /// What else holds for check-ins.
    pub check_in: Option<KindSlo>,
}

/// What one kind of request is held to in place of what holds for all: `[slo.verify]` and its like. What is left out is as for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KindSlo {
    /// In place of [`Slo::percentile`].
    pub percentile: Option<f64>,
    /// In place of [`Slo::response_time_ms`].
    pub response_time_ms: Option<f64>,
    /// In place of [`Slo::right_share`].
    pub right_share: Option<Share>,
    /// In place of [`Slo::dropped_share`].
    pub dropped_share: Option<Share>,
}

impl Default for Slo {
    /// 99 % of requests under 250 ms, 99.9 % answered rightly, none dropped, for all kinds alike (assumption).
    fn default() -> Self {
        Slo {
            percentile: 99.0,
            response_time_ms: 250.0,
            right_share: Share::of(0.999),
            dropped_share: Share::of(0.0),
            get: None,
            register: None,
            issue: None,
            verify: None,
            cancel: None,
            check_in: None,
        }
    }
}

impl Slo {
    /// Everything that is wrong with these objectives though each value can be read.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        check("slo", Some(self.percentile), Some(self.response_time_ms), &mut faults);
        for kind in Kind::ALL {
            if let Some(own) = self.own(kind) {
                check(&format!("slo.{kind}"), own.percentile, own.response_time_ms, &mut faults);
            }
        }
        faults
    }

    fn own(&self, kind: Kind) -> Option<KindSlo> {
        match kind {
            Kind::Get => self.get,
            Kind::Register => self.register,
            Kind::Issue => self.issue,
            Kind::Verify => self.verify,
            Kind::Cancel => self.cancel,
            Kind::CheckIn => self.check_in,
        }
    }

    /// What holds for `kind`: its own objectives, and for all else those of all kinds.
    pub fn of(&self, kind: Kind) -> Slo {
        let own = self.own(kind).unwrap_or_default();
        Slo {
            percentile: own.percentile.unwrap_or(self.percentile),
            response_time_ms: own.response_time_ms.unwrap_or(self.response_time_ms),
            right_share: own.right_share.unwrap_or(self.right_share),
            dropped_share: own.dropped_share.unwrap_or(self.dropped_share),
            ..Slo::default()
        }
    }

    /// The objectives of that one of `kinds` whose time is limited most; those of all kinds when there is none.
    pub(crate) fn tightest(&self, kinds: impl Iterator<Item = Kind>) -> Slo {
        let all = kinds.map(|kind| self.of(kind));
        all.min_by(|a, b| a.response_time_ms.total_cmp(&b.response_time_ms)).unwrap_or(*self)
    }

    /// The limits of the response time by kind, in nanoseconds.
    pub(crate) fn limits_ns(&self) -> [u64; Kind::ALL.len()] {
        Kind::ALL.map(|kind| (self.of(kind).response_time_ms * 1e6) as u64)
    }

    /// So many requests are needed before `right_share` can be believed: if n requests show no failure, the true rate of failures
    /// is below 3 / n with 95 % confidence (the rule of three; Hanley & Lippman-Hand, JAMA 249, 1983).
    pub(crate) fn least_requests(&self) -> f64 {
        let allowed = 1.0 - self.right_share.get();
        // An objective of exactly 1 can never be shown; a thousand times finer than 99.9 % is as good as one can ask.
        3.0 / allowed.max(1e-6)
    }
}

fn check(section: &str, percentile: Option<f64>, response_time_ms: Option<f64>, faults: &mut Vec<Fault>) {
    if let Some(percentile) = percentile.filter(|percentile| !(*percentile > 0.0 && *percentile <= 100.0)) {
        let message = format!("{percentile} is no percentile; write 99 for 99 %");
        faults.push(Fault::new(format!("{section}.percentile"), message));
    }
    if let Some(limit_ms) = response_time_ms.filter(|limit_ms| !(*limit_ms > 0.0 && limit_ms.is_finite())) {
        let message = format!("{limit_ms} ms can never be kept; write a time above 0");
        faults.push(Fault::new(format!("{section}.response_time_ms"), message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_sound_and_faults_are_named() {
        assert!(Slo::default().faults().is_empty());
        let verify = Some(KindSlo { percentile: Some(0.0), ..KindSlo::default() });
        let slo = Slo { percentile: 0.0, response_time_ms: f64::NAN, verify, ..Slo::default() };
        let keys: Vec<String> = slo.faults().into_iter().map(|fault| fault.key).collect();
        assert_eq!(keys, ["slo.percentile", "slo.response_time_ms", "slo.verify.percentile"]);
    }

    #[test]
    fn a_kind_can_be_held_to_more() {
        let verify = KindSlo { response_time_ms: Some(50.0), ..KindSlo::default() };
        let slo = Slo { verify: Some(verify), right_share: Share::of(0.9), ..Slo::default() };
        assert_eq!((slo.of(Kind::Verify).response_time_ms, slo.of(Kind::Verify).right_share), (50.0, Share::of(0.9)));
        assert_eq!(slo.of(Kind::Issue).response_time_ms, 250.0);
        assert_eq!(slo.tightest([Kind::Issue, Kind::Verify].into_iter()).response_time_ms, 50.0);
        assert_eq!(slo.limits_ns()[Kind::Verify as usize], 50_000_000);
    }

    #[test]
    fn the_rule_of_three() {
        assert!((Slo::default().least_requests() - 3_000.0).abs() < 1e-6);
    }
}
