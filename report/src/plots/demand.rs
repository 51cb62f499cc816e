//! Demand by kind over the days, and its worst hour enlarged.

use jiff::civil::DateTime;

use super::Picture;
use super::drawing::{Align, Drawing, Stroke};
use super::panel::{Panel, Tick, ticks};
use super::scale::Scale;
use super::style::{INK, SOFT_INK, TEXT, WIDTH, stroke_of, title};
use crate::number::{figures, rate};

/// More points than this on a line are no help to the eye.
const MOST_POINTS: usize = 1_000;
const MINUTES_OF_DAY: usize = 1_440;

/// Requests per second by minute.
#[derive(Clone, Debug)]
pub(crate) struct DemandCurve {
    /// Local midnight of the first day.
    pub(crate) start: DateTime,
    /// Kinds that occur, with the rate per second in each minute from `start` on.
    pub(crate) kinds: Vec<(String, Vec<f64>)>,
}

impl DemandCurve {
    /// The whole time, one strip a kind.
    pub(crate) fn over_days(&self) -> Picture {
        let minutes = self.minutes();
        let strip = 196.0;
        let mut drawing = Drawing::new(WIDTH, 150.0 + strip * self.kinds.len() as f64 + 60.0);
        title(&mut drawing, "Demand over the days", "requests per second, by minute");
        let x = Scale::Linear { from: 0.0, to: minutes as f64 };
        let mut alt = "Requests per second over the days.".to_owned();
        for (index, (kind, rates)) in self.kinds.iter().enumerate() {
            let top = 150.0 + strip * index as f64 + 54.0;
            let (peak_at, peak) = greatest(rates);
            let y = Scale::from_zero(peak);
            let panel = Panel { left: 150.0, right: WIDTH - 40.0, top, bottom: top + strip - 66.0, x, y };
            panel.draw_y(&mut drawing, &ticks(y, 2, figures));
            let stroke = Stroke { dash: None, width: 3, ..stroke_of(kind) };
            let points = thinned(rates);
            let mut outline = vec![panel.place(0.0, 0.0)];
            outline.extend(points.iter().map(|(at, rate)| panel.place(*at, *rate)));
            outline.push(panel.place(minutes as f64, 0.0));
            drawing.area(outline, stroke.color, 0.25);
            panel.draw_line(&mut drawing, points, stroke);
            drawing.disc(panel.place(peak_at as f64, peak), 9.0, stroke.color, 1.0);
            let label = format!("{kind}: most {} on {}", rate(peak), self.clock(peak_at, "%-d %b at %H:%M"));
            alt += &format!(" {label}.");
            drawing.text((panel.left, top - 30.0), label, TEXT, Align::Left, INK);
            let last = index + 1 == self.kinds.len();
            panel.draw_x(&mut drawing, &if last { self.day_ticks(minutes) } else { Vec::new() });
        }
        Picture { name: "demand".into(), alt, drawing }
    }

    /// The sixty minutes round the busiest minute, all kinds on one axis.
    pub(crate) fn worst_hour(&self) -> Picture {
        let minutes = self.minutes();
        let peak_at = self.busiest();
        let first = peak_at.saturating_sub(30).min(minutes.saturating_sub(60));
        let until = (first + 60).min(minutes);
        let window = |rates: &[f64]| rates[first..until].to_vec();
        let top_rate = self.kinds.iter().map(|(_, rates)| greatest(&window(rates)).1).fold(0.0, f64::max);
        let (x, y) = (Scale::Linear { from: first as f64, to: (until - 1) as f64 }, Scale::from_zero(top_rate));
        let mut drawing = Drawing::new(WIDTH, 760.0);
        let hour = format!("The worst hour, {}", self.clock(peak_at, "%-d %B %Y"));
        title(&mut drawing, &hour, "requests per second, by minute");
        let panel = Panel { left: 150.0, right: WIDTH - 320.0, top: 160.0, bottom: 670.0, x, y };
        panel.draw_y(&mut drawing, &ticks(y, 5, figures));
        let quarters = (first..until).filter(|minute| minute.is_multiple_of(15));
        let quarters = quarters.map(|minute| Tick { at: minute as f64, label: self.clock(minute, "%H:%M") });
        panel.draw_x(&mut drawing, &quarters.collect::<Vec<_>>());
        let mut labels = Vec::new();
        for (kind, rates) in &self.kinds {
            let points = (first..until).map(|minute| (minute as f64, rates[minute]));
            panel.draw_line(&mut drawing, points, stroke_of(kind));
            labels.push((rates[until - 1], kind.as_str(), stroke_of(kind)));
        }
        panel.draw_labels(&mut drawing, &labels);
        let (x, _) = panel.place(peak_at as f64, 0.0);
        drawing.line(vec![(x, panel.top), (x, panel.bottom)], Stroke::dotted(SOFT_INK, 3));
        let alt = format!("{hour}: requests per second by kind, busiest at {}.", self.clock(peak_at, "%H:%M"));
        Picture { name: "worst-hour".into(), alt, drawing }
    }

    fn minutes(&self) -> usize {
        self.kinds.iter().map(|(_, rates)| rates.len()).max().unwrap_or(0)
    }

    /// The minute in which all kinds together ask most.
    fn busiest(&self) -> usize {
        let sums: Vec<f64> = (0..self.minutes())
            .map(|minute| self.kinds.iter().map(|(_, rates)| rates.get(minute).copied().unwrap_or(0.0)).sum())
            .collect();
        greatest(&sums).0
    }

    pub(super) fn clock(&self, minute: usize, format: &str) -> String {
        let at = self.start.saturating_add(jiff::Span::new().minutes(minute as i64));
        at.strftime(format).to_string()
    }

    /// Midnights, and noons when there are few days.
    pub(super) fn day_ticks(&self, minutes: usize) -> Vec<Tick> {
        let step = if minutes <= 4 * MINUTES_OF_DAY { MINUTES_OF_DAY / 2 } else { MINUTES_OF_DAY };
        let label =
            |minute: usize| self.clock(minute, if minute.is_multiple_of(MINUTES_OF_DAY) { "%-d %b" } else { "%H:%M" });
        (0..=minutes).step_by(step).map(|minute| Tick { at: minute as f64, label: label(minute) }).collect()
    }
}

/// The first greatest value and where it stands.
pub(super) fn greatest(values: &[f64]) -> (usize, f64) {
    values
        .iter()
        .enumerate()
        .fold((0, 0.0), |best, (index, value)| if *value > best.1 { (index, *value) } else { best })
}

/// At most [`MOST_POINTS`] points, each the greatest of the minutes it stands for, so that no peak is lost.
pub(super) fn thinned(rates: &[f64]) -> Vec<(f64, f64)> {
    let every = rates.len().div_ceil(MOST_POINTS).max(1);
    let parts = rates.chunks(every).enumerate();
    parts.map(|(index, part)| ((index * every) as f64, part.iter().copied().fold(0.0, f64::max))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_peak() {
        let mut rates = vec![1.0; 4_320];
        rates[2_881] = 310.0;
        let points = thinned(&rates);
        assert!(points.len() <= MOST_POINTS);
        assert_eq!(points.iter().map(|point| point.1).fold(0.0, f64::max), 310.0);
    }
}
