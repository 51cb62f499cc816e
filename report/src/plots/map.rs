//! The region's places as circles.

use super::Picture;
use super::drawing::{Align, Drawing, text_width};
use super::style::{BLUE, INK, RED, SOFT_INK, TEXT, WIDTH, title};
use crate::number::{count, duration_s};

/// So many places are named at most.
const MOST_NAMES: usize = 7;
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
        let (height, top) = (1000.0, 150.0);
        let mut drawing = Drawing::new(WIDTH, height);
        let has_queues = self.places.iter().any(|place| place.queues.is_some());
        let below = if has_queues {
            "blue: passes issued; ring: hours waited at gates"
        } else {
            "area of a circle: passes issued"
        };
        title(&mut drawing, "Where passes are asked for", below);
        let mut places: Vec<&Circle> = self.places.iter().collect();
        places.sort_by(|a, b| b.passes.total_cmp(&a.passes));
        let most = places.first().map_or(1.0, |place| place.passes).max(1.0);
        let at = self.projection(height - top);
        let greatest = greatest_radius(&places.iter().map(|place| at(place)).collect::<Vec<_>>(), &places, most);
        let circles: Vec<(f64, f64, f64)> = places
            .iter()
            .map(|place| {
                let (x, y) = at(place);
                (x, y + top, (place.passes / most).sqrt() * greatest)
            })
            .collect();
        for (x, y, radius) in &circles {
            drawing.disc((*x, *y), radius.max(2.0), BLUE, 0.45);
        }
        self.draw_queues(&mut drawing, &places, &circles, greatest * GREATEST_RING / GREATEST_RADIUS);
        let mut taken: Vec<[f64; 4]> = Vec::new();
        for (place, (x, y, radius)) in places.iter().zip(&circles) {
            let words = place.label();
            let spots = label_spots(text_width(&words, TEXT), (*x, *y), *radius);
            let is_free = |(_, _, label): &(f64, Align, [f64; 4])| {
                label[0] >= 0.0 && label[2] <= WIDTH && taken.iter().all(|other| !overlap(label, other))
            };
            let Some((at_x, align, label)) = spots.into_iter().find(is_free).filter(|_| taken.len() < MOST_NAMES)
            else {
                continue;
            };
            drawing.text((at_x, (label[1] + label[3]) / 2.0), words, TEXT, align, INK);
            taken.push(label);
        }
        if let Some(first) = places.first() {
            let words = format!("largest: {}, {} passes", first.name, count(first.passes as u64));
            drawing.text((20.0, height - 30.0), words, TEXT, Align::Left, SOFT_INK);
        }
        let alt = format!("Map of {} places, circles sized by passes issued.", self.places.len());
        Picture { name: "map".into(), alt, drawing }
    }

    /// Rings whose areas are in proportion to the hours waited at gates, the greatest a little larger than the largest circle.
    fn draw_queues(&self, drawing: &mut Drawing, places: &[&Circle], circles: &[(f64, f64, f64)], greatest: f64) {
        let waited_h = |place: &Circle| place.queues.map_or(0.0, |queues| queues.waited_h);
        let most = places.iter().map(|place| waited_h(place)).fold(0.0, f64::max);
        for (place, (x, y, _)) in places.iter().zip(circles).filter(|(place, _)| waited_h(place) > 0.0) {
            let radius = (waited_h(place) / most).sqrt() * greatest;
            drawing.circle((*x, *y), radius.max(4.0), RED);
        }
    }

    /// Degrees to pixels: equirectangular round the middle latitude, which keeps shapes within a region.
    fn projection(&self, height: f64) -> impl Fn(&Circle) -> (f64, f64) {
        let range = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
        };
        let (south, north) = range(&mut self.places.iter().map(|place| place.latitude_deg));
        let (west, east) = range(&mut self.places.iter().map(|place| place.longitude_deg));
        let narrowing = ((south + north) / 2.0).to_radians().cos();
        let margin = GREATEST_RING + 4.0;
        let room = (WIDTH - 2.0 * margin, height - 2.0 * margin);
        let wide = ((east - west) * narrowing).max(LEAST_EXTENT_DEG);
        let tall = (north - south).max(LEAST_EXTENT_DEG);
        let scale = (room.0 / wide).min(room.1 / tall);
        let left = margin + (room.0 - (east - west) * narrowing * scale) / 2.0;
        let top = margin + (room.1 - (north - south) * scale) / 2.0;
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

/// Where a label of this width may stand beside a circle: right of it, left, and of a large one above and below, where no smaller circle
/// would be taken for it; its point, and the room it takes.
fn label_spots(width: f64, (x, y): (f64, f64), radius: f64) -> Vec<(f64, Align, [f64; 4])> {
    let (right, left) = (x + radius + 10.0, x - radius - 10.0);
    let (above, below) = (y - radius - 36.0, y + radius + 36.0);
    let room = |from: f64, y: f64| [from, y - 26.0, from + width, y + 26.0];
    let centred = |y: f64| {
        let from = (x - width / 2.0).clamp(0.0, (WIDTH - width).max(0.0));
        (from, Align::Left, room(from, y))
    };
    let beside = [(right, Align::Left, room(right, y)), (left, Align::Right, room(left - width, y))];
    let is_large = radius > GREATEST_RADIUS / 2.0;
    beside.into_iter().chain([above, below].map(centred).into_iter().filter(|_| is_large)).collect()
}

impl Circle {
    /// The name, and where there are gates the longest wait at one.
    fn label(&self) -> String {
        match self.queues.filter(|queues| queues.longest_wait_s >= 1.0) {
            Some(queues) => format!("{}: {}", self.name, duration_s(queues.longest_wait_s)),
            None => self.name.clone(),
        }
    }
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}
