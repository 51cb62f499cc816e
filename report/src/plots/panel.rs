//! A panel: a rectangle with two axes, and the lines in it.

use super::drawing::{Align, Drawing, Point, Stroke, text_width};
use super::scale::Scale;
use super::style::{GRID, INK, SOFT_INK, TEXT, WIDTH};

/// Between the values of the horizontal axis, in pixels.
const APART: f64 = 16.0;
/// From the right edge of a panel to the name of a line that ends there, in pixels.
pub(crate) const LABEL_FROM: f64 = 74.0;

/// A rectangle with two axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panel {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
    pub(crate) x: Scale,
    pub(crate) y: Scale,
}

/// A value written beside an axis.
#[derive(Clone, Debug)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) label: String,
}

/// Round values of `scale`, written by `words`.
pub(crate) fn ticks(scale: Scale, most: usize, words: impl Fn(f64) -> String) -> Vec<Tick> {
    scale.ticks(most).into_iter().map(|at| Tick { at, label: words(at) }).collect()
}

impl Panel {
    /// Where a pair of values stands; held to the panel's edges.
    pub(crate) fn place(&self, x: f64, y: f64) -> Point {
        let (x, y) = (self.x.place(x).clamp(0.0, 1.0), self.y.place(y).clamp(0.0, 1.0));
        (self.left + x * (self.right - self.left), self.bottom - y * (self.bottom - self.top))
    }

    /// Round values of the horizontal axis: at most so many, and so few that none touches another.
    pub(crate) fn x_ticks(&self, most: usize, words: impl Fn(f64) -> String) -> Vec<Tick> {
        let fit = |ticks: &Vec<Tick>| {
            let reach = |tick: &Tick| {
                let ((x, _), half) = (self.place(tick.at, 0.0), text_width(&tick.label, TEXT) / 2.0);
                (x - half, x + half)
            };
            ticks.windows(2).all(|pair| reach(&pair[0]).1 + APART <= reach(&pair[1]).0)
        };
        let sets = (2..=most).rev().map(|most| ticks(self.x, most, &words));
        let mut sets = sets.filter(|ticks| ticks.len() > 1);
        sets.find(fit).unwrap_or_else(|| ticks(self.x, most, &words))
    }

    /// Draws grid lines and values of the vertical axis.
    pub(crate) fn draw_y(&self, drawing: &mut Drawing, ticks: &[Tick]) {
        for tick in ticks {
            let (_, y) = self.place(0.0, tick.at);
            drawing.line(vec![(self.left, y), (self.right, y)], Stroke::full(GRID, 2));
            drawing.text((self.left - 14.0, y), &tick.label, TEXT, Align::Right, SOFT_INK);
        }
    }

    /// Draws the horizontal axis and its values below; a value that would touch the one before it is left out.
    pub(crate) fn draw_x(&self, drawing: &mut Drawing, ticks: &[Tick]) {
        drawing.line(vec![(self.left, self.bottom), (self.right, self.bottom)], Stroke::full(SOFT_INK, 2));
        let mut free_from = 0.0;
        for tick in ticks {
            let (x, _) = self.place(tick.at, 0.0);
            let half = text_width(&tick.label, TEXT) / 2.0;
            let middle = x.min(WIDTH - half - 4.0);
            drawing.line(vec![(x, self.bottom), (x, self.bottom + 10.0)], Stroke::full(SOFT_INK, 2));
            if middle - half >= free_from {
                drawing.text((middle, self.bottom + 36.0), &tick.label, TEXT, Align::Center, SOFT_INK);
                free_from = middle + half + APART;
            }
        }
    }

    /// Draws a line through `points`; gaps where a value is missing.
    pub(crate) fn draw_line(&self, drawing: &mut Drawing, points: impl IntoIterator<Item = Point>, stroke: Stroke) {
        let mut piece: Vec<Point> = Vec::new();
        for (x, y) in points {
            if y.is_finite() {
                piece.push(self.place(x, y));
            } else if !piece.is_empty() {
                drawing.line(std::mem::take(&mut piece), stroke);
            }
        }
        if !piece.is_empty() {
            drawing.line(piece, stroke);
        }
    }

    /// Writes a label to the right of each line's last point, with a sample of the line, moved apart where they would touch.
    pub(crate) fn draw_labels(&self, drawing: &mut Drawing, labels: &[(f64, &str, Stroke)]) {
        let wanted: Vec<f64> = labels.iter().map(|(value, ..)| self.place(0.0, *value).1).collect();
        let heights = spread(&wanted, TEXT * 0.98, (self.top, self.bottom));
        for ((_, label, stroke), y) in labels.iter().zip(heights) {
            drawing.line(vec![(self.right + 14.0, y), (self.right + 62.0, y)], Stroke { width: 7, ..*stroke });
            drawing.text((self.right + LABEL_FROM, y), *label, TEXT, Align::Left, INK);
        }
    }
}

/// Moves `wanted` heights apart so that neighbours are at least `gap` from one another, within `limits` as far as they fit.
fn spread(wanted: &[f64], gap: f64, limits: (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]).then(a.cmp(b)));
    let mut placed = wanted.to_vec();
    let mut lowest = limits.0;
    for index in &order {
        placed[*index] = placed[*index].max(lowest);
        lowest = placed[*index] + gap;
    }
    let mut highest = limits.1;
    for index in order.iter().rev() {
        placed[*index] = placed[*index].min(highest);
        highest = placed[*index] - gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_decade_that_does_not_fit_thins_them_all() {
        let x = Scale::Log { from: 0.1, to: 200_000.0 };
        let panel = |right| Panel { left: 190.0, right, top: 0.0, bottom: 100.0, x, y: Scale::from_zero(1.0) };
        let values =
            |right| panel(right).x_ticks(7, |at| at.to_string()).iter().map(|tick| tick.at).collect::<Vec<_>>();
        assert_eq!(values(2_000.0), [0.1, 1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0]);
        assert_eq!(values(800.0), [1.0, 100.0, 10_000.0]);
    }

    proptest! {
        #[test]
        fn labels_that_fit_do_not_touch(wanted in prop::collection::vec(0.0..400.0_f64, 1..6)) {
            let mut placed = spread(&wanted, 50.0, (0.0, 400.0));
            placed.sort_by(f64::total_cmp);
            prop_assert!(placed.windows(2).all(|pair| pair[1] - pair[0] >= 49.999));
            prop_assert!(placed.iter().all(|y| (-1e-9..=400.0 + 1e-9).contains(y)));
        }
    }
}
