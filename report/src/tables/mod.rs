//! Tidy tables: each described once, written as CSV or Parquet, read back for the page.

mod capacity;
mod ensemble;
mod load;
mod schema;
mod simulate;
mod stack;
mod table;

pub use capacity::{CAPACITY, CAPACITY_STEPS};
pub(crate) use ensemble::{Described, quantiles_name};
pub use ensemble::{POINT, QUANTILE_COLUMNS, RUN_COLUMNS, SWEEP};
pub use load::{INTERVALS, PERCENTILES};
pub use schema::{ColumnKind, ColumnSchema, TableSchema};
pub use simulate::{CHECKS, DAYS, DEMAND_BY_MINUTE, PASSES, PLACES, PURPOSES, REQUESTS, TRIPS};
pub(crate) use stack::Stack;
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
    &SWEEP,
    &INTERVALS,
    &PERCENTILES,
    &CAPACITY,
    &CAPACITY_STEPS,
];
