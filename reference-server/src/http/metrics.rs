//! What the server counts, as Prometheus text. Nothing here is about anybody.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::StatusCode;

use super::gate::Gate;
use super::route::Route;
use crate::store::{GROUP_BOUNDS, Tally};

/// Classes of answers: 2xx, 4xx, 5xx. The server sends no other.
const CLASSES: [&str; 3] = ["2xx", "4xx", "5xx"];

/// Counters that all requests share.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    answered: [[AtomicU64; CLASSES.len()]; Route::ALL.len()],
}

impl Metrics {
    /// A request that was answered.
    pub(super) fn answered(&self, route: Route, status: StatusCode) {
        let class = match status.as_u16() {
            ..400 => 0,
            400..500 => 1,
            _ => 2,
        };
        self.answered[route as usize][class].fetch_add(1, Ordering::Relaxed);
    }

    /// Everything in Prometheus' text format 0.0.4.
    pub(super) fn text(&self, gate: &Gate, store: &Tally) -> String {
        let mut text = String::with_capacity(4096);
        // A string takes all that is written.
        let _ = self.write(&mut text, gate, store);
        text
    }

    fn write(&self, out: &mut String, gate: &Gate, store: &Tally) -> fmt::Result {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        writeln!(out, "# TYPE lockgate_requests_total counter")?;
        for route in Route::ALL {
            for (class, counter) in CLASSES.iter().zip(&self.answered[route as usize]) {
                let route = route.name();
                writeln!(out, "lockgate_requests_total{{route=\"{route}\",status=\"{class}\"}} {}", load(counter))?;
            }
        }
        writeln!(out, "# TYPE lockgate_requests_in_flight gauge")?;
        for (name, bound) in gate.bounds() {
            writeln!(out, "lockgate_requests_in_flight{{bound=\"{name}\"}} {}", bound.taken())?;
        }
        writeln!(out, "# TYPE lockgate_requests_shed_total counter")?;
        for (name, bound) in gate.bounds() {
            writeln!(out, "lockgate_requests_shed_total{{bound=\"{name}\"}} {}", bound.shed())?;
        }
        write_store(out, store)?;
        if let Some(cpu_s) = cpu_s() {
            writeln!(out, "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total {cpu_s}")?;
        }
        Ok(())
    }
}

fn write_store(out: &mut String, store: &Tally) -> fmt::Result {
    writeln!(out, "# TYPE lockgate_store_failures_total counter")?;
    writeln!(out, "lockgate_store_failures_total {}", store.failures)?;
    writeln!(out, "# TYPE lockgate_store_writes_per_commit histogram")?;
    let mut commits = 0;
    for (bound, in_class) in GROUP_BOUNDS.iter().zip(store.groups) {
        commits += in_class;
        writeln!(out, "lockgate_store_writes_per_commit_bucket{{le=\"{bound}\"}} {commits}")?;
    }
    writeln!(out, "lockgate_store_writes_per_commit_bucket{{le=\"+Inf\"}} {}", store.commits)?;
    writeln!(out, "lockgate_store_writes_per_commit_sum {}", store.writes)?;
    writeln!(out, "lockgate_store_writes_per_commit_count {}", store.commits)
}

/// CPU time of this process in seconds, where the system tells it as Linux does.
fn cpu_s() -> Option<f64> {
    /// Clock ticks a second in `/proc`: fixed at 100 for programs, whatever the kernel's own (proc(5), time(7)).
    const TICKS_PER_S: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in brackets, may hold spaces; user and system time are the 12th and 13th field after it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let mut ticks = || times.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_PER_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_read() {
        assert!(cpu_s().is_some_and(|s| (0.0..1e6).contains(&s)));
    }
}
