//! How many local ports a run needs, and how many this machine has.
//!
//! Whoever closes a connection keeps its port for a while (`TIME_WAIT`), so that late packets reach no new one. A run in which
//! connections are closed after few requests can use up all ports towards one address.

use std::fs;
use std::time::Duration;

use crate::{Kind, LoadSettings, Warning};

/// Linux: 60 s, not to be changed (`TCP_TIMEWAIT_LEN`, include/net/tcp.h).
const TIME_WAIT: Duration = Duration::from_secs(60);
/// With `tcp_tw_reuse` a port is given out again after this time (Documentation/networking/ip-sysctl.rst).
const REUSE: Duration = Duration::from_secs(1);

/// The local ports of this machine towards one address.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ports {
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// How long a port is kept after its connection was closed from here.
    pub(crate) kept: Duration,
}

impl Ports {
    /// What the system says; none where it does not.
    pub(crate) fn of_this_machine(target_is_here: bool) -> Option<Self> {
        let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
        let reuse = fs::read_to_string("/proc/sys/net/ipv4/tcp_tw_reuse").unwrap_or_default();
        let mut numbers = range.split_whitespace().filter_map(|number| number.parse().ok());
        // 1: always; 2: towards this machine only.
        let reused = reuse.trim() == "1" || reuse.trim() == "2" && target_is_here;
        Some(Ports { first: numbers.next()?, last: numbers.next()?, kept: if reused { REUSE } else { TIME_WAIT } })
    }

    fn count(self) -> u32 {
        (self.last + 1).saturating_sub(self.first)
    }

    /// What to say of a run that opens `opened_per_s` connections a second beside those that are held.
    pub(crate) fn warning(self, settings: &LoadSettings, opened_per_s: f64, duration: Duration) -> Option<Warning> {
        let needed = opened_per_s * self.kept.min(duration).as_secs_f64() + f64::from(settings.connections_max);
        (needed > f64::from(self.count())).then(|| Warning::FewPorts {
            needed: needed.ceil() as u64,
            ports: self.count(),
            first: self.first,
            last: self.last,
            opened_per_s,
            kept_s: self.kept.as_secs(),
        })
    }
}

/// Connections opened in a second when requests of each kind come at `rate_per_s`.
pub(crate) fn opened_per_s(settings: &LoadSettings, rate_per_s: impl Fn(Kind) -> f64) -> f64 {
    let of_kind = |kind| settings.requests_per_connection.of(kind).map_or(0.0, |mean| rate_per_s(kind) / mean);
    Kind::ALL.into_iter().map(of_kind).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RequestsPerConnection;

    #[test]
    fn connections_that_are_closed_need_ports_for_a_minute() {
        let requests_per_connection = RequestsPerConnection { issue: Some(2.0), ..Default::default() };
        let settings = LoadSettings { requests_per_connection, ..LoadSettings::default() };
        let opened_per_s = opened_per_s(&settings, |kind| if kind == Kind::Get { 9_000.0 } else { 1_000.0 });
        assert!((opened_per_s - 500.0).abs() < 1e-9, "only issues are closed");
        let ports = Ports { first: 32_768, last: 60_999, kept: TIME_WAIT };
        let warning = ports.warning(&settings, opened_per_s, Duration::from_secs(600)).unwrap().to_string();
        assert!(warning.contains("30512") && warning.contains("28232"), "{warning}");
        assert_eq!(
            ports.warning(&settings, opened_per_s, Duration::from_secs(50)),
            None,
            "over before it is short of ports"
        );
        assert_eq!(Ports { kept: REUSE, ..ports }.warning(&settings, opened_per_s, Duration::from_secs(600)), None);
    }
}
