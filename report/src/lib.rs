//! What people read: run folders, tidy tables, plots and the page.
//!
//! In order of use:
//!
//! - [`RunFolder`]: a folder of results while it is written; it has its final name only when it is whole;
//! - [`BulkWriter`]: an observer of the simulation that streams trips, passes, checks, requests, who is out and the queues at gates in a
//!   [`Format`], and notices what is worth telling of them ([`Seen`]);
//! - [`write_simulation`], [`write_load`], [`write_capacity`]: the tables of a result, and its part of `run.json`;
//! - [`write_schemes`]: the servers of several schemes in one table;
//! - [`write_merged`]: the load runs of several generators as one;
//! - [`compare_loads`], [`write_changes`], [`write_load_comparison_page`]: what changed from one load run to another;
//! - [`Assumption`], [`write_assumptions`]: what a simulation takes as given, and where each value comes from;
//! - [`write_ledger`]: what servers of several designs hold of a day;
//! - [`Figure`], [`write_figures`]: published figures beside the model's;
//! - [`Ensemble`]: the tables of many simulations, one run under the other, and their quantiles;
//! - [`Comparison`], [`write_comparison_page`]: two scenarios side by side, the same people under two policies;
//! - [`RunRecord`]: `run.json`, with the verdict and its sentence ([`verdict`]);
//! - [`Run`]: a run folder to read; [`write_page`]: one self-contained HTML page of run folders, its plots as SVG and PNG beside it;
//!   several searches for capacity stand on it side by side, by scheme;
//! - [`terminal`]: the same as plain text; [`number`]: the one formatter of numbers; [`tables`]: every table with every column.
//!
//! Pages are made of run folders alone, so that a page can be made again from what was kept. This crate alone knows polars (summary
//! tables), Parquet (bulk tables) and plotters. It does not know how results come about: it starts nothing, measures nothing, and has
//! no clock.

mod bulk;
mod comparison;
mod datapackage;
mod designs;
mod ensemble;
mod error;
mod folder;
mod grid;
mod ledger;
mod machine;
mod page;
mod plots;
pub mod record;
mod runs;
pub mod tables;
pub mod terminal;
pub mod verdict;
mod warnings;

pub use demand::number;

pub use bulk::{Bulk, BulkTable, BulkWriter, Format, GatesOfPlace, Seen, WorstGate};
pub use comparison::{Comparison, Difference, sentence as comparison_sentence};
pub use ensemble::{Ensemble, Mark, Parameter};
pub use error::ReportError;
pub use folder::{Run, RunFolder};
pub use machine::{Machine, peak_memory_bytes};
pub use page::{write_comparison_page, write_load_comparison_page, write_page};
pub use record::RunRecord;
pub use runs::{
    Assumption, Effort, Figure, Origin, are_shards, compare_loads, peaks, summaries, write_assumptions, write_capacity,
    write_changes, write_figures, write_ledger, write_load, write_merged, write_schemes, write_simulation,
};
