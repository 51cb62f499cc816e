//! Where residents and passes are kept: the seam, the kinds and the one way to open them.
//!
//! A store decides and writes in one transaction: the earlier passes of the resident are read, [`Issuance`] is decided and the
//! new rows are written before any other write to the same resident can come between. What it acknowledges it keeps.

use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;

use passes::{PassId, Purpose, ResidentId};

use crate::audit::{Entry, Head};
use crate::secret::Secret;

mod acts;
mod asked;
mod decide;
mod embedded;
mod fault;
mod holdings;
mod inventory;
mod memory;
mod naming;
mod postgres;
mod queue;
mod tally;
mod words;

pub use acts::{Act, Acted, Ended, OPEN_PROPOSALS, Proposal, ProposalId};
pub use asked::{Asked, KeyDigest};
pub use fault::{OpenError, StoreError};
pub use tally::{GROUP_BOUNDS, Tally};
pub use words::{
    Census, Issuance, KeptPass, LoggedCheck, NewPass, NewResident, Purge, Purged, Registration, Spending, TokenDigest,
    Withdrawn,
};

/// Which store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// SQLite in a folder of its own. An acknowledged write survives the end of the process at any moment.
    Embedded {
        /// The folder; it is made when missing.
        dir: PathBuf,
    },
    /// A PostgreSQL database, 15 or newer, which several servers may share. An acknowledged write survives the end of any process.
    Postgres {
        /// Where it is, such as `postgres://user:password@host/database`. The connection is not encrypted: use a socket or a
        /// network of your own.
        url: String,
    },
    /// Maps in memory, for benchmarks only: everything is gone when the process ends.
    Memory,
}

impl StoreKind {
    /// Whether an acknowledged write survives the end of the process.
    pub const fn is_durable(&self) -> bool {
        !matches!(self, StoreKind::Memory)
    }

    /// Opens the store, making what is missing.
    ///
    /// `queue` bounds how many writes may wait; what comes beyond is answered [`StoreError::Busy`].
    ///
    /// # Errors
    /// [`OpenError`] when the folder cannot be used.
    pub fn open(&self, queue: usize) -> Result<Opened, OpenError> {
        match self {
            StoreKind::Embedded { dir } => embedded::open(dir, queue),
            StoreKind::Postgres { url } => postgres::open(url, queue),
            StoreKind::Memory => memory::open(),
        }
    }

    /// Brings the tables of a PostgreSQL database to the version of this program; answers the version before and after. Other
    /// stores make what they need when they are opened, and have no versions: `None`.
    ///
    /// # Errors
    /// [`OpenError`] when the database cannot be used.
    pub fn migrate(&self) -> Result<Option<(i32, i32)>, OpenError> {
        match self {
            StoreKind::Postgres { url } => postgres::migrate(url).map(Some),
            StoreKind::Embedded { .. } | StoreKind::Memory => Ok(None),
        }
    }

    /// Writes the tables of a PostgreSQL database anew, so that the bytes of removed rows are gone from their files; answers how many
    /// bytes they took before and take afterwards. Servers wait meanwhile. Other stores need none of it, since [`Store::purge`] leaves
    /// nothing in them: `None`.
    ///
    /// # Errors
    /// [`OpenError`] when the database cannot be used.
    pub fn compact(&self) -> Result<Option<(u64, u64)>, OpenError> {
        match self {
            StoreKind::Postgres { url } => postgres::compact(url).map(Some),
            StoreKind::Embedded { .. } | StoreKind::Memory => Ok(None),
        }
    }
}

/// An open store and the secret that belongs to its rows.
pub struct Opened {
    /// The store.
    pub store: Box<dyn Store>,
    /// What residents' names, tokens and the signing key follow from. It is as durable as the store.
    pub secret: Secret,
}

/// What a store will answer.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps residents and passes.
///
/// Writes are answered after they are kept. A write that was sent is carried out even when nobody waits for its answer any more.
pub trait Store: Send + Sync {
    /// Keeps those of `residents` that are new, all or none; answers in their order.
    fn register(&self, residents: Vec<NewResident>) -> Answer<'_, Vec<Registration>>;

    /// Issues a pass if the resident's earlier ones allow it, and names it.
    fn issue(&self, pass: NewPass) -> Answer<'_, Issuance>;

    /// Cancels a pass of `resident` on the local `day` (in days since 1970, to be counted); answers whether there is one. Cancelling again
    /// changes nothing.
    fn cancel(&self, pass: PassId, resident: ResidentId, day: i32) -> Answer<'_, bool>;

    /// Does what an administrator does, and writes its entry of the audit log in the same transaction. Revocations come by no other
    /// way. A quota is not given back; names of no pass count for nothing.
    fn act(&self, act: Act) -> Answer<'_, Acted>;

    /// Spends a token that may be presented until just before the Unix second `until_s`.
    fn spend(&self, token: TokenDigest, until_s: i64) -> Answer<'_, Spending>;

    /// Keeps that a check was made. Asked of stores only where the operator wants checks logged.
    fn log_check(&self, check: LoggedCheck) -> Answer<'_, ()>;

    /// Keeps that `resident` checked in at the Unix second `at_s`, in place of the check-in before; answers whether the resident
    /// is registered.
    fn check_in(&self, resident: ResidentId, at_s: i64) -> Answer<'_, bool>;

    /// When `resident` checked in last, in Unix seconds; `None` for who never did.
    fn latest_check_in(&self, resident: ResidentId) -> Answer<'_, Option<i64>>;

    /// What `resident` got for `asked` among the passes issued since `since_s`: [`Issuance::Replayed`],
    /// [`Issuance::KeyReused`], or `None` when the key is new.
    fn replay(&self, resident: ResidentId, asked: Asked, since_s: i64) -> Answer<'_, Option<Issuance>>;

    /// The pass of this name, whoever holds it.
    fn find(&self, pass: PassId) -> Answer<'_, Option<KeptPass>>;

    /// The pass that is kept under this number, whoever holds it. For codes that lead to a number ([`passes::Centre::locate`]) and
    /// not to a whole name.
    fn find_serial(&self, serial: u32) -> Answer<'_, Option<KeptPass>>;

    /// The passes withdrawn before their time that are not over at the Unix second `now_s`, in order of their serials.
    fn withdrawn(&self, now_s: i64) -> Answer<'_, Vec<Withdrawn>>;

    /// Names of the passes that were issued from the Unix second `from_s` until just before `until_s`, for `purpose` if one is given, are
    /// not revoked and not over at `now_s`. `None` when more than `at_most` were issued then, for whatever purpose.
    fn issued(&self, issued: IssuedBetween) -> Answer<'_, Option<Vec<PassId>>>;

    /// The proposals that have not lapsed at `now_s`, approved ones included.
    fn proposals(&self, now_s: i64) -> Answer<'_, Vec<Proposal>>;

    /// At most `at_most` entries of the audit log, those that follow number `after`.
    fn audit_log(&self, after: u64, at_most: usize) -> Answer<'_, Vec<Entry>>;

    /// The end of the audit log.
    fn audit_head(&self) -> Answer<'_, Head>;

    /// Passes withdrawn before their time, by day and purpose; what is purged stays counted.
    fn ended(&self) -> Answer<'_, Vec<Ended>>;

    /// Passes ever issued, by local day (days since 1970) and purpose, in this order; what is purged stays counted.
    fn issued_daily(&self) -> Answer<'_, Vec<(i32, Purpose, u64)>>;

    /// How much is kept at the Unix second `now_s`. A store may have to count for it.
    fn census(&self, now_s: i64) -> Answer<'_, Census>;

    /// Removes what is no longer needed, in small steps between which other writes are done, and then compacts: where the store
    /// owns its files, the bytes of what was removed are gone from them.
    fn purge(&self, purge: Purge) -> Answer<'_, Purged>;

    /// What the store has done so far.
    fn tally(&self) -> Tally;

    /// Finishes the writes that wait, brings everything to its final place and lets go of the folder. Later writes are
    /// answered [`StoreError::Closed`].
    fn close(&self) -> Answer<'_, ()>;
}

/// Which passes [`Store::issued`] looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuedBetween {
    /// The first Unix second.
    pub from_s: i64,
    /// The first Unix second that is too late.
    pub until_s: i64,
    /// What the passes are for; `None` for any purpose.
    pub purpose: Option<Purpose>,
    /// Passes whose time is over by then are left out.
    pub now_s: i64,
    /// Most passes that may have been issued in that time.
    pub at_most: usize,
}

impl fmt::Debug for dyn Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store(..)")
    }
}
