//! The table of what was published.

use super::schema::{ColumnKind, ColumnSchema, TableSchema};

const NUMBER: ColumnKind = ColumnKind::Number(f64::NEG_INFINITY, f64::INFINITY);

/// One published figure beside the model's.
pub const PUBLISHED: TableSchema = TableSchema {
    name: "published",
    meaning: "a published figure of the scenario's days beside the model's",
    columns: &[
        ColumnSchema::of("figure", ColumnKind::Text, "What was published"),
        ColumnSchema::of("measure", ColumnKind::Text, "The same in terms of a run"),
        ColumnSchema::of(
            "relative_to",
            ColumnKind::Text,
            "The scenario against which all four numbers are changes; empty for none",
        )
        .or_missing(),
        ColumnSchema::of("unit", ColumnKind::Text, "The unit of all four numbers"),
        ColumnSchema::of("value", NUMBER, "What was published"),
        ColumnSchema::of("low", NUMBER, "The least that the model may give"),
        ColumnSchema::of("high", NUMBER, "The most that it may give"),
        ColumnSchema::of(
            "simulated",
            NUMBER,
            "What it gives, for the whole region; empty where there was nothing to measure",
        )
        .or_missing(),
        ColumnSchema::of("holds", ColumnKind::Truth, "Whether that lies within the band"),
        ColumnSchema::of("source", ColumnKind::Text, "Who published it"),
    ],
    key: &["figure"],
};
