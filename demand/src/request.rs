//! One ask of the server.

use std::fmt;
use std::str::FromStr;

use passes::Purpose;
use serde::{Deserialize, Serialize};

use crate::SimTime;

/// What is asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RequestKind {
    /// A resident makes himself known.
    Register,
    /// A resident asks for a pass.
    Issue,
    /// An officer shows a pass to the centre.
    Verify,
    /// A resident gives a pass back.
    Cancel,
    /// A patient who must stay at home answers a prompt.
    CheckIn,
}

impl RequestKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [RequestKind; 5] =
        [RequestKind::Register, RequestKind::Issue, RequestKind::Verify, RequestKind::Cancel, RequestKind::CheckIn];

    /// The name in files, such as `issue`.
    pub const fn name(self) -> &'static str {
        match self {
            RequestKind::Register => "register",
            RequestKind::Issue => "issue",
            RequestKind::Verify => "verify",
            RequestKind::Cancel => "cancel",
            RequestKind::CheckIn => "check_in",
        }
    }

    /// Whether it is about a pass, and so about a purpose.
    pub const fn has_purpose(self) -> bool {
        matches!(self, RequestKind::Issue | RequestKind::Verify | RequestKind::Cancel)
    }
}

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for RequestKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        RequestKind::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
            let names: Vec<&str> = RequestKind::ALL.iter().map(|kind| kind.name()).collect();
            format!("no request is called '{text}'; write one of {}", names.join(", "))
        })
    }
}

/// One ask of the server at one instant. Ordered by time, then by the other fields, so that a sorted trace is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    /// When.
    pub at: SimTime,
    /// Whom it is about: the number of a resident of the region.
    pub resident: u32,
    /// Where the asker is: the number of a place of the region.
    pub place: u16,
    /// What is asked.
    pub kind: RequestKind,
    /// What the pass is for; none where it is about no pass ([`RequestKind::has_purpose`]).
    pub purpose: Option<Purpose>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_takes_16_bytes() {
        assert_eq!(size_of::<Request>(), 16);
    }

    #[test]
    fn names_lead_back() {
        for kind in RequestKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
    }
}
