//! `lockgate compact`: writes the tables of a PostgreSQL database anew.

use std::time::Instant;

use reference_server::StoreKind;
use report::number;

use crate::args::Compact;
use crate::failure::{Ending, bad_input};

/// Rids the database's files of removed rows, and says how much room that gave back.
pub(crate) fn run(arguments: &Compact) -> anyhow::Result<Ending> {
    // A URL may hold a password, and others see the flags of a process.
    let in_environment = || std::env::var("LOCKGATE_DATABASE_URL").ok();
    let Some(url) = arguments.database_url.clone().or_else(in_environment) else {
        return Err(bad_input(
            "compact: name a PostgreSQL database with --database-url URL or LOCKGATE_DATABASE_URL; the embedded store needs no compaction, \
             its server does that itself",
        ));
    };
    let begun = Instant::now();
    let (before, after) = StoreKind::Postgres { url }.compact()?.unwrap_or_default();
    println!(
        "The tables were written anew in {}: nothing removed is left in their files, which had {} and have {} now. Earlier backups and the \
         database's own log still hold what was removed.",
        number::duration_s(begun.elapsed().as_secs_f64()),
        number::bytes(before),
        number::bytes(after)
    );
    Ok(Ending::Held)
}
