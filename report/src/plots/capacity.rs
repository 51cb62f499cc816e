//! The capacity curve of a path: goodput and response time over offered load, with the simulated peak drawn in.

use plotters::style::WHITE;

use super::Picture;
use super::drawing::{Align, Drawing, Stroke, text_width};
use super::marks::{self, Spot};
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
    /// More was offered than is usable, to see what is left of goodput, and nobody queued without end.
    pub(crate) beyond: bool,
}

/// A load with a name, as a line from top to bottom.
struct Mark {
    x: f64,
    label: String,
    width: f64,
    stroke: Stroke,
}

/// The curve of one path.
#[derive(Clone, Debug, Default)]
pub(crate) struct CapacityCurve {
    pub(crate) path: String,
    pub(crate) steps: Vec<Step>,
    pub(crate) usable_per_s: Option<f64>,
    /// The same in words, which say when no load failed.
    pub(crate) usable: String,
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
        lower.draw_x(&mut drawing, &lower.x_ticks(7, figures));
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
        let named = |name: &str, at: Option<f64>| format!("{name} {}", at.map_or_else(String::new, rate));
        let is_left_out = self.peak_per_s.is_some_and(|peak_per_s| upper.x.place(peak_per_s) < 0.0);
        let peak_name = if is_left_out { "← simulated peak" } else { "simulated peak" };
        let known = [
            (self.usable_per_s, format!("usable capacity {}", self.usable), Stroke::full(GREEN, 5)),
            (self.knee_per_s, named("knee", self.knee_per_s), Stroke::dotted(SOFT_INK, 4)),
            (self.peak_per_s, named(peak_name, self.peak_per_s), Stroke::dashed(INK, 4)),
        ];
        let marks: Vec<Mark> = known
            .into_iter()
            .filter_map(|(at, label, stroke)| {
                let (x, _) = upper.place(at?, 1.0);
                Some(Mark { x, width: text_width(&label, TEXT), label, stroke })
            })
            .collect();
        let spots = marks::arrange(&marks.iter().map(|mark| (mark.x, mark.width)).collect::<Vec<_>>());
        let mut marks: Vec<(Mark, Spot)> = marks.into_iter().zip(spots).collect();
        // From the top, so that a name covers a line that it cannot get out of the way of.
        marks.sort_by_key(|(_, spot)| spot.row);
        for (Mark { x, width, label, stroke }, spot) in marks {
            let height = 164.0 + 54.0 * spot.row as f64;
            let begins = height + if spot.align == Align::Center { 26.0 } else { -22.0 };
            drawing.line(vec![(x, begins), (x, upper.bottom)], stroke);
            drawing.line(vec![(x, lower.top), (x, lower.bottom)], stroke);
            let (from, to) = spot.reach(x, width);
            drawing.fill_box((from - 4.0, height - 25.0), (to + 4.0, height + 25.0), WHITE);
            drawing.text((spot.anchor(x), height), label, TEXT, spot.align, INK);
        }
    }

    fn draw_steps(&self, drawing: &mut Drawing, steps: &[Step], upper: &Panel, lower: &Panel) {
        let stroke = stroke_of(&self.path);
        let even = steps.iter().map(|step| (step.offered_per_s, step.offered_per_s));
        upper.draw_line(drawing, even, Stroke::dotted(SHADE, 3));
        let goodput = |step: &Step| (step.offered_per_s, step.goodput_per_s);
        let p99 = |step: &Step| (step.offered_per_s, step.p99_us);
        let full = Stroke { dash: None, ..stroke };
        let deciding = deciding(steps);
        let bound_per_s = lowest_failed(&deciding);
        let (sound, past) = parted(&deciding, bound_per_s);
        for (steps, width) in [(&past, THIN), (&sound, full.width)] {
            upper.draw_line(drawing, steps.iter().map(|step| goodput(step)), Stroke { width, ..full });
            lower.draw_line(drawing, steps.iter().map(|step| p99(step)), Stroke { width, ..full });
        }
        for step in steps {
            for (panel, (x, y)) in [(upper, goodput(step)), (lower, p99(step))] {
                if !y.is_finite() {
                    continue;
                }
                // What held once, at a load that failed later or above one that did, did not hold.
                if step.held && step.offered_per_s < bound_per_s {
                    drawing.disc(panel.place(x, y), 10.0, stroke.color, 1.0);
                } else {
                    drawing.ring(panel.place(x, y), 10.0, stroke.color);
                }
            }
        }
    }

    fn alt(&self) -> String {
        let usable = &self.usable;
        let peak = self.peak_per_s.map_or(String::new(), |peak| format!(", simulated peak {}", rate(peak)));
        format!("Capacity curve of {}: usable capacity {usable}{peak}.", self.path)
    }
}

/// The last trial of each load, which decided it. Steps of one load stand together, in the order of time.
pub(super) fn deciding(steps: &[Step]) -> Vec<&Step> {
    steps.chunk_by(|a, b| a.offered_per_s == b.offered_per_s).filter_map(<[Step]>::last).collect()
}

/// A peak is far below the lowest load tried when that is more than so many times the peak: it stands at the edge of the picture then.
pub(crate) const FAR_BELOW: f64 = 20.0;

/// The width of a line through loads beyond what held, of which each was tried once.
pub(super) const THIN: u32 = 2;

/// The steps up to what held, and those on the way beyond, which begins with the last of them: what was offered to see what is left, or all
/// that failed where that was not tried. In a step of the search that failed everybody waits, however long, so that goodput all but ends; the
/// curve does not lead through those.
pub(super) fn parted<'a>(deciding: &[&'a Step], bound_per_s: f64) -> (Vec<&'a Step>, Vec<&'a Step>) {
    let (sound, failed): (Vec<&Step>, Vec<&Step>) = deciding.iter().partition(|step| step.offered_per_s < bound_per_s);
    let is_tried = failed.iter().any(|step| step.beyond);
    let past = failed.into_iter().filter(|step| step.beyond || !is_tried);
    let past = sound.last().copied().into_iter().chain(past).collect();
    (sound, past)
}

/// The lowest load that failed; infinite when none did.
pub(super) fn lowest_failed(deciding: &[&Step]) -> f64 {
    deciding.iter().filter(|step| !step.held).map(|step| step.offered_per_s).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_decided_by_its_last_trial() {
        let step = |offered_per_s, held| Step {
            offered_per_s,
            goodput_per_s: offered_per_s,
            p99_us: 1e3,
            held,
            spoiled: false,
            beyond: false,
        };
        let hiccup = [step(100.0, false), step(100.0, true), step(200.0, true)];
        assert_eq!(deciding(&hiccup), [&hiccup[1], &hiccup[2]]);
        assert_eq!(lowest_failed(&deciding(&hiccup)), f64::INFINITY);
        let lucky = [step(100.0, true), step(200.0, true), step(200.0, false), step(400.0, true), step(800.0, false)];
        assert_eq!(lowest_failed(&deciding(&lucky)), 200.0);
        let (sound, past) = parted(&deciding(&lucky), 200.0);
        assert_eq!(
            (sound.as_slice(), past.as_slice()),
            (&[&lucky[0]][..], &[&lucky[0], &lucky[2], &lucky[3], &lucky[4]][..])
        );
        let tried = [&lucky[..], &[Step { beyond: true, ..step(1_000.0, false) }]].concat();
        assert_eq!(parted(&deciding(&tried), 200.0).1, [&tried[0], &tried[5]]);
    }
}
