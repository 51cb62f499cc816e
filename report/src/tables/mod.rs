//! Tidy tables: each described once, written as CSV or Parquet, read back for the page.

mod assumptions;
mod capacity;
mod ensemble;
mod ledger;
mod load;
mod published;
mod schema;
mod simulate;
mod stack;
mod summary;
mod table;

pub use assumptions::ASSUMPTIONS;
pub use capacity::{CAPACITY, CAPACITY_CONCURRENCY, CAPACITY_STEPS, SCHEME_COMPARISON};
pub(crate) use ensemble::{Described, quantiles_name};
pub use ensemble::{POINT, QUANTILE_COLUMNS, RUN_COLUMNS, SCENARIO_COMPARISON, SWEEP};
pub use ledger::PRIVACY_LEDGER;
pub use load::{INTERVALS, LOAD_COMPARISON, PERCENTILES};
pub use published::PUBLISHED;
pub use schema::{ColumnKind, ColumnSchema, TableSchema};
pub use simulate::{CHECKS, GATES, GATES_BY_PLACE, PASSES, QUARTER_HOURS, REQUESTS, TRIPS, WORST_GATE};
pub(crate) use stack::Stack;
pub use summary::{DAYS, DEMAND_BY_MINUTE, GROUPS, PLACES, PURPOSES};
pub use table::{Cells, Table};

/// Every table there is, in the order of the data dictionary.
pub const ALL: [&TableSchema; 25] = [
    &DEMAND_BY_MINUTE,
    &DAYS,
    &PURPOSES,
    &PLACES,
    &GROUPS,
    &WORST_GATE,
    &GATES_BY_PLACE,
    &TRIPS,
    &PASSES,
    &CHECKS,
    &REQUESTS,
    &QUARTER_HOURS,
    &GATES,
    &ASSUMPTIONS,
    &PUBLISHED,
    &SWEEP,
    &SCENARIO_COMPARISON,
    &INTERVALS,
    &PERCENTILES,
    &LOAD_COMPARISON,
    &CAPACITY,
    &CAPACITY_STEPS,
    &CAPACITY_CONCURRENCY,
    &SCHEME_COMPARISON,
    &PRIVACY_LEDGER,
];
