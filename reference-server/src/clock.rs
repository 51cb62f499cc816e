//! What time it is for the server.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Which clock the server goes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The system's.
    #[default]
    System,
    /// One that shows `start_s` (Unix seconds) when the server starts and runs at true speed: April 2020 can be rehearsed today.
    StartingAt {
        /// The Unix second at the start.
        start_s: i64,
    },
}

impl Clock {
    /// Starts the clock.
    pub(crate) fn start(self) -> RunningClock {
        RunningClock { clock: self, started: Instant::now() }
    }
}

/// A [`Clock`] since it was started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunningClock {
    clock: Clock,
    started: Instant,
}

impl RunningClock {
    /// Unix seconds.
    pub(crate) fn now_s(&self) -> i64 {
        match self.clock {
            // A system clock before 1970 is wrong in any case; 1970 is refused by every policy.
            Clock::System => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64),
            Clock::StartingAt { start_s } => start_s + self.started.elapsed().as_secs() as i64,
        }
    }
}
