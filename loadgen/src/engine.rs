//! The sending loop of one thread.
//!
//! At its intended instant a request goes out on an idle connection, else on a new one, else it waits in the backlog, behind those who
//! want the same door of the target. Nothing here waits for an answer; the only wait is for the next instant, the next event or the next time-out, whichever comes first. What is
//! due goes out before answers are read, and again between one answer and the next.

mod answering;
mod lane;
mod pool;
mod sending;
mod waiting;

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::backlog::Backlog;
use crate::connection::Flight;
use crate::doors::Door;
use crate::phones::Computed;
use crate::poller::Poller;
use crate::record::Recorder;
use crate::schedule::Ask;
use crate::system;

pub(crate) use lane::{Bounds, Lane, LaneReport, Pace, Strain, Tallied, Tally};

use pool::Pool;
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
    /// By door.
    backlogs: [Backlog; Door::ALL.len()],
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
            backlogs: Default::default(),
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
    fn pause(&mut self) -> Pause {
        let may_go = |door: &Door| !self.backlogs[*door as usize].is_empty() && self.pool.has_room(*door);
        if Door::ALL.iter().any(may_go) {
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
        self.out == 0 && self.backlogs.iter().all(Backlog::is_empty)
    }

    fn tell(&mut self) {
        self.tallied.tell(&self.recorder, self.lane.tally);
    }

    fn drop_backlog(&mut self) {
        for backlog in &mut self.backlogs {
            self.strain.drop_all(backlog, &mut self.recorder);
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
