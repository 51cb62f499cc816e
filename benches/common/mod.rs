//! What all groups share: how long they measure (together less than ten minutes), and in what unit they count.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::time::{Duration, Instant};

use criterion::Throughput;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};

/// What is counted, by how the names of benchmarks begin; the first that fits holds.
const UNITS: [(&str, &str); 19] = [
    ("sim/population", "residents"),
    ("sim/", "resident-days"),
    ("scaling/resident_day", "resident-days"),
    ("scaling/engine_request", "requests"),
    ("trace/", "requests"),
    ("schedule/", "arrivals"),
    ("request/", "requests"),
    ("answer/", "answers"),
    ("merge/", "merges"),
    ("record/", "requests"),
    ("passes/", "passes"),
    ("rules/", "questions"),
    ("store/", "passes"),
    ("server/", "requests"),
    ("end_to_end/", "requests"),
    ("capacity/", "searches"),
    ("report/trips", "trips"),
    ("report/page", "pages"),
    ("limits/", "operations"),
];

/// What the benchmark of this name counts.
pub(crate) fn unit(name: &str) -> &'static str {
    UNITS.iter().find(|(begin, _)| name.starts_with(begin)).map_or("iterations", |(_, unit)| unit)
}

/// The first words of the names of all benchmarks.
pub(crate) fn groups() -> impl Iterator<Item = &'static str> {
    UNITS.iter().map(|(begin, _)| *begin)
}

/// So many a second, in words.
pub(crate) fn rate(per_s: f64) -> String {
    match per_s {
        rate if rate >= 1e9 => format!("{:.1} billion", rate / 1e9),
        rate if rate >= 1e6 => format!("{:.1} million", rate / 1e6),
        rate if rate >= 1e3 => format!("{:.1} thousand", rate / 1e3),
        rate => format!("{rate:.2}"),
    }
}

/// The clock on the wall; what was done is told as so many resident-days, requests or passes a second.
pub(crate) struct Counted {
    unit: &'static str,
}

/// Criterion, counting in our units.
pub(crate) type Criterion = criterion::Criterion<Counted>;

impl Measurement for Counted {
    type Intermediate = Instant;
    type Value = Duration;

    fn start(&self) -> Instant {
        WallTime.start()
    }

    fn end(&self, begun: Instant) -> Duration {
        WallTime.end(begun)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        WallTime.add(one, other)
    }

    fn zero(&self) -> Duration {
        WallTime.zero()
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        self
    }
}

impl ValueFormatter for Counted {
    fn format_throughput(&self, throughput: &Throughput, ns: f64) -> String {
        match throughput {
            Throughput::Elements(count) => format!("{} {}/s", rate(*count as f64 * 1e9 / ns), self.unit),
            bytes => WallTime.formatter().format_throughput(bytes, ns),
        }
    }

    fn scale_values(&self, typical_ns: f64, values: &mut [f64]) -> &'static str {
        WallTime.formatter().scale_values(typical_ns, values)
    }

    fn scale_throughputs(&self, typical_ns: f64, throughput: &Throughput, values: &mut [f64]) -> &'static str {
        WallTime.formatter().scale_throughputs(typical_ns, throughput, values)
    }

    fn scale_for_machines(&self, values: &mut [f64]) -> &'static str {
        WallTime.formatter().scale_for_machines(values)
    }
}

/// For what takes less than a tenth of a second: half a second to warm up, a second and a half to measure. `name` is how the names of
/// the benchmarks begin.
pub(crate) fn quick(name: &str) -> Criterion {
    criterion::Criterion::default()
        .with_measurement(Counted { unit: unit(name) })
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_millis(1_500))
        .without_plots()
}

/// For what takes longer: ten times, whatever that takes.
pub(crate) fn slow(name: &str) -> Criterion {
    quick(name).sample_size(10).warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_secs(1))
}
