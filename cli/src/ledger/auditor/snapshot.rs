//! All that stands in a store, or can be read through its interface, at one moment.

use std::collections::HashMap;

use reference_server::raw::{Cell, Table};

/// Tables by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::ledger) struct Snapshot {
    pub(in crate::ledger) tables: Vec<Table>,
}

impl Snapshot {
    /// The table of this name.
    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The rows that were not there in `before`, by table: new ones, and old ones as they are now.
    pub(super) fn since<'a>(&'a self, before: &'a Snapshot) -> impl Iterator<Item = (&'a Table, Vec<&'a [Cell]>)> {
        self.tables.iter().map(|table| {
            let mut known: HashMap<&[Cell], usize> = HashMap::new();
            for row in before.table(&table.name).into_iter().flat_map(|before| &before.rows) {
                *known.entry(row.as_slice()).or_default() += 1;
            }
            let is_new = |row: &&'a [Cell]| match known.get_mut(row) {
                Some(left @ 1..) => {
                    *left -= 1;
                    false
                }
                _ => true,
            };
            (table, table.rows.iter().map(Vec::as_slice).filter(is_new).collect())
        })
    }
}
