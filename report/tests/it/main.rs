//! Tests of the crate as its users see it. `UPDATE=1` writes the golden files anew.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod days;
mod dictionary;
mod ensembles;
mod fixture;
mod folders;
mod measured;
mod page;
mod people;
mod simulated;
mod support;
