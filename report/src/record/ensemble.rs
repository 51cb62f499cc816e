//! The part of `run.json` that many simulations fill.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::tables::ColumnKind;

/// What an ensemble did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnsembleResults {
    /// Scenarios: 1, or as many as the sweep makes.
    pub points: u64,
    /// Runs of each, with seeds that follow one another.
    pub runs: u64,
    /// Runs that were made and are in the tables: all, unless the ensemble was stopped.
    pub runs_done: u64,
    /// What the sweep varies, in the order of its columns.
    pub parameters: Vec<ParameterRecord>,
    /// The least and the greatest value of each measure of the table `sweep`, over all runs.
    pub measures: BTreeMap<String, RangeRecord>,
    /// The most memory the process held.
    pub peak_memory_bytes: u64,
}

/// A key of the scenario that a sweep varies, and a column of every table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterRecord {
    /// The key, dotted; the column's name.
    pub key: String,
    /// What its values are.
    pub kind: ParameterKind,
}

/// What the values of a parameter are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// Whole numbers from 0.
    Count,
    /// Numbers.
    Number,
    /// `true` and `false`.
    Truth,
    /// Texts, and whatever else TOML can write.
    Text,
}

/// A least and a greatest value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RangeRecord {
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl ParameterKind {
    /// What stands in the parameter's column.
    pub(crate) const fn column_kind(self) -> ColumnKind {
        match self {
            ParameterKind::Count => ColumnKind::Count,
            ParameterKind::Number => ColumnKind::Number(f64::NEG_INFINITY, f64::INFINITY),
            ParameterKind::Truth => ColumnKind::Truth,
            ParameterKind::Text => ColumnKind::Text,
        }
    }
}

impl RangeRecord {
    /// A range of this one value.
    pub(crate) fn of(value: f64) -> Self {
        RangeRecord { min: value, max: value }
    }

    /// The same range, widened to hold `value`.
    pub(crate) fn with(self, value: f64) -> Self {
        RangeRecord { min: self.min.min(value), max: self.max.max(value) }
    }
}
