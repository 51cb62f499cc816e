//! Readiness of many sockets, with time-outs in nanoseconds.
//!
//! One implementation a system, with the same functions: `epoll` on Linux; elsewhere `mio`, whose `kqueue` takes the time as it is.

#[cfg(target_os = "linux")]
mod epoll;
#[cfg(not(target_os = "linux"))]
mod portable;

#[cfg(target_os = "linux")]
pub(crate) use epoll::Poller;
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::Poller;

/// Events taken at once: few, since requests that come due meanwhile wait for them.
const EVENTS: usize = 32;

/// Something happened at a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readiness {
    pub(crate) key: u64,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::connect;
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::Duration;

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
