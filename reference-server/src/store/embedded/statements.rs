//! What is said to the database.

use passes::Channel;
use passes::{Grant, PassId, Purpose, ResidentId, Window};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::store::decide::{Earlier, decide};
use crate::store::{Asked, Issuance, KeptPass, KeyDigest, NewPass, NewResident, Registration};

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

/// Issues a pass if that is the decision. To be called inside a transaction.
pub(super) fn issue(db: &Connection, new: &NewPass) -> rusqlite::Result<Issuance> {
    let known =
        db.prepare_cached("SELECT 1 FROM residents WHERE resident = ?1")?.exists(params![new.resident.as_bytes()])?;
    if !known {
        return Ok(Issuance::UnknownResident);
    }
    let decided = decide(&earlier(db, new.resident, new.since_s)?, new);
    if let Issuance::Issued(Grant { pass, purpose, window, serial: _ }) = decided {
        let resident = new.resident.as_bytes();
        db.prepare_cached("INSERT INTO holders VALUES (?1, ?2)")?.execute(params![pass.as_bytes(), resident])?;
        db.prepare_cached("INSERT INTO passes VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7)")?.execute(params![
            resident,
            pass.as_bytes(),
            purpose as u8,
            window.from_s,
            window.until_s,
            new.asked.key.as_bytes(),
            new.asked.request
        ])?;
    }
    Ok(decided)
}

/// Cancels a pass of `resident`; whether there is one.
pub(super) fn cancel(db: &Connection, pass: PassId, resident: ResidentId) -> rusqlite::Result<bool> {
    let changed = db
        .prepare_cached("UPDATE passes SET cancelled = 1 WHERE resident = ?1 AND pass = ?2")?
        .execute(params![resident.as_bytes(), pass.as_bytes()])?;
    Ok(changed == 1)
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

/// The passes of `resident` issued at or after `since_s`. How many there can be is bounded by [`NewPass::at_most`].
pub(super) fn earlier(db: &Connection, resident: ResidentId, since_s: i64) -> rusqlite::Result<Vec<Earlier>> {
    let first = PassId::new(since_s, [0; 12]);
    db.prepare_cached(
        "SELECT pass, purpose, valid_from_s, valid_until_s, cancelled, idempotency, request
         FROM passes WHERE resident = ?1 AND pass >= ?2",
    )?
    .query_map(params![resident.as_bytes(), first.as_bytes()], |row| {
        let asked = Asked { key: KeyDigest::from_bytes(row.get(5)?), request: row.get(6)? };
        Ok(Earlier { grant: grant(row)?, cancelled: row.get(4)?, asked })
    })?
    .collect()
}

/// The pass of this name.
pub(super) fn find(db: &Connection, pass: PassId) -> rusqlite::Result<Option<KeptPass>> {
    db.prepare_cached(
        "SELECT pass, purpose, valid_from_s, valid_until_s, cancelled, resident
         FROM holders JOIN passes USING (resident, pass) WHERE pass = ?1",
    )?
    .query_row(params![pass.as_bytes()], |row| {
        Ok(KeptPass { grant: grant(row)?, cancelled: row.get(4)?, resident: ResidentId::from_bytes(row.get(5)?) })
    })
    .optional()
}

/// The first four columns of a row: pass, purpose, from, until.
fn grant(row: &Row<'_>) -> rusqlite::Result<Grant> {
    let number: u8 = row.get(1)?;
    let unknown = rusqlite::Error::IntegralValueOutOfRange(1, i64::from(number));
    Ok(Grant {
        pass: PassId::from_bytes(row.get(0)?),
        purpose: Purpose::from_number(number).ok_or(unknown)?,
        window: Window { from_s: row.get(2)?, until_s: row.get(3)? },
        serial: 0,
    })
}

/// The number that stands for a channel in the table. Numbers are never given a new meaning.
const fn channel_number(channel: Channel) -> u8 {
    match channel {
        Channel::Web => 0,
        Channel::App => 1,
        Channel::Phone => 2,
    }
}
