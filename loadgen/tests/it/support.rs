//! Options for tests.

use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loadgen::{Arrivals, LoadSettings, Mix, Options, Plan, Slo};

/// Measuring tests take turns: two at once would measure each other.
pub(crate) fn machine() -> MutexGuard<'static, ()> {
    static MACHINE: Mutex<()> = Mutex::new(());
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often a run is made again that another program spoilt.
const ATTEMPTS: u64 = 4;

/// The first run that no other program spoilt: `attempt` is given how many were, and says by what it knows a spoilt one. What an unspoilt
/// run shows is right, or the test fails.
pub(crate) fn undisturbed<T, E: Debug>(mut attempt: impl FnMut(u64) -> Result<T, E>) -> T {
    let mut spoilt = Vec::new();
    for number in 0..ATTEMPTS {
        match attempt(number) {
            Ok(sound) => return sound,
            Err(sign) => spoilt.push(sign),
        }
    }
    panic!("no run that another program did not spoil: {spoilt:#?}")
}

/// A test of times, in its turn. It holds on a machine that has nothing else to do: what another program broke once holds in a later
/// attempt, a wrong measurement is wrong in each. What does not hang on times belongs elsewhere, since a fault that shows now and then
/// could hide here. The reasons of attempts that failed stay in the output.
pub(crate) fn measured(test: impl Fn()) {
    let _machine = machine();
    for _ in 1..ATTEMPTS {
        if catch_unwind(AssertUnwindSafe(&test)).is_ok() {
            return;
        }
    }
    test();
}

/// Nobody stops these runs.
pub(crate) static NEVER: AtomicBool = AtomicBool::new(false);

/// One thread, so that results do not depend on the machine's cores.
pub(crate) fn options() -> Options<'static> {
    Options {
        settings: LoadSettings { threads: NonZeroUsize::new(1), read_metrics: false, ..LoadSettings::default() },
        slo: Slo::default(),
        seed: 1,
        warm_up: Duration::ZERO,
        start_at: None,
        stop: &NEVER,
        progress: &|_| {},
    }
}

pub(crate) fn constant(rate_per_s: f64, duration: Duration, mix: Mix) -> Plan {
    Plan::Rate { arrivals: Arrivals::Constant { rate_per_s }, duration, mix }
}
