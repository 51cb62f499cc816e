//! `lockgate compare`: what changed from one load run to another, or what another policy changes.

mod scenarios;
mod schemes;

use std::path::Path;

use loadgen::{Change, Direction};
use report::{Run, number};

use crate::args::Compare;
use crate::failure::{Ending, bad_input};
use crate::session::of_report;
use crate::stop::Stop;

/// The resamples are the same whenever two runs are compared.
const SEED: u64 = 1;

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
    compare_loads(before, after, margin.unwrap_or(MARGIN), out.as_deref())
}

/// Prints what changed, and fails when something became worse by more than the margin.
fn compare_loads(before: &Path, after: &Path, margin: f64, out: Option<&Path>) -> anyhow::Result<Ending> {
    if !(0.0..1.0).contains(&margin) {
        return Err(bad_input(format!("--margin {margin}: write a share from 0 to below 1, such as 0.1")));
    }
    let open = |folder: &Path| Run::open(folder).map_err(of_report);
    let (before, after) = (open(before)?, open(after)?);
    let changes = report::compare_loads(&before, &after, margin, SEED).map_err(of_report)?;
    if changes.is_empty() {
        return Err(bad_input(format!(
            "the runs have no kind of request in common that was asked for {} seconds in both; compare longer runs of one kind",
            loadgen::LEAST_SECONDS
        )));
    }
    if let Some(out) = out {
        report::write_changes(out, &changes).map_err(of_report)?;
    }
    println!(
        "{:<10} {:<18} {:>12} {:>12} {:>8} {:>17}  direction",
        "kind", "quantity", "before", "after", "ratio", "95 % interval"
    );
    changes.iter().for_each(|change| println!("{}", line(change)));
    println!("{}", sentence(&changes, margin));
    let worse = changes.iter().any(|change| change.direction == Direction::Worse);
    Ok(if worse { Ending::Failed } else { Ending::Held })
}

fn line(change: &Change) -> String {
    let Change { kind, quantity, before, after, ratio, interval: (low, high), direction } = change;
    let [before, after] = [*before, *after].map(|value| match *quantity {
        "goodput" => number::rate(value),
        _ => number::time_us(value),
    });
    let interval = format!("{low:.3} to {high:.3}");
    let direction = direction.name();
    format!("{:<10} {quantity:<18} {before:>12} {after:>12} {ratio:>8.3} {interval:>17}  {direction}", kind.name())
}

fn sentence(changes: &[Change], margin: f64) -> String {
    let of = |direction| changes.iter().filter(move |change| change.direction == direction);
    let named = |direction| {
        let names: Vec<String> = of(direction).map(|change| format!("{} {}", change.kind, change.quantity)).collect();
        names.join(", ")
    };
    let margin = number::share(margin);
    match (of(Direction::Worse).count(), of(Direction::Unclear).count()) {
        (0, 0) => format!("no regression: nothing became worse by more than {margin}"),
        (0, _) => format!(
            "no regression is certain; the runs are too short or unsteady to tell for {}",
            named(Direction::Unclear)
        ),
        _ => format!("regression: worse by more than {margin}: {}", named(Direction::Worse)),
    }
}
