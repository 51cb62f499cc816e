//! The first movement of a day: every household decides from its own state and its own random numbers alone.
//!
//! It goes over a cell in phases, each a plain loop over columns, so that the compiler can work on several residents at a time: the
//! needs of everyone, the errands that follow from them, the random numbers and times of all these trips, and only then, resident by
//! resident, how they fit into a day and what the policy and the service have to do with them.

mod asking;
mod at_once;
mod caring;
mod courses;
mod due;
mod errands;
mod meeting;
mod registering;
mod schedule;
mod wishes;

use at_once::AtOnce;
pub(crate) use courses::Course;
use errands::Errand;
use passes::Purpose;
use wishes::{Drawn, Wish};

use crate::cell::{Cell, CellDay};
use crate::draw::Words;
use crate::needs::Needs;
use crate::population::People;
use crate::records::Wants;
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
    /// Those who have one.
    needy: Vec<u16>,
    kept: Vec<u16>,
    stocking_words: Words,
    /// The households that stock up today, in order, and when they set out at the earliest, in milliseconds after midnight.
    stocking: Vec<(u16, u32)>,
    /// Who goes out for what, by purpose.
    errands: [Vec<Errand>; Purpose::ALL.len()],
    /// Whom to draw a trip for.
    entries: Vec<[u32; 2]>,
    drawn: Drawn,
    /// By resident.
    wishes: Vec<Wish>,
    /// How many each resident has, and one more for who is away as the day begins.
    counts: Vec<u8>,
    /// Where the wishes of each resident begin, and where those of the last end.
    bounds: Vec<u16>,
    /// What comes of each wish.
    courses: Vec<Course>,
    /// Which wishes are open.
    open: Vec<u16>,
    /// Their random numbers: how they ask, and how their residents take to the service.
    open_words: [Words; 2],
    at_once: AtOnce,
    /// Which trip each wish has become.
    trip_of: Vec<u16>,
    /// Who registers today of their own accord.
    registering: Vec<u16>,
}

/// Decides for the households of one cell.
struct Planner<'a> {
    world: &'a World<'a>,
    today: &'a Today,
    wants: Wants,
    people: &'a People,
    needs: &'a mut Needs,
    standing: &'a mut Standing,
    day: &'a mut CellDay,
    tally: &'a mut Tally,
}

/// Puts what everyone in `cell` intends into its day.
pub(crate) fn of_cell(
    (world, today, wants): (&World<'_>, &Today, Wants),
    cell: &mut Cell<'_>,
    desk: &mut Desk,
    tally: &mut Tally,
) {
    let Cell { people, needs, standing, day, .. } = cell;
    day.clear();
    let mut planner = Planner { world, today, wants, people, needs, standing, day, tally };
    planner.find_needs(desk);
    planner.find_errands(desk);
    planner.draw_wishes(desk);
    planner.schedule(desk);
    planner.settle(desk);
    planner.find_registering(desk);
    planner.ask_at_once(desk);
    planner.issue(desk);
    planner.deal(desk);
    planner.stay_at_home(desk);
    planner.set_out(desk);
    planner.patients_check_in(desk);
    planner.needs.end_day();
}
