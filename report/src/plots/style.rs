//! Sizes and colours of all plots.
//!
//! A plot is 1,120 pixels wide and is shown between a third of that (a phone) and a half: text is large so that it reads at 12
//! pixels on the phone. The colours are those of Okabe and Ito (2008, <https://jfly.uni-koeln.de/color/>), which people with any
//! colour vision tell apart; lines differ in their dashes as well, for print.

use plotters::style::RGBColor;

use super::drawing::{Align, Drawing, Stroke};

/// Width of every plot in pixels.
pub(crate) const WIDTH: f64 = 1120.0;
/// Height of a line of text in pixels, as plotters counts it (1.24 times the letter size).
pub(crate) const TEXT: f64 = 50.0;
const TITLE: f64 = 56.0;

/// Titles and labels.
pub(crate) const INK: RGBColor = RGBColor(0x1a, 0x1a, 0x1a);
/// Values beside axes.
pub(crate) const SOFT_INK: RGBColor = RGBColor(0x52, 0x52, 0x52);
/// Lines behind the data.
pub(crate) const GRID: RGBColor = RGBColor(0xe2, 0xe2, 0xe2);
/// What was asked for, behind what was answered.
pub(crate) const SHADE: RGBColor = RGBColor(0x9a, 0x9a, 0x9a);

pub(crate) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
pub(crate) const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
pub(crate) const ORANGE: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
pub(crate) const PURPLE: RGBColor = RGBColor(0xcc, 0x79, 0xa7);
pub(crate) const RED: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
pub(crate) const SKY: RGBColor = RGBColor(0x56, 0xb4, 0xe9);

/// The line of a kind of request or a path, the same on every plot.
pub(crate) fn stroke_of(kind: &str) -> Stroke {
    match kind {
        "register" => Stroke::dashed(ORANGE, 5),
        "issue" => Stroke::full(BLUE, 5),
        "verify" => Stroke { color: GREEN, width: 5, dash: Some((30.0, 10.0)) },
        "cancel" => Stroke::dotted(PURPLE, 6),
        "check_in" => Stroke { color: SKY, width: 8, dash: Some((8.0, 14.0)) },
        "mix" => Stroke::full(INK, 5),
        _ => Stroke::full(SKY, 5),
    }
}

/// Writes the plot's title and, below it, what is counted in which unit.
pub(crate) fn title(drawing: &mut Drawing, title: &str, below: &str) {
    drawing.text((20.0, 40.0), title, TITLE, Align::Left, INK);
    drawing.text((20.0, 98.0), below, TEXT, Align::Left, SOFT_INK);
}
