//! The region: residents make trips, trips make demand.
//!
//! An agent-based model of a region under a pass policy (`docs/model.md`, after the ODD protocol). Households need things, their
//! members go out for them, the policy asks for passes, residents ask the server for these or go without, and officers check some of
//! them on the way. What comes out is the demand on the pass system, request by request, and what happened to residents.
//!
//! In the order of use:
//! - [`Settings`]: the sections `[region]`, `[population]`, `[activities]`, `[behaviour]`, `[service]`, `[checks]` and `[patients]` of a
//!   scenario, every parameter with unit, default and source;
//! - [`read_places`]: the table of places; [`complete_places`] adds the rural remainder; [`read_capacity_curve`]: a service that was
//!   measured;
//! - [`Model`] and [`simulate`]: days pass, each in two movements. *Intent*: every household decides in parallel, from its own state
//!   and its own random numbers. *Resolution*: intents happen in the order of time, against the service and the officers; cell by cell
//!   where the service answers everyone alike, in one sequence where it or a gate is scarce;
//! - [`Observer`]: sees the [`DayRecords`] of each day, which are not kept; a [`TraceKeeper`] keeps the requests;
//! - [`Simulation`]: counts by day, purpose, place and group of people, requests by minute, and the fingerprint of all results;
//! - [`Shard`]: a part of the region; [`Simulation::join`] makes the whole of the parts;
//! - [`Published`]: a figure that was published, and the band in which the model's own must lie.
//!
//! The same model and seed give the same bytes on any number of threads and any machine. Two policies are compared on the same people
//! with the same luck, since every decision has a random number of its own.
//!
//! It has no clock, network, environment or file system; it knows neither how requests travel (`loadgen`) nor how tables look
//! (`report`).

mod atlas;
mod bots;
mod cell;
mod draw;
mod engine;
mod fingerprint;
mod gate_minutes;
mod gates;
mod in_order;
mod intent;
mod keep;
mod lanes;
mod ledger;
mod long_passes;
mod needs;
mod officers;
mod patrol;
mod philox;
mod places;
mod plan;
mod population;
mod profile;
mod published;
mod quantiles;
mod records;
mod resolve;
mod service;
pub mod settings;
mod simulation;
mod standing;
mod summary;
mod tally;
mod today;
mod uptake;
mod world;

pub use engine::{Model, Options, Progress, Shard, SimError, simulate};
pub use places::{Place, PlacesError, complete_places, read_places, shrink_places};
pub use population::{Census, Phone, Population};
pub use published::{Measure, Published};
pub use records::{
    Check, DayRecords, GateMinute, Observer, Pass, PassOutcome, Quarters, TraceKeeper, Trip, Trips, Verdict, Wants,
};
pub use service::{CapacityCurve, CurveError, read_capacity_curve};
pub use settings::{Region, Settings};
pub use simulation::{Crowd, Simulation};
pub use summary::{Counts, DaySummary, GroupSummary, PlaceSummary};
