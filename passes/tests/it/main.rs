//! Laws and formats of passes, checked from outside the crate.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves may")]

mod blind_vectors;
mod cose_format;
mod faults;
mod incidents;
mod policy_laws;
mod rules;
mod scheme_laws;
mod world;
