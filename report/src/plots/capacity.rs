//! The capacity curve of a path: goodput and response time over offered load, with the simulated peak drawn in.

use plotters::style::WHITE;

use super::Picture;
use super::drawing::{Align, Drawing, Stroke, text_width};
use super::panel::{Panel, ticks};
use super::scale::Scale;
use super::style::{GREEN, INK, RED, SHADE, SOFT_INK, TEXT, WIDTH, stroke_of, title};
use crate::number::{figures, rate, time_us};

/// One load held for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) offered_per_s: f64,
    pub(crate) goodput_per_s: f64,
    pub(crate) p99_us: f64,
    pub(crate) held: bool,
    /// The load generator reached its limit: the step says nothing about the server.
    pub(crate) spoiled: bool,
}

/// The curve of one path.
#[derive(Clone, Debug, Default)]
pub(crate) struct CapacityCurve {
    pub(crate) path: String,
    pub(crate) steps: Vec<Step>,
    pub(crate) usable_per_s: Option<f64>,
    pub(crate) knee_per_s: Option<f64>,
    pub(crate) peak_per_s: Option<f64>,
    pub(crate) objective_ms: Option<f64>,
    /// The range of loads on the axis, the same for all paths of a page.
    pub(crate) loads_per_s: (f64, f64),
}

impl CapacityCurve {
    /// The picture.
    pub(crate) fn picture(&self) -> Picture {
        let mut steps: Vec<Step> = self.steps.iter().copied().filter(|step| !step.spoiled).collect();
        steps.sort_by(|a, b| a.offered_per_s.total_cmp(&b.offered_per_s));
        let x = Scale::log_over([self.loads_per_s.0, self.loads_per_s.1]);
        let goodput = Scale::log_over(steps.iter().flat_map(|step| [step.goodput_per_s, step.offered_per_s]));
        let objective_us = self.objective_ms.map(|ms| ms * 1e3);
        let p99 = Scale::log_over(steps.iter().map(|step| step.p99_us).chain(objective_us));
        let upper = Panel { left: 190.0, right: WIDTH - 40.0, top: 330.0, bottom: 640.0, x, y: goodput };
        let lower = Panel { left: 190.0, right: WIDTH - 40.0, top: 734.0, bottom: 970.0, x, y: p99 };
        let mut drawing = Drawing::new(WIDTH, 1100.0);
        title(&mut drawing, &format!("Capacity: {}", self.path), "right answers in time, per second");
        upper.draw_y(&mut drawing, &ticks(goodput, 5, figures));
        upper.draw_x(&mut drawing, &[]);
        drawing.text((20.0, 688.0), "99 % of answers come within", TEXT, Align::Left, SOFT_INK);
        lower.draw_y(&mut drawing, &ticks(p99, 4, time_us));
        lower.draw_x(&mut drawing, &ticks(x, 7, figures));
        drawing.text((lower.left, 1062.0), "offered load, requests per second", TEXT, Align::Left, SOFT_INK);
        let mut slo = None;
        if let Some(objective_us) = objective_us {
            let (_, y) = lower.place(1.0, objective_us);
            drawing.line(vec![(lower.left, y), (lower.right, y)], Stroke::dashed(RED, 4));
            let label = format!("SLO {}", time_us(objective_us));
            slo = Some(((lower.left + 12.0, y - 30.0), label));
        }
        self.draw_marks(&mut drawing, &upper, &lower);
        if let Some(((x, y), label)) = slo {
            drawing.fill_box((x - 4.0, y - 24.0), (x + text_width(&label, TEXT), y + 22.0), WHITE);
            drawing.text((x, y), label, TEXT, Align::Left, RED);
        }
        self.draw_steps(&mut drawing, &steps, &upper, &lower);
        Picture { name: format!("capacity-{}", self.path), alt: self.alt(), drawing }
    }

    /// Usable capacity, knee and peak as lines through both panels, each with its name above.
    fn draw_marks(&self, drawing: &mut Drawing, upper: &Panel, lower: &Panel) {
        let marks = [
            (self.usable_per_s, "usable capacity", Stroke::full(GREEN, 5)),
            (self.knee_per_s, "knee", Stroke::dotted(SOFT_INK, 4)),
            (self.peak_per_s, "simulated peak", Stroke::dashed(INK, 4)),
        ];
        let marks = marks.into_iter().filter_map(|(at, name, stroke)| Some((at?, name, stroke)));
        for (row, (at, name, stroke)) in marks.enumerate() {
            let height = 164.0 + 54.0 * row as f64;
            let (x, _) = upper.place(at, 1.0);
            drawing.line(vec![(x, height - 22.0), (x, upper.bottom)], stroke);
            drawing.line(vec![(x, lower.top), (x, lower.bottom)], stroke);
            let label = format!("{name} {}", rate(at));
            let width = text_width(&label, TEXT);
            if x + 14.0 + width < WIDTH {
                drawing.fill_box((x + 10.0, height - 25.0), (x + 18.0 + width, height + 25.0), WHITE);
                drawing.text((x + 14.0, height), label, TEXT, Align::Left, INK);
            } else {
                drawing.fill_box((x - 18.0 - width, height - 25.0), (x - 10.0, height + 25.0), WHITE);
                drawing.text((x - 14.0, height), label, TEXT, Align::Right, INK);
            }
        }
    }

    fn draw_steps(&self, drawing: &mut Drawing, steps: &[Step], upper: &Panel, lower: &Panel) {
        let stroke = stroke_of(&self.path);
        let even = steps.iter().map(|step| (step.offered_per_s, step.offered_per_s));
        upper.draw_line(drawing, even, Stroke::dotted(SHADE, 3));
        let goodput = |step: &Step| (step.offered_per_s, step.goodput_per_s);
        let p99 = |step: &Step| (step.offered_per_s, step.p99_us);
        let full = Stroke { dash: None, ..stroke };
        // A load that was tried more than once was decided by its last trial (steps of one load stand in the order of time).
        let deciding: Vec<&Step> =
            steps.chunk_by(|a, b| a.offered_per_s == b.offered_per_s).filter_map(<[Step]>::last).collect();
        upper.draw_line(drawing, deciding.iter().map(|step| goodput(step)), full);
        lower.draw_line(drawing, deciding.iter().map(|step| p99(step)), full);
        for step in steps {
            for (panel, (x, y)) in [(upper, goodput(step)), (lower, p99(step))] {
                if !y.is_finite() {
                    continue;
                }
                if step.held {
                    drawing.disc(panel.place(x, y), 10.0, stroke.color, 1.0);
                } else {
                    drawing.ring(panel.place(x, y), 10.0, stroke.color);
                }
            }
        }
    }

    fn alt(&self) -> String {
        let usable = self.usable_per_s.map_or("none found".into(), rate);
        let peak = self.peak_per_s.map_or(String::new(), |peak| format!(", simulated peak {}", rate(peak)));
        format!("Capacity curve of {}: usable capacity {usable}{peak}.", self.path)
    }
}
