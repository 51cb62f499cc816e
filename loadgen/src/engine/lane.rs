//! What one sending thread is given, and what it brings back.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::backlog::Backlog;
use crate::doors::Doors;
use crate::journeys::{Journeys, Missing};
use crate::phones::Computed;
use crate::record::{Measured, Packed, Recorder};
use crate::schedule::{Ask, Schedule};
use crate::settings::RequestsPerConnection;

/// When requests are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// At their intended instants.
    Open,
    /// As soon as fewer than so many are out.
    Closed { connections: usize },
}

/// The bounds of one thread, at each door.
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
    pub(crate) sent: AtomicU64,
    pub(crate) answered: AtomicU64,
    /// Settled otherwise than by a right answer.
    pub(crate) failed: AtomicU64,
    /// Seconds that are over and wholly settled, until somebody takes them away.
    pub(crate) seconds: Mutex<Vec<Packed>>,
}

/// What a thread has counted by now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tallied {
    pub(crate) asked: u64,
    pub(crate) sent: u64,
    pub(crate) answered: u64,
    /// Settled otherwise than by a right answer.
    pub(crate) failed: u64,
    /// Seconds in the recorder that were told.
    seconds: usize,
}

impl Tallied {
    /// Tells `tally` what was counted, and the seconds that `recorder` has put away since the last time.
    pub(crate) fn tell(&mut self, recorder: &Recorder, tally: &Tally) {
        let Tallied { asked, sent, answered, failed, .. } = *self;
        for (told, count) in
            [(&tally.asked, asked), (&tally.sent, sent), (&tally.answered, answered), (&tally.failed, failed)]
        {
            told.store(count, Ordering::Relaxed);
        }
        let news = &recorder.packed[self.seconds..];
        // Whoever takes them away holds the lock for a moment once in a while; the next round is soon enough.
        if !news.is_empty()
            && let Ok(mut seconds) = tally.seconds.try_lock()
        {
            seconds.extend_from_slice(news);
            self.seconds = recorder.packed.len();
        }
    }
}

/// All that one thread works on.
pub(crate) struct Lane<'a> {
    pub(crate) doors: &'a Doors,
    pub(crate) journeys: Journeys<'a>,
    pub(crate) schedule: Schedule<'a>,
    pub(crate) pace: Pace,
    pub(crate) bounds: Bounds,
    pub(crate) life: RequestsPerConnection,
    /// The share of the time that may go into spinning.
    pub(crate) spin_share: f64,
    /// The core to stay on, if any.
    pub(crate) core: Option<usize>,
    pub(crate) seed: u64,
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
    /// Processor time, spinning included.
    pub(crate) cpu: Duration,
    /// Of it, what went into spinning while nothing was to be done.
    pub(crate) spin: Duration,
    pub(crate) wall: Duration,
    pub(crate) strain: Strain,
    /// What the thread's helpers computed.
    pub(crate) computed: Computed,
    /// Passes asked for, those of the warm-up included.
    pub(crate) issues: u64,
}

/// Which bounds were met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Strain {
    /// Requests that had to wait for a connection.
    pub(crate) waited: u64,
    /// Requests dropped because the backlog was full.
    pub(crate) backlog_full: u64,
    /// Requests still waiting when the run was over.
    pub(crate) unsent_at_end: u64,
    /// Requests dropped because no local port was free.
    pub(crate) no_port: u64,
    /// Requests dropped because the process had too many files open.
    pub(crate) no_file: u64,
    /// Requests dropped because no blinded token was ready.
    pub(crate) unblinded: u64,
    /// Connections opened.
    pub(crate) opened: u64,
}

impl Strain {
    /// Keeps `ask` waiting in `backlog`, which holds `most`, or drops it and counts that in `recorder`.
    pub(crate) fn keep_waiting(&mut self, backlog: &mut Backlog, most: usize, recorder: &mut Recorder, ask: Ask) {
        if backlog.len() < most {
            self.waited += 1;
            backlog.push(ask);
        } else {
            self.backlog_full += 1;
            recorder.unsent(ask.kind, ask.at_ns, |counts| counts.dropped += 1);
        }
    }

    /// Drops all that still waits in `backlog` when the run is over, and counts that in `recorder`.
    pub(crate) fn drop_all(&mut self, backlog: &mut Backlog, recorder: &mut Recorder) {
        self.unsent_at_end += backlog.len() as u64;
        while let Some(ask) = backlog.pop() {
            recorder.unsent(ask.kind, ask.at_ns, |counts| counts.dropped += 1);
        }
    }

    /// Counts in `recorder` that the request of `ask` was not made for want of `missing`.
    pub(crate) fn missed(&mut self, recorder: &mut Recorder, ask: &Ask, missing: Missing) {
        match missing {
            Missing::Pass => recorder.unsent(ask.kind, ask.at_ns, |counts| counts.without_pass += 1),
            Missing::Blinding => {
                self.unblinded += 1;
                recorder.unsent(ask.kind, ask.at_ns, |counts| counts.dropped += 1);
            }
        }
    }

    /// Requests dropped at a bound of this machine's own.
    pub(crate) fn own_bounds(&self) -> u64 {
        self.no_port + self.no_file + self.unblinded
    }

    pub(crate) fn add(&mut self, other: &Strain) {
        let Strain { waited, backlog_full, unsent_at_end, no_port, no_file, unblinded, opened } = *other;
        self.waited += waited;
        self.backlog_full += backlog_full;
        self.unsent_at_end += unsent_at_end;
        self.no_port += no_port;
        self.no_file += no_file;
        self.unblinded += unblinded;
        self.opened += opened;
    }
}
