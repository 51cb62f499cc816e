//! Where residents and passes are kept: the seam, the kinds and the one way to open them.
//!
//! A store decides and writes in one transaction: the earlier passes of the resident are read, [`Issuance`] is decided and the
//! new rows are written before any other write to the same resident can come between. What it acknowledges it keeps.

use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;

use passes::Channel;
use passes::{Grant, PassId, QuotaWindow, ResidentId};

use crate::secret::Secret;

mod asked;
mod decide;
mod embedded;
mod memory;
mod tally;

pub use asked::{Asked, KeyDigest};
pub use tally::{GROUP_BOUNDS, Tally};

/// Which store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// SQLite in a folder of its own. An acknowledged write survives the end of the process at any moment.
    Embedded {
        /// The folder; it is made when missing.
        dir: PathBuf,
    },
    /// Maps in memory, for benchmarks only: everything is gone when the process ends.
    Memory,
}

impl StoreKind {
    /// Whether an acknowledged write survives the end of the process.
    pub const fn is_durable(&self) -> bool {
        matches!(self, StoreKind::Embedded { .. })
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
            StoreKind::Memory => memory::open(),
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

    /// Issues a pass if the resident's earlier ones allow it. Its name must be new, as 96 random bits are.
    fn issue(&self, pass: NewPass) -> Answer<'_, Issuance>;

    /// Cancels a pass of `resident`; answers whether there is one. Cancelling again changes nothing.
    fn cancel(&self, pass: PassId, resident: ResidentId) -> Answer<'_, bool>;

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

    /// What the store has done so far.
    fn tally(&self) -> Tally;

    /// Finishes the writes that wait, brings everything to its final place and lets go of the folder. Later writes are
    /// answered [`StoreError::Closed`].
    fn close(&self) -> Answer<'_, ()>;
}

impl fmt::Debug for dyn Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store(..)")
    }
}

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
    /// What would be granted.
    pub grant: Grant,
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
}

/// A store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Too many writes wait already; nothing was done.
    #[error("the store's queue is full; ask again later")]
    Busy,
    /// The store is closed; nothing was done.
    #[error("the store is closed")]
    Closed,
    /// The database failed. A write may or may not be kept; asking again with the same idempotency key is safe.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
}

/// A store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made, read or written.
    #[error("cannot use '{}' as data folder: {cause}; choose a folder that this user may write", path.display())]
    Folder {
        /// The folder or the file in it.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// Another server has the folder open.
    #[error("another server uses the data folder '{}'; stop it or choose another folder", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// There is a database, but the secret that its rows and everybody's tokens follow from is gone or damaged.
    #[error("'{}' is missing or damaged while there is a database beside it; restore it from a backup, \
             or choose an empty folder", path.display())]
    SecretLost {
        /// The file of the secret.
        path: PathBuf,
    },
    /// The database was written by another version of this program.
    #[error("'{}' has format {found}, this program reads format {wanted}; use the version that wrote it", path.display())]
    Format {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The format this program reads and writes.
        wanted: i64,
    },
    /// The database cannot be opened or set up.
    #[error("cannot open the database '{}': {cause}; check free space and permissions", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        cause: rusqlite::Error,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}
