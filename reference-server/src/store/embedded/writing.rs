//! The connection that writes.

use std::sync::{Arc, PoisonError, RwLock};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::folder::Folder;
use super::group::Group;
use super::ledger::Named;
use super::readers::Readers;
use super::statements;
use super::sweep::Sweep;
use crate::store::acts::perform;
use crate::store::holdings::NONE;
use crate::store::inventory::Inventory;
use crate::store::naming::Naming;
use crate::store::queue::{Backend, Write};
use crate::store::{Act, Acted, StoreError};

/// The writer's side of the store. It owns the folder, so the folder is locked as long as anyone writes.
pub(super) struct Writing {
    pub(super) db: Connection,
    pub(super) naming: Naming,
    pub(super) inventory: Arc<RwLock<Inventory>>,
    pub(super) readers: Arc<Readers>,
    /// The serial given last.
    pub(super) latest: u32,
    pub(super) _folder: Folder,
}

/// Reads what stands in the tables into an inventory; also tells the serial that was given last.
pub(super) fn take_inventory(db: &Connection) -> rusqlite::Result<(Inventory, u32)> {
    let mut inventory = Inventory::new();
    let total = |name: &str| db.query_row("SELECT total FROM totals WHERE name = ?1", [name], |row| row.get(0));
    inventory.residents = total("residents")?;
    let mut latest = u32::try_from(total("purged_serials")?).unwrap_or(NONE);
    let mut passes = db.prepare("SELECT serial, resident, valid_until_s FROM passes ORDER BY serial")?;
    let mut rows = passes.query([])?;
    while let Some(row) = rows.next()? {
        let serial = row.get(0)?;
        inventory.found(serial, passes::ResidentId::from_bytes(row.get(1)?), row.get(2)?);
        latest = latest.max(serial);
    }
    let mut issued = db.prepare("SELECT day, purpose, passes FROM issued")?;
    let mut rows = issued.query([])?;
    while let Some(row) = rows.next()? {
        inventory.found_issued(row.get(0)?, statements::purpose(row, 1)?, row.get(2)?);
    }
    Ok((inventory, latest))
}

/// What is done between groups of writes, each in a transaction of its own.
pub(super) enum Chore {
    Sweep(Sweep),
    Act(Act, oneshot::Sender<Result<Acted, StoreError>>),
}

impl Writing {
    fn act(&mut self, act: &Act) -> Result<Acted, StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let acted = perform(&mut Named { db: &transaction, naming: &self.naming }, act)?;
        transaction.commit()?;
        Ok(acted)
    }
}

impl Backend for Writing {
    type Chore = Chore;

    fn commit(&mut self, group: &mut [Write]) -> Result<(), StoreError> {
        let readers = Arc::clone(&self.readers);
        let _giving_way = readers.give_way()?;
        // Rolls back when dropped before the commit.
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut open = Group {
            db: &transaction,
            naming: &self.naming,
            inventory: &self.inventory,
            latest: self.latest,
            added: Vec::with_capacity(group.len()),
            issuing: None,
        };
        let written = group.iter_mut().try_for_each(|write| open.apply(write)).and_then(|()| Ok(open.count()?));
        let (latest, added) = open.end();
        let committed = written.and_then(|()| Ok(transaction.commit()?));
        match committed {
            Ok(()) => self.latest = latest,
            Err(_) => {
                let mut inventory = self.inventory.write().unwrap_or_else(PoisonError::into_inner);
                added.into_iter().rev().for_each(|added| inventory.take_back(added));
            }
        }
        committed
    }

    fn attend(&mut self, chore: Chore) {
        let readers = Arc::clone(&self.readers);
        // Should a snapshot not end, the log stays longer: no reason to leave the work undone.
        let _giving_way = readers.give_way();
        match chore {
            Chore::Sweep(sweep) => sweep.work(self),
            Chore::Act(act, done) => drop(done.send(self.act(&act))),
        }
    }

    /// Moves the log into the database and lets go of both.
    fn close(self) -> Result<(), StoreError> {
        // Answers a row even when a reader is in the way; the log then stays, and is read again at the next start.
        Ok(self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }
}
