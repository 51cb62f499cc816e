//! What was published of every shipped scenario's days, held against the model.

use std::fs;
use std::path::Path;

use report::tables::{PUBLISHED, Table};

use crate::program::{Bench, text_of};
use crate::tidy::scenarios;

/// The document that shows the table, between two marks.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/model.md");
const BEGIN: &str = "<!-- published: generated";
const END: &str = "<!-- published: end -->";

/// The largest copy of a region that is simulated here. Queues at gates do not scale, so the metro is simulated whole.
const LARGEST: u64 = 1_000_000;
const WHOLE: [&str; 1] = ["moscow-metro"];

/// A scenario held against its figures: the lines of the document's table, and what is out of its band.
struct Held {
    rows: Vec<String>,
    out: Vec<String>,
}

/// `lockgate simulate SCENARIO --validate`, in a copy of the region that is small enough.
fn validate(bench: &Bench, scenario: &Path) -> Held {
    let name = scenario.file_stem().unwrap().to_str().unwrap();
    let text: toml::Table = fs::read_to_string(scenario).unwrap().parse().unwrap();
    let residents = text["region"]["residents"].as_integer().unwrap() as u64;
    let simulated = if WHOLE.contains(&name) { residents } else { residents.min(LARGEST) };
    let residents = simulated.to_string();
    let path = scenario.to_str().unwrap();
    let output =
        bench.run(&["simulate", path, "--validate", "--residents", &residents, "--format", "none", "--out", name]);
    let said = text_of(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{name}: {said}");
    let held = read(&bench.path(name).join("tables"), name, simulated);
    assert_eq!(output.status.code() == Some(0), held.out.is_empty(), "{name}: the exit code says otherwise: {said}");
    held
}

/// What the run folder's table says.
fn read(tables: &Path, name: &str, residents: u64) -> Held {
    let table = Table::read_csv(&PUBLISHED, tables).unwrap().unwrap();
    let texts = |column| table.texts(column).unwrap();
    let numbers = |column| table.numbers(column).unwrap();
    let (figures, measures, units) = (texts("figure"), texts("measure"), texts("unit"));
    let (values, lows, highs) = (numbers("value"), numbers("low"), numbers("high"));
    let (simulated, holds) = (numbers("simulated"), table.truths("holds").unwrap());
    let mut held = Held { rows: Vec::new(), out: Vec::new() };
    for row in 0..table.rows() {
        let words = |number: f64| report::number::in_unit(number, &units[row]);
        let within = if holds[row] { "yes" } else { "**no**" };
        let line = format!(
            "| {name} | {} | `{}` | {} | {} to {} | {} | {within} | {} |",
            figures[row],
            measures[row],
            words(values[row]),
            words(lows[row]),
            words(highs[row]),
            words(simulated[row]),
            report::number::whole(residents),
        );
        if !holds[row] {
            held.out.push(line.clone());
        }
        held.rows.push(line);
    }
    held
}

#[test]
fn published_figures_lie_within_their_bands() {
    let bench = Bench::new();
    let mut paths = scenarios();
    paths.sort();
    let held: Vec<Held> = paths.iter().map(|scenario| validate(&bench, scenario)).collect();
    let header = "| scenario | figure | measure | published | band | simulated | within | residents |\n\
                  | --- | --- | --- | --- | --- | --- | --- | --- |\n";
    let rows = held.iter().flat_map(|held| &held.rows).map(|row| format!("{row}\n"));
    let table: String = std::iter::once(header.to_owned()).chain(rows).collect();

    let document = fs::read_to_string(DOCUMENT).unwrap();
    let begin = document.find(BEGIN).unwrap();
    let begin = begin + document[begin..].find('\n').unwrap() + 1;
    let end = document.find(END).unwrap();
    let fresh = format!("{}\n{table}\n{}", &document[..begin], &document[end..]);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(DOCUMENT, &fresh).unwrap();
    }
    let out: Vec<&String> = held.iter().flat_map(|held| &held.out).collect();
    assert!(out.is_empty(), "{} figures are out of their bands:\n{out:#?}", out.len());
    assert!(
        std::env::var_os("UPDATE").is_some() || document == fresh,
        "docs/model.md is old; run this test with UPDATE=1"
    );
}

#[test]
fn a_figure_out_of_its_band_fails_the_run() {
    let entry = |high: f64| {
        format!(
            "\n[[published]]\nfigure = \"trips\"\nmeasure = \"trips_per_resident_day\"\nvalue = 0.1\nlow = 0.0\nhigh = {high}\nsource = \"none\"\n"
        )
    };
    let bench = Bench::with(&(crate::program::SMALL.to_owned() + &entry(5.0)));
    let said = bench.succeed(&["simulate", "scenario.toml", "--validate", "--format", "none", "--out", "held"]);
    assert!(said.contains("figure") && said.contains("holds: published figures within their bands: 1 of 1"), "{said}");
    assert_eq!(bench.record("held")["verdict"], "held");

    bench.write("scenario.toml", &(crate::program::SMALL.to_owned() + &entry(0.1)));
    let failed = bench.run(&["simulate", "scenario.toml", "--validate", "--format", "none", "--out", "failed"]);
    assert_eq!(failed.status.code(), Some(1), "{}", text_of(&failed.stderr));
    assert_eq!(bench.record("failed")["verdict"], "failed");
    assert!(bench.read("failed/tables/published.csv").contains("trips_per_resident_day"));
    bench.succeed(&["simulate", "scenario.toml", "--format", "none", "--out", "plain"]);
    assert_eq!(bench.record("plain")["verdict"], serde_json::Value::Null, "nobody asked");
}

#[test]
fn a_change_is_measured_against_another_scenario() {
    let entry = "\n[[published]]\nfigure = \"change\"\nmeasure = \"trips_per_resident_day\"\nrelative_to = \"other.toml\"\n\
                 value = 0.0\nlow = 0.0\nhigh = 0.0\nsource = \"none\"\n";
    let bench = Bench::with(&(crate::program::SMALL.to_owned() + entry));
    let missing = bench.fail(2, &["check", "scenario.toml"]);
    assert!(missing.contains("other.toml"), "{missing}");
    bench.write("other.toml", crate::program::SMALL);
    assert!(bench.succeed(&["check", "scenario.toml"]).contains("against other.toml"));
    // The same people under the same rules: nothing changes.
    bench.succeed(&["simulate", "scenario.toml", "--validate", "--seed", "9", "--format", "none", "--out", "same"]);
    let without = bench.fail(2, &["simulate", "other.toml", "--validate", "--out", "none"]);
    assert!(without.contains("[[published]]"), "{without}");
}
