//! What stands in files whatever the tables say: rows that were removed, and texts that should never have been written.

use std::collections::{HashMap, HashSet};

use reference_server::raw::Cell;

use super::snapshot::Snapshot;

/// Shorter values stand anywhere by chance.
const LEAST_BYTES: usize = 8;

/// How many values that stood in `before` and stand in `after` no more are still in the `files`.
pub(in crate::ledger) fn remnants(before: &Snapshot, after: &Snapshot, files: &[Vec<u8>]) -> u64 {
    let kept: HashSet<&[u8]> = values(after).collect();
    let gone: HashSet<&[u8]> = values(before).filter(|value| !kept.contains(value)).collect();
    standing(gone.into_iter(), files)
}

/// How many of the `texts`, each of at least eight bytes, stand in the `files`.
pub(in crate::ledger) fn standing<'a>(texts: impl Iterator<Item = &'a [u8]>, files: &[Vec<u8>]) -> u64 {
    let mut by_start: HashMap<[u8; LEAST_BYTES], Vec<&[u8]>> = HashMap::new();
    for text in texts {
        if let Some(start) = text.first_chunk() {
            by_start.entry(*start).or_default().push(text);
        }
    }
    let mut found: HashSet<&[u8]> = HashSet::new();
    for file in files {
        for (place, start) in file.array_windows::<LEAST_BYTES>().enumerate() {
            let texts = by_start.get(start).into_iter().flatten();
            found.extend(texts.filter(|text| file[place..].starts_with(text)));
        }
    }
    found.len() as u64
}

fn values(snapshot: &Snapshot) -> impl Iterator<Item = &[u8]> {
    let cells = snapshot.tables.iter().flat_map(|table| &table.rows).flatten();
    cells.filter_map(|cell| match cell {
        Cell::Text(text) if text.len() >= LEAST_BYTES => Some(text.as_bytes()),
        Cell::Bytes(bytes) if bytes.len() >= LEAST_BYTES => Some(bytes.as_slice()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use reference_server::raw::Table;

    fn holding(values: &[&str]) -> Snapshot {
        let rows = values.iter().map(|value| vec![Cell::Text((*value).to_owned()), Cell::Integer(7)]).collect();
        Snapshot { tables: vec![Table { name: "t".into(), columns: vec!["a".into(), "b".into()], rows }] }
    }

    #[test]
    fn what_was_removed_and_is_still_in_a_file_is_found() {
        let before = holding(&["removed and gone", "removed, not gone", "kept as it was", "short"]);
        let after = holding(&["kept as it was"]);
        let file = b"\0\0removed, not gone.kept as it was short removed, not gone".to_vec();
        assert_eq!(remnants(&before, &after, std::slice::from_ref(&file)), 1);
        assert_eq!(remnants(&before, &before, &[file]), 0);
        assert_eq!(remnants(&before, &after, &[Vec::new(), b"removed".to_vec()]), 0);
    }
}
