//! The table of what a simulation takes as given.

use super::schema::{ColumnKind, ColumnSchema, TableSchema};
use crate::Origin;

fn origins() -> Vec<&'static str> {
    Origin::ALL.map(Origin::name).to_vec()
}

/// One parameter of the scenario.
pub const ASSUMPTIONS: TableSchema = TableSchema {
    name: "assumptions",
    meaning: "a parameter of the scenario, its value in this run, and where that comes from",
    columns: &[
        ColumnSchema::of("key", ColumnKind::Text, "Its key in the scenario, dotted"),
        ColumnSchema::of("value", ColumnKind::Text, "Its value, as a scenario writes it; none: an empty list"),
        ColumnSchema::of("unit", ColumnKind::Text, "The unit of the value").or_missing(),
        ColumnSchema::of("meaning", ColumnKind::Text, "What it is").or_missing(),
        ColumnSchema::of(
            "origin",
            ColumnKind::OneOf(origins),
            "default: the model's own; scenario: the scenario's file sets it; command_line: it was set over the file",
        ),
        ColumnSchema::of(
            "assumed",
            ColumnKind::Truth,
            "Whether the value, or a part of it, is an assumption rather than taken from a source",
        ),
        ColumnSchema::of("source", ColumnKind::Text, "Where the value comes from; empty where nobody said")
            .or_missing(),
    ],
    key: &["key"],
};
