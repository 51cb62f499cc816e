//! The percentile curve of a kind of request: response time, service time and send lag.

use super::Picture;
use super::drawing::{Align, Drawing, Point, Stroke};
use super::panel::{Panel, ticks};
use super::scale::Scale;
use super::style::{BLUE, GREEN, ORANGE, RED, SOFT_INK, TEXT, WIDTH, title};
use crate::number::time_us;
use crate::verdict::path_noun;

/// Times by percentile for one kind of request.
#[derive(Clone, Debug, Default)]
pub(crate) struct PercentileCurve {
    pub(crate) kind: String,
    /// Percentile (0 to 100) and microseconds, rising.
    pub(crate) response_time: Vec<Point>,
    pub(crate) service_time: Vec<Point>,
    pub(crate) send_lag: Vec<Point>,
}

impl PercentileCurve {
    /// The picture; `objective_ms` is drawn as a line where there is one.
    pub(crate) fn picture(&self, objective_ms: Option<f64>) -> Picture {
        let lines = [
            ("response", &self.response_time, Stroke::full(BLUE, 6)),
            ("service", &self.service_time, Stroke { color: GREEN, width: 5, dash: Some((30.0, 10.0)) }),
            ("send lag", &self.send_lag, Stroke::dotted(ORANGE, 6)),
        ];
        let points = || lines.iter().flat_map(|(_, points, _)| points.iter());
        // 100 has no place on this scale; the greatest value stands at the end of the axis.
        let most = points().map(|point| point.0).filter(|percentile| *percentile < 100.0).fold(90.0, f64::max);
        let x = Scale::Percentile { to: most };
        let objective_us = objective_ms.map(|ms| ms * 1e3);
        let y = Scale::log_over(points().map(|point| point.1).chain(objective_us));
        let mut drawing = Drawing::new(WIDTH, 1000.0);
        title(
            &mut drawing,
            &format!("Percentiles of {}", path_noun(&self.kind)),
            "so many of a hundred took no longer",
        );
        let panel = Panel { left: 190.0, right: WIDTH - 310.0, top: 160.0, bottom: 880.0, x, y };
        panel.draw_y(&mut drawing, &ticks(y, 7, time_us));
        panel.draw_x(&mut drawing, &ticks(x, 9, |percentile| percentile.to_string()));
        drawing.text((panel.left, 966.0), "percentile", TEXT, Align::Left, SOFT_INK);
        let mut labels: Vec<(f64, &str, Stroke)> = Vec::new();
        for (name, points, stroke) in lines {
            panel.draw_line(&mut drawing, points.iter().copied().filter(|point| point.0 <= most), stroke);
            labels.extend(points.iter().rfind(|point| point.0 <= most).map(|point| (point.1, name, stroke)));
        }
        if let Some(objective_us) = objective_us {
            let (_, height) = panel.place(0.0, objective_us);
            drawing.line(vec![(panel.left, height), (panel.right, height)], Stroke::dashed(RED, 4));
            labels.push((objective_us, "SLO", Stroke::dashed(RED, 4)));
        }
        panel.draw_labels(&mut drawing, &labels);
        let alt = format!("Percentile curve of {}: response time, service time and send lag.", path_noun(&self.kind));
        Picture { name: format!("percentiles-{}", self.kind), alt, drawing }
    }
}
