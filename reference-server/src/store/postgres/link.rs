//! Connections to the database, made again when they were lost or did not answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{Mutex, OnceCell};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, NoTls};

use super::statements::{Reads, Writes};
use crate::store::{OpenError, StoreError};

/// How long to try to connect to a host, up to a session that can be asked, unless the URL says (`connect_timeout`).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long to wait for an answer that somebody waits for. After connecting there is still time to be told within the ten seconds of a
/// request; and it is long enough for a disk that pauses.
pub(super) const ANSWER: Duration = Duration::from_secs(6);
/// When a peer that says nothing at all is given up, unless the URL says (`tcp_user_timeout`): its machine may be off. It ends waiting
/// that has no other limit.
const SILENCE: Duration = Duration::from_secs(30);
const PROBE_EVERY: Duration = Duration::from_secs(10);
/// For how long after a failed try nobody tries again: a thousand requests a second need not each find out.
const PAUSE: Duration = Duration::from_millis(200);

/// What holds in every session. Durable commits, whatever the server's default. All questions but the census are by key: plans are
/// made once, and never for a table as small as it was at the start. A database that is slow, and does not hang, gives up a second before
/// [`ANSWER`]: so the connection is kept, and nothing goes on there for which nobody waits.
const SETTINGS: &str = "
    SET search_path = lockgate;
    SET synchronous_commit = on;
    SET default_transaction_isolation = 'read committed';
    SET plan_cache_mode = force_generic_plan;
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET statement_timeout = '5s';
";

/// A connection, and the statements prepared on it.
pub(super) struct Session {
    pub(super) client: Client,
    connection: AbortHandle,
    /// Where the connection is kept going; who waits for it need not have timers.
    runtime: Handle,
    writes: OnceCell<Writes>,
    reads: OnceCell<Reads>,
}

impl Session {
    /// The statements that write; prepared at the first use, since they need the tables.
    pub(super) async fn writes(&self) -> Result<&Writes, Error> {
        self.writes.get_or_try_init(|| Writes::prepare(&self.client)).await
    }

    /// The statements that look something up; prepared at the first use.
    pub(super) async fn reads(&self) -> Result<&Reads, Error> {
        self.reads.get_or_try_init(|| Reads::prepare(&self.client)).await
    }

    /// Waits for `answer`, but not longer than `limit`: then the connection is given up, and whoever asks next gets another one. What
    /// was asked may be done all the same.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let answered = {
            let _timers = self.runtime.enter();
            timeout(limit, answer)
        };
        answered.await.unwrap_or_else(|_| {
            self.connection.abort();
            Err(StoreError::Unavailable)
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // By itself it would wait for the answers that are due, from a database that may hang.
        self.connection.abort();
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
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE).keepalives_idle(SILENCE).keepalives_interval(PROBE_EVERY);
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
        match self.connect().await {
            Ok(session) => {
                let session = Arc::new(session);
                *state = State { session: Some(Arc::clone(&session)), failed: None };
                Ok(session)
            }
            Err(error) => {
                *state = State { session: None, failed: Some(Instant::now()) };
                Err(error)
            }
        }
    }

    /// A session of the caller's own, which ends when it is dropped.
    pub(super) async fn connect(&self) -> Result<Session, StoreError> {
        let hosts = self.config.get_hosts().len().max(self.config.get_hostaddrs().len()).max(1) as u32;
        let limit = self.config.get_connect_timeout().map_or(CONNECT_TIMEOUT, |limit| limit.saturating_mul(hosts));
        let config = self.config.clone();
        match self.runtime.spawn(async move { timeout(limit, connect(config)).await }).await {
            Ok(Ok(Ok(session))) => Ok(session),
            _ => Err(StoreError::Unavailable),
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
    // It ends when the session does or the connection is lost; whoever asks next learns it from the client.
    let connection = tokio::spawn(connection).abort_handle();
    let (runtime, writes, reads) = (Handle::current(), OnceCell::new(), OnceCell::new());
    let session = Session { client, connection, runtime, writes, reads };
    session.client.batch_execute(SETTINGS).await?;
    Ok(session)
}

/// What the store says of the database's error.
pub(super) fn store_error(cause: Error) -> StoreError {
    let passing = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        // After a failover the old primary, now a standby, still answers.
        SqlState::READ_ONLY_SQL_TRANSACTION,
        // It took longer than `statement_timeout`, such as behind a lock.
        SqlState::QUERY_CANCELED,
    ];
    match cause.code() {
        Some(code) if !passing.contains(code) => StoreError::Database(cause.into()),
        _ => StoreError::Unavailable,
    }
}

/// The same while opening.
pub(super) fn database_error(cause: &Error) -> OpenError {
    let cause = cause.as_db_error().map_or_else(|| cause.to_string(), |cause| cause.message().to_owned());
    OpenError::Postgres { cause }
}
