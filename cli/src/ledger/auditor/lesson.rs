//! What the auditor learns of a design from an experiment.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use demand::RequestKind;
use reference_server::raw::Cell;

use super::act::{Act, Attribute};
use super::experiment::Tried;
use super::reading::follows_clock;
use super::snapshot::Snapshot;

/// So many things of a kind must be told apart by a column before it is said to follow them.
const LEAST_THINGS: usize = 3;
/// So long is a value that nobody has by chance, in bytes.
const LONG: usize = 8;

/// A column: the name of its table, and its place there.
pub(super) type Column<'a> = (&'a str, usize);

/// What is known of a design.
#[derive(Clone, Debug, Default)]
pub(in crate::ledger) struct Lessons {
    /// The columns of each table in which acts leave rows.
    pub(super) columns: BTreeMap<String, Vec<String>>,
    /// Which kinds of acts leave rows in a table.
    pub(super) left_by: BTreeMap<String, BTreeSet<RequestKind>>,
    /// The kinds of acts in which an officer meets a person.
    pub(super) checking: BTreeSet<RequestKind>,
    /// Columns that tell when an act of a kind was done.
    pub(super) clocks: BTreeSet<(String, usize, RequestKind)>,
    /// Columns that tell who, or which.
    pub(super) names: BTreeSet<(String, usize, Attribute)>,
    /// Columns of two tables that are equal where they are about the same thing.
    pub(super) links: BTreeSet<((String, usize), (String, usize))>,
}

/// The rows that the acts left in one table.
type Traces<'a> = BTreeMap<&'a str, Vec<(usize, &'a [Cell])>>;

/// The value that stands for each thing.
type Values<'a> = BTreeMap<u32, &'a Cell>;

impl Lessons {
    /// Learns from acts and the store after each; `before` is the store before the first.
    pub(in crate::ledger) fn learn(before: &Snapshot, tried: &[Tried]) -> Self {
        let acts: Vec<Act> = tried.iter().map(|tried| tried.act).collect();
        let mut traces: Traces<'_> = BTreeMap::new();
        let checking = acts.iter().filter(|act| act.checked.is_some()).map(|act| act.kind).collect();
        let mut lessons = Lessons { checking, ..Lessons::default() };
        let mut last = before;
        for (number, Tried { after, .. }) in tried.iter().enumerate() {
            for (table, rows) in after.since(last).filter(|(_, rows)| !rows.is_empty()) {
                let columns = lessons.columns.entry(table.name.clone()).or_insert_with(|| table.columns.clone());
                // An answer whose form changes, such as a list that is empty at first, teaches nothing before it has its form.
                if *columns != table.columns {
                    traces.remove(table.name.as_str());
                    columns.clone_from(&table.columns);
                }
                traces.entry(&table.name).or_default().extend(rows.into_iter().map(|row| (number, row)));
            }
            last = after;
        }
        for (table, rows) in &traces {
            let kinds = rows.iter().map(|(act, _)| acts[*act].kind).collect();
            lessons.left_by.insert((*table).to_owned(), kinds);
        }
        lessons.learn_clocks(&acts, &traces);
        lessons.learn_names(&acts, &traces);
        lessons
    }

    fn learn_clocks(&mut self, acts: &[Act], traces: &Traces<'_>) {
        for (table, rows) in traces {
            for kind in RequestKind::ALL {
                let of_kind: Vec<_> = rows.iter().filter(|(act, _)| acts[*act].kind == kind).collect();
                let columns = of_kind.first().map_or(0, |(_, row)| row.len());
                for column in 0..columns {
                    let values: Vec<_> = of_kind.iter().map(|(act, row)| (acts[*act].at_s, &row[column])).collect();
                    if follows_clock(&values) {
                        self.clocks.insert(((*table).to_owned(), column, kind));
                    }
                }
            }
        }
    }

    fn learn_names(&mut self, acts: &[Act], traces: &Traces<'_>) {
        for attribute in Attribute::ALL {
            let mut found: Vec<(Column<'_>, Values<'_>)> = Vec::new();
            let mut sure: BTreeSet<Column<'_>> = BTreeSet::new();
            for (table, rows) in traces {
                for column in 0..rows.first().map_or(0, |(_, row)| row.len()) {
                    // A time is no name: others are there at the same.
                    if self.is_clock(table, column) {
                        continue;
                    }
                    let told = rows
                        .iter()
                        .filter_map(|(act, row)| Some((*act, attribute.of(&acts[*act], *act)?, &row[column])));
                    let Some((values, repeated)) = values(told) else { continue };
                    if repeated || attribute == Attribute::Person && values.values().all(|cell| is_long(cell)) {
                        sure.insert((table, column));
                    }
                    found.push(((table, column), values));
                }
            }
            let links = links(&found);
            // What is equal to the name of a person is the name of that person.
            loop {
                let more: Vec<Column<'_>> = links
                    .iter()
                    .filter(|(from, to)| sure.contains(from) && !sure.contains(to))
                    .map(|(_, to)| *to)
                    .collect();
                if more.is_empty() {
                    break;
                }
                sure.extend(more);
            }
            let owned = |(table, column): Column<'_>| (table.to_owned(), column);
            self.names.extend(sure.iter().map(|(table, column)| ((*table).to_owned(), *column, attribute)));
            if matches!(attribute, Attribute::Person | Attribute::Pass | Attribute::Act) {
                self.links.extend(links.into_iter().map(|(from, to)| (owned(from), owned(to))));
            }
        }
    }

    fn is_clock(&self, table: &str, column: usize) -> bool {
        self.clocks.iter().any(|(of, at, _)| of == table && *at == column)
    }
}

/// The value for each thing, and whether one was seen in several acts; `None` unless each thing has a value of its own and always the
/// same.
fn values<'a>(told: impl Iterator<Item = (usize, u32, &'a Cell)>) -> Option<(Values<'a>, bool)> {
    let mut values: BTreeMap<u32, (&Cell, usize)> = BTreeMap::new();
    let mut repeated = false;
    for (act, thing, cell) in told.filter(|(_, _, cell)| **cell != Cell::Null) {
        let (known, seen) = values.entry(thing).or_insert((cell, act));
        if *known != cell {
            return None;
        }
        repeated |= *seen != act;
    }
    let distinct: HashSet<&Cell> = values.values().map(|(cell, _)| *cell).collect();
    let tells = distinct.len() == values.len() && values.len() >= LEAST_THINGS;
    tells.then(|| (values.into_iter().map(|(thing, (cell, _))| (thing, cell)).collect(), repeated))
}

/// Pairs of columns of two tables that have the same value for each thing that both know.
fn links<'a>(found: &[(Column<'a>, Values<'_>)]) -> Vec<(Column<'a>, Column<'a>)> {
    let mut links = Vec::new();
    for (from, values) in found {
        for (to, others) in found.iter().filter(|(to, _)| to.0 != from.0) {
            let mut common = values.iter().filter_map(|(thing, cell)| Some((cell, others.get(thing)?)));
            let count = common.clone().count();
            if count >= LEAST_THINGS && common.all(|(cell, other)| cell == other) {
                links.push((*from, *to));
            }
        }
    }
    links
}

fn is_long(cell: &Cell) -> bool {
    match cell {
        Cell::Text(text) => text.len() >= LONG,
        Cell::Bytes(bytes) => bytes.len() >= LONG,
        Cell::Null | Cell::Integer(_) | Cell::Real(_) => false,
    }
}
