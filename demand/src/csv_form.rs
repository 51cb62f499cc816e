//! The trace as a CSV file: what `simulate` writes, and what a city can make from its own logs (`docs/trace.md`).
//!
//! | column | needed | meaning |
//! | --- | --- | --- |
//! | `at_ms` | this or `at` | milliseconds since the start, a whole number |
//! | `at` | this or `at_ms` | a time with its offset, such as `2020-04-02T12:00:00+03:00`; the first row's midnight is the start |
//! | `kind` | yes | `register`, `issue`, `verify`, `cancel` or `check_in` |
//! | `resident` | no | anything that tells residents apart; without it every row is another resident |
//! | `place` | no | the number of a place, 0 to 65535; default 0 |
//! | `purpose` | no | what the pass is for; default `groceries`, which every known policy allows; nothing for a registration or a check-in |
//!
//! Rows stand in order of time. Other columns are an error, so that a misspelt one is not quietly ignored.

use std::collections::HashMap;
use std::fmt;
use std::io::{Read, Write};

use csv::StringRecord;
use passes::Purpose;

use crate::{Request, RequestKind, RowFault, SimTime, Trace};

const COLUMNS: [&str; 6] = ["at_ms", "at", "kind", "resident", "place", "purpose"];
/// A trace file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// Its content is wrong; all faults, at most [`RowFault::MOST`].
    #[error("{}", RowFault::lines(.0))]
    Faults(Vec<RowFault>),
    /// It cannot be read or written at all.
    #[error(transparent)]
    Csv(#[from] csv::Error),
}

/// Writes `trace` with the columns `at_ms,kind,resident,place,purpose`.
///
/// # Errors
/// [`TraceError::Csv`] when `to` cannot be written.
pub fn write_csv(trace: &Trace, to: impl Write) -> Result<(), TraceError> {
    let mut writer = csv::Writer::from_writer(to);
    writer.write_record(["at_ms", "kind", "resident", "place", "purpose"])?;
    let mut numbers = [const { String::new() }; 3];
    for request in trace.requests() {
        for (text, number) in
            numbers.iter_mut().zip([request.at.ms(), u64::from(request.resident), u64::from(request.place)])
        {
            text.clear();
            fmt::Write::write_fmt(text, format_args!("{number}"))
                .map_err(|_| std::io::Error::other("formatting"))
                .map_err(csv::Error::from)?;
        }
        let purpose = request.purpose.map_or("", Purpose::name);
        writer.write_record([&numbers[0], request.kind.name(), &numbers[1], &numbers[2], purpose])?;
    }
    writer.flush().map_err(csv::Error::from)?;
    Ok(())
}

/// Reads a trace.
///
/// # Errors
/// [`TraceError::Faults`] with every fault (at most 20) by line and column, or [`TraceError::Csv`] when the file is no CSV.
pub fn read_csv(from: impl Read) -> Result<Trace, TraceError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(from);
    let columns = Columns::new(reader.headers()?).map_err(TraceError::Faults)?;
    let mut rows = Rows { columns, start_ms: None, last_ms: 0, residents: HashMap::new(), faults: Vec::new() };
    let mut requests = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record)? && rows.faults.len() < RowFault::MOST {
        let line = record.position().map_or(0, csv::Position::line);
        requests.extend(rows.request(line, requests.len() as u32, &record));
    }
    if rows.faults.is_empty() { Ok(Trace::new(requests)) } else { Err(TraceError::Faults(rows.faults)) }
}

/// Where each column stands, in the order of [`COLUMNS`].
struct Columns {
    places: [Option<usize>; COLUMNS.len()],
    count: usize,
}

impl Columns {
    fn new(header: &StringRecord) -> Result<Self, Vec<RowFault>> {
        let fault = |message| RowFault { line: 1, column: "", message };
        let mut faults = Vec::new();
        for name in header.iter().filter(|name| !COLUMNS.contains(name)) {
            faults.push(fault(format!("no column is called '{name}'; the columns are {}", COLUMNS.join(", "))));
        }
        let places = COLUMNS.map(|name| header.iter().position(|column| column == name));
        match (places[0], places[1]) {
            (None, None) => faults.push(fault("there is no time; add the column at_ms or at".into())),
            (Some(_), Some(_)) => faults.push(fault("at_ms and at both tell the time; keep one".into())),
            _ => {}
        }
        if places[2].is_none() {
            faults.push(fault("there is no column kind; add it".into()));
        }
        if faults.is_empty() { Ok(Columns { places, count: header.len() }) } else { Err(faults) }
    }

    fn field<'a>(&self, index: usize, record: &'a StringRecord) -> Option<&'a str> {
        self.places[index].and_then(|place| record.get(place)).map(str::trim)
    }
}

/// What is remembered from row to row.
struct Rows {
    columns: Columns,
    start_ms: Option<i64>,
    last_ms: u64,
    residents: HashMap<String, u32>,
    faults: Vec<RowFault>,
}

impl Rows {
    /// The request of one row; `None` when it has a fault, which is noted.
    fn request(&mut self, line: u64, row: u32, record: &StringRecord) -> Option<Request> {
        if record.len() != self.columns.count {
            let message = format!("{} fields where the header has {}", record.len(), self.columns.count);
            return self.fault::<Request>(line, "", message);
        }
        let at_ms = self.at_ms(line, record);
        let kind = match self.columns.field(2, record).unwrap_or_default().parse::<RequestKind>() {
            Ok(kind) => Some(kind),
            Err(message) => self.fault(line, "kind", message),
        };
        let place = match self.columns.field(4, record).unwrap_or("0").parse::<u16>() {
            Ok(place) => Some(place),
            Err(_) => self.fault(line, "place", "write a whole number from 0 to 65535".into()),
        };
        let purpose = match self.columns.field(5, record).unwrap_or_default() {
            "" => Some(None),
            text => match text.parse::<Purpose>() {
                Ok(purpose) => Some(Some(purpose)),
                Err(message) => self.fault(line, "purpose", message),
            },
        };
        let resident = self.resident(row, record);
        let (kind, purpose) = (kind?, purpose?);
        let purpose = kind.has_purpose().then(|| purpose.unwrap_or(Purpose::Groceries));
        Some(Request { at: SimTime::from_ms(at_ms?), resident, place: place?, kind, purpose })
    }

    fn at_ms(&mut self, line: u64, record: &StringRecord) -> Option<u64> {
        let at_ms = match self.columns.field(0, record) {
            Some(text) => match text.parse::<u64>() {
                Ok(at_ms) => at_ms,
                Err(_) => {
                    return self.fault(line, "at_ms", format!("'{text}' is no whole number of milliseconds from 0"));
                }
            },
            None => self.clock_ms(line, self.columns.field(1, record).unwrap_or_default().to_owned())?,
        };
        if at_ms < self.last_ms {
            let column = if self.columns.places[0].is_some() { "at_ms" } else { "at" };
            return self.fault(line, column, "earlier than the line before; sort the file by time".into());
        }
        self.last_ms = at_ms;
        Some(at_ms)
    }

    /// Milliseconds from the local midnight before the first row to the time `text`.
    fn clock_ms(&mut self, line: u64, text: String) -> Option<u64> {
        let parsed = jiff::fmt::temporal::DateTimeParser::new()
            .parse_timestamp(&text)
            .ok()
            .zip(text.get(..10).and_then(|date| date.parse::<jiff::civil::Date>().ok()));
        let Some((timestamp, date)) = parsed else {
            return self.fault(
                line,
                "at",
                format!("'{text}' is no time with an offset; write 2020-04-02T12:00:00+03:00"),
            );
        };
        let at_ms = timestamp.as_millisecond();
        let start_ms = *self.start_ms.get_or_insert_with(|| {
            // The clock time in the text is local; what it shows after midnight is what has passed of the day.
            let clock =
                text.get(11..).and_then(|rest| rest.get(..8)).and_then(|clock| clock.parse::<jiff::civil::Time>().ok());
            let midnight = date.at(0, 0, 0, 0);
            let passed = clock.map_or(0, |clock| clock.duration_since(midnight.time()).as_millis() as i64);
            at_ms - passed - i64::from(timestamp.subsec_millisecond())
        });
        match u64::try_from(at_ms - start_ms) {
            Ok(at_ms) => Some(at_ms),
            Err(_) => self.fault(line, "at", "earlier than the first line's day; sort the file by time".into()),
        }
    }

    fn resident(&mut self, row: u32, record: &StringRecord) -> u32 {
        let Some(text) = self.columns.field(3, record) else { return row };
        let next = self.residents.len() as u32;
        *self.residents.entry(text.to_owned()).or_insert(next)
    }

    fn fault<T>(&mut self, line: u64, column: &'static str, message: String) -> Option<T> {
        if self.faults.len() < RowFault::MOST {
            self.faults.push(RowFault { line, column, message });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn messages(csv: &str) -> Vec<String> {
        match read_csv(csv.as_bytes()) {
            Err(TraceError::Faults(faults)) => faults.iter().map(|fault| fault.to_string()).collect(),
            other => panic!("expected faults, got {other:?}"),
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let csv = "at_ms,kind,purpose\n5,issue,shop\n4,issue,pet\n-1,isue,pet\n7,verify\n";
        let told = messages(csv);
        assert_eq!(told.len(), 5, "{told:#?}");
        assert!(told[0].starts_with("line 2, column purpose: no purpose is called 'shop'"));
        assert_eq!(told[1], "line 3, column at_ms: earlier than the line before; sort the file by time");
        assert!(told[4].starts_with("line 5: 2 fields"));
        assert!(messages("time,kind\n")[0].contains("no column is called 'time'"));
    }

    #[test]
    fn a_city_s_log_can_become_a_trace() {
        let csv = "at,kind,resident,purpose\n2020-04-02T12:00:00.250+03:00,register,a7f3,\n2020-04-02T09:00:01Z,issue,a7f3,pet\n";
        let trace = read_csv(csv.as_bytes()).unwrap();
        let times: Vec<u64> = trace.requests().iter().map(|request| request.at.ms()).collect();
        assert_eq!(times, [43_200_250, 43_201_000]);
        assert!(trace.requests().iter().all(|request| request.resident == 0));
    }

    #[test]
    fn a_check_in_is_about_no_pass() {
        let csv = "at_ms,kind,resident,purpose\n5,check_in,a7f3,\n6,check_in,a7f3,pet\n7,issue,a7f3,\n";
        let trace = read_csv(csv.as_bytes()).unwrap();
        let read: Vec<_> = trace.requests().iter().map(|request| (request.kind, request.purpose)).collect();
        let check_in = (RequestKind::CheckIn, None);
        assert_eq!(read, [check_in, check_in, (RequestKind::Issue, Some(Purpose::Groceries))]);
    }

    fn requests() -> impl Strategy<Value = Request> {
        (0..200_000_000_u64, 0..50_u32, any::<u16>(), 0..RequestKind::ALL.len(), 0..7_usize).prop_map(
            |(ms, resident, place, kind, purpose)| {
                let kind = RequestKind::ALL[kind];
                let purpose = kind.has_purpose().then_some(Purpose::ALL[purpose]);
                Request { at: SimTime::from_ms(ms), resident, place, kind, purpose }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(requests in prop::collection::vec(requests(), 0..40)) {
            let trace = Trace::new(requests);
            let mut csv = Vec::new();
            write_csv(&trace, &mut csv).unwrap();
            let read = read_csv(csv.as_slice()).unwrap();
            let but_names = |trace: &Trace| {
                let mut rows: Vec<_> = trace.requests().iter().map(|r| (r.at, r.kind, r.place, r.purpose)).collect();
                rows.sort_unstable();
                rows
            };
            prop_assert_eq!(but_names(&read), but_names(&trace));
        }
    }
}
