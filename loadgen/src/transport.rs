//! The stream under a connection: a bare socket, or TLS over one.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use rustls::ClientConnection;

/// A stream that never blocks: what cannot be done now fails with [`ErrorKind::WouldBlock`].
#[derive(Debug)]
pub(crate) enum Transport {
    /// Plain TCP.
    Bare(TcpStream),
    /// TLS.
    Secured(Box<Secured>),
}

/// A TLS session and its socket.
#[derive(Debug)]
pub(crate) struct Secured {
    socket: TcpStream,
    session: ClientConnection,
}

impl Transport {
    pub(crate) fn new(socket: TcpStream, session: Option<ClientConnection>) -> Self {
        match session {
            None => Transport::Bare(socket),
            Some(session) => Transport::Secured(Box::new(Secured { socket, session })),
        }
    }

    /// Takes bytes of a request, as many as go now; none while the connection or the session is still being opened.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            // A socket that is still connecting says so in one of two ways.
            Transport::Bare(socket) => match socket.write(bytes) {
                Err(cause) if cause.kind() == ErrorKind::NotConnected => Err(ErrorKind::WouldBlock.into()),
                done => done,
            },
            Transport::Secured(secured) => secured.write(bytes),
        }
    }

    /// Sends what was taken and not sent yet.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match self {
            Transport::Bare(_) => Ok(()),
            Transport::Secured(secured) => secured.send(),
        }
    }

    /// Reads bytes of an answer; 0 at its end.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Transport::Bare(socket) => socket.read(into),
            Transport::Secured(secured) => secured.read(into),
        }
    }
}

impl Secured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.send()?;
        if self.session.is_handshaking() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = self.session.writer().write(bytes)?;
        self.send()?;
        // The session takes nothing while its own buffer is full of what the socket does not take.
        if count == 0 && !bytes.is_empty() { Err(ErrorKind::WouldBlock.into()) } else { Ok(count) }
    }

    fn send(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.socket) {
                Ok(_) => {}
                Err(cause) if matches!(cause.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => break,
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
        Ok(())
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(into) {
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => {}
                done => return done,
            }
            let count = self.session.read_tls(&mut self.socket)?;
            let state =
                self.session.process_new_packets().map_err(|cause| io::Error::new(ErrorKind::InvalidData, cause));
            // Alerts and the next messages of a handshake are to go out even when what came was bad.
            self.send()?;
            state?;
            if count == 0 {
                return self.session.reader().read(into);
            }
        }
    }
}
