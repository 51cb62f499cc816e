//! What can keep a run from being made.

use passes::Fault;

/// A run cannot be made. Whatever befalls a single request is an outcome, not an error.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The plan or the settings are impossible; all faults.
    #[error("{}", .0.iter().map(|fault| format!("{}: {}", fault.key, fault.message)).collect::<Vec<_>>().join("\n"))]
    Impossible(Vec<Fault>),
    /// The target does not answer at all.
    #[error("{url} does not answer: {cause}. Start the server, or check the address.")]
    Unreachable {
        /// The target.
        url: String,
        /// Why, in the words of the system.
        cause: String,
    },
    /// The target answers something else than a pass server does.
    #[error("{url} answered {what} to {request}. Is it a pass server that speaks this interface?")]
    Unexpected {
        /// The target.
        url: String,
        /// What was asked.
        request: &'static str,
        /// What came: a status, or what is wrong with the body.
        what: String,
    },
    /// Residents are registered by operators only, and this was not one's token.
    #[error(
        "{url} answered {status} to POST /v1/residents/batch: residents are registered there by operators only. Give an operator's token with \
         --operator-token FILE, and an officer's with --officer-token FILE."
    )]
    NoOperator {
        /// The target.
        url: String,
        /// What it answered.
        status: String,
    },
    /// Nothing of what the plan needs beforehand could be had.
    #[error("none of the {wanted} {what} that the plan needs could be had beforehand: {detail}")]
    Unprepared {
        /// Tokens or passes.
        what: &'static str,
        /// How many were needed.
        wanted: u64,
        /// What came of the requests.
        detail: String,
    },
    /// Connections cannot be secured.
    #[error(transparent)]
    Tls(#[from] crate::TlsError),
    /// The instant of the start was over before all was ready.
    #[error("the run was ready {:.1} s after the instant it was to start at; write a later one", .0.duration().as_secs_f64())]
    Late(std::time::SystemTimeError),
    /// The machine does not give what the engine needs.
    #[error("the load engine cannot run here: {0} (it needs Linux 5.11 or newer)")]
    System(#[from] std::io::Error),
}
