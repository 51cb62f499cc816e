//! The `[sweep]` table of a scenario: which of its keys take which values in turn.

use std::ops::Range;

use report::Parameter;
use report::tables::Cells;
use toml::Spanned;
use toml::de::DeValue;
use toml_edit::Value;

use crate::faults::Document;
use crate::source::Change;

/// More points than this are a slip of the pen.
const MOST_POINTS: usize = 10_000;

/// The cross product of some lists of values, the last varying fastest. Without any list it has one point, the scenario itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sweep {
    axes: Vec<Axis>,
}

/// One key and the values it takes.
#[derive(Clone, Debug)]
struct Axis {
    /// The key, dotted.
    key: String,
    changes: Vec<Change>,
    values: Vec<Value>,
}

impl Sweep {
    /// Reads the table from `document`, which hears of every fault in its form. Whether a key can take a value is seen when the
    /// points are read.
    pub(crate) fn read(document: &mut Document<'_>) -> Self {
        let mut sweep = Sweep::default();
        let Some(table) = document.raw("sweep") else { return sweep };
        let mut lists = Vec::new();
        collect(&mut Vec::new(), &table, &mut lists);
        lists.sort_by_key(|list| list.at.start);
        for list in lists {
            sweep.axes.extend(Axis::read(document, list));
        }
        let points = sweep.axes.iter().try_fold(1_usize, |points, axis| points.checked_mul(axis.values.len()));
        if points.is_none_or(|points| points > MOST_POINTS) {
            let message = format!("this makes more than {MOST_POINTS} scenarios; write fewer values");
            document.note(table.span(), "sweep".into(), message);
            sweep.axes.clear();
        }
        sweep
    }

    /// Whether nothing is varied.
    pub(crate) fn is_empty(&self) -> bool {
        self.axes.is_empty()
    }

    /// How many scenarios there are.
    pub(crate) fn points(&self) -> usize {
        self.axes.iter().map(|axis| axis.values.len()).product()
    }

    /// Which value of each key the point `number` has.
    pub(crate) fn point(&self, number: usize) -> Vec<usize> {
        let mut rest = number;
        let mut places: Vec<usize> = self
            .axes
            .iter()
            .rev()
            .map(|axis| {
                let place = rest % axis.values.len();
                rest /= axis.values.len();
                place
            })
            .collect();
        places.reverse();
        places
    }

    /// What makes the point `number` of the scenario.
    pub(crate) fn changes(&self, number: usize) -> Vec<Change> {
        let places = self.point(number);
        self.axes.iter().zip(places).map(|(axis, place)| axis.changes[place].clone()).collect()
    }

    /// The keys with their values, as tables have them.
    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        self.axes.iter().map(|axis| Parameter { key: axis.key.clone(), values: cells(&axis.values) }).collect()
    }

    /// A line a key: its name and its values, as a reader may check them.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |axis: &Axis| {
            let values: Vec<String> = axis.values.iter().map(ToString::to_string).collect();
            format!("{}: {}", axis.key, values.join(", "))
        };
        self.axes.iter().map(line).collect()
    }
}

/// A list of values under its key, before it is looked at.
struct List<'a> {
    path: Vec<String>,
    at: Range<usize>,
    values: Option<Vec<Spanned<DeValue<'a>>>>,
}

/// Gathers the lists below `value`: a key may be written in quotes (`"a.b" = []`) or as tables (`a.b = []`).
fn collect<'a>(path: &mut Vec<String>, value: &Spanned<DeValue<'a>>, lists: &mut Vec<List<'a>>) {
    match value.get_ref() {
        DeValue::Table(table) => {
            for (name, value) in table {
                let parts = toml_edit::Key::parse(name.get_ref());
                let parts = parts.map_or_else(
                    |_| vec![name.get_ref().to_string()],
                    |parts| parts.iter().map(|part| part.get().to_owned()).collect(),
                );
                let depth = path.len();
                path.extend(parts);
                collect(path, value, lists);
                path.truncate(depth);
            }
        }
        other => {
            let values = other.as_array().map(|list| list.iter().cloned().collect());
            lists.push(List { path: path.clone(), at: value.span(), values });
        }
    }
}

impl Axis {
    fn read(document: &mut Document<'_>, list: List<'_>) -> Option<Self> {
        let List { path, at, values } = list;
        let key = path.join(".");
        let whole = if key.is_empty() { "sweep".to_owned() } else { format!("sweep.{key}") };
        let fault = match &values {
            _ if key.is_empty() => Some("write keys of the scenario here, each with a list of values"),
            _ if key == "seed" => Some("an ensemble varies the seed; leave this out and run it with --runs N"),
            None => Some("write a list of values, such as [0.5, 0.75]"),
            Some(values) if values.is_empty() => Some("write at least one value"),
            Some(_) => None,
        };
        if let Some(fault) = fault {
            document.note(at, whole, fault.into());
            return None;
        }
        let mut axis = Axis { key: key.clone(), changes: Vec::new(), values: Vec::new() };
        for (index, value) in values.into_iter().flatten().enumerate() {
            let place = document.place(value.span(), &format!("{whole}.{index}"));
            let value: Value = document.slice(value.span()).parse().ok()?;
            axis.changes.push(Change::new(format!("{place}: {key} = {value}"), path.clone(), value.clone()));
            axis.values.push(value);
        }
        Some(axis)
    }
}

/// Values as cells of one column: whole numbers, numbers, truths, or otherwise texts.
fn cells(values: &[Value]) -> Cells {
    let counts = values.iter().map(|value| value.as_integer().and_then(|number| u64::try_from(number).ok()));
    let number = |value: &Value| value.as_float().or_else(|| value.as_integer().map(|number| number as f64));
    let text = |value: &Value| match value.as_str() {
        Some(text) if !text.is_empty() => text.to_owned(),
        _ => value.to_string(),
    };
    if let Some(counts) = counts.collect() {
        return Cells::Counts(counts);
    }
    if let Some(numbers) = values.iter().map(number).collect() {
        return Cells::Numbers(numbers);
    }
    match values.iter().map(Value::as_bool).collect() {
        Some(truths) => Cells::Truths(truths),
        None => Cells::texts(values.iter().map(text)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::source::Source;

    fn read(text: &str) -> Result<Sweep, String> {
        let source = Source::new(Path::new("a.toml"), text.to_owned());
        let mut document = Document::parse(&source).unwrap();
        let sweep = Sweep::read(&mut document);
        document.finish().map(|()| sweep).map_err(|bad| bad.to_string())
    }

    #[test]
    fn the_last_key_varies_fastest() {
        let sweep = read("[sweep]\nz.share = [0.5, 1]\n\"a.scheme\" = [\"x\", 'y', \"z\"]\n").unwrap();
        assert_eq!(sweep.points(), 6);
        let typed = |point| sweep.changes(point).iter().map(Change::typed).collect::<Vec<_>>();
        assert_eq!(typed(0), ["z.share=0.5", "a.scheme=\"x\""]);
        assert_eq!(typed(4), ["z.share=1", "a.scheme='y'"]);
        assert_eq!(sweep.point(5), [1, 2]);
        assert_eq!(sweep.lines(), ["z.share: 0.5, 1", "a.scheme: \"x\", 'y', \"z\""]);
    }

    #[test]
    fn without_a_table_there_is_one_point() {
        for text in ["", "[sweep]\n"] {
            let sweep = read(text).unwrap();
            assert!(sweep.is_empty() && sweep.points() == 1 && sweep.changes(0).is_empty());
        }
    }

    #[test]
    fn values_of_one_kind_have_a_column_of_that_kind() {
        let cells = |list: &str| cells(&read(&format!("[sweep]\na.b = {list}\n")).unwrap().axes[0].values);
        assert_eq!(cells("[1, 2]"), Cells::Counts(vec![1, 2]));
        assert_eq!(cells("[1, -0.5]"), Cells::Numbers(vec![1.0, -0.5]));
        assert_eq!(cells("[true, false]"), Cells::Truths(vec![true, false]));
        assert_eq!(cells("[\"x\", \"\", [1]]"), Cells::texts(["x", "\"\"", "[1]"]));
    }

    #[test]
    fn every_fault_of_form_is_told() {
        let told = read("[sweep]\nseed = [1, 2]\na.b = 3\nc = []\n").unwrap_err();
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), 3, "{told}");
        assert!(lines[0].starts_with("a.toml:2: sweep.seed: ") && lines[0].contains("--runs"), "{told}");
        assert!(lines[1].starts_with("a.toml:3: sweep.a.b: write a list"), "{told}");
        assert!(lines[2].starts_with("a.toml:4: sweep.c: write at least one"), "{told}");
        assert!(read("sweep = 3\n").unwrap_err().starts_with("a.toml:1: sweep: write keys"));
        let list = format!("[{}]", vec!["1"; 101].join(","));
        assert!(read(&format!("[sweep]\na = {list}\nb = {list}\n")).unwrap_err().contains("more than 10000"));
    }
}
