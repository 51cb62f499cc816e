//! Two scenarios side by side: the same people with the same luck under another policy.

use demand::Calendar;
use jiff::civil::DateTime;
use loadgen::students_t;
use sim::Simulation;

use crate::grid::Grid;
use crate::number::{NONE, duration_s, figures, rate, share, time_us};
use crate::plots::{Overlay, Picture};
use crate::record::{ComparisonResults, DifferenceRecord, SideRecord};
use crate::runs::headline;
use crate::tables::{Cells, SCENARIO_COMPARISON, SWEEP, Table};
use crate::{ReportError, RunFolder};

/// Two scenarios, simulated with the same seeds. Every decision of a resident hangs on a random number of its own, so that the difference
/// between two runs of one seed is the doing of the policy; what is left to chance is how that differs from seed to seed.
#[derive(Debug, Default)]
pub struct Comparison {
    /// By measure of [`SWEEP`]: the values of each run in the two scenarios.
    pairs: Vec<Vec<(f64, f64)>>,
    /// The demand of the first run of each, by minute, and local midnight of the first day.
    demand: Option<(DateTime, [Vec<f64>; 2])>,
}

/// What became of one measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// A column of [`SWEEP`].
    pub measure: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The mean over the runs of the first scenario.
    pub before: f64,
    /// The mean over the runs of the second.
    pub after: f64,
    /// The 95 % interval of the mean difference; none with one run.
    pub interval: Option<(f64, f64)>,
}

impl Difference {
    /// The mean difference.
    pub fn difference(&self) -> f64 {
        self.after - self.before
    }

    /// The difference over the first scenario's mean; none where that is 0.
    pub fn change_share(&self) -> Option<f64> {
        (self.before != 0.0).then(|| self.difference() / self.before)
    }
}

impl Comparison {
    /// Adds a run of each scenario, made with one seed.
    ///
    /// # Errors
    /// [`ReportError::Table`].
    pub fn add(&mut self, before: &Simulation, after: &Simulation, calendar: &Calendar) -> Result<(), ReportError> {
        let (before_row, after_row) = (headline(before)?, headline(after)?);
        let measures = SWEEP.measures();
        self.pairs.resize(measures.len(), Vec::new());
        for (pairs, measure) in self.pairs.iter_mut().zip(&measures) {
            pairs.push((before_row.numbers(measure.name)?[0], after_row.numbers(measure.name)?[0]));
        }
        self.demand.get_or_insert_with(|| {
            let per_s = |counts: &[u32; demand::RequestKind::ALL.len()]| counts.iter().sum::<u32>() as f64 / 60.0;
            let by_minute = |simulation: &Simulation| simulation.demand.minutes().iter().map(per_s).collect();
            (calendar.start.to_datetime(jiff::civil::Time::midnight()), [by_minute(before), by_minute(after)])
        });
        Ok(())
    }

    /// What became of each measure that was not 0 in all runs of both.
    pub fn differences(&self) -> Vec<Difference> {
        let measures = SWEEP.measures();
        let told = measures.iter().zip(&self.pairs).filter(|(_, pairs)| pairs.iter().any(|pair| *pair != (0.0, 0.0)));
        told.map(|(measure, pairs)| {
            let mean = |value: fn(&(f64, f64)) -> f64| pairs.iter().map(value).sum::<f64>() / pairs.len() as f64;
            let (before, after) = (mean(|pair| pair.0), mean(|pair| pair.1));
            let interval = interval(pairs, after - before);
            Difference { measure: measure.name, unit: measure.unit, before, after, interval }
        })
        .collect()
    }

    /// How many runs of each were made.
    pub fn runs(&self) -> usize {
        self.pairs.first().map_or(0, Vec::len)
    }

    /// Writes the table into `folder`; returns what goes into `run.json`, about the sides `before` and `after`.
    ///
    /// # Errors
    /// [`ReportError::Write`], [`ReportError::Table`].
    pub fn write(
        &self,
        folder: &RunFolder,
        [before, after]: [SideRecord; 2],
    ) -> Result<ComparisonResults, ReportError> {
        let differences = self.differences();
        table(&differences)?.write_csv(&folder.tables())?;
        let record = |it: &Difference| {
            let record = DifferenceRecord { before: it.before, after: it.after, interval: it.interval };
            (it.measure.to_owned(), record)
        };
        let measures = differences.iter().map(record).collect();
        Ok(ComparisonResults { before, after, runs: self.runs() as u64, measures })
    }

    /// The demand of both over the days; none when there was none.
    pub(crate) fn picture(&self, names: [&str; 2]) -> Option<Picture> {
        let (start, [before, after]) = self.demand.as_ref()?;
        let lines = [(names[0].to_owned(), before.clone()), (names[1].to_owned(), after.clone())];
        Some(Overlay { start: *start, lines }.picture())
    }
}

/// The 95 % interval of the mean difference of `pairs`, about `mean`: Student's, since runs are few.
fn interval(pairs: &[(f64, f64)], mean: f64) -> Option<(f64, f64)> {
    let freedom = pairs.len().checked_sub(1).filter(|freedom| *freedom > 0)?;
    let squares: f64 = pairs.iter().map(|(before, after)| (after - before - mean).powi(2)).sum();
    let margin = students_t(freedom) * (squares / freedom as f64 / pairs.len() as f64).sqrt();
    Some((mean - margin, mean + margin))
}

/// The table of `differences`.
pub(crate) fn table(differences: &[Difference]) -> Result<Table, ReportError> {
    let numbers = |value: fn(&Difference) -> Option<f64>| Cells::numbers(differences.iter().map(value));
    Table::new(
        &SCENARIO_COMPARISON,
        vec![
            Cells::texts(differences.iter().map(|it| it.measure)),
            numbers(|it| Some(it.before)),
            numbers(|it| Some(it.after)),
            numbers(|it| Some(it.difference())),
            numbers(|it| it.interval.map(|(low, _)| low)),
            numbers(|it| it.interval.map(|(_, high)| high)),
            numbers(Difference::change_share),
        ],
    )
}

/// `differences` as people read them.
pub(crate) fn grid(differences: &[Difference]) -> Grid {
    let row = |it: &Difference| {
        let words = |value: f64| told(it, value);
        let signed = |value: f64| if value > 0.0 { format!("+{}", words(value)) } else { words(value) };
        let interval = it.interval.map_or(NONE.into(), |(low, high)| format!("{} to {}", signed(low), signed(high)));
        let change = it.change_share().map_or(NONE.into(), |change| match change {
            0.0 => "none".into(),
            // Beyond a doubling a factor reads better than a share.
            change if change > 1.0 => format!("× {}", figures(1.0 + change)),
            change if change > 0.0 => format!("+{}", share(change)),
            change => format!("−{}", share(-change)),
        });
        vec![measure_words(it.measure), words(it.before), words(it.after), signed(it.difference()), interval, change]
    };
    let header = vec!["measure", "before", "after", "difference", "95 % interval", "change"];
    Grid { header, rows: differences.iter().map(row).collect() }
}

/// A value of this measure, or a difference of two.
fn told(measure: &Difference, value: f64) -> String {
    match measure.unit {
        "seconds" => in_seconds(value),
        unit if unit.ends_with("per second") => rate(value),
        _ => figures(value),
    }
}

/// A time, or a difference of two.
fn in_seconds(value_s: f64) -> String {
    let words = |time_s: f64| match time_s {
        short if short > 0.0 && short < 1.0 => time_us(1e6 * short),
        _ => duration_s(time_s),
    };
    if value_s < 0.0 { format!("−{}", words(-value_s)) } else { words(value_s) }
}

/// What people call a measure: `trips without a pass` for `trips_without_pass`. A unit in the name goes.
fn measure_words(measure: &str) -> String {
    let words = match measure {
        "trips_without_pass" => "trips without a pass",
        "gave_up" => "passes given up",
        "checks_expired" => "checks of expired passes",
        "checks_no_pass" => "checks without a pass",
        "false_refusals" => "people with a pass turned back",
        "gate_arrivals" => "people at gates",
        "turned_back" => "people sent home at gates",
        "longest_gate_wait_s" => "longest wait at a gate",
        "longest_gate_queue" => "longest queue at a gate",
        "gate_wait_mean_s" => "mean wait at gates",
        other => other,
    };
    let bare = words.trim_end_matches("_per_s").trim_end_matches("_s");
    bare.replace("requests_", "requests to ")
        .replace("peak_mix", "peak of all requests")
        .replace("peak_", "peak of ")
        .replace('_', " ")
}

/// The differences in one sentence: what the server is asked, and what residents go through.
pub fn sentence(differences: &[Difference]) -> String {
    let measures = [
        "peak_mix_per_s",
        "passes",
        "gave_up",
        "trips",
        "trips_not_made",
        "trips_without_pass",
        "checks",
        "checks_expired",
        "false_refusals",
        "turned_back",
        "longest_gate_queue",
        "longest_gate_wait_s",
        "gate_wait_mean_s",
    ];
    let parts: Vec<String> = measures
        .iter()
        .filter_map(|name| differences.iter().find(|it| it.measure == *name))
        .filter_map(|it| {
            let words = measure_words(it.measure);
            let is_sure = it.interval.is_none_or(|(low, high)| low > 0.0 || high < 0.0);
            let doubt = if is_sure { "" } else { " (not certain)" };
            // A height or a time grows; things become more.
            let grows = it.measure.ends_with("_s") || it.measure.starts_with("longest");
            let [before, after] = [it.before, it.after].map(|value| told(it, value));
            match (grows, it.before == 0.0, it.after == 0.0) {
                (_, true, true) => return None,
                (true, true, _) | (true, _, true) => {
                    return Some(format!("{words} {after} instead of {before}{doubt}"));
                }
                (false, true, _) => return Some(format!("{after} {words} instead of none{doubt}")),
                (false, _, true) => return Some(format!("no {words} instead of {before}{doubt}")),
                _ => {}
            }
            let change = it.change_share().filter(|change| change.abs() >= 0.001)?;
            let (more, fewer, as_many) =
                if grows { ("higher", "lower", "as high a") } else { ("more", "fewer", "as many") };
            Some(match change {
                change if change > 1.0 => format!("{} times {as_many} {words}{doubt}", figures(1.0 + change)),
                change if change > 0.0 => format!("{} {more} {words}{doubt}", share(change)),
                change => format!("{} {fewer} {words}{doubt}", share(-change)),
            })
        })
        .collect();
    match parts.as_slice() {
        [] => "nothing that matters differs".into(),
        parts => parts.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(measure: &'static str, before: f64, after: f64, interval: (f64, f64)) -> Difference {
        Difference { measure, unit: "trips", before, after, interval: Some(interval) }
    }

    #[test]
    fn the_interval_by_hand() {
        // Differences 1, 2 and 3: mean 2, standard deviation 1, t = 4.303.
        let (low, high) = interval(&[(1.0, 2.0), (1.0, 3.0), (1.0, 4.0)], 2.0).unwrap();
        let margin = 4.303 / 3.0_f64.sqrt();
        assert!((low - (2.0 - margin)).abs() < 1e-9 && (high - (2.0 + margin)).abs() < 1e-9, "{low} {high}");
        assert_eq!(interval(&[(1.0, 2.0)], 1.0), None);
        assert_eq!(interval(&[(1.0, 2.0), (5.0, 6.0)], 1.0), Some((1.0, 1.0)), "the same luck in both");
    }

    #[test]
    fn the_sentence_tells_what_is_certain() {
        let all = [
            difference("trips", 100.0, 50.0, (-52.0, -48.0)),
            difference("passes", 100.0, 300.0, (190.0, 210.0)),
            difference("trips_not_made", 100.0, 101.0, (-1.0, 3.0)),
            difference("checks", 100.0, 200.0, (90.0, 110.0)),
        ];
        assert_eq!(
            sentence(&[difference("gave_up", 0.0, 47_700.0, (47_000.0, 48_000.0))]),
            "47,700 passes given up instead of none"
        );
        assert_eq!(
            sentence(&all),
            "3 times as many passes, 50 % fewer trips, 1 % more trips not made (not certain), 100 % more checks"
        );
        assert_eq!(
            sentence(&[
                difference("peak_mix_per_s", 10.0, 25.0, (14.0, 16.0)),
                difference("longest_gate_wait_s", 9.0, 6.0, (-4.0, -2.0))
            ]),
            "2.5 times as high a peak of all requests, 33.3 % lower longest wait at a gate"
        );
        assert_eq!(sentence(&[difference("trips", 5.0, 5.0, (0.0, 0.0))]), "nothing that matters differs");
        assert_eq!(
            sentence(&[
                difference("turned_back", 8.0, 0.0, (-9.0, -7.0)),
                difference("longest_gate_queue", 17.0, 0.0, (-18.0, -16.0)),
            ]),
            "no people sent home at gates instead of 8, longest queue at a gate 0 instead of 17"
        );
    }
}
