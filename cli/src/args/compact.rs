//! `lockgate compact`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Compact {
    /// The PostgreSQL database, as `postgres://USER:PASSWORD@HOST:PORT/DATABASE` [default: `LOCKGATE_DATABASE_URL`]
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
}
