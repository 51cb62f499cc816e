//! Ctrl-C: the first asks long work to end with what it has, the second ends the program at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

/// The exit code of a program ended by SIGINT, as shells count it.
const KILLED_BY_SIGINT: i32 = 130;

/// Whether the user has asked to stop.
#[derive(Clone, Debug)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens for SIGINT and SIGTERM from now on.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The order matters: the shutdown sees the flag only when an earlier signal has set it.
            signal_hook::flag::register_conditional_shutdown(signal, KILLED_BY_SIGINT, Arc::clone(&flag))?;
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Stop(flag))
    }

    /// The flag, for the libraries.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.0
    }

    /// Whether to stop now.
    pub(crate) fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
