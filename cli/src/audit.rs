//! `lockgate audit`: whether an audit log is whole.

use std::path::{Path, PathBuf};

use anyhow::Context;
use passes::wire::AuditLog;
use reference_server::StoreKind;
use reference_server::audit::{Entry, Head, verify};

use crate::args::Audit;
use crate::failure::{Ending, bad_input};

/// Entries read from a store at once.
const PAGE: usize = 1_000;

/// Checks the chain and says in one sentence whether it is whole.
pub(crate) fn run(arguments: &Audit) -> anyhow::Result<Ending> {
    // A URL may hold a password, and others see the flags of a process.
    let in_environment = || std::env::var("LOCKGATE_DATABASE_URL").ok().filter(|_| arguments.files.is_empty());
    let (entries, told) = match (&arguments.data, arguments.database_url.clone().or_else(in_environment)) {
        (Some(dir), _) => from_store(&embedded(dir)?)?,
        (None, Some(url)) => from_store(&StoreKind::Postgres { url })?,
        (None, None) if arguments.files.is_empty() => {
            return Err(bad_input(
                "audit: name the answers of GET /v1/admin/audit as files, or the store with --data DIR or --database-url URL",
            ));
        }
        (None, None) => from_files(&arguments.files)?,
    };
    let (sentence, ending) = judged(&entries, told, arguments.head);
    println!("{sentence}");
    Ok(ending)
}

/// The store of a folder, which must be there: opening it would make it.
fn embedded(dir: &Path) -> anyhow::Result<StoreKind> {
    if !dir.join("passes.db").is_file() {
        return Err(bad_input(format!(
            "--data {}: there is no passes.db in it; name the folder of a server",
            dir.display()
        )));
    }
    Ok(StoreKind::Embedded { dir: dir.to_owned() })
}

/// The whole log of a store, and its end.
fn from_store(kind: &StoreKind) -> anyhow::Result<(Vec<Entry>, Head)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(async {
        let store = kind.open(1)?.store;
        let head = store.audit_head().await?;
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let page = store.audit_log(entries.last().map_or(0, |last| last.number), PAGE).await?;
            if page.is_empty() {
                break;
            }
            entries.extend(page);
        }
        store.close().await?;
        Ok((entries, head))
    })
}

/// The log in the answers of a server, one file a page, and the end that the last of them tells.
fn from_files(files: &[PathBuf]) -> anyhow::Result<(Vec<Entry>, Head)> {
    let mut entries = Vec::new();
    let mut head = Head::default();
    for file in files {
        let unreadable = |why: &dyn std::fmt::Display| {
            bad_input(format!("{}: {why}; save the answer of GET /v1/admin/audit there, as it came", file.display()))
        };
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(&error))?;
        let page: AuditLog = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
        for entry in &page.entries {
            entries.push(Entry::from_wire(entry).ok_or_else(|| {
                unreadable(&format!("entry {} has an unknown act or a hash that is none", entry.number))
            })?);
        }
        head = Head::from_wire(&page.head).ok_or_else(|| unreadable(&"the hash of its head is none"))?;
    }
    Ok((entries, head))
}

/// The sentence, and whether the log is whole: up to the end that it tells itself, and to the one that was `noted` before.
fn judged(entries: &[Entry], told: Head, noted: Option<Head>) -> (String, Ending) {
    for end in [Some(told), noted].into_iter().flatten() {
        if let Err(broken) = verify(Head::default(), entries, end) {
            return (broken_at(broken.number, entries.len() as u64, noted == Some(end)), Ending::Failed);
        }
    }
    let end = entries.last().map_or_else(Head::default, Entry::head);
    let compared = match noted {
        Some(noted) => format!("the end that was noted before, {noted}, is in it."),
        None => format!("its end is {end}: compare it with what was noted from /v1/transparency (--head)."),
    };
    (
        format!("The audit log is whole: {} entries, each follows from the one before; {compared}", end.entries),
        Ending::Held,
    )
}

fn broken_at(number: u64, entries: u64, by_note: bool) -> String {
    match (number > entries, by_note) {
        (true, _) => format!("The audit log is not whole: it ends before entry {number}."),
        (false, false) => format!("The audit log is not whole: entry {number} does not follow from those before it."),
        (false, true) => format!("The audit log is not the one whose end was noted: entry {number} is another."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reference_server::audit::ActKind;

    fn log() -> Vec<Entry> {
        let next = |entries: Vec<Entry>, number: i64| {
            let before = entries.last().map_or_else(Head::default, Entry::head);
            let entry = Entry::after(before, number, "chief", ActKind::Proposed, "a proposal".into());
            entries.into_iter().chain([entry]).collect()
        };
        (1..=4).fold(Vec::new(), next)
    }

    #[test]
    fn a_sentence_says_whether_the_log_is_whole() {
        let whole = log();
        let end = whole[3].head();
        let told = |entries: &[Entry], noted| judged(entries, end, noted);
        assert!(told(&whole, None).0.contains("is whole: 4 entries"), "{:?}", told(&whole, None));
        assert_eq!(told(&whole, Some(whole[1].head())).1, Ending::Held);
        let (sentence, ending) = told(&whole[..3], None);
        assert_eq!((sentence.contains("ends before entry 4"), ending), (true, Ending::Failed), "{sentence}");
        let mut altered = whole.clone();
        altered[1].by = "deputy".into();
        assert!(told(&altered, None).0.contains("entry 2 does not follow"));
        let another = Head { hash: [7; 32], ..whole[1].head() };
        assert!(told(&whole, Some(another)).0.contains("entry 2 is another"));
        let later = Head { entries: 9, ..end };
        assert!(told(&whole, Some(later)).0.contains("ends before entry 5"));
    }
}
