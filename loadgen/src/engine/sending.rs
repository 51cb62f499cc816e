//! Requests go out.

use std::io::{self, ErrorKind};

use super::pool::Habit;
use super::{BURST, Deadline, Engine, Pace};
use crate::Kind;
use crate::connection::Flight;
use crate::kind::Outcome;
use crate::schedule::Ask;
use crate::system;
use crate::transport::Transport;

impl Engine<'_> {
    /// Whether a request of the schedule was due when the clock was last looked at.
    pub(super) fn is_due(&self) -> bool {
        self.lane.pace == Pace::Open && self.next.is_some_and(|ask| ask.at_ns <= self.clock_ns)
    }

    /// Takes up what is due, a burst at most; whether more is due already.
    pub(super) fn take_due(&mut self) -> bool {
        for _ in 0..BURST {
            let Some(mut ask) = self.next else { return false };
            match self.lane.pace {
                Pace::Open if ask.at_ns > self.clock_ns => return false,
                Pace::Open => {}
                Pace::Closed { .. } if self.clock_ns >= self.lane.measured.until_ns => {
                    self.next = None;
                    return false;
                }
                Pace::Closed { connections } if self.out >= connections => return false,
                Pace::Closed { .. } => ask.at_ns = self.clock_ns,
            }
            self.take_up(ask);
            self.next = self.lane.schedule.next();
            self.look();
        }
        true
    }

    fn take_up(&mut self, ask: Ask) {
        self.tallied.asked += 1;
        self.issues += u64::from(ask.kind == Kind::Issue);
        self.recorder.asked(ask.kind, ask.at_ns, self.clock_ns);
        let door = self.lane.doors.of(ask.kind);
        let habit = self.habit(ask.kind);
        let backlog = &mut self.backlogs[door as usize];
        // Whoever waits already goes first.
        if backlog.is_empty()
            && let Some(place) = self.pool.take(door, habit)
        {
            self.launch(place, ask, self.clock_ns);
        } else {
            self.strain.keep_waiting(backlog, self.lane.bounds.backlog, &mut self.recorder, ask);
        }
    }

    pub(super) fn habit(&self, kind: Kind) -> Habit {
        if self.lane.life.of(kind).is_some() { Habit::Closes } else { Habit::Holds }
    }

    /// Sends `ask` from `place`, opening a connection if there is none.
    pub(super) fn launch(&mut self, place: u32, ask: Ask, taken_ns: u64) {
        let habit = self.habit(ask.kind);
        let opened = if self.pool.at(place).is_open() { Ok(()) } else { self.open(place) };
        if opened.as_ref().is_err_and(|cause| self.is_bound(cause)) {
            self.recorder.unsent(ask.kind, ask.at_ns, |counts| counts.dropped += 1);
            return self.pool.give_back(place, habit);
        }
        let valid = match self.lane.journeys.compose(&ask, &mut self.pool.at(place).outbox) {
            Ok(valid) => valid,
            Err(missing) => {
                self.strain.missed(&mut self.recorder, &ask, missing);
                return self.pool.give_back(place, habit);
            }
        };
        self.recorder.launched(ask.kind, ask.at_ns);
        self.tallied.sent += 1;
        self.out += 1;
        let connection = self.pool.at(place);
        connection.begin(Flight { ask, taken_ns, sent_ns: None, valid });
        let flights = connection.flights;
        self.deadlines.push_back(Deadline { at_ns: self.clock_ns + self.lane.bounds.timeout_ns, place, flights });
        if opened.is_err() || self.flush(place).is_err() {
            self.settle(place, Outcome::Failed, false);
        }
    }

    /// Writes what the connection at `place` takes, and notes when its request went out.
    pub(super) fn flush(&mut self, place: u32) -> io::Result<()> {
        let connection = self.pool.at(place);
        let has_gone = connection.flush()?;
        if let Some(flight) = connection.flight.as_mut().filter(|flight| has_gone && flight.sent_ns.is_none()) {
            flight.sent_ns = Some(self.clock_ns);
            self.recorder.sent(flight.ask.kind, flight.ask.at_ns, flight.taken_ns, self.clock_ns);
        }
        Ok(())
    }

    fn open(&mut self, place: u32) -> io::Result<()> {
        let entrance = self.lane.doors.at(self.pool.at(place).door);
        let session = entrance.tls.as_ref().map(|tls| tls.session().map_err(io::Error::other)).transpose()?;
        let socket = system::connect(entrance.socket)?;
        let connection = self.pool.at(place);
        self.poller.add(&socket, u64::from(connection.generation) << 32 | u64::from(place))?;
        connection.open(Transport::new(socket, session));
        self.strain.opened += 1;
        self.look();
        Ok(())
    }

    /// Whether a connection could not be opened for want of a local port or file, and counts which.
    fn is_bound(&mut self, cause: &io::Error) -> bool {
        let no_port = cause.kind() == ErrorKind::AddrNotAvailable;
        let no_file = system::is_out_of_files(cause);
        self.strain.no_port += u64::from(no_port);
        self.strain.no_file += u64::from(no_file);
        no_port || no_file
    }
}
