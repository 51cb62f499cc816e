//! What the engine asks of the operating system besides readiness: sockets, clocks, precedence, limits.
//!
//! What only Linux has is skipped elsewhere: the pacing lag shows what came of it.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType};
use rustix::process::{Resource, Rlimit};
use rustix::time::ClockId;

/// Begins to connect to `address` without waiting: writable means connected, or refused.
pub(crate) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = unblocking(family)?;
    rustix::net::sockopt::set_tcp_nodelay(&socket, true)?;
    match rustix::net::connect(&socket, &address) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(TcpStream::from(socket)),
        Err(cause) => Err(cause.into()),
    }
}

#[cfg(target_os = "linux")]
fn unblocking(family: AddressFamily) -> io::Result<std::os::fd::OwnedFd> {
    use rustix::net::SocketFlags;
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    Ok(rustix::net::socket_with(family, SocketType::STREAM, flags, None)?)
}

#[cfg(not(target_os = "linux"))]
fn unblocking(family: AddressFamily) -> io::Result<std::os::fd::OwnedFd> {
    let socket = rustix::net::socket(family, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    Ok(socket)
}

/// Lets this thread wake at the nanosecond it asked for: by default the kernel delays timers by up to 50 µs to save power.
#[cfg(target_os = "linux")]
pub(crate) fn ask_for_exact_timers() {
    // A kernel without this is only less exact, and the pacing lag shows it.
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn ask_for_exact_timers() {}

/// Puts this thread before others where that is allowed (root, or a raised limit of nice): on a machine shared with the target, a
/// sender that waits for a core is late, and being late is the one thing it must not be. It takes no more time than it needs.
#[cfg(target_os = "linux")]
pub(crate) fn ask_for_precedence() {
    const NICE: i32 = -10;
    // Linux takes the calling thread for process 0 here. Where it is not allowed, the pacing lag shows what came of it.
    let _ = rustix::process::setpriority_process(None, NICE);
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn ask_for_precedence() {}

/// Puts this thread behind others: what it does can wait.
#[cfg(target_os = "linux")]
pub(crate) fn give_way() {
    const NICE: i32 = 10;
    // Linux takes the calling thread for process 0 here, and anybody may give way.
    let _ = rustix::process::setpriority_process(None, NICE);
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn give_way() {}

/// The cores that this process may use, by number. Empty where the system does not say.
#[cfg(target_os = "linux")]
pub(crate) fn own_cores() -> Vec<usize> {
    let Ok(set) = rustix::thread::sched_getaffinity(None) else { return Vec::new() };
    (0..rustix::thread::CpuSet::MAX_CPU).filter(|core| set.is_set(*core)).collect()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn own_cores() -> Vec<usize> {
    Vec::new()
}

/// How many cores the machine has, whoever may use them; 0 where the system does not say.
#[cfg(target_os = "linux")]
pub(crate) fn machine_cores() -> usize {
    // `0-1` or `0,2-5`.
    let text = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    let count = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(last.parse::<usize>().ok()?.checked_sub(first.parse().ok()?)? + 1)
    };
    text.trim().split(',').filter_map(count).sum()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn machine_cores() -> usize {
    0
}

/// Keeps the calling thread on `core`.
#[cfg(target_os = "linux")]
pub(crate) fn stay_on(core: usize) {
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    // Without it the thread wanders, which costs exactness only.
    let _ = rustix::thread::sched_setaffinity(None, &set);
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn stay_on(_core: usize) {}

/// Whether the process, or the machine, has too many files open for another socket.
pub(crate) fn is_out_of_files(cause: &io::Error) -> bool {
    let codes = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
    cause.raw_os_error().is_some_and(|code| codes.contains(&code))
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
