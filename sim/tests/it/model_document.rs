//! docs/model.md names every parameter, with its default.

use std::collections::BTreeMap;

use sim::{Region, Settings};
use toml::Value;

/// The rows of the parameter table: key and default.
fn documented() -> BTreeMap<String, String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/model.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (key, rest) = row.split_once("` | ").unwrap();
        (key.to_owned(), rest.split(" |").next().unwrap().to_owned())
    })
    .collect()
}

/// All keys below `value`, dotted, with their defaults as in a scenario file.
fn flatten(prefix: &str, value: &Value, keys: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) if table.is_empty() => drop(keys.insert(prefix.to_owned(), or_none(String::new()))),
        Value::Table(table) => {
            for (key, value) in table {
                let dot = if prefix.is_empty() { "" } else { "." };
                flatten(&format!("{prefix}{dot}{key}"), value, keys);
            }
        }
        Value::String(text) => drop(keys.insert(prefix.to_owned(), or_none(text.clone()))),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            keys.insert(prefix.to_owned(), or_none(items.join(", ")));
        }
        other => drop(keys.insert(prefix.to_owned(), other.to_string())),
    }
}

/// An empty text or list as the document says it.
fn or_none(text: String) -> String {
    if text.is_empty() { "none".to_owned() } else { text }
}

#[test]
fn the_table_of_parameters_is_complete_and_right() {
    let settings = Settings::new(Region { places: "none".into(), residents: 0 });
    let mut keys = BTreeMap::new();
    flatten("", &Value::try_from(settings).unwrap(), &mut keys);
    // These two have no default.
    keys.extend(["region.places", "region.residents"].map(|key| (key.to_owned(), "none".to_owned())));
    let documented = documented();
    for (key, default) in &keys {
        assert_eq!(documented.get(key), Some(default), "docs/model.md, row {key}");
    }
    let rotten: Vec<_> = documented.keys().filter(|key| !keys.contains_key(*key)).collect();
    assert!(rotten.is_empty(), "docs/model.md describes parameters that do not exist: {rotten:?}");
}
