//! The region's places as circles.

use super::Picture;
use super::drawing::{Align, Drawing, Point, Stroke, text_width};
use super::labels::{self, Disc, Label, Room};
use super::style::{BLUE, INK, RED, SOFT_INK, TEXT, WIDTH, title};
use crate::number::{count, duration_s};

const HEIGHT: f64 = 1000.0;
/// The map lies between the title and the line about the largest place.
const TOP: f64 = 130.0;
const BOTTOM: f64 = HEIGHT - 62.0;
/// A region is drawn no larger than if it were this wide, so that places at one spot stay together.
const LEAST_EXTENT_DEG: f64 = 0.01;
const GREATEST_RADIUS: f64 = 90.0;
/// A ring is seen beside the circle of the same place.
const GREATEST_RING: f64 = 102.0;

/// A place and how much happens there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Circle {
    pub(crate) name: String,
    pub(crate) latitude_deg: f64,
    pub(crate) longitude_deg: f64,
    pub(crate) passes: f64,
    /// What happens at its gates; none without any.
    pub(crate) queues: Option<Queues>,
}

/// The queues at the gates of a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Queues {
    /// All waits together, in hours.
    pub(crate) waited_h: f64,
    pub(crate) longest_wait_s: f64,
}

/// A place as it is drawn.
struct Mark<'a> {
    place: &'a Circle,
    at: Point,
    radius: f64,
    /// The radius of its ring, where somebody waited.
    ring: Option<f64>,
    /// How much stands out: its share of the largest circle or of the largest ring.
    weight: f64,
}

/// The places of a region.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegionMap {
    pub(crate) places: Vec<Circle>,
    /// Passes issued to those who live in places without a position.
    pub(crate) elsewhere: u64,
}

impl RegionMap {
    /// The picture: area of a circle in proportion to the passes issued to those who live there; north is up.
    pub(crate) fn picture(&self) -> Picture {
        let mut drawing = Drawing::new(WIDTH, HEIGHT);
        let has_queues = self.places.iter().any(|place| place.queues.is_some());
        let below = if has_queues {
            "blue: passes issued; ring: hours waited at gates"
        } else {
            "area of a circle: passes issued"
        };
        title(&mut drawing, "Where passes are asked for", below);
        let marks = self.marks();
        for mark in &marks {
            drawing.disc(mark.at, mark.radius, BLUE, 0.45);
        }
        for (mark, ring) in marks.iter().filter_map(|mark| Some((mark, mark.ring?))) {
            drawing.circle(mark.at, ring, RED);
        }
        draw_labels(&mut drawing, &marks);
        if let Some(Mark { place, .. }) = marks.first() {
            let words = format!("largest: {}, {} passes", place.name, count(place.passes as u64));
            drawing.text((20.0, HEIGHT - 30.0), words, TEXT, Align::Left, SOFT_INK);
        }
        let alt = format!("Map of {} places, circles sized by passes issued.", self.places.len());
        Picture { name: "map".into(), alt, drawing }
    }

    /// How many places are named on the picture.
    pub(crate) fn named(&self) -> usize {
        labelled(&self.marks()).len()
    }

    /// All places as they are drawn, the most passes first: areas of circles in proportion to passes, those of rings to the hours waited
    /// at gates, the greatest a little larger than the largest circle.
    fn marks(&self) -> Vec<Mark<'_>> {
        let mut places: Vec<&Circle> = self.places.iter().collect();
        places.sort_by(|a, b| b.passes.total_cmp(&a.passes));
        let most = places.first().map_or(1.0, |place| place.passes).max(1.0);
        let most_waited_h = places.iter().map(|place| place.waited_h()).fold(0.0, f64::max);
        let at = self.projection(GREATEST_RING);
        let greatest = greatest_radius(&places.iter().map(|place| at(place)).collect::<Vec<_>>(), &places, most);
        let greatest_ring = greatest * GREATEST_RING / GREATEST_RADIUS;
        // Where all circles are small the map needs less of a margin.
        let at = self.projection(greatest_ring);
        let mark = |place| {
            let (x, y) = at(place);
            let passes_share = place.passes / most;
            let waited_share = if place.waited_h() > 0.0 { place.waited_h() / most_waited_h } else { 0.0 };
            Mark {
                place,
                at: (x, y),
                radius: (passes_share.sqrt() * greatest).max(2.0),
                ring: (waited_share > 0.0).then_some((waited_share.sqrt() * greatest_ring).max(4.0)),
                weight: passes_share.max(waited_share),
            }
        };
        places.into_iter().map(mark).collect()
    }

    /// Degrees to pixels: equirectangular round the middle latitude, which keeps shapes within a region; what is drawn round a place may
    /// reach so far.
    fn projection(&self, reach: f64) -> impl Fn(&Circle) -> Point {
        let range = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
        };
        let (south, north) = range(&mut self.places.iter().map(|place| place.latitude_deg));
        let (west, east) = range(&mut self.places.iter().map(|place| place.longitude_deg));
        let narrowing = ((south + north) / 2.0).to_radians().cos();
        let margin = reach + 4.0;
        let room = (WIDTH - 2.0 * margin, BOTTOM - TOP - 2.0 * margin);
        let wide = ((east - west) * narrowing).max(LEAST_EXTENT_DEG);
        let tall = (north - south).max(LEAST_EXTENT_DEG);
        let scale = (room.0 / wide).min(room.1 / tall);
        let left = margin + (room.0 - (east - west) * narrowing * scale) / 2.0;
        let top = TOP + margin + (room.1 - (north - south) * scale) / 2.0;
        move |place| {
            (left + (place.longitude_deg - west) * narrowing * scale, top + (north - place.latitude_deg) * scale)
        }
    }
}

/// How large the largest circle may be: so that all together cover no more than half of the ground that the places take, or districts of a
/// city would hide one another.
fn greatest_radius(at: &[(f64, f64)], places: &[&Circle], most: f64) -> f64 {
    let extent = |of: fn(&(f64, f64)) -> f64| {
        let values = at.iter().map(of);
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        (high - low).max(GREATEST_RADIUS)
    };
    let ground = extent(|point| point.0) * extent(|point| point.1);
    let circles: f64 = places.iter().map(|place| place.passes / most).sum();
    (0.5 * ground / (std::f64::consts::PI * circles.max(1.0))).sqrt().min(GREATEST_RADIUS)
}

/// Writes the names that find room, the foremost places first.
fn draw_labels(drawing: &mut Drawing, marks: &[Mark]) {
    for (mark, label) in labelled(marks) {
        if let Some((from, to)) = label.line {
            drawing.line(vec![from, to], Stroke::full(SOFT_INK, 3));
            drawing.disc(from, 6.0, SOFT_INK, 1.0);
        }
        drawing.text(label.at, mark.place.label(), TEXT, label.align, INK);
    }
}

/// The places that are named, and where their names stand.
fn labelled<'a>(marks: &'a [Mark<'a>]) -> Vec<(&'a Mark<'a>, Label)> {
    let mut foremost: Vec<&Mark> = marks.iter().collect();
    foremost.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let widths: Vec<f64> = foremost.iter().map(|mark| text_width(&mark.place.label(), TEXT)).collect();
    let disc = |mark: &&Mark| Disc { at: mark.at, radius: mark.radius.max(mark.ring.unwrap_or(0.0)) + 3.0 };
    let discs: Vec<Disc> = foremost.iter().map(disc).collect();
    let frame = Room { left: 4.0, top: TOP, right: WIDTH - 4.0, bottom: BOTTOM };
    labels::place(&widths, &discs, frame).into_iter().map(|label| (foremost[label.index], label)).collect()
}

impl Circle {
    /// The name, and where there are gates the longest wait at one.
    fn label(&self) -> String {
        match self.queues.filter(|queues| queues.longest_wait_s >= 1.0) {
            Some(queues) => format!("{}: {}", self.name, duration_s(queues.longest_wait_s)),
            None => self.name.clone(),
        }
    }

    fn waited_h(&self) -> f64 {
        self.queues.map_or(0.0, |queues| queues.waited_h)
    }
}
