//! The last of `cargo bench`: writes `target/lockgate-bench/summary.md`, each figure of this run beside the limit of this machine that it
//! comes nearest to, the slope of what should not grow, and what `peers/run.py` found of peers. It measures nothing itself, and says what
//! was not measured.

#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde_json::Value;

/// What is older than this before the newest figure belongs to another run.
const RUN: Duration = Duration::from_secs(20 * 60);

/// A figure, a limit, how many times the limit one unit of the figure must pay, and what that means.
const LIMITS: [(&str, &str, f64, &str); 13] = [
    ("server/verify/memory", "server/verify/bare_axum", 1.0, "a handler that only parses and answers the same JSON"),
    ("server/issue/memory", "server/issue/bare_axum", 1.0, "the same"),
    ("server/issue/embedded", "limits/fsync", 1.0, "one small durable write"),
    ("store/embedded/issue_1/1000000", "limits/fsync", 1.0, "one small durable write"),
    ("store/embedded/issue_256/1000000", "limits/fsync", 1.0 / 256.0, "one small durable write for 256 passes"),
    ("passes/issue/signed/ed25519", "limits/ed25519_sign", 1.0, "the signature alone"),
    ("passes/verify/signed/ed25519", "limits/ed25519_verify", 1.0, "its verification alone"),
    (
        "end_to_end/closed_loop/verify/memory",
        "end_to_end/closed_loop/verify/bare_axum",
        1.0,
        "bare axum, asked likewise by the same engine",
    ),
    ("end_to_end/closed_loop/issue/embedded", "end_to_end/closed_loop/issue/bare_axum", 1.0, "the same"),
    (
        "end_to_end/response_time_at_1000_per_s/verify/memory",
        "limits/loopback_round_trip",
        1.0,
        "a round trip between two threads, nothing parsed",
    ),
    ("sim/23_days_320k/threads/1", "limits/memory_read", 21.0, "the 21 bytes of a resident read once from memory"),
    ("sim/3_days/policy/3202946", "sim/3_days/no_policy/3202946", 1.0, "the same days without a policy"),
    ("sim/3_days/policy_trips_as_parquet/3202946", "sim/3_days/policy/3202946", 1.0, "the same days, nothing written"),
];

/// One benchmark as criterion kept it.
struct Figure {
    /// Nanoseconds a unit: an element or byte where the benchmark says how many there are, else one iteration.
    ns: f64,
    /// The bounds of its 95 % interval.
    between_ns: [f64; 2],
    /// What the units are.
    unit: &'static str,
    /// The name without the size, and the size, where the benchmark has one.
    sized: Option<(String, f64)>,
    at: SystemTime,
}

fn json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// The figure of the benchmark kept in `folder`, and its name.
fn figure(folder: &Path) -> Option<(String, Figure)> {
    let estimates = folder.join("estimates.json");
    let (about, found) = (json(&folder.join("benchmark.json"))?, json(&estimates)?);
    let name = about["full_id"].as_str()?.to_owned();
    let (unit, count) = match about["throughput"].as_object().and_then(|throughput| throughput.iter().next()) {
        Some((kind, count)) if kind.starts_with("Bytes") => ("bytes", count.as_f64()?),
        Some((_, count)) => (common::unit(&name), count.as_f64()?),
        None => (common::unit(&name), 1.0),
    };
    let median = &found["median"];
    let ns = |value: &Value| value.as_f64().map(|ns| ns / count);
    let interval = &median["confidence_interval"];
    let size = about["value_str"].as_str().and_then(|text| text.parse().ok());
    let sized = size.and_then(|size| Some((name.rsplit_once('/')?.0.to_owned(), size)));
    let between_ns = [ns(&interval["lower_bound"])?, ns(&interval["upper_bound"])?];
    let at = fs::metadata(&estimates).and_then(|file| file.modified()).ok()?;
    Some((name, Figure { ns: ns(&median["point_estimate"])?, between_ns, unit, sized, at }))
}

/// All figures under `folder`, by name.
fn gather(folder: &Path, into: &mut BTreeMap<String, Figure>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name == "new") {
            into.extend(figure(&path));
        } else if path.is_dir() {
            gather(&path, into)?;
        }
    }
    Ok(())
}

/// Nanoseconds in a unit that reads well.
fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.3} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}

/// The exponent `b` of `cost = a * size^b`, by least squares on logarithms: 0 does not grow, 1 grows as the size does.
fn slope(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(size, cost)| (size.ln(), cost.ln())).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / logs.len() as f64;
    let (x, y) = (mean(|log| log.0), mean(|log| log.1));
    let (above, below) = logs
        .iter()
        .fold((0.0, 0.0), |(above, below), log| (above + (log.0 - x) * (log.1 - y), below + (log.0 - x) * (log.0 - x)));
    above / below
}

fn slopes(figures: &BTreeMap<String, Figure>, text: &mut String) {
    let mut series: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for figure in figures.values() {
        if let Some((name, size)) = &figure.sized {
            series.entry(name).or_default().push((*size, figure.ns));
        }
    }
    series.retain(|_, points| points.len() >= 3);
    if series.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n## What must not grow\n\nCost of a unit over the size: the exponent of the power law through all sizes; 0 is flat, 1 is linear.\n"
    );
    let _ = writeln!(text, "| series | sizes | cost of a unit | exponent |\n| --- | --- | --- | --- |");
    for (name, mut points) in series {
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        let sizes: Vec<String> = points.iter().map(|point| point.0.to_string()).collect();
        let costs: Vec<String> = points.iter().map(|point| time(point.1)).collect();
        let _ = writeln!(text, "| {name} | {} | {} | {:+.2} |", sizes.join(", "), costs.join(", "), slope(&points));
    }
}

fn limits(figures: &BTreeMap<String, Figure>, text: &mut String) {
    if !LIMITS.iter().any(|(name, limit, ..)| figures.contains_key(*name) && figures.contains_key(*limit)) {
        return;
    }
    let _ = writeln!(text, "\n## Against the limits of this machine\n");
    let _ = writeln!(
        text,
        "| figure | takes | limit | takes | ratio | the limit is |\n| --- | --- | --- | --- | --- | --- |"
    );
    for (name, limit, times, meaning) in LIMITS {
        if let (Some(figure), Some(bound)) = (figures.get(name), figures.get(limit)) {
            let bound_ns = bound.ns * times;
            let (takes, least, ratio) = (time(figure.ns), time(bound_ns), figure.ns / bound_ns);
            let _ = writeln!(text, "| {name} | {takes} | {limit} | {least} | {ratio:.2} | {meaning} |");
        }
    }
}

fn all(figures: &BTreeMap<String, Figure>, text: &mut String) {
    let _ = writeln!(text, "\n## All figures\n\nThe median of a unit's time with its 95 % interval.\n");
    let _ =
        writeln!(text, "| benchmark | a unit takes | between | in a second | of |\n| --- | --- | --- | --- | --- |");
    for (name, figure) in figures {
        let [low, high] = figure.between_ns.map(time);
        let _ = writeln!(
            text,
            "| {name} | {} | {low} to {high} | {} | {} |",
            time(figure.ns),
            common::rate(1e9 / figure.ns),
            figure.unit
        );
    }
}

/// Day and minute in UTC.
fn moment(at: SystemTime) -> String {
    Timestamp::try_from(at).map_or_else(|_| "?".into(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

/// What of all there is was not measured in this run.
fn missing(figures: &BTreeMap<String, Figure>) -> Vec<&'static str> {
    common::groups().filter(|begin| !figures.keys().any(|name| name.starts_with(begin))).collect()
}

/// The tables of `peers/run.py`, each with its own date and machine.
fn peers(folder: &Path, text: &mut String) -> io::Result<()> {
    let mut tables: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    tables.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("peers-") && name.ends_with(".md")
    });
    tables.sort();
    let _ = match tables.is_empty() {
        true => writeln!(text, "\nPeers: not measured; `benches/peers/run.py --out {}` does.", folder.display()),
        false => writeln!(text, "\n# Peers"),
    };
    for path in tables {
        let _ = writeln!(text, "\n{}", fs::read_to_string(path)?.trim_end());
    }
    Ok(())
}

/// The folder that cargo builds in.
fn target() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(beside, PathBuf::from)
}

fn main() -> io::Result<()> {
    let mut figures = BTreeMap::new();
    let kept = target().join("criterion");
    // There is none while nothing was measured yet.
    if kept.exists() {
        gather(&kept, &mut figures)?;
    }
    let newest = figures.values().map(|figure| figure.at).max();
    let before = figures.len();
    figures
        .retain(|_, figure| newest.is_some_and(|newest| newest.duration_since(figure.at).is_ok_and(|age| age < RUN)));
    let machine = report::Machine::this().words();
    let mut text = format!("# Lockgate: `cargo bench`\n\n{machine}. {} figures", figures.len());
    if let (Some(oldest), Some(newest)) = (figures.values().map(|figure| figure.at).min(), newest) {
        let _ = write!(text, ", measured from {} to {} UTC", moment(oldest), moment(newest));
    }
    let _ = match before - figures.len() {
        0 => writeln!(text, "."),
        older => writeln!(text, "; {older} of earlier runs are left out."),
    };
    let missing = missing(&figures);
    if !missing.is_empty() {
        let _ = writeln!(text, "\nNot measured in this run: {}.", missing.join(", "));
    }
    limits(&figures, &mut text);
    slopes(&figures, &mut text);
    all(&figures, &mut text);
    let folder = target().join("lockgate-bench");
    fs::create_dir_all(&folder)?;
    peers(&folder, &mut text)?;
    let path = folder.join("summary.md");
    fs::write(&path, &text)?;
    println!("{text}\nwritten to {}", path.display());
    Ok(())
}
