//! The part of `run.json` that a privacy ledger fills.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the servers of several designs hold of a day, and when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LedgerResults {
    /// How many residents the region was shrunk to, or has.
    pub residents: u64,
    /// A row for each design and moment.
    pub rows: Vec<LedgerRow>,
}

/// When a store was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// When the day was over.
    EndOfDay,
    /// When the passes of the day had been removed, while others are still issued.
    AfterRetention,
    /// When the policy had ended, and all was removed that is ever removed.
    AfterSunset,
}

impl Moment {
    /// All, in order of time.
    pub const ALL: [Moment; 3] = [Moment::EndOfDay, Moment::AfterRetention, Moment::AfterSunset];

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Moment::EndOfDay => "end_of_day",
            Moment::AfterRetention => "after_retention",
            Moment::AfterSunset => "after_sunset",
        }
    }

    /// The same in words.
    pub const fn words(self) -> &'static str {
        match self {
            Moment::EndOfDay => "end of the day",
            Moment::AfterRetention => "after retention",
            Moment::AfterSunset => "after the sunset",
        }
    }
}

/// How many rows link what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedFacts {
    /// A person with a time.
    pub person_time: u64,
    /// A person with a place and a time.
    pub person_place_time: u64,
    /// A person with an officer.
    pub officer_person: u64,
}

/// What one design's server holds at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// `none`, or how passes are made: `lookup`, `signed`, `blind`.
    pub scheme: String,
    /// Whether the server writes every check down.
    pub log_checks: bool,
    /// When it was looked at.
    pub moment: Moment,
    /// Passes that were issued in the day.
    pub passes: u64,
    /// Checks that were made in the day.
    pub checks: u64,
    /// Persons who have a name in the store, be it a pseudonym.
    pub persons: u64,
    /// Rows of its tables.
    pub rows: u64,
    /// What is linked, over all that was done.
    #[serde(flatten)]
    pub linked: LinkedFacts,
    /// The same by what was done: `register`, `issue`, `verify`, `cancel`, `check_in`; what is not linked is left out.
    pub by_kind: BTreeMap<String, LinkedFacts>,
    /// Values that the store removed and that still stand in its files.
    pub remnants: u64,
    /// Document numbers, tokens and codes that stand in its files as they are.
    pub clear_texts: u64,
    /// Whether a check tells a pass that was issued from one that was made up.
    pub proves: bool,
}

impl LedgerRow {
    /// The design in short, such as `lookup+log`.
    pub fn design(&self) -> String {
        format!("{}{}", self.scheme, if self.log_checks { "+log" } else { "" })
    }
}
