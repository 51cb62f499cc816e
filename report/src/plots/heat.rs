//! Latency as a heat map: when a request was due across, how long its answer took upwards, how common that was as colour.

use plotters::style::{RGBColor, WHITE};

use super::drawing::{Align, Drawing};
use super::panel::Panel;
use super::style::{SOFT_INK, TEXT};
use crate::number::share;

/// More columns than this are narrower than a line of text is legible; then a column holds several seconds.
const MOST_COLUMNS: usize = 120;
/// Rows to each tenfold of time, each a quarter longer than the one below.
const ROWS_A_DECADE: f64 = 10.0;

/// What is common is dark: a ramp in one hue, even in lightness, so that it survives colour blindness and grey print. Shares differ by
/// powers of ten as times do, and a single late request among a hundred must be seen; hence steps of about three times.
const RAMP: [(f64, RGBColor); 5] = [
    (0.01, RGBColor(0xbf, 0xd7, 0xea)),
    (0.03, RGBColor(0x8a, 0xb9, 0xdb)),
    (0.1, RGBColor(0x4b, 0x92, 0xc6)),
    (0.3, RGBColor(0x1a, 0x63, 0xa5)),
    (1.0, RGBColor(0x0a, 0x30, 0x62)),
];

/// One second of requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct HeatSecond {
    pub(crate) second: u32,
    /// Requests that were due and could be asked.
    pub(crate) due: u64,
    /// Response times in microseconds, rising, each with how often it was measured.
    pub(crate) times: Vec<(f64, u64)>,
}

/// The seconds of a run, a few of them to a column where the run is long.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heat {
    columns: Vec<HeatSecond>,
    /// Seconds to a column.
    every: u32,
}

impl Heat {
    /// Of `seconds` in rising order.
    pub(crate) fn new(seconds: Vec<HeatSecond>) -> Self {
        let span = |seconds: &[HeatSecond]| Some((seconds.last()?.second - seconds.first()?.second) as usize + 1);
        let every = span(&seconds).unwrap_or(1).div_ceil(MOST_COLUMNS).max(1) as u32;
        let columns = seconds.chunk_by(|a, b| a.second / every == b.second / every).map(|part| merged(part, every));
        Heat { columns: columns.collect(), every }
    }

    /// The least and the greatest time, in microseconds.
    pub(crate) fn range_us(&self) -> impl Iterator<Item = f64> {
        let ends = |column: &HeatSecond| [column.times.first().copied(), column.times.last().copied()];
        self.columns.iter().flat_map(ends).flatten().map(|(us, _)| us)
    }

    /// The end of the last column, in seconds.
    pub(crate) fn end_s(&self) -> f64 {
        self.columns.last().map_or(1.0, |last| f64::from(last.second + self.every))
    }

    /// Seconds to a column.
    pub(crate) fn every_s(&self) -> u32 {
        self.every
    }

    /// Whether any request had neither an answer nor a time-out: it was never sent, or lost its connection.
    pub(crate) fn has_lost(&self) -> bool {
        self.columns.iter().any(|column| column.lost() > 0)
    }

    /// The time within which the share `quantile` of the last column's answers came, in microseconds; of the last that had any.
    pub(crate) fn last_quantile(&self, quantile: f64) -> Option<f64> {
        self.columns.iter().rev().find_map(|column| column.quantile(quantile))
    }

    /// Marks in each column the time within which the share `quantile` of its answers came. The marks are not joined: what leads up to a
    /// stall and down from it would hide it. A white edge keeps a mark apart from its cell, whatever that one's colour.
    pub(crate) fn draw_quantile(&self, drawing: &mut Drawing, panel: &Panel, quantile: f64, color: RGBColor) {
        for column in &self.columns {
            let Some(us) = column.quantile(quantile) else { continue };
            let (left, right) = self.edges(panel, column);
            let (_, y) = panel.place(0.0, us);
            drawing.fill_box((left, y - 6.0), (right, y + 6.0), WHITE);
            drawing.fill_box((left, y - 3.0), (right, y + 3.0), color);
        }
    }

    /// Paints the cells on `panel`.
    pub(crate) fn draw(&self, drawing: &mut Drawing, panel: &Panel) {
        for column in &self.columns {
            let (left, right) = self.edges(panel, column);
            for (row, count) in column.rows() {
                let (_, low) = panel.place(0.0, row_start_us(row));
                let (_, high) = panel.place(0.0, row_start_us(row + 1));
                drawing.fill_box((left, high), (right, low), color(count, column.due));
            }
        }
    }

    /// Paints between the heights `top` and `bottom` what never had an answer.
    pub(crate) fn draw_lost(&self, drawing: &mut Drawing, panel: &Panel, top: f64, bottom: f64) {
        for column in self.columns.iter().filter(|column| column.lost() > 0) {
            let (left, right) = self.edges(panel, column);
            drawing.fill_box((left, top), (right, bottom), color(column.lost(), column.due));
        }
    }

    fn edges(&self, panel: &Panel, column: &HeatSecond) -> (f64, f64) {
        let (left, _) = panel.place(f64::from(column.second), 1.0);
        let (right, _) = panel.place(f64::from(column.second + self.every), 1.0);
        (left, right)
    }
}

impl HeatSecond {
    fn lost(&self) -> u64 {
        self.due.saturating_sub(self.times.iter().map(|(_, count)| count).sum())
    }

    fn quantile(&self, quantile: f64) -> Option<f64> {
        let all: u64 = self.times.iter().map(|(_, count)| count).sum();
        let wanted = ((quantile * all as f64).ceil() as u64).max(1);
        let mut reached = 0;
        let found = self.times.iter().find(|(_, count)| {
            reached += count;
            reached >= wanted
        });
        found.map(|(us, _)| *us)
    }

    /// Each row that holds a time, with how many.
    fn rows(&self) -> Vec<(i32, u64)> {
        let mut rows: Vec<(i32, u64)> = Vec::new();
        for (us, count) in &self.times {
            let row = row_of(*us);
            match rows.last_mut() {
                Some((last, sum)) if *last == row => *sum += count,
                _ => rows.push((row, *count)),
            }
        }
        rows
    }
}

/// Some seconds as one column, which begins where the first may.
fn merged(seconds: &[HeatSecond], every: u32) -> HeatSecond {
    let mut times: Vec<(f64, u64)> = seconds.iter().flat_map(|second| second.times.iter().copied()).collect();
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let first = seconds.first().map_or(0, |first| first.second);
    HeatSecond { second: first - first % every, due: seconds.iter().map(|second| second.due).sum(), times }
}

fn row_of(us: f64) -> i32 {
    (us.max(1e-3).log10() * ROWS_A_DECADE).floor() as i32
}

fn row_start_us(row: i32) -> f64 {
    10_f64.powf(f64::from(row) / ROWS_A_DECADE)
}

fn color(count: u64, due: u64) -> RGBColor {
    let share = count as f64 / due.max(1) as f64;
    RAMP.into_iter().find(|(most, _)| share <= *most).unwrap_or(RAMP[RAMP.len() - 1]).1
}

/// The meaning of the colours: steps from left to right at the height `top`, the share that each ends with written below.
pub(crate) fn draw_legend(drawing: &mut Drawing, left: f64, right: f64, top: f64) {
    let width = (right - left) / RAMP.len() as f64;
    for (step, (most, color)) in RAMP.into_iter().enumerate() {
        let (from, to) = (left + width * step as f64, left + width * (step + 1) as f64);
        drawing.fill_box((from, top), (to, top + 32.0), color);
        drawing.text((to, top + 62.0), share(most), TEXT, Align::Center, SOFT_INK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn second(second: u32, times: &[(f64, u64)]) -> HeatSecond {
        HeatSecond { second, due: times.iter().map(|(_, count)| count).sum(), times: times.to_vec() }
    }

    #[test]
    fn a_long_run_has_few_columns_and_loses_nothing() {
        let seconds = (0..1_000).map(|at| second(at, &[(1_000.0, 9), (50_000.0, 1)])).collect();
        let heat = Heat::new(seconds);
        assert!(heat.columns.len() <= MOST_COLUMNS + 1);
        assert_eq!((heat.every_s(), heat.end_s()), (9, 1_008.0));
        assert_eq!(heat.columns.iter().map(|column| column.due).sum::<u64>(), 10_000);
        let all = |quantile, us| heat.columns.iter().all(|column| column.quantile(quantile) == Some(us));
        assert!(all(0.5, 1_000.0) && all(0.9, 1_000.0) && all(0.99, 50_000.0));
        assert!(!heat.has_lost());
    }

    #[test]
    fn what_was_never_answered_is_told() {
        let heat = Heat::new(vec![
            HeatSecond { second: 3, due: 10, times: vec![(500.0, 4)] },
            HeatSecond { second: 4, due: 2, times: Vec::new() },
        ]);
        assert!(heat.has_lost());
        assert_eq!(heat.columns.iter().map(HeatSecond::lost).collect::<Vec<_>>(), [6, 2]);
        assert_eq!(heat.columns[1].quantile(0.5), None);
        assert_eq!(heat.last_quantile(0.5), Some(500.0));
    }

    #[test]
    fn one_in_a_hundred_has_a_colour_of_its_own() {
        assert_eq!(color(1, 100), RAMP[0].1);
        assert_eq!(color(2, 100), RAMP[1].1);
        assert_eq!(color(100, 100), RAMP[4].1);
        assert_eq!(color(1, 0), RAMP[4].1, "more answers than requests were counted");
    }

    proptest! {
        #[test]
        fn a_time_lies_in_its_row(us in 1e-2..1e9_f64) {
            let row = row_of(us);
            prop_assert!(row_start_us(row) <= us * 1.000_001 && us <= row_start_us(row + 1) * 1.000_001);
        }
    }
}
