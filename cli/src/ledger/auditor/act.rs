//! What is done to a server in an experiment.

use demand::RequestKind;

/// One act, of which all is known: who did what when. Persons, passes, officers and places go by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ledger) struct Act {
    pub(in crate::ledger) kind: RequestKind,
    /// When, in seconds since the experiment began.
    pub(in crate::ledger) at_s: i64,
    /// Whom it is about.
    pub(in crate::ledger) person: u32,
    /// Which pass, if it is about one.
    pub(in crate::ledger) pass: Option<u32>,
    /// Which officer did it where; none of what residents do themselves.
    pub(in crate::ledger) checked: Option<Checked>,
}

/// Who checks, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ledger) struct Checked {
    pub(in crate::ledger) officer: u32,
    pub(in crate::ledger) place: u32,
}

/// What a value in a store may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Attribute {
    Person,
    Pass,
    Officer,
    Place,
    /// The act itself: rows that it leaves in two tables may share a number.
    Act,
}

impl Attribute {
    pub(super) const ALL: [Attribute; 5] =
        [Attribute::Person, Attribute::Pass, Attribute::Officer, Attribute::Place, Attribute::Act];

    /// What of this kind the act with this number is about, if anything.
    pub(super) fn of(self, act: &Act, number: usize) -> Option<u32> {
        match self {
            Attribute::Person => Some(act.person),
            Attribute::Pass => act.pass,
            Attribute::Officer => act.checked.map(|checked| checked.officer),
            Attribute::Place => act.checked.map(|checked| checked.place),
            Attribute::Act => u32::try_from(number).ok(),
        }
    }
}
