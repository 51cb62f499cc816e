//! A watch that comes late when the processor is behind.

use std::cell::Cell;
use std::io::Write;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::BUSY;

/// So many are let in although the processor is behind: after a pause of the whole machine there are no more, and they are served
/// in a few milliseconds.
pub(super) const LET_IN_LATE: usize = 64;
/// So many calls to a thread may be on their way at once, so that one was made as long ago as anybody is borne with: twice
/// [`CALLS_A_WAIT`].
pub(super) const CALLS: usize = 12;
/// So many times is a thread called while a request may wait. A bound on waiting cannot be kept more precisely.
const CALLS_A_WAIT: u32 = 5;
/// Calls are no closer than this, and no farther apart: bounds on waiting of more than half a second are kept less precisely.
const CALL_EVERY: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(100)];

thread_local! {
    /// Which of the threads at its door this one is; a thread serves at one door.
    static THREAD: Cell<usize> = const { Cell::new(0) };
}

/// Tells by how much the processor is behind, for each thread that serves.
///
/// A thread of its own calls tasks through sockets, as clients do: a call waits until the thread asks the system what has arrived, and
/// then behind all requests that arrived before. So who is looked at while a call is on its way has waited at least as long as the call,
/// and little longer, as long as not all calls are on their way: then at least so long is all that is known. (Called within the process, it came before requests that lay in the system's queue: it told of a few milliseconds
/// while 2,000 connections waited for 300. With one call at a time, those who were looked at right after it had come had waited as long as
/// it had, and were taken for fresh.)
#[derive(Debug)]
pub(super) struct Watch {
    started: Instant,
    threads: Vec<Thread>,
}

/// What is known of one thread.
#[derive(Debug, Default)]
struct Thread {
    /// When each call was made that is on its way, in microseconds since the start; 0: it has come.
    called_us: [AtomicU64; CALLS],
    /// How long the last one was in coming, in microseconds.
    last_us: AtomicU64,
    /// How many were let in late since a call came in time.
    let_in_late: AtomicUsize,
}

impl Thread {
    /// When the longest was called that is on its way.
    fn waits_since_us(&self) -> Option<u64> {
        self.called_us
            .iter()
            .map(|called_us| called_us.load(Ordering::Relaxed))
            .filter(|called_us| *called_us > 0)
            .min()
    }
}

impl Watch {
    pub(super) fn new(threads: usize) -> Self {
        Watch { started: Instant::now(), threads: (0..threads.max(1)).map(|_| Thread::default()).collect() }
    }

    /// What is known of the thread that asks.
    fn here(&self) -> &Thread {
        self.threads.get(THREAD.get()).unwrap_or(&self.threads[0])
    }

    /// Microseconds since the start, and one more, since 0 stands for a call that has come.
    fn now_us(&self) -> u64 {
        self.started.elapsed().as_micros() as u64 + 1
    }

    fn behind_of(&self, thread: &Thread) -> Duration {
        let waits_us = |since_us| self.now_us().saturating_sub(since_us);
        Duration::from_micros(thread.waits_since_us().map_or(0, waits_us))
    }

    /// By how much this thread is behind.
    pub(super) fn behind(&self) -> Duration {
        self.behind_of(self.here())
    }

    /// By how much the thread is behind that is furthest behind.
    pub(super) fn furthest_behind(&self) -> Duration {
        self.threads.iter().map(|thread| self.behind_of(thread)).max().unwrap_or_default()
    }

    /// How long the last call was in coming to this thread.
    pub(super) fn last(&self) -> Duration {
        Duration::from_micros(self.here().last_us.load(Ordering::Relaxed))
    }

    /// Whether one more is let in although it comes late.
    pub(super) fn lets_in_late(&self) -> bool {
        self.here().let_in_late.fetch_add(1, Ordering::Relaxed) < LET_IN_LATE
    }

    /// One more call to this thread: which; `None` while all are on their way.
    pub(super) fn call(&self, thread: usize) -> Option<usize> {
        let calls = &self.threads[thread].called_us;
        let call = calls.iter().position(|called_us| called_us.load(Ordering::Relaxed) == 0)?;
        calls[call].store(self.now_us(), Ordering::Relaxed);
        Some(call)
    }

    /// The call has come to this thread.
    pub(super) fn comes(&self, thread: usize, call: usize) {
        let thread = &self.threads[thread];
        let called_us = thread.called_us[call].swap(0, Ordering::Relaxed);
        let took_us = self.now_us().saturating_sub(called_us);
        thread.last_us.store(took_us, Ordering::Relaxed);
        if took_us <= BUSY.as_micros() as u64 {
            thread.let_in_late.store(0, Ordering::Relaxed);
        }
    }

    /// Watches these threads, for as long as the tasks live, while requests may `wait` so long.
    pub(super) fn keep(watch: &Arc<Self>, wait: Duration, threads: &[Handle]) -> std::io::Result<JoinSet<()>> {
        let mut tasks = JoinSet::new();
        let mut callers: Vec<[StdUnixStream; CALLS]> = Vec::new();
        for (thread, handle) in threads.iter().enumerate() {
            let mut ends = Vec::with_capacity(CALLS);
            for call in 0..CALLS {
                let (caller, called) = StdUnixStream::pair()?;
                called.set_nonblocking(true)?;
                let called = {
                    let _there = handle.enter();
                    UnixStream::from_std(called)?
                };
                tasks.spawn_on(Answering { watch: Arc::clone(watch), thread, call }.answer(called), handle);
                ends.push(caller);
            }
            callers.push(ends.try_into().expect("one for each call"));
        }
        let (watch, pause) = (Arc::downgrade(watch), (wait / CALLS_A_WAIT).clamp(CALL_EVERY[0], CALL_EVERY[1]));
        std::thread::Builder::new()
            .name("watch".into())
            .spawn(move || Watch::keep_calling(&watch, pause, &mut callers))?;
        Ok(tasks)
    }

    /// Calls all threads again and again, for as long as anybody knows the watch and somebody listens.
    fn keep_calling(watch: &Weak<Self>, pause: Duration, callers: &mut [[StdUnixStream; CALLS]]) {
        while let Some(watch) = watch.upgrade() {
            for (thread, callers) in callers.iter_mut().enumerate() {
                let Some(call) = watch.call(thread) else { continue };
                if callers[call].write_all(&[0]).is_err() {
                    watch.threads[thread].called_us[call].store(0, Ordering::Relaxed);
                    return;
                }
            }
            drop(watch);
            std::thread::sleep(pause);
        }
    }
}

/// Says which of the threads at its door the one is that runs this.
pub(super) fn be_thread(thread: usize) {
    THREAD.set(thread);
}

/// Comes to one thread whenever called by one socket.
struct Answering {
    watch: Arc<Watch>,
    thread: usize,
    call: usize,
}

impl Answering {
    async fn answer(self, mut called: UnixStream) {
        be_thread(self.thread);
        // The caller ends when nobody knows the watch any more.
        while called.read_u8().await.is_ok() {
            self.watch.comes(self.thread, self.call);
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        // What was called and never comes must not turn anybody away.
        self.watch.threads[self.thread].called_us[self.call].store(0, Ordering::Relaxed);
    }
}
