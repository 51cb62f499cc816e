//! Shows that long work goes on: a line that changes on a terminal's standard error, a plain line now and then anywhere else.

use std::borrow::Cow;
use std::io::{IsTerminal, stderr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Without a terminal what goes on is said once in so long: the log of a build shall show that it lives, and stay short.
const PLAIN_EVERY: Duration = Duration::from_secs(60);

/// One line of progress, gone from a terminal when dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Without a terminal: when the last line was written.
    plain: Option<Mutex<Instant>>,
}

impl Progress {
    /// A spinner that says `what` goes on.
    pub(crate) fn start(what: impl Into<Cow<'static, str>>) -> Self {
        Progress::of(ProgressBar::new_spinner(), what)
    }

    /// A spinner for a part of the work that is worth a line anywhere.
    pub(crate) fn part(what: impl Into<Cow<'static, str>>) -> Self {
        let shown = Progress::start(what);
        shown.log(Duration::ZERO);
        shown
    }

    /// A bar of `steps`.
    pub(crate) fn steps(what: impl Into<Cow<'static, str>>, steps: u64) -> Self {
        let bar = ProgressBar::new(steps);
        let style = ProgressStyle::with_template("{spinner} {msg} [{wide_bar}] {pos}/{len}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Progress::of(bar, what)
    }

    fn of(bar: ProgressBar, what: impl Into<Cow<'static, str>>) -> Self {
        let bar = bar.with_message(what);
        bar.enable_steady_tick(Duration::from_millis(120));
        let plain = (!stderr().is_terminal()).then(|| Mutex::new(Instant::now()));
        Progress { bar, plain }
    }

    /// Says what goes on now.
    pub(crate) fn say(&self, what: impl Into<Cow<'static, str>>) {
        self.bar.set_message(what);
        self.log(PLAIN_EVERY);
    }

    /// Says that another part of the work begins, or what came of one.
    pub(crate) fn announce(&self, what: impl Into<Cow<'static, str>>) {
        self.bar.set_message(what);
        self.log(Duration::ZERO);
    }

    /// How many steps are done.
    pub(crate) fn done(&self, steps: u64) {
        self.bar.set_position(steps);
        self.log(PLAIN_EVERY);
    }

    /// Writes what is shown as a plain line, where there is no terminal and the last one is at least so old.
    fn log(&self, age: Duration) {
        let Some(mut last) = self.plain.as_ref().and_then(|plain| plain.lock().ok()) else { return };
        if last.elapsed() >= age {
            *last = Instant::now();
            eprintln!("{}", line(&self.bar));
        }
    }
}

/// What a bar shows, in plain words.
fn line(bar: &ProgressBar) -> String {
    let what = bar.message();
    bar.length().map_or_else(|| what.clone(), |all| format!("{what}: {} of {all}", bar.position()))
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_line_tells_what_a_bar_shows() {
        let spinner = Progress::start("capacity");
        spinner.say("capacity of issue: 500/s held");
        assert_eq!(line(&spinner.bar), "capacity of issue: 500/s held");
        let bar = Progress::steps("simulating", 72);
        bar.done(3);
        assert_eq!(line(&bar.bar), "simulating: 3 of 72");
    }
}
