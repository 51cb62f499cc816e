//! `lockgate compare`: what changed from one load run to another, or what another policy changes.

mod loads;
mod scenarios;
mod schemes;

use crate::args::Compare;
use crate::failure::{Ending, bad_input};
use crate::stop::Stop;

/// A change of so much counts.
const MARGIN: f64 = 0.1;

/// Compares schemes when some are named, load runs when the first name is a folder, else scenarios.
pub(crate) fn run(arguments: &Compare, stop: &Stop) -> anyhow::Result<Ending> {
    let Compare { before, after, set, runs, days, residents, margin, schemes, store, out } = arguments;
    if !schemes.is_empty() {
        return schemes::run(arguments, stop);
    }
    if store.is_some() {
        return Err(bad_input("--store is for the servers of --schemes; name the schemes, too"));
    }
    if !before.is_dir() {
        if margin.is_some() {
            return Err(bad_input(
                "--margin is for load runs; differences between scenarios come with their intervals",
            ));
        }
        return scenarios::run(arguments, stop);
    }
    if !set.is_empty() || runs.is_some() || days.is_some() || residents.is_some() {
        return Err(bad_input(format!(
            "{} is a run folder, and --set, --runs, --days and --residents are for scenarios; name a scenario (TOML) to compare policies",
            before.display()
        )));
    }
    let Some(after) = after else { return Err(bad_input("name the folder of the other load run, too")) };
    loads::run([before, after], margin.unwrap_or(MARGIN), out.as_deref(), stop)
}
