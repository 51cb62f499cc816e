//! Acts of administrators, in the database.

use passes::{PassId, Purpose};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::statements;
use crate::audit::{ActKind, Entry, Head};
use crate::store::StoreError;
use crate::store::acts::{Ended, Ledger, Proposal, ProposalId};
use crate::store::naming::Naming;

/// `ended` counts withdrawn passes by day and purpose for the public; like the audit log it is never purged.
pub(super) const TABLES: &str = "
    CREATE TABLE proposals (
        proposal    BLOB PRIMARY KEY,
        passes      BLOB NOT NULL,
        reason      TEXT NOT NULL,
        proposed_by TEXT NOT NULL,
        proposed_s  INTEGER NOT NULL,
        lapses_s    INTEGER NOT NULL,
        approved    INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE audit (
        number  INTEGER PRIMARY KEY,
        at_s    INTEGER NOT NULL,
        done_by TEXT NOT NULL,
        act     TEXT NOT NULL,
        detail  TEXT NOT NULL,
        hash    BLOB NOT NULL
    ) STRICT;
    CREATE TABLE ended (
        day       INTEGER NOT NULL,
        purpose   INTEGER NOT NULL,
        cancelled INTEGER NOT NULL,
        revoked   INTEGER NOT NULL,
        PRIMARY KEY (day, purpose)
    ) STRICT, WITHOUT ROWID;
";

/// A transaction, and what names of passes mean.
pub(super) struct Named<'a> {
    pub(super) db: &'a Connection,
    pub(super) naming: &'a Naming,
}

impl Ledger for Named<'_> {
    fn head(&mut self) -> Result<Head, StoreError> {
        Ok(head(self.db)?)
    }

    fn append(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let Entry { number, at_s, by, act, detail, hash } = entry;
        self.db.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
            number,
            at_s,
            by,
            act.name(),
            detail,
            hash
        ])?;
        Ok(())
    }

    fn remove_lapsed(&mut self, at_s: i64) -> Result<(), StoreError> {
        self.db.prepare_cached("DELETE FROM proposals WHERE lapses_s <= ?1")?.execute([at_s])?;
        Ok(())
    }

    fn open_proposals(&mut self) -> Result<usize, StoreError> {
        let count = "SELECT count(*) FROM proposals WHERE NOT approved";
        Ok(self.db.prepare_cached(count)?.query_row([], |row| row.get(0))?)
    }

    fn proposal(&mut self, id: ProposalId) -> Result<Option<Proposal>, StoreError> {
        let select = "SELECT * FROM proposals WHERE proposal = ?1";
        Ok(self.db.prepare_cached(select)?.query_row([id.0], proposal).optional()?)
    }

    fn keep(&mut self, proposal: &Proposal) -> Result<(), StoreError> {
        let Proposal { id, passes, reason, by, proposed_s, lapses_s, approved } = proposal;
        let passes: Vec<u8> = passes.iter().flat_map(PassId::as_bytes).copied().collect();
        self.db
            .prepare_cached("INSERT INTO proposals VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute(params![id.0, passes, reason, by, proposed_s, lapses_s, approved])?;
        Ok(())
    }

    fn mark_approved(&mut self, id: ProposalId) -> Result<(), StoreError> {
        self.db.prepare_cached("UPDATE proposals SET approved = 1 WHERE proposal = ?1")?.execute([id.0])?;
        Ok(())
    }

    fn revoke(&mut self, passes: &[PassId], at_s: i64, day: i32) -> Result<u64, StoreError> {
        let mut newly = [0_u64; Purpose::ALL.len()];
        for pass in passes {
            if let Some(purpose) = statements::revoke(self.db, self.naming.open(*pass), at_s)? {
                newly[purpose as usize] += 1;
            }
        }
        for (purpose, revoked) in Purpose::ALL.into_iter().zip(newly).filter(|(_, revoked)| *revoked > 0) {
            count(self.db, &Ended { day, purpose, cancelled: 0, revoked })?;
        }
        Ok(newly.iter().sum())
    }
}

/// Adds to the counts of a day.
pub(super) fn count(db: &Connection, more: &Ended) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO ended VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET cancelled = cancelled + excluded.cancelled, revoked = revoked + excluded.revoked",
    )?
    .execute(params![more.day, more.purpose as u8, more.cancelled, more.revoked])
    .map(drop)
}

/// The counts of all days.
pub(super) fn ended(db: &Connection) -> rusqlite::Result<Vec<Ended>> {
    db.prepare_cached("SELECT day, purpose, cancelled, revoked FROM ended")?
        .query_map([], |row| {
            let purpose = statements::purpose(row, 1)?;
            Ok(Ended { day: row.get(0)?, purpose, cancelled: row.get(2)?, revoked: row.get(3)? })
        })?
        .collect()
}

/// The end of the chain.
pub(super) fn head(db: &Connection) -> rusqlite::Result<Head> {
    let last = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
    let head = db
        .prepare_cached(last)?
        .query_row([], |row| Ok(Head { entries: row.get(0)?, hash: row.get(1)? }))
        .optional()?;
    Ok(head.unwrap_or_default())
}

/// The entries after number `after`.
pub(super) fn log(db: &Connection, after: u64, at_most: usize) -> rusqlite::Result<Vec<Entry>> {
    db.prepare_cached("SELECT * FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2")?
        .query_map(params![after, at_most], |row| {
            let act: String = row.get(3)?;
            let unknown = || rusqlite::Error::InvalidColumnType(3, act.clone(), rusqlite::types::Type::Text);
            Ok(Entry {
                number: row.get(0)?,
                at_s: row.get(1)?,
                by: row.get(2)?,
                act: ActKind::named(&act).ok_or_else(unknown)?,
                detail: row.get(4)?,
                hash: row.get(5)?,
            })
        })?
        .collect()
}

/// The proposals that have not lapsed.
pub(super) fn proposals(db: &Connection, now_s: i64) -> rusqlite::Result<Vec<Proposal>> {
    db.prepare_cached("SELECT * FROM proposals WHERE lapses_s > ?1 ORDER BY proposal")?
        .query_map([now_s], proposal)?
        .collect()
}

fn proposal(row: &Row<'_>) -> rusqlite::Result<Proposal> {
    let passes: Vec<u8> = row.get(1)?;
    Ok(Proposal {
        id: ProposalId(row.get(0)?),
        passes: passes.as_chunks().0.iter().map(|name| PassId::from_bytes(*name)).collect(),
        reason: row.get(2)?,
        by: row.get(3)?,
        proposed_s: row.get(4)?,
        lapses_s: row.get(5)?,
        approved: row.get(6)?,
    })
}
