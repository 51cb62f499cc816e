//! Counting what can be linked.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use demand::RequestKind;
use reference_server::raw::{Cell, Table};

use super::act::Attribute;
use super::lesson::Lessons;
use super::snapshot::Snapshot;

/// Tables that a row may lead through to what it is about.
const LONGEST_WAY: usize = 3;

/// What a store tells whoever holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::ledger) struct Ledger {
    /// Persons who have a name in it, be it a name that says nothing.
    pub(in crate::ledger) persons: u64,
    /// By what was done.
    pub(in crate::ledger) facts: BTreeMap<Kinds, Facts>,
}

/// Kinds of acts that the store does not tell apart; mostly one.
pub(in crate::ledger) type Kinds = BTreeSet<RequestKind>;

/// How many rows link what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::ledger) struct Facts {
    /// A person with a time.
    pub(in crate::ledger) person_time: u64,
    /// A person with a place and a time.
    pub(in crate::ledger) person_place_time: u64,
    /// A person with an officer.
    pub(in crate::ledger) officer_person: u64,
}

impl Ledger {
    /// Over all that was done.
    pub(in crate::ledger) fn total(&self) -> Facts {
        self.facts.values().fold(Facts::default(), |sum, facts| Facts {
            person_time: sum.person_time + facts.person_time,
            person_place_time: sum.person_place_time + facts.person_place_time,
            officer_person: sum.officer_person + facts.officer_person,
        })
    }
}

/// Counts what `snapshot` tells whoever knows the `lessons`. Where acts of a kind left rows in several tables, the table counts that
/// tells most: it is the same acts that they tell of.
pub(in crate::ledger) fn count(lessons: &Lessons, snapshot: &Snapshot) -> Ledger {
    let holder = Holder { lessons, snapshot, indexes: RefCell::default() };
    let mut facts: BTreeMap<Kinds, Facts> = BTreeMap::new();
    for table in lessons.left_by.keys().filter_map(|name| holder.table(name)) {
        for (kinds, found) in holder.facts(table) {
            let most = facts.entry(kinds).or_default();
            most.person_time = most.person_time.max(found.person_time);
            most.person_place_time = most.person_place_time.max(found.person_place_time);
            most.officer_person = most.officer_person.max(found.officer_person);
        }
    }
    facts.retain(|_, facts| *facts != Facts::default());
    Ledger { persons: holder.persons(), facts }
}

/// A way from a row to a value: from table to table by equal columns, and last the column.
#[derive(Clone, Debug)]
struct Way<'a> {
    steps: Vec<(usize, &'a str, usize)>,
    column: usize,
}

/// By value, the one row that has it; `None` where several have.
type Index<'a> = HashMap<&'a Cell, Option<&'a [Cell]>>;

/// Whoever holds the store, and knows the lessons.
struct Holder<'a> {
    lessons: &'a Lessons,
    snapshot: &'a Snapshot,
    indexes: RefCell<HashMap<(&'a str, usize), Rc<Index<'a>>>>,
}

impl<'a> Holder<'a> {
    /// The table of this name, if its columns are those that were learned of.
    fn table(&self, name: &str) -> Option<&'a Table> {
        let table = self.snapshot.table(name)?;
        (self.lessons.columns.get(name) == Some(&table.columns)).then_some(table)
    }

    /// What the rows of `table` link. Several columns may tell the time of one act, which is one fact; a column may tell that of acts of
    /// several kinds, each in a row of its own.
    fn facts(&self, table: &'a Table) -> Vec<(Kinds, Facts)> {
        let to = |attribute| self.way(&table.name, attribute);
        let Some(person) = to(Attribute::Person) else { return Vec::new() };
        let (officer, place) = (to(Attribute::Officer), to(Attribute::Place));
        let rows: Vec<&'a [Cell]> =
            table.rows.iter().map(Vec::as_slice).filter(|row| self.reaches(row, &person)).collect();
        let count = |is: &dyn Fn(&'a [Cell]) -> bool| rows.iter().filter(|row| is(row)).count() as u64;
        let mut facts: BTreeMap<Kinds, Facts> = BTreeMap::new();
        for (kinds, clocks) in self.clocks(&table.name) {
            let timed = |row: &[Cell]| clocks.iter().any(|clock| row[*clock] != Cell::Null);
            // Where a resident's own act leads to a check, it is the check that tells the place.
            let place = place.as_ref().filter(|_| !kinds.is_disjoint(&self.lessons.checking));
            let placed = |row| timed(row) && place.is_some_and(|place| self.reaches(row, place));
            let found = Facts { person_time: count(&timed), person_place_time: count(&placed), officer_person: 0 };
            facts.insert(kinds, found);
        }
        let checks: Kinds = self.lessons.left_by[&table.name].intersection(&self.lessons.checking).copied().collect();
        if let Some(officer) = officer.filter(|_| !checks.is_empty()) {
            let timed = facts.keys().find(|kinds| !kinds.is_disjoint(&checks)).cloned();
            let met = count(&|row| self.reaches(row, &officer));
            facts.entry(timed.unwrap_or(checks)).or_default().officer_person = met;
        }
        facts.into_iter().collect()
    }

    /// The columns of a table that tell the time, by the kinds of acts of which they tell it.
    fn clocks(&self, table: &str) -> BTreeMap<Kinds, Vec<usize>> {
        let mut of_column: BTreeMap<usize, Kinds> = BTreeMap::new();
        for (_, column, kind) in self.lessons.clocks.iter().filter(|(of, ..)| of == table) {
            of_column.entry(*column).or_default().insert(*kind);
        }
        let mut columns: BTreeMap<Kinds, Vec<usize>> = BTreeMap::new();
        for (column, kinds) in of_column {
            columns.entry(kinds).or_default().push(column);
        }
        columns
    }

    /// Different names of persons in the table that has most.
    fn persons(&self) -> u64 {
        let names = self.lessons.names.iter().filter(|(_, _, attribute)| *attribute == Attribute::Person);
        let counts = names.filter_map(|(name, column, _)| {
            let rows = &self.table(name)?.rows;
            let names: HashSet<&Cell> =
                rows.iter().map(|row| &row[*column]).filter(|cell| **cell != Cell::Null).collect();
            Some(names.len() as u64)
        });
        counts.max().unwrap_or(0)
    }

    /// The shortest way from the rows of `table` to what they are about.
    fn way(&self, table: &'a str, attribute: Attribute) -> Option<Way<'a>> {
        let mut open = vec![(table, Vec::new())];
        let mut seen = BTreeSet::from([table]);
        for _ in 0..=LONGEST_WAY {
            let own = |name: &str| {
                let column = |(of, column, what): &(String, usize, Attribute)| {
                    (of == name && *what == attribute).then_some(*column)
                };
                self.lessons.names.iter().find_map(column)
            };
            if let Some((column, steps)) = open.iter().find_map(|(name, steps)| Some((own(name)?, steps.clone()))) {
                return Some(Way { steps, column });
            }
            let mut next = Vec::new();
            for ((from, column), (to, other)) in &self.lessons.links {
                for (_, steps) in open.iter().filter(|(name, _)| name == from) {
                    if seen.insert(to) {
                        let steps: Vec<_> = steps.iter().copied().chain([(*column, to.as_str(), *other)]).collect();
                        next.push((to.as_str(), steps));
                    }
                }
            }
            open = next;
        }
        None
    }

    /// Whether `way` leads from `row` to a value.
    fn reaches(&self, row: &'a [Cell], way: &Way<'a>) -> bool {
        let mut row = row;
        for &(column, table, other) in &way.steps {
            let Some(Some(next)) = self.index(table, other).get(&row[column]).copied() else { return false };
            row = next;
        }
        row[way.column] != Cell::Null
    }

    fn index(&self, table: &'a str, column: usize) -> Rc<Index<'a>> {
        let mut indexes = self.indexes.borrow_mut();
        let index = indexes.entry((table, column)).or_insert_with(|| {
            let mut index: Index<'a> = HashMap::new();
            for row in self.table(table).into_iter().flat_map(|table| &table.rows) {
                index.entry(&row[column]).and_modify(|only| *only = None).or_insert(Some(row));
            }
            index.remove(&Cell::Null);
            Rc::new(index)
        });
        Rc::clone(index)
    }
}
