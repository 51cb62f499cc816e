//! The table of a privacy ledger.

use super::schema::{ColumnKind, ColumnSchema, TableSchema};
use crate::record::Moment;

fn schemes() -> Vec<&'static str> {
    vec!["none", "lookup", "signed", "blind"]
}

fn moments() -> Vec<&'static str> {
    Moment::ALL.map(Moment::name).into()
}

/// What one design's server holds at one moment.
pub const PRIVACY_LEDGER: TableSchema = TableSchema {
    name: "privacy_ledger",
    meaning: "what the server of one design can link at one moment after a simulated day, counted in its store",
    columns: &[
        ColumnSchema::of(
            "scheme",
            ColumnKind::OneOf(schemes),
            "How passes are made; none: everybody writes a page about themselves, and there is no server",
        ),
        ColumnSchema::of("log_checks", ColumnKind::Truth, "Whether the server writes every check down"),
        ColumnSchema::of(
            "moment",
            ColumnKind::OneOf(moments),
            "When the store was looked at: when the day was over; when the passes of that day had been removed; when the policy had ended and all had been removed that ever is",
        ),
        ColumnSchema::count("passes", "passes", "Passes that were issued in the day"),
        ColumnSchema::count("checks", "checks", "Checks that were made in the day"),
        ColumnSchema::count("persons", "persons", "Persons who have a name in the store, be it a pseudonym"),
        ColumnSchema::count("rows", "rows", "Rows of its tables"),
        ColumnSchema::count("person_time", "rows", "Rows that link a person with a time, to the hour or finer"),
        ColumnSchema::count("person_place_time", "rows", "Of those, rows that link both with a place"),
        ColumnSchema::count("officer_person", "rows", "Rows that link an officer with a person"),
        ColumnSchema::count("remnants", "values", "Values that the store removed and that still stand in its files"),
        ColumnSchema::count(
            "clear_texts",
            "texts",
            "Document numbers, tokens and codes that stand in its files as they are",
        ),
        ColumnSchema::of(
            "proves",
            ColumnKind::Truth,
            "Whether a check tells a pass that was issued from one that was made up",
        ),
    ],
    key: &["scheme", "log_checks", "moment"],
};
