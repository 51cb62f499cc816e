//! What a simulation takes as given: each parameter of the model with its value in this run, and where that comes from.

use std::collections::BTreeMap;

use report::{Assumption, Origin};
use toml::Value;
use toml_edit::{DocumentMut, Item};

use crate::scenario::Scenario;
use crate::source::Source;

/// The document of the model, whose table of parameters a test holds to the program.
const MODEL: &str = include_str!("../../docs/model.md");
/// The document of the other sections.
const SCENARIO: &str = include_str!("../../docs/scenario.md");
/// What is asked rather than assumed, and still has to come from somewhere.
const ASKED: [&str; 2] = ["calendar", "policy"];

/// Every parameter of the model in `scenario`, in the order of the document, and before them what the scenario says of days and policy.
pub(crate) fn of(scenario: &Scenario) -> Vec<Assumption> {
    let mut values = BTreeMap::new();
    if let Ok(settings) = Value::try_from(&scenario.settings) {
        flatten(String::new(), &settings, &mut values);
    }
    let mut written = BTreeMap::new();
    if let Ok(file) = scenario.source.text.parse::<toml::Table>() {
        let asked = file.into_iter().filter(|(section, _)| ASKED.contains(&section.as_str()));
        asked.for_each(|(section, value)| flatten(section, &value, &mut written));
    }
    let comments = Comments::of(&scenario.source);
    let rows = rows(SCENARIO);
    let of_policy = written.into_iter().map(|(key, value)| {
        let row = rows.iter().find(|row| row.key == key).copied().unwrap_or(Row { key: &key, ..Row::default() });
        comments.assumption(row, value)
    });
    let of_model = self::rows(MODEL).into_iter().filter_map(|row| {
        let value = values.get(row.key)?.clone();
        if value == row.default {
            let source = row.source.to_owned();
            return Some(Assumption { source, ..row.assumption(value, Origin::Default) });
        }
        Some(comments.assumption(row, value))
    });
    of_policy.chain(of_model).collect()
}

/// A row of a table of keys in a document.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Row<'a> {
    key: &'a str,
    default: &'a str,
    unit: &'a str,
    meaning: &'a str,
    /// Empty where the table has no such column.
    source: &'a str,
}

impl Row<'_> {
    fn assumption(&self, value: String, origin: Origin) -> Assumption {
        Assumption {
            key: self.key.to_owned(),
            value,
            unit: self.unit.to_owned(),
            meaning: self.meaning.to_owned(),
            origin,
            source: String::new(),
        }
    }
}

/// The rows of `document` that begin with a key: key, default, unit, meaning and, where there is one, source.
fn rows<'a>(document: &'a str) -> Vec<Row<'a>> {
    let row = |line: &'a str| {
        let (key, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
        let mut cells = rest.strip_suffix(" |")?.split(" | ").map(str::trim);
        let (default, unit, meaning) = (cells.next()?, cells.next()?, cells.next()?);
        Some(Row { key, default, unit, meaning, source: cells.next().unwrap_or_default() })
    };
    document.lines().filter_map(row).collect()
}

/// The scenario file, for what its comments say.
struct Comments<'a> {
    source: &'a Source,
    document: DocumentMut,
}

impl<'a> Comments<'a> {
    fn of(source: &'a Source) -> Self {
        // The text was read before; what could not be parsed would not have come here.
        Comments { source, document: source.text.parse().unwrap_or_default() }
    }

    /// A value that is not the default: set on the command line, or by the file, which may say in a comment where it has it from.
    fn assumption(&self, row: Row<'_>, value: String) -> Assumption {
        let is_set = self.source.changes().iter().any(|change| row.key.starts_with(&change.key()));
        if is_set {
            return row.assumption(value, Origin::CommandLine);
        }
        let source = self.beside(row.key).unwrap_or_default();
        Assumption { source, ..row.assumption(value, Origin::Scenario) }
    }

    /// The comment on the line of `key`, or else on the lines above it.
    fn beside(&self, key: &str) -> Option<String> {
        let (holder, last) = key.rsplit_once('.').map_or((None, key), |(holder, last)| (Some(holder), last));
        let mut parts = holder.into_iter().flat_map(|holder| holder.split('.'));
        let holder = parts.try_fold(self.document.as_item(), |item: &Item, part| item.get(part))?;
        let (name, item) = holder.as_table_like()?.get_key_value(last)?;
        let on_the_line = item.as_value().and_then(|value| value.decor().suffix()?.as_str());
        let above = name.leaf_decor().prefix().and_then(|prefix| prefix.as_str());
        [on_the_line, above].into_iter().flatten().map(words).find(|words| !words.is_empty())
    }
}

/// The words of some lines of comments; a blank line begins anew.
fn words(comment: &str) -> String {
    let near = comment.trim_end().rsplit("\n\n").next().unwrap_or_default();
    let lines = near.lines().filter_map(|line| line.trim().strip_prefix('#'));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// All keys below `value`, dotted, with their values as the document writes them: `none` for an empty text or list.
fn flatten(prefix: String, value: &Value, keys: &mut BTreeMap<String, String>) {
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let words = match value {
        Value::Table(table) if !table.is_empty() => {
            for (key, value) in table {
                let dot = if prefix.is_empty() { "" } else { "." };
                flatten(format!("{prefix}{dot}{key}"), value, keys);
            }
            return;
        }
        Value::Table(_) => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(Value::to_string).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    keys.insert(prefix, or_none(words));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(scenario: &Scenario, key: &str) -> Assumption {
        of(scenario).into_iter().find(|assumption| assumption.key == key).unwrap()
    }

    #[test]
    fn each_parameter_is_told_with_where_it_comes_from() {
        let launch = Scenario::read_or_built_in(None, &[]).unwrap();
        let by_default = found(&launch, "behaviour.lead_mean_min");
        assert_eq!((by_default.value.as_str(), by_default.unit.as_str()), ("45.0", "min"));
        assert_eq!((by_default.origin, by_default.is_assumed()), (Origin::Default, true));
        let decree = found(&launch, "policy.until");
        assert_eq!((decree.origin, decree.is_assumed()), (Origin::Scenario, false));
        assert_eq!(decree.source, "abolished (Interfax-Povolzhye, 11 June 2020)");
        assert!(found(&launch, "policy.advance_h").is_assumed());
        assert!(found(&launch, "region.residents").source.contains("official total"));
    }

    #[test]
    fn what_is_set_on_the_command_line_has_no_source_of_the_file() {
        let set = ["policy.until=\"2020-05-01T00:00\"", "behaviour.lead_mean_min=30"].map(|set| set.parse().unwrap());
        let launch = Scenario::read_or_built_in(None, &set).unwrap();
        for key in ["policy.until", "behaviour.lead_mean_min"] {
            let told = found(&launch, key);
            assert_eq!((told.origin, told.source.as_str()), (Origin::CommandLine, ""), "{key}");
        }
    }

    #[test]
    fn every_parameter_of_the_model_has_a_row() {
        let launch = Scenario::read_or_built_in(None, &[]).unwrap();
        let mut values = BTreeMap::new();
        flatten(String::new(), &Value::try_from(&launch.settings).unwrap(), &mut values);
        let told: Vec<String> = of(&launch).into_iter().map(|assumption| assumption.key).collect();
        let missing: Vec<&String> = values.keys().filter(|key| !told.contains(key)).collect();
        assert!(missing.is_empty(), "{missing:?}");
        let distinct: std::collections::BTreeSet<&String> = told.iter().collect();
        assert_eq!(distinct.len(), told.len(), "a parameter stands in the document twice");
    }
}
