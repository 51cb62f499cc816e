//! What a server is told when it starts.

use std::time::Duration;

use passes::{Algorithm, Rules, SchemeKind, SchemeSettings};

use crate::{Clock, Staff, StoreKind};

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
    /// How much work is taken on at once.
    pub limits: Limits,
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
            limits: Limits::default(),
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
    /// Requests that may be worked on at once. Default 1,024: at 10,000 answers a second, the last of them waits a tenth of a
    /// second. A batch of residents counts as [`Limits::BATCH_WEIGHT`].
    pub in_flight: usize,
    /// Of these, requests that write: registrations, issues, cancellations and check-ins. Default 512: fewer than `in_flight`, so
    /// that officers are still answered when more people ask for passes than can be served.
    pub writes_in_flight: usize,
    /// How long a request may take, reading it included. Default 10 s.
    pub request_timeout: Duration,
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
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            in_flight: 1_024,
            writes_in_flight: 512,
            request_timeout: Duration::from_secs(10),
            stop_timeout: Duration::from_secs(5),
            passes_per_resident: 1_000,
        }
    }
}
