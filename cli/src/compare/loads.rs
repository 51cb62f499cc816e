//! Two load runs side by side.

use std::path::Path;

use loadgen::{Change, Direction};
use report::record::{ChangeRecord, Command, LoadComparisonResults, Results, Verdict};
use report::{Run, RunFolder, RunRecord, number, terminal};

use crate::failure::{Ending, bad_input};
use crate::session::{Session, ending, in_folder, of_report};
use crate::stop::Stop;

/// The resamples are the same whenever two runs are compared.
const SEED: u64 = 1;

/// Tells what changed, and fails when something became worse by more than the margin.
pub(super) fn run([before, after]: [&Path; 2], margin: f64, out: Option<&Path>, stop: &Stop) -> anyhow::Result<Ending> {
    if !(0.0..1.0).contains(&margin) {
        return Err(bad_input(format!("--margin {margin}: write a share from 0 to below 1, such as 0.1")));
    }
    let open = |folder: &Path| Run::open(folder).map_err(of_report);
    let runs = [open(before)?, open(after)?];
    let changes = report::compare_loads(&runs[0], &runs[1], margin, SEED).map_err(of_report)?;
    if changes.is_empty() {
        return Err(bad_input(format!(
            "the runs have no kind of request in common that was asked for {} seconds in both; compare longer runs of one kind",
            loadgen::LEAST_SECONDS
        )));
    }
    let session = Session::begin(Command::Compare, stop);
    let (out, record) = in_folder(&session.output(out), |folder| compare(&runs, margin, &changes, folder, &session))?;
    println!("{}", record.sentence);
    println!("{}", out.join("index.html").display());
    Ok(ending(&record))
}

/// Writes everything into `folder`.
fn compare(
    [before, after]: &[Run; 2],
    margin: f64,
    changes: &[Change],
    folder: &RunFolder,
    session: &Session,
) -> anyhow::Result<RunRecord> {
    let written = report::write_changes(folder, [before, after], margin, changes).map_err(of_report)?;
    print!("{}", terminal::changes(&written));
    let worse = named(&written, Direction::Worse);
    let verdict = if worse.is_empty() { Verdict::Held } else { Verdict::Failed };
    let results = Results { load_comparison: Some(written.clone()), ..Results::default() };
    let record = RunRecord {
        verdict: Some(verdict),
        sentence: sentence(&written),
        failures: worse,
        ..session.record_beside(&before.record, results)
    };
    folder.write_record(&record).map_err(of_report)?;
    report::write_load_comparison_page(&written, &record, folder.path()).map_err(of_report)?;
    Ok(record)
}

/// What went in this direction.
fn named(compared: &LoadComparisonResults, direction: Direction) -> Vec<String> {
    let of = compared.changes.iter().filter(|change| change.direction == direction.name());
    of.map(ChangeRecord::words).collect()
}

fn sentence(compared: &LoadComparisonResults) -> String {
    let of = |direction| named(compared, direction).join(", ");
    let [worse, unclear] = [Direction::Worse, Direction::Unclear].map(of);
    let margin = number::share(compared.margin);
    match (worse.as_str(), unclear.as_str()) {
        ("", "") => format!("no regression: nothing became worse by more than {margin}"),
        ("", unclear) => format!("no regression is certain: the runs are too short or unsteady to tell for {unclear}"),
        (worse, _) => format!("regression: worse by more than {margin}: {worse}"),
    }
}
