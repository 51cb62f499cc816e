//! From results to run folders: the tables of each command, and the part of `run.json` that follows from them.

mod capacity;
mod ensemble;
mod load;
mod people;
mod published;
mod simulate;

pub use capacity::write_capacity;
pub(crate) use ensemble::headline;
pub use load::write_load;
pub use published::{Figure, write_figures};
pub use simulate::{Effort, peaks, summaries, write_simulation};
