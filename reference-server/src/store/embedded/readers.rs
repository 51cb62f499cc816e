//! Connections for looking up.
//!
//! A look-up in a transaction of its own costs two calls of the system to lock and unlock, and the pages that were read before may
//! be stale by then. So a connection goes on with the snapshot that it has, for as long as nobody writes. While somebody does, no
//! snapshot outlives its look-up: an old one would keep the log from being moved into the database and begun anew.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::schema::open_reader;
use crate::store::StoreError;

/// Connections that look up. There are never more than threads that look up at once, since a look-up waits for nothing.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Idle>,
}

/// What is shared between those who look up and the one who writes.
#[derive(Debug, Default)]
struct Idle {
    readers: Vec<Reader>,
    /// Somebody writes.
    writing: bool,
    /// How often somebody began to.
    writes: u64,
}

#[derive(Debug)]
struct Reader {
    db: Connection,
    /// Whether its snapshot is kept from one look-up to the next.
    holds: bool,
}

impl Reader {
    /// From the next look-up on, all see the same.
    fn hold(&mut self) -> rusqlite::Result<()> {
        if !self.holds {
            self.db.prepare_cached("BEGIN")?.execute([])?;
            self.holds = true;
        }
        Ok(())
    }

    fn let_go(&mut self) -> rusqlite::Result<()> {
        if self.holds {
            self.db.prepare_cached("COMMIT")?.execute([])?;
            self.holds = false;
        }
        Ok(())
    }
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Readers { path, idle: Mutex::default() }
    }

    /// Looks something up on a connection that nobody else uses meanwhile. What was committed before is seen.
    pub(super) fn with<T>(&self, look: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let (idle, writing, writes) = {
            let mut idle = self.idle();
            (idle.readers.pop(), idle.writing, idle.writes)
        };
        let mut reader = idle.map_or_else(|| open_reader(&self.path).map(|db| Reader { db, holds: false }), Ok)?;
        if !writing {
            reader.hold()?;
        }
        // A connection that failed is closed, and its snapshot with it.
        let found = look(&reader.db)?;
        let mut idle = self.idle();
        if idle.writes != writes {
            reader.let_go()?;
        }
        idle.readers.push(reader);
        Ok(found)
    }

    /// Until this is dropped, somebody writes.
    pub(super) fn give_way(&self) -> rusqlite::Result<GivingWay<'_>> {
        let mut idle = self.idle();
        idle.writing = true;
        idle.writes += 1;
        idle.readers.iter_mut().try_for_each(Reader::let_go)?;
        Ok(GivingWay(self))
    }

    /// Closes the idle connections, so that the writer can bring the log home.
    pub(super) fn close(&self) {
        self.idle().readers.clear();
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As long as this is there, look-ups keep no snapshot.
pub(super) struct GivingWay<'a>(&'a Readers);

impl Drop for GivingWay<'_> {
    fn drop(&mut self) {
        self.0.idle().writing = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(readers: &Readers) -> i64 {
        readers.with(|db| db.query_row("SELECT count(*) FROM passes", [], |row| row.get(0))).unwrap()
    }

    fn held(readers: &Readers) -> Vec<bool> {
        readers.idle().readers.iter().map(|reader| reader.holds).collect()
    }

    #[test]
    fn a_snapshot_is_kept_until_somebody_writes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("passes.db");
        let db = super::super::schema::open_writer(&path).unwrap();
        let insert = "INSERT INTO passes VALUES (NULL, x'', 0, 0, 0, 0, x'', 0, NULL, x'', x'')";
        let readers = Readers::new(path);
        assert_eq!((count(&readers), held(&readers)), (0, vec![true]));
        let writing = readers.give_way().unwrap();
        assert_eq!(held(&readers), [false]);
        assert_eq!((count(&readers), held(&readers)), (0, vec![false]), "none is kept meanwhile");
        db.execute(insert, []).unwrap();
        drop(writing);
        assert_eq!((count(&readers), held(&readers)), (1, vec![true]), "what was written is seen");
        readers
            .with(|_| {
                drop(readers.give_way().unwrap());
                Ok(())
            })
            .unwrap();
        assert_eq!(held(&readers), [false], "somebody wrote while it looked up");
        assert!(readers.with(|db| db.execute("nonsense", [])).is_err());
        assert!(held(&readers).is_empty(), "one that failed is closed");
    }

    #[test]
    fn the_log_can_be_emptied_although_snapshots_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("passes.db");
        let db = super::super::schema::open_writer(&path).unwrap();
        let readers = Readers::new(path.clone());
        count(&readers);
        let writing = readers.give_way().unwrap();
        db.execute("INSERT INTO totals VALUES ('a test', 1)", []).unwrap();
        let busy: i64 = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
        drop(writing);
        assert_eq!((busy, path.with_extension("db-wal").metadata().unwrap().len()), (0, 0));
    }
}
