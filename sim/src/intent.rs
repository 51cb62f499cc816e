//! The first movement of a day: every household decides from its own state and its own random numbers alone.
//!
//! It goes over a cell in phases, each a plain loop over columns, so that the compiler can work on several residents at a time: the
//! needs of everyone, the wishes that follow from them, the random numbers of all these trips, their times, and only then, wish by
//! wish, what the policy and the service have to do with them.

mod asking;
mod caring;
mod due;
mod schedule;
mod wishes;

use wishes::Wish;

use crate::cell::{Cell, CellDay};
use crate::draw::Words;
use crate::needs::Needs;
use crate::population::People;
use crate::standing::Standing;
use crate::tally::Tally;
use crate::today::Today;
use crate::world::World;

/// Room to work in: used for one cell after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk {
    resident_words: Words,
    household_words: Words,
    trip_words: Words,
    /// The daily needs of each resident, as bits.
    needs: Vec<u8>,
    /// Who is at home as a patient.
    patients: Vec<u16>,
    wishes: Vec<Wish>,
    /// Whom to draw a trip for.
    drawn: Vec<[u32; 2]>,
    /// Who registers today of their own accord.
    registering: Vec<u16>,
}

/// Decides for the households of one cell.
struct Planner<'a> {
    world: &'a World<'a>,
    today: &'a Today,
    people: &'a People,
    needs: &'a mut Needs,
    standing: &'a Standing,
    day: &'a mut CellDay,
    tally: &'a mut Tally,
}

/// Puts what everyone in `cell` intends into its day.
pub(crate) fn of_cell(world: &World<'_>, today: &Today, cell: &mut Cell<'_>, desk: &mut Desk, tally: &mut Tally) {
    let Cell { people, needs, standing, day, .. } = cell;
    day.clear();
    let mut planner = Planner { world, today, people, needs, standing, day, tally };
    planner.find_needs(desk);
    planner.find_wishes(desk);
    planner.draw_trips(desk);
    planner.schedule(desk);
    planner.decide(desk);
    planner.patients_check_in(desk);
    planner.needs.end_day();
}
