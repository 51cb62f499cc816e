//! Tidy tables: each described once, written as CSV or Parquet, read back for the page.

mod capacity;
mod load;
mod published;
mod schema;
mod simulate;
mod table;

pub use capacity::{CAPACITY, CAPACITY_STEPS};
pub use load::{INTERVALS, PERCENTILES};
pub use published::PUBLISHED;
pub use schema::{ColumnKind, ColumnSchema, TableSchema};
pub use simulate::{CHECKS, DAYS, DEMAND_BY_MINUTE, PASSES, PLACES, PURPOSES, REQUESTS, TRIPS};
pub use table::{Cells, Table};

/// Every table there is, in the order of the data dictionary.
pub const ALL: [&TableSchema; 13] = [
    &DEMAND_BY_MINUTE,
    &DAYS,
    &PURPOSES,
    &PLACES,
    &TRIPS,
    &PASSES,
    &CHECKS,
    &REQUESTS,
    &PUBLISHED,
    &INTERVALS,
    &PERCENTILES,
    &CAPACITY,
    &CAPACITY_STEPS,
];
