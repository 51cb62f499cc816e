//! What the server counts, as Prometheus text. Nothing here is about anybody.
//!
//! Names and units follow the Prometheus conventions for metrics and for client libraries
//! (<https://prometheus.io/docs/practices/naming/>, <https://prometheus.io/docs/instrumenting/writing_clientlibs/>).

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;

use super::App;
use super::connections::CutOff;
use super::door::Door;
use super::gate::Refused;
use super::process::Process;
use super::rehearsal::Met;
use super::route::Route;
use crate::store::{Census, GROUP_BOUNDS, Tally};

/// Classes of answers. A 304, which says that a list is still the same, counts as 2xx: it was served.
const CLASSES: [&str; 3] = ["2xx", "4xx", "5xx"];
/// Upper bounds of the classes of response times, in microseconds and as written.
const TIME_BOUNDS: [(u64, &str); 14] = [
    (100, "0.0001"),
    (250, "0.00025"),
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (10_000_000, "10"),
];

/// Counters that all requests share.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    answered: [[AtomicU64; CLASSES.len()]; Route::ALL.len()],
    times: [Times; Route::ALL.len()],
}

/// A histogram of times.
#[derive(Debug, Default)]
struct Times {
    classes: [AtomicU64; TIME_BOUNDS.len() + 1],
    sum_us: AtomicU64,
}

impl Metrics {
    /// A request that was answered, so long after its head had arrived.
    pub(super) fn answered(&self, route: Route, status: StatusCode, took: Duration) {
        let class = match status.as_u16() {
            ..400 => 0,
            400..500 => 1,
            _ => 2,
        };
        self.answered[route as usize][class].fetch_add(1, Ordering::Relaxed);
        self.times[route as usize].count(took.as_micros() as u64);
    }
}

impl Times {
    fn count(&self, us: u64) {
        let class = TIME_BOUNDS.iter().position(|(bound_us, _)| us <= *bound_us).unwrap_or(TIME_BOUNDS.len());
        self.classes[class].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }
}

impl App {
    /// Everything in Prometheus' text format 0.0.4.
    pub(super) async fn metrics_text(&self) -> String {
        let mut text = String::with_capacity(32 * 1024);
        // A store that cannot be asked is seen by its failures; all else is told even then.
        let census = self.store.census(self.clock.now_s()).await.ok();
        // A string takes all that is written.
        let _ = self.write_metrics(&mut text, census.as_ref());
        text
    }

    fn write_metrics(&self, out: &mut String, census: Option<&Census>) -> fmt::Result {
        write_requests(out, &self.metrics)?;
        // Where officers have no address of their own, nobody was ever there.
        let doors = [&*self.front, &*self.post];
        let doors = &doors[..if self.post.connections.accepted() > 0 { 2 } else { 1 }];
        write_gates(out, doors)?;
        write_connections(out, doors, self.limits.connections)?;
        write_store(out, &self.store.tally())?;
        if let Some(rehearsal) = &self.rehearsal {
            family(out, "lockgate_faults_injected_total", "counter", "Faults injected on purpose: a rehearsal.")?;
            for met in Met::ALL {
                let (fault, count) = (met.name(), rehearsal.times(met));
                writeln!(out, "lockgate_faults_injected_total{{fault=\"{fault}\"}} {count}")?;
            }
        }
        let process = Process::read();
        if let Some(census) = census {
            write_census(out, census, process.as_ref())?;
        }
        process.map_or(Ok(()), |process| process.write(out))
    }
}

/// The two lines before the samples of a metric.
pub(super) fn family(out: &mut String, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

/// A metric of one sample.
pub(super) fn single(out: &mut String, name: &str, kind: &str, help: &str, value: impl fmt::Display) -> fmt::Result {
    family(out, name, kind, help)?;
    writeln!(out, "{name} {value}")
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn write_requests(out: &mut String, metrics: &Metrics) -> fmt::Result {
    family(out, "lockgate_requests_total", "counter", "Requests answered, by route and class of status.")?;
    for route in Route::ALL {
        for (class, counter) in CLASSES.iter().zip(&metrics.answered[route as usize]) {
            let route = route.name();
            writeln!(out, "lockgate_requests_total{{route=\"{route}\",status=\"{class}\"}} {}", load(counter))?;
        }
    }
    let name = "lockgate_request_duration_seconds";
    family(out, name, "histogram", "From the arrival of a request's head to its answer.")?;
    for route in Route::ALL {
        let Times { classes, sum_us } = &metrics.times[route as usize];
        let route = route.name();
        let mut count = 0;
        for (class, (_, bound)) in classes.iter().zip(TIME_BOUNDS) {
            count += load(class);
            writeln!(out, "{name}_bucket{{route=\"{route}\",le=\"{bound}\"}} {count}")?;
        }
        count += load(&classes[TIME_BOUNDS.len()]);
        writeln!(out, "{name}_bucket{{route=\"{route}\",le=\"+Inf\"}} {count}")?;
        writeln!(out, "{name}_sum{{route=\"{route}\"}} {}", load(sum_us) as f64 / 1e6)?;
        writeln!(out, "{name}_count{{route=\"{route}\"}} {count}")?;
    }
    Ok(())
}

fn write_gates(out: &mut String, doors: &[&Door]) -> fmt::Result {
    let bounds = || {
        doors.iter().flat_map(|door| door.gate.bounds().map(|(lane, bound)| (lane.name(), door.label(false), bound)))
    };
    let name = "lockgate_requests_in_flight";
    family(out, name, "gauge", "Requests being worked on or waiting for the store, by lane; a batch weighs 32.")?;
    for (lane, address, bound) in bounds() {
        writeln!(out, "{name}{{lane=\"{lane}\"{address}}} {}", bound.taken())?;
    }
    let name = "lockgate_requests_in_flight_limit";
    family(out, name, "gauge", "As many are let in at present as are answered in time.")?;
    for (lane, address, bound) in bounds() {
        writeln!(out, "{name}{{lane=\"{lane}\"{address}}} {}", bound.limit())?;
    }
    let name = "lockgate_requests_shed_total";
    family(out, name, "counter", "Requests turned away, by lane and by what was scarce.")?;
    for (lane, address, bound) in bounds() {
        for why in Refused::ALL {
            let (reason, count) = (why.name(), bound.refused(why));
            writeln!(out, "{name}{{lane=\"{lane}\",reason=\"{reason}\"{address}}} {count}")?;
        }
    }
    let behind_s = |door: &Door| door.gate.behind().as_secs_f64();
    let help = "How long a newcomer waits to be looked at.";
    by_door(out, doors, "lockgate_processor_behind_seconds", "gauge", help, behind_s)
}

/// A metric of one sample for each door.
fn by_door<T: fmt::Display>(
    out: &mut String,
    doors: &[&Door],
    name: &str,
    kind: &str,
    help: &str,
    value: impl Fn(&Door) -> T,
) -> fmt::Result {
    family(out, name, kind, help)?;
    doors.iter().try_for_each(|door| writeln!(out, "{name}{} {}", door.label(true), value(door)))
}

fn write_connections(out: &mut String, doors: &[&Door], limit: usize) -> fmt::Result {
    let open = |door: &Door| door.connections.open();
    by_door(out, doors, "lockgate_connections_open", "gauge", "Open connections.", open)?;
    let help = "Most connections that may be open.";
    by_door(out, doors, "lockgate_connections_limit", "gauge", help, |_| limit)?;
    let help = "Connections accepted, those turned away included.";
    by_door(out, doors, "lockgate_connections_total", "counter", help, |door| door.connections.accepted())?;
    let help = "Connections turned away because too many were open.";
    let refused = |door: &Door| door.connections.turned_away();
    by_door(out, doors, "lockgate_connections_refused_total", "counter", help, refused)?;
    let name = "lockgate_connections_cut_off_total";
    family(out, name, "counter", "Connections ended by the server, by what was wrong with them.")?;
    for door in doors {
        for why in CutOff::ALL {
            let (reason, count, address) = (why.name(), door.connections.were_cut_off(why), door.label(false));
            writeln!(out, "{name}{{reason=\"{reason}\"{address}}} {count}")?;
        }
    }
    Ok(())
}

fn write_census(out: &mut String, census: &Census, process: Option<&Process>) -> fmt::Result {
    single(out, "lockgate_residents", "gauge", "Residents registered.", census.residents)?;
    single(out, "lockgate_passes", "gauge", "Passes kept, until retention ends.", census.passes)?;
    single(out, "lockgate_passes_live", "gauge", "Passes whose time is not over, to the hour.", census.live)?;
    single(out, "lockgate_store_disk_bytes", "gauge", "Bytes of the store on disk.", census.disk_bytes)?;
    let help = "Memory that grows with residents and passes.";
    single(out, "lockgate_store_memory_bytes", "gauge", help, census.memory_bytes)?;
    let Some(process) = process else { return Ok(()) };
    let each = |count: u64| process.resident_bytes() / count.max(1);
    let help = "Resident memory of the process for each registered resident.";
    single(out, "lockgate_memory_bytes_per_resident", "gauge", help, each(census.residents))?;
    let help = "Resident memory of the process for each live pass.";
    single(out, "lockgate_memory_bytes_per_live_pass", "gauge", help, each(census.live))
}

fn write_store(out: &mut String, store: &Tally) -> fmt::Result {
    single(out, "lockgate_store_failures_total", "counter", "Writes that failed.", store.failures)?;
    let name = "lockgate_store_writes_per_commit";
    family(out, name, "histogram", "Writes in one commit; its count is the number of commits.")?;
    let mut commits = 0;
    for (bound, in_class) in GROUP_BOUNDS.iter().zip(store.groups) {
        commits += in_class;
        writeln!(out, "{name}_bucket{{le=\"{bound}\"}} {commits}")?;
    }
    writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {}", store.commits)?;
    writeln!(out, "{name}_sum {}", store.writes)?;
    writeln!(out, "{name}_count {}", store.commits)
}
