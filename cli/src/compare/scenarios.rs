//! Two scenarios side by side.

use report::record::{Command, Results, SideRecord};
use report::{Comparison, RunFolder, RunRecord, comparison_sentence, terminal, write_comparison_page};

use crate::args::Compare;
use crate::failure::{Ending, bad_input};
use crate::scenario::Scenario;
use crate::session::{Session, close_folder, ending, in_folder, of_report};
use crate::simulate;
use crate::source::Change;
use crate::stop::Stop;

/// Runs of each unless told otherwise: the fewest that give an interval worth its name.
const RUNS: u32 = 5;

/// Simulates both scenarios with the same seeds and tells what differs.
pub(super) fn run(arguments: &Compare, stop: &Stop) -> anyhow::Result<Ending> {
    if arguments.after.is_none() && arguments.set.is_empty() {
        return Err(bad_input("name a second scenario, or say with --set KEY=VALUE what is to be other in this one"));
    }
    let days = arguments.days.map(|days| Change::option("--days", &["calendar", "days"], days.into()));
    let read = |file: &std::path::Path, set: &[Change]| -> anyhow::Result<Scenario> {
        let changes: Vec<Change> = set.iter().cloned().chain(days.clone()).collect();
        let mut scenario = Scenario::read(file, &changes)?;
        scenario.shrunk_to = arguments.residents;
        Ok(scenario)
    };
    let before = read(&arguments.before, &[])?;
    let after = read(arguments.after.as_deref().unwrap_or(&arguments.before), &arguments.set)?;
    if before.calendar != after.calendar {
        let days = |scenario: &Scenario| format!("{} days from {}", scenario.calendar.days, scenario.calendar.start);
        return Err(bad_input(format!(
            "{} has {} and {} has {}: sums over other days cannot be compared; give both the same [calendar]",
            before.name(),
            days(&before),
            after.name(),
            days(&after)
        )));
    }
    let session = Session::begin(Command::Compare, stop);
    let runs = arguments.runs.unwrap_or(RUNS);
    let (out, record) = in_folder(&session.output(arguments.out.as_deref()), |folder| {
        compare([&before, &after], runs, folder, &session)
    })?;
    println!("{}", record.sentence);
    println!("{}", out.join("index.html").display());
    Ok(ending(&record))
}

/// Makes the runs and writes everything into `folder`.
fn compare(
    [before, after]: [&Scenario; 2],
    runs: u32,
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<RunRecord> {
    let mut comparison = Comparison::default();
    for run in 0..runs {
        let made = |scenario: &Scenario, what: &str| -> anyhow::Result<sim::Simulation> {
            // The same seed on both sides, even where the files name two.
            let seed = before.seed.saturating_add(run.into()).min(i64::MAX as u64);
            let scenario = scenario.at(&[Change::option("--seed", &["seed"], seed as i64)])?;
            let what = format!("{what}, run {} of {runs}", run + 1);
            simulate::play(&scenario, 0, &mut (), &Session::begin(Command::Simulate, &session.stop).doing(&what))
        };
        let (first, second) = (made(before, "before")?, made(after, "after")?);
        if !(first.complete && second.complete) {
            break;
        }
        comparison.add(&first, &second, &before.calendar).map_err(of_report)?;
    }
    let side = |scenario: &Scenario| SideRecord { scenario: scenario.name(), overrides: scenario.source.overrides() };
    let written = comparison.write(folder, [side(before), side(after)]).map_err(of_report)?;
    let differences = comparison.differences();
    print!("{}", terminal::differences(&differences));
    let results = Results { comparison: Some(written.clone()), ..Results::default() };
    let complete = comparison.runs() == runs as usize;
    let mut record = session.record(before, results, None, complete);
    record.sentence = comparison_sentence(&differences);
    close_folder(folder, before, &record)?;
    folder.write_text("scenario-after.toml", &after.source.text).map_err(of_report)?;
    write_comparison_page(&comparison, &written, &record, folder.path()).map_err(of_report)?;
    Ok(record)
}
