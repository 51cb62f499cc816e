//! Warnings as people read them: what holds for several is said once.

/// Each warning once, in the order of the first; what several paths or schemes have in common, such as `issue: The time ...` and
/// `mix: The time ...`, becomes `issue, mix: The time ...`.
pub(crate) fn together<'a>(warnings: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut all: Vec<(Vec<&str>, &str)> = Vec::new();
    for warning in warnings {
        let (who, text) = of_whom(warning);
        match all.iter_mut().find(|(_, other)| *other == text) {
            Some((others, _)) => others.extend(who.filter(|who| !others.contains(who))),
            None => all.push((who.into_iter().collect(), text)),
        }
    }
    let words = |(who, text): (Vec<&str>, &str)| match who.as_slice() {
        [] => text.to_owned(),
        who => format!("{}: {text}", who.join(", ")),
    };
    all.into_iter().map(words).collect()
}

/// Whom a warning is about, and its sentences, which begin with a capital letter.
fn of_whom(warning: &str) -> (Option<&str>, &str) {
    let colon = warning.match_indices(": ").find(|(at, _)| warning[at + 2..].starts_with(char::is_uppercase));
    // The name of a path or scheme is lower case; a sentence may have a colon, too.
    match colon.filter(|(at, _)| warning[..*at].starts_with(char::is_lowercase)) {
        Some((at, _)) => (Some(&warning[..at]), &warning[at + 2..]),
        None => (None, warning),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_have_in_common_is_said_once() {
        let warnings =
            ["issue: Late.", "One: Two.", "lookup: mix: Late.", "Alone.", "issue: Late.", "Alone.", "verify: Early."];
        let warnings = warnings.map(str::to_owned);
        assert_eq!(together(&warnings), ["issue, lookup: mix: Late.", "One: Two.", "Alone.", "verify: Early."]);
    }
}
