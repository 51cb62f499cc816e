//! Readiness of many sockets, with time-outs in nanoseconds. All that is particular to an operating system is here.
//!
//! Linux: `epoll`, edge-triggered, waiting by `epoll_pwait2` (Linux 5.11), since `epoll_wait` and tokio's timer wheel round to
//! 1 ms. Another system needs one more implementation of these functions (macOS: `kqueue` takes a `timespec` as it is).

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroU64;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::process::{Resource, Rlimit};
use rustix::time::ClockId;

/// Events taken at once.
const EVENTS: usize = 256;

/// Watches sockets, each under a key.
pub(crate) struct Poller {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

/// Something happened at a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readiness {
    pub(crate) key: u64,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

impl Poller {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Poller { epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?, events: Vec::with_capacity(EVENTS) })
    }

    /// Watches `socket` until it is closed. Each change is told once: the receiver reads and writes until it would block.
    pub(crate) fn add(&self, socket: impl AsFd, key: u64) -> io::Result<()> {
        let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::RDHUP | epoll::EventFlags::ET;
        Ok(epoll::add(&self.epoll, socket, epoll::EventData::new_u64(key), flags)?)
    }

    /// Waits until something happens or `timeout` is over; then [`Poller::ready`] tells what.
    pub(crate) fn wait(&mut self, timeout: Duration) -> io::Result<()> {
        self.events.clear();
        let timeout =
            rustix::time::Timespec { tv_sec: timeout.as_secs() as i64, tv_nsec: i64::from(timeout.subsec_nanos()) };
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(cause) => Err(cause.into()),
        }
    }

    /// How many events the last wait brought.
    pub(crate) fn count(&self) -> usize {
        self.events.len()
    }

    /// The event of this number (below [`Poller::count`]).
    pub(crate) fn ready(&self, number: usize) -> Readiness {
        let event = self.events[number];
        let flags = event.flags;
        let ended = epoll::EventFlags::HUP | epoll::EventFlags::RDHUP | epoll::EventFlags::ERR;
        Readiness {
            key: event.data.u64(),
            readable: flags.intersects(epoll::EventFlags::IN | ended),
            writable: flags.intersects(epoll::EventFlags::OUT | epoll::EventFlags::ERR | epoll::EventFlags::HUP),
        }
    }
}

/// Begins to connect to `address` without waiting: writable means connected, or refused.
pub(crate) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
    rustix::net::sockopt::set_tcp_nodelay(&socket, true)?;
    match rustix::net::connect(&socket, &address) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(TcpStream::from(socket)),
        Err(cause) => Err(cause.into()),
    }
}

/// Lets this thread wake at the nanosecond it asked for: by default the kernel delays timers by up to 50 µs to save power.
pub(crate) fn ask_for_exact_timers() {
    // A kernel without this is only less exact, and the pacing lag shows it.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
}

/// Puts this thread before others where that is allowed (root, or a raised limit of nice): on a machine shared with the target, a
/// sender that waits for a core is late, and being late is the one thing it must not be. It takes no more time than it needs.
pub(crate) fn ask_for_precedence() {
    const NICE: i32 = -10;
    // Linux takes the calling thread for process 0 here. Where it is not allowed, the pacing lag shows what came of it.
    let _ = rustix::process::setpriority_process(None, NICE);
}

/// CPU time of the calling thread.
pub(crate) fn thread_cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Raises the limit of open files to at least `wanted` as far as the system allows, and returns the limit.
pub(crate) fn raise_open_files(wanted: u64) -> u64 {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    if current >= wanted {
        return current;
    }
    let raised = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    match rustix::process::setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: limit.maximum }) {
        Ok(()) => raised,
        Err(_) => current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    #[test]
    fn connecting_and_data_are_told() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut socket = connect(listener.local_addr().unwrap()).unwrap();
        let mut poller = Poller::new().unwrap();
        poller.add(&socket, 7).unwrap();
        poller.wait(Duration::from_secs(5)).unwrap();
        assert!((0..poller.count()).any(|number| poller.ready(number).key == 7 && poller.ready(number).writable));
        let (mut other, _) = listener.accept().unwrap();
        other.write_all(b"hello").unwrap();
        poller.wait(Duration::from_secs(5)).unwrap();
        assert!((0..poller.count()).any(|number| poller.ready(number).readable));
        let mut bytes = [0; 16];
        assert_eq!(socket.read(&mut bytes).unwrap(), 5);
        poller.wait(Duration::ZERO).unwrap();
        assert_eq!(poller.count(), 0, "told once");
    }
}
