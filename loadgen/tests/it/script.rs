//! A server that does to a connection whatever a script says, byte by byte.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;

/// A listener whose connections, numbered from 0, are each given to a script. It ends when dropped, and its connections with it.
pub(crate) struct Script {
    pub(crate) address: SocketAddr,
    ended: Arc<AtomicBool>,
    listener: Option<JoinHandle<Vec<Weak<TcpStream>>>>,
}

impl Script {
    pub(crate) fn start(script: impl Fn(u64, &mut Peer) + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), script)
    }

    /// The same at a given address, such as that of one which ended.
    pub(crate) fn start_at(address: SocketAddr, script: impl Fn(u64, &mut Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let (stop, script, count) = (ended.clone(), Arc::new(script), AtomicU64::new(0));
        let accept = move || {
            let mut connections = Vec::new();
            for stream in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                stream.set_nodelay(true).unwrap();
                // Weak: a connection ends with its script.
                let stream = Arc::new(stream);
                connections.push(Arc::downgrade(&stream));
                let (script, number) = (script.clone(), count.fetch_add(1, Ordering::SeqCst));
                let serve = move || {
                    let mut peer = Peer { reader: BufReader::new(Shared(stream)) };
                    script(number, &mut peer);
                };
                std::thread::Builder::new().stack_size(128 << 10).spawn(serve).unwrap();
            }
            connections
        };
        Script { address, ended, listener: Some(std::thread::spawn(accept)) }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // One more connection wakes the listener.
        let _ = TcpStream::connect(self.address);
        for connection in self.listener.take().unwrap().join().unwrap().iter().filter_map(Weak::upgrade) {
            let _ = connection.shutdown(std::net::Shutdown::Both);
        }
    }
}

/// A stream that its script uses and the listener can end.
struct Shared(Arc<TcpStream>);

impl Read for Shared {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(into)
    }
}

/// The other end of a connection.
pub(crate) struct Peer {
    reader: BufReader<Shared>,
}

impl Peer {
    /// Reads a request without a body; whether there was one.
    pub(crate) fn reads(&mut self) -> bool {
        let mut line = String::new();
        loop {
            line.clear();
            match self.reader.read_line(&mut line) {
                Ok(0) | Err(_) => return false,
                Ok(_) if line == "\r\n" => return true,
                Ok(_) => {}
            }
        }
    }

    /// Reads some bytes of a request and leaves the rest: a connection that ends with unread bytes is reset.
    pub(crate) fn reads_a_little(&mut self) {
        let _ = self.reader.get_mut().read(&mut [0; 4]);
    }

    /// Writes all of `bytes`; whether the other end is still there.
    pub(crate) fn writes(&mut self, bytes: &[u8]) -> bool {
        (&*self.reader.get_ref().0).write_all(bytes).is_ok()
    }

    /// Waits until the other end closes the connection.
    pub(crate) fn waits_for_the_end(&mut self) {
        while matches!(self.reader.get_mut().read(&mut [0; 256]), Ok(count) if count > 0) {}
    }
}
