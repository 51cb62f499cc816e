//! Stores made by hand, of which it is known what they tell: the auditor must find that, and nothing else.

use demand::RequestKind;
use proptest::prelude::*;
use reference_server::raw::{Cell, Table};

use super::act::Act;
use super::count::{Facts, count};
use super::experiment::{PEOPLE, Tried, acts};
use super::lesson::Lessons;
use super::snapshot::Snapshot;

const NOW_S: i64 = 1_585_900_000;

/// What a store keeps of an act: rows for tables by their numbers. `number` is that of the act.
type Keeps = fn(act: &Act, number: usize, add: &mut dyn FnMut(usize, Vec<Cell>));

fn digest(what: &str, number: u32) -> Cell {
    // Mixed as SplitMix64 does: nothing of the number is left to see.
    let mix = |mut z: u64| {
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    };
    let salt = what.bytes().fold(1_u64, |salt, byte| mix(salt ^ u64::from(byte)));
    let bytes = [mix(salt.wrapping_add(u64::from(number))), mix(salt ^ u64::from(number) << 32)];
    Cell::Bytes(bytes.iter().flat_map(|word| word.to_be_bytes()).collect())
}

fn time(act: &Act) -> Cell {
    Cell::Integer(NOW_S + act.at_s)
}

fn small(number: u32) -> Cell {
    Cell::Integer(number.into())
}

/// Everything in one table, under names as plain as can be.
fn logs_everything(act: &Act, _: usize, add: &mut dyn FnMut(usize, Vec<Cell>)) {
    let told = act.checked.map_or([Cell::Null, Cell::Null], |checked| [small(checked.officer), small(checked.place)]);
    let [officer, place] = told;
    add(0, vec![small(act.person), time(act), officer, place]);
}

/// Checks name a pass, passes a person: whose check it was, only both tables together tell.
fn hides_the_person_behind_the_pass(act: &Act, _: usize, add: &mut dyn FnMut(usize, Vec<Cell>)) {
    match (act.kind, act.pass, act.checked) {
        (RequestKind::Issue, Some(pass), _) => add(0, vec![digest("pass", pass), digest("person", act.person)]),
        (RequestKind::Verify, Some(pass), Some(checked)) => {
            add(1, vec![digest("pass", pass), time(act), digest("officer", checked.officer), small(checked.place)]);
        }
        _ => {}
    }
}

/// What happened and to whom stand apart, joined by a number.
fn tears_events_apart(act: &Act, number: usize, add: &mut dyn FnMut(usize, Vec<Cell>)) {
    if let (RequestKind::Verify, Some(checked)) = (act.kind, act.checked) {
        let event = 1_000 + number as u32 * 7;
        add(0, vec![small(event), time(act), small(checked.place)]);
        add(1, vec![digest("person", act.person), small(event)]);
    }
}

/// Checks are logged under random names that lead nowhere; passes are issued to persons without a time.
fn lets_nothing_be_linked(act: &Act, number: usize, add: &mut dyn FnMut(usize, Vec<Cell>)) {
    match (act.kind, act.pass, act.checked) {
        (RequestKind::Issue, Some(pass), _) => add(0, vec![digest("person", act.person), digest("pass", pass)]),
        (RequestKind::Verify, _, Some(checked)) => {
            add(1, vec![digest("check", number as u32), time(act), small(checked.officer), small(checked.place)]);
        }
        _ => {}
    }
}

/// The days of acts, and of what kind they were.
fn keeps_days_only(act: &Act, _: usize, add: &mut dyn FnMut(usize, Vec<Cell>)) {
    add(0, vec![digest("person", act.person), Cell::Integer((NOW_S + act.at_s) / 86_400), small(act.kind as u32)]);
}

fn keeps_nothing(_: &Act, _: usize, _: &mut dyn FnMut(usize, Vec<Cell>)) {}

/// The store after so many acts.
fn add(store: &mut Snapshot, keeps: Keeps, act: &Act, number: usize) {
    keeps(act, number, &mut |table, row| {
        while store.tables.len() <= table {
            let name = format!("t{}", store.tables.len());
            store.tables.push(Table { name, ..Table::default() });
        }
        store.tables[table].columns = (0..row.len()).map(|column| format!("c{column}")).collect();
        store.tables[table].rows.push(row);
    });
}

fn learned(keeps: Keeps) -> (Lessons, Snapshot) {
    let mut store = Snapshot::default();
    let tried: Vec<Tried> = (0..)
        .zip(acts())
        .map(|(number, act)| {
            add(&mut store, keeps, &act, number);
            Tried { act, after: store.clone() }
        })
        .collect();
    (Lessons::learn(&Snapshot::default(), &tried), store)
}

fn found(keeps: Keeps) -> (u64, Facts) {
    let (lessons, store) = learned(keeps);
    let ledger = count(&lessons, &store);
    (ledger.persons, ledger.total())
}

fn how_many(kind: RequestKind) -> u64 {
    acts().iter().filter(|act| act.kind == kind).count() as u64
}

#[test]
fn what_stands_in_plain_sight_is_found() {
    let checks = how_many(RequestKind::Verify);
    let facts = Facts { person_time: acts().len() as u64, person_place_time: checks, officer_person: checks };
    assert_eq!(found(logs_everything), (PEOPLE.into(), facts));
}

#[test]
fn two_tables_are_put_together() {
    let checks = how_many(RequestKind::Verify);
    let facts = Facts { person_time: checks, person_place_time: checks, officer_person: checks };
    assert_eq!(found(hides_the_person_behind_the_pass), (PEOPLE.into(), facts));
    assert_eq!(found(tears_events_apart), (PEOPLE.into(), Facts { officer_person: 0, ..facts }));
}

#[test]
fn no_link_is_invented() {
    assert_eq!(found(lets_nothing_be_linked), (PEOPLE.into(), Facts::default()));
    assert_eq!(found(keeps_days_only), (PEOPLE.into(), Facts::default()));
    assert_eq!(found(keeps_nothing), (0, Facts::default()));
}

#[test]
fn a_pass_that_is_gone_takes_its_checks_with_it() {
    let (lessons, mut store) = learned(hides_the_person_behind_the_pass);
    let all = count(&lessons, &store).total();
    store.tables[0].rows.truncate(1);
    assert_eq!(count(&lessons, &store).total(), Facts { person_time: 2, person_place_time: 2, officer_person: 2 });
    store.tables[0].rows.clear();
    assert_eq!(count(&lessons, &store).total(), Facts::default());
    assert!(all.person_time > 2);
}

proptest! {
    /// What was learned from a few holds for a store of many others.
    #[test]
    fn any_store_of_the_design_is_counted(
        checks in prop::collection::vec((0..500_u32, 0..900_u32, 0..40_u32, 0..40_u32, 0..100_000_i64), 0..60),
        forgotten in 0..500_u32,
    ) {
        let (lessons, _) = learned(hides_the_person_behind_the_pass);
        let mut store = Snapshot::default();
        // A pass is one person's.
        let pass_of = |person: u32, pass: u32| person * 1_000 + pass;
        let mut issued: Vec<(u32, u32)> = checks.iter().map(|(person, pass, ..)| (*person, pass_of(*person, *pass))).collect();
        issued.sort_unstable();
        issued.dedup();
        for (person, pass) in issued.iter().filter(|(person, _)| *person != forgotten) {
            let act = Act { kind: RequestKind::Issue, at_s: 0, person: *person, pass: Some(*pass), checked: None };
            add(&mut store, hides_the_person_behind_the_pass, &act, 0);
        }
        for (person, pass, officer, place, at_s) in &checks {
            let checked = Some(super::act::Checked { officer: *officer, place: *place });
            let act = Act { kind: RequestKind::Verify, at_s: *at_s, person: *person, pass: Some(pass_of(*person, *pass)), checked };
            add(&mut store, hides_the_person_behind_the_pass, &act, 0);
        }
        let linked = checks.iter().filter(|(person, ..)| *person != forgotten).count() as u64;
        // A store in which nobody holds a pass has no table of them, or an empty one.
        let facts = Facts { person_time: linked, person_place_time: linked, officer_person: linked };
        prop_assert_eq!(count(&lessons, &store).total(), if store.tables.len() < 2 { Facts::default() } else { facts });
    }
}
