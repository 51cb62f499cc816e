//! From the first connection to the last.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::connection::{Connections, TURNED_AWAY};
use self::threads::Threads;
use self::tls::Tls;
use crate::http::{App, Door, FILES_A_THREAD, router};
use crate::store::{OpenError, StoreError};
use crate::{Config, retention};

mod connection;
mod pulse;
mod threads;
mod tls;

pub use tls::{Certificates, TlsError, TlsFiles};

/// After an accept that failed for want of files or memory, so long nothing is accepted: trying at once would fail at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Files that a process has open besides connections and those of the threads that serve them.
const OTHER_FILES: u64 = 64;

/// How often is looked whether keys of days to come must be made.
const PREPARE_EVERY: Duration = Duration::from_secs(60);

/// A server did not start, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The start could not be noted in the audit log; nothing was served.
    #[error("cannot note the start in the audit log: {0}")]
    Audit(#[source] StoreError),
    /// The system gives no thread, or no socket for one.
    #[error("cannot start a thread or open a socket: {0}")]
    Thread(#[from] std::io::Error),
    /// The store could not be flushed at the end. What was acknowledged is kept all the same.
    #[error("cannot close the store: {0}")]
    Close(#[from] StoreError),
}

/// A server whose store is open, ready to serve.
pub struct Server {
    app: Arc<App>,
    tls: Option<Tls>,
    officers: Option<std::net::TcpListener>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Server(..)")
    }
}

/// Opens the store and serves on `listener` until `shutdown` completes: [`Server::open`], then [`Server::serve`].
///
/// # Errors
/// [`ServerError`]; [`ServerError::Open`] and [`ServerError::Tls`] before anything is served.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServerError> {
    Server::open(config)?.serve(listener, shutdown).await
}

impl Server {
    /// Opens the store and reads the certificates, so that whatever is wrong with them is known before anybody is told that the
    /// server is there.
    ///
    /// # Errors
    /// [`ServerError::Open`], [`ServerError::Tls`].
    pub fn open(config: Config) -> Result<Self, ServerError> {
        let tls = config.tls.clone().map(Tls::open).transpose()?;
        Ok(Server { app: Arc::new(App::open(config)?), tls, officers: None })
    }

    /// Serves officers on `listener`, too: what a checkpoint needs, on a thread and with bounds of their own, so that a rush of
    /// residents leaves them theirs. The other address goes on serving everything.
    #[must_use]
    pub fn with_officers(self, listener: std::net::TcpListener) -> Self {
        Server { officers: Some(listener), ..self }
    }

    /// The certificates in use, to be read again while the server runs; `None` without TLS.
    pub fn certificates(&self) -> Option<Certificates> {
        self.tls.as_ref().map(Tls::certificates)
    }

    /// The server without a network: for benchmarks and for programs that bring a listener of their own. Nobody watches the machine's load
    /// for it, prepares keys of days to come, or removes what is due.
    pub fn in_process(&self) -> axum::Router {
        router(&self.app, &self.app.front)
    }

    /// Serves on `listener` until `shutdown` completes. Then no connection is accepted any more, requests in flight are finished
    /// (for at most [`Limits::stop_timeout`](crate::Limits::stop_timeout)) and the store is flushed.
    ///
    /// Needs a tokio runtime with time and I/O; one of one thread does. Connections are accepted there and served on threads of the server's
    /// own: one for each core, and one for the officers' address. The store's writer has another.
    ///
    /// # Errors
    /// [`ServerError::Thread`], [`ServerError::Audit`] and [`ServerError::Close`].
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServerError> {
        let Server { app, tls, officers } = self;
        app.note_start().await.map_err(ServerError::Audit)?;
        let doors = 1 + usize::from(officers.is_some());
        let threads = app.front.threads + app.post.threads;
        allow_open_files(doors * (app.limits.connections + TURNED_AWAY) + threads * FILES_A_THREAD);
        let (stop, stopping) = watch::channel(false);
        let seat = |door: &Arc<Door>, name| {
            Seat::take(&app, door, tls.clone(), stopping.clone(), Threads::start(name, door.threads)?)
        };
        let front = seat(&app.front, "everybody")?;
        let post = match officers {
            Some(listener) => Some((seat(&app.post, "officers")?, listening(listener)?)),
            None => None,
        };
        // Keys of days to come are made while nobody waits for them.
        let preparing = tokio::spawn(keep_preparing(Arc::clone(&app)));
        let removing = tokio::spawn(retention::keep_to(Arc::clone(&app)));
        tracing::info!(scheme = app.scheme_name(), "serving");
        let stopped = async {
            shutdown.await;
            tracing::info!("stopping: requests in flight are finished");
            let _ = stop.send(true);
        };
        let officers_served = async {
            if let Some((post, listener)) = post {
                post.serve(listener).await;
            }
        };
        tokio::join!(front.serve(listener), officers_served, stopped);
        removing.abort();
        preparing.abort();
        app.store.close().await?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// What it takes to serve at one door.
struct Seat {
    app: Arc<App>,
    connections: Connections,
    /// Tasks that tell the door's gate by how much its threads are behind.
    watch: JoinSet<()>,
    stopping: watch::Receiver<bool>,
}

impl Seat {
    /// With threads of its own, to which the system gives their share of the processor however many others want it.
    fn take(
        app: &Arc<App>,
        door: &Arc<Door>,
        tls: Option<Tls>,
        stopping: watch::Receiver<bool>,
        threads: Threads,
    ) -> std::io::Result<Self> {
        let watch = door.gate.keep_watch(threads.handles())?;
        let connections = Connections::new(Arc::clone(app), Arc::clone(door), tls, stopping.clone(), threads);
        Ok(Seat { app: Arc::clone(app), connections, watch, stopping })
    }

    /// Serves until the stop, and finishes the requests in flight.
    async fn serve(self, listener: TcpListener) {
        let Seat { app, mut connections, watch, stopping } = self;
        accept(listener, stopping, &mut connections).await;
        let finished = tokio::time::timeout(app.limits.stop_timeout, connections.finish()).await;
        if finished.is_err() {
            tracing::warn!("requests in flight took too long to finish, and are given up");
        }
        drop(watch);
        // The store is closed after the last of them, unless a disk that hangs keeps a thread from ending.
        let _ = tokio::time::timeout(app.limits.stop_timeout, connections.end()).await;
    }
}

/// Has the scheme make its keys ahead of time, for as long as the server runs.
async fn keep_preparing(app: Arc<App>) {
    loop {
        tokio::time::sleep(PREPARE_EVERY).await;
        let app = Arc::clone(&app);
        // One that fails is tried again.
        let _ = tokio::task::spawn_blocking(move || app.prepare()).await;
    }
}

fn listening(listener: std::net::TcpListener) -> std::io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Accepts connections until the stop; then lets go of the listener.
///
/// Not on the threads that serve: there, accepting would wait for its turn, and what was accepted would wait for another.
async fn accept(listener: TcpListener, mut stopping: watch::Receiver<bool>, connections: &mut Connections) {
    let mut stopped = std::pin::pin!(stopping.wait_for(|stopping| *stopping));
    loop {
        let accepted = tokio::select! {
            biased;
            _ = &mut stopped => return,
            accepted = listener.accept() => accepted,
        };
        match accepted.and_then(|(stream, _)| connections.begin(stream)) {
            Ok(()) => {}
            // The client was gone before it was let in.
            Err(gone) if gone.kind() == std::io::ErrorKind::ConnectionAborted => {}
            Err(cause) => {
                tracing::error!(%cause, "no connection can be accepted for the moment");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Raises the process's limit of open files as far as it may go towards what so many connections and others need.
fn allow_open_files(files: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = files as u64 + OTHER_FILES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return;
    }
    let allowed = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum });
    if raised.is_err() || allowed < wanted {
        tracing::warn!(
            allowed,
            wanted,
            "fewer open files are allowed than the bound on connections needs: raise `ulimit -n`"
        );
    }
}
