//! The parts of a region are the region.

use sim::{Shard, SimError, Simulation};

use crate::cases;
use crate::determinism::assert_same;
use crate::support::{DayRows, Rows};

/// The rows of parts as one run shows them.
fn joined(parts: &[Rows]) -> Rows {
    let day = |number: usize| {
        let mut joined = DayRows::default();
        for day in parts.iter().map(|part| &part.days[number]) {
            joined.trips.extend_from_slice(&day.trips);
            joined.passes.extend_from_slice(&day.passes);
            joined.checks.extend_from_slice(&day.checks);
            joined.requests.extend_from_slice(&day.requests);
            joined.quarters.resize(day.quarters.len(), [0; 2]);
            joined.quarters.iter_mut().zip(&day.quarters).for_each(|([out, shops], [other_out, other_shops])| {
                *out += other_out;
                *shops += other_shops;
            });
        }
        joined.passes.sort_by_key(|pass| (pass.asked_at, pass.resident, pass.purpose, pass.valid_from));
        joined.checks.sort_by_key(|check| (check.at, check.resident, check.purpose));
        joined.requests.sort();
        joined
    };
    Rows { days: (0..parts[0].days.len()).map(day).collect(), late_requests: Vec::new() }
}

#[test]
fn any_parts_together_are_the_whole() {
    for (name, case) in cases::apart(25_000) {
        let (whole, rows) = case.run(2);
        for of in 1..=7 {
            let parts = (0..of).map(|index| case.run_part(1, Shard { index, of }));
            let (parts, part_rows): (Vec<Simulation>, Vec<Rows>) = parts.unzip();
            assert!(of == 1 || parts.iter().all(|part| part.residents < whole.residents));
            assert_same(&whole, &Simulation::join(parts).unwrap(), name);
            assert!(rows == joined(&part_rows), "{name}: rows of {of} parts");
        }
    }
}

#[test]
fn more_parts_than_there_is_to_part() {
    let case = crate::support::Case::launch(50);
    let parts = (0..7).map(|index| case.run_part(1, Shard { index, of: 7 }).0);
    assert_same(&case.result(), &Simulation::join(parts).unwrap(), "one cell in seven parts");
}

#[test]
fn what_is_scarce_for_all_is_not_parted() {
    for (name, case) in cases::together(1_000) {
        let part = case.simulated(1, Shard { index: 0, of: 2 }, &mut ());
        assert!(matches!(part, Err(SimError::Shared)), "{name}");
    }
}
