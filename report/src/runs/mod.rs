//! From results to run folders: the tables of each command, and the part of `run.json` that follows from them.

mod assumptions;
mod capacity;
mod compare;
mod ensemble;
mod ledger;
mod load;
mod logged;
mod merge;
mod people;
mod published;
mod schemes;
mod simulate;

pub use assumptions::{Assumption, Origin, write_assumptions};
pub use capacity::write_capacity;
pub use compare::{compare_loads, write_changes};
pub(crate) use ensemble::headline;
pub use ledger::write_ledger;
pub use load::write_load;
pub use merge::{are_shards, write_merged};
pub use published::{Figure, write_figures};
pub use schemes::write_schemes;
pub use simulate::{Effort, peaks, summaries, write_simulation};
