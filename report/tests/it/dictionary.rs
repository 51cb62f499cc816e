//! `docs/data-dictionary.md` says what the schemas say. `UPDATE=1` writes it anew.

use report::tables::{self, ColumnKind, ColumnSchema, TableSchema};

use crate::support;

const HEAD: &str = "# Data dictionary

Every table of a run folder (`tables/NAME.csv`, and `NAME.parquet` with `--format parquet`), column by column. It is written from the
schemas in `report/src/tables`; a test compares them (`UPDATE=1 cargo test --release -p report` writes this page anew). The same, for
the tables that a run has, stands in its `datapackage.json` for programs to read. Columns are in the order of the file. A cell may be
empty where the column says so. Times in milliseconds count from local midnight of the first day.

";

const ENSEMBLE: &str = "## Ensembles and sweeps

`lockgate simulate --runs N`, or a scenario with a `[sweep]`, writes each summary table of a simulation, and `sweep`, with the rows of all
runs one under the other. Before a table's own columns stand `point`, then a column for each swept key of the scenario (named after the key,
such as `behaviour.obey_share`), then `run` and `seed`. A row is told apart by `point`, `run` and the table's key.

";

const QUANTILES: &str = "For each such table `NAME` there is a table `quantiles_NAME`: how each of its measures is spread over the runs of one point. A
measure is a column of numbers that is not marked as key or label. Its columns are `point`, the swept keys, those columns of `NAME` that are
no measures, and these:

";

const RULE: &str = "A quantile lies between neighbouring values in proportion: definition 7 of Hyndman and Fan (Sample quantiles in statistical packages, The
American Statistician 50, 1996, 361-365), the default of R, NumPy and pandas. A row that a run does not have counts as 0 (nothing of the
kind happened); a cell that is empty is left out, and `runs` says how many values there were.
";

fn kind(column: &ColumnSchema<'_>) -> String {
    match column.kind {
        ColumnKind::Count => "whole number from 0".into(),
        ColumnKind::Number(least, greatest) => match (least.is_finite(), greatest.is_finite()) {
            (true, true) => format!("number from {least} to {greatest}"),
            (true, false) => format!("number from {least}"),
            (false, _) => "number".into(),
        },
        ColumnKind::Text => "text".into(),
        ColumnKind::OneOf(words) => {
            let words: Vec<String> =
                words().into_iter().filter(|word| !word.is_empty()).map(|word| format!("`{word}`")).collect();
            words.join(", ")
        }
        ColumnKind::Truth => "`true` or `false`".into(),
        ColumnKind::Date => "date".into(),
        ColumnKind::Time => "time with its offset".into(),
        ColumnKind::Clock => "local time of day".into(),
    }
}

fn columns(columns: &[ColumnSchema<'_>], key: &[&str]) -> String {
    let mut text = String::from("| column | type | unit | meaning |\n| --- | --- | --- | --- |\n");
    for column in columns {
        let mut meaning = column.meaning.to_owned();
        for (holds, mark) in [
            (key.contains(&column.name), "key"),
            (column.label, "label"),
            (column.may_be_missing && !meaning.contains("empty"), "may be empty"),
        ] {
            if holds {
                meaning += &format!(" ({mark})");
            }
        }
        text += &format!("| `{}` | {} | {} | {meaning} |\n", column.name, kind(column), column.unit);
    }
    text + "\n"
}

fn table(schema: &TableSchema) -> String {
    format!("## `{}`\n\nEach row: {}.\n\n{}", schema.name, schema.meaning, columns(schema.columns, schema.key))
}

fn dictionary() -> String {
    let tables: String = tables::ALL.into_iter().map(table).collect();
    let marks = [&[tables::POINT], tables::RUN_COLUMNS.as_slice()].concat();
    let marks = columns(&marks, &["point", "run"]);
    format!("{HEAD}{tables}{ENSEMBLE}{marks}{QUANTILES}{}{RULE}", columns(&tables::QUANTILE_COLUMNS, &["measure"]))
}

#[test]
fn the_data_dictionary_is_what_the_schemas_say() {
    support::equals_file(&dictionary(), "../docs/data-dictionary.md");
}

#[test]
fn every_column_has_a_meaning_and_every_key_a_column() {
    for schema in tables::ALL {
        for column in schema.columns {
            assert!(column.meaning.len() > 5 && !column.meaning.ends_with('.'), "{}.{}", schema.name, column.name);
        }
        assert!(schema.key.iter().all(|key| schema.header().contains(key)), "{}", schema.name);
    }
}
