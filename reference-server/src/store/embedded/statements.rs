//! What is said to the database.

use passes::{Channel, PassId, PassName, Purpose, ResidentId, Window};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, Statement, params};

use crate::store::decide::Earlier;
use crate::store::naming::Naming;
use crate::store::{
    Asked, IssuedBetween, KeptPass, KeyDigest, LoggedCheck, NewPass, NewResident, Registration, Spending, TokenDigest,
    Withdrawn,
};

/// Keeps a resident who is new. To be called inside a transaction.
pub(super) fn register(db: &Connection, new: &NewResident) -> rusqlite::Result<Registration> {
    let key = new.key.as_ref().map(KeyDigest::as_bytes);
    let added = db
        .prepare_cached("INSERT INTO residents VALUES (?1, ?2, ?3, ?4, NULL) ON CONFLICT DO NOTHING")?
        .execute(params![new.resident.as_bytes(), new.registered_s, channel_number(new.channel), key])?;
    if added == 1 {
        return Ok(Registration::New);
    }
    let same = db
        .prepare_cached("SELECT idempotency = ?2 FROM residents WHERE resident = ?1")?
        .query_row(params![new.resident.as_bytes(), key], |row| row.get::<_, Option<bool>>(0))?;
    // Without a key on either side the comparison is NULL: nobody can claim to be the one who asked before.
    Ok(if same == Some(true) { Registration::Again } else { Registration::Known })
}

/// Whether `resident` is registered.
pub(super) fn is_registered(db: &Connection, resident: ResidentId) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM residents WHERE resident = ?1")?.exists(params![resident.as_bytes()])
}

/// What issuing says to the database, prepared once for a whole group.
pub(super) struct Issuing<'a> {
    insert: CachedStatement<'a>,
    earlier: CachedStatement<'a>,
}

impl<'a> Issuing<'a> {
    pub(super) fn prepare(db: &'a Connection) -> rusqlite::Result<Self> {
        let insert = db.prepare_cached("INSERT INTO passes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, NULL, ?8, ?9)")?;
        Ok(Issuing { insert, earlier: db.prepare_cached(EARLIER)? })
    }

    /// Keeps a pass under `serial`.
    pub(super) fn insert(&mut self, serial: u32, new: &NewPass) -> rusqlite::Result<()> {
        self.insert.execute(params![
            serial,
            new.resident.as_bytes(),
            new.window.until_s,
            new.window.from_s,
            new.issued_s,
            new.purpose as u8,
            new.random,
            new.asked.key.as_bytes(),
            new.asked.request
        ])?;
        Ok(())
    }

    /// [`earlier`].
    pub(super) fn earlier(
        &mut self,
        naming: &Naming,
        serials: impl Iterator<Item = u32>,
        since_s: i64,
    ) -> rusqlite::Result<Vec<Earlier>> {
        select_earlier(&mut self.earlier, naming, serials, since_s)
    }
}

/// Cancels a pass of `resident` that was not cancelled before; what it was for.
pub(super) fn cancel(db: &Connection, pass: PassName, resident: ResidentId) -> rusqlite::Result<Option<Purpose>> {
    db.prepare_cached(
        "UPDATE passes SET cancelled = 1 WHERE serial = ?1 AND random = ?2 AND resident = ?3 AND NOT cancelled
         RETURNING purpose",
    )?
    .query_row(params![pass.serial, pass.random, resident.as_bytes()], |row| purpose(row, 0))
    .optional()
}

/// Whether this is a pass of `resident`.
pub(super) fn holds(db: &Connection, pass: PassName, resident: ResidentId) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM passes WHERE serial = ?1 AND random = ?2 AND resident = ?3")?.exists(params![
        pass.serial,
        pass.random,
        resident.as_bytes()
    ])
}

/// Revokes a pass that was not revoked before, whoever holds it; what it was for.
pub(super) fn revoke(db: &Connection, pass: PassName, at_s: i64) -> rusqlite::Result<Option<Purpose>> {
    db.prepare_cached(
        "UPDATE passes SET revoked_s = ?3 WHERE serial = ?1 AND random = ?2 AND revoked_s IS NULL RETURNING purpose",
    )?
    .query_row(params![pass.serial, pass.random, at_s], |row| purpose(row, 0))
    .optional()
}

/// Names of passes by when they were issued ([`Store::issued`](crate::Store::issued)). Serials are given in the order of time, so the first
/// is found by halving.
pub(super) fn issued(db: &Connection, naming: &Naming, asked: IssuedBetween) -> rusqlite::Result<Option<Vec<PassId>>> {
    let mut next =
        db.prepare_cached("SELECT serial, issued_s FROM passes WHERE serial >= ?1 ORDER BY serial LIMIT 1")?;
    let (mut low, mut high) = (0, u32::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        let found = next.query_row([middle], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, i64>(1)?))).optional()?;
        match found {
            Some((serial, issued_s)) if issued_s < asked.from_s => low = serial.saturating_add(1),
            _ => high = middle,
        }
    }
    let mut select = db.prepare_cached(
        "SELECT serial, random, purpose, valid_until_s, revoked_s IS NOT NULL, issued_s FROM passes
         WHERE serial >= ?1 ORDER BY serial LIMIT ?2",
    )?;
    let mut rows = select.query(params![low, asked.at_most + 1])?;
    let (mut names, mut looked_at) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(5)? >= asked.until_s {
            break;
        }
        looked_at += 1;
        let (purpose, until_s, revoked): (_, i64, bool) = (purpose(row, 2)?, row.get(3)?, row.get(4)?);
        if asked.purpose.is_none_or(|asked| asked == purpose) && until_s > asked.now_s && !revoked {
            names.push(naming.pass(name(row)?));
        }
    }
    Ok((looked_at <= asked.at_most).then_some(names))
}

/// Keeps that a token is spent.
pub(super) fn spend(db: &Connection, token: TokenDigest, until_s: i64) -> rusqlite::Result<Spending> {
    let added = db
        .prepare_cached("INSERT INTO spent VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![token.0, until_s])?;
    Ok(if added == 1 { Spending::First } else { Spending::Again })
}

/// Keeps that a check was made, under the number of the pass.
pub(super) fn log_check(db: &Connection, naming: &Naming, check: &LoggedCheck) -> rusqlite::Result<()> {
    let LoggedCheck { at_s, pass, officer, place } = check;
    let serial = pass.map(|pass| naming.open(pass).serial);
    db.prepare_cached("INSERT INTO checks VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![at_s, serial, officer.as_deref(), place])
        .map(drop)
}

/// Keeps when `resident` checked in; whether the resident is registered.
pub(super) fn check_in(db: &Connection, resident: ResidentId, at_s: i64) -> rusqlite::Result<bool> {
    let changed = db
        .prepare_cached("UPDATE residents SET checked_in_s = ?2 WHERE resident = ?1")?
        .execute(params![resident.as_bytes(), at_s])?;
    Ok(changed == 1)
}

/// When `resident` checked in last.
pub(super) fn latest_check_in(db: &Connection, resident: ResidentId) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT checked_in_s FROM residents WHERE resident = ?1")?
        .query_row(params![resident.as_bytes()], |row| row.get(0))
        .optional()
        .map(Option::flatten)
}

const EARLIER: &str = "
    SELECT serial, random, purpose, valid_from_s, valid_until_s, cancelled, idempotency, request, issued_s
    FROM passes WHERE serial = ?1";

/// Of the passes under `serials`, from the newest on, those issued at or after `since_s`. How many there can be is bounded by
/// [`NewPass::at_most`].
pub(super) fn earlier(
    db: &Connection,
    naming: &Naming,
    serials: impl Iterator<Item = u32>,
    since_s: i64,
) -> rusqlite::Result<Vec<Earlier>> {
    select_earlier(&mut *db.prepare_cached(EARLIER)?, naming, serials, since_s)
}

fn select_earlier(
    select: &mut Statement<'_>,
    naming: &Naming,
    serials: impl Iterator<Item = u32>,
    since_s: i64,
) -> rusqlite::Result<Vec<Earlier>> {
    let mut earlier = Vec::new();
    for serial in serials {
        let mut rows = select.query(params![serial])?;
        // A row that is gone was purged; an older one may have more time left and still be there.
        let Some(row) = rows.next()? else { continue };
        if row.get::<_, i64>(8)? < since_s {
            break;
        }
        let asked = Asked { key: KeyDigest::from_bytes(row.get(6)?), request: row.get(7)? };
        let grant = naming.grant(name(row)?, purpose(row, 2)?, window(row, 3)?);
        earlier.push(Earlier { grant, cancelled: row.get(5)?, asked });
    }
    Ok(earlier)
}

/// The pass of this name.
pub(super) fn find(db: &Connection, naming: &Naming, pass: PassId) -> rusqlite::Result<Option<KeptPass>> {
    let kept = find_serial(db, naming, naming.open(pass).serial)?;
    Ok(kept.filter(|kept| kept.grant.pass == pass))
}

/// The pass of this number.
pub(super) fn find_serial(db: &Connection, naming: &Naming, serial: u32) -> rusqlite::Result<Option<KeptPass>> {
    db.prepare_cached(
        "SELECT serial, random, purpose, valid_from_s, valid_until_s, cancelled, revoked_s, resident
         FROM passes WHERE serial = ?1",
    )?
    .query_row(params![serial], |row| {
        Ok(KeptPass {
            grant: naming.grant(name(row)?, purpose(row, 2)?, window(row, 3)?),
            cancelled: row.get(5)?,
            revoked_s: row.get(6)?,
            resident: ResidentId::from_bytes(row.get(7)?),
        })
    })
    .optional()
}

/// The passes withdrawn that end after `now_s`.
pub(super) fn withdrawn(db: &Connection, now_s: i64) -> rusqlite::Result<Vec<Withdrawn>> {
    db.prepare_cached(
        "SELECT serial, revoked_s IS NOT NULL FROM passes INDEXED BY withdrawn
         WHERE (cancelled OR revoked_s IS NOT NULL) AND valid_until_s > ?1 ORDER BY serial",
    )?
    .query_map(params![now_s], |row| Ok(Withdrawn { serial: row.get(0)?, revoked: row.get(1)? }))?
    .collect()
}

/// The first two columns of a row: serial, random.
fn name(row: &Row<'_>) -> rusqlite::Result<PassName> {
    Ok(PassName { serial: row.get(0)?, random: row.get(1)? })
}

/// The purpose whose number stands in a column.
pub(super) fn purpose(row: &Row<'_>, column: usize) -> rusqlite::Result<Purpose> {
    let number: u8 = row.get(column)?;
    Purpose::from_number(number).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, number.into()))
}

/// The window that stands in a column and the next.
fn window(row: &Row<'_>, column: usize) -> rusqlite::Result<Window> {
    Ok(Window { from_s: row.get(column)?, until_s: row.get(column + 1)? })
}

/// The number that stands for a channel in the table. Numbers are never given a new meaning.
const fn channel_number(channel: Channel) -> u8 {
    match channel {
        Channel::Web => 0,
        Channel::App => 1,
        Channel::Phone => 2,
    }
}
