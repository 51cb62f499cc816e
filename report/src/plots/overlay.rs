//! The demand of two scenarios over the days, one line upon the other.

use jiff::civil::DateTime;

use super::Picture;
use super::demand::{DemandCurve, greatest, thinned};
use super::drawing::{Align, Drawing, Stroke};
use super::panel::{Panel, ticks};
use super::scale::Scale;
use super::style::{BLUE, INK, RED, TEXT, WIDTH, title};
use crate::number::{figures, rate};

/// Requests of all kinds per second, by minute, in two scenarios.
#[derive(Clone, Debug)]
pub(crate) struct Overlay {
    /// Local midnight of the first day.
    pub(crate) start: DateTime,
    /// The two scenarios' names and rates.
    pub(crate) lines: [(String, Vec<f64>); 2],
}

impl Overlay {
    /// The picture.
    pub(crate) fn picture(self) -> Picture {
        let Overlay { start, lines } = self;
        let minutes = lines.iter().map(|(_, rates)| rates.len()).max().unwrap_or(0);
        let most = lines.iter().map(|(_, rates)| greatest(rates).1).fold(0.0, f64::max);
        let mut drawing = Drawing::new(WIDTH, 830.0);
        title(&mut drawing, "Demand under both", "requests of all kinds per second, by minute");
        let (x, y) = (Scale::Linear { from: 0.0, to: minutes as f64 }, Scale::from_zero(most));
        let panel = Panel { left: 150.0, right: WIDTH - 40.0, top: 290.0, bottom: 740.0, x, y };
        panel.draw_y(&mut drawing, &ticks(y, 5, figures));
        let curve = DemandCurve { start, kinds: Vec::new() };
        panel.draw_x(&mut drawing, &curve.day_ticks(minutes));
        let mut alt = "Requests of all kinds per second over the days.".to_owned();
        let strokes = [Stroke::full(BLUE, 4), Stroke { color: RED, width: 4, dash: Some((18.0, 8.0)) }];
        for (row, ((name, rates), stroke)) in lines.iter().zip(strokes).enumerate() {
            panel.draw_line(&mut drawing, thinned(rates), stroke);
            let (peak_at, peak) = greatest(rates);
            let label = format!("{name}: most {} on {}", rate(peak), curve.clock(peak_at, "%-d %b at %H:%M"));
            alt += &format!(" {label}.");
            let height = 160.0 + 58.0 * row as f64;
            drawing.line(vec![(panel.left, height), (panel.left + 60.0, height)], Stroke { width: 7, ..stroke });
            drawing.text((panel.left + 76.0, height), label, TEXT, Align::Left, INK);
        }
        Picture { name: "demand-of-both".into(), alt, drawing }
    }
}
