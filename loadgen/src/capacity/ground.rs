//! What rates are tried on.

use std::time::{Duration, Instant};

use crate::control::Control;
use crate::prepare::missing;
use crate::{LoadError, LoadResult, Options, Plan, Target, Wallet, prepare, run};

/// After a failed step the target is waited for at most so long.
const LONGEST_RECOVERY: Duration = Duration::from_secs(15);
/// The target has recovered when it answers within so many times its idle answer time ...
const RECOVERED: u32 = 5;
/// ... or within this, whichever is longer: an idle answer takes fractions of a millisecond, and chance as much.
const RECOVERED_LEAST: Duration = Duration::from_millis(10);
/// How long a pass takes to prepare is told by at least so many of them.
const TELLING: u64 = 100;

/// What rates are tried on: a server, or a queue that is reckoned, of which a search without a fault finds the exact capacity.
pub(super) trait Ground {
    /// Plays `plan`, passes and all.
    fn play(&mut self, plan: &Plan, options: &Options<'_>) -> Result<LoadResult, LoadError>;

    /// How long the passes that `plan` needs would take to prepare, in seconds, by the last that were.
    fn ready_in_s(&self, plan: &Plan) -> f64;

    /// Waits until nothing is left of the last plan.
    fn wait_for_recovery(&self) -> Result<(), LoadError>;
}

/// A server.
pub(super) struct Server<'a> {
    target: &'a Target,
    control: Control,
    idle: Duration,
    wallet: Wallet,
    /// Seconds that a pass took in the last preparation that can tell.
    pass_s: f64,
}

impl<'a> Server<'a> {
    pub(super) fn new(target: &'a Target, wallet: Wallet) -> Result<Self, LoadError> {
        let control = Control::new(target)?;
        let mut times = (0..9).map(|_| control.answer_time()).collect::<Result<Vec<_>, _>>()?;
        times.sort_unstable();
        Ok(Server { target, control, idle: times[times.len() / 2], wallet, pass_s: 0.0 })
    }
}

impl Ground for Server<'_> {
    fn play(&mut self, plan: &Plan, options: &Options<'_>) -> Result<LoadResult, LoadError> {
        let begun = Instant::now();
        let prepared = prepare(self.target, plan, &mut self.wallet, options)?;
        if prepared.passes >= TELLING {
            self.pass_s = begun.elapsed().as_secs_f64() / prepared.passes as f64;
        }
        run(self.target, plan, &mut self.wallet, options)
    }

    fn ready_in_s(&self, plan: &Plan) -> f64 {
        missing(plan, &self.wallet) as f64 * self.pass_s
    }

    /// Until it answers about as fast as it did when idle. One that does not shows it in the next step.
    fn wait_for_recovery(&self) -> Result<(), LoadError> {
        let start = Instant::now();
        let enough = (self.idle * RECOVERED).max(RECOVERED_LEAST);
        while self.control.answer_time()? > enough && start.elapsed() < LONGEST_RECOVERY {
            std::thread::sleep(RECOVERED_LEAST);
        }
        Ok(())
    }
}
