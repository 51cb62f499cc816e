//! Rewriting the tables, so that nothing removed is left in their files.
//!
//! PostgreSQL reuses the room of removed rows and does not overwrite it. Only a table written anew is without them, and nobody can use it
//! meanwhile: so this is not part of a purge.

use tokio_postgres::Client;

use super::link::{Link, database_error};
use super::migrate::read_secret;
use super::purge::PURGED_TABLES;
use crate::store::OpenError;

/// Writes each table from which rows are removed anew; answers the bytes of all of them, their indices included, before and after.
pub(super) async fn compact(link: &Link) -> Result<(u64, u64), OpenError> {
    let session = link.session().await.map_err(|_| link.unreachable())?;
    let client = &session.client;
    // Tables of another version may have other names.
    read_secret(client).await?;
    let before = bytes(client).await?;
    let failed = |cause| database_error(&cause);
    client.batch_execute("SET statement_timeout = 0").await.map_err(failed)?;
    for table in PURGED_TABLES {
        client.batch_execute(&format!("VACUUM (FULL, ANALYZE) {table}")).await.map_err(failed)?;
    }
    Ok((before, bytes(client).await?))
}

async fn bytes(client: &Client) -> Result<u64, OpenError> {
    let tables = PURGED_TABLES.as_slice();
    let row = client
        .query_one(
            "SELECT sum(pg_total_relation_size(name::regclass))::bigint FROM unnest($1::text[]) AS name",
            &[&tables],
        )
        .await
        .map_err(|cause| database_error(&cause))?;
    Ok(row.get::<_, i64>(0).unsigned_abs())
}
