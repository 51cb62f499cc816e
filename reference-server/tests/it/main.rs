//! The server and its stores, seen from outside.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may unwrap as the tests themselves may")]

mod api;
mod cluster;
mod connections;
mod contract;
mod described;
mod durability;
mod interface;
mod logs;
mod metrics;
mod officers;
mod overload;
mod owasp;
mod policies;
mod privacy;
mod retention;
mod schemes;
mod support;
mod tls;
mod transparency;
mod two_persons;
