//! What a page tells of a privacy ledger.

use super::view::Fact;
use crate::grid::Grid;
use crate::ledger;
use crate::record::{LedgerResults, Moment};

/// The section on what each design's server learns.
#[derive(Debug)]
pub(crate) struct Learnt {
    /// What was played, in words.
    pub(crate) played: String,
    pub(crate) grid: Grid,
    /// Of what the linked facts are.
    pub(crate) contents: Vec<Fact>,
}

impl Learnt {
    pub(super) fn of(results: &LedgerResults) -> Self {
        let fact = |(name, value)| Fact { name, value };
        Learnt {
            played: played(results),
            grid: ledger::grid(results),
            contents: ledger::contents(results).into_iter().map(fact).collect(),
        }
    }
}

/// The day: the same for every design, but for what a server refused.
fn played(results: &LedgerResults) -> String {
    use crate::number::whole;
    let days = || results.rows.iter().filter(|row| row.moment == Moment::EndOfDay);
    let most = |count: fn(&crate::record::LedgerRow) -> u64| days().map(count).max().unwrap_or(0);
    format!(
        "One day of {} residents, with {} passes and {} checks, was played against a server of each design.",
        whole(results.residents),
        whole(most(|row| row.passes)),
        whole(most(|row| row.checks))
    )
}
