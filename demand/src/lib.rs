//! Who asks for what, when.
//!
//! The simulator writes demand and the load generator plays it; this crate is the contract between the two, and knows neither:
//!
//! - [`Calendar`] and [`SimTime`]: the days a scenario covers, and an instant in them;
//! - [`Request`]: one ask of the server, 16 bytes;
//! - [`Trace`]: all requests of a run in order, the plan that a load run keeps to, with its CSV form ([`read_csv`]);
//! - [`RateSeries`]: how many requests of each kind come in each minute, and the peak of them;
//! - [`RowFault`]: what is wrong with a row of a table that somebody wrote;
//! - [`number`]: how numbers are written for people, by whoever tells them any.
//!
//! It does no I/O but the trace's own file format and has no clock.

mod calendar;
mod csv_form;
pub mod number;
mod rate;
mod request;
mod row_fault;
mod trace;

pub use calendar::{Calendar, SimTime};
pub use csv_form::{TraceError, read_csv, write_csv};
pub use rate::{Peak, RateSeries};
pub use request::{Request, RequestKind};
pub use row_fault::RowFault;
pub use trace::Trace;
