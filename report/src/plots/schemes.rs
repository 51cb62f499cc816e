//! The capacity curves of several schemes on one plot, with the simulated peak drawn in.

use plotters::style::RGBColor;

use super::capacity::{FAR_BELOW, THIN, deciding, lowest_failed, parted};
use super::drawing::{Align, Drawing, Stroke, text_width};
use super::panel::{LABEL_FROM, Panel, ticks};
use super::scale::Scale;
use super::style::{BLUE, GREEN, INK, PURPLE, RED, SHADE, SOFT_INK, TEXT, WIDTH, title};
use super::{Picture, Step};
use crate::number::{figures, rate};
use crate::record::scheme_and_store;

/// One path through the servers of several schemes.
#[derive(Clone, Debug, Default)]
pub(crate) struct SchemeCurves {
    pub(crate) path: String,
    pub(crate) peak_per_s: Option<f64>,
    pub(crate) curves: Vec<SchemeCurve>,
}

/// The curve of one scheme.
#[derive(Clone, Debug)]
pub(crate) struct SchemeCurve {
    pub(crate) scheme: String,
    /// Its usable capacity in words; none when nothing held.
    pub(crate) usable: Option<String>,
    pub(crate) steps: Vec<Step>,
}

impl SchemeCurves {
    /// The picture.
    pub(crate) fn picture(&self) -> Picture {
        let steps = || self.curves.iter().flat_map(|curve| &curve.steps).filter(|step| !step.spoiled);
        let least_tried = steps().map(|step| step.offered_per_s).fold(f64::INFINITY, f64::min);
        let peak_shown = self.peak_per_s.map(|peak_per_s| peak_per_s.max(least_tried / FAR_BELOW));
        let x = Scale::log_over(steps().map(|step| step.offered_per_s).chain(peak_shown));
        let y = Scale::log_over(steps().flat_map(|step| [step.goodput_per_s, step.offered_per_s]));
        let rows = self.curves.len() as f64 + f64::from(u8::from(self.peak_per_s.is_some()));
        let top = 160.0 + 58.0 * rows + 20.0;
        let mut drawing = Drawing::new(WIDTH, top + 620.0);
        title(&mut drawing, &format!("Capacity by scheme: {}", self.path), "right answers in time, per second");
        let widest = self.curves.iter().map(|curve| text_width(&curve.scheme, TEXT)).fold(0.0, f64::max);
        let panel = Panel { left: 190.0, right: WIDTH - widest - LABEL_FROM - 20.0, top, bottom: top + 470.0, x, y };
        panel.draw_y(&mut drawing, &ticks(y, 5, figures));
        panel.draw_x(&mut drawing, &panel.x_ticks(7, figures));
        let below = (panel.left, panel.bottom + 96.0);
        drawing.text(below, "offered load, requests per second", TEXT, Align::Left, SOFT_INK);
        let even = steps().map(|step| (step.offered_per_s, step.offered_per_s));
        let mut even: Vec<(f64, f64)> = even.collect();
        even.sort_by(|a, b| a.0.total_cmp(&b.0));
        panel.draw_line(&mut drawing, even, Stroke::dotted(SHADE, 3));
        let (mut legend, mut labels) = (Vec::new(), Vec::new());
        for curve in &self.curves {
            let stroke = stroke_of_scheme(&curve.scheme);
            let last = curve.draw(&mut drawing, &panel, stroke);
            labels.extend(last.map(|goodput_per_s| (goodput_per_s, curve.scheme.as_str(), stroke)));
            let usable = curve.usable.as_ref().map_or("nothing held".into(), |usable| format!("usable {usable}"));
            legend.push((format!("{}: {usable}", curve.scheme), stroke));
        }
        panel.draw_labels(&mut drawing, &labels);
        if let Some(peak_per_s) = self.peak_per_s {
            let stroke = Stroke::dashed(INK, 4);
            let (at, _) = panel.place(peak_per_s, 1.0);
            drawing.line(vec![(at, panel.top), (at, panel.bottom)], stroke);
            let arrow = if panel.x.place(peak_per_s) < 0.0 { "← " } else { "" };
            legend.push((format!("{arrow}the simulated peak: {}", rate(peak_per_s)), stroke));
        }
        let mut alt = format!("Capacity curves of {} by scheme.", self.path);
        for (row, (label, stroke)) in legend.into_iter().enumerate() {
            let height = 160.0 + 58.0 * row as f64;
            drawing.line(vec![(panel.left, height), (panel.left + 60.0, height)], Stroke { width: 7, ..stroke });
            alt += &format!(" {label}.");
            drawing.text((panel.left + 76.0, height), label, TEXT, Align::Left, INK);
        }
        Picture { name: format!("schemes-{}", self.path), alt, drawing }
    }
}

impl SchemeCurve {
    /// Returns the goodput at its end.
    fn draw(&self, drawing: &mut Drawing, panel: &Panel, stroke: Stroke) -> Option<f64> {
        let mut steps: Vec<Step> = self.steps.iter().copied().filter(|step| !step.spoiled).collect();
        steps.sort_by(|a, b| a.offered_per_s.total_cmp(&b.offered_per_s));
        let deciding = deciding(&steps);
        let bound_per_s = lowest_failed(&deciding);
        // Beyond what held the goodput of one trial says little: a thin line there, a thick one up to it.
        let (sound, past) = parted(&deciding, bound_per_s);
        for (steps, width) in [(&past, THIN), (&sound, stroke.width)] {
            let through = steps.iter().map(|step| (step.offered_per_s, step.goodput_per_s));
            panel.draw_line(drawing, through, Stroke { width, ..stroke });
        }
        for step in &steps {
            let at = panel.place(step.offered_per_s, step.goodput_per_s);
            if step.held && step.offered_per_s < bound_per_s {
                drawing.disc(at, 9.0, stroke.color, 1.0);
            } else {
                drawing.ring(at, 9.0, stroke.color);
            }
        }
        past.last().map(|step| step.goodput_per_s)
    }
}

/// The line of a server, the same on every plot: its colour by its scheme, its dashes by that and by its store, where that is told.
fn stroke_of_scheme(name: &str) -> Stroke {
    let line = |color: RGBColor, dash| Stroke { color, width: 5, dash };
    let (scheme, store) = scheme_and_store(name);
    let own = match scheme {
        "lookup" => line(BLUE, None),
        "signed" => line(GREEN, Some((30.0, 10.0))),
        "blind" => line(RED, Some((10.0, 10.0))),
        _ => line(PURPLE, None),
    };
    match store {
        Some("postgres") => Stroke { dash: Some((4.0, 10.0)), ..own },
        Some("memory") => Stroke { dash: Some((44.0, 22.0)), ..own },
        _ => own,
    }
}
