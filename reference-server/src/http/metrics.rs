//! What the server counts, as Prometheus text. Nothing here is about anybody.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use axum::http::StatusCode;

use super::route::Route;
use crate::store::{GROUP_BOUNDS, Tally};

/// Classes of answers: 2xx, 4xx, 5xx. The server sends no other.
const CLASSES: [&str; 3] = ["2xx", "4xx", "5xx"];

/// Counters that all requests share.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    answered: [[AtomicU64; CLASSES.len()]; Route::ALL.len()],
    in_flight: AtomicUsize,
    shed: AtomicU64,
    shed_by_store: AtomicU64,
}

/// A place among the requests in flight, given back when dropped.
pub(super) struct Place<'a> {
    in_flight: &'a AtomicUsize,
    weight: usize,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.in_flight.fetch_sub(self.weight, Ordering::Relaxed);
    }
}

impl Metrics {
    /// A place for a request of `weight` if no more than `limit` are taken with it; otherwise one more is counted as shed.
    /// A request heavier than the limit gets in when it is alone.
    pub(super) fn enter(&self, weight: usize, limit: usize) -> Option<Place<'_>> {
        let before = self.in_flight.fetch_add(weight, Ordering::Relaxed);
        let place = Place { in_flight: &self.in_flight, weight };
        if weight == 0 || before == 0 || before + weight <= limit {
            Some(place)
        } else {
            self.shed.fetch_add(1, Ordering::Relaxed);
            None
        }
    }

    /// A write that found the store's queue full.
    pub(super) fn shed_by_store(&self) {
        self.shed_by_store.fetch_add(1, Ordering::Relaxed);
    }

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
    pub(super) fn text(&self, store: &Tally) -> String {
        let mut text = String::with_capacity(4096);
        // A string takes all that is written.
        let _ = self.write(&mut text, store);
        text
    }

    fn write(&self, out: &mut String, store: &Tally) -> fmt::Result {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        writeln!(out, "# TYPE lockgate_requests_total counter")?;
        for route in Route::ALL {
            for (class, counter) in CLASSES.iter().zip(&self.answered[route as usize]) {
                let route = route.name();
                writeln!(out, "lockgate_requests_total{{route=\"{route}\",status=\"{class}\"}} {}", load(counter))?;
            }
        }
        writeln!(out, "# TYPE lockgate_requests_in_flight gauge")?;
        writeln!(out, "lockgate_requests_in_flight {}", self.in_flight.load(Ordering::Relaxed))?;
        writeln!(out, "# TYPE lockgate_requests_shed_total counter")?;
        writeln!(out, "lockgate_requests_shed_total{{bound=\"in_flight\"}} {}", load(&self.shed))?;
        writeln!(out, "lockgate_requests_shed_total{{bound=\"write_queue\"}} {}", load(&self.shed_by_store))?;
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
    fn places_are_given_back() {
        let metrics = Metrics::default();
        let first = metrics.enter(1, 2).unwrap();
        assert!(metrics.enter(2, 2).is_none());
        assert!(metrics.enter(0, 2).is_some());
        let second = metrics.enter(1, 2);
        assert!(second.is_some() && metrics.enter(1, 2).is_none());
        drop(first);
        assert!(metrics.enter(1, 2).is_some());
        drop(second);
        assert!(metrics.enter(9, 2).is_some(), "alone, even the heaviest gets in");
        assert!(metrics.text(&Tally::default()).contains("lockgate_requests_shed_total{bound=\"in_flight\"} 2"));
    }

    #[test]
    fn cpu_time_is_read() {
        assert!(cpu_s().is_some_and(|s| (0.0..1e6).contains(&s)));
    }
}
