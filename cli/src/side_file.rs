//! Small files beside a scenario, each with one section: objectives (`--slo`) and how a target is spoken to (`--target-file`).

use std::path::Path;

use passes::Fault;
use serde::Deserialize;

use crate::bad_file::BadFile;
use crate::faults::Document;
use crate::source::Source;

/// Reads the section `name` of `file`, which has nothing else but a title; `faults` finds what is wrong with what can be read.
///
/// # Errors
/// [`BadFile`] with every fault and its line.
pub(crate) fn read<T: for<'de> Deserialize<'de>>(
    file: &Path,
    name: &'static str,
    faults: impl Fn(&T) -> Vec<Fault>,
) -> Result<T, BadFile> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        BadFile::whole(file, format!("cannot be read: {error}; name a file with a [{name}] section"))
    })?;
    let source = Source::new(file, text);
    let mut document = Document::parse(&source)?;
    document.key("title", Some(String::new()));
    let read: Option<T> = document.section(name, &[]);
    document.note_faults(read.as_ref().map(faults).unwrap_or_default());
    document.finish()?;
    read.ok_or_else(|| BadFile::whole(file, "cannot be used"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use loadgen::{Interface, Slo};

    fn told<T: for<'de> Deserialize<'de>>(text: &str, name: &'static str, faults: fn(&T) -> Vec<Fault>) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        std::fs::write(&file, text).unwrap();
        let bad = read(&file, name, faults).err();
        let text = bad.map(|bad| bad.to_string().replace(&file.display().to_string(), "a.toml")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn all_faults_of_a_target_file_are_told_with_line_and_key() {
        let text = r#"[target]
singel_use = true

[target.issue]
path = "passes"
body = '{"why": {purpose}}'
code = "/code"

[target.verify]
path = "/v/{coed}"
right = [200, "x"]
valid = "ok"
"#;
        let told = told::<Interface>(text, "target", Interface::faults);
        for (place, what) in [
            ("a.toml:2: target.singel_use", "there is no key"),
            ("a.toml:5: target.issue.path", "begin with a slash"),
            ("a.toml:6: target.issue.body", "no JSON when it is filled in"),
            ("a.toml:10: target.verify.path", "{coed}"),
            ("a.toml:11: target.verify.right", "wrong kind of value"),
            ("a.toml:12: target.verify.valid", "begins with a slash"),
        ] {
            assert!(told.iter().any(|line| line.starts_with(place) && line.contains(what)), "{place}: {told:#?}");
        }
        assert_eq!(told.len(), 6, "{told:#?}");
    }

    #[test]
    fn objectives_are_told_the_same_way() {
        let text = "[slo]\npercentile = 101\n[slo.verify]\nresponse_time_ms = 0\n[load]\n";
        let told = told::<Slo>(text, "slo", Slo::faults);
        assert_eq!(told.len(), 3, "{told:#?}");
        assert!(
            told[0].starts_with("a.toml:2: slo.percentile")
                && told[1].starts_with("a.toml:4: slo.verify.response_time_ms")
        );
        assert!(told[2].starts_with("a.toml:5: load: there is no such key or section"), "{told:#?}");
    }
}
