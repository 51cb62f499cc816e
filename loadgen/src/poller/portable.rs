//! Other systems: `mio`, on macOS and the BSDs over `kqueue`, which is edge-triggered as we ask and exact to nanoseconds.

use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::{EVENTS, Readiness};

/// Watches sockets, each under a key.
pub(crate) struct Poller {
    poll: Poll,
    events: Events,
    ready: Vec<Readiness>,
}

impl Poller {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Poller { poll: Poll::new()?, events: Events::with_capacity(EVENTS), ready: Vec::with_capacity(EVENTS) })
    }

    /// Watches `socket` until it is closed. Each change is told once: the receiver reads and writes until it would block.
    pub(crate) fn add(&self, socket: &impl AsFd, key: u64) -> io::Result<()> {
        let fd = socket.as_fd().as_raw_fd();
        self.poll.registry().register(&mut SourceFd(&fd), Token(key as usize), Interest::READABLE | Interest::WRITABLE)
    }

    /// Waits until something happens or `timeout` is over; then [`Poller::ready`] tells what.
    pub(crate) fn wait(&mut self, timeout: Duration) -> io::Result<()> {
        self.ready.clear();
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(cause) if cause.kind() != ErrorKind::Interrupted => return Err(cause),
            _ => {}
        }
        self.ready.extend(self.events.iter().map(|event| {
            let ended = event.is_error() || event.is_read_closed();
            Readiness {
                key: event.token().0 as u64,
                readable: event.is_readable() || ended,
                writable: event.is_writable() || event.is_error(),
            }
        }));
        Ok(())
    }

    /// How many events the last wait brought.
    pub(crate) fn count(&self) -> usize {
        self.ready.len()
    }

    /// The event of this number (below [`Poller::count`]).
    pub(crate) fn ready(&self, number: usize) -> Readiness {
        self.ready[number]
    }
}
