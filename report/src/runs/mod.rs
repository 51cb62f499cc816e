//! From results to run folders: the tables of each command, and the part of `run.json` that follows from them.

mod capacity;
mod load;
mod people;
mod simulate;

pub use capacity::write_capacity;
pub use load::write_load;
pub use simulate::{Effort, peaks, write_simulation};
