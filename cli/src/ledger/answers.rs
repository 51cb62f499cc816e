//! Answers of an interface as tables, whatever they are about.

use std::collections::BTreeSet;

use reference_server::raw::{Cell, Table};
use serde_json::Value;

/// The tables in the answer to `GET path`: each list of objects is one, and so is the whole. Of an object, what is one value is
/// a cell.
pub(super) fn tables(path: &str, answer: &Value) -> Vec<Table> {
    let mut tables = Vec::new();
    add(format!("GET {path}"), std::slice::from_ref(answer), &mut tables);
    tables
}

fn add(name: String, objects: &[Value], tables: &mut Vec<Table>) {
    let fields = || objects.iter().filter_map(Value::as_object).flatten();
    let columns: BTreeSet<&String> =
        fields().filter(|(_, value)| !value.is_array() && !value.is_object()).map(|(name, _)| name).collect();
    if !columns.is_empty() {
        let row = |object: &Value| columns.iter().map(|column| cell(&object[column.as_str()])).collect();
        let rows = objects.iter().map(row).collect();
        tables.push(Table { name: name.clone(), columns: columns.into_iter().cloned().collect(), rows });
    }
    let nested: BTreeSet<&String> =
        fields().filter(|(_, value)| value.is_array() || value.is_object()).map(|(name, _)| name).collect();
    for field in nested {
        let parts = objects.iter().map(|object| &object[field.as_str()]);
        let parts: Vec<Value> =
            parts.flat_map(|part| part.as_array().cloned().unwrap_or_else(|| vec![part.clone()])).collect();
        add(format!("{name} {field}"), &parts, tables);
    }
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => Cell::Null,
        Value::Bool(truth) => Cell::Integer((*truth).into()),
        Value::Number(number) => {
            let real = || number.as_f64().map_or(Cell::Null, |number| Cell::Real(number.to_bits()));
            number.as_i64().map_or_else(real, Cell::Integer)
        }
        Value::String(text) => Cell::Text(text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_objects_are_tables() {
        let answer = serde_json::json!({
            "now": 5, "log": [{"who": "a", "at": 1}, {"who": "b"}], "head": {"hash": "x"}, "names": ["y"], "none": []
        });
        let tables = tables("/p", &answer);
        let named = |name: &str| tables.iter().find(|table| table.name == name).map(|table| table.rows.clone());
        assert_eq!(named("GET /p"), Some(vec![vec![Cell::Integer(5)]]));
        let log = vec![vec![Cell::Integer(1), Cell::Text("a".into())], vec![Cell::Null, Cell::Text("b".into())]];
        assert_eq!(named("GET /p log"), Some(log));
        assert_eq!(named("GET /p head"), Some(vec![vec![Cell::Text("x".into())]]));
        assert_eq!(tables.len(), 3, "{tables:?}");
    }
}
