//! How a command can end, as exit codes.

use std::process::ExitCode;

use crate::bad_file::BadFile;

/// How a command ended that could run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Done, and the objectives held (or there were none).
    Held,
    /// Done, and an objective failed.
    Failed,
    /// Done in part: stopped by the user, or the measurement cannot be used.
    Unusable,
}

/// Bad input: what was given must be changed before the command can run.
#[derive(Debug)]
pub(crate) struct BadInput(pub(crate) String);

impl std::fmt::Display for BadInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// An error for input that must be changed.
pub(crate) fn bad_input(message: impl std::fmt::Display) -> anyhow::Error {
    BadInput(message.to_string()).into()
}

/// The exit code of a finished command; an error is printed.
pub(crate) fn exit_code(ended: &anyhow::Result<Ending>) -> ExitCode {
    match ended {
        Ok(Ending::Held) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::from(1),
        Ok(Ending::Unusable) => ExitCode::from(3),
        Err(error) => {
            // Faults of files begin with the file, line by line, as editors and compilers expect.
            match error.downcast_ref::<BadFile>() {
                Some(bad) => eprintln!("{bad}"),
                None => eprintln!("lockgate: {error:#}"),
            }
            let bad_input = error.is::<BadFile>() || error.is::<BadInput>();
            ExitCode::from(if bad_input { 2 } else { 3 })
        }
    }
}
