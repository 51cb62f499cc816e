//! What is wrong with a scenario.

/// One thing wrong with a section of a scenario file: which key, what is the matter, what to write instead.
///
/// Sections report all their faults at once; the command line adds file and line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The key, dotted from the root of the file: `policy.until`.
    pub key: String,
    /// What is the matter and what to write instead, as a clause without a full stop.
    pub message: String,
}

impl Fault {
    /// A fault of `key`.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Fault { key: key.into(), message: message.into() }
    }
}
