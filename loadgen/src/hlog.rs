//! HdrHistogram interval logs (V2), which the HdrHistogram tools of any language read.

use std::io::{self, Write};
use std::time::Duration;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, IntervalLogWriterError, Tag};
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer, V2Serializer};

use crate::{LoadResult, Measure};

const SECOND: Duration = Duration::from_secs(1);
/// The last column of the log is in milliseconds, by the custom of the format.
const NS_PER_MS: f64 = 1e6;

impl LoadResult {
    /// Writes `measure` as an interval log, one tag per kind (`Tag=issue`), values in nanoseconds.
    ///
    /// One interval a second, by intended instant. Times in the log count from its base time.
    ///
    /// # Errors
    /// Whatever writing to `to` fails with.
    pub fn write_hlog(&self, measure: Measure, mut to: impl Write) -> io::Result<()> {
        let mut serializer = V2DeflateSerializer::new();
        let mut builder = IntervalLogWriterBuilder::new();
        builder
            .add_comment("[Logged with lockgate]")
            .add_comment(&format!(
                "{}; values in nanoseconds, Interval_Max in milliseconds; one tag per kind of request",
                measure.name()
            ))
            .with_start_time(self.started_at)
            .with_base_time(self.started_at)
            .with_max_value_divisor(NS_PER_MS);
        let mut log = builder.begin_log_with(&mut to, &mut serializer)?;
        let mut write = |times: &Histogram<u64>, at: Duration, length: Duration, name: &str| {
            log.write_histogram(times, at, length, Tag::new(name)).map_err(|cause| match cause {
                IntervalLogWriterError::IoError(cause) => cause,
                other => io::Error::other(format!("{other:?}")),
            })
        };
        for interval in &self.intervals {
            let encoded = &interval.encoded[measure as usize];
            if !encoded.is_empty() {
                write(&decode(encoded)?, SECOND * interval.second, SECOND, interval.kind.name())?;
            }
        }
        Ok(())
    }
}

/// A histogram in V2 encoding.
pub(crate) fn encode(times: &Histogram<u64>) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a vector cannot fail, and our histograms are far below the format's size limit.
    let _ = V2Serializer::new().serialize(times, &mut bytes);
    bytes
}

fn decode(mut bytes: &[u8]) -> io::Result<Histogram<u64>> {
    Deserializer::new().deserialize(&mut bytes).map_err(|cause| io::Error::other(format!("{cause:?}")))
}
