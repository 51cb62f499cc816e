//! The promises of the measurement, each against a server that is known to the last microsecond.

#![expect(clippy::unwrap_used, reason = "a helper that fails must fail its test")]

mod allocations;
mod capacity;
mod faults;
mod journeys;
mod officers;
mod outcomes;
mod paces;
mod parts;
mod queue;
mod script;
mod selftest;
mod server;
mod stall;
mod support;
mod tls;
