//! The one program, `lockgate`: a thin shell that joins the rooms.
//!
//! `args` is what was typed, `scenario` what was asked, `session` what every run leaves behind; then one file a command.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the command line: printing is what it is for")]

mod args;
mod assumptions;
mod audit;
mod bad_file;
mod beside;
mod capacity;
mod check;
mod child;
mod compact;
mod compare;
mod database;
mod demo;
mod ensemble;
mod failure;
mod faults;
mod layers;
mod ledger;
mod live_view;
mod load;
mod metrics;
mod operation;
mod policy_text;
mod progress;
mod report;
mod scenario;
mod selftest;
mod serve;
mod session;
mod side_file;
mod simulate;
mod source;
mod staff;
mod stop;
mod sweep;
mod validate;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};
use crate::failure::Ending;
use crate::stop::Stop;

fn main() -> ExitCode {
    // clap ends with exit code 2 on arguments that cannot be read, as we do on any bad input.
    let arguments = Arguments::parse();
    failure::exit_code(&run(&arguments.command))
}

fn run(command: &Command) -> anyhow::Result<Ending> {
    match command {
        Command::Demo(arguments) => demo::run(arguments, &Stop::listen()?),
        Command::Simulate(arguments) => simulate::run(arguments, &Stop::listen()?),
        // Signals end the server gracefully, in its own way.
        Command::Serve(arguments) => serve::run(arguments),
        Command::Load(arguments) => load::run(arguments, &Stop::listen()?),
        Command::Capacity(arguments) => capacity::run(arguments, &Stop::listen()?),
        Command::Selftest => selftest::run(&Stop::listen()?),
        Command::Compare(arguments) => compare::run(arguments, &Stop::listen()?),
        Command::Report(arguments) => self::report::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Audit(arguments) => audit::run(arguments),
        Command::Compact(arguments) => compact::run(arguments),
        Command::Ledger(arguments) => ledger::run(arguments, &Stop::listen()?),
    }
}
