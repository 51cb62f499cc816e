//! What changed from one load run to another: each ratio with its interval, one under the other.

use plotters::style::RGBColor;

use super::Picture;
use super::drawing::{Align, Drawing, Stroke};
use super::panel::{Panel, ticks};
use super::scale::Scale;
use super::style::{GREEN, GRID, INK, RED, SHADE, SOFT_INK, TEXT, WIDTH, title};
use crate::number::{NONE, figures};

const ROW: f64 = 64.0;

/// The ratios of two runs.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    pub(crate) rows: Vec<ChangedRow>,
    /// A change of less than this share counts as none.
    pub(crate) margin: f64,
}

/// One ratio.
#[derive(Clone, Debug)]
pub(crate) struct ChangedRow {
    pub(crate) name: String,
    pub(crate) ratio: Option<f64>,
    pub(crate) interval: Option<(f64, f64)>,
    pub(crate) direction: String,
}

impl Changes {
    /// The picture.
    pub(crate) fn picture(&self) -> Picture {
        let ends = self.rows.iter().filter_map(|row| row.interval).flat_map(|(low, high)| [low, high]);
        let x = Scale::log_over(ends.chain([1.0 - self.margin, 1.0 + self.margin]));
        let (top, bottom) = (170.0, 170.0 + ROW * self.rows.len() as f64);
        let mut drawing = Drawing::new(WIDTH, bottom + 130.0);
        title(&mut drawing, "After over before", "dot: the ratio; line: its 95 % interval; grey: counts as none");
        let y = Scale::Linear { from: 0.0, to: 1.0 };
        let panel = Panel { left: 380.0, right: WIDTH - 190.0, top, bottom, x, y };
        let (from, _) = panel.place(1.0 - self.margin, 0.0);
        let (to, _) = panel.place(1.0 + self.margin, 0.0);
        drawing.fill_box((from, top), (to, bottom), GRID);
        let (one, _) = panel.place(1.0, 0.0);
        drawing.line(vec![(one, top), (one, bottom)], Stroke::full(SHADE, 3));
        for (index, row) in self.rows.iter().enumerate() {
            let height = top + ROW * (index as f64 + 0.5);
            drawing.text((20.0, height), &row.name, TEXT, Align::Left, INK);
            let color = color_of(&row.direction);
            if let Some((low, high)) = row.interval {
                let [low, high] = [low, high].map(|end| panel.place(end, 0.0).0);
                drawing.line(vec![(low, height), (high, height)], Stroke::full(color, 7));
            }
            if let Some(ratio) = row.ratio {
                drawing.disc((panel.place(ratio, 0.0).0, height), 12.0, color, 1.0);
            }
            let words = row.ratio.map_or(NONE.into(), |ratio| format!("× {}", figures(ratio)));
            drawing.text((panel.right + 24.0, height), words, TEXT, Align::Left, INK);
        }
        panel.draw_x(&mut drawing, &ticks(x, 5, figures));
        drawing.text((panel.left, bottom + 96.0), "ratio", TEXT, Align::Left, SOFT_INK);
        let told = self.rows.iter().map(|row| {
            let ratio = row.ratio.map_or(NONE.into(), figures);
            format!(" {}: {ratio}, {}.", row.name, row.direction)
        });
        let alt = format!("Ratios of the second run to the first.{}", told.collect::<String>());
        Picture { name: "changes".into(), alt, drawing }
    }
}

fn color_of(direction: &str) -> RGBColor {
    match direction {
        "worse" => RED,
        "better" => GREEN,
        "same" => INK,
        _ => SHADE,
    }
}
