//! The addresses at which the server is asked.

use super::connections::ConnectionCounts;
use super::gate::Gate;
use super::route::Route;
use crate::Limits;

/// Who is served at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Everybody, with everything.
    Everybody,
    /// Officers alone, with what a checkpoint needs.
    Officers,
}

impl Whose {
    /// Whether `route` is served there.
    pub(super) const fn has(self, route: Route) -> bool {
        match self {
            Whose::Everybody => true,
            Whose::Officers => route.is_for_checkpoints(),
        }
    }
}

/// An address with bounds of its own: a crowd before one keeps nobody out of the other.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) whose: Whose,
    /// So many threads serve there.
    pub(crate) threads: usize,
    pub(crate) gate: Gate,
    pub(crate) connections: ConnectionCounts,
}

impl Door {
    /// `signers`: so many make signatures that take long. `threads`: so many serve there.
    pub(super) fn new(whose: Whose, limits: &Limits, signers: usize, threads: usize) -> Self {
        Door { whose, gate: Gate::new(limits, signers, threads), threads, connections: ConnectionCounts::default() }
    }

    /// What sets its samples apart in the metrics: written after another label, or alone.
    pub(super) const fn label(&self, alone: bool) -> &'static str {
        match (self.whose, alone) {
            (Whose::Everybody, _) => "",
            (Whose::Officers, true) => "{address=\"officers\"}",
            (Whose::Officers, false) => ",address=\"officers\"",
        }
    }
}
