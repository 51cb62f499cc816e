//! Tables of an ensemble: those of a simulation, one run under the other, and their quantiles over the runs.

use super::schema::{ColumnKind, ColumnSchema, TableSchema};
use crate::record::ParameterRecord;

/// The scenario that a row is of, the first column of every table of an ensemble. The swept parameters follow it, a column each.
pub const POINT: ColumnSchema<'static> =
    ColumnSchema::count("point", "", "The number of the scenario that the sweep made; always 0 without a sweep");

/// Which run a row is of; after the parameters, and before the columns of the simulation's own table.
pub const RUN_COLUMNS: [ColumnSchema<'static>; 2] = [
    ColumnSchema::count("run", "", "The number of the run of this scenario; 0 is the first"),
    ColumnSchema::count("seed", "", "The seed of its random draws: the scenario's seed and the run's number added"),
];

/// What a table of quantiles has after point, parameters, and the columns of the simulation's table that say what a row is about.
pub const QUANTILE_COLUMNS: [ColumnSchema<'static>; 10] = [
    ColumnSchema::of(
        "measure",
        ColumnKind::Text,
        "The column of the table whose values are told; its unit is that column's",
    ),
    ColumnSchema::count("runs", "runs", "How many runs have a value"),
    signed("min", "The least of them"),
    signed("p05", "The quantile of 0.05"),
    signed("p25", "The quantile of 0.25"),
    signed("p50", "The median"),
    signed("p75", "The quantile of 0.75"),
    signed("p95", "The quantile of 0.95"),
    signed("max", "The greatest of them"),
    signed("mean", "Their arithmetic mean"),
];

const fn signed(name: &'static str, meaning: &'static str) -> ColumnSchema<'static> {
    let kind = ColumnKind::Number(f64::NEG_INFINITY, f64::INFINITY);
    ColumnSchema::of(name, kind, meaning).or_missing()
}

/// A whole run in one row, among the others.
pub const SWEEP: TableSchema = TableSchema {
    name: "sweep",
    meaning: "one run of an ensemble in numbers",
    columns: &[
        ColumnSchema::count("residents", "residents", "People simulated").label(),
        ColumnSchema::count("days", "days", "Days simulated").label(),
        ColumnSchema::count("trips", "trips", "Trips made"),
        ColumnSchema::count("trips_without_pass", "trips", "Of these, trips that needed a pass and had none"),
        ColumnSchema::count(
            "trips_not_made",
            "trips",
            "Trips wanted and not made: forbidden, or the pass was not to be had",
        ),
        ColumnSchema::count("passes", "passes", "Passes issued"),
        ColumnSchema::count("refusals", "requests", "Passes asked for and refused by the rules"),
        ColumnSchema::count("gave_up", "passes", "Passes that residents gave up asking for"),
        ColumnSchema::count("checks", "checks", "Residents checked by officers"),
        ColumnSchema::count("checks_expired", "checks", "Of these, residents with a pass whose time was over"),
        ColumnSchema::count("checks_no_pass", "checks", "Of these, residents with no pass where one was needed"),
        ColumnSchema::count("false_refusals", "checks", "Of these, residents with a pass who were not believed"),
        ColumnSchema::count("gate_arrivals", "people", "People who came to a gate"),
        ColumnSchema::count("turned_back", "people", "Of these, people sent home"),
        ColumnSchema::count("longest_gate_queue", "people", "The longest queue at one gate"),
        ColumnSchema::number("longest_gate_wait_s", "seconds", "The longest wait at a gate"),
        ColumnSchema::number("gate_wait_mean_s", "seconds", "The mean wait at gates; 0 when nobody came to one"),
        ColumnSchema::count("requests_register", "requests", "Registrations asked of the server"),
        ColumnSchema::count("requests_issue", "requests", "Passes asked of the server"),
        ColumnSchema::count("requests_verify", "requests", "Verifications asked of the server"),
        ColumnSchema::count("requests_cancel", "requests", "Cancellations asked of the server"),
        ColumnSchema::count("requests_check_in", "requests", "Check-ins of patients"),
        ColumnSchema::number("peak_register_per_s", PER_S, "Registrations in their busiest minute, the mean over it"),
        ColumnSchema::number("peak_issue_per_s", PER_S, "Passes asked for in their busiest minute, the mean over it"),
        ColumnSchema::number("peak_verify_per_s", PER_S, "Verifications in their busiest minute, the mean over it"),
        ColumnSchema::number("peak_cancel_per_s", PER_S, "Cancellations in their busiest minute, the mean over it"),
        ColumnSchema::number("peak_check_in_per_s", PER_S, "Check-ins in their busiest minute, the mean over it"),
        ColumnSchema::number("peak_mix_per_s", PER_S, "All requests in their busiest minute, the mean over it"),
    ],
    key: &[],
};

/// A measure of [`SWEEP`] in two scenarios, over runs with the same seeds.
pub const SCENARIO_COMPARISON: TableSchema = TableSchema {
    name: "scenario_comparison",
    meaning: "one measure of two scenarios, simulated with the same seeds",
    columns: &[
        ColumnSchema::of("measure", ColumnKind::Text, "A column of the table sweep, in its unit"),
        signed("before", "The mean over the runs of the first scenario"),
        signed("after", "The mean over the runs of the second scenario"),
        signed("difference", "The mean of the differences, run by run"),
        signed("interval_low", "The lower end of the 95 % interval of that mean; empty with one run"),
        signed("interval_high", "The upper end; empty with one run"),
        signed("change_share", "The difference over the first scenario's mean; empty where that is 0"),
    ],
    key: &["measure"],
};

const PER_S: &str = "requests per second";

/// A table as it lies in a run folder, apart from its format.
#[derive(Debug)]
pub(crate) struct Described<'a> {
    pub(crate) name: String,
    pub(crate) meaning: String,
    pub(crate) columns: Vec<ColumnSchema<'a>>,
    pub(crate) key: Vec<&'a str>,
}

impl Described<'static> {
    /// A table of one run.
    pub(crate) fn single(schema: &TableSchema) -> Self {
        let (name, meaning) = (schema.name.to_owned(), schema.meaning.to_owned());
        Described { name, meaning, columns: schema.columns.to_vec(), key: schema.key.to_vec() }
    }
}

impl<'a> Described<'a> {
    /// The same table of every run of an ensemble.
    pub(crate) fn stacked(schema: &TableSchema, parameters: &'a [ParameterRecord]) -> Self {
        let mut columns = point_columns(parameters);
        columns.extend(RUN_COLUMNS);
        columns.extend(schema.columns);
        let key = [&[POINT.name, RUN_COLUMNS[0].name], schema.key].concat();
        Described { name: schema.name.to_owned(), meaning: format!("in one run, {}", schema.meaning), columns, key }
    }

    /// The quantiles of its measures over the runs.
    pub(crate) fn quantiles(schema: &TableSchema, parameters: &'a [ParameterRecord]) -> Self {
        let mut columns = point_columns(parameters);
        columns.extend(schema.subjects());
        columns.extend(QUANTILE_COLUMNS);
        let key = [&[POINT.name], schema.key, &[QUANTILE_COLUMNS[0].name]].concat();
        let meaning =
            format!("one measure of the table {} over all runs of one scenario: {}", schema.name, schema.meaning);
        Described { name: quantiles_name(schema), meaning, columns, key }
    }
}

/// The file name of the quantiles of a table, without extension.
pub(crate) fn quantiles_name(schema: &TableSchema) -> String {
    format!("quantiles_{}", schema.name)
}

fn point_columns(parameters: &[ParameterRecord]) -> Vec<ColumnSchema<'_>> {
    let swept = parameters.iter().map(|parameter| {
        let meaning = "The value that this key of the scenario has, as the sweep sets it";
        ColumnSchema::of(&parameter.key, parameter.kind.column_kind(), meaning)
    });
    std::iter::once(POINT).chain(swept).collect()
}
