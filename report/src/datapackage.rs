//! `datapackage.json`: the data dictionary of a run folder, a Frictionless Data Package (<https://datapackage.org>, version 2).

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::record::EnsembleResults;
use crate::tables::{self, ColumnKind, ColumnSchema, Described};
use crate::{ReportError, RunRecord};

/// The package of the tables that lie in `folder`; `None` when there are none.
///
/// # Errors
/// [`ReportError::Read`] when a table's size cannot be read.
pub(crate) fn describe(folder: &Path, record: &RunRecord) -> Result<Option<Value>, ReportError> {
    let mut resources = Vec::new();
    for table in tables_of(record) {
        for (format, media_type, suffix) in
            [("csv", "text/csv", ""), ("parquet", "application/vnd.apache.parquet", "-parquet")]
        {
            let path = format!("tables/{}.{format}", table.name);
            let file = folder.join(&path);
            if !file.is_file() {
                continue;
            }
            let bytes = file.metadata().map_err(ReportError::read(&file))?.len();
            resources.push(json!({
                "name": format!("{}{suffix}", table.name.replace('_', "-")),
                "path": path,
                "description": format!("Each row: {}.", table.meaning),
                "format": format,
                "mediatype": media_type,
                "encoding": "utf-8",
                "bytes": bytes,
                "schema": table_schema(&table),
            }));
        }
    }
    let name = record.scenario.as_deref().unwrap_or("run");
    Ok((!resources.is_empty()).then(|| {
        let mut package = json!({
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": slug(&format!("lockgate-{}-{name}", record.command.name())),
            "description": format!("Tables of lockgate {}, version {}.", record.command.name(), record.version),
            "version": record.version,
            "resources": resources,
        });
        if let Some(title) = &record.title {
            package["title"] = title.as_str().into();
        }
        package
    }))
}

/// Every table that a run of this command may have.
fn tables_of(record: &RunRecord) -> Vec<Described<'_>> {
    match &record.results.ensemble {
        None => tables::ALL.into_iter().map(Described::single).collect(),
        Some(EnsembleResults { parameters, .. }) => tables::ALL
            .into_iter()
            .flat_map(|schema| [Described::stacked(schema, parameters), Described::quantiles(schema, parameters)])
            .collect(),
    }
}

fn table_schema(table: &Described<'_>) -> Value {
    let fields: Vec<Value> = table.columns.iter().map(field).collect();
    let mut described = json!({ "fields": fields, "missingValues": [""] });
    if !table.key.is_empty() {
        described["primaryKey"] = json!(table.key);
    }
    described
}

fn field(column: &ColumnSchema<'_>) -> Value {
    let mut constraints = Map::new();
    if !column.may_be_missing {
        constraints.insert("required".into(), true.into());
    }
    let kind = match column.kind {
        ColumnKind::Count => {
            constraints.insert("minimum".into(), 0.into());
            "integer"
        }
        ColumnKind::Number(least, greatest) => {
            if least.is_finite() {
                constraints.insert("minimum".into(), least.into());
            }
            if greatest.is_finite() {
                constraints.insert("maximum".into(), greatest.into());
            }
            "number"
        }
        ColumnKind::OneOf(words) => {
            let words: Vec<&str> = words().into_iter().filter(|word| !word.is_empty()).collect();
            constraints.insert("enum".into(), words.into());
            "string"
        }
        ColumnKind::Text => "string",
        ColumnKind::Truth => "boolean",
        ColumnKind::Date => "date",
        ColumnKind::Time => "datetime",
        ColumnKind::Clock => "time",
    };
    let mut field = json!({ "name": column.name, "type": kind, "description": format!("{}.", column.meaning) });
    if !column.unit.is_empty() {
        field["unit"] = column.unit.into();
    }
    match column.kind {
        ColumnKind::Time => field["format"] = "any".into(),
        ColumnKind::Clock => field["format"] = "%H:%M".into(),
        _ => {}
    }
    if !constraints.is_empty() {
        field["constraints"] = constraints.into();
    }
    field
}

/// A name as packages have it: lower-case letters, digits and hyphens.
fn slug(text: &str) -> String {
    text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' }).collect()
}
