//! Response time over the time of a load run, and what was asked and answered meanwhile.

use super::Picture;
use super::drawing::{Align, Drawing, Stroke};
use super::panel::{Panel, ticks};
use super::scale::Scale;
use super::style::{BLUE, GREEN, INK, ORANGE, RED, SHADE, SOFT_INK, TEXT, WIDTH, title};
use crate::number::{duration_s, figures, time_us};
use crate::verdict::path_noun;

/// One kind of request, second by second.
#[derive(Clone, Debug, Default)]
pub(crate) struct LatencyOverTime {
    pub(crate) kind: String,
    pub(crate) second: Vec<f64>,
    pub(crate) p50_us: Vec<f64>,
    pub(crate) p90_us: Vec<f64>,
    pub(crate) p99_us: Vec<f64>,
    pub(crate) max_us: Vec<f64>,
    pub(crate) asked: Vec<f64>,
    pub(crate) answered: Vec<f64>,
}

impl LatencyOverTime {
    /// The picture; `objective_ms` is drawn as a line where there is one.
    pub(crate) fn picture(&self, objective_ms: Option<f64>) -> Picture {
        let mut drawing = Drawing::new(WIDTH, 1000.0);
        title(&mut drawing, &format!("Response time of {}", path_noun(&self.kind)), "in each second of the run");
        let x = Scale::Linear { from: 0.0, to: self.second.last().copied().unwrap_or(0.0).max(1.0) };
        self.draw_times(&mut drawing, x, objective_ms);
        self.draw_counts(&mut drawing, x);
        let alt = format!("Response time of {} over the run, with what was asked and answered.", path_noun(&self.kind));
        Picture { name: format!("latency-{}", self.kind), alt, drawing }
    }

    fn draw_times(&self, drawing: &mut Drawing, x: Scale, objective_ms: Option<f64>) {
        let objective_us = objective_ms.map(|ms| ms * 1e3);
        let y = Scale::log_over(self.p50_us.iter().chain(&self.max_us).copied().chain(objective_us));
        let panel = Panel { left: 190.0, right: WIDTH - 300.0, top: 160.0, bottom: 590.0, x, y };
        panel.draw_y(drawing, &ticks(y, 6, time_us));
        panel.draw_x(drawing, &[]);
        if let Some(objective_us) = objective_us {
            let (_, height) = panel.place(0.0, objective_us);
            drawing.line(vec![(panel.left, height), (panel.right, height)], Stroke::dashed(RED, 4));
        }
        let lines = [
            ("max", &self.max_us, Stroke::dotted(SHADE, 4)),
            ("p99", &self.p99_us, Stroke::full(BLUE, 5)),
            ("p90", &self.p90_us, Stroke { color: GREEN, width: 4, dash: Some((30.0, 10.0)) }),
            ("p50", &self.p50_us, Stroke::dashed(ORANGE, 4)),
        ];
        let mut labels: Vec<(f64, &str, Stroke)> = Vec::new();
        for (name, values, stroke) in lines {
            panel.draw_line(drawing, self.second.iter().copied().zip(values.iter().copied()), stroke);
            labels.extend(values.iter().rfind(|value| value.is_finite()).map(|last| (*last, name, stroke)));
        }
        labels.extend(objective_us.map(|us| (us, "SLO", Stroke::dashed(RED, 4))));
        panel.draw_labels(drawing, &labels);
    }

    fn draw_counts(&self, drawing: &mut Drawing, x: Scale) {
        let y = Scale::from_zero(self.asked.iter().chain(&self.answered).copied().fold(0.0, f64::max));
        let panel = Panel { left: 190.0, right: WIDTH - 300.0, top: 680.0, bottom: 880.0, x, y };
        drawing.text((20.0, 640.0), "requests per second", TEXT, Align::Left, SOFT_INK);
        panel.draw_y(drawing, &ticks(y, 3, figures));
        panel.draw_x(drawing, &ticks(x, 5, duration_s));
        drawing.text((panel.left, 966.0), "time since the start", TEXT, Align::Left, SOFT_INK);
        let counts = |values: &[f64]| self.second.iter().copied().zip(values.iter().copied()).collect::<Vec<_>>();
        let (asked, answered) = (Stroke::full(SHADE, 9), Stroke::full(INK, 3));
        panel.draw_line(drawing, counts(&self.asked), asked);
        panel.draw_line(drawing, counts(&self.answered), answered);
        let last = |values: &[f64]| values.last().copied().unwrap_or(0.0);
        panel
            .draw_labels(drawing, &[(last(&self.asked), "asked", asked), (last(&self.answered), "answered", answered)]);
    }
}
