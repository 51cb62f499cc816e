//! How much may be asked of a host that is not this machine, until more is asked for in words.

use std::time::Duration;

use passes::Fault;

use crate::{Plan, Target};

/// The most that a run may ask of hosts other than this one, of all together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ceilings {
    /// The highest rate at any time, in requests per second. Preparation keeps to it, too.
    pub rate_per_s: f64,
    /// The longest run.
    pub duration: Duration,
}

impl Default for Ceilings {
    /// 100 requests per second for a minute (assumptions): no slip of the hand with it brings a server down.
    fn default() -> Self {
        Ceilings { rate_per_s: 100.0, duration: Duration::from_secs(60) }
    }
}

impl Plan {
    /// What of this plan goes beyond what may be asked of `target`.
    pub(crate) fn faults_above(&self, target: &Target) -> Vec<Fault> {
        let Some(ceilings) = target.ceilings() else { return Vec::new() };
        let (host, mut faults) = (target.hosts_elsewhere().join(" and "), Vec::new());
        match self.peak_per_s() {
            Some(peak_per_s) if peak_per_s > ceilings.rate_per_s => faults.push(Fault::new(
                "rate",
                format!(
                    "the plan asks up to {peak_per_s:.0} requests per second of {host}, and the ceiling for hosts other than this one is {:.0}; \
                     ask less, or raise it with --rate-ceiling {:.0}",
                    ceilings.rate_per_s,
                    peak_per_s.ceil()
                ),
            )),
            Some(_) => {}
            None => faults.push(Fault::new(
                "closed",
                format!("a closed loop has no rate that could be kept under a ceiling, so none goes to {host}; write a rate"),
            )),
        }
        let duration = self.duration();
        if duration > ceilings.duration {
            faults.push(Fault::new(
                "duration",
                format!(
                    "the plan lasts {:.0} s, and the ceiling for hosts other than this one is {:.0} s; ask for less, or raise it with \
                     --duration-ceiling {:.0}s",
                    duration.as_secs_f64(),
                    ceilings.duration.as_secs_f64(),
                    duration.as_secs_f64().ceil()
                ),
            ));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arrivals, Kind, Mix};

    #[test]
    fn other_hosts_are_asked_little_until_told_otherwise() {
        // 192.0.2.0/24 is kept for documentation (RFC 5737); nothing is sent.
        let other = Target::parse("http://192.0.2.7", &["192.0.2.7".into()]).unwrap();
        let this = Target::parse("http://127.0.0.1:1", &[]).unwrap();
        let mix = || Mix::only(Kind::Issue);
        let duration = Duration::from_secs(90);
        let plan = Plan::Rate { arrivals: Arrivals::Poisson { rate_per_s: 500.0 }, duration, mix: mix() };
        let told: Vec<String> = plan.faults_above(&other).into_iter().map(|fault| fault.message).collect();
        assert!(told[0].contains("--rate-ceiling 500") && told[1].contains("--duration-ceiling 90s"), "{told:?}");
        let raised = other.clone().under(Ceilings { rate_per_s: 500.0, duration });
        assert_eq!((plan.faults_above(&raised), plan.faults_above(&this)), (vec![], vec![]));
        let closed = Plan::Closed { connections: 1, duration, mix: mix() };
        assert_eq!((closed.faults_above(&raised).len(), closed.faults_above(&this).len()), (1, 0));
    }
}
