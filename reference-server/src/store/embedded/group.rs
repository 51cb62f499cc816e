//! A group of writes in one transaction.

use std::sync::{PoisonError, RwLock};

use passes::{PassName, ResidentId};
use rusqlite::{Connection, params};

use super::ledger;
use super::statements::{self, Issuing};
use crate::store::inventory::{Added, AddedPass, Inventory};
use crate::store::naming::Naming;
use crate::store::queue::Write;
use crate::store::{Ended, Issuance, NewPass, NewResident, Registration, StoreError};

/// A transaction that is going on, and what it has added so far.
pub(super) struct Group<'a> {
    pub(super) db: &'a Connection,
    pub(super) naming: &'a Naming,
    pub(super) inventory: &'a RwLock<Inventory>,
    /// The serial given last.
    pub(super) latest: u32,
    pub(super) added: Vec<Added>,
    /// Prepared by the first who needs it.
    pub(super) issuing: Option<Issuing<'a>>,
}

impl Group<'_> {
    /// Does one write and notes its answer.
    pub(super) fn apply(&mut self, write: &mut Write) -> Result<(), StoreError> {
        let (db, naming) = (self.db, self.naming);
        match write {
            Write::Register(ask) => ask.answer_by(|residents| residents.iter().map(|new| self.register(new)).collect()),
            Write::Issue(ask) => ask.answer_by(|new| self.issue(new)),
            Write::Cancel(ask) => {
                ask.answer_by(|&(pass, resident, day)| Ok(cancel(db, naming.open(pass), resident, day)?))
            }
            Write::Spend(ask) => ask.answer_by(|&(token, until_s)| Ok(statements::spend(db, token, until_s)?)),
            Write::LogCheck(ask) => ask.answer_by(|check| Ok(statements::log_check(db, naming, check)?)),
            Write::CheckIn(ask) => ask.answer_by(|&(resident, at_s)| Ok(statements::check_in(db, resident, at_s)?)),
        }
    }

    /// Puts its statements away, so that the transaction can end; the serial given last, and what was added.
    pub(super) fn end(self) -> (u32, Vec<Added>) {
        (self.latest, self.added)
    }

    fn register(&mut self, new: &NewResident) -> Result<Registration, StoreError> {
        let registration = statements::register(self.db, new)?;
        if registration == Registration::New {
            self.add(Added::Resident);
        }
        Ok(registration)
    }

    fn issue(&mut self, new: &NewPass) -> Result<Issuance, StoreError> {
        let inventory = self.inventory.read().unwrap_or_else(PoisonError::into_inner);
        let mut serials = inventory.holdings.newest_first(new.resident).peekable();
        // Whoever holds a pass is registered; only of others the table of residents is asked.
        if serials.peek().is_none() && !statements::is_registered(self.db, new.resident)? {
            return Ok(Issuance::UnknownResident);
        }
        let issuing = match &mut self.issuing {
            Some(prepared) => prepared,
            none => none.insert(Issuing::prepare(self.db)?),
        };
        let earlier = issuing.earlier(self.naming, serials, new.since_s)?;
        drop(inventory);
        if let Some(answer) = crate::store::decide::decide(&earlier, new) {
            return Ok(answer);
        }
        let serial = self.latest.checked_add(1).ok_or_else(|| StoreError::Database("all serials are given".into()))?;
        issuing.insert(serial, new)?;
        self.latest = serial;
        self.add(Added::Pass(AddedPass::new(serial, new)));
        let name = PassName { serial, random: new.random };
        Ok(Issuance::Issued(self.naming.grant(name, new.purpose, new.window)))
    }

    /// Notes a new row at once: the next write of this group must know of it.
    fn add(&mut self, added: Added) {
        self.inventory.write().unwrap_or_else(PoisonError::into_inner).add(added);
        self.added.push(added);
    }

    /// Writes the counts that the group has changed.
    pub(super) fn count(&self) -> rusqlite::Result<()> {
        let inventory = self.inventory.read().unwrap_or_else(PoisonError::into_inner);
        let mut counted = Vec::new();
        for added in &self.added {
            if let Added::Pass(AddedPass { day, purpose, .. }) = *added
                && !counted.contains(&(day, purpose))
            {
                counted.push((day, purpose));
                self.db
                    .prepare_cached(
                        "INSERT INTO issued VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET passes = excluded.passes",
                    )?
                    .execute(params![day, purpose as u8, inventory.issued_on(day, purpose)])?;
            }
        }
        if self.added.iter().any(|added| matches!(added, Added::Resident)) {
            set_total(self.db, "residents", inventory.residents)?;
        }
        Ok(())
    }
}

/// Cancels a pass of `resident`, counting it under `day` the first time; whether there is one.
fn cancel(db: &Connection, pass: PassName, resident: ResidentId, day: i32) -> rusqlite::Result<bool> {
    if let Some(purpose) = statements::cancel(db, pass, resident)? {
        ledger::count(db, &Ended { day, purpose, cancelled: 1, revoked: 0 })?;
        return Ok(true);
    }
    statements::holds(db, pass, resident)
}

/// Writes a total.
pub(super) fn set_total(db: &Connection, name: &str, total: u64) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE totals SET total = ?2 WHERE name = ?1")?.execute(params![name, total]).map(drop)
}
