//! Removing what is no longer needed, a little at a time.
//!
//! Rows that another process has locked are left for the next time. A purge has a connection of its own for as long as it takes, in
//! transactions of its own: nobody who writes or looks up waits for it.

use tokio_postgres::{Client, Error};

use super::link::store_error;
use super::statements::COUNT_ROWS;
use crate::store::{Purge, Purged, StoreError};

/// Rows removed in a transaction.
const STEP_ROWS: i64 = 1_000;

/// The tables from which rows are removed.
pub(super) const PURGED_TABLES: [&str; 5] = ["passes", "spent", "checks", "residents", "proposals"];

const PASSES: &str = "
    DELETE FROM passes WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM passes WHERE valid_until_s < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))";

const TOKENS: &str = "
    DELETE FROM spent WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM spent WHERE valid_until_s < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))";

const CHECKS: &str = "
    DELETE FROM checks WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM checks WHERE at_s < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))";

/// Locks residents who have not been seen for long. Only when nobody can issue a pass to them any more, the next statement looks
/// whether there is one.
const IDLE: &str = "
    SELECT resident FROM residents
    WHERE greatest(registered_s, checked_in_s) < $1 AND resident > $2
    ORDER BY resident LIMIT $3 FOR UPDATE SKIP LOCKED";

const RESIDENTS: &str = "
    DELETE FROM residents WHERE resident = ANY($1::bytea[])
        AND NOT EXISTS (SELECT FROM passes WHERE passes.resident = residents.resident)";

/// Purges on the connection of `client`, which is of no use to others afterwards.
pub(super) async fn purge(client: &Client, purge: Purge, process: i64) -> Result<Purged, StoreError> {
    // A vacuum takes minutes where the tables are large, and nobody waits for it.
    client.batch_execute("SET statement_timeout = 0").await.map_err(store_error)?;
    let purged = remove(client, purge, process).await.map_err(store_error)?;
    if purged != Purged::default() {
        // Each by itself: none of them can be part of a transaction.
        for table in PURGED_TABLES {
            client.batch_execute(&format!("VACUUM (ANALYZE) {table}")).await.map_err(store_error)?;
        }
    }
    Ok(purged)
}

async fn remove(client: &Client, purge: Purge, process: i64) -> Result<Purged, Error> {
    let mut purged = Purged::default();
    for (statement, count) in [(PASSES, &mut purged.passes), (TOKENS, &mut purged.tokens), (CHECKS, &mut purged.checks)]
    {
        *count = remove_before(client, statement, purge.ended_before_s).await?;
    }
    if let Some(before_s) = purge.residents_before_s {
        purged.residents = remove_residents(client, before_s).await?;
    }
    let (residents, passes) = (-(purged.residents as i64), -(purged.passes as i64));
    if residents + passes < 0 {
        client.execute(COUNT_ROWS, &[&process, &residents, &passes]).await?;
    }
    Ok(purged)
}

/// Runs a `statement` that removes some rows of a time before `before_s`, until it finds none.
async fn remove_before(client: &Client, statement: &str, before_s: i64) -> Result<u64, Error> {
    let remove = client.prepare(statement).await?;
    let mut removed = 0;
    loop {
        match client.execute(&remove, &[&before_s, &STEP_ROWS]).await? {
            0 => return Ok(removed),
            rows => removed += rows,
        }
    }
}

async fn remove_residents(client: &Client, before_s: i64) -> Result<u64, Error> {
    let (idle, remove) = (client.prepare(IDLE).await?, client.prepare(RESIDENTS).await?);
    let mut removed = 0;
    let mut after: Vec<u8> = Vec::new();
    loop {
        client.batch_execute("BEGIN").await?;
        let rows = client.query(&idle, &[&before_s, &after, &STEP_ROWS]).await?;
        let residents: Vec<Vec<u8>> = rows.iter().map(|row| row.get(0)).collect();
        removed += client.execute(&remove, &[&residents]).await?;
        client.batch_execute("COMMIT").await?;
        match residents.into_iter().next_back() {
            Some(last) => after = last,
            None => return Ok(removed),
        }
    }
}
