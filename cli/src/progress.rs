//! Shows that long work goes on: a line on a terminal's standard error, nothing anywhere else.

use std::borrow::Cow;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// One line of progress, gone when dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A spinner that says `what` goes on.
    pub(crate) fn start(what: impl Into<Cow<'static, str>>) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what);
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress(bar)
    }

    /// A bar of `steps`.
    pub(crate) fn steps(what: impl Into<Cow<'static, str>>, steps: u64) -> Self {
        let bar = ProgressBar::new(steps).with_message(what);
        let style = ProgressStyle::with_template("{spinner} {msg} [{wide_bar}] {pos}/{len}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress(bar)
    }

    /// Says what goes on now.
    pub(crate) fn say(&self, what: impl Into<Cow<'static, str>>) {
        self.0.set_message(what);
    }

    /// How many steps are done.
    pub(crate) fn done(&self, steps: u64) {
        self.0.set_position(steps);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
