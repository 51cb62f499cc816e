//! Reads the sections of a TOML file and tells every fault in it at once, each with its line.
//!
//! serde stops at the first error. So a section is read again and again: each time the key at fault is noted and taken out,
//! until what is left can be read. That finds all keys that are unknown, of a wrong type or out of range.

use std::collections::BTreeSet;
use std::ops::Range;

use passes::Fault;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::bad_file::{BadFile, FileFault, Place};
use crate::source::Source;

type Table<'a> = DeTable<'a>;

/// A parsed scenario and the faults found in it so far.
pub(crate) struct Document<'a> {
    source: &'a Source,
    root: Table<'a>,
    /// What stands in the file itself, to find lines in; the same as `root` when nothing was changed.
    written: Table<'a>,
    known: Vec<&'static str>,
    faults: BTreeSet<FileFault>,
}

impl<'a> Document<'a> {
    /// Parses the text of `source`.
    pub(crate) fn parse(source: &'a Source) -> Result<Self, BadFile> {
        let (root, errors) = DeTable::parse_recoverable(&source.text);
        let (written, _) = DeTable::parse_recoverable(&source.written);
        let (root, written) = (root.into_inner(), written.into_inner());
        let mut document = Document { source, root, written, known: Vec::new(), faults: BTreeSet::new() };
        for error in &errors {
            let at = error.span().unwrap_or_default();
            document.note(at, String::new(), format!("this is not TOML: {}", error.message()));
        }
        // After a syntax error half the keys may be missing, and complaints about those would hide it.
        if document.faults.is_empty() { Ok(document) } else { Err(document.into_faults()) }
    }

    /// The table or value `name` as it stands, to be read in another way than by serde; the document need not have it.
    pub(crate) fn raw(&mut self, name: &'static str) -> Option<Spanned<DeValue<'a>>> {
        self.known.push(name);
        self.root.get(name).cloned()
    }

    /// The text at `at`.
    pub(crate) fn slice(&self, at: Range<usize>) -> &'a str {
        &self.source.text[at]
    }

    /// Reads the table `name`; an absent one is read as empty. `required` names the keys that have no default, so that all missing
    /// ones are told at once. `None` when it cannot be read at all. What is read in place of keys at fault (their defaults) serves
    /// only to look for further faults: [`Document::finish`] refuses the file.
    pub(crate) fn section<T: for<'de> Deserialize<'de>>(&mut self, name: &'static str, required: &[&str]) -> Option<T> {
        self.section_without(name, required, &[])
    }

    /// As [`Document::section`], without the keys `apart`, which [`Document::inner`] reads by themselves.
    pub(crate) fn section_without<T: for<'de> Deserialize<'de>>(
        &mut self,
        name: &'static str,
        required: &[&str],
        apart: &[&str],
    ) -> Option<T> {
        self.known.push(name);
        let empty = || Spanned::new(0..0, DeValue::Table(DeTable::new()));
        let mut value = self.root.get(name).cloned().unwrap_or_else(empty);
        if let DeValue::Table(table) = value.get_mut() {
            apart.iter().for_each(|key| drop(table.remove(*key)));
        }
        let header = self.header(name);
        let faults_before = self.faults.len();
        if let DeValue::Table(table) = value.get_ref() {
            for key in required.iter().filter(|key| !table.contains_key(**key)) {
                self.note(header.clone(), format!("{name}.{key}"), "this key is missing and has no default".into());
            }
        }
        self.read(name, value, faults_before)
    }

    /// Reads the key `name` of the section `section`, which is read without it; `T`'s default when it is absent.
    pub(crate) fn inner<T: for<'de> Deserialize<'de> + Default>(&mut self, section: &str, name: &str) -> Option<T> {
        let value = match self.root.get(section).map(Spanned::get_ref) {
            Some(DeValue::Table(table)) => table.get(name).cloned(),
            _ => None,
        };
        match value {
            Some(value) => self.read(&format!("{section}.{name}"), value, self.faults.len()),
            None => Some(T::default()),
        }
    }

    /// Reads the key `name` of the file's top level; `default` when it is absent or cannot be read.
    pub(crate) fn key<T: for<'de> Deserialize<'de>>(&mut self, name: &'static str, default: Option<T>) -> Option<T> {
        self.known.push(name);
        match self.root.get(name).cloned() {
            Some(value) => self.read(name, value, self.faults.len()).or(default),
            None if default.is_none() => {
                self.note(0..0, name.to_owned(), "this key is missing and has no default".into());
                None
            }
            None => default,
        }
    }

    /// Notes what a section found wrong with itself.
    pub(crate) fn note_faults(&mut self, faults: Vec<Fault>) {
        for Fault { key, message } in faults {
            let at = find(&self.root, &key);
            self.note(at, key, message);
        }
    }

    /// Ends the reading: an error when anything was wrong, or when the file has sections nobody asked for.
    pub(crate) fn finish(mut self) -> Result<(), BadFile> {
        let unknown: Vec<(Range<usize>, String)> = self
            .root
            .keys()
            .filter(|key| !self.known.contains(&key.get_ref().as_ref()))
            .map(|key| (key.span(), key.get_ref().to_string()))
            .collect();
        let known = self.known.join(", ");
        for (at, key) in unknown {
            self.note(at, key, format!("there is no such key or section; those of a scenario are {known}"));
        }
        if self.faults.is_empty() { Ok(()) } else { Err(self.into_faults()) }
    }

    fn into_faults(self) -> BadFile {
        BadFile::of(self.faults)
    }

    /// Reads `value`, taking out one key at fault after the other. `faults_before` is how many faults there were before this section.
    fn read<T: for<'de> Deserialize<'de>>(
        &mut self,
        name: &str,
        mut value: Spanned<DeValue<'a>>,
        faults_before: usize,
    ) -> Option<T> {
        loop {
            let error = match T::deserialize(ValueDeserializer::from(value.clone())) {
                Ok(read) => return Some(read),
                Err(error) => error,
            };
            let at = error.span().unwrap_or_default();
            let mut path = name.to_owned();
            let removed = remove_at(&mut value, &at, &mut path);
            let message = plain(error.message());
            // A key that was taken out for its own fault is not missing too.
            let missing = error.message().starts_with("missing field");
            if !missing || self.faults.len() == faults_before {
                self.note(at, path, message);
            }
            if !removed {
                return None;
            }
        }
    }

    /// Notes that something is wrong at `at` with `key`; the first thing told of a key is enough.
    pub(crate) fn note(&mut self, at: Range<usize>, key: String, message: String) {
        let said = self.faults.iter().any(|fault| !key.is_empty() && fault.key == key);
        if !said {
            let place = self.place(at, &key);
            self.faults.insert(FileFault { place, key, message });
        }
    }

    /// Where `key`, which stands at `at`, comes from.
    pub(crate) fn place(&self, at: Range<usize>, key: &str) -> Place {
        if let Some(place) = self.source.changed(key) {
            return place;
        }
        // Changes move lines about.
        let at = if self.source.changes().is_empty() { at } else { find(&self.written, key) };
        let line = if at == (0..0) { 0 } else { 1 + self.source.written[..at.start].matches('\n').count() };
        Place::Line(self.source.file.clone(), line)
    }

    fn header(&self, name: &str) -> Range<usize> {
        let key = self.root.keys().find(|key| key.get_ref() == name);
        key.map_or(0..0, |key| key.span())
    }
}

/// Where `key` (dotted, indices for lists) stands in `root`: the deepest part of it that is written there.
fn find(root: &Table<'_>, key: &str) -> Range<usize> {
    let parts: Vec<&str> = key.split('.').collect();
    find_key(root, &parts).unwrap_or_default()
}

/// Where the path `parts` stands in `table`; `None` when not even its beginning does. A quoted key has dots of its own.
fn find_key(table: &Table<'_>, parts: &[&str]) -> Option<Range<usize>> {
    (1..=parts.len()).find_map(|length| {
        let (name, value) = table.get_key_value(parts[..length].join(".").as_str())?;
        Some(find_in(value, &parts[length..]).unwrap_or(name.span()))
    })
}

fn find_in(value: &Spanned<DeValue<'_>>, parts: &[&str]) -> Option<Range<usize>> {
    match value.get_ref() {
        DeValue::Table(table) => find_key(table, parts),
        DeValue::Array(list) => {
            let (index, rest) = parts.split_first()?;
            let element = list.get(index.parse::<usize>().ok()?)?;
            Some(find_in(element, rest).unwrap_or(element.span()))
        }
        _ => None,
    }
}

/// Takes the innermost key at `at` out of `value` and appends its name to `path`; false when there is none.
fn remove_at(value: &mut Spanned<DeValue<'_>>, at: &Range<usize>, path: &mut String) -> bool {
    let holds = |span: Range<usize>| span.start <= at.start && at.end <= span.end && at.start < span.end;
    match value.get_mut() {
        DeValue::Table(table) => {
            let key = table
                .iter()
                .find(|(key, value)| holds(key.span()) || holds(value.span()) || deep_holds(value, at))
                .map(|(key, _)| key.get_ref().to_string());
            let Some(key) = key else { return false };
            path.push('.');
            path.push_str(&key);
            let inner = table.get_mut(key.as_str()).is_some_and(|value| remove_at(value, at, path));
            if !inner {
                table.remove(key.as_str());
            }
            true
        }
        DeValue::Array(list) => {
            let Some(index) = list.iter().position(|value| holds(value.span()) || deep_holds(value, at)) else {
                return false;
            };
            path.push_str(&format!(".{index}"));
            let mut element = list[index].clone();
            let inner = remove_at(&mut element, at, path);
            let rest = list.iter().enumerate().filter_map(|(place, value)| match place == index {
                true if inner => Some(element.clone()),
                true => None,
                false => Some(value.clone()),
            });
            *list = rest.collect();
            true
        }
        _ => false,
    }
}

/// Whether a table spread over several headers (`[a]` … `[a.b]`) holds `at` somewhere inside.
fn deep_holds(value: &Spanned<DeValue<'_>>, at: &Range<usize>) -> bool {
    let holds = |span: Range<usize>| span.start <= at.start && at.end <= span.end && at.start < span.end;
    match value.get_ref() {
        DeValue::Table(table) => {
            table.iter().any(|(key, value)| holds(key.span()) || holds(value.span()) || deep_holds(value, at))
        }
        DeValue::Array(list) => list.iter().any(|value| holds(value.span()) || deep_holds(value, at)),
        _ => false,
    }
}

/// What serde and TOML say, and what a reader of the file should hear; each is replaced in turn.
const WORDS: [(&str, &str); 17] = [
    ("unknown field", "there is no key"),
    ("missing field", "this key is missing:"),
    (", expected one of", "; the keys here are"),
    (", expected `", "; the key here is `"),
    ("unknown variant", "there is no"),
    ("invalid type: ", "this is a wrong kind of value: "),
    ("invalid value: ", "this value cannot be: "),
    ("integer `", "`"),
    ("floating point `", "`"),
    (", expected u8", "; write a whole number from 0 to 255"),
    (", expected u16", "; write a whole number from 0 to 65535"),
    (", expected u32", "; write a whole number from 0"),
    (", expected u64", "; write a whole number from 0"),
    (", expected i16", "; write a whole number"),
    (", expected f64", "; write a number"),
    (", expected a boolean", "; write true or false"),
    (", expected a string", "; write a text in quotes"),
];

/// serde's message in the words of a file.
fn plain(message: &str) -> String {
    WORDS.iter().fold(message.trim_end().to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use passes::{Policy, Share};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read to see what is refused")]
    struct Sample {
        share: Share,
        #[serde(default)]
        count: u32,
    }

    fn told(text: &str, read: impl FnOnce(&mut Document)) -> Vec<String> {
        told_of(&Source::new(Path::new("a.toml"), text.to_owned()), read)
    }

    fn told_of(source: &Source, read: impl FnOnce(&mut Document)) -> Vec<String> {
        match Document::parse(source) {
            Ok(mut document) => {
                read(&mut document);
                document.finish().err()
            }
            Err(bad) => Some(bad),
        }
        .map_or_else(Vec::new, |bad| bad.to_string().lines().map(str::to_owned).collect())
    }

    #[test]
    fn every_bad_key_is_told_with_its_line() {
        let text = "[sample]\nshare = 1.4\ncuont = 3\ncount = -1\n\n[smaple]\n";
        let told = told(text, |document| {
            document.section::<Sample>("sample", &["share"]);
        });
        assert_eq!(told.len(), 4, "{told:#?}");
        assert!(told[0].starts_with("a.toml:2: sample.share: 1.4 is not a share"), "{told:#?}");
        assert!(told[1].starts_with("a.toml:3: sample.cuont: there is no key"), "{told:#?}");
        let count = "a.toml:4: sample.count: this value cannot be: `-1`; write a whole number from 0";
        assert_eq!(told[2], count, "{told:#?}");
        assert!(told[3].starts_with("a.toml:6: smaple: there is no such key or section"), "{told:#?}");
    }

    #[test]
    fn faults_deep_in_a_policy_have_their_own_line() {
        let text = r#"[policy]
from = "2020-04-02T00:00"
until = "2020-03-02T00:00"
[policy.purposes]
groceries = { validity_min = 0 }
pet = { validity_mn = 60 }
shop = { validity_min = 60 }
[[policy.quotas]]
passes = 2
per = "fortnight"
"#;
        let told = told(text, |document| {
            let policy = document.section::<Policy>("policy", &["from", "until", "purposes"]).unwrap();
            document.note_faults(policy.faults());
        });
        assert!(told.iter().any(|line| line.starts_with("a.toml:6: policy.purposes.pet.validity_mn")), "{told:#?}");
        assert!(told.iter().any(|line| line.starts_with("a.toml:7: policy.purposes.shop")), "{told:#?}");
        assert!(told.iter().any(|line| line.starts_with("a.toml:10: policy.quotas.0.per")), "{told:#?}");
        // What the section finds wrong with itself is told beside what cannot be read.
        assert!(told.iter().any(|line| line.starts_with("a.toml:3: policy.until: the policy ends")), "{told:#?}");
        assert!(told.iter().any(|line| line.starts_with("a.toml:5: policy.purposes.groceries")), "{told:#?}");
    }

    #[test]
    fn missing_keys_are_all_told() {
        let told = told("[policy]\n", |document| {
            document.section::<Policy>("policy", &["from", "until", "purposes"]);
        });
        assert_eq!(told.len(), 3, "{told:#?}");
        assert!(told[0].starts_with("a.toml:1: policy.from: this key is missing"));
    }

    #[test]
    fn what_sections_find_has_the_line_of_its_key() {
        let told = told("[policy]\nfrom = 1\nuntil = 2\n", |document| {
            document.known.push("policy");
            document.note_faults(vec![Fault::new("policy.until", "before the start")]);
        });
        assert_eq!(told, ["a.toml:3: policy.until: before the start"]);
    }

    #[test]
    fn a_fault_lies_with_who_set_the_value() {
        let changes = ["sample.share=1.4", "sample.cuont=3", "other.x=1"].map(|set| set.parse().unwrap());
        let written = "[sample]\n# one\nshare = 0.5\n\n# two\n[smaple]\n[sample.count]\nx = 1\n";
        let source = Source::new(Path::new("a.toml"), written.to_owned()).with(&changes).unwrap();
        let told = told_of(&source, |document| {
            document.section::<Sample>("sample", &["share"]);
        });
        assert_eq!(told.len(), 5, "{told:#?}");
        assert!(told[0].starts_with("a.toml:6: smaple: there is no such key or section"), "{told:#?}");
        assert!(told[1].starts_with("a.toml:7: sample.count: this is a wrong kind of value"), "{told:#?}");
        assert!(told[2].starts_with("--set other.x=1: other: there is no such key or section"), "{told:#?}");
        assert!(told[3].starts_with("--set sample.cuont=3: there is no key `cuont`"), "{told:#?}");
        assert!(told[4].starts_with("--set sample.share=1.4: 1.4 is not a share"), "{told:#?}");
    }

    #[test]
    fn broken_toml_is_said_to_be_that() {
        let told = told("[policy\nfrom = \n", |_| ());
        assert!(told[0].starts_with("a.toml:1: this is not TOML"), "{told:#?}");
    }
}
