//! A trip as the rules see it, and what they say of it.

use super::Refusal;
use crate::{Group, Purpose};

/// What the rules need to know of a trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outing {
    /// What for.
    pub purpose: Purpose,
    /// When it begins, in Unix seconds.
    pub at_s: i64,
    /// How far from home it leads, in metres.
    pub distance_m: u32,
    /// Who makes it.
    pub group: Group,
}

/// What the policy says of a trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// It needs no pass.
    Free,
    /// It needs a pass, which can be had.
    NeedsPass,
    /// It needs a pass, and for such a trip there is none: why.
    Forbidden(Refusal),
}
