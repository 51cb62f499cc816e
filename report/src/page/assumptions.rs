//! What a page tells of the parameters behind a simulation: which were assumed, and where the others come from.

use std::path::Path;

use crate::ReportError;
use crate::number::whole;
use crate::tables::{self, Table};

/// The parameters of a simulation, folded away by how sure they are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assumptions {
    /// How many there are of each, in a sentence.
    pub(crate) sentence: String,
    pub(crate) groups: Vec<Group>,
}

/// Parameters of one standing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) rows: Vec<Row>,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) key: String,
    /// The value with its unit.
    pub(crate) value: String,
    pub(crate) meaning: String,
    pub(crate) source: String,
}

/// The parameters in `folder`; `None` in runs of earlier versions.
pub(super) fn assumptions(folder: &Path) -> Result<Option<Assumptions>, ReportError> {
    let Some(table) = Table::read_csv(&tables::ASSUMPTIONS, folder)? else { return Ok(None) };
    let column = |name: &str| table.texts(name);
    let (keys, values, units) = (column("key")?, column("value")?, column("unit")?);
    let (meanings, origins, sources) = (column("meaning")?, column("origin")?, column("source")?);
    let assumed = table.truths("assumed")?;
    let row = |row: usize| Row {
        key: keys[row].clone(),
        value: with_unit(&values[row], &units[row]),
        meaning: meanings[row].clone(),
        source: match origins[row].as_str() {
            "command_line" => "set on the command line".into(),
            _ if sources[row].is_empty() => "not said".into(),
            _ => sources[row].clone(),
        },
    };
    let group = |name: &str, belongs: &dyn Fn(usize) -> bool| {
        let rows: Vec<Row> = (0..table.rows()).filter(|index| belongs(*index)).map(row).collect();
        Group { name: format!("{name}: {}", whole(rows.len() as u64)), rows }
    };
    let by_default = |row: usize| origins[row] == "default";
    let groups = [
        group("Set for this scenario", &|row| !by_default(row)),
        group("The model's defaults with a source", &|row| by_default(row) && !assumed[row]),
        group("The model's defaults that are assumed, in whole or in part", &|row| by_default(row) && assumed[row]),
    ];
    let all_assumed = assumed.iter().filter(|assumed| **assumed).count();
    let sentence = format!(
        "Of the {} parameters below {} are assumed, in whole or in part; the others come from a source, or are what was asked.",
        whole(table.rows() as u64),
        whole(all_assumed as u64),
    );
    let groups = groups.into_iter().filter(|group| !group.rows.is_empty()).collect();
    Ok(Some(Assumptions { sentence, groups }))
}

/// `45 minutes` of `45.0` and `minutes`; what is no measure stands alone.
fn with_unit(value: &str, unit: &str) -> String {
    let bare = value.strip_suffix(".0").unwrap_or(value);
    let bare = &bare.parse().map_or_else(|_| bare.to_owned(), whole);
    match unit {
        "" | "share" | "path" | "date" | "local time" => bare.to_owned(),
        _ if bare == "none" => bare.to_owned(),
        unit => format!("{bare} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_its_unit_where_it_has_one() {
        assert_eq!(with_unit("45.0", "minutes"), "45 minutes");
        assert_eq!(with_unit("0.25", "share"), "0.25");
        assert_eq!(with_unit("12700000", "people"), "12,700,000 people");
        assert_eq!(with_unit("none", "requests"), "none");
    }
}
