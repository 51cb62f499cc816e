//! Settings in layers: a flag beats the environment, the environment beats the file, the file beats the default.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::ValueEnum;
use jiff::civil::DateTime;
use passes::SchemeKind;

use crate::args::{Store, duration};
use crate::failure::bad_input;

/// Variables of the environment that are settings begin so.
pub(crate) const PREFIX: &str = "LOCKGATE_";

/// A kind of value, as written in a flag, a variable or a file.
pub(crate) trait Setting: Sized {
    /// The value that `text` means, or what to write instead.
    fn read(text: &str) -> Result<Self, String>;
    /// The text that means this value.
    fn show(&self) -> String;
}

/// All layers of the settings of a command.
pub(crate) struct Layers {
    file: Option<PathBuf>,
    in_file: BTreeMap<String, String>,
    in_environment: BTreeMap<String, String>,
    known: BTreeSet<&'static str>,
    faults: Vec<String>,
    shown: String,
}

impl Layers {
    /// Reads the file, if there is one, and those of `variables` that are settings.
    pub(crate) fn read(
        file: Option<PathBuf>,
        variables: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let setting = |(name, value): (String, String)| Some((name.strip_prefix(PREFIX)?.to_ascii_lowercase(), value));
        let mut in_environment: BTreeMap<String, String> = variables.filter_map(setting).collect();
        let file = file.or_else(|| in_environment.remove("settings").map(PathBuf::from));
        in_environment.remove("settings");
        let mut faults = Vec::new();
        let in_file = file.as_deref().map_or_else(|| Ok(BTreeMap::new()), |file| texts(file, &mut faults))?;
        Ok(Layers { file, in_file, in_environment, known: BTreeSet::new(), faults, shown: String::new() })
    }

    /// The value of `key`: that of the highest layer which has one.
    pub(crate) fn value<T: Setting>(&mut self, key: &'static str, flag: Option<String>, default: T) -> T {
        self.known.insert(key);
        let in_environment = || Some((self.in_environment.get(key)?.clone(), "environment"));
        let in_file = || Some((self.in_file.get(key)?.clone(), "file"));
        let found = flag.map(|text| (text, "flag")).or_else(in_environment).or_else(in_file);
        let (value, layer) = match found {
            None => (default, "default"),
            Some((text, layer)) => match T::read(&text) {
                Ok(value) => (value, layer),
                Err(instead) => {
                    self.faults.push(format!("{}: '{text}': {instead}", self.place(key, layer)));
                    (default, layer)
                }
            },
        };
        // A string takes all that is written.
        let text = toml::Value::String(value.show());
        let _ = writeln!(self.shown, "{key} = {text}  # {layer}");
        value
    }

    /// What holds, as a file of settings with the layer behind each.
    ///
    /// # Errors
    /// Everything that is wrong in any layer, names that mean nothing included.
    pub(crate) fn finish(mut self) -> anyhow::Result<String> {
        for (layer, names) in [("environment", &self.in_environment), ("file", &self.in_file)] {
            for name in names.keys().filter(|name| !self.known.contains(name.as_str())) {
                let place = self.place(name, layer);
                self.faults.push(format!("{place}: there is no such setting; `--print-settings` lists them"));
            }
        }
        if self.faults.is_empty() { Ok(self.shown) } else { Err(bad_input(self.faults.join("\nlockgate: "))) }
    }

    fn place(&self, key: &str, layer: &str) -> String {
        match (layer, &self.file) {
            ("flag", _) => format!("--{}", key.replace('_', "-")),
            ("file", Some(file)) => format!("{}: {key}", file.display()),
            _ => format!("{PREFIX}{}", key.to_ascii_uppercase()),
        }
    }
}

/// The settings of a file as texts.
fn texts(file: &Path, faults: &mut Vec<String>) -> anyhow::Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read the settings '{}'", file.display()));
    let text = text.map_err(|error| bad_input(format!("{error:#}")))?;
    let table: toml::Table = text.parse().map_err(|error| bad_input(format!("{}: {error}", file.display())))?;
    let mut texts = BTreeMap::new();
    for (key, value) in table {
        let text = match value {
            toml::Value::String(text) => Some(text),
            toml::Value::Array(parts) => {
                parts.iter().map(toml::Value::as_str).collect::<Option<Vec<_>>>().map(|parts| parts.join(" "))
            }
            toml::Value::Table(_) => None,
            plain => Some(plain.to_string()),
        };
        match text {
            Some(text) => drop(texts.insert(key, text)),
            None => faults.push(format!("{}: {key}: write one value, or a list of texts", file.display())),
        }
    }
    Ok(texts)
}

impl Setting for String {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Setting for PathBuf {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Setting for usize {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "write a whole number above 0".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for bool {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "write true or false".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for Duration {
    fn read(text: &str) -> Result<Self, String> {
        duration(text)
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }
}

impl Setting for SchemeKind {
    fn read(text: &str) -> Result<Self, String> {
        text.parse()
    }

    fn show(&self) -> String {
        self.name().to_owned()
    }
}

impl Setting for DateTime {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "write a local time such as 2020-04-04T09:00".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// A value that need not be there: nothing, or an empty text, is none.
impl<T: Setting> Setting for Option<T> {
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() { Ok(None) } else { T::read(text).map(Some) }
    }

    fn show(&self) -> String {
        self.as_ref().map(T::show).unwrap_or_default()
    }
}

impl Setting for Store {
    fn read(text: &str) -> Result<Self, String> {
        read_choice(text)
    }

    fn show(&self) -> String {
        show_choice(self)
    }
}

/// One of the values of `T`.
pub(crate) fn read_choice<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text, false).map_err(|_| {
        let names: Vec<String> = T::value_variants().iter().map(show_choice).collect();
        format!("write one of {}", names.join(", "))
    })
}

/// The text of one of the values of `T`.
pub(crate) fn show_choice<T: ValueEnum>(value: &T) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(file: Option<&str>, variables: &[(&str, &str)]) -> (Layers, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = file.map(|text| {
            let path = folder.path().join("settings.toml");
            std::fs::write(&path, text).unwrap();
            path
        });
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        (Layers::read(path, variables).unwrap(), folder)
    }

    #[test]
    fn each_layer_beats_those_below() {
        let file = "in_flight = 3\nlisten = \"file\"\ninject = [\"a=1\", \"b=2\"]";
        let (mut layers, _folder) = layers(Some(file), &[("LOCKGATE_LISTEN", "environment"), ("PATH", "/bin")]);
        assert_eq!(layers.value("listen", Some("flag".into()), String::new()), "flag");
        assert_eq!(layers.value("listen", None, String::new()), "environment");
        assert_eq!(layers.value("in_flight", None, 1), 3_usize);
        assert_eq!(layers.value("inject", None, String::new()), "a=1 b=2");
        assert_eq!(layers.value("wait", None, Duration::from_millis(100)), Duration::from_millis(100));
        let shown = layers.finish().unwrap();
        assert!(shown.ends_with("wait = \"100ms\"  # default\n"), "{shown}");
        assert!(shown.parse::<toml::Table>().is_err(), "the same key twice, as this test asked");
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let variables = [("LOCKGATE_WAIT", "long"), ("LOCKGATE_LISTN", "x")];
        let (mut layers, _folder) = layers(Some("in_flight = 0\nport = 1\n[limits]\nx = 1"), &variables);
        layers.value("wait", None, Duration::ZERO);
        layers.value("in_flight", None, 1_usize);
        layers.value("now", Some("noon".into()), None::<DateTime>);
        let told = layers.finish().unwrap_err().to_string();
        for part in [
            "LOCKGATE_WAIT: 'long'",
            "LOCKGATE_LISTN: there is no such",
            "toml: in_flight: '0'",
            "toml: port: there",
            "toml: limits: write one value",
            "--now: 'noon'",
        ] {
            assert!(told.contains(part), "{part} in {told}");
        }
        assert_eq!(told.lines().count(), 6, "{told}");
    }
}
