//! How busy the target was, by its own word.

use std::time::{Duration, Instant};

use crate::control::Control;
use crate::{LoadError, Target};

/// Reads the target's CPU time before and after a run.
pub(super) struct Meter {
    before: Option<(Control, f64, Instant)>,
}

impl Meter {
    /// Starts to read, unless not `wanted`.
    pub(super) fn start(target: &Target, wanted: bool) -> Result<Self, LoadError> {
        if !wanted {
            return Ok(Meter { before: None });
        }
        let control = Control::new(target)?;
        Ok(Meter { before: control.target_cpu_s().map(|cpu_s| (control, cpu_s, Instant::now())) })
    }

    /// The CPU time since the start, and how long ago that was; none when the target does not say.
    pub(super) fn stop(self) -> Option<(Duration, Duration)> {
        let (control, before_s, since) = self.before?;
        let after_s = control.target_cpu_s()?;
        Some((Duration::try_from_secs_f64(after_s - before_s).ok()?, since.elapsed()))
    }
}
