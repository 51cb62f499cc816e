//! Percentile distributions as text (`.hgrm`), which HdrHistogram's plotter and other tools of its kind read.

use std::io::{self, Write};

use crate::{Kind, LoadResult, Measure};

/// Lines for each halving of what remains to 100 %, as the tools of the format do.
const TICKS: u32 = 5;
/// Values are in milliseconds, as the plotter shows them.
const NS_PER_MS: f64 = 1e6;

impl LoadResult {
    /// Writes the distribution of `measure` of `kind` over the whole run, values in milliseconds; nothing when it was not asked.
    ///
    /// # Errors
    /// Whatever writing to `to` fails with.
    pub fn write_hgrm(&self, kind: Kind, measure: Measure, mut to: impl Write) -> io::Result<()> {
        let Some(times) = self.kinds.get(&kind).map(|result| result.times(measure)) else { return Ok(()) };
        writeln!(to, "{:>12} {:>14} {:>10} {:>14}\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)")?;
        let mut count = 0;
        for point in times.iter_quantiles(TICKS) {
            let (value_ms, share) = (point.value_iterated_to() as f64 / NS_PER_MS, point.quantile_iterated_to());
            count += point.count_since_last_iteration();
            write!(to, "{value_ms:12.3} {share:14.12} {count:10}")?;
            match share < 1.0 {
                true => writeln!(to, " {:14.2}", 1.0 / (1.0 - share))?,
                false => writeln!(to, " {:>14}", "inf")?,
            }
        }
        let (mean_ms, deviation_ms) = (times.mean() / NS_PER_MS, times.stdev() / NS_PER_MS);
        writeln!(to, "#[Mean    = {mean_ms:12.3}, StdDeviation   = {deviation_ms:12.3}]")?;
        writeln!(to, "#[Max     = {:12.3}, Total count    = {:12}]", times.max() as f64 / NS_PER_MS, times.len())
    }
}
