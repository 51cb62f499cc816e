//! Connections for looking up.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::schema::open_reader;
use crate::store::StoreError;

/// Idle connections. There are never more than threads that look up at once, since a look-up waits for nothing.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Readers { path, idle: Mutex::default() }
    }

    /// Looks something up on a connection that nobody else uses meanwhile.
    pub(super) fn with<T>(&self, look: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let idle = self.idle().pop();
        let db = idle.map_or_else(|| open_reader(&self.path), Ok)?;
        let found = look(&db)?;
        self.idle().push(db);
        Ok(found)
    }

    /// Closes the idle connections, so that the writer can bring the log home.
    pub(super) fn close(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
