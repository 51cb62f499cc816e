//! What a server is told when it starts.

use std::time::Duration;

use passes::{Algorithm, Rules, SchemeKind, SchemeSettings};

use crate::{Clock, Faults, Staff, StoreKind, TlsFiles};

/// All that a server needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// How passes are made.
    pub scheme: SchemeKind,
    /// How signed passes are signed (`signed`).
    pub algorithm: Algorithm,
    /// For how long a key signs them, in seconds. Default: [`SchemeSettings::KEY_PERIOD_S`].
    pub key_period_s: i64,
    /// Where they are kept.
    pub store: StoreKind,
    /// Which passes are issued.
    pub rules: Rules,
    /// What time it is. Default: the system's clock.
    pub clock: Clock,
    /// Who verifies, registers in batches and administers. Default: [`Staff::anybody`], for tests and load tests; name them wherever
    /// others can reach the server.
    pub staff: Staff,
    /// How long passes are kept after their end, in seconds. Default: a day. What quotas and repeats need is kept longer.
    pub retention_s: i64,
    /// Whether every check is written down: when, of which pass, by whom and, where the officer's device says so, where. Default: no. It
    /// tells the operator who was where and when: the counter-example of the privacy ledger (`docs/privacy.md`).
    pub log_checks: bool,
    /// How much work is taken on at once.
    pub limits: Limits,
    /// The certificate to speak TLS with; none: plain HTTP.
    pub tls: Option<TlsFiles>,
    /// What is to go wrong in a rehearsal. Default: nothing.
    pub faults: Faults,
}

impl Config {
    /// A server for `rules` with the default scheme, clock, staff, retention and limits.
    pub fn new(store: StoreKind, rules: Rules) -> Self {
        Config {
            scheme: SchemeKind::default(),
            algorithm: Algorithm::default(),
            key_period_s: SchemeSettings::KEY_PERIOD_S,
            store,
            rules,
            clock: Clock::default(),
            staff: Staff::anybody(),
            retention_s: 24 * 3_600,
            log_checks: false,
            limits: Limits::default(),
            tls: None,
            faults: Faults::default(),
        }
    }

    /// What the scheme must know.
    pub(crate) fn scheme_settings(&self) -> SchemeSettings {
        let mut settings = SchemeSettings::of(&self.rules);
        settings.keys.algorithm = self.algorithm;
        settings.keys.period_s = self.key_period_s;
        settings
    }
}

/// How much work is taken on at once, and for how long. What comes beyond is refused at once with 503 and `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most open connections; what comes beyond is told so and closed. Default 10,000.
    pub connections: usize,
    /// Most verifications that may be worked on at once; of what else is read, half as many. Default 1,024: at 10,000 answers a
    /// second, the last of them waits a tenth of a second.
    pub in_flight: usize,
    /// Most requests that write which may be worked on at once: registrations, issues, cancellations and check-ins. A batch of
    /// residents counts as [`Limits::BATCH_WEIGHT`]. Default 512: two groups of the embedded store's writer.
    pub writes_in_flight: usize,
    /// How long a request may wait for its turn: as many are let in as are answered within this time, fewer than the bounds above
    /// when the store is slow. Default 100 ms; raise it for a store that needs longer for a single answer.
    pub wait: Duration,
    /// How long the body of a request may take to arrive, and how long its answer may take after that. Default 10 s each.
    pub request_timeout: Duration,
    /// How long the head of a request may take to arrive, and a TLS handshake. Default 10 s.
    pub head_timeout: Duration,
    /// How long a connection may stay open without a request. Default 75 s; 3 s when three quarters of the connections are taken.
    pub idle_timeout: Duration,
    /// How long a client may leave an answer untaken. Default 10 s.
    pub send_timeout: Duration,
    /// How long requests in flight may go on after a stop was asked for. Default 5 s.
    pub stop_timeout: Duration,
    /// Most passes one resident may be issued in a day, or in the period of a quota when that is longer, cancelled ones included.
    /// Default 1,000: far more than anybody needs; it bounds what one resident can cost.
    pub passes_per_resident: usize,
}

impl Limits {
    /// How many requests in flight a batch of residents counts for: a batch may be this many times as large as another body.
    pub const BATCH_WEIGHT: usize = 32;
    /// Largest body of a request, in bytes.
    pub const BODY_BYTES: usize = 8 * 1024;
    /// Largest body of a batch of residents, in bytes.
    pub const BATCH_BODY_BYTES: usize = Self::BATCH_WEIGHT * Self::BODY_BYTES;
    /// Most residents in a batch.
    pub const BATCH_RESIDENTS: usize = 1_000;
    /// Most passes that an administrator can name in a proposal to revoke them.
    pub const NAMED_PASSES: usize = 5_000;
    /// Most passes in a stretch of time that an administrator can propose to revoke. Revoking them is one transaction, for which all
    /// other writes wait.
    pub const SELECTED_PASSES: usize = 20_000;

    /// What a connection has to keep up with.
    pub(crate) const fn pace(&self) -> Pace {
        Pace { head: self.head_timeout, idle: self.idle_timeout, send: self.send_timeout }
    }
}

/// The time limits of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
    pub(crate) send: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 10_000,
            in_flight: 1_024,
            writes_in_flight: 512,
            wait: Duration::from_millis(100),
            request_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            send_timeout: Duration::from_secs(10),
            stop_timeout: Duration::from_secs(5),
            passes_per_resident: 1_000,
        }
    }
}
