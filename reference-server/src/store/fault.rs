//! What can go wrong with a store.

use std::path::PathBuf;

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
    Database(Box<dyn std::error::Error + Send + Sync>),
    /// The database cannot be reached. A write may or may not be kept; asking again with the same idempotency key is safe.
    #[error("the database cannot be reached; ask again later")]
    Unavailable,
}

impl From<rusqlite::Error> for StoreError {
    fn from(cause: rusqlite::Error) -> Self {
        StoreError::Database(cause.into())
    }
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
    /// SQLite was built without what the store needs of it.
    #[error(
        "this program's SQLite cannot overwrite what it leaves of removed rows; build it in the project's folder, where .cargo/config.toml \
         sets LIBSQLITE3_FLAGS=-DSQLITE_ENABLE_DBPAGE_VTAB"
    )]
    Library,
    /// The database cannot be opened or set up.
    #[error("cannot open the database '{}': {cause}; check free space and permissions", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        cause: rusqlite::Error,
    },
    /// The text is no URL of a database.
    #[error("the database URL cannot be read: {cause}; write postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    DatabaseUrl {
        /// What is wrong with it.
        cause: String,
    },
    /// The database does not answer.
    #[error(
        "no database can be reached at {hosts}; check that PostgreSQL runs there, and user, password and database of the URL"
    )]
    Unreachable {
        /// Where it was looked for.
        hosts: String,
    },
    /// The tables are missing or older than this program.
    #[error(
        "the database has tables of version {found}, this program needs version {wanted}; run `lockgate serve --migrate`"
    )]
    NotMigrated {
        /// Their version; 0 where there are none.
        found: i32,
        /// The version this program reads and writes.
        wanted: i32,
    },
    /// The tables are newer than this program.
    #[error("the database has tables of version {found}, this program knows version {wanted}; use a newer program")]
    Newer {
        /// Their version.
        found: i32,
        /// The version this program reads and writes.
        wanted: i32,
    },
    /// The database refuses.
    #[error("the database cannot be used: {cause}")]
    Postgres {
        /// What PostgreSQL says.
        cause: String,
    },
    /// The system gives no thread.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}
