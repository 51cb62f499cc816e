//! A load run while it goes on: a few lines that change on a terminal, a plain line now and then anywhere else.

use std::io::{IsTerminal, stderr};
use std::sync::Mutex;

use loadgen::{KindProgress, Progress, Verdict};
use report::number;

use crate::progress::Progress as Shown;

/// Without a terminal a line is written each so many seconds.
const PLAIN_EVERY_S: f64 = 10.0;

/// Answers to a second's requests are usually in so soon after its start.
const BEHIND_S: f64 = 3.0;

/// Shows a run.
pub(crate) struct LiveView {
    words: String,
    /// On a terminal.
    shown: Option<Shown>,
    /// Elsewhere: when the last line was written, in seconds since the start.
    last_s: Mutex<f64>,
}

impl LiveView {
    /// A view of the run that `words` describe, which is still being prepared.
    pub(crate) fn start(words: &str, preparing: String) -> Self {
        let shown = stderr().is_terminal().then(|| Shown::start(preparing));
        LiveView { words: words.to_owned(), shown, last_s: Mutex::new(0.0) }
    }

    /// Shows how far the run is. `meant_per_s` is the rate that the plan has at this moment, if it has one.
    pub(crate) fn show(&self, progress: &Progress, meant_per_s: Option<f64>) {
        if let Some(shown) = &self.shown {
            let kinds: Vec<String> = progress.kinds.iter().map(|kind| format!("\n  {}", of_kind(kind))).collect();
            return shown.say(format!("{}: {}{}", self.words, line(progress, meant_per_s), kinds.concat()));
        }
        let Ok(mut last_s) = self.last_s.lock() else { return };
        if progress.seconds - *last_s >= PLAIN_EVERY_S {
            *last_s = progress.seconds;
            let kinds: Vec<String> = progress.kinds.iter().map(|kind| format!("; {}", of_kind(kind))).collect();
            eprintln!("{}{}", line(progress, meant_per_s), kinds.concat());
        }
    }
}

fn line(progress: &Progress, meant_per_s: Option<f64>) -> String {
    let Progress { seconds, asked, sent, answered, failed, settled_s, kinds, verdict } = progress;
    let rate = meant_per_s.map_or(String::new(), |per_s| format!(" (now {})", number::rate(per_s)));
    let verdict = match verdict {
        _ if kinds.is_empty() => "",
        Verdict::Held => "; it holds",
        Verdict::Failed => "; it fails",
        Verdict::Unusable => "",
    };
    // What follows, the verdict included, is of the run so far, as far as all is answered.
    let so_far = match (kinds.is_empty(), seconds - f64::from(*settled_s) > BEHIND_S) {
        (true, _) => String::new(),
        (false, false) => format!("{verdict} so far"),
        (false, true) => format!("{verdict} in its first {settled_s} s, later ones still wait for answers"),
    };
    let [asked, sent, answered, failed] = [asked, sent, answered, failed].map(|count| number::whole(*count));
    format!("{seconds:.0} s: {asked} asked{rate}, {sent} sent, {answered} answered, {failed} errors{so_far}")
}

fn of_kind(kind: &KindProgress) -> String {
    let times = kind.response_time;
    let [p50, p90, p99] = [times.p50_us, times.p90_us, times.p99_us].map(number::time_us);
    format!("{}: p50 {p50}, p90 {p90}, p99 {p99}", kind.kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use loadgen::{Counts, Kind, Quantiles};

    #[test]
    fn a_line_tells_counts_times_and_the_verdict_so_far() {
        let response_time = Quantiles { p50_us: 900.0, p90_us: 2_000.0, p99_us: 31_000.0, ..Quantiles::default() };
        let issue = KindProgress { kind: Kind::Issue, counts: Counts::default(), response_time };
        let mut progress = Progress {
            seconds: 12.3,
            asked: 6_100,
            sent: 6_099,
            answered: 6_000,
            failed: 2,
            settled_s: 11,
            kinds: vec![issue],
            verdict: Verdict::Held,
        };
        let expected = "12 s: 6,100 asked (now 500/s), 6,099 sent, 6,000 answered, 2 errors; it holds so far";
        assert_eq!(line(&progress, Some(500.0)), expected);
        assert_eq!(of_kind(&issue), "issue: p50 900 µs, p90 2 ms, p99 31 ms");
        progress.settled_s = 4;
        let waiting = line(&progress, None);
        assert!(
            waiting.ends_with("2 errors; it holds in its first 4 s, later ones still wait for answers"),
            "{waiting}"
        );
        progress.kinds.clear();
        assert!(line(&progress, None).ends_with("2 errors"), "nothing is judged yet");
    }
}
