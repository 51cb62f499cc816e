//! The tables, and connections to them.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::store::OpenError;

/// Raised whenever the tables change.
const FORMAT: i64 = 4;
/// The last format without [`CHECKS`]. Nothing else has changed since: it is enough to add the table.
const BEFORE_CHECKS: i64 = 3;

/// The tables, each a single B-tree.
///
/// Passes are numbered in order, so their table is only appended to: however many a group holds, it writes a few pages at the end.
/// Whose they are, an index in memory tells (`Holdings`). `withdrawn` holds only the few that were ended before their time.
///
/// Residents and spent tokens are found by digests, which have no order: each new one writes a page of its own.
///
/// `issued` counts passes by day and purpose for the public and is never purged; `totals` holds what would be lost with the rows
/// that it was counted from.
const TABLES: &str = "
    CREATE TABLE residents (
        resident     BLOB PRIMARY KEY,
        registered_s INTEGER NOT NULL,
        channel      INTEGER NOT NULL,
        idempotency  BLOB,
        checked_in_s INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE passes (
        serial        INTEGER PRIMARY KEY,
        resident      BLOB NOT NULL,
        valid_until_s INTEGER NOT NULL,
        valid_from_s  INTEGER NOT NULL,
        issued_s      INTEGER NOT NULL,
        purpose       INTEGER NOT NULL,
        random        BLOB NOT NULL,
        cancelled     INTEGER NOT NULL,
        revoked_s     INTEGER,
        idempotency   BLOB NOT NULL,
        request       BLOB NOT NULL
    ) STRICT;
    CREATE INDEX withdrawn ON passes (serial) WHERE cancelled OR revoked_s IS NOT NULL;
    CREATE TABLE spent (
        token         BLOB PRIMARY KEY,
        valid_until_s INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE issued (
        day     INTEGER NOT NULL,
        purpose INTEGER NOT NULL,
        passes  INTEGER NOT NULL,
        PRIMARY KEY (day, purpose)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE totals (
        name  TEXT PRIMARY KEY,
        total INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO totals VALUES ('residents', 0), ('purged_serials', 0);
";

/// Checks, where the operator has them logged; empty on every other server. In the order in which they were made.
const CHECKS: &str = "
    CREATE TABLE checks (
        at_s    INTEGER NOT NULL,
        pass    INTEGER,
        officer TEXT,
        place   TEXT
    ) STRICT;
";

/// Half of SQLite's default: an insert at a random place writes a whole page.
pub(super) const PAGE_BYTES: i64 = 2_048;
/// Pages of the log before a commit moves them into the database: 16 MB. Everybody waits for that commit, the longer the more there is
/// to move. It is also what reopening after a crash reads.
const CHECKPOINT_PAGES: i64 = 8_000;
/// Page cache of the writer, in KiB (negative by SQLite's convention).
const WRITER_CACHE: i64 = -64 * 1024;
/// Page cache of a reader, in KiB.
const READER_CACHE: i64 = -16 * 1024;
/// How long to wait for another process, such as `sqlite3` or a backup.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The writer's connection; makes the tables in a new file.
pub(super) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    let failed = |cause| OpenError::Database { path: path.to_owned(), cause };
    let mut db = Connection::open(path).map_err(failed)?;
    set_up_writer(&db).map_err(failed)?;
    if !has_pages(&db).map_err(failed)? {
        return Err(OpenError::Library);
    }
    match db.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)? {
        FORMAT => {}
        0 => make_tables(&mut db, &[TABLES, super::ledger::TABLES, CHECKS]).map_err(failed)?,
        BEFORE_CHECKS => make_tables(&mut db, &[CHECKS]).map_err(failed)?,
        found => return Err(OpenError::Format { path: path.to_owned(), found, wanted: FORMAT }),
    }
    Ok(db)
}

fn set_up_writer(db: &Connection) -> rusqlite::Result<()> {
    set_up(db)?;
    // Only a new file takes it.
    db.pragma_update(None, "page_size", PAGE_BYTES)?;
    // Likewise: free pages can be given back to the system a few at a time.
    db.pragma_update(None, "auto_vacuum", "incremental")?;
    db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // FULL: every commit waits until the log is on the disk.
    db.pragma_update(None, "synchronous", "full")?;
    // What is deleted is overwritten, not only forgotten.
    db.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    db.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))?;
    db.pragma_update(None, "cache_size", WRITER_CACHE)
}

/// Whether pages can be read and written as they are, which `gaps` needs.
fn has_pages(db: &Connection) -> rusqlite::Result<bool> {
    db.query_row("SELECT count(*) FROM pragma_module_list WHERE name = 'sqlite_dbpage'", [], |row| row.get(0))
}

/// What holds for every connection.
fn set_up(db: &Connection) -> rusqlite::Result<()> {
    // One plan for each statement. Otherwise a plan may depend on the bound values, and the statement is parsed anew at every use.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.busy_timeout(BUSY_TIMEOUT)
}

/// Makes these tables, after which the file is of this program's format.
fn make_tables(db: &mut Connection, tables: &[&str]) -> rusqlite::Result<()> {
    let transaction = db.transaction()?;
    tables.iter().try_for_each(|tables| transaction.execute_batch(tables))?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}

/// A connection that only reads.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    set_up(&db)?;
    db.pragma_update(None, "query_only", true)?;
    db.pragma_update(None, "cache_size", READER_CACHE)?;
    Ok(db)
}
