//! A drawing: shapes laid out once, painted through plotters as SVG or PNG.
//!
//! Plots make shapes and know no backend; painting knows shapes and no plot. Text is laid out with an embedded font (a subset of Noto
//! Sans), so that a drawing needs no font of the system and is the same everywhere.

use std::path::Path;
use std::sync::OnceLock;

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, ShapeStyle, TextStyle, WHITE, register_font};

use crate::ReportError;

/// The name under which the embedded font is known; in SVG it stands for the reader's own.
const FONT: &str = "sans-serif";
static FONT_BYTES: &[u8] = include_bytes!("../../fonts/NotoSans-Plots.ttf");

/// A point: pixels from the left, pixels from the top.
pub(crate) type Point = (f64, f64);

/// How a line looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stroke {
    pub(crate) color: RGBColor,
    pub(crate) width: u32,
    /// Lengths of dash and gap in pixels; a full line without.
    pub(crate) dash: Option<(f64, f64)>,
}

impl Stroke {
    pub(crate) const fn full(color: RGBColor, width: u32) -> Self {
        Stroke { color, width, dash: None }
    }

    pub(crate) const fn dashed(color: RGBColor, width: u32) -> Self {
        Stroke { color, width, dash: Some((18.0, 12.0)) }
    }

    pub(crate) const fn dotted(color: RGBColor, width: u32) -> Self {
        Stroke { color, width, dash: Some((5.0, 9.0)) }
    }
}

/// Where a text stands beside its point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Align {
    Left,
    Center,
    Right,
}

#[derive(Debug)]
enum Shape {
    Line(Vec<Point>, Stroke),
    Area(Vec<Point>, RGBColor, f64),
    Box(Point, Point, RGBColor),
    Disc(Point, f64, RGBColor, f64),
    Ring(Point, f64, RGBColor),
    Words(Point, String, f64, Align, RGBColor),
}

/// A drawing on white.
#[derive(Debug)]
pub(crate) struct Drawing {
    width: u32,
    height: u32,
    shapes: Vec<Shape>,
}

impl Drawing {
    /// An empty drawing of this size in pixels.
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Drawing { width: width as u32, height: height as u32, shapes: Vec::new() }
    }

    /// A line through `points`.
    pub(crate) fn line(&mut self, points: Vec<Point>, stroke: Stroke) {
        match stroke.dash {
            Some(dash) => {
                let full = Stroke { dash: None, ..stroke };
                self.shapes.extend(dashes(&points, dash).into_iter().map(|points| Shape::Line(points, full)));
            }
            None => self.shapes.push(Shape::Line(points, stroke)),
        }
    }

    /// The inside of the polygon `points`, covering what is below by `opacity`.
    pub(crate) fn area(&mut self, points: Vec<Point>, color: RGBColor, opacity: f64) {
        self.shapes.push(Shape::Area(points, color, opacity));
    }

    /// A filled box between two corners.
    pub(crate) fn fill_box(&mut self, from: Point, to: Point, color: RGBColor) {
        self.shapes.push(Shape::Box(from, to, color));
    }

    /// A filled circle.
    pub(crate) fn disc(&mut self, at: Point, radius: f64, color: RGBColor, opacity: f64) {
        self.shapes.push(Shape::Disc(at, radius, color, opacity));
    }

    /// A circle that is white inside.
    pub(crate) fn ring(&mut self, at: Point, radius: f64, color: RGBColor) {
        self.shapes.push(Shape::Disc(at, radius, WHITE, 1.0));
        self.shapes.push(Shape::Ring(at, radius, color));
    }

    /// A circle through which one sees what is below.
    pub(crate) fn circle(&mut self, at: Point, radius: f64, color: RGBColor) {
        self.shapes.push(Shape::Ring(at, radius, color));
    }

    /// A line of text, its middle at the height of `at`.
    pub(crate) fn text(&mut self, at: Point, text: impl Into<String>, size: f64, align: Align, color: RGBColor) {
        self.shapes.push(Shape::Words(at, text.into(), size, align, color));
    }

    /// The drawing as SVG.
    pub(crate) fn svg(&self, name: &str) -> Result<String, ReportError> {
        let mut svg = String::new();
        {
            let backend = SVGBackend::with_string(&mut svg, (self.width, self.height));
            self.paint(backend).map_err(|message| ReportError::Plot { plot: name.into(), message })?;
        }
        Ok(svg)
    }

    /// Writes the drawing as PNG.
    pub(crate) fn write_png(&self, name: &str, path: &Path) -> Result<(), ReportError> {
        let backend = BitMapBackend::new(path, (self.width, self.height));
        self.paint(backend).map_err(|message| ReportError::Plot { plot: name.into(), message })
    }

    fn paint<B: DrawingBackend>(&self, backend: B) -> Result<(), String> {
        embed_font()?;
        let area = backend.into_drawing_area();
        area.fill(&WHITE).map_err(|error| error.to_string())?;
        for shape in &self.shapes {
            paint_shape(&area, shape)?;
        }
        area.present().map_err(|error| error.to_string())
    }
}

fn paint_shape<B: DrawingBackend>(area: &DrawingArea<B, Shift>, shape: &Shape) -> Result<(), String> {
    let pixel = |(x, y): Point| (x.round() as i32, y.round() as i32);
    let pixels = |points: &[Point]| points.iter().copied().map(pixel).collect::<Vec<_>>();
    let painted = match shape {
        Shape::Line(points, stroke) => {
            area.draw(&PathElement::new(pixels(points), stroke.color.stroke_width(stroke.width)))
        }
        Shape::Area(points, color, opacity) => area.draw(&Polygon::new(pixels(points), color.mix(*opacity).filled())),
        Shape::Box(from, to, color) => area.draw(&Rectangle::new([pixel(*from), pixel(*to)], color.filled())),
        Shape::Disc(at, radius, color, opacity) => {
            area.draw(&Circle::new(pixel(*at), *radius as i32, color.mix(*opacity).filled()))
        }
        Shape::Ring(at, radius, color) => {
            let style = ShapeStyle { color: color.to_rgba(), filled: false, stroke_width: 4 };
            area.draw(&Circle::new(pixel(*at), *radius as i32, style))
        }
        Shape::Words(at, text, size, align, color) => {
            area.draw(&Text::new(text.as_str(), pixel(*at), text_style(*size, *align, *color)))
        }
    };
    painted.map_err(|error| error.to_string())
}

fn text_style(size: f64, align: Align, color: RGBColor) -> TextStyle<'static> {
    let horizontal = match align {
        Align::Left => HPos::Left,
        Align::Center => HPos::Center,
        Align::Right => HPos::Right,
    };
    TextStyle { color: color.to_backend_color(), ..TextStyle::from((FONT, size).into_font()) }
        .pos(Pos::new(horizontal, VPos::Center))
}

/// About how wide `text` becomes, in pixels, with some reserve for a reader's font that is wider than ours.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let reserve = 1.2;
    match embed_font().map(|()| (FONT, size).into_font().box_size(text)) {
        Ok(Ok((width, _))) => f64::from(width) * reserve,
        // Without a font the width of an average letter serves; painting will report the missing font.
        _ => text.chars().count() as f64 * size * 0.5,
    }
}

fn embed_font() -> Result<(), String> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    DONE.get_or_init(|| {
        register_font(FONT, FontStyle::Normal, FONT_BYTES).map_err(|_| "the embedded font is not readable".to_owned())
    })
    .clone()
}

/// The pieces of the line through `points` that a dashed line shows.
fn dashes(points: &[Point], (dash, gap): (f64, f64)) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    let mut piece = points.first().copied().into_iter().collect::<Vec<_>>();
    let (mut drawn, mut left) = (true, dash);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            if length <= left {
                left -= length;
                if drawn {
                    piece.push(to);
                }
                break;
            }
            let part = left / length;
            from = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            if drawn {
                piece.push(from);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![from];
            }
            drawn = !drawn;
            left = if drawn { dash } else { gap };
        }
    }
    if drawn && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_keep_their_lengths_round_corners() {
        let pieces = dashes(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], (6.0, 3.0));
        assert_eq!(
            pieces,
            [vec![(0.0, 0.0), (6.0, 0.0)], vec![(9.0, 0.0), (10.0, 0.0), (10.0, 5.0)], vec![(10.0, 8.0), (10.0, 10.0)]]
        );
    }

    #[test]
    fn the_embedded_font_has_what_we_write() {
        // A letter the font lacks is drawn as the same empty box as any other it lacks.
        let drawn = |letter: char| {
            embed_font().unwrap();
            let mut pixels = Vec::new();
            let font = (FONT, 50.0).into_font();
            font.draw(&letter.to_string(), (0, 0), |x, y, alpha| {
                pixels.push((x, y, (alpha * 255.0) as u8));
                Ok::<(), std::convert::Infallible>(())
            })
            .unwrap()
            .unwrap();
            pixels
        };
        let missing = drawn('\u{E000}');
        for letter in ['a', 'Я', 'ё', '–', '×', '≤', '≥', 'µ', '·', '…', '−', '%'] {
            assert_ne!(drawn(letter), missing, "{letter}");
        }
    }
}
