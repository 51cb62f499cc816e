//! Response time over the time of a load run as a heat map with its percentiles, and what was asked and answered meanwhile.

use super::Picture;
use super::drawing::{Align, Drawing, Stroke};
use super::heat::{self, Heat};
use super::panel::{Panel, ticks};
use super::scale::Scale;
use super::style::{INK, ORANGE, PURPLE, RED, SHADE, SOFT_INK, TEXT, WIDTH, title};
use crate::number::{duration_s, figures, time_us};
use crate::verdict::path_noun;

const LEFT: f64 = 190.0;
const RIGHT: f64 = WIDTH - 300.0;

/// One kind of request, second by second.
#[derive(Clone, Debug)]
pub(crate) struct LatencyOverTime {
    pub(crate) kind: String,
    pub(crate) heat: Heat,
    pub(crate) second: Vec<f64>,
    pub(crate) asked: Vec<f64>,
    pub(crate) answered: Vec<f64>,
}

impl LatencyOverTime {
    /// The picture; `objective_ms` is drawn as a line where there is one.
    pub(crate) fn picture(&self, objective_ms: Option<f64>) -> Picture {
        let mut drawing = Drawing::new(WIDTH, 1240.0);
        let below = match self.heat.every_s() {
            1 => "colour: share of each second's requests".to_owned(),
            every => format!("colour: share of the requests of each {every} s"),
        };
        title(&mut drawing, &format!("Response time of {}", path_noun(&self.kind)), &below);
        heat::draw_legend(&mut drawing, LEFT, RIGHT, 146.0);
        let x = Scale::Linear { from: 0.0, to: self.heat.end_s() };
        self.draw_times(&mut drawing, x, objective_ms);
        self.draw_counts(&mut drawing, x);
        let alt = format!(
            "Heat map of the response time of {} over the run with its percentiles, and what was asked and answered.",
            path_noun(&self.kind)
        );
        Picture { name: format!("latency-{}", self.kind), alt, drawing }
    }

    fn draw_times(&self, drawing: &mut Drawing, x: Scale, objective_ms: Option<f64>) {
        let objective_us = objective_ms.map(|ms| ms * 1e3);
        let y = Scale::log_over(self.heat.range_us().chain(objective_us));
        let mut top = 262.0;
        if self.heat.has_lost() {
            drawing.text((LEFT - 14.0, top + 16.0), "none", TEXT, Align::Right, SOFT_INK);
            let panel = Panel { left: LEFT, right: RIGHT, top, bottom: top + 32.0, x, y };
            self.heat.draw_lost(drawing, &panel, panel.top, panel.bottom);
            panel.draw_x(drawing, &[]);
            top = panel.bottom + 22.0;
        }
        let panel = Panel { left: LEFT, right: RIGHT, top, bottom: 800.0, x, y };
        panel.draw_y(drawing, &ticks(y, 6, time_us));
        self.heat.draw(drawing, &panel);
        panel.draw_x(drawing, &[]);
        let mut labels: Vec<(f64, &str, Stroke)> = Vec::new();
        if let Some(objective_us) = objective_us {
            let (_, height) = panel.place(0.0, objective_us);
            drawing.line(vec![(panel.left, height), (panel.right, height)], Stroke::dashed(RED, 4));
            labels.push((objective_us, "SLO", Stroke::dashed(RED, 4)));
        }
        for (name, quantile, color) in [("p99", 0.99, ORANGE), ("p90", 0.9, PURPLE), ("p50", 0.5, INK)] {
            self.heat.draw_quantile(drawing, &panel, quantile, color);
            labels.extend(self.heat.last_quantile(quantile).map(|last| (last, name, Stroke::full(color, 5))));
        }
        panel.draw_labels(drawing, &labels);
    }

    fn draw_counts(&self, drawing: &mut Drawing, x: Scale) {
        let y = Scale::from_zero(self.asked.iter().chain(&self.answered).copied().fold(0.0, f64::max));
        let panel = Panel { left: LEFT, right: RIGHT, top: 906.0, bottom: 1110.0, x, y };
        drawing.text((20.0, 860.0), "requests per second", TEXT, Align::Left, SOFT_INK);
        panel.draw_y(drawing, &ticks(y, 3, figures));
        panel.draw_x(drawing, &ticks(x, 5, duration_s));
        drawing.text((panel.left, 1200.0), "time since the start", TEXT, Align::Left, SOFT_INK);
        // In the middle of the second, as the heat map above has it.
        let counts = |values: &[f64]| {
            let points = self.second.iter().zip(values);
            points.map(|(second, value)| (second + 0.5, *value)).collect::<Vec<_>>()
        };
        let (asked, answered) = (Stroke::full(SHADE, 9), Stroke::full(INK, 3));
        panel.draw_line(drawing, counts(&self.asked), asked);
        panel.draw_line(drawing, counts(&self.answered), answered);
        let last = |values: &[f64]| values.last().copied().unwrap_or(0.0);
        panel
            .draw_labels(drawing, &[(last(&self.asked), "asked", asked), (last(&self.answered), "answered", answered)]);
    }
}
