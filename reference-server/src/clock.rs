//! What time it is for the server.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// Which clock the server goes by.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The system's.
    #[default]
    System,
    /// One that shows `start_s` (Unix seconds) when the server starts and runs at true speed: April 2020 can be rehearsed today.
    StartingAt {
        /// The Unix second at the start.
        start_s: i64,
    },
    /// One that stands still until it is set: for rehearsals in which a day passes in minutes, and a month at once.
    Set(SetClock),
}

/// A clock that shows what it was told last, to all who hold a copy of it.
#[derive(Clone, Debug)]
pub struct SetClock(watch::Sender<i64>);

impl SetClock {
    /// A clock that shows `now_s` (Unix seconds).
    pub fn new(now_s: i64) -> Self {
        SetClock(watch::Sender::new(now_s))
    }

    /// Shows `now_s` from now on. What servers do by schedule, they do by what it shows.
    pub fn set(&self, now_s: i64) {
        self.0.send_replace(now_s);
    }
}

impl Clock {
    /// Starts the clock.
    pub(crate) fn start(self) -> RunningClock {
        RunningClock { clock: self, started: Instant::now() }
    }
}

/// A [`Clock`] since it was started.
#[derive(Clone, Debug)]
pub(crate) struct RunningClock {
    clock: Clock,
    started: Instant,
}

impl RunningClock {
    /// Unix seconds.
    pub(crate) fn now_s(&self) -> i64 {
        match &self.clock {
            // A system clock before 1970 is wrong in any case; 1970 is refused by every policy.
            Clock::System => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64),
            Clock::StartingAt { start_s } => start_s + self.started.elapsed().as_secs() as i64,
            Clock::Set(SetClock(shown)) => *shown.borrow(),
        }
    }

    /// Completes when `due_s` has come on a clock that is set; never on one that runs, where who waits knows how long.
    pub(crate) async fn is_set_to(&self, due_s: i64) {
        match &self.clock {
            Clock::System | Clock::StartingAt { .. } => std::future::pending().await,
            // The sender lives in this clock: waiting cannot fail.
            Clock::Set(SetClock(shown)) => drop(shown.subscribe().wait_for(|now_s| *now_s >= due_s).await),
        }
    }
}
