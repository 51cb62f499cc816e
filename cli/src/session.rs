//! What all commands that leave a run folder have in common.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use jiff::{Timestamp, Zoned};
use loadgen::LoadError;
use report::record::{Command, Heading, Objectives, Results, Status, Verdict};
use report::{ReportError, RunFolder, RunRecord};

use crate::failure::{Ending, bad_input};
use crate::scenario::Scenario;
use crate::stop::Stop;

/// Where runs go that were given no folder.
const RUNS: &str = "lockgate-runs";

/// A command at work: when it began, what was typed, and whether the user wants it to stop.
pub(crate) struct Session {
    command: Command,
    started: Instant,
    started_at: Timestamp,
    /// What is shown while it simulates.
    pub(crate) doing: String,
    pub(crate) stop: Stop,
}

impl Session {
    /// Begins a command now.
    pub(crate) fn begin(command: Command, stop: &Stop) -> Self {
        let doing = "simulating".to_owned();
        Session { command, started: Instant::now(), started_at: Timestamp::now(), doing, stop: stop.clone() }
    }

    /// The same command, which shows while it simulates that this is `what` of many.
    pub(crate) fn doing(self, what: &str) -> Self {
        Session { doing: format!("simulating {what}"), ..self }
    }

    /// The run folder to write: the one that was named, or a new one by time and command.
    pub(crate) fn output(&self, named: Option<&Path>) -> PathBuf {
        output(named, self.command.name())
    }

    /// The `run.json` of this command. `replay` is the load run's own verdict, where there was one.
    pub(crate) fn record(
        &self,
        scenario: &Scenario,
        results: Results,
        replay: Option<Verdict>,
        complete: bool,
    ) -> RunRecord {
        let measured = results.load.is_some() || results.capacity.is_some();
        let about = !scenario.lends_objectives;
        let heading = Heading {
            command: self.command,
            command_line: typed(),
            scenario: about.then(|| scenario.name()),
            title: about.then(|| scenario.title.clone()),
            seed: Some(scenario.seed),
            calendar: about.then_some(scenario.calendar),
            overrides: scenario.source.overrides(),
            objectives: measured.then(|| Objectives::from(&scenario.slo)),
            started_at: self.started_at,
        };
        let record = RunRecord::new(heading, self.seconds(), results, replay);
        if complete { record } else { record.stopped() }
    }

    /// The `run.json` of this command, which is about the scenario of another run, `beside`, if that had one.
    pub(crate) fn record_beside(&self, beside: &RunRecord, results: Results) -> RunRecord {
        let heading = Heading {
            command: self.command,
            command_line: typed(),
            scenario: beside.scenario.clone(),
            title: beside.title.clone(),
            seed: None,
            calendar: beside.calendar,
            overrides: Vec::new(),
            objectives: beside.objectives,
            started_at: self.started_at,
        };
        RunRecord::new(heading, self.seconds(), results, None)
    }

    /// Seconds since the command began.
    pub(crate) fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}

/// The folder to write: `named`, or a new one by time and command.
pub(crate) fn output(named: Option<&Path>, command: &str) -> PathBuf {
    named.map_or_else(
        || {
            let stamp = Zoned::now().strftime("%Y-%m-%dT%H-%M-%S").to_string();
            PathBuf::from(RUNS).join(format!("{stamp}-{command}"))
        },
        Path::to_owned,
    )
}

/// Makes the folder `out` by `work`; nothing stays when that fails.
pub(crate) fn in_folder<T>(
    out: &Path,
    work: impl FnOnce(&RunFolder) -> anyhow::Result<T>,
) -> anyhow::Result<(PathBuf, T)> {
    let folder = RunFolder::create(out).map_err(of_report)?;
    let unfinished = folder.path().to_owned();
    let finished = work(&folder).and_then(|done| Ok((folder.finish().map_err(of_report)?, done)));
    if finished.is_err() {
        // The error is what matters; a folder that cannot be removed still bears its mark.
        let _ = std::fs::remove_dir_all(unfinished);
    }
    finished
}

/// Writes what every run folder has beside its tables.
pub(crate) fn close_folder(folder: &RunFolder, scenario: &Scenario, record: &RunRecord) -> anyhow::Result<()> {
    folder.write_text("scenario.toml", &scenario.source.text).map_err(of_report)?;
    folder.write_record(record).map_err(of_report)
}

/// How a command with this record ends.
pub(crate) fn ending(record: &RunRecord) -> Ending {
    match (record.status, record.verdict) {
        (Status::Partial, _) | (_, Some(Verdict::Unusable)) => Ending::Unusable,
        (_, Some(Verdict::Failed)) => Ending::Failed,
        (_, Some(Verdict::Held) | None) => Ending::Held,
    }
}

/// The command as typed, without the folder of the program.
fn typed() -> String {
    let arguments = std::env::args().skip(1).map(|argument| match argument.contains([' ', '"', '\'']) {
        true => format!("'{}'", argument.replace('\'', r"'\''")),
        false => argument,
    });
    std::iter::once("lockgate".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// An error of the load engine: bad input, or a run that could not be made.
pub(crate) fn of_load(error: LoadError) -> anyhow::Error {
    match error {
        LoadError::Impossible(_) => bad_input(error),
        _ => error.into(),
    }
}

/// An error of writing or reading runs: bad input where another name helps, otherwise something that could not be done.
pub(crate) fn of_report(error: ReportError) -> anyhow::Error {
    match error {
        ReportError::Taken { .. }
        | ReportError::NoRun { .. }
        | ReportError::Record { .. }
        | ReportError::Twice { .. }
        | ReportError::NoPage { .. }
        | ReportError::Strangers { .. } => bad_input(error),
        _ => error.into(),
    }
}

/// Reads the file that `what` names.
pub(crate) fn read_file(path: &Path, what: &str) -> anyhow::Result<std::fs::File> {
    std::fs::File::open(path)
        .with_context(|| format!("{what} {}", path.display()))
        .map_err(|error| bad_input(format!("{error:#}")))
}
