//! The rules of the house that a machine can check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Who may know whom (ARCHITECTURE.md). `benches` may know any and is known by none.
const ARROWS: [(&str, &[&str]); 7] = [
    ("passes", &[]),
    ("demand", &["passes"]),
    ("sim", &["demand", "passes"]),
    ("loadgen", &["demand", "passes"]),
    ("reference-server", &["passes"]),
    ("report", &["sim", "loadgen", "demand", "passes"]),
    ("cli", &["report", "sim", "loadgen", "reference-server", "demand", "passes"]),
];

/// Third-party crates with one home: named in no other crate's `[dependencies]`.
const HOMES: [(&str, &[&str]); 32] = [
    ("polars", &["report"]),
    ("parquet", &["report"]),
    ("plotters", &["report"]),
    ("hdrhistogram", &["loadgen"]),
    ("base64", &["loadgen"]),
    ("levenberg-marquardt", &["loadgen"]),
    ("nalgebra", &["loadgen"]),
    ("reqwest", &["loadgen"]),
    ("rustls", &["loadgen", "reference-server"]),
    ("rustls-native-certs", &["loadgen"]),
    ("mio", &["loadgen"]),
    ("axum", &["reference-server"]),
    ("hyper", &["reference-server"]),
    ("hyper-util", &["reference-server"]),
    ("rusqlite", &["reference-server"]),
    ("tokio-postgres", &["reference-server"]),
    ("tokio-rustls", &["reference-server"]),
    ("schemars", &["passes", "reference-server"]),
    ("fast_qr", &["reference-server"]),
    ("rand_distr", &["sim", "loadgen"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("anyhow", &["cli"]),
    ("toml_edit", &["cli"]),
    ("tracing-subscriber", &["cli"]),
    ("ed25519-dalek", &["passes"]),
    ("base45", &["passes"]),
    ("blind-rsa-signatures", &["passes"]),
    ("p256", &["passes"]),
    ("miniz_oxide", &["passes"]),
    ("minicbor", &["passes"]),
    ("aes", &["passes"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn manifest(member: &str) -> toml::Table {
    let path = root().join(member).join("Cargo.toml");
    fs::read_to_string(&path).unwrap().parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn members() -> Vec<String> {
    let workspace = manifest(".");
    let members = workspace["workspace"]["members"].as_array().unwrap();
    members.iter().map(|member| member.as_str().unwrap().to_owned()).collect()
}

fn dependencies(member: &str) -> BTreeSet<String> {
    let manifest = manifest(member);
    manifest
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect()
}

#[test]
fn no_arrow_goes_up() {
    let rooms: BTreeMap<&str, &[&str]> = ARROWS.into();
    let named: BTreeSet<String> = members().into_iter().filter(|member| member != "benches").collect();
    assert_eq!(named, rooms.keys().map(|room| (*room).to_owned()).collect(), "a room has no place in the plan");
    for (room, may_know) in rooms {
        for known in dependencies(room).iter().filter(|name| named.contains(*name) || *name == "lockgate") {
            assert!(may_know.contains(&known.as_str()), "{room} must not know {known}");
        }
    }
}

#[test]
fn each_library_has_its_home() {
    for (library, homes) in HOMES {
        for member in members().iter().filter(|member| *member != "benches" && !homes.contains(&member.as_str())) {
            assert!(!dependencies(member).contains(library), "{library} lives in {homes:?}, not in {member}");
        }
    }
}

#[test]
fn there_is_exactly_one_binary() {
    let binaries: Vec<String> = members()
        .into_iter()
        .filter(|member| root().join(member).join("src/main.rs").exists() || manifest(member).contains_key("bin"))
        .collect();
    assert_eq!(binaries, ["cli"], "`cargo run` without flags needs exactly one binary");
}

#[test]
fn every_scenario_is_listed_with_its_question() {
    let list = fs::read_to_string(root().join("scenarios/README.md")).unwrap();
    let scenarios = scenarios();
    assert!(!scenarios.is_empty());
    for scenario in scenarios {
        let name = scenario.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(list.contains(&format!("`{name}`")), "scenarios/README.md does not list {name}");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let external = target.contains("://") || target.is_empty();
            let found = external || document.parent().unwrap().join(target).exists();
            assert!(found, "{} links to {target}, which does not exist", document.display());
        }
    }
}

#[test]
fn no_document_has_a_gap_to_fill_in() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let gap = text.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_').find(|word| {
            word.len() > 4 && (word.ends_with("_TIME") || word.ends_with("_HERE") || word.ends_with("_OUTPUT"))
        });
        assert_eq!(gap, None, "{} is not finished", document.display());
    }
}

/// The scenario files of the repository.
pub(crate) fn scenarios() -> Vec<PathBuf> {
    files(&root().join("scenarios"), "toml")
}

fn documents() -> Vec<PathBuf> {
    ["", "docs", "docs/decisions", "scenarios"].iter().flat_map(|folder| files(&root().join(folder), "md")).collect()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}
