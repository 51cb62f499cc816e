//! The sending loop of one thread.
//!
//! At its intended instant a request goes out on an idle connection, else on a new one, else it waits in the backlog. Nothing here
//! waits for an answer; the only wait is for the next instant, the next event or the next time-out, whichever comes first. What is
//! due goes out before answers are read, and again between one answer and the next.

mod lane;
mod pool;
mod waiting;

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::Kind;
use crate::backlog::Backlog;
use crate::connection::{Arrival, Flight};
use crate::kind::Outcome;
use crate::phones::Computed;
use crate::poller::{Poller, Readiness};
use crate::random::{Draw, keyed, unit};
use crate::record::Recorder;
use crate::schedule::Ask;
use crate::system;
use crate::transport::Transport;

pub(crate) use lane::{Bounds, Lane, LaneReport, Pace, Strain, Tallied, Tally};

use pool::{Habit, Pool};
use waiting::{Pause, Waiting};

/// Requests taken up before answers are looked at again.
const BURST: usize = 16;
/// The stop flag is looked at least this often.
const LONGEST_WAIT_NS: u64 = 50_000_000;

/// Plays a lane to its end, or until it is stopped.
///
/// # Errors
/// When the poller itself fails; whatever befalls a connection is an outcome, not an error.
pub(crate) fn play(lane: Lane<'_>) -> io::Result<LaneReport> {
    lane.core.into_iter().for_each(system::stay_on);
    system::ask_for_exact_timers();
    system::ask_for_precedence();
    let cpu_before = system::thread_cpu_time();
    let mut engine = Engine::new(lane)?;
    let complete = engine.run()?;
    let cpu = system::thread_cpu_time().saturating_sub(cpu_before);
    let wall = engine.lane.start.elapsed();
    engine.lane.journeys.finish();
    Ok(LaneReport {
        complete,
        cpu,
        // Counted by the clock: while another process had the core, nothing was spun.
        spin: Duration::from_nanos(engine.waiting.spun_ns()).min(cpu),
        wall,
        strain: engine.strain,
        computed: Computed::default(),
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
    pool: Pool,
    waiting: Waiting,
    /// The next request of the schedule.
    next: Option<Ask>,
    /// When the clock was last looked at.
    clock_ns: u64,
    /// When the schedule ended.
    ended_ns: Option<u64>,
    out: usize,
    backlog: Backlog,
    /// In order of time, since all requests have the same time-out.
    deadlines: VecDeque<Deadline>,
    recorder: Recorder,
    strain: Strain,
    tallied: Tallied,
    issues: u64,
}

impl<'a> Engine<'a> {
    fn new(lane: Lane<'a>) -> io::Result<Self> {
        Ok(Engine {
            poller: Poller::new()?,
            recorder: Recorder::new(lane.measured),
            pool: Pool::new(lane.bounds.connections),
            waiting: Waiting::new(lane.spin_share),
            next: None,
            clock_ns: 0,
            ended_ns: None,
            out: 0,
            backlog: Backlog::default(),
            deadlines: VecDeque::new(),
            strain: Strain::default(),
            tallied: Tallied::default(),
            issues: 0,
            lane,
        })
    }

    /// Whether the schedule was played to its end.
    fn run(&mut self) -> io::Result<bool> {
        self.next = self.lane.schedule.next();
        self.look();
        while !self.lane.stop.load(Ordering::Relaxed) {
            let more = self.take_due();
            self.expire();
            self.recorder.put_away(self.clock_ns);
            self.tell();
            if self.is_over() {
                self.recorder.finish();
                return Ok(true);
            }
            let pause = if more { Pause::Sleep { ns: 0 } } else { self.pause() };
            self.wait(pause)?;
            for number in 0..self.poller.count() {
                self.handle(self.poller.ready(number));
                if self.is_due() {
                    self.take_due();
                }
            }
        }
        self.abandon();
        self.recorder.finish();
        self.tell();
        Ok(false)
    }

    /// Looks at the clock.
    fn look(&mut self) -> u64 {
        // Threads start a little before the first instant.
        self.clock_ns = self.lane.start.elapsed().as_nanos() as u64;
        self.clock_ns
    }

    fn wait(&mut self, pause: Pause) -> io::Result<()> {
        let before_ns = self.clock_ns;
        let sleep_ns = match pause {
            Pause::Sleep { ns } => ns,
            Pause::Spin => 0,
        };
        self.poller.wait(Duration::from_nanos(sleep_ns))?;
        self.look();
        if pause == Pause::Spin && self.poller.count() == 0 {
            self.waiting.spun(self.clock_ns - before_ns);
        }
        Ok(())
    }

    /// Whether a request of the schedule was due when the clock was last looked at.
    fn is_due(&self) -> bool {
        self.lane.pace == Pace::Open && self.next.is_some_and(|ask| ask.at_ns <= self.clock_ns)
    }

    /// Takes up what is due, a burst at most; whether more is due already.
    fn take_due(&mut self) -> bool {
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
        // Whoever waits already goes first.
        if self.backlog.is_empty()
            && let Some(place) = self.pool.take(self.habit(ask.kind))
        {
            self.launch(place, ask, self.clock_ns);
        } else if self.backlog.len() < self.lane.bounds.backlog {
            self.strain.waited += 1;
            self.backlog.push(ask);
        } else {
            self.strain.backlog_full += 1;
            self.recorder.unsent(ask.kind, ask.at_ns, |counts| counts.dropped += 1);
        }
    }

    fn habit(&self, kind: Kind) -> Habit {
        if self.lane.life.of(kind).is_some() { Habit::Closes } else { Habit::Holds }
    }

    /// Sends `ask` from `place`, opening a connection if there is none.
    fn launch(&mut self, place: u32, ask: Ask, taken_ns: u64) {
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
    fn flush(&mut self, place: u32) -> io::Result<()> {
        let connection = self.pool.at(place);
        let has_gone = connection.flush()?;
        if let Some(flight) = connection.flight.as_mut().filter(|flight| has_gone && flight.sent_ns.is_none()) {
            flight.sent_ns = Some(self.clock_ns);
            self.recorder.sent(flight.ask.kind, flight.ask.at_ns, flight.taken_ns, self.clock_ns);
        }
        Ok(())
    }

    fn open(&mut self, place: u32) -> io::Result<()> {
        let session = self.lane.tls.map(|tls| tls.session().map_err(io::Error::other)).transpose()?;
        let socket = system::connect(self.lane.address)?;
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

    fn handle(&mut self, ready: Readiness) {
        let (place, generation) = (ready.key as u32, (ready.key >> 32) as u32);
        let connection = self.pool.at(place);
        if connection.generation != generation || !connection.is_open() {
            return;
        }
        let Some(flight) = connection.flight else {
            if ready.readable && !connection.is_still_good() {
                self.pool.forget_idle(place);
            }
            return;
        };
        if ready.writable && self.flush(place).is_err() {
            return self.settle(place, Outcome::Failed, false);
        }
        if !ready.readable {
            return;
        }
        match self.pool.at(place).receive() {
            // A TLS session may have been opened by what came, and takes the request now.
            Arrival::Partial if flight.sent_ns.is_none() => {
                if self.flush(place).is_err() {
                    self.settle(place, Outcome::Failed, false);
                }
            }
            Arrival::Partial => {}
            Arrival::Lost => self.settle(place, Outcome::Failed, false),
            Arrival::Unreadable => self.settle(place, Outcome::Wrong, false),
            Arrival::Answer { status, body, keep } => {
                let outcome = self.lane.journeys.receive(&flight.ask, flight.valid, status, body);
                self.settle(place, outcome, keep && self.holds_on(&flight.ask));
            }
        }
    }

    /// Whether whoever asked keeps the connection for the next request.
    fn holds_on(&self, ask: &Ask) -> bool {
        self.lane
            .life
            .of(ask.kind)
            .is_none_or(|mean| unit(keyed(self.lane.seed, Draw::Closing, ask.index)) >= 1.0 / mean)
    }

    /// The request at `place` came to `outcome`; the next one may go out from there.
    fn settle(&mut self, place: u32, outcome: Outcome, keep: bool) {
        self.look();
        let connection = self.pool.at(place);
        if !keep {
            connection.close();
        }
        let Some(Flight { ask, sent_ns, .. }) = connection.flight.take() else { return };
        self.out -= 1;
        self.lane.journeys.settled(&ask);
        self.tallied.answered += u64::from(outcome.answered());
        self.tallied.failed += u64::from(outcome != Outcome::Right);
        self.recorder.settled(ask.kind, ask.at_ns, sent_ns, self.clock_ns, outcome);
        self.pool.give_back(place, self.habit(ask.kind));
        // One settled request frees one place. A launch that fails at once settles again, hence no loop here.
        if outcome != Outcome::Failed {
            self.send_waiting();
        }
    }

    fn send_waiting(&mut self) {
        if let Some(ask) = self.backlog.first().copied()
            && let Some(place) = self.pool.take(self.habit(ask.kind))
        {
            self.backlog.pop();
            // When it was taken up is not kept: all of its time until now counts as waiting for a connection.
            self.launch(place, ask, ask.at_ns);
        }
    }

    /// Gives up what has waited too long, and sends what waits while there is room.
    fn expire(&mut self) {
        while let Some(deadline) = self.deadlines.front() {
            let connection = self.pool.at(deadline.place);
            let settled = connection.flight.is_none() || connection.flights != deadline.flights;
            if !settled && deadline.at_ns > self.clock_ns {
                break;
            }
            let place = deadline.place;
            self.deadlines.pop_front();
            if !settled {
                self.settle(place, Outcome::TimedOut, false);
            }
        }
        for _ in 0..BURST.min(self.backlog.len()) {
            self.send_waiting();
        }
    }

    fn pause(&mut self) -> Pause {
        if self.pool.has_room() && !self.backlog.is_empty() {
            return Pause::Sleep { ns: 0 };
        }
        let due_ns = match self.lane.pace {
            Pace::Open => self.next.map(|ask| ask.at_ns),
            Pace::Closed { .. } => None,
        };
        let deadline_ns = self.deadlines.front().map_or(u64::MAX, |deadline| deadline.at_ns);
        self.waiting.pause(self.clock_ns, due_ns, deadline_ns.min(self.clock_ns + LONGEST_WAIT_NS))
    }

    /// Whether all was asked and nothing is awaited any more. What still waits for a connection then is dropped after a time-out.
    fn is_over(&mut self) -> bool {
        if self.next.is_some() {
            return false;
        }
        let ended_ns = *self.ended_ns.get_or_insert(self.clock_ns);
        if self.clock_ns >= ended_ns + self.lane.bounds.timeout_ns {
            self.drop_backlog();
        }
        self.out == 0 && self.backlog.is_empty()
    }

    fn tell(&mut self) {
        self.tallied.tell(&self.recorder, self.lane.tally);
    }

    fn drop_backlog(&mut self) {
        self.strain.unsent_at_end += self.backlog.len() as u64;
        while let Some(ask) = self.backlog.pop() {
            self.recorder.unsent(ask.kind, ask.at_ns, |counts| counts.dropped += 1);
        }
    }

    /// The run is stopped: what waits is dropped, what is out is not waited for.
    fn abandon(&mut self) {
        self.drop_backlog();
        for connection in self.pool.all() {
            if let Some(Flight { ask, .. }) = connection.flight.take() {
                self.recorder.unsent(ask.kind, ask.at_ns, |counts| counts.abandoned += 1);
            }
        }
    }
}
