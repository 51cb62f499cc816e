//! Warnings as people read them: what holds for several is said once.

use crate::record::Results;

/// Each warning once, in the order of the first; what several paths or schemes have in common is said of all of them: `issue: Late.` and
/// `mix: Late.` become `issue, mix: Late.`, and `lookup: issue: Late.`, `lookup: mix: Late.` and `signed: mix: Late.` become
/// `lookup (issue, mix), signed (mix): Late.` A scheme of which `results` know no other path stands without its paths.
pub(crate) fn together<'a>(warnings: impl IntoIterator<Item = &'a String>, results: &Results) -> Vec<String> {
    let mut all: Vec<(Vec<Whom>, &str)> = Vec::new();
    for warning in warnings {
        let (who, text) = of_whom(warning);
        let index = all.iter().position(|(_, known)| *known == text).unwrap_or_else(|| {
            all.push((Vec::new(), text));
            all.len() - 1
        });
        if let Some((name, part)) = who {
            add(&mut all[index].0, name, part);
        }
    }
    let words = |(whom, text): (Vec<Whom>, &str)| {
        let whom: Vec<String> = whom.iter().map(|whom| whom.words(results)).collect();
        if whom.is_empty() { text.to_owned() } else { format!("{}: {text}", whom.join(", ")) }
    };
    all.into_iter().map(words).collect()
}

/// Whom a warning is about: a path, a scheme or a generator.
struct Whom<'a> {
    name: &'a str,
    /// The paths of a scheme; none when it is about the name as a whole.
    parts: Vec<&'a str>,
}

impl Whom<'_> {
    fn words(&self, results: &Results) -> String {
        let searched = results.schemes.as_ref().and_then(|schemes| schemes.get(self.name));
        let is_all = searched.is_some_and(|found| found.paths.keys().all(|path| self.parts.contains(&path.as_str())));
        if self.parts.is_empty() || is_all {
            return self.name.to_owned();
        }
        format!("{} ({})", self.name, self.parts.join(", "))
    }
}

/// Adds a name, or another part of a known one.
fn add<'a>(whom: &mut Vec<Whom<'a>>, name: &'a str, part: Option<&'a str>) {
    match (whom.iter_mut().find(|known| known.name == name), part) {
        (None, _) => whom.push(Whom { name, parts: part.into_iter().collect() }),
        (Some(known), None) => known.parts.clear(),
        // A name without parts stands for all of them already.
        (Some(known), Some(part)) if !known.parts.is_empty() && !known.parts.contains(&part) => known.parts.push(part),
        (Some(_), Some(_)) => (),
    }
}

/// Whom a warning is about, with the part if it names one, and its sentences, which begin with a capital letter.
fn of_whom(warning: &str) -> (Option<(&str, Option<&str>)>, &str) {
    let colon = warning.match_indices(": ").find(|(at, _)| warning[at + 2..].starts_with(char::is_uppercase));
    // The name of a path or scheme is lower case; a sentence may have a colon, too.
    let Some((at, _)) = colon.filter(|(at, _)| warning[..*at].starts_with(char::is_lowercase)) else {
        return (None, warning);
    };
    let who = &warning[..at];
    let (name, part) = who.split_once(": ").map_or((who, None), |(name, part)| (name, Some(part)));
    (Some((name, part)), &warning[at + 2..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::tests::capacity;

    fn told<const N: usize>(warnings: [&str; N], results: &Results) -> Vec<String> {
        together(&warnings.map(str::to_owned), results)
    }

    #[test]
    fn what_several_have_in_common_is_said_once() {
        let warnings =
            ["issue: Late.", "One: Two.", "mix: Late.", "Alone.", "issue: Late.", "Alone.", "verify: Early."];
        let expected = ["issue, mix: Late.", "One: Two.", "Alone.", "verify: Early."];
        assert_eq!(told(warnings, &Results::default()), expected);
    }

    #[test]
    fn schemes_are_named_once_each_and_alone_when_all_their_paths_are_meant() {
        let paths = |names: &[&str]| {
            let paths: Vec<_> = names.iter().map(|name| (*name, Some(1.0), None, 1.0)).collect();
            capacity(&paths).capacity.unwrap()
        };
        let schemes = [("lookup", paths(&["issue", "verify"])), ("signed", paths(&["issue", "verify"]))];
        let schemes = Some(schemes.map(|(name, found)| (name.to_owned(), found)).into());
        let results = Results { schemes, ..Results::default() };
        let all = ["lookup: issue: Late.", "lookup: verify: Late.", "signed: issue: Late.", "signed: verify: Late."];
        assert_eq!(told(all, &results), ["lookup, signed: Late."]);
        assert_eq!(
            told([all[0], all[1], all[2], "signed: Hot."], &results),
            ["lookup, signed (issue): Late.", "signed: Hot."]
        );
        assert_eq!(
            told([all[0], all[2], all[3]], &Results::default()),
            ["lookup (issue), signed (issue, verify): Late."]
        );
        assert_eq!(told(["signed: issue: Hot.", "signed: Hot.", "signed: verify: Hot."], &results), ["signed: Hot."]);
    }
}
