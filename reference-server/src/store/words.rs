//! What stores are told, and what they answer.

use std::sync::Arc;

use passes::{Channel, Grant, PassId, Purpose, QuotaWindow, ResidentId, Window};

use super::{Asked, KeyDigest};

/// A resident to be kept: no name, no address, no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewResident {
    /// The digest that names the resident.
    pub resident: ResidentId,
    /// When, in Unix seconds.
    pub registered_s: i64,
    /// How the resident reaches the service.
    pub channel: Channel,
    /// The idempotency key of the registration, if it had one.
    pub key: Option<KeyDigest>,
}

/// What became of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// The resident is new and now kept.
    New,
    /// The resident is known, by a registration with the same idempotency key.
    Again,
    /// The resident is known, by another registration.
    Known,
}

/// A pass to be issued, and all that the decision needs besides the resident's earlier passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPass {
    /// Who asks.
    pub resident: ResidentId,
    /// What would be permitted.
    pub purpose: Purpose,
    /// When it would hold.
    pub window: Window,
    /// Now, in Unix seconds.
    pub issued_s: i64,
    /// The local day, in days since 1970, under which the pass is counted ([`Store::issued_daily`](super::Store::issued_daily)).
    pub day: i32,
    /// Random bits of its name; the store gives the rest ([`passes::PassName`]).
    pub random: [u8; 12],
    /// The idempotency key and what was asked with it.
    pub asked: Asked,
    /// The limits that the pass must keep.
    pub quotas: Vec<QuotaWindow>,
    /// Passes issued before this Unix second play no part in the decision.
    pub since_s: i64,
    /// Most passes of one resident since then, cancelled ones included. It bounds the work of a decision.
    pub at_most: usize,
}

/// What became of an ask for a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuance {
    /// The pass is issued.
    Issued(Grant),
    /// The same was asked before with the same key, and this was issued then.
    Replayed(Grant),
    /// Something else was asked before with the same key.
    KeyReused,
    /// A quota is used up.
    QuotaExhausted,
    /// The resident has reached [`NewPass::at_most`].
    TooMany,
    /// The resident is not registered.
    UnknownResident,
}

/// A pass as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptPass {
    /// What it permits, and when.
    pub grant: Grant,
    /// Who holds it.
    pub resident: ResidentId,
    /// Whether the holder gave it back.
    pub cancelled: bool,
    /// When the authority revoked it, in Unix seconds.
    pub revoked_s: Option<i64>,
}

/// A pass that its holder or the authority ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Withdrawn {
    /// The number under which the pass is kept.
    pub serial: u32,
    /// Whether the authority revoked it; otherwise its holder gave it back.
    pub revoked: bool,
}

/// A digest of a token that can be spent once: 128 bits of a collision-resistant hash of all that the issuer signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenDigest(pub [u8; 16]);

/// What became of a token that somebody spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spending {
    /// Nobody spent it before.
    First,
    /// It is spent already.
    Again,
}

/// A check as a server keeps it whose operator switched the logging of checks on
/// ([`Config::log_checks`](crate::Config::log_checks)), and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedCheck {
    /// When, in Unix seconds.
    pub at_s: i64,
    /// The pass that was shown, where the server can tell: a blind pass has no name that it knows.
    pub pass: Option<PassId>,
    /// Who checked, where officers are known by name.
    pub officer: Option<Arc<str>>,
    /// Where, if the officer's device said so.
    pub place: Option<String>,
}

/// What is no longer needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purge {
    /// Passes and spent tokens whose time ended before this Unix second go, and logged checks made before it. It must lie so far back that none of these passes can
    /// still play a part in a quota or be asked for again with its idempotency key.
    pub ended_before_s: i64,
    /// When set, residents go who registered and checked in last before this Unix second and of whom no pass is kept. While
    /// passes are issued nobody goes: who registered may ask any day.
    pub residents_before_s: Option<i64>,
}

/// How much a purge removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Passes.
    pub passes: u64,
    /// Spent tokens.
    pub tokens: u64,
    /// Residents.
    pub residents: u64,
    /// Logged checks.
    pub checks: u64,
}

impl std::ops::AddAssign for Purged {
    fn add_assign(&mut self, other: Purged) {
        self.passes += other.passes;
        self.tokens += other.tokens;
        self.residents += other.residents;
        self.checks += other.checks;
    }
}

/// How much a store keeps. Nothing here is about anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Residents registered now.
    pub residents: u64,
    /// Passes kept, until retention ends.
    pub passes: u64,
    /// Of these, passes whose time is not over, to the hour.
    pub live: u64,
    /// Bytes on disk, where the store knows them.
    pub disk_bytes: u64,
    /// Bytes of memory that grow with the number of residents and passes.
    pub memory_bytes: u64,
}
