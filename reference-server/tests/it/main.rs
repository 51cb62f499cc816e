//! The server and its stores, seen from outside.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves may")]

mod api;
mod contract;
mod described;
mod durability;
mod interface;
mod overload;
mod owasp;
mod policies;
mod privacy;
mod retention;
mod schemes;
mod support;
mod transparency;
mod two_persons;
