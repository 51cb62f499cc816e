//! The program as its users meet it, and the house rules that a machine can check.

mod bad_input;
mod commands;
mod program;
mod tidy;
