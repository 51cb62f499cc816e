//! What is asked, and what came of it.

use std::fmt;

use demand::RequestKind;
use serde::{Deserialize, Serialize};

/// What a request asks of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Kind {
    /// A plain GET; any 200 is right.
    Get,
    /// A resident makes himself known; right is 201 with a token.
    Register,
    /// A resident asks for a pass; right is 201 with a pass and its code.
    Issue,
    /// An officer shows a code; right is 200 with the verdict that this code deserves.
    Verify,
    /// A resident gives a pass back; right is 204.
    Cancel,
    /// A patient at home answers a prompt; right is 204.
    CheckIn,
}

impl Kind {
    /// All kinds, in the order of their numbers (`kind as usize`).
    pub const ALL: [Kind; 6] = [Kind::Get, Kind::Register, Kind::Issue, Kind::Verify, Kind::Cancel, Kind::CheckIn];

    /// The name in files, such as `issue`.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Get => "get",
            Kind::Register => "register",
            Kind::Issue => "issue",
            Kind::Verify => "verify",
            Kind::Cancel => "cancel",
            Kind::CheckIn => "check_in",
        }
    }

    /// Whether an officer asks it, and no resident.
    pub(crate) const fn is_of_officers(self) -> bool {
        matches!(self, Kind::Verify)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<RequestKind> for Kind {
    fn from(kind: RequestKind) -> Self {
        match kind {
            RequestKind::Register => Kind::Register,
            RequestKind::Issue => Kind::Issue,
            RequestKind::Verify => Kind::Verify,
            RequestKind::Cancel => Kind::Cancel,
            RequestKind::CheckIn => Kind::CheckIn,
        }
    }
}

/// What came of a request that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Answered, and the content is what it must be.
    Right,
    /// The target declined: a 4xx status other than 429.
    Refused,
    /// The target says that it cannot now: 503 or 429.
    Overloaded,
    /// Answered wrongly: a wrong verdict, another status, content or HTTP that cannot be read.
    Wrong,
    /// The connection was refused, reset or closed before the answer was complete.
    Failed,
    /// No complete answer in time.
    TimedOut,
}

impl Outcome {
    /// Whether an answer was read to its end.
    pub(crate) const fn answered(self) -> bool {
        matches!(self, Outcome::Right | Outcome::Refused | Outcome::Overloaded | Outcome::Wrong)
    }
}
