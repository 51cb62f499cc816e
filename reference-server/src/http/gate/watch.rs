//! A watch that comes late when the processor is behind.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::Weak;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// So many are let in although the processor is behind: after a pause of the whole machine there are no more, and they are served
/// in a few milliseconds.
pub(super) const LET_IN_LATE: usize = 64;
/// The watch is called so often. A bound on waiting cannot be kept more precisely.
const CALL_EVERY: Duration = Duration::from_millis(20);

/// Tells by how much the processor is behind.
///
/// A thread of its own calls a task through a socket, as clients do: the call waits until the runtime asks the system what has
/// arrived, and then behind all requests that arrived before. So as long as the task has not come, newcomers wait at least so long.
/// (Called within the process, it came before requests that lay in the system's queue: it told of a few milliseconds while 2,000
/// connections waited for 300.)
#[derive(Debug)]
pub(super) struct Watch {
    started: Instant,
    /// When it was called and has not come since, in microseconds since the start; 0: it has come.
    called_us: AtomicU64,
    /// How long it was in coming the last time, in microseconds.
    last_us: AtomicU64,
    /// How many were let in late since it was called.
    let_in_late: AtomicUsize,
}

impl Watch {
    pub(super) fn new() -> Self {
        Watch {
            started: Instant::now(),
            called_us: AtomicU64::new(0),
            last_us: AtomicU64::new(0),
            let_in_late: AtomicUsize::new(0),
        }
    }

    fn now_us(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    /// How long it has been called and has not come.
    pub(super) fn behind(&self) -> Duration {
        match self.called_us.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            called_us => Duration::from_micros(self.now_us().saturating_sub(called_us)),
        }
    }

    /// Whether one more is let in although it comes late.
    pub(super) fn lets_in_late(&self) -> bool {
        self.let_in_late.fetch_add(1, Ordering::Relaxed) < LET_IN_LATE
    }

    /// Whether it must be called now: not while it is on its way.
    pub(super) fn must_be_called(&self) -> bool {
        let must = self.called_us.load(Ordering::Relaxed) == 0;
        if must {
            self.let_in_late.store(0, Ordering::Relaxed);
            self.called_us.store(self.now_us().max(1), Ordering::Relaxed);
        }
        must
    }

    /// It has come.
    pub(super) fn comes(&self) {
        self.last_us.store(self.behind().as_micros() as u64, Ordering::Relaxed);
        self.called_us.store(0, Ordering::Relaxed);
    }

    /// How long it was in coming the last time.
    pub(super) fn last(&self) -> Duration {
        Duration::from_micros(self.last_us.load(Ordering::Relaxed))
    }

    /// Calls it again and again, for as long as anybody knows it.
    pub(super) fn keep_calling(watch: &Weak<Self>, caller: &mut UnixStream) {
        while let Some(watch) = watch.upgrade() {
            if watch.must_be_called() && caller.write_all(&[0]).is_err() {
                // Nobody listens any more. What was called and never comes must not turn anybody away.
                return watch.comes();
            }
            drop(watch);
            std::thread::sleep(CALL_EVERY);
        }
    }
}
