//! The laws of the simulator, on small regions, and the launch of Nizhny Novgorod Oblast at its full size.

#![expect(clippy::unwrap_used, reason = "in a test, what cannot be had ends the test")]

mod cases;
mod conservation;
mod determinism;
mod gates;
mod generated;
mod launch;
mod laws;
mod luck;
mod marginals;
mod model_document;
mod policies;
mod robustness;
mod service;
mod shards;
mod support;
