//! One connection to the target: a request goes out, an answer comes in, never two at once.

use std::io::{self, ErrorKind};

use crate::doors::Door;
use crate::response::{Chunks, Head, LONGEST_ANSWER, Unreadable};
use crate::schedule::Ask;
use crate::transport::Transport;

const FIRST_INBOX_BYTES: usize = 4_096;

/// A request that has a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub(crate) ask: Ask,
    /// When the sending thread took it up.
    pub(crate) taken_ns: u64,
    /// When it went out; none while its connection is still being opened.
    pub(crate) sent_ns: Option<u64>,
    /// The verdict that the shown code deserves.
    pub(crate) valid: bool,
}

/// A place for a connection. The buffers outlive the connections that use them.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    /// Where all connections lead that are ever here.
    pub(crate) door: Door,
    transport: Option<Transport>,
    /// Counts the connections that were here, so that an event of an earlier one is recognised.
    pub(crate) generation: u32,
    /// Counts the requests that went out from here, so that a time-out of an earlier one is recognised.
    pub(crate) flights: u32,
    pub(crate) flight: Option<Flight>,
    pub(crate) outbox: Vec<u8>,
    written: usize,
    inbox: Vec<u8>,
    filled: usize,
    head: Option<Head>,
    chunks: Chunks,
}

/// How far an answer has come.
#[derive(Debug)]
pub(crate) enum Arrival<'a> {
    /// More is to come.
    Partial,
    /// All is here.
    Answer {
        status: u16,
        body: &'a [u8],
        /// Whether the connection can be used again.
        keep: bool,
    },
    /// What came is no HTTP.
    Unreadable,
    /// The connection ended before the answer did.
    Lost,
}

impl Connection {
    /// A place for connections through `door`.
    pub(crate) fn through(door: Door) -> Self {
        Connection { door, ..Connection::default() }
    }

    /// Whether there is a connection here, be it still being opened.
    pub(crate) fn is_open(&self) -> bool {
        self.transport.is_some()
    }

    /// Uses `transport` from now on.
    pub(crate) fn open(&mut self, transport: Transport) {
        self.transport = Some(transport);
    }

    /// Begins a new exchange with what stands in the outbox.
    pub(crate) fn begin(&mut self, flight: Flight) {
        self.flight = Some(flight);
        self.flights = self.flights.wrapping_add(1);
        self.written = 0;
        self.filled = 0;
        self.head = None;
        self.chunks.clear();
    }

    /// Writes as much of the outbox as the connection takes now. Returns whether any of it has gone out.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        let Some(transport) = &mut self.transport else { return Ok(false) };
        while self.written < self.outbox.len() {
            match transport.write(&self.outbox[self.written..]) {
                Ok(count) => self.written += count,
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => return Ok(self.written > 0),
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
        transport.flush()?;
        Ok(true)
    }

    /// Reads what is there, until the answer is complete.
    pub(crate) fn receive(&mut self) -> Arrival<'_> {
        loop {
            let read = match self.read() {
                Ok(read) => read,
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => return Arrival::Partial,
                Err(cause) if cause.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Arrival::Lost,
            };
            match self.complete(read == 0) {
                Ok(true) => return self.answer(read == 0),
                Ok(false) if read == 0 => return Arrival::Lost,
                Ok(false) if self.filled >= LONGEST_ANSWER => return Arrival::Unreadable,
                Ok(false) => {}
                Err(Unreadable) => return Arrival::Unreadable,
            }
        }
    }

    /// Whether a connection without a request is still good: what comes unasked, or the end, makes it useless.
    pub(crate) fn is_still_good(&mut self) -> bool {
        let Some(transport) = &mut self.transport else { return false };
        // Tickets of a TLS session come unasked and are no data.
        matches!(transport.read(&mut [0]), Err(cause) if cause.kind() == ErrorKind::WouldBlock)
    }

    fn read(&mut self) -> io::Result<usize> {
        let Some(transport) = &mut self.transport else { return Err(ErrorKind::NotConnected.into()) };
        if self.filled == self.inbox.len() {
            self.inbox.resize((2 * self.filled).max(FIRST_INBOX_BYTES), 0);
        }
        let count = transport.read(&mut self.inbox[self.filled..])?;
        self.filled += count;
        Ok(count)
    }

    /// Whether a whole answer is in the inbox; parses its head once.
    fn complete(&mut self, ended: bool) -> Result<bool, Unreadable> {
        while self.head.is_none() {
            match Head::parse(&self.inbox[..self.filled])? {
                None => return Ok(false),
                Some(head) if head.is_interim() => {
                    self.inbox.copy_within(head.length()..self.filled, 0);
                    self.filled -= head.length();
                }
                head => self.head = head,
            }
        }
        let Some(head) = self.head else { return Ok(false) };
        Ok(head.body(&self.inbox[..self.filled], ended, &mut self.chunks)?.is_some())
    }

    fn answer(&mut self, ended: bool) -> Arrival<'_> {
        let Some(head) = self.head else { return Arrival::Unreadable };
        // The request must be out too: a server that answers before it has read all will not read the next one well.
        let keep = head.keep_alive && !ended && self.written == self.outbox.len();
        match head.body(&self.inbox[..self.filled], ended, &mut self.chunks) {
            Ok(Some(body)) => Arrival::Answer { status: head.status, body, keep },
            _ => Arrival::Unreadable,
        }
    }

    /// Ends the connection; its place can be used for another.
    pub(crate) fn close(&mut self) {
        self.transport = None;
        self.generation = self.generation.wrapping_add(1);
    }
}
