//! The text of a scenario: a file's own, and what was set over it with `--set` or by a sweep.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use toml_edit::{DocumentMut, InlineTable, Item, Key, Table, TableLike, Value};

use crate::bad_file::{BadFile, FileFault, Place};
use crate::faults::Document;

/// One key of a scenario and the value to read in place of the file's own.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// Who asks for it, as messages begin: `--set behaviour.obey_share=0.5`.
    by: String,
    path: Vec<String>,
    value: Value,
}

impl Change {
    /// Sets the key at `path` (a table's key a part, or the index of a list's element); `by` begins messages about it.
    pub(crate) fn new(by: String, path: Vec<String>, mut value: Value) -> Self {
        value.decor_mut().clear();
        // A scenario writes its times as text.
        if let Value::Datetime(time) = &value {
            value = Value::from(time.value().to_string());
        }
        Change { by, path, value }
    }

    /// What the option `name` says of the key `key` of `section`.
    pub(crate) fn option(name: &str, path: &[&str], value: i64) -> Self {
        Change::new(format!("{name} {value}"), path.iter().map(|part| (*part).to_owned()).collect(), value.into())
    }

    /// The key, dotted.
    pub(crate) fn key(&self) -> String {
        self.path.join(".")
    }

    /// As it can be typed after `--set`.
    pub(crate) fn typed(&self) -> String {
        let path: Vec<String> = self.path.iter().map(|part| Key::new(part).display_repr().into_owned()).collect();
        format!("{}={}", path.join("."), self.value)
    }

    /// Whether a fault of `key` may come from this change: one of the two lies within the other.
    fn concerns(&self, key: &str) -> bool {
        let parts = key.split('.');
        !key.is_empty() && self.key().split('.').zip(parts).all(|(mine, theirs)| mine == theirs)
    }

    fn fault(&self, message: String) -> FileFault {
        FileFault { place: self.place(), key: self.key(), message }
    }

    fn place(&self) -> Place {
        Place::Change { by: self.by.clone(), key: self.key() }
    }

    fn apply(&self, document: &mut DocumentMut) -> Result<(), String> {
        let Some((last, parents)) = self.path.split_last() else { return Ok(()) };
        let mut holder = document.as_item_mut();
        for (depth, part) in parents.iter().enumerate() {
            let refused = refusal(&self.path[..depth], holder, part);
            holder = within(holder, part).ok_or(refused)?;
        }
        let refused = refusal(parents, holder, last);
        match within(holder, last).ok_or(refused)? {
            Item::Value(old) => {
                let decor = old.decor().clone();
                *old = self.value.clone();
                *old.decor_mut() = decor;
            }
            // A table with a header of its own, or none yet: it gives way to a key among the others of its holder.
            _ => {
                let table = holder.as_table_like_mut().ok_or("only a value can take the place of a list's table")?;
                table.remove(last);
                table.insert(last, Item::Value(self.value.clone()));
            }
        }
        Ok(())
    }
}

impl FromStr for Change {
    type Err = String;

    /// Reads `KEY=VALUE`. What is no TOML value is a text.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shape = || "write KEY=VALUE, such as behaviour.obey_share=0.5".to_owned();
        let (key, value) = text.split_once('=').ok_or_else(shape)?;
        let path = Key::parse(key).map_err(|_| shape())?;
        let path = path.iter().map(|part| part.get().to_owned()).collect();
        let value = value.trim().parse().unwrap_or_else(|_| Value::from(value));
        Ok(Change::new(format!("--set {text}"), path, value))
    }
}

/// What `part` names in `holder`, made where it is absent; `None` when `holder` has no such thing.
fn within<'a>(holder: &'a mut Item, part: &str) -> Option<&'a mut Item> {
    if holder.is_array_of_tables() || holder.is_array() {
        return holder.get_mut(part.parse::<usize>().ok()?);
    }
    if let Some(table) = holder.as_inline_table_mut()
        && !table.contains_key(part)
    {
        table.insert(part, InlineTable::new().into());
        // Else the blank before its brace would stand before the new key's comma.
        table.fmt();
    }
    let table: &mut dyn TableLike = holder.as_table_like_mut()?;
    if !table.contains_key(part) {
        let mut fresh = Table::new();
        fresh.set_implicit(true);
        table.insert(part, Item::Table(fresh));
    }
    table.get_mut(part)
}

/// Why `holder`, which lies at `path`, has nothing called `part`.
fn refusal(path: &[String], holder: &Item, part: &str) -> String {
    let path = path.join(".");
    match holder {
        Item::ArrayOfTables(list) => format!("{path} is a list of {}, which has no element {part}", list.len()),
        Item::Value(Value::Array(list)) => format!("{path} is a list of {}, which has no element {part}", list.len()),
        _ => format!("{path} is a value, which holds no key {part}"),
    }
}

/// The text of a scenario as it is read.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// The file, or what the built-in one is called.
    pub(crate) file: PathBuf,
    /// What stands in the file.
    pub(crate) written: String,
    /// The same with every change made; what is not changed keeps its form and its comments.
    pub(crate) text: String,
    changes: Vec<Change>,
}

impl Source {
    /// A file as it stands.
    pub(crate) fn new(file: &Path, written: String) -> Self {
        Source { file: file.to_owned(), text: written.clone(), written, changes: Vec::new() }
    }

    /// The same text with these changes made in turn.
    ///
    /// # Errors
    /// [`BadFile`] with every change that cannot be made, or when the text is not TOML.
    pub(crate) fn with(&self, changes: &[Change]) -> Result<Self, BadFile> {
        if changes.is_empty() {
            return Ok(self.clone());
        }
        let mut document = self.document()?;
        let refused = changes.iter().filter_map(|change| Some(change.fault(change.apply(&mut document).err()?)));
        BadFile::of(refused.collect::<Vec<_>>()).ok()?;
        Ok(Source { text: document.to_string(), changes: [&self.changes, changes].concat(), ..self.clone() })
    }

    /// The same text without the table `name`.
    ///
    /// # Errors
    /// [`BadFile`] when the text is not TOML.
    pub(crate) fn without(&self, name: &str) -> Result<Self, BadFile> {
        let mut document = self.document()?;
        document.remove(name);
        Ok(Source { text: document.to_string(), ..self.clone() })
    }

    /// Everything that was changed, in order.
    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What was set, as it can be typed after `--set`; apart from seed and days, which every record of a run tells by themselves.
    pub(crate) fn overrides(&self) -> Vec<String> {
        let told = |change: &&Change| !["seed", "calendar.days"].contains(&change.key().as_str());
        self.changes.iter().filter(told).map(Change::typed).collect()
    }

    /// Where a fault of `key` comes from, when it comes from a change; the last one that concerns it counts.
    pub(crate) fn changed(&self, key: &str) -> Option<Place> {
        self.changes.iter().rev().find(|change| change.concerns(key)).map(Change::place)
    }

    fn document(&self) -> Result<DocumentMut, BadFile> {
        self.text.parse().map_err(|error: toml_edit::TomlError| {
            // Read again for every fault with its line.
            let told = Document::parse(self).err();
            told.unwrap_or_else(|| BadFile::whole(&self.file, format!("this is not TOML: {}", error.message())))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = r#"title = "A" # of many

# Rules
[policy]
from = "2020-04-02T12:00" # the day

[policy.purposes]
groceries = { validity_min = 180 } # three hours
pet = { validity_min = 60, needs_pass = false }

[[policy.quotas]] # fewer?
passes = 2
"#;

    fn changed(sets: &[&str]) -> Result<String, String> {
        let changes: Vec<Change> = sets.iter().map(|set| set.parse().unwrap()).collect();
        let source = Source::new(Path::new("a.toml"), WRITTEN.to_owned());
        source.with(&changes).map(|source| source.text).map_err(|bad| bad.to_string())
    }

    #[test]
    fn what_is_not_changed_keeps_its_form() {
        let text = changed(&["title=B", "policy.purposes.groceries.validity_min=90", "policy.quotas.0.passes=3"]);
        let expected = WRITTEN.replace("\"A\"", "\"B\"").replace("180", "90").replace("passes = 2", "passes = 3");
        assert_eq!(text, Ok(expected));
    }

    #[test]
    fn absent_keys_and_sections_are_made() {
        let text = changed(&["policy.advance_h=48", "behaviour.obey_share=0.5", "seed=3"]).unwrap();
        assert!(text.contains("from = \"2020-04-02T12:00\" # the day\nadvance_h = 48\n"), "{text}");
        assert!(text.contains("\n[behaviour]\nobey_share = 0.5\n") && text.contains("# of many\nseed = 3\n"), "{text}");
        assert_eq!(text.lines().count(), WRITTEN.lines().count() + 5, "{text}");
    }

    #[test]
    fn tables_and_lists_give_way_to_a_value() {
        let text = changed(&["policy.quotas=[]"]).unwrap();
        assert!(text.contains("# the day\nquotas = []\n") && !text.contains("[[policy.quotas]]"), "{text}");
        let text = changed(&["policy.purposes={ work = { validity_min = 720 } }"]).unwrap();
        assert!(text.contains("\npurposes = { work = { validity_min = 720 } }\n") && !text.contains("pet"), "{text}");
        let sets = ["policy.purposes.pet={ validity_min = 30 }", "policy.purposes.pet.needs_pass=true"];
        let text = changed(&sets).unwrap();
        assert!(text.contains("\npet = { validity_min = 30, needs_pass = true }\n"), "{text}");
    }

    #[test]
    fn every_change_that_cannot_be_made_is_told() {
        let told = changed(&["title.of=1", "policy.quotas.7.passes=1", "policy.quotas.0=1"]).unwrap_err();
        let expected = "--set policy.quotas.0=1: only a value can take the place of a list's table\n\
                        --set policy.quotas.7.passes=1: policy.quotas is a list of 1, which has no element 7\n\
                        --set title.of=1: title is a value, which holds no key of";
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_no_toml_value_is_a_text() {
        let typed = |set: &str| set.parse::<Change>().map(|change| change.typed());
        assert_eq!(typed("server.scheme=signed").unwrap(), "server.scheme=\"signed\"");
        assert_eq!(typed("calendar.start=2020-04-05").unwrap(), "calendar.start=\"2020-04-05\"");
        assert_eq!(typed("title=\"5\"").unwrap(), "title=\"5\"");
        assert_eq!(typed("sweep.\"a.b\"=[0.5, 1]").unwrap(), "sweep.\"a.b\"=[0.5, 1]");
        assert!(typed("obey").unwrap_err().contains("KEY=VALUE") && typed("a b=1").is_err());
    }
}
