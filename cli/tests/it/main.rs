//! The program as its users meet it, and the house rules that a machine can check.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
#[allow(dead_code, reason = "the tests of the store hold up and stop it in more ways than the program's do")]
#[path = "../../../reference-server/tests/it/cluster.rs"]
mod cluster;
mod commands;
mod officers;
mod operation;
mod postgres;
mod program;
mod published;
mod staffed;
mod targets;
mod tidy;
mod variations;
