//! A database file as anybody can read it who knows nothing of its tables: for auditors, who are to judge by what is kept and not by
//! what was meant to be.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// How a database file begins.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Any other number, by its bits: it is compared and not reckoned with.
    Real(u64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A table with all its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The names of its columns. The number that SQLite gives a row by itself is the first of them, where a table has it.
    pub columns: Vec<String>,
    /// The rows, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// Whether these are the first bytes of a database.
pub fn is_database(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// All tables of the database at `path`, as they are at one moment, also while a server writes to it. They are named by the
/// database itself.
///
/// # Errors
/// What SQLite says.
pub fn read_tables(path: &Path) -> rusqlite::Result<Vec<Table>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags)?;
    let moment = db.transaction()?;
    let names: Vec<String> = moment
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    names.into_iter().map(|name| read_table(&moment, name)).collect()
}

fn read_table(db: &Connection, name: String) -> rusqlite::Result<Table> {
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    // A table that has no row numbers refuses to be asked for them.
    let numbered = db.prepare(&format!("SELECT rowid AS \"row number\", * FROM {quoted}"));
    let mut select = numbered.or_else(|_| db.prepare(&format!("SELECT * FROM {quoted}")))?;
    let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
    let mut rows = Vec::new();
    let mut found = select.query([])?;
    while let Some(row) = found.next()? {
        rows.push((0..columns.len()).map(|column| row.get_ref(column).map(cell)).collect::<Result<_, _>>()?);
    }
    Ok(Table { name, columns, rows })
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number.to_bits()),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_tells_what_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("any.db");
        let db = Connection::open(&path).unwrap();
        db.execute_batch(
            "CREATE TABLE \"a \"\"b\" (n INTEGER, t TEXT, r REAL); INSERT INTO \"a \"\"b\" VALUES (7, 'x', 0.5), (NULL, '', 1);
             CREATE TABLE k (b BLOB PRIMARY KEY) WITHOUT ROWID; INSERT INTO k VALUES (x'00ff');",
        )
        .unwrap();
        let tables = read_tables(&path).unwrap();
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["a \"b", "k"]);
        assert_eq!(tables[0].columns, ["row number", "n", "t", "r"]);
        let first = [Cell::Integer(1), Cell::Integer(7), Cell::Text("x".into()), Cell::Real(0.5_f64.to_bits())];
        assert_eq!(tables[0].rows[0], first);
        assert_eq!(tables[0].rows[1][1], Cell::Null);
        assert_eq!((tables[1].columns.len(), &tables[1].rows[0][0]), (1, &Cell::Bytes(vec![0, 0xff])));
        assert!(is_database(&std::fs::read(&path).unwrap()) && !is_database(b"SQLite"));
        assert!(read_tables(&dir.path().join("none.db")).is_err());
    }
}
