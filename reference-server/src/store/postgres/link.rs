//! Connections to the database, made again when they were lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, NoTls};

use super::statements::Statements;
use crate::store::{OpenError, StoreError};

/// How long to try to connect, unless the URL says.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// For how long after a failed try nobody tries again: a thousand requests a second need not each find out.
const PAUSE: Duration = Duration::from_millis(200);

/// What holds in every session. Durable commits, whatever the server's default. All questions but the census are by key: plans are
/// made once, and never for a table as small as it was at the start.
const SETTINGS: &str = "
    SET search_path = lockgate;
    SET synchronous_commit = on;
    SET default_transaction_isolation = 'read committed';
    SET plan_cache_mode = force_generic_plan;
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET statement_timeout = '60s';
";

/// A connection, and the statements prepared on it.
pub(super) struct Session {
    pub(super) client: Client,
    statements: tokio::sync::OnceCell<Statements>,
}

impl Session {
    /// The statements; prepared at the first use, since they need the tables.
    pub(super) async fn statements(&self) -> Result<&Statements, Error> {
        self.statements.get_or_try_init(|| Statements::prepare(&self.client)).await
    }
}

/// The way to the database: at most one session at a time.
pub(super) struct Link {
    config: Config,
    /// Where the connection is kept going.
    runtime: Handle,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    failed: Option<Instant>,
}

impl Link {
    pub(super) fn new(config: &Config, runtime: &Handle) -> Self {
        let mut config = config.clone();
        config.application_name("lockgate");
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        Link { config, runtime: runtime.clone(), state: Mutex::default() }
    }

    /// The session; a new one when there is none or it was lost.
    pub(super) async fn session(&self) -> Result<Arc<Session>, StoreError> {
        let mut state = self.state.lock().await;
        if let Some(session) = state.session.as_ref().filter(|session| !session.client.is_closed()) {
            return Ok(Arc::clone(session));
        }
        if state.failed.is_some_and(|failed| failed.elapsed() < PAUSE) {
            return Err(StoreError::Unavailable);
        }
        match self.runtime.spawn(connect(self.config.clone())).await {
            Ok(Ok(session)) => {
                let session = Arc::new(session);
                *state = State { session: Some(Arc::clone(&session)), failed: None };
                Ok(session)
            }
            _ => {
                *state = State { session: None, failed: Some(Instant::now()) };
                Err(StoreError::Unavailable)
            }
        }
    }

    /// Why no session can be had, for people.
    pub(super) fn unreachable(&self) -> OpenError {
        let hosts = self.config.get_hosts().iter().map(|host| format!("{host:?}"));
        OpenError::Unreachable { hosts: hosts.collect::<Vec<_>>().join(", ") }
    }
}

async fn connect(config: Config) -> Result<Session, Error> {
    let (client, connection) = config.connect(NoTls).await?;
    // It ends when the client is dropped or the connection lost; whoever asks next learns it from the client.
    tokio::spawn(connection);
    client.batch_execute(SETTINGS).await?;
    Ok(Session { client, statements: tokio::sync::OnceCell::new() })
}

/// What the store says of the database's error.
pub(super) fn store_error(cause: Error) -> StoreError {
    let shutting_down = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        // After a failover the old primary, now a standby, still answers.
        SqlState::READ_ONLY_SQL_TRANSACTION,
    ];
    match cause.code() {
        Some(code) if !shutting_down.contains(code) => StoreError::Database(cause.into()),
        _ => StoreError::Unavailable,
    }
}

/// The same while opening.
pub(super) fn database_error(cause: &Error) -> OpenError {
    let cause = cause.as_db_error().map_or_else(|| cause.to_string(), |cause| cause.message().to_owned());
    OpenError::Postgres { cause }
}
