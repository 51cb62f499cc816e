//! Overwriting what SQLite leaves of rows where no row is.
//!
//! `secure_delete` overwrites a row where it is deleted. But when SQLite distributes the rows of a full or an empty page anew over its
//! neighbours (`rebuildPage` in its btree.c), it leaves the old copies where they were: in the gap between a page's header and the first
//! of its rows. Nothing reads a gap, and what is written there changes no table. Why it is done so:
//! `docs/decisions/0030-nothing-stays-in-the-gaps.md`; the layout of pages: <https://sqlite.org/fileformat2.html>.

use std::ops::Range;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::schema::PAGE_BYTES;

/// Bytes of what a map of pages tells about a page: its kind, and the number of the page that leads to it.
const ENTRY_BYTES: usize = 5;
/// Pages that one map tells about: those that follow it, up to the next map.
const MAPPED: u32 = PAGE_BYTES as u32 / ENTRY_BYTES as u32;
/// SQLite never uses the page in which the first byte after 1 GiB lies. It moves a map that would come to lie there; none does.
const LOCK_PAGE: u32 = (1 << 30) / PAGE_BYTES as u32 + 1;
const _: () = assert!(!(LOCK_PAGE - FIRST_MAP).is_multiple_of(MAPPED + 1));

/// The page of the first map. A file has maps because of `auto_vacuum`.
pub(super) const FIRST_MAP: u32 = 2;

/// Overwrites the gaps of the pages that the `map` tells about; answers the next map, if there is one.
pub(super) fn overwrite(db: &mut Connection, map: u32) -> rusqlite::Result<Option<u32>> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Some(entries) = read(&transaction, map, <[u8]>::to_vec)? else { return Ok(None) };
    for (page, entry) in (map + 1..).zip(entries.chunks_exact(ENTRY_BYTES)) {
        if holds_rows(entry[0])
            && let Some(Some(clean)) = read(&transaction, page, without_remains)?
        {
            transaction.prepare_cached("UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1")?.execute((page, clean))?;
        }
    }
    transaction.commit()?;
    Ok(Some(map + MAPPED + 1))
}

/// What `look` makes of a page's bytes; `None` behind the end of the file.
fn read<T>(transaction: &Transaction<'_>, page: u32, look: impl FnOnce(&[u8]) -> T) -> rusqlite::Result<Option<T>> {
    transaction
        .prepare_cached("SELECT data FROM sqlite_dbpage WHERE pgno = ?1")?
        .query_row([page], |row| Ok(look(row.get_ref(0)?.as_blob()?)))
        .optional()
}

/// Whether a map calls a page of this kind a page of a B-tree. All others are overwritten whole when they are given up.
fn holds_rows(kind: u8) -> bool {
    const ROOT: u8 = 1;
    const BELOW_A_ROOT: u8 = 5;
    matches!(kind, ROOT | BELOW_A_ROOT)
}

/// The page with nothing in its gap, if there is anything.
fn without_remains(page: &[u8]) -> Option<Vec<u8>> {
    let gap = gap(page)?;
    page.get(gap.clone())?.iter().any(|byte| *byte != 0).then(|| {
        let mut clean = page.to_vec();
        clean[gap].fill(0);
        clean
    })
}

/// Where a page of a B-tree has its gap: from the end of the list of its rows to the first of them.
fn gap(page: &[u8]) -> Option<Range<usize>> {
    let number = |at: usize| Some(usize::from(u16::from_be_bytes([*page.get(at)?, *page.get(at + 1)?])));
    let header_bytes = match page.first()? {
        2 | 5 => 12,
        10 | 13 => 8,
        _ => return None,
    };
    let (rows, first_row) = (number(3)?, number(5)?);
    Some(header_bytes + 2 * rows..first_row)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of this kind, full of remains, with `rows` of which the first stands at `first_row`.
    fn page(kind: u8, rows: u16, first_row: u16) -> Vec<u8> {
        let mut page = vec![0xaa; PAGE_BYTES as usize];
        page[0] = kind;
        page[3..5].copy_from_slice(&rows.to_be_bytes());
        page[5..7].copy_from_slice(&first_row.to_be_bytes());
        page
    }

    #[test]
    fn the_gap_is_what_is_neither_list_nor_row() {
        for (kind, header) in [(2, 12), (5, 12), (10, 8), (13, 8)] {
            let before = page(kind, 100, 1_000);
            let after = without_remains(&before).unwrap();
            let changed: Vec<usize> = (0..before.len()).filter(|at| before[*at] != after[*at]).collect();
            assert_eq!(changed, Vec::from_iter(header + 200..1_000));
            assert_eq!(without_remains(&after), None, "a clean page is not written again");
        }
    }

    #[test]
    fn a_page_that_is_none_is_left_alone() {
        assert_eq!(without_remains(&page(0, 1, 1_000)), None, "another kind");
        assert_eq!(without_remains(&page(13, 1_020, 2_000)), None, "the list reaches into the rows");
        assert_eq!(without_remains(&page(13, 1, 2_049)), None, "rows behind the end");
        assert_eq!(without_remains(&[13, 0]), None);
    }
}
