//! The auditor: who could be linked to what by whoever holds a store.
//!
//! It knows nothing of how the store is meant, not the names of its tables nor those of its columns. It is shown a store before and after
//! acts that it knows (`experiment`), and learns from the rows that each leaves which column follows the person, the pass, the
//! officer, the place or the clock, and which columns of two tables are equal because they name the same thing (`lesson`). With that it
//! counts, in any store of the same design, the rows that link a person with a time, a place or an officer (`count`).

mod act;
mod count;
mod experiment;
mod lesson;
mod reading;
mod remnant;
mod snapshot;
#[cfg(test)]
mod stores;

pub(super) use count::{Facts, Kinds, Ledger, count};
pub(super) use experiment::{OFFICERS, PEOPLE, Tried, acts};
pub(super) use lesson::Lessons;
pub(super) use remnant::{remnants, standing};
pub(super) use snapshot::Snapshot;
