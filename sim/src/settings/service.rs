//! The `[service]` section.

use jiff::civil::DateTime;
use passes::Fault;
use serde::{Deserialize, Serialize};

use super::valid::within;

/// The pass service as residents and officers meet it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Service {
    /// How it answers. Default `always`.
    pub kind: ServiceKind,
    /// Requests it can answer in a second (kind `capacity`). Default 1000 (assumption).
    pub rate_per_s: f64,
    /// How long an answer takes when nobody waits, in milliseconds (kinds `always` and `capacity`). Default 50 (assumption).
    pub latency_ms: f64,
    /// The most requests that wait; one more is turned away at once (kind `capacity`). Default 10000 (assumption).
    pub queue: u32,
    /// A capacity curve measured by `lockgate capacity`: the table `capacity_steps.csv` of its run folder, beside the scenario file (kind
    /// `curve`). Default none.
    pub curve: String,
    /// When it does not answer at all, whatever the kind. Default never.
    pub outages: Vec<Outage>,
}

/// How a service answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// Every request, at once: demand as it would be if the service were no obstacle.
    #[default]
    Always,
    /// So many requests a second; the others wait, and some too long.
    Capacity,
    /// As a server did that was measured.
    Curve,
}

/// A time in which nobody gets an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// From when, local time.
    pub from: DateTime,
    /// Until when, local time.
    pub until: DateTime,
}

impl Default for Service {
    fn default() -> Self {
        Service {
            kind: ServiceKind::Always,
            rate_per_s: 1_000.0,
            latency_ms: 50.0,
            queue: 10_000,
            curve: String::new(),
            outages: Vec::new(),
        }
    }
}

impl Service {
    pub(super) fn faults(&self, faults: &mut Vec<Fault>) {
        within(faults, "service.rate_per_s", self.rate_per_s, 0.001, 1e9);
        within(faults, "service.latency_ms", self.latency_ms, 0.0, 60_000.0);
        if (self.kind == ServiceKind::Curve) == self.curve.is_empty() {
            let message = "kind = \"curve\" and the name of the curve's file go together; write both or neither";
            faults.push(Fault::new("service.curve", message));
        }
        for (index, outage) in self.outages.iter().enumerate() {
            if outage.until <= outage.from {
                let message = format!("the outage ends before it begins ({}); write a later time", outage.from);
                faults.push(Fault::new(format!("service.outages.{index}.until"), message));
            }
        }
    }
}
