//! Tests of the crate as its users see it. `UPDATE=1` writes the golden files anew.

mod fixture;
mod folders;
mod measured;
mod page;
mod simulated;
mod support;
