//! Tables of a load run.

use super::schema::{ColumnKind, ColumnSchema, TableSchema};

/// The names a request can have in a load run.
fn load_kinds() -> Vec<&'static str> {
    loadgen::Kind::ALL.iter().map(|kind| kind.name()).collect()
}

fn measures() -> Vec<&'static str> {
    loadgen::Measure::ALL.iter().map(|measure| measure.name()).collect()
}

/// One second of one kind of request.
pub const INTERVALS: TableSchema = TableSchema {
    name: "intervals",
    meaning: "one second of a load run, one kind of request",
    columns: &[
        ColumnSchema::count("second", "seconds", "Seconds since the start of the run at which the interval begins"),
        ColumnSchema::of("kind", ColumnKind::OneOf(load_kinds), "What was asked of the server"),
        ColumnSchema::count("asked", "requests", "Requests the plan intended in this second"),
        ColumnSchema::count("sent", "requests", "Of those, sent"),
        ColumnSchema::count("answered", "requests", "Of those, answered at all"),
        ColumnSchema::count("right", "requests", "Of those, answered rightly"),
        ColumnSchema::count("dropped", "requests", "Intended in this second and never sent"),
        ColumnSchema::count("refused", "requests", "Answered with a refusal (a 4xx status other than 429)"),
        ColumnSchema::count("overloaded", "requests", "Answered that the server is overloaded (503 or 429)"),
        ColumnSchema::count("wrong", "requests", "Answered with a wrong verdict or unreadable content"),
        ColumnSchema::count("failed", "requests", "Lost their connection, or got none"),
        ColumnSchema::count("timed_out", "requests", "Had no answer in time"),
        ColumnSchema::count("without_pass", "requests", "Not asked, because the resident held no token or pass yet"),
        ColumnSchema::number("response_time_p50_us", "microseconds", "Median time from intended instant to answer")
            .or_missing(),
        ColumnSchema::number("response_time_p90_us", "microseconds", "90th percentile of the response time")
            .or_missing(),
        ColumnSchema::number("response_time_p99_us", "microseconds", "99th percentile of the response time")
            .or_missing(),
        ColumnSchema::number("response_time_max_us", "microseconds", "Greatest response time").or_missing(),
    ],
    key: &["second", "kind"],
};

/// One point of a percentile curve.
pub const PERCENTILES: TableSchema = TableSchema {
    name: "percentiles",
    meaning: "one point of the percentile curve of a time, for one kind of request over the whole run",
    columns: &[
        ColumnSchema::of("kind", ColumnKind::OneOf(load_kinds), "What was asked of the server"),
        ColumnSchema::of(
            "measure",
            ColumnKind::OneOf(measures),
            "response_time: intended instant to answer; service_time: sending to answer; send_lag: intended instant to sending; connection_wait: taking up to sending",
        ),
        ColumnSchema {
            name: "percentile",
            kind: ColumnKind::Number(0.0, 100.0),
            unit: "percent",
            meaning: "So many of a hundred requests took no longer",
            may_be_missing: false,
            label: false,
        },
        ColumnSchema::number("value_us", "microseconds", "The time they stayed within"),
    ],
    key: &["kind", "measure", "percentile"],
};

fn quantities() -> Vec<&'static str> {
    vec!["response_time_p50", "response_time_p90", "response_time_p99", "goodput"]
}

fn directions() -> Vec<&'static str> {
    use loadgen::Direction::{Better, Same, Unclear, Worse};
    [Worse, Better, Same, Unclear].map(loadgen::Direction::name).to_vec()
}

/// One quantity of one kind of request in two load runs.
pub const LOAD_COMPARISON: TableSchema = TableSchema {
    name: "load_comparison",
    meaning: "one quantity of one kind of request in two load runs (lockgate compare)",
    columns: &[
        ColumnSchema::of("kind", ColumnKind::OneOf(load_kinds), "What was asked of the server"),
        ColumnSchema::of(
            "quantity",
            ColumnKind::OneOf(quantities),
            "A percentile of the response time in microseconds, or right answers in time per second",
        ),
        ColumnSchema::number("before", "as the quantity", "In the first run"),
        ColumnSchema::number("after", "as the quantity", "In the second run"),
        ColumnSchema::number("ratio", "ratio", "after over before").or_missing(),
        ColumnSchema::number("ratio_low", "ratio", "Lower end of the 95 % interval of the ratio").or_missing(),
        ColumnSchema::number("ratio_high", "ratio", "Upper end of the 95 % interval of the ratio").or_missing(),
        ColumnSchema::of(
            "direction",
            ColumnKind::OneOf(directions),
            "worse or better: by more than the margin; same: within it; unclear: the runs do not say",
        ),
    ],
    key: &["kind", "quantity"],
};
