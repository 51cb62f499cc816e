//! The sending loop of one thread.
//!
//! At its intended instant a request goes out on an idle connection, else on a new one, else it waits in the backlog. Nothing here
//! waits for an answer; the only wait is for the next instant, the next event or the next time-out, whichever comes first.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Kind;
use crate::connection::{Arrival, Connection, Flight};
use crate::journeys::Journeys;
use crate::kind::Outcome;
use crate::poller::{self, Poller, Readiness};
use crate::record::{Measured, Recorder};
use crate::schedule::{Ask, Schedule};

/// Requests taken up before answers are looked at again.
const BURST: usize = 64;
/// The stop flag is looked at least this often.
const LONGEST_WAIT_NS: u64 = 50_000_000;

/// When requests are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// At their intended instants.
    Open,
    /// As soon as fewer than so many are out.
    Closed { connections: usize },
}

/// The bounds of one thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) connections: usize,
    pub(crate) backlog: usize,
    pub(crate) timeout_ns: u64,
}

/// What a thread tells while it runs.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) asked: AtomicU64,
    pub(crate) answered: AtomicU64,
}

/// All that one thread works on.
pub(crate) struct Lane<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) journeys: Journeys<'a>,
    pub(crate) schedule: Schedule<'a>,
    pub(crate) pace: Pace,
    pub(crate) bounds: Bounds,
    pub(crate) measured: Measured,
    pub(crate) start: Instant,
    pub(crate) stop: &'a AtomicBool,
    pub(crate) tally: &'a Tally,
}

/// What one thread brings back.
pub(crate) struct LaneReport {
    pub(crate) recorder: Recorder,
    /// Whether the schedule was played to its end.
    pub(crate) complete: bool,
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    pub(crate) strain: Strain,
    /// Passes asked for, those of the warm-up included.
    pub(crate) issues: u64,
}

/// Which bounds were met.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Strain {
    /// Requests that had to wait for a connection.
    pub(crate) waited: u64,
    /// Requests dropped because the backlog was full.
    pub(crate) backlog_full: u64,
    /// Requests still waiting when the run was over.
    pub(crate) unsent_at_end: u64,
    /// Connections that could not be opened for want of a local port or file.
    pub(crate) no_socket: u64,
}

/// Plays a lane to its end, or until it is stopped.
///
/// # Errors
/// When the poller itself fails; whatever befalls a connection is an outcome, not an error.
pub(crate) fn play(lane: Lane<'_>) -> io::Result<LaneReport> {
    poller::ask_for_exact_timers();
    poller::ask_for_precedence();
    let cpu_before = poller::thread_cpu_time();
    let mut engine = Engine::new(lane)?;
    let complete = engine.run()?;
    Ok(LaneReport {
        complete,
        cpu: poller::thread_cpu_time().saturating_sub(cpu_before),
        wall: engine.lane.start.elapsed(),
        strain: engine.strain,
        issues: engine.issues,
        recorder: engine.recorder,
    })
}

/// A time-out to come: when, at which place, of which of its requests.
struct Deadline {
    at_ns: u64,
    place: u32,
    flights: u32,
}

struct Engine<'a> {
    lane: Lane<'a>,
    poller: Poller,
    connections: Vec<Connection>,
    /// Places of open connections with nothing to do; the last used is used first, so that few stay warm.
    idle: Vec<u32>,
    /// Places without a connection.
    vacant: Vec<u32>,
    out: usize,
    backlog: VecDeque<Ask>,
    /// In order of time, since all requests have the same time-out.
    deadlines: VecDeque<Deadline>,
    recorder: Recorder,
    strain: Strain,
    answered: u64,
    asked: u64,
    issues: u64,
}

impl<'a> Engine<'a> {
    fn new(lane: Lane<'a>) -> io::Result<Self> {
        Ok(Engine {
            poller: Poller::new()?,
            recorder: Recorder::new(lane.measured),
            connections: Vec::new(),
            idle: Vec::new(),
            vacant: Vec::new(),
            out: 0,
            backlog: VecDeque::new(),
            deadlines: VecDeque::new(),
            strain: Strain::default(),
            answered: 0,
            asked: 0,
            issues: 0,
            lane,
        })
    }

    /// Whether the schedule was played to its end.
    fn run(&mut self) -> io::Result<bool> {
        let mut next = self.lane.schedule.next();
        let mut ended_ns = None;
        while !self.lane.stop.load(Ordering::Relaxed) {
            let more = self.take_due(&mut next);
            let now_ns = self.now_ns();
            self.expire(now_ns);
            self.recorder.put_away(now_ns);
            self.tell();
            if next.is_none() {
                let ended_ns = *ended_ns.get_or_insert(now_ns);
                if now_ns >= ended_ns + self.lane.bounds.timeout_ns {
                    self.drop_backlog();
                }
                if self.out == 0 && self.backlog.is_empty() {
                    self.finish(now_ns);
                    return Ok(true);
                }
            }
            let wait_ns = if more { 0 } else { self.wait_ns(next.as_ref(), now_ns) };
            self.poller.wait(Duration::from_nanos(wait_ns))?;
            for number in 0..self.poller.count() {
                self.handle(self.poller.ready(number));
            }
        }
        self.abandon();
        self.finish(self.now_ns());
        Ok(false)
    }

    fn now_ns(&self) -> u64 {
        self.lane.start.elapsed().as_nanos() as u64
    }

    /// Takes up what is due, a burst at most; whether more is due already.
    fn take_due(&mut self, next: &mut Option<Ask>) -> bool {
        for _ in 0..BURST {
            let now_ns = self.now_ns();
            let Some(mut ask) = *next else { return false };
            match self.lane.pace {
                Pace::Open if ask.at_ns > now_ns => return false,
                Pace::Open => {}
                Pace::Closed { .. } if now_ns >= self.lane.measured.until_ns => {
                    *next = None;
                    return false;
                }
                Pace::Closed { connections } if self.out >= connections => return false,
                Pace::Closed { .. } => ask.at_ns = now_ns,
            }
            self.take_up(ask, now_ns);
            *next = self.lane.schedule.next();
        }
        true
    }

    fn take_up(&mut self, ask: Ask, now_ns: u64) {
        self.asked += 1;
        self.issues += u64::from(ask.kind == Kind::Issue);
        self.recorder.asked(ask.kind, ask.at_ns, now_ns);
        // Whoever waits already goes first.
        if self.backlog.is_empty()
            && let Some(place) = self.free_place()
        {
            self.launch(place, ask, now_ns);
        } else if self.backlog.len() < self.lane.bounds.backlog {
            self.strain.waited += 1;
            self.backlog.push_back(ask);
        } else {
            self.strain.backlog_full += 1;
            self.recorder.unsent(ask.kind, ask.at_ns, |counts| counts.dropped += 1);
        }
    }

    /// A place for a request: an idle connection, or room for a new one.
    fn free_place(&mut self) -> Option<u32> {
        if let Some(place) = self.idle.pop().or_else(|| self.vacant.pop()) {
            return Some(place);
        }
        let place = self.connections.len();
        (place < self.lane.bounds.connections).then(|| {
            self.connections.push(Connection::default());
            place as u32
        })
    }

    /// Sends `ask` from `place`, opening a connection if there is none.
    fn launch(&mut self, place: u32, ask: Ask, now_ns: u64) {
        let Some(valid) = self.lane.journeys.compose(&ask, &mut self.connections[place as usize].outbox) else {
            self.recorder.unsent(ask.kind, ask.at_ns, |counts| counts.without_pass += 1);
            return self.give_back(place);
        };
        self.recorder.sent(ask.kind, ask.at_ns, now_ns);
        self.out += 1;
        let connection = &mut self.connections[place as usize];
        connection.begin(Flight { ask, sent_ns: now_ns, valid });
        let at_ns = now_ns + self.lane.bounds.timeout_ns;
        self.deadlines.push_back(Deadline { at_ns, place, flights: connection.flights });
        let sent = if connection.socket.is_none() { self.open(place) } else { Ok(()) };
        if sent.and_then(|()| self.connections[place as usize].flush()).is_err() {
            self.settle(place, Outcome::Failed, false);
        }
    }

    fn open(&mut self, place: u32) -> io::Result<()> {
        let connection = &mut self.connections[place as usize];
        let socket = poller::connect(self.lane.address).inspect_err(|cause| {
            let exhausted = matches!(cause.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::QuotaExceeded);
            self.strain.no_socket += u64::from(exhausted || cause.raw_os_error() == Some(EMFILE));
        })?;
        self.poller.add(&socket, u64::from(connection.generation) << 32 | u64::from(place))?;
        connection.socket = Some(socket);
        Ok(())
    }

    fn handle(&mut self, ready: Readiness) {
        let (place, generation) = (ready.key as u32, (ready.key >> 32) as u32);
        let connection = &mut self.connections[place as usize];
        if connection.generation != generation || connection.socket.is_none() {
            return;
        }
        let Some(flight) = connection.flight else {
            // Nothing was asked, so this is the end of the connection, or a server that speaks unasked.
            if ready.readable {
                connection.close();
                self.idle.retain(|idle| *idle != place);
                self.vacant.push(place);
            }
            return;
        };
        if ready.writable && connection.flush().is_err() {
            return self.settle(place, Outcome::Failed, false);
        }
        if !ready.readable {
            return;
        }
        match connection.receive() {
            Arrival::Partial => {}
            Arrival::Lost => self.settle(place, Outcome::Failed, false),
            Arrival::Unreadable => self.settle(place, Outcome::Wrong, false),
            Arrival::Answer { status, body, keep } => {
                let outcome = self.lane.journeys.receive(&flight.ask, flight.valid, status, body);
                self.settle(place, outcome, keep);
            }
        }
    }

    /// The request at `place` came to `outcome`; the next one may go out from there.
    fn settle(&mut self, place: u32, outcome: Outcome, keep: bool) {
        let now_ns = self.now_ns();
        let connection = &mut self.connections[place as usize];
        if !keep {
            connection.close();
        }
        let Some(Flight { ask, sent_ns, .. }) = connection.flight.take() else { return };
        self.out -= 1;
        self.answered += u64::from(outcome.answered());
        self.recorder.settled(ask.kind, ask.at_ns, sent_ns, now_ns, outcome);
        self.give_back(place);
        // One settled request frees one place. A launch that fails at once settles again, hence no loop here.
        if outcome != Outcome::Failed {
            self.send_waiting(now_ns);
        }
    }

    fn give_back(&mut self, place: u32) {
        let open = self.connections[place as usize].socket.is_some();
        if open { self.idle.push(place) } else { self.vacant.push(place) }
    }

    fn send_waiting(&mut self, now_ns: u64) {
        if !self.backlog.is_empty()
            && let Some(place) = self.free_place()
        {
            let ask = self.backlog.pop_front();
            ask.into_iter().for_each(|ask| self.launch(place, ask, now_ns));
        }
    }

    /// Gives up what has waited too long, and sends what waits while there is room.
    fn expire(&mut self, now_ns: u64) {
        while let Some(deadline) = self.deadlines.front() {
            let connection = &self.connections[deadline.place as usize];
            let settled = connection.flight.is_none() || connection.flights != deadline.flights;
            if !settled && deadline.at_ns > now_ns {
                break;
            }
            let place = deadline.place;
            self.deadlines.pop_front();
            if !settled {
                self.settle(place, Outcome::TimedOut, false);
            }
        }
        for _ in 0..BURST.min(self.backlog.len()) {
            self.send_waiting(now_ns);
        }
    }

    fn wait_ns(&self, next: Option<&Ask>, now_ns: u64) -> u64 {
        let due_ns = match self.lane.pace {
            Pace::Open => next.map(|ask| ask.at_ns),
            Pace::Closed { .. } => None,
        };
        let deadline_ns = self.deadlines.front().map(|deadline| deadline.at_ns);
        let room =
            !self.idle.is_empty() || !self.vacant.is_empty() || self.connections.len() < self.lane.bounds.connections;
        if room && !self.backlog.is_empty() {
            return 0;
        }
        let until_ns = due_ns.into_iter().chain(deadline_ns).min().unwrap_or(u64::MAX);
        until_ns.saturating_sub(now_ns).min(LONGEST_WAIT_NS)
    }

    fn tell(&self) {
        self.lane.tally.asked.store(self.asked, Ordering::Relaxed);
        self.lane.tally.answered.store(self.answered, Ordering::Relaxed);
    }

    fn drop_backlog(&mut self) {
        self.strain.unsent_at_end += self.backlog.len() as u64;
        for ask in self.backlog.drain(..) {
            self.recorder.unsent(ask.kind, ask.at_ns, |counts| counts.dropped += 1);
        }
    }

    /// The run is stopped: what waits is dropped, what is out is not waited for.
    fn abandon(&mut self) {
        self.drop_backlog();
        for connection in &mut self.connections {
            if let Some(Flight { ask, .. }) = connection.flight.take() {
                self.recorder.unsent(ask.kind, ask.at_ns, |counts| counts.abandoned += 1);
            }
        }
    }

    fn finish(&mut self, now_ns: u64) {
        self.recorder.put_away(now_ns);
        self.recorder.finish();
        self.tell();
    }
}

/// `errno` for too many open files; `std` has no kind for it.
const EMFILE: i32 = 24;
