//! Who is too slow is cut off, at no cost for who is not.
//!
//! Nothing on the way of a request looks at a clock or sets a timer for this. The connection counts what passes through it, and a
//! [`Guard`] compares the counts once a tick.

mod guard;

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::response::Response;
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use crate::http::{Pause, Rest};
pub(super) use guard::{Beat, Guard};

/// A connection that officers use, too, rests no longer.
const SHORT_PAUSE: Duration = Duration::from_millis(500);
/// Who still sends when the server has said its last word is listened to for so long, and for so many bytes: closing over what nobody read
/// makes the system reset the connection, and the client may lose the answer that told it why.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 4 << 20;
/// So much is read at once of what is held back, or not wanted: most requests are shorter.
const HELD_BYTES: usize = 2_048;
/// What has passed through a connection so far.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    received: AtomicU64,
    sent: AtomicU64,
    begun: AtomicU64,
    ended: AtomicU64,
    /// The latest write had to wait for the client.
    waits: AtomicBool,
    /// HTTP/2: bytes that are no request are no fault.
    frames: AtomicBool,
    /// What officers ask comes through here.
    officers: AtomicBool,
    /// For so many milliseconds nothing more is read; taken by the next one who reads.
    pause_ms: AtomicU64,
    /// For so many microseconds what was read last had waited through a pause; taken by the request that it begins.
    waited_us: AtomicU64,
}

impl Pulse {
    /// Notes that a request began, and that it ended when `answering` is done or dropped. `verifies`: an officer's, if it is granted.
    pub(super) fn begin<F>(pulse: &Arc<Self>, frames: bool, verifies: bool, answering: F) -> InWork<F> {
        pulse.begun.fetch_add(1, Ordering::Relaxed);
        if frames {
            pulse.frames.store(true, Ordering::Relaxed);
        }
        InWork { answering, verifies, working: Working(Arc::clone(pulse)) }
    }

    /// For how long the request that begins now waited through a pause.
    pub(super) fn waited(&self) -> Duration {
        match self.waited_us.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            _ => Duration::from_micros(self.waited_us.swap(0, Ordering::Relaxed)),
        }
    }

    /// Lets the connection wait before it is read again, if it is meant. One that carries many requests at once (HTTP/2) is read on:
    /// those in flight need it.
    fn pause(&self, Pause(pause, rest): Pause) {
        let officers = self.officers.load(Ordering::Relaxed);
        let pause = if officers { pause.min(SHORT_PAUSE) } else { pause };
        let meant = rest == Rest::Everybody || !officers;
        if meant && !self.frames.load(Ordering::Relaxed) {
            self.pause_ms.store(pause.as_millis() as u64, Ordering::Relaxed);
        }
    }
}

pin_project! {
    /// An answer in the making.
    pub(super) struct InWork<F> {
        #[pin]
        answering: F,
        verifies: bool,
        working: Working,
    }
}

impl<F: Future<Output = Result<Response, E>>, E> Future for InWork<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answered = this.answering.poll(context);
        if let Poll::Ready(Ok(response)) = &answered {
            let pulse = &this.working.0;
            if *this.verifies && response.status().is_success() {
                pulse.officers.store(true, Ordering::Relaxed);
            }
            if let Some(pause) = response.extensions().get() {
                pulse.pause(*pause);
            }
        }
        answered
    }
}

/// Ends with the request, also when the client resets its stream.
struct Working(Arc<Pulse>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// A stream whose bytes are counted, which hands on nothing during a pause, and which is closed only when the client has heard the last
/// word.
pub(super) struct Watched<S> {
    stream: S,
    pulse: Arc<Pulse>,
    pausing: Option<Pausing>,
    lingering: Option<Lingering>,
}

/// A pause, and what came before its end.
struct Pausing {
    until: Pin<Box<Sleep>>,
    /// Read to learn when it came, and to see a client go. No more is read before the end of the pause.
    held: Vec<u8>,
    /// When it came.
    since: Instant,
}

impl Pausing {
    fn new(pause: Duration) -> Self {
        Pausing { until: Box::pin(sleep(pause)), held: Vec::new(), since: Instant::now() }
    }

    /// Ready at the end of the pause, or as soon as the client has gone.
    fn poll(&mut self, mut stream: Pin<&mut impl AsyncRead>, context: &mut Context<'_>) -> Poll<()> {
        if self.held.is_empty() {
            let mut bytes = [MaybeUninit::uninit(); HELD_BYTES];
            let mut buffer = ReadBuf::uninit(&mut bytes);
            let read = stream.as_mut().poll_read(context, &mut buffer);
            if read.is_ready() && buffer.filled().is_empty() {
                return Poll::Ready(());
            }
            self.held.extend_from_slice(buffer.filled());
            self.since = Instant::now();
        }
        self.until.as_mut().poll(context)
    }
}

/// The end of a connection: so much longer, and for so many bytes, the client is listened to.
struct Lingering {
    until: Pin<Box<Sleep>>,
    bytes: usize,
    /// The last word has been said: the system has it.
    said: bool,
}

impl Lingering {
    fn new() -> Self {
        Lingering { until: Box::pin(sleep(LINGER)), bytes: LINGER_BYTES, said: false }
    }

    /// Ready when the last word was said and the client has closed its side, too, or was listened to for long enough.
    fn poll(
        &mut self,
        mut stream: Pin<&mut (impl AsyncRead + AsyncWrite)>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.said {
            match stream.as_mut().poll_shutdown(context)? {
                Poll::Pending => return self.until.as_mut().poll(context).map(Ok),
                Poll::Ready(()) => self.said = true,
            }
        }
        let mut bytes = [MaybeUninit::uninit(); HELD_BYTES];
        while self.bytes > 0 {
            let mut buffer = ReadBuf::uninit(&mut bytes);
            if stream.as_mut().poll_read(context, &mut buffer)?.is_pending() {
                return self.until.as_mut().poll(context).map(Ok);
            }
            match buffer.filled().len() {
                0 => break,
                read => self.bytes = self.bytes.saturating_sub(read),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, pulse: Arc<Pulse>) -> Self {
        Watched { stream, pulse, pausing: None, lingering: None }
    }

    fn wrote(&self, written: &Poll<io::Result<usize>>) {
        self.pulse.waits.store(written.is_pending(), Ordering::Relaxed);
        if let Poll::Ready(Ok(bytes)) = written {
            self.pulse.sent.fetch_add(*bytes as u64, Ordering::Relaxed);
        }
    }
}

impl<S: AsyncRead + Unpin> Watched<S> {
    /// Ready when there is no pause, or no longer: then what came during it is in `buffer`.
    fn poll_pause(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<()> {
        if self.pulse.pause_ms.load(Ordering::Relaxed) > 0 {
            let pause = Duration::from_millis(self.pulse.pause_ms.swap(0, Ordering::Relaxed));
            self.pausing = Some(Pausing::new(pause));
        }
        let Some(pausing) = &mut self.pausing else { return Poll::Ready(()) };
        ready!(pausing.poll(Pin::new(&mut self.stream), context));
        let fits = pausing.held.len().min(buffer.remaining());
        buffer.put_slice(&pausing.held[..fits]);
        if fits > 0 {
            self.pulse.waited_us.store(pausing.since.elapsed().as_micros() as u64, Ordering::Relaxed);
        }
        pausing.held.drain(..fits);
        if pausing.held.is_empty() {
            self.pausing = None;
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(self.poll_pause(context, buffer));
        let read = match buffer.filled().len() > before {
            true => Poll::Ready(Ok(())),
            false => Pin::new(&mut self.stream).poll_read(context, buffer),
        };
        let bytes = buffer.filled().len() - before;
        if bytes > 0 {
            self.pulse.received.fetch_add(bytes as u64, Ordering::Relaxed);
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.wrote(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Watched { stream, lingering, .. } = &mut *self;
        lingering.get_or_insert_with(Lingering::new).poll(Pin::new(stream), context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_rests_is_not_read_for_a_while() {
        let pulse = Arc::new(Pulse::default());
        let (mut client, server) = tokio::io::duplex(64);
        let mut server = Watched::new(server, Arc::clone(&pulse));
        let ms = Duration::from_millis;
        let answer = async |verifies, pause: Option<Pause>| {
            let mut response = Response::default();
            pause.and_then(|pause| response.extensions_mut().insert(pause));
            Pulse::begin(&pulse, false, verifies, async { Ok::<_, io::Error>(response) }).await.unwrap();
        };
        let pause = |rest| Some(Pause(Duration::from_secs(1), rest));
        let (all, residents) = (pause(Rest::Everybody), pause(Rest::ResidentsAlone));
        for (officers, pause, waits_ms) in [
            (false, None, 0),
            (false, all, 1_000),
            (false, None, 0),
            (false, residents, 1_000),
            (true, residents, 0),
            (true, all, 500),
        ] {
            answer(officers, None).await;
            answer(false, pause).await;
            let began = Instant::now();
            let sends = async {
                sleep(ms(100)).await;
                client.write_all(b"GET").await
            };
            let (sent, read) = tokio::join!(sends, async { [server.read_u8().await, server.read_u8().await] });
            sent.and(read.into_iter().collect::<io::Result<Vec<_>>>()).unwrap();
            assert_eq!(began.elapsed(), ms(waits_ms).max(ms(100)));
            assert_eq!(server.read_u8().await.unwrap(), b'T', "however little is read at once");
            assert_eq!(pulse.waited(), ms(waits_ms).saturating_sub(ms(100)), "from when it came");
            assert_eq!(pulse.waited(), Duration::ZERO, "one request has waited, the next has not");
        }
        pulse.frames.store(true, Ordering::Relaxed);
        pulse.pause(Pause(Duration::from_secs(1), Rest::Everybody));
        assert_eq!(pulse.pause_ms.load(Ordering::Relaxed), 0, "HTTP/2 is read on");
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_during_a_pause_is_seen_to_go() {
        let pulse = Arc::new(Pulse::default());
        let (client, server) = tokio::io::duplex(64);
        let mut server = Watched::new(server, Arc::clone(&pulse));
        pulse.pause(Pause(Duration::from_secs(1), Rest::Everybody));
        drop(client);
        let began = Instant::now();
        assert!(server.read_u8().await.is_err());
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn who_still_sends_at_the_end_is_listened_to_for_a_while() {
        let closing = async |sends: usize, goes: bool| {
            let (mut client, server) = tokio::io::duplex(1 << 10);
            let mut server = Watched::new(server, Arc::default());
            let began = Instant::now();
            let sending = async {
                let sent = client.write_all(&vec![0; sends]).await;
                (!goes).then_some((client, sent))
            };
            let (closed, _kept) = tokio::join!(
                async {
                    server.shutdown().await.unwrap();
                    drop(server);
                    began.elapsed()
                },
                sending
            );
            closed
        };
        assert_eq!(closing(0, true).await, Duration::ZERO, "it has gone");
        assert_eq!(closing(1 << 20, true).await, Duration::ZERO, "it has said all");
        assert_eq!(closing(1 << 20, false).await, LINGER, "it stays, and says nothing");
        assert_eq!(closing(8 << 20, false).await, Duration::ZERO, "it does not stop");
    }
}
