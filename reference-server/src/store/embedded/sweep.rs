//! Removing what is no longer needed, a little at a time.
//!
//! Each step is one short transaction of the writer; between two steps it does the writes that came meanwhile.

use std::sync::PoisonError;
use std::time::Duration;

use passes::ResidentId;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::oneshot;

use super::gaps;
use super::group::set_total;
use super::schema::BUSY_TIMEOUT;
use super::writing::Writing;
use crate::store::holdings::{Holdings, NONE};
use crate::store::{Purge, Purged, StoreError};

/// Rows looked at in a step.
const STEP_ROWS: u32 = 1_000;
/// Pages given back to the system in a step.
const STEP_PAGES: u32 = 250;
/// How long to wait for another program that reads the database, before the log is left as it is for now.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(100);
/// How often to try.
const CHECKPOINT_TRIES: u32 = 20;

/// One step of a purge, and who waits for it.
pub(super) struct Sweep {
    pub(super) purge: Purge,
    pub(super) step: Step,
    pub(super) done: oneshot::Sender<Result<Swept, StoreError>>,
}

/// How far a purge has come. In each table it goes through the keys in order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Passes {
        after: u32,
    },
    Tokens {
        after: [u8; 16],
    },
    /// Logged checks, in the order in which they were made.
    Checks {
        after: i64,
    },
    /// A part of the index of holders.
    Index {
        part: usize,
    },
    Residents {
        after: Option<ResidentId>,
    },
    /// Overwrites what was left behind in the pages that one map of pages tells about.
    Gaps {
        map: u32,
    },
    /// Gives free pages back to the system.
    Shrink,
    /// Empties the log, which holds pages as they were before.
    Log {
        tries: u32,
    },
}

/// What a step removed, and the next one, if any.
#[derive(Debug)]
pub(super) struct Swept {
    pub(super) removed: Purged,
    pub(super) next: Option<Step>,
}

impl Step {
    pub(super) const FIRST: Step = Step::Passes { after: NONE };
    /// All rows have been looked at.
    const AFTER_ROWS: Step = Step::Gaps { map: gaps::FIRST_MAP };
}

impl Sweep {
    pub(super) fn work(self, writing: &mut Writing) {
        let swept = match self.step {
            Step::Passes { after } => passes(writing, after, self.purge.ended_before_s),
            Step::Tokens { after } => tokens(&mut writing.db, after, self.purge.ended_before_s),
            Step::Checks { after } => checks(&mut writing.db, after, self.purge.ended_before_s),
            Step::Index { part } => index(writing, part),
            Step::Residents { after } => match self.purge.residents_before_s {
                Some(before_s) => residents(writing, after, before_s),
                None => Ok(Swept { removed: Purged::default(), next: Some(Step::AFTER_ROWS) }),
            },
            Step::Gaps { map } => gaps(&mut writing.db, map),
            Step::Shrink => shrink(&writing.db),
            Step::Log { tries } => empty_log(&writing.db, tries),
        };
        let _ = self.done.send(swept.map_err(StoreError::from));
    }
}

fn passes(writing: &mut Writing, after: u32, before_s: i64) -> rusqlite::Result<Swept> {
    let transaction = writing.db.transaction()?;
    let last: Option<u32> = transaction
        .prepare_cached(
            "SELECT max(serial) FROM (SELECT serial FROM passes WHERE serial > ?1 ORDER BY serial LIMIT ?2)",
        )?
        .query_row(params![after, STEP_ROWS], |row| row.get(0))?;
    let Some(last) = last else {
        return Ok(Swept { removed: Purged::default(), next: Some(Step::Tokens { after: [0; 16] }) });
    };
    let removed = transaction
        .prepare_cached("DELETE FROM passes WHERE serial > ?1 AND serial <= ?2 AND valid_until_s < ?3")?
        .execute(params![after, last, before_s])? as u64;
    if removed > 0 {
        // A serial is never given twice, even when its row and all after it are gone.
        transaction
            .prepare_cached("UPDATE totals SET total = max(total, ?1) WHERE name = 'purged_serials'")?
            .execute([last])?;
    }
    transaction.commit()?;
    writing.inventory.write().unwrap_or_else(PoisonError::into_inner).purged(removed, before_s);
    Ok(Swept { removed: Purged { passes: removed, ..Purged::default() }, next: Some(Step::Passes { after: last }) })
}

fn tokens(db: &mut Connection, after: [u8; 16], before_s: i64) -> rusqlite::Result<Swept> {
    let transaction = db.transaction()?;
    let last = transaction
        .prepare_cached("SELECT token FROM spent WHERE token > ?1 ORDER BY token LIMIT 1 OFFSET ?2")?
        .query_row(params![after, STEP_ROWS - 1], |row| row.get::<_, [u8; 16]>(0))
        .optional()?;
    let removed = transaction
        .prepare_cached("DELETE FROM spent WHERE token >= ?1 AND token <= ?2 AND valid_until_s < ?3")?
        .execute(params![after, last.unwrap_or([0xff; 16]), before_s])?;
    transaction.commit()?;
    let next = last.map_or(Step::Checks { after: 0 }, |after| Step::Tokens { after });
    Ok(Swept { removed: Purged { tokens: removed as u64, ..Purged::default() }, next: Some(next) })
}

fn checks(db: &mut Connection, after: i64, before_s: i64) -> rusqlite::Result<Swept> {
    let transaction = db.transaction()?;
    let last: Option<i64> = transaction
        .prepare_cached("SELECT max(rowid) FROM (SELECT rowid FROM checks WHERE rowid > ?1 ORDER BY rowid LIMIT ?2)")?
        .query_row(params![after, STEP_ROWS], |row| row.get(0))?;
    let Some(last) = last else {
        return Ok(Swept { removed: Purged::default(), next: Some(Step::Index { part: 0 }) });
    };
    let removed = transaction
        .prepare_cached("DELETE FROM checks WHERE rowid > ?1 AND rowid <= ?2 AND at_s < ?3")?
        .execute(params![after, last, before_s])?;
    transaction.commit()?;
    let removed = Purged { checks: removed as u64, ..Purged::default() };
    Ok(Swept { removed, next: Some(Step::Checks { after: last }) })
}

fn index(writing: &Writing, part: usize) -> rusqlite::Result<Swept> {
    let first: Option<u32> = writing.db.query_row("SELECT min(serial) FROM passes", [], |row| row.get(0))?;
    let first = first.unwrap_or(writing.latest.saturating_add(1));
    writing.inventory.write().unwrap_or_else(PoisonError::into_inner).holdings.forget_below(first, part);
    let next = match part + 1 {
        part if Holdings::parts().contains(&part) => Step::Index { part },
        _ => Step::Residents { after: None },
    };
    Ok(Swept { removed: Purged::default(), next: Some(next) })
}

fn residents(writing: &mut Writing, after: Option<ResidentId>, before_s: i64) -> rusqlite::Result<Swept> {
    let transaction = writing.db.transaction()?;
    let looked_at: Vec<(ResidentId, i64)> = transaction
        .prepare_cached(
            "SELECT resident, max(registered_s, ifnull(checked_in_s, registered_s)) FROM residents
             WHERE resident > ?1 ORDER BY resident LIMIT ?2",
        )?
        .query_map(params![after.as_ref().map_or(&[][..], |after| after.as_bytes()), STEP_ROWS], |row| {
            Ok((ResidentId::from_bytes(row.get(0)?), row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    let mut inventory = writing.inventory.write().unwrap_or_else(PoisonError::into_inner);
    let idle = |&(resident, seen_s): &(ResidentId, i64)| seen_s < before_s && !inventory.holdings.holds_any(resident);
    let mut removed = 0;
    for (resident, _) in looked_at.iter().copied().filter(idle) {
        removed += transaction
            .prepare_cached("DELETE FROM residents WHERE resident = ?1")?
            .execute([resident.as_bytes()])? as u64;
    }
    set_total(&transaction, "residents", inventory.residents - removed)?;
    transaction.commit()?;
    inventory.residents -= removed;
    let next = looked_at.last().map_or(Step::AFTER_ROWS, |(after, _)| Step::Residents { after: Some(*after) });
    Ok(Swept { removed: Purged { residents: removed, ..Purged::default() }, next: Some(next) })
}

fn gaps(db: &mut Connection, map: u32) -> rusqlite::Result<Swept> {
    let next = gaps::overwrite(db, map)?.map_or(Step::Shrink, |map| Step::Gaps { map });
    Ok(Swept { removed: Purged::default(), next: Some(next) })
}

fn shrink(db: &Connection) -> rusqlite::Result<Swept> {
    db.execute_batch(&format!("PRAGMA incremental_vacuum({STEP_PAGES})"))?;
    let free: u64 = db.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    let next = if free > 0 { Step::Shrink } else { Step::Log { tries: CHECKPOINT_TRIES } };
    Ok(Swept { removed: Purged::default(), next: Some(next) })
}

fn empty_log(db: &Connection, tries: u32) -> rusqlite::Result<Swept> {
    db.busy_timeout(CHECKPOINT_PATIENCE)?;
    let busy: rusqlite::Result<bool> = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    db.busy_timeout(BUSY_TIMEOUT)?;
    // Another program may read for long, such as a backup. The next purge tries again.
    let next = (busy? && tries > 1).then(|| Step::Log { tries: tries - 1 });
    Ok(Swept { removed: Purged::default(), next })
}
