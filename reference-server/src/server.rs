//! From the first connection to the last.

use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::http::{App, router};
use crate::store::{OpenError, StoreError};
use crate::{Config, retention};

/// How often is looked whether keys of days to come must be made.
const PREPARE_EVERY: Duration = Duration::from_secs(60);

/// A server did not start, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The listener failed.
    #[error("cannot serve: {0}")]
    Serve(#[from] std::io::Error),
    /// The store could not be flushed at the end. What was acknowledged is kept all the same.
    #[error("cannot close the store: {0}")]
    Close(#[from] StoreError),
}

/// A server whose store is open, ready to serve.
pub struct Server {
    app: Arc<App>,
    stop_timeout: Duration,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Server(..)")
    }
}

/// Opens the store and serves on `listener` until `shutdown` completes: [`Server::open`], then [`Server::serve`].
///
/// # Errors
/// [`ServerError`]; [`ServerError::Open`] before anything is served.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServerError> {
    Server::open(config)?.serve(listener, shutdown).await
}

impl Server {
    /// Opens the store, so that whatever is wrong with it is known before anybody is told that the server is there.
    ///
    /// # Errors
    /// [`ServerError::Open`].
    pub fn open(config: Config) -> Result<Self, ServerError> {
        let stop_timeout = config.limits.stop_timeout;
        Ok(Server { app: Arc::new(App::open(config)?), stop_timeout })
    }

    /// Serves on `listener` until `shutdown` completes. Then no connection is accepted any more, requests in flight are finished
    /// (for at most [`Limits::stop_timeout`](crate::Limits::stop_timeout)) and the store is flushed.
    ///
    /// Needs a tokio runtime with time and I/O; two worker threads are enough for two cores, the store's writer has a thread of its
    /// own.
    ///
    /// # Errors
    /// [`ServerError::Serve`] and [`ServerError::Close`].
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServerError> {
        let Server { app, stop_timeout } = self;
        // An answer is one small packet: sent at once, not kept back to be joined with the next (a failure only makes it slower).
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        let (stopping, stopped) = oneshot::channel();
        let serving = axum::serve(listener, router(&app)).with_graceful_shutdown(async move {
            shutdown.await;
            let _ = stopping.send(());
        });
        // Keys of days to come are made while nobody waits for them.
        let preparing = tokio::spawn(keep_preparing(Arc::clone(&app)));
        let overdue = async {
            let _ = stopped.await;
            tokio::time::sleep(stop_timeout).await;
        };
        app.note_start().await?;
        tokio::select! {
            served = serving => served?,
            () = overdue => {}
            () = retention::keep_to(Arc::clone(&app)) => {}
        }
        preparing.abort();
        app.store.close().await?;
        Ok(())
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
