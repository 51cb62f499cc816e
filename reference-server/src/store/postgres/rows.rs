//! What stands in the rows that the database answers.

use passes::{Grant, PassName, Purpose, ResidentId, Window};
use tokio_postgres::Row;

use super::group::LockedPass;
use crate::store::decide::Earlier;
use crate::store::naming::Naming;
use crate::store::{Asked, KeptPass, KeyDigest, StoreError, Withdrawn};

/// A column of so many bytes.
pub(super) fn bytes<const N: usize>(row: &Row, column: usize) -> Result<[u8; N], StoreError> {
    let bytes: &[u8] = row.try_get(column).map_err(|cause| StoreError::Database(cause.into()))?;
    bytes.try_into().map_err(|_| StoreError::Database(format!("column {column} does not have {N} bytes").into()))
}

pub(super) fn resident(row: &Row, column: usize) -> Result<ResidentId, StoreError> {
    bytes(row, column).map(ResidentId::from_bytes)
}

pub(super) fn serial(row: &Row, column: usize) -> Result<u32, StoreError> {
    u32::try_from(row.get::<_, i64>(column)).map_err(|cause| StoreError::Database(cause.into()))
}

/// The first two columns: serial, random.
pub(super) fn name(row: &Row) -> Result<PassName, StoreError> {
    Ok(PassName { serial: serial(row, 0)?, random: bytes(row, 1)? })
}

/// The purpose whose number stands in a column.
pub(super) fn purpose(row: &Row, column: usize) -> Result<Purpose, StoreError> {
    let number: i16 = row.get(column);
    let purpose = u8::try_from(number).ok().and_then(Purpose::from_number);
    purpose.ok_or_else(|| StoreError::Database(format!("no purpose has the number {number}").into()))
}

/// The first five columns: serial, random, purpose, from, until.
fn grant(row: &Row, naming: &Naming) -> Result<Grant, StoreError> {
    Ok(naming.grant(name(row)?, purpose(row, 2)?, Window { from_s: row.get(3), until_s: row.get(4) }))
}

/// An earlier pass, whose it is, and when it was issued.
pub(super) fn earlier(row: &Row, naming: &Naming) -> Result<(ResidentId, i64, Earlier), StoreError> {
    let asked = Asked { key: KeyDigest::from_bytes(bytes(row, 7)?), request: bytes(row, 8)? };
    let earlier = Earlier { grant: grant(row, naming)?, cancelled: row.get(6), asked };
    Ok((resident(row, 5)?, row.get(9), earlier))
}

pub(super) fn kept(row: &Row, naming: &Naming) -> Result<KeptPass, StoreError> {
    Ok(KeptPass {
        grant: grant(row, naming)?,
        resident: resident(row, 5)?,
        cancelled: row.get(6),
        revoked_s: row.get(7),
    })
}

/// A pass whose row is locked; its serial stands in the first column.
pub(super) fn locked(row: &Row) -> Result<LockedPass, StoreError> {
    Ok(LockedPass {
        random: bytes(row, 1)?,
        resident: resident(row, 2)?,
        purpose: purpose(row, 3)?,
        cancelled: row.get(4),
        revoked: row.get(5),
    })
}

pub(super) fn withdrawn(row: &Row) -> Result<Withdrawn, StoreError> {
    Ok(Withdrawn { serial: serial(row, 0)?, revoked: row.get(1) })
}
