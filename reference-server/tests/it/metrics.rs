//! The metrics are what Prometheus reads: every line of the text format 0.0.4 is looked at.

use std::collections::{BTreeMap, BTreeSet};

use reference_server::StoreKind;

use crate::support::{Server, config};

/// Names and values.
type Labels = Vec<(String, String)>;

/// One sample: its name, its labels as written, its value.
struct Sample {
    name: String,
    labels: Labels,
    value: f64,
}

fn is_name(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.starts_with(letter) && text.chars().all(|c| letter(c) || c.is_ascii_digit())
}

fn sample(line: &str) -> Sample {
    let (what, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
    let (name, labels) = match what.split_once('{') {
        None => (what, ""),
        Some((name, labels)) => (name, labels.strip_suffix('}').unwrap_or_else(|| panic!("no end of labels: {line}"))),
    };
    assert!(is_name(name), "{line}");
    let label = |part: &str| {
        let (key, value) = part.split_once('=').unwrap_or_else(|| panic!("{line}"));
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = value.unwrap_or_else(|| panic!("no quotes: {line}"));
        assert!(is_name(key) && !value.contains(['"', '\\', '\n']), "{line}");
        (key.to_owned(), value.to_owned())
    };
    let labels = labels.split(',').filter(|part| !part.is_empty()).map(label).collect();
    Sample { name: name.to_owned(), labels, value: value.parse().unwrap_or_else(|_| panic!("no number: {line}")) }
}

/// The samples by family; every family has its help and type before it, and nothing in between.
fn families(text: &str) -> BTreeMap<String, (String, Vec<Sample>)> {
    let mut families: BTreeMap<String, (String, Vec<Sample>)> = BTreeMap::new();
    let mut current = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, sentence) = help.split_once(' ').unwrap();
            assert!(sentence.ends_with('.'), "{line}");
            let kind = lines.next().and_then(|line| line.strip_prefix(&format!("# TYPE {name} "))).unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(families.insert(name.to_owned(), (kind.to_owned(), Vec::new())).is_none(), "twice: {name}");
            current = name.to_owned();
        } else {
            let sample = sample(line);
            let (kind, samples) = families.get_mut(&current).unwrap_or_else(|| panic!("no family: {line}"));
            let suffix = sample.name.strip_prefix(&current).unwrap_or_else(|| panic!("{line} in {current}"));
            let allowed: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(allowed.contains(&suffix), "{line}");
            samples.push(sample);
        }
    }
    families
}

/// The buckets of each histogram rise to its count.
fn histograms_add_up(name: &str, samples: &[Sample]) {
    let mut buckets: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
    let mut counts = BTreeMap::new();
    for sample in samples {
        let mut labels = sample.labels.clone();
        let bound = labels.iter().position(|(key, _)| key == "le").map(|place| labels.remove(place).1);
        match bound {
            Some(bound) => {
                let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().unwrap() };
                buckets.entry(labels).or_default().push((bound, sample.value));
            }
            None if sample.name.ends_with("_count") => drop(counts.insert(labels, sample.value)),
            None => {}
        }
    }
    assert!(!buckets.is_empty(), "{name}");
    for (labels, buckets) in buckets {
        assert!(buckets.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{name}{labels:?}: {buckets:?}");
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, counts[&labels])), "{name}{labels:?}");
    }
}

#[tokio::test]
async fn they_are_text_that_prometheus_reads() {
    let server = Server::start(config(StoreKind::Memory)).await;
    let ask = server.asking();
    let token = ask.register("1").await;
    let pass = ask.pet_pass(&token, "a").await;
    for _ in 0..3 {
        ask.verify(&pass.code).await;
    }
    let answer = ask.get("/metrics").send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4");
    let text = answer.text().await.unwrap();
    assert!(text.ends_with('\n'));
    let families = families(&text);
    for (name, (kind, samples)) in &families {
        assert!(!samples.is_empty(), "{name}");
        assert!(name.starts_with("lockgate_") || name.starts_with("process_"), "{name}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
        assert!(samples.iter().all(|sample| sample.value >= 0.0 && sample.value.is_finite()), "{name}");
        let different: BTreeSet<_> = samples.iter().map(|sample| (&sample.name, &sample.labels)).collect();
        assert_eq!(different.len(), samples.len(), "{name}");
        if kind == "histogram" {
            histograms_add_up(name, samples);
        }
    }
    let described = include_str!("../../../docs/api.md");
    for name in families.keys() {
        assert!(described.contains(&format!("| `{name}`")), "docs/api.md does not describe {name}");
    }
    let verified = &families["lockgate_request_duration_seconds"].1;
    let count = verified
        .iter()
        .find(|sample| sample.name.ends_with("_count") && sample.labels == [("route".to_owned(), "verify".to_owned())]);
    assert_eq!(count.map(|sample| sample.value), Some(3.0));
    server.stop().await;
}
