//! One connection: its handshake, its requests, and the guard that cuts off who is too slow.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::pulse::{Beat, Guard, Pulse, Watched};
use super::threads::Threads;
use super::tls::Tls;
use crate::http::{App, CutOff, Door, Open, VERIFICATIONS, Waited, router};

/// Requests that one HTTP/2 connection may have open at once.
const STREAMS: u32 = 64;
/// Longest head of a request, in bytes: some 40 times what a client of ours sends.
const HEAD_BYTES: usize = 16 * 1024;
/// So many of those for whom there is no place are listened to at once before they are told so; further ones hear it unasked.
pub(super) const TURNED_AWAY: usize = 512;
/// ... for so long at most.
const LISTENED_TO: Duration = Duration::from_secs(1);

/// The open connections and what each of them needs.
pub(super) struct Connections {
    shared: Arc<Shared>,
    threads: Threads,
    tasks: JoinSet<()>,
    /// Connections that are turned away, not on the threads that serve: those have enough to do.
    turned_away: JoinSet<()>,
    begun: usize,
}

struct Shared {
    app: Arc<App>,
    door: Arc<Door>,
    router: Router,
    tls: Option<Tls>,
    stopping: watch::Receiver<bool>,
    http: auto::Builder<TokioExecutor>,
}

impl Shared {
    /// Whether three quarters of the places are taken: then who asks nothing makes room sooner.
    fn places_are_scarce(&self) -> bool {
        self.door.connections.open() >= self.app.limits.connections / 4 * 3
    }
}

impl Connections {
    /// They are served on these threads.
    pub(super) fn new(
        app: Arc<App>,
        door: Arc<Door>,
        tls: Option<Tls>,
        stopping: watch::Receiver<bool>,
        threads: Threads,
    ) -> Self {
        let router = router(&app, &door);
        let mut http = auto::Builder::new(TokioExecutor::new());
        // Answers are small: copied together they leave with one plain write, cheaper than a gathering one.
        http.http1().max_buf_size(HEAD_BYTES).writev(false);
        http.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS).max_header_list_size(HEAD_BYTES as u32);
        let shared = Arc::new(Shared { app, door, router, tls, stopping, http });
        Connections { shared, threads, tasks: JoinSet::new(), turned_away: JoinSet::new(), begun: 0 }
    }

    /// Serves `stream` on the next of the threads, or turns it away when there are too many. On a tokio runtime.
    ///
    /// # Errors
    /// When the system cannot tell of what arrives on it.
    pub(super) fn begin(&mut self, stream: TcpStream) -> io::Result<()> {
        // What has ended is let go of here, so that the sets do not grow.
        while self.tasks.try_join_next().is_some() {}
        let Shared { app, door, .. } = &*self.shared;
        if door.connections.open() >= app.limits.connections {
            door.connections.turn_away();
            self.turn_away(stream);
            return Ok(());
        }
        // An answer is one small packet: sent at once, not kept back to be joined with the next (a failure only makes it slower).
        let _ = stream.set_nodelay(true);
        let thread = self.threads.next(self.begun);
        self.begun += 1;
        let stream = stream.into_std()?;
        let stream = {
            let _there = thread.enter();
            TcpStream::from_std(stream)?
        };
        self.tasks.spawn_on(serve(Arc::clone(&self.shared), stream, Open::at(door)), thread);
        Ok(())
    }

    /// Tells the client that there is no place for it.
    fn turn_away(&mut self, stream: TcpStream) {
        while self.turned_away.try_join_next().is_some() {}
        // Who speaks TLS could not read it.
        if self.shared.tls.is_some() {
            return;
        }
        let no = self.shared.app.overloaded_connection();
        if self.turned_away.len() < TURNED_AWAY {
            self.turned_away.spawn(refuse(stream, no));
        } else if let Ok(mut stream) = stream.into_std() {
            let _ = io::Write::write_all(&mut stream, no);
        }
    }

    /// Waits until the last connection has ended.
    pub(super) async fn finish(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }

    /// Drops those that have not ended, and waits until their threads have done so.
    pub(super) async fn end(self) {
        self.threads.end().await;
    }
}

/// Says no with bytes that are ready, whatever was asked; when it was asked, since many clients take an answer that comes before their
/// question for a broken connection.
async fn refuse(stream: TcpStream, no: &[u8]) {
    let mut stream = Watched::new(stream, Arc::default());
    let _ = timeout(LISTENED_TO, stream.read(&mut [0; 1_024])).await;
    // Who has gone meanwhile need not hear it.
    if stream.write_all(no).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

async fn serve(shared: Arc<Shared>, stream: TcpStream, _open: Open) {
    match &shared.tls {
        None => speak(&shared, stream).await,
        Some(tls) => match timeout(shared.app.limits.head_timeout, tls.accept(stream)).await {
            Ok(Ok(stream)) => speak(&shared, stream).await,
            // Who does not speak TLS, or does not trust the certificate, goes away: nothing to tell about.
            Ok(Err(_)) => shared.door.connections.cut_off(CutOff::Handshake),
            Err(_) => shared.door.connections.cut_off(CutOff::SlowHead),
        },
    }
}

/// HTTP/1.1 or HTTP/2, whichever the client begins with, until one side ends it.
async fn speak(shared: &Shared, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let Shared { app, door, router, stopping, http, .. } = shared;
    let pulse = Arc::new(Pulse::default());
    let service = Answering { routes: TowerToHyperService::new(router.clone()), pulse: Arc::clone(&pulse) };
    let stream = TokioIo::new(Watched::new(stream, Arc::clone(&pulse)));
    let mut connection = pin!(http.serve_connection(stream, service));
    let mut guard = Guard::new(app.limits.pace());
    let mut ticks = interval(guard.tick());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopping = stopping.clone();
    let mut stop = pin!(stopping.wait_for(|stopping| *stopping));
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            // Whatever broke it is the client's affair: it is gone.
            _ = connection.as_mut() => return,
            _ = &mut stop, if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = ticks.tick() => match guard.look(&pulse, shared.places_are_scarce()) {
                Beat::Alive => {}
                Beat::Idle => connection.as_mut().graceful_shutdown(),
                Beat::CutOff(why) => return door.connections.cut_off(why),
            },
        }
    }
}

/// The routes, with a note in the pulse when a request begins and ends.
struct Answering {
    routes: TowerToHyperService<Router>,
    pulse: Arc<Pulse>,
}

impl Service<Request<Incoming>> for Answering {
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future = super::pulse::InWork<<TowerToHyperService<Router> as Service<Request<Body>>>::Future>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let waited = self.pulse.waited();
        if !waited.is_zero() {
            request.extensions_mut().insert(Waited(waited));
        }
        let verifies = request.uri().path() == VERIFICATIONS;
        let many = request.version() == Version::HTTP_2;
        Pulse::begin(&self.pulse, many, verifies, self.routes.call(request.map(Body::new)))
    }
}
