//! Interval logs read back: what a run wrote, or another tool.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

use crate::Kind;

/// One interval of one kind of request, as a log has it.
#[derive(Clone, Debug)]
pub struct LoggedInterval {
    /// Seconds from the start of the log.
    pub second: u32,
    /// Which requests.
    pub kind: Kind,
    /// The times in nanoseconds in order, each with how often it was recorded: a thousandth of what the whole histogram would take.
    pub values: Vec<(u64, u64)>,
}

/// Reads an interval log whose intervals are tagged with kinds of request.
///
/// # Errors
/// What is the matter with the log.
pub fn read_hlog(log: &[u8]) -> io::Result<Vec<LoggedInterval>> {
    let fault = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut intervals = Vec::new();
    for entry in IntervalLogIterator::new(log) {
        let LogEntry::Interval(interval) = entry.map_err(|error| fault(format!("{error:?}")))? else { continue };
        let tag = interval.tag().map_or("", |tag| tag.as_str());
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == tag);
        let kind = kind.ok_or_else(|| fault(format!("there is no kind of request '{tag}'")))?;
        let bytes = STANDARD.decode(interval.encoded_histogram()).map_err(|error| fault(error.to_string()))?;
        let times: Result<Histogram<u64>, _> = Deserializer::new().deserialize(&mut bytes.as_slice());
        let times = times.map_err(|error| fault(format!("{error:?}")))?;
        let values = times.iter_recorded().map(|value| (value.value_iterated_to(), value.count_at_value())).collect();
        let second = interval.start_timestamp().as_secs() as u32;
        intervals.push(LoggedInterval { second, kind, values });
    }
    Ok(intervals)
}
