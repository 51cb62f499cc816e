//! The tables of the database, version by version.

use tokio_postgres::Client;

use super::link::{Link, database_error};
use crate::secret::Secret;
use crate::store::OpenError;

/// What brings the database from one version to the next. The version is the number of those that were run.
const MIGRATIONS: [&str; 2] =
    [include_str!("../../../migrations/0001_tables.sql"), include_str!("../../../migrations/0002_checks.sql")];

/// The version this program reads and writes.
const WANTED: i32 = MIGRATIONS.len() as i32;

/// Held while migrating, so that of several processes that start at once one migrates and the others find it done. Any number will do;
/// these are the letters of "lockgate".
const MIGRATION_LOCK: i64 = i64::from_be_bytes(*b"lockgate");

/// Runs the migrations that are missing and makes the secret if there is none; answers the versions before and after.
pub(super) async fn migrate(link: &Link) -> Result<(i32, i32), OpenError> {
    let session = link.session().await.map_err(|_| link.unreachable())?;
    let client = &session.client;
    let failed = |cause| database_error(&cause);
    // Who migrates waits as long as it takes.
    client.batch_execute("SET statement_timeout = 0").await.map_err(failed)?;
    let lock = format!("BEGIN; SELECT pg_advisory_xact_lock({MIGRATION_LOCK}); CREATE SCHEMA IF NOT EXISTS lockgate");
    client.batch_execute(&lock).await.map_err(failed)?;
    let before = version(client).await?;
    check_not_newer(before)?;
    for (number, migration) in (1..).zip(MIGRATIONS).skip(before as usize) {
        let step = format!(
            "{migration}; CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL);
             DELETE FROM schema_version; INSERT INTO schema_version VALUES ({number})"
        );
        client.batch_execute(&step).await.map_err(failed)?;
    }
    let secret = Secret::random().map_err(OpenError::Random)?;
    client
        .execute("INSERT INTO secret (secret) VALUES ($1) ON CONFLICT DO NOTHING", &[&secret.as_bytes().as_slice()])
        .await
        .map_err(failed)?;
    client.batch_execute("COMMIT").await.map_err(failed)?;
    Ok((before, WANTED))
}

/// The secret of a database whose version is the one wanted.
pub(super) async fn read_secret(client: &Client) -> Result<Secret, OpenError> {
    let found = version(client).await?;
    check_not_newer(found)?;
    if found < WANTED {
        return Err(OpenError::NotMigrated { found, wanted: WANTED });
    }
    let row = client.query_one("SELECT secret FROM secret", &[]).await.map_err(|cause| database_error(&cause))?;
    let bytes: &[u8] = row.get(0);
    Ok(Secret::from_bytes(std::array::from_fn(|i| bytes.get(i).copied().unwrap_or(0))))
}

/// The version of the tables; 0 of a database without.
async fn version(client: &Client) -> Result<i32, OpenError> {
    let failed = |cause| database_error(&cause);
    let row = client.query_one("SELECT to_regclass('lockgate.schema_version') IS NULL", &[]).await.map_err(failed)?;
    if row.get(0) {
        return Ok(0);
    }
    Ok(client.query_one("SELECT max(version) FROM schema_version", &[]).await.map_err(failed)?.get(0))
}

fn check_not_newer(found: i32) -> Result<(), OpenError> {
    if found > WANTED { Err(OpenError::Newer { found, wanted: WANTED }) } else { Ok(()) }
}
