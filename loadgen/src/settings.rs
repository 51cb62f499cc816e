//! The `[load]` section of a scenario.

use std::num::NonZeroUsize;
use std::time::Duration;

use passes::{Fault, Share};
use serde::{Deserialize, Serialize};

use crate::{Kind, system};

/// Spinning on cores that the target may need: a twentieth of a core makes up to 600 requests a second exact.
const SHARED_SPIN: f64 = 0.05;

/// How load is put on a target: the `[load]` section.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoadSettings {
    /// Share of verifications that show a pass whose time is over.
    pub expired_share: Share,
    /// Share of verifications that show a genuine code with one character altered.
    pub forged_share: Share,
    /// Share of verifications that show a well-formed code which this target never issued.
    pub unknown_share: Share,
    /// Share of verifications that show, once more, a pass that was verified before. It is valid, except where `target.single_use`.
    pub replayed_share: Share,
    /// For how long a rate, streams or a closed loop are kept up, in seconds.
    pub duration_s: f64,
    /// How long an answer may take from the instant of sending, in milliseconds, before the connection is given up.
    pub timeout_ms: u32,
    /// Most connections at once to each address, over all threads. A server that needs 250 ms an answer gets at most four requests a second on each.
    pub connections_max: u32,
    /// Most requests that may wait for a connection to each address, over all threads; what comes on top is dropped. One takes 32 bytes: this is the
    /// bound of memory.
    pub backlog_max: u32,
    /// How long connections live. Default: as long as the target keeps them.
    pub requests_per_connection: RequestsPerConnection,
    /// The share of its time that a sending thread may spend spinning, that is looking at the clock without sleep in the last
    /// microseconds before an instant: 0 never, 1 always. Default: 1 when the sending threads have cores to themselves (the target is
    /// another machine, or this process is confined to some of the cores), otherwise 0.05.
    pub spin_share: Option<Share>,
    /// Whether each sending thread stays on one core, taken in turn from those that this process may use.
    pub pin_threads: bool,
    /// What makes the requests.
    pub client: Client,
    /// Whether the target's `/metrics` are read before and after a run, to learn how busy it was.
    pub read_metrics: bool,
    /// Sending threads. Default: half the cores, at least one; the other half belongs to the target when both share a machine.
    pub threads: Option<NonZeroUsize>,
}

impl Default for LoadSettings {
    /// 2 % each of expired, forged and unknown passes, none replayed; 30 s; 10 s; 512 connections; 8 million waiting requests, 256 MB
    /// (all assumptions).
    fn default() -> Self {
        LoadSettings {
            expired_share: Share::of(0.02),
            forged_share: Share::of(0.02),
            unknown_share: Share::of(0.02),
            replayed_share: Share::of(0.0),
            duration_s: 30.0,
            timeout_ms: 10_000,
            connections_max: 512,
            backlog_max: 8_000_000,
            requests_per_connection: RequestsPerConnection::default(),
            spin_share: None,
            pin_threads: false,
            client: Client::Lean,
            read_metrics: true,
            threads: None,
        }
    }
}

/// Thirty days: whatever is longer is a slip of the pen.
const LONGEST_S: f64 = 30.0 * 86_400.0;

impl LoadSettings {
    /// Everything that is wrong with these settings though each value can be read.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let shares = [self.expired_share, self.forged_share, self.unknown_share, self.replayed_share];
        let bad = shares.map(Share::get).iter().sum::<f64>();
        if bad > 1.0 {
            faults.push(Fault::new(
                "load.expired_share",
                format!(
                    "the shares of expired, forged, unknown and replayed passes add up to {bad}; keep them within 1"
                ),
            ));
        }
        if !(self.duration_s > 0.0 && self.duration_s <= LONGEST_S) {
            let message =
                format!("{} s is no length of a run; write more than 0 and at most {LONGEST_S}", self.duration_s);
            faults.push(Fault::new("load.duration_s", message));
        }
        for (key, value) in [("load.timeout_ms", self.timeout_ms), ("load.connections_max", self.connections_max)] {
            if value == 0 {
                faults.push(Fault::new(key, "0 lets nothing be answered; write at least 1"));
            }
        }
        for (kind, mean) in Kind::ALL.map(|kind| (kind, self.requests_per_connection.of(kind))) {
            if let Some(mean) = mean.filter(|mean| !(*mean >= 1.0 && mean.is_finite())) {
                let message = format!("{mean} requests on a connection cannot be; write 1 or more, or leave it out");
                faults.push(Fault::new(format!("load.requests_per_connection.{}", kind.name()), message));
            }
        }
        faults
    }

    /// The share of time that sending threads may spend spinning against a target that is, or is not, this machine.
    pub(crate) fn spin_share(&self, target_is_here: bool) -> f64 {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let is_confined = (1..system::machine_cores()).contains(&system::own_cores().len());
        let has_cores_of_its_own = (is_confined || !target_is_here) && self.threads() <= cores;
        self.spin_share.map_or(if has_cores_of_its_own { 1.0 } else { SHARED_SPIN }, Share::get)
    }

    /// The number of sending threads.
    pub fn threads(&self) -> usize {
        let half = || std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1));
        self.threads.map_or_else(half, NonZeroUsize::get)
    }

    /// For how long a rate, streams or a closed loop are kept up.
    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.duration_s)
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(u64::from(self.timeout_ms))
    }
}

/// What makes the requests of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Client {
    /// The engine's own: HTTP/1.1 over non-blocking sockets.
    #[default]
    Lean,
    /// reqwest: HTTP/2 where an https target offers it, else HTTP/1.1. Connections are its own affair: `connections_max` bounds the requests
    /// that are out, and `requests_per_connection` says nothing.
    Reqwest,
    /// reqwest, speaking HTTP/2 from the first byte to an http target (prior knowledge, RFC 9113 section 3.3).
    H2c,
}

/// How many requests are made on one connection before the asker closes it, in the mean and by kind: after each answer it is closed
/// with probability 1 / mean, so the numbers are geometric. None: it is held as long as the target keeps it, as a gate's scanner
/// does; a phone that shows one page and goes is `1`. Kinds that hold and kinds that close do not share connections while there is room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestsPerConnection {
    /// Of plain GETs.
    pub get: Option<f64>,
    /// Of registrations.
    pub register: Option<f64>,
    /// Of requests for passes.
    pub issue: Option<f64>,
    /// Of verifications.
    pub verify: Option<f64>,
    /// Of passes given back.
    pub cancel: Option<f64>,
    /// Of check-ins.
    pub check_in: Option<f64>,
}

impl RequestsPerConnection {
    /// The mean of `kind`; none when it holds its connections.
    pub fn of(&self, kind: Kind) -> Option<f64> {
        match kind {
            Kind::Get => self.get,
            Kind::Register => self.register,
            Kind::Issue => self.issue,
            Kind::Verify => self.verify,
            Kind::Cancel => self.cancel,
            Kind::CheckIn => self.check_in,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_sound_and_faults_are_named() {
        assert!(LoadSettings::default().faults().is_empty());
        let settings = LoadSettings {
            expired_share: Share::of(0.9),
            forged_share: Share::of(0.2),
            timeout_ms: 0,
            ..Default::default()
        };
        assert_eq!(settings.faults().len(), 2);
    }
}
