//! The program as its users meet it, and the house rules that a machine can check.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod commands;
mod officers;
mod operation;
mod program;
mod published;
mod staffed;
mod targets;
mod tidy;
mod variations;
