//! What is known of a run by now, in Prometheus' text format (version 0.0.4), for whoever asks while it goes on.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loadgen::{Counts, Progress};

/// Whoever asks has so long to say what.
const PATIENCE: Duration = Duration::from_secs(2);

/// An endpoint that answers every request with the latest numbers; it ends when this is dropped.
pub(crate) struct Metrics {
    address: SocketAddr,
    text: Arc<Mutex<String>>,
    ended: Arc<AtomicBool>,
}

impl Metrics {
    /// Listens on `address`; port 0 takes a free one.
    pub(crate) fn listen(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let metrics = Metrics { address: listener.local_addr()?, text: Arc::default(), ended: Arc::default() };
        let (text, ended) = (Arc::clone(&metrics.text), Arc::clone(&metrics.ended));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let text = text.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // Whoever went away before the answer does not want it.
                let _ = answer(stream, &text);
            }
        });
        Ok(metrics)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is to be told from now on.
    pub(crate) fn publish(&self, progress: &Progress) {
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = text_of(progress);
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

fn answer(mut stream: TcpStream, text: &str) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut asked, mut piece) = (Vec::new(), [0; 1_024]);
    while !asked.windows(4).any(|bytes| bytes == b"\r\n\r\n") && asked.len() < 16_384 {
        match stream.read(&mut piece)? {
            0 => break,
            count => asked.extend_from_slice(&piece[..count]),
        }
    }
    let length = text.len();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close\r\ncontent-length:";
    write!(stream, "{head} {length}\r\n\r\n{text}")
}

/// A count and its name among the outcomes.
type Outcome = (&'static str, fn(&Counts) -> u64);

const OUTCOMES: [Outcome; 8] = [
    ("right", |counts| counts.right),
    ("refused", |counts| counts.refused),
    ("overloaded", |counts| counts.overloaded),
    ("wrong", |counts| counts.wrong),
    ("failed", |counts| counts.failed),
    ("timed_out", |counts| counts.timed_out),
    ("dropped", |counts| counts.dropped),
    ("without_pass", |counts| counts.without_pass),
];

fn text_of(progress: &Progress) -> String {
    let mut text = String::new();
    let head = |text: &mut String, name: &str, kind: &str, help: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    };
    for (name, value, help) in [
        ("lockgate_asked_total", progress.asked, "Requests that came due."),
        ("lockgate_sent_total", progress.sent, "Requests that were sent."),
        ("lockgate_answered_total", progress.answered, "Requests that were answered, rightly or not."),
        ("lockgate_errors_total", progress.failed, "Requests settled otherwise than by a right answer."),
    ] {
        head(&mut text, name, "counter", help);
        let _ = writeln!(text, "{name} {value}");
    }
    head(&mut text, "lockgate_outcomes_total", "counter", "What became of requests, by the seconds that are settled.");
    for kind in &progress.kinds {
        for (outcome, count) in OUTCOMES {
            let labels = format!("kind=\"{}\",outcome=\"{outcome}\"", kind.kind);
            let _ = writeln!(text, "lockgate_outcomes_total{{{labels}}} {}", count(&kind.counts));
        }
    }
    let help = "Response time since the start of the run, counted from intended instants.";
    head(&mut text, "lockgate_response_time_seconds", "summary", help);
    for kind in &progress.kinds {
        let times = kind.response_time;
        for (quantile, us) in [("0.5", times.p50_us), ("0.9", times.p90_us), ("0.99", times.p99_us)] {
            let labels = format!("kind=\"{}\",quantile=\"{quantile}\"", kind.kind);
            let _ = writeln!(text, "lockgate_response_time_seconds{{{labels}}} {}", us / 1e6);
        }
        let Counts { answered, timed_out, .. } = kind.counts;
        let _ =
            writeln!(text, "lockgate_response_time_seconds_count{{kind=\"{}\"}} {}", kind.kind, answered + timed_out);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use loadgen::{Kind, KindProgress, Quantiles, Verdict};

    #[test]
    fn whoever_asks_is_told_the_latest_numbers() {
        let metrics = Metrics::listen(([127, 0, 0, 1], 0).into()).unwrap();
        let counts = Counts { right: 7, answered: 7, ..Counts::default() };
        let response_time = Quantiles { p99_us: 2_500.0, ..Quantiles::default() };
        let kinds = vec![KindProgress { kind: Kind::CheckIn, counts, response_time }];
        let verdict = Verdict::Held;
        metrics.publish(&Progress {
            seconds: 1.0,
            asked: 9,
            sent: 8,
            answered: 7,
            failed: 0,
            settled_s: 1,
            kinds,
            verdict,
        });
        for _ in 0..2 {
            let mut stream = TcpStream::connect(metrics.address()).unwrap();
            stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
            assert!(text.contains("\n# TYPE lockgate_asked_total counter\nlockgate_asked_total 9\n"), "{text}");
            assert!(text.contains("lockgate_outcomes_total{kind=\"check_in\",outcome=\"right\"} 7\n"), "{text}");
            assert!(
                text.contains("lockgate_response_time_seconds{kind=\"check_in\",quantile=\"0.99\"} 0.0025\n"),
                "{text}"
            );
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
        }
    }
}
