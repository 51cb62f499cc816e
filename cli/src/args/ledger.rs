//! What `lockgate ledger` is told.

use std::path::PathBuf;

use clap::Args;

use super::{Changes, Output};
use crate::ledger::{self, Design};

#[derive(Debug, Args)]
pub(crate) struct Ledger {
    /// The scenario (TOML); the day with most checks is played
    pub(crate) scenario: PathBuf,
    #[command(flatten)]
    pub(crate) changes: Changes,
    /// The designs, separated by commas: none (there is no server), lookup, signed, blind; with +log the server writes every check down
    #[arg(long, value_name = "DESIGNS", value_delimiter = ',', default_values_t = Design::USUAL)]
    pub(crate) schemes: Vec<Design>,
    /// Shrink the region to so many residents
    #[arg(long, value_name = "N", default_value_t = ledger::RESIDENTS, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) residents: u32,
    /// Another seed than the scenario's
    #[arg(long, value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) seed: Option<i64>,
    #[command(flatten)]
    pub(crate) output: Output,
}
